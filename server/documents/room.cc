#include "server/documents/room.h"

#include "proto/contract/limits_search.h"

namespace entente::documents {

Room::Room(Parts parts)
    : parts_(std::move(parts)),
      rows_(parts_.store),
      shelf_(rows_),
      uploads_({.rows = rows_, .clock = parts_.clock, .entropy = parts_.entropy}),
      marker_(parts_.mark_program),
      service_({.rows = rows_,
                .shelf = shelf_,
                .uploads = uploads_,
                .marker = marker_,
                .neighbours = *parts_.neighbours,
                .ledger = parts_.ledger,
                .clock = parts_.clock}),
      circulation_({.rows = rows_,
                    .shelf = shelf_,
                    .neighbours = *parts_.neighbours,
                    .ledger = parts_.ledger,
                    .clock = parts_.clock,
                    .entropy = parts_.entropy}),
      sealed_({.rows = rows_,
               .documents = service_,
               .uploads = uploads_,
               .neighbours = *parts_.neighbours,
               .origin = parts_.origin,
               .clock = parts_.clock}),
      consents_({.rows = rows_,
                 .shelf = shelf_,
                 .documents = service_,
                 .neighbours = *parts_.neighbours,
                 .origin = parts_.origin,
                 .clock = parts_.clock,
                 .entropy = parts_.entropy}),
      download_(service_, shelf_, parts_.store),
      retention_({.rows = rows_,
                  .shelf = shelf_,
                  .service = service_,
                  .neighbours = *parts_.neighbours,
                  .ledger = parts_.ledger,
                  .clock = parts_.clock,
                  .complain = parts_.complain}),
      hours_({.rows = rows_,
              .shelf = shelf_,
              .ledger = parts_.ledger,
              .clock = parts_.clock,
              .complain = parts_.complain}),
      extractor_(parts_.extract_program,
                 {.ms_max = limits::extracting_ms_max, .at_once_max = 1, .waiting_max = 1}),
      searcher_({.rows = rows_, .shelf = shelf_, .extractor = extractor_, .clock = parts_.clock}) {}

Result<std::unique_ptr<Room>> Room::open(Parts parts) {
  std::unique_ptr<Room> room(new Room(std::move(parts)));
  ENTENTE_TRY_VOID(room->shelf_.load());
  room->parts_.ledger.add_follower(room->shelf_);
  room->parts_.ledger.add_follower(room->searcher_);
  return room;
}

Result<std::optional<v1::Document>> Room::find(const policy::Subject& subject,
                                               std::string_view name, store::Snapshot& snapshot) {
  v1::GetDocumentRequest request;
  request.set_name(std::string(name));
  Result<v1::Document> document = service_.get_document(subject, request, snapshot);
  if (document.ok()) return std::optional(*std::move(document));
  if (document.status().code() == Code::NotFound) return std::optional<v1::Document>();
  return document.status();
}

void Room::add_to(identity::Gate& gate, const ledger::MakeReceipt& make_receipt,
                  const ledger::MakeReceipt& at_once) {
  service_.add_to(gate, make_receipt, at_once);
  circulation_.add_to(gate);
  sealed_.add_to(gate);
  consents_.add_to(gate);
  download_.add_to(gate);
  searcher_.add_to(gate);
  retention_.add_to(gate);
}

}  // namespace entente::documents
