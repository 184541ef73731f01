#include "server/directory/books.h"

#include <utility>

#include "proto/contract/bytes.h"
#include "proto/contract/digest.h"
#include "server/directory/formats/vcard.h"

namespace entente::directory {
namespace {

std::string etag_of(const Entry& entry) {
  const Digest digest = sha256(to_vcard(entry, VcardVersion::V4));
  return to_hex(as_view(digest).substr(0, 16));
}

}  // namespace

std::string CallerBooks::token_of(std::string_view book, const dav::Seen::Members& cards) const {
  return to_hex(
      parts_.records.token_mac(dav::token_text("carddav", subject_.account, book, cards)));
}

Result<const CallerBooks::Shown*> CallerBooks::shown(std::string_view book) {
  const Shown* none = nullptr;
  if (const auto found = shown_.find(book); found != shown_.end()) {
    return found->second.entries.empty() ? none : &found->second;
  }
  ENTENTE_TRY(std::vector<Entry> entries,
              parts_.service.entries_of(subject_, snapshot_,
                                        parts_.service.people_of_process(subject_, book)));
  auto cards = std::make_shared<dav::Seen::Members>();
  Shown made;
  for (Entry& entry : entries) {
    std::string id = id_in(entry.uid, "persons");
    cards->push_back({.id = id, .etag = etag_of(entry)});
    made.entries.emplace(std::move(id), std::move(entry));
  }
  made.token = token_of(book, *cards);
  made.cards = std::move(cards);
  if (!made.entries.empty()) parts_.seen.put(made.token, made.cards);
  const Shown& kept = shown_.emplace(std::string(book), std::move(made)).first->second;
  return kept.entries.empty() ? none : &kept;
}

Result<std::vector<dav::Collection>> CallerBooks::collections() {
  ENTENTE_TRY(const std::vector<v1::Process> processes,
              parts_.service.processes_of(subject_, snapshot_));
  std::vector<dav::Collection> books;
  for (const v1::Process& process : processes) {
    const std::string id = id_in(process.name(), "processes");
    if (!only_.empty() && id != only_) continue;
    ENTENTE_TRY(const Shown* book, shown(id));
    if (book == nullptr) continue;
    books.push_back({.id = id,
                     .name = process.short_name(),
                     .description = process.long_name(),
                     .sync_token = book->token});
  }
  return books;
}

Result<std::vector<dav::Ref>> CallerBooks::members(std::string_view book) {
  ENTENTE_TRY(const Shown* found, shown(book));
  return found == nullptr ? std::vector<dav::Ref>() : *found->cards;
}

Result<dav::Member> CallerBooks::member(std::string_view book, std::string_view id,
                                        std::size_t format) {
  ENTENTE_TRY(const Shown* found, shown(book));
  if (found != nullptr) {
    if (const auto entry = found->entries.find(id); entry != found->entries.end()) {
      return card_of(entry->second, format);
    }
  }
  return Status(Code::NotFound, Reason::None, "not found");
}

Result<std::optional<dav::Changes>> CallerBooks::changes_since(std::string_view book,
                                                               std::string_view sync_token) {
  using Since = std::optional<dav::Changes>;
  const std::shared_ptr<const dav::Seen::Members> before = parts_.seen.find(sync_token);
  // Made anew of what it stands for: another caller's, or another book's, is no token of this one.
  if (before == nullptr || token_of(book, *before) != sync_token) return Since();
  ENTENTE_TRY(const Shown* found, shown(book));
  return Since(
      dav::changes_between(*before, found == nullptr ? dav::Seen::Members() : *found->cards));
}

net::HttpResponse BookServer::serve(net::Call& call, const net::HttpRequest& request) {
  const Result<identity::SubjectPointer> subject =
      gate_.authenticator().authenticate_tool(call, identity::Scope::Directory);
  if (!subject.ok()) return dav::refused(subject.status());
  const std::unique_ptr<store::Snapshot> snapshot = gate_.store().snapshot();
  CallerBooks books({.service = service_, .records = records_, .seen = seen_}, **subject, *snapshot,
                    dav::collection_in(carddav(), request.path));
  return dav::serve(request, carddav(), books);
}

void BookServer::add_to(net::MethodTable& table) {
  for (const char* prefix : {"/carddav", "/.well-known/carddav"}) {
    table.add_route({.prefix = prefix,
                     .heavy = true,  // The first call of a connection hashes a password.
                     .handler = [this](net::Call& call, const net::HttpRequest& request) {
                       return serve(call, request);
                     }});
  }
}

}  // namespace entente::directory
