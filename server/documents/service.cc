// The rpcs that change nothing, and what every rpc of the room stands on.
#include "server/documents/service.h"

#include <algorithm>
#include <set>

#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"
#include "proto/contract/limits_documents.h"

namespace entente::documents {
namespace {

using policy::Action;

constexpr std::size_t kTokenIdBytes = 16;

// What a token says before its proof: microseconds and the id.
std::string place_bytes(const Shelf::Place& place) {
  return std::to_string(to_micros(place.first)) + "." + to_hex(place.second.view());
}

std::string token_proof(const store::Store& store, const policy::Subject& subject,
                        std::string_view query, std::string_view place) {
  const std::string bound = subject.account + "\n" + std::string(query) + "\n" + std::string(place);
  return to_hex(store.blind("documents.token", bound).view());
}

Status bad_token() {
  return Status(Code::InvalidArgument, Reason::PageTokenInvalid,
                "`page_token` is not one that this query gave you");
}

// ReadContent's answer, made while it is sent.
class ContentSource final : public net::Source {
 public:
  ContentSource(const Service& service, Service::Who who, Service::Released released,
                const v1::ReadContentRequest& message)
      : service_(service),
        who_(std::move(who)),
        released_(std::move(released)),
        name_(message.name()),
        offset_(message.offset()),
        end_(message.length() == 0
                 ? released_.copy->size()
                 : std::min(released_.copy->size() - message.offset(), message.length()) +
                       message.offset()) {}

  Result<Next> next(net::Message& out) override {
    ENTENTE_TRY(const identity::SubjectPointer now, who_());
    // What was opened may have been withdrawn, or closed to them, since.
    if (!service_.may_still_read(*now, released_.document)) return not_found(name_);
    auto& part = static_cast<v1::ContentPart&>(out);
    if (!begun_) {
      part.set_total_bytes(released_.copy->size());
      part.set_sha256(released_.copy->sha256());
      part.set_trailer_bytes(static_cast<std::uint32_t>(released_.copy->trailer_bytes()));
    } else if (offset_ >= end_) {
      return Next::End;
    }
    begun_ = true;
    const auto most = std::min<std::uint64_t>(end_ - offset_, limits::content_chunk_bytes);
    Result<std::string> bytes = released_.copy->read(offset_, most);
    if (!bytes.ok()) return service_.why_unread(*now, released_.document, name_, bytes.status());
    part.set_offset(offset_);
    offset_ += bytes->size();
    if (bytes->empty()) end_ = offset_;
    part.set_content(*std::move(bytes));
    return Next::Message;
  }

 private:
  const Service& service_;
  Service::Who who_;
  Service::Released released_;
  const std::string name_;
  std::uint64_t offset_;
  std::uint64_t end_;
  bool begun_ = false;
};

}  // namespace

Actor actor_of(const policy::Subject& subject) {
  return {.account = subject.account, .person = subject.person, .party = subject.party};
}

Result<std::optional<Shelf::Place>> read_token(const store::Store& store,
                                               const policy::Subject& subject,
                                               std::string_view query, const std::string& token) {
  using Found = std::optional<Shelf::Place>;
  if (token.empty()) return Found();
  const auto text = from_base64url(token);
  if (!text) return bad_token();
  const std::size_t second = text->rfind('.');
  const std::size_t first = text->find('.');
  if (first == std::string::npos || first == second) return bad_token();
  const std::string place = text->substr(0, second);
  if (!equal_constant_time(text->substr(second + 1), token_proof(store, subject, query, place))) {
    return bad_token();
  }
  const auto id = from_hex(place.substr(first + 1));
  if (!id || id->size() != kTokenIdBytes) return bad_token();
  return Found({from_micros(std::stoll(place.substr(0, first))), store::Id::from(*id)});
}

std::string make_token(const store::Store& store, const policy::Subject& subject,
                       std::string_view query, const Shelf::Place& last) {
  const std::string place = place_bytes(last);
  return to_base64url(place + "." + token_proof(store, subject, query, place));
}

bool takes_part(const policy::Subject& subject, std::string_view process) {
  using Kind = policy::Principal::Kind;
  static const std::set<Kind> standings = {Kind::Members,     Kind::Observers, Kind::Partners,
                                           Kind::Secretariat, Kind::Chair,     Kind::Body};
  return std::any_of(subject.principals.begin(), subject.principals.end(), [&](const auto& held) {
    const policy::Principal::Parts parts = held.parts();
    return standings.count(parts.kind) != 0 && parts.first == process;
  });
}

policy::Decision decide_new(const policy::Subject& subject, const policy::Audience& audience,
                            policy::Guard guard, Instant now) {
  policy::AudienceTable table;
  guard.audience = table.intern(audience);
  policy::Subject seeing = subject;
  seeing.sight = policy::Sight(seeing.principals, table);
  seeing.duties.clear();  // who does not see it makes nothing for others
  return policy::decide(seeing, Action::Originate, guard, now);
}

Status check_life(const Neighbours& neighbours, const policy::Subject& subject,
                  const std::string& process, New what, store::Snapshot& snapshot) {
  ENTENTE_TRY(const Life life, neighbours.life_of(subject, process, snapshot));
  if (life == Life::AtWork || (life == Life::Dormant && what == New::Brought)) return {};
  return {Code::FailedPrecondition, Reason::StillInUse,
          life == Life::Dormant
              ? "the process is dormant: what is there is read, and nothing is sent round"
              : "the process is over: what is there is read, and nothing comes to it"};
}

void Service::add_to(identity::Gate& gate, const ledger::MakeReceipt& make_receipt,
                     const ledger::MakeReceipt& at_once) {
  const std::string service = "entente.v1.DocumentService.";
  using After = std::function<void(store::CommitIndex, v1::Document&)>;
  gate.reads(service + "BeginContent", this, &Service::begin_content);
  gate.reads(service + "SendContent", this, &Service::send_content);
  gate.reads(service + "GetDocument", this, &Service::get_document);
  gate.reads(service + "ListDocuments", this, &Service::list_documents);
  gate.reads(service + "GetReaders", this, &Service::get_readers);
  gate.acts(service + "FinishContent", this, &Service::finish_content,
            After([this](store::CommitIndex, v1::Document& document) { finished(document); }));
  gate.acts(service + "UpdateDocument", this, &Service::update_document);
  gate.acts(service + "WithdrawDocument", this, &Service::withdraw_document);
  gate.acts(service + "DestroyDocument", this, &Service::destroy_document,
            After([this](store::CommitIndex, v1::Document& document) { destroyed(document); }));
  gate.acts(service + "HoldDocument", this, &Service::hold_document);
  gate.acts(
      service + "OpenDocument", this, &Service::open_document,
      [this, usual = ledger::with_receipt(make_receipt), sealed = ledger::with_receipt(at_once)](
          store::CommitIndex index, v1::Reading& reading) {
        const auto of = parts_.shelf.document(parse_document_name(reading.name())->id);
        const bool is_sealed = of && of->guard.handling == policy::Handling::Confidential;
        return is_sealed ? sealed(index, reading) : usual(index, reading);
      });
  gate.streams<v1::ReadContentRequest>(
      service + "ReadContent", [this](const std::shared_ptr<identity::Receiver>& receiver,
                                      const v1::ReadContentRequest& message, const net::Waker&) {
        return read_content([receiver] { return receiver->subject(); }, message);
      });
}

Result<Rows::Document> Service::find_readable(const Subject& subject, std::string_view name,
                                              Snapshot& snapshot) const {
  const auto parsed = parse_document_name(name);
  if (!parsed || parsed->reading != 0) return not_found(name);
  ENTENTE_TRY(std::optional<Rows::Document> found,
              parsed->revision == 0
                  ? parts_.rows.find(snapshot, parsed->id)
                  : parts_.rows.find_revision(snapshot, parsed->id, parsed->revision));
  const policy::Guard guard = found ? found->guard() : policy::Guard();
  const policy::Decision decision =
      policy::decide(subject, Action::Read, guard, parts_.clock.now());
  if (!decision.permits()) return not_found(name);
  // Of an earlier revision also what stood over it then: a wider audience is for what comes.
  const policy::Guard then = guard_of(found->open(decision)->guard());
  if (!policy::decide(subject, Action::Read, then, parts_.clock.now()).permits()) {
    return not_found(name);
  }
  return *std::move(found);
}

Result<Rows::Document> Service::find_itself(const Subject& subject, std::string_view name,
                                            Snapshot& snapshot) const {
  const auto parsed = parse_document_name(name);
  if (!parsed || !parsed->is_of_document()) return not_found(name);
  ENTENTE_TRY(std::optional<Rows::Document> found, parts_.rows.find(snapshot, parsed->id));
  const policy::Guard guard = found ? found->guard() : policy::Guard();
  const policy::Decision seen = policy::decide(subject, Action::Read, guard, parts_.clock.now());
  if (!seen.permits()) return not_found(name);
  return *std::move(found);
}

Result<v1::Document> Service::get_document(const Subject& subject,
                                           const v1::GetDocumentRequest& message,
                                           Snapshot& snapshot) {
  ENTENTE_TRY(const Rows::Document found, find_readable(subject, message.name(), snapshot));
  const policy::Decision decision =
      policy::decide(subject, Action::Read, found.guard(), parts_.clock.now());
  if (!decision.permits()) return not_found(message.name());
  v1::Document wire = to_wire(found.open(decision), subject);
  const auto name = parse_document_name(message.name());
  if (name->revision == 0 && wire.state() == v1::Document::CURRENT) {
    ENTENTE_TRY_VOID(add_silences(subject, name->id, wire, snapshot));
  }
  return wire;
}

// As a circulation tells what it stands on: a text from before the document was theirs to see is
// not told them.
Status Service::add_silences(const Subject& subject, const store::Id& document, v1::Document& wire,
                             Snapshot& snapshot) const {
  const Instant now = parts_.clock.now();
  for (const auto& one : parts_.shelf.silences(document)) {
    if (!policy::decide(subject, Action::Read, one->guard, now).permits()) continue;
    ENTENTE_TRY(const auto found, parts_.rows.find_circulation(snapshot, one->id));
    const policy::Guard guard = found ? found->guard() : policy::Guard();
    const policy::Decision decision = policy::decide(subject, Action::Read, guard, now);
    if (!decision.permits()) continue;
    const policy::Opened<record::Circulation> row = found->open(decision);
    v1::Document::Silence silence;
    silence.set_circulation(row->shown().name());
    *silence.mutable_deadline() = row->shown().deadline();
    bool told = outcome_of(*row) == v1::Circulation::PENDING;
    for (const v1::SentDocument& sent : row->sent()) {
      if (!told || !sent.name().starts_with(wire.name() + "/")) continue;
      const Status then = find_readable(subject, sent.name(), snapshot).status();
      if (!then.ok() && then.code() != Code::NotFound) return then;
      told = then.ok();
      for (const auto& text : sent.texts()) silence.add_languages(text.language());
    }
    if (told) *wire.add_silences() = std::move(silence);
  }
  return {};
}

Result<v1::ListDocumentsReply> Service::list_documents(const Subject& subject,
                                                       const v1::ListDocumentsRequest& message,
                                                       Snapshot& snapshot) {
  v1::ListDocumentsRequest query = message;
  query.clear_page_token();
  query.clear_page_size();
  const std::string bound = "documents\n" + query.SerializeAsString();
  ENTENTE_TRY(const std::optional<Shelf::Place> after,
              read_token(parts_.rows.store(), subject, bound, message.page_token()));
  const Instant now = parts_.clock.now();
  const std::size_t size = message.page_size() == 0
                               ? limits::page_size_default
                               : std::min(message.page_size(), limits::page_size_max);
  const auto has = [](const std::vector<std::string>& all, const std::string& one) {
    return one.empty() || std::find(all.begin(), all.end(), one) != all.end();
  };
  std::vector<Shelf::Place> places;  // one more than the page, if there is
  parts_.shelf.each_document(after, [&](const ShelvedDocument& one) {
    const bool fits =
        (message.process().empty() || message.process() == "processes/" + one.guard.process) &&
        (message.originator().empty() ||
         message.originator() == "parties/" + one.guard.originator) &&
        (message.kind() == v1::Document::KIND_UNSPECIFIED || message.kind() == one.kind);
    if (!fits || !policy::decide(subject, Action::Read, one.guard, now).permits()) return true;
    // What was withdrawn is found by what it was about only by those who still see that.
    const bool told = one.state == v1::Document::CURRENT || one.guard.originator == subject.party;
    const bool about = message.topic().empty() && message.country().empty();
    if (!about &&
        !(told && has(one.topics, message.topic()) && has(one.countries, message.country()))) {
      return true;
    }
    places.emplace_back(one.created_at, one.id);
    return places.size() <= size;
  });
  v1::ListDocumentsReply reply;
  if (places.size() > size) {
    places.pop_back();
    reply.set_next_page_token(make_token(parts_.rows.store(), subject, bound, places.back()));
  }
  for (const auto& [created_at, id] : places) {
    ENTENTE_TRY(const std::optional<Rows::Document> found, parts_.rows.find(snapshot, id));
    const policy::Guard guard = found ? found->guard() : policy::Guard();
    const policy::Decision decision = policy::decide(subject, Action::Read, guard, now);
    if (decision.permits()) *reply.add_documents() = to_wire(found->open(decision), subject);
  }
  return reply;
}

Result<v1::Readers> Service::get_readers(const Subject& subject,
                                         const v1::GetReadersRequest& message, Snapshot& snapshot) {
  ENTENTE_TRY(const Rows::Document found, find_readable(subject, message.name(), snapshot));
  const policy::Decision decision =
      policy::decide(subject, Action::ListReaders, found.guard(), parts_.clock.now());
  if (!decision.permits()) {
    return not_yours("who has read it is told to its originator and to the secretariat");
  }
  const store::Id id = store::Id::from(found.open(decision)->id());
  ENTENTE_TRY(std::vector<record::Reader> rows, parts_.rows.readers(snapshot, id));
  std::sort(rows.begin(), rows.end(),
            [](const auto& a, const auto& b) { return a.first_copy() < b.first_copy(); });
  v1::WhoCanSeeRequest who;
  who.set_object(document_name(id));
  ENTENTE_TRY(const v1::WhoCanSeeReply seen, parts_.neighbours.who_can_see(subject, who, snapshot));
  v1::Readers reply;
  reply.set_in_words(seen.reckoning().in_words());
  std::set<std::string> opened;
  for (const record::Reader& row : rows) {
    v1::Readers::Reader& reader = *reply.add_readers();
    reader.set_account(row.account());
    if (!row.person().empty()) reader.set_person("persons/" + row.person());
    reader.set_party("parties/" + row.party());
    reader.set_readings(row.readings());
    set_time(*reader.mutable_first_at(), from_micros(row.first_us()));
    set_time(*reader.mutable_last_at(), from_micros(row.last_us()));
    reader.set_first_copy(row.first_copy());
    opened.insert(reader.person());
  }
  std::uint32_t unnamed = 0;
  for (const v1::PartyReckoning& party : seen.reckoning().parties()) {
    unnamed += party.people_unnamed();
    for (const std::string& person : party.people_named()) {
      if (opened.erase(person) == 0) reply.add_not_yet(person);
    }
  }
  opened.erase("");
  reply.set_not_yet_unnamed(
      unnamed - std::min<std::uint32_t>(unnamed, static_cast<std::uint32_t>(opened.size())));
  return reply;
}

bool Service::may_still_read(const Subject& subject, const store::Id& document) const {
  const auto found = parts_.shelf.document(document);
  const policy::Guard guard = found ? found->guard : policy::Guard();
  if (!policy::decide(subject, Action::Read, guard, parts_.clock.now()).permits()) return false;
  if (found->state == v1::Document::WITHDRAWN) return subject.party == guard.originator;
  return found->state == v1::Document::CURRENT;
}

// By the store as it is now, for what is remembered of it may not be told yet: the key goes once
// the stone is there.
Status Service::why_unread(const Subject& subject, const store::Id& document, std::string_view name,
                           Status failed) const {
  if (failed.code() != Code::DataLoss) return failed;
  const std::unique_ptr<Snapshot> snapshot = parts_.rows.store().snapshot();
  ENTENTE_TRY(const std::optional<Rows::Document> found, parts_.rows.find(*snapshot, document));
  const policy::Guard guard = found ? found->guard() : policy::Guard();
  const policy::Decision decision =
      policy::decide(subject, Action::Read, guard, parts_.clock.now());
  const bool gives = decision.permits() && gives_content(*found->open(decision), subject);
  return gives ? failed : not_found(name);
}

Result<Service::Released> Service::release(const Subject& subject,
                                           const v1::ReadContentRequest& message,
                                           Snapshot& snapshot) {
  const auto name = parse_document_name(message.name());
  if (!name) return not_found(message.name());
  record::Reading reading;
  if (name->reading != 0) {
    ENTENTE_TRY(const auto found, parts_.rows.find_reading(snapshot, name->id, name->reading));
    // One answer for another's copy and for one that never was.
    if (!found || found->account() != subject.account) return not_found(message.name());
    reading = *found;
  }
  std::string wanted = document_name(name->id);
  const std::uint64_t revision = name->reading != 0 ? reading.revision() : name->revision;
  if (revision != 0) wanted += "/revisions/" + std::to_string(revision);
  Result<Rows::Document> readable = find_readable(subject, wanted, snapshot);
  if (!readable.ok()) {
    return readable.status().code() == Code::NotFound ? not_found(message.name())
                                                      : readable.status();
  }
  const policy::Decision decision =
      policy::decide(subject, Action::Read, readable->guard(), parts_.clock.now());
  if (!decision.permits()) return not_found(message.name());
  const policy::Opened<record::Document> document = readable->open(decision);
  if (!gives_content(*document, subject)) {
    return withdrawn(document->shown());
  }
  if (name->reading == 0 && policy::leaves_receipt(readable->guard().handling)) {
    return Status(Code::FailedPrecondition, Reason::None,
                  "reading it leaves a receipt: open it first");
  }
  const Instant good_until =
      from_micros(reading.recorded_at_us()) + std::chrono::seconds(limits::reading_good_s_max);
  if (name->reading != 0 && parts_.clock.now() > good_until) {
    return Status(Code::FailedPrecondition, Reason::None, "this copy is a day old: open it anew");
  }
  const std::optional<std::size_t> which =
      name->reading != 0 ? reading.content() : content_in(*document, message.language());
  if (!which) return not_in_language(document->shown());
  Released released;
  released.document = name->id;
  released.reading = name->reading;
  released.revision = document->revision();
  released.content = document->shown().contents(static_cast<int>(*which));
  released.content_id = document->contents(static_cast<int>(*which)).id();
  released.copy =
      std::make_unique<Copy>(parts_.rows.store(), document->contents(static_cast<int>(*which)));
  if (!reading.mark().empty()) {
    Status marked = released.copy->mark(parts_.marker, reading.mark());
    if (!marked.ok()) return why_unread(subject, name->id, message.name(), std::move(marked));
  }
  if (message.offset() > released.copy->size()) {
    return Status(Code::OutOfRange, Reason::FieldInvalid, "`offset` is beyond the end");
  }
  return released;
}

Result<std::unique_ptr<net::Source>> Service::read_content(const Who& who,
                                                           const v1::ReadContentRequest& message) {
  ENTENTE_TRY(const identity::SubjectPointer subject, who());
  const std::unique_ptr<store::Snapshot> snapshot = parts_.rows.store().snapshot();
  ENTENTE_TRY(Released released, release(*subject, message, *snapshot));
  return std::unique_ptr<net::Source>(
      std::make_unique<ContentSource>(*this, who, std::move(released), message));
}

}  // namespace entente::documents
