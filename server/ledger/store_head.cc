#include "server/ledger/store_head.h"

namespace entente::ledger {

Status StoreHead::record_head(std::uint64_t size, std::string_view signed_note) {
  return file_.record(size, signed_note);
}

Status check_head(TreeLedger& ledger, const store::HeadFile& file) {
  const std::optional<store::Head> head = file.last();
  if (!head) return {};
  // The file authenticates its records; the note's signature may be by a key since replaced.
  const Status damaged =
      Status(Code::DataLoss, Reason::None, "the head is damaged")
          .with_detail("the head file's last record is not a checkpoint of its size");
  const Result<note::Note> note = note::Note::parse(head->checkpoint);
  if (!note.ok()) return damaged;
  const Result<note::Checkpoint> checkpoint = note::Checkpoint::parse(note->text);
  if (!checkpoint.ok() || checkpoint->size != head->size) return damaged;
  return ledger.check_head(checkpoint->size, checkpoint->root);
}

}  // namespace entente::ledger
