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

net::HttpResponse refused(const Status& status) {
  net::HttpResponse response;
  switch (status.code()) {
    case Code::Unauthenticated:
      response.status = 401;
      response.headers.emplace_back("www-authenticate",
                                    "Basic realm=\"Entente\", charset=\"UTF-8\"");
      break;
    case Code::ResourceExhausted:
      response.status = 429;
      response.headers.emplace_back("retry-after",
                                    std::to_string((status.retry_after_ms() + 999) / 1'000));
      break;
    case Code::Unavailable:
      response.status = 503;
      break;
    default:
      response.status = 500;
      break;
  }
  response.headers.emplace_back("content-type", "text/plain; charset=utf-8");
  response.headers.emplace_back("cache-control", "no-store");
  response.body = std::string(status.message()) + "\n";
  return response;
}

}  // namespace

void SeenBooks::put(const std::string& token, std::shared_ptr<const Cards> cards) {
  const std::lock_guard lock(mutex_);
  const std::size_t size = cards->size() + 1;
  if (!by_token_.emplace(token, std::move(cards)).second) return;
  oldest_first_.push_back(token);
  cards_ += size;
  while (cards_ > cards_max && oldest_first_.size() > 1) {
    const auto oldest = by_token_.find(oldest_first_.front());
    cards_ -= oldest->second->size() + 1;
    by_token_.erase(oldest);
    oldest_first_.pop_front();
  }
}

std::shared_ptr<const SeenBooks::Cards> SeenBooks::find(std::string_view token) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_token_.find(token);
  return found == by_token_.end() ? nullptr : found->second;
}

// Of this caller and this book: nobody else's token is one here.
std::string CallerBooks::token_of(std::string_view book, const SeenBooks::Cards& cards) const {
  std::string text = "carddav\n" + subject_.account + '\n' + std::string(book);
  for (const CardRef& card : cards) text += '\n' + card.id + ' ' + card.etag;
  return to_hex(parts_.records.token_mac(text));
}

Result<const CallerBooks::Shown*> CallerBooks::shown(std::string_view book) {
  const Shown* none = nullptr;
  if (const auto found = shown_.find(book); found != shown_.end()) {
    return found->second.entries.empty() ? none : &found->second;
  }
  ENTENTE_TRY(std::vector<Entry> entries,
              parts_.service.entries_of(subject_, snapshot_,
                                        parts_.service.people_of_process(subject_, book)));
  auto cards = std::make_shared<SeenBooks::Cards>();
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

Result<std::vector<AddressBooks::Book>> CallerBooks::books() {
  ENTENTE_TRY(const std::vector<v1::Process> processes,
              parts_.service.processes_of(subject_, snapshot_));
  std::vector<Book> books;
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

Result<std::vector<AddressBooks::CardRef>> CallerBooks::cards(std::string_view book) {
  ENTENTE_TRY(const Shown* found, shown(book));
  return found == nullptr ? std::vector<CardRef>() : *found->cards;
}

Result<Entry> CallerBooks::card(std::string_view book, std::string_view id) {
  ENTENTE_TRY(const Shown* found, shown(book));
  if (found != nullptr) {
    if (const auto entry = found->entries.find(id); entry != found->entries.end()) {
      return entry->second;
    }
  }
  return Status(Code::NotFound, Reason::None, "not found");
}

Result<std::optional<AddressBooks::Changes>> CallerBooks::changes_since(
    std::string_view book, std::string_view sync_token) {
  const std::shared_ptr<const SeenBooks::Cards> before = parts_.seen.find(sync_token);
  // Made anew of what it stands for: another caller's, or another book's, is no token of this one.
  if (before == nullptr || token_of(book, *before) != sync_token) return std::optional<Changes>();
  ENTENTE_TRY(const Shown* found, shown(book));
  std::map<std::string_view, std::string_view> now;
  Changes changes;
  std::map<std::string_view, std::string_view> then;
  for (const CardRef& card : *before) then.emplace(card.id, card.etag);
  if (found != nullptr) {
    for (const CardRef& card : *found->cards) {
      now.emplace(card.id, card.etag);
      const auto known = then.find(card.id);
      if (known == then.end() || known->second != card.etag) changes.changed.push_back(card);
    }
  }
  for (const CardRef& card : *before) {
    if (now.count(card.id) == 0) changes.removed.push_back(card.id);
  }
  return std::optional(std::move(changes));
}

std::string book_in(std::string_view path) {
  constexpr std::string_view books = "/carddav/books/";
  if (!path.starts_with(books)) return {};
  path.remove_prefix(books.size());
  const std::string_view id = path.substr(0, path.find('/'));
  return policy::is_id(id) ? std::string(id) : std::string();
}

net::HttpResponse BookServer::serve(net::Call& call, const net::HttpRequest& request) {
  const Result<identity::SubjectPointer> subject =
      gate_.authenticator().authenticate_tool(call, identity::Scope::Directory);
  if (!subject.ok()) return refused(subject.status());
  const std::unique_ptr<store::Snapshot> snapshot = gate_.store().snapshot();
  CallerBooks books({.service = service_, .records = records_, .seen = seen_}, **subject, *snapshot,
                    book_in(request.path));
  return serve_carddav(request, books);
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
