#include "server/notice_sources.h"

#include <algorithm>
#include <set>

namespace entente {

std::vector<notices::Happening> NoticeSources::happenings_after(std::uint64_t cursor,
                                                                std::size_t max) const {
  const documents::Shelf& shelf = parts_.documents.shelf();
  std::vector<notices::Happening> out;
  for (const documents::record::Event& event : shelf.events_after(cursor, max)) {
    notices::Happening& one = out.emplace_back();
    one.number = event.number();
    one.reminds = event.kind() == v1::News::REMINDED;
    one.adopts = event.kind() == v1::News::ADOPTED;
    one.lapses = event.kind() == v1::News::LAPSED;
    const bool ends = one.adopts || one.lapses;  // a silence, in nobody's name
    one.asks = event.kind() == v1::News::CONSENT_ASKED;
    const bool of_consent = one.asks || event.kind() == v1::News::CONSENT_ANSWERED;
    // The mailer itself waits for the end of an embargo (`at`).
    const bool is_end = event.embargo_until_us() != 0;
    one.tells = one.reminds || ends || of_consent || (event.kind() == v1::News::SENT && !is_end);
    if (!one.tells) continue;
    if (of_consent) {
      const store::Id document = store::Id::from(event.document());
      one.consent = documents::consent_name(document, event.consent());
      one.party = event.party();
      one.sender = event.account();
      one.at = Instant(std::chrono::microseconds(event.recorded_at_us()));
      continue;
    }
    const store::Id id = store::Id::from(event.circulation());
    one.circulation = documents::circulation_name(id);
    if (!ends) one.sender = event.account();
    one.at = Instant(std::chrono::microseconds(event.recorded_at_us()));
    const auto shelved = shelf.circulation(id);
    if (shelved && shelved->guard.embargo_until)
      one.at = std::max(one.at, *shelved->guard.embargo_until);
  }
  return out;
}

std::uint64_t NoticeSources::newest() const { return parts_.documents.shelf().newest_event(); }

Result<std::uint64_t> NoticeSources::newest(store::Snapshot& snapshot) const {
  return parts_.documents.shelf().newest_event(snapshot);
}

Result<std::optional<v1::Circulation>> NoticeSources::circulation(const policy::Subject& subject,
                                                                  const std::string& name,
                                                                  store::Snapshot& snapshot) const {
  v1::GetCirculationRequest request;
  request.set_name(name);
  Result<v1::Circulation> found =
      parts_.documents.circulations().get_circulation(subject, request, snapshot);
  if (found.status().code() == Code::NotFound) return std::optional<v1::Circulation>();
  ENTENTE_TRY_VOID(found.status());
  if (found->has_recalled_at()) return std::optional<v1::Circulation>();
  return std::optional<v1::Circulation>(*std::move(found));
}

Result<std::optional<notices::Consent>> NoticeSources::consent(const policy::Subject& subject,
                                                               const std::string& name,
                                                               store::Snapshot& snapshot) const {
  using Found = std::optional<notices::Consent>;
  v1::ListConsentsRequest request;
  request.set_document(name.substr(0, name.find("/consents/")));
  const Result<v1::ListConsentsReply> all =
      parts_.documents.consents().list(subject, request, snapshot);
  if (all.status().code() == Code::NotFound) return Found();
  ENTENTE_TRY_VOID(all.status());
  const auto one = std::ranges::find(all->consents(), name, &v1::DocumentConsent::name);
  if (one == all->consents().end()) return Found();
  ENTENTE_TRY(const std::optional<v1::Document> document,
              parts_.documents.find(subject, request.document(), snapshot));
  if (!document) return Found();
  using State = notices::Consent::State;
  return Found({.process = document->process(),
                .state = one->state() == v1::DocumentConsent::GRANTED   ? State::Granted
                         : one->state() == v1::DocumentConsent::REFUSED ? State::Refused
                                                                        : State::Waiting});
}

Result<std::optional<notices::Addressee>> NoticeSources::addressee(
    const policy::Subject& subject, store::Snapshot& snapshot) const {
  v1::GetPersonRequest request;
  request.set_name("persons/" + subject.person);
  const Result<std::string> bytes = parts_.directory->get_person(subject, request, snapshot);
  if (bytes.status().code() == Code::NotFound) return std::optional<notices::Addressee>();
  ENTENTE_TRY_VOID(bytes.status());
  v1::Person person;
  ENTENTE_CHECK(person.ParseFromString(*bytes));
  const auto email = std::ranges::find(person.contacts(), v1::Contact::EMAIL, &v1::Contact::kind);
  if (email == person.contacts().end()) return std::optional<notices::Addressee>();
  return std::optional<notices::Addressee>(
      {.email = email->value(),
       .languages = {person.languages().begin(), person.languages().end()}});
}

Status NoticeSources::each_person(store::Snapshot& snapshot,
                                  const std::function<void(const policy::Subject&)>& visit) const {
  std::set<std::string> parties;
  parts_.catalog.each(directory::Kind::Party, [&](const directory::Indexed& one) {
    parties.insert(one.party);
    return true;
  });
  const Instant now = parts_.clock.now();
  for (const std::string& party : parties) {
    ENTENTE_TRY(const auto accounts, parts_.identity.rows().accounts_of(snapshot, party));
    for (const identity::record::Account& account : accounts) {
      if (account.ended() || account.person().empty()) continue;
      identity::Holdings held = parts_.catalog.holdings(party, account.person(), now);
      policy::Subject subject;
      subject.account = account.name();
      subject.party = party;
      subject.person = account.person();
      subject.sight = parts_.catalog.sight(held.principals);
      subject.principals = std::move(held.principals);
      subject.duties = std::move(held.duties);
      subject.read_only = true;
      visit(subject);
    }
  }
  return Status();
}

std::shared_ptr<void> NoticeSources::listen(std::function<void()> ring) {
  return parts_.documents.shelf().listen(std::move(ring));
}

}  // namespace entente
