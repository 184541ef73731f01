// A small world of documents over a store in memory and a real ledger: one process, two members, a
// working group of one of them, an observer, a stranger, the secretariat. Subjects hold what their
// parties hold.
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "proto/contract/digest.h"
#include "server/documents/circulation_service.h"
#include "server/documents/service.h"
#include "tests/support/ground.h"

namespace entente::documents::testing {

using entente::testing::english;
using entente::testing::Ground;
using entente::testing::subject_holding;
using entente::testing::TurnedClock;

// Who can see what is said by AccessService elsewhere; here, who was asked about.
class FewNeighbours final : public Neighbours {
 public:
  Result<policy::AudienceId> intern(store::Transaction&,
                                    const policy::Audience& audience) override {
    return table.intern(audience);
  }
  std::shared_ptr<const policy::AudienceTable> audiences() const override {
    return std::make_shared<policy::AudienceTable>(table);
  }
  Result<std::string> latin_name(const policy::Subject& subject, store::Snapshot&) const override {
    if (meanwhile) meanwhile();
    return subject.person.empty() ? "" : "Name of " + subject.person;
  }
  Result<v1::WhoCanSeeReply> who_can_see(const policy::Subject& subject,
                                         const v1::WhoCanSeeRequest& message,
                                         store::Snapshot&) const override {
    v1::WhoCanSeeReply reply;
    if (!message.object().empty() && may_list && !may_list(subject, message.object())) {
      return not_yours("who can see it is told to its originator and to the secretariat");
    }
    reply.mutable_reckoning()->set_in_words(said_of_them);
    for (const auto& [party, person] : {std::pair("SWE", "anna"), std::pair("CHE", "reto")}) {
      auto* row = reply.mutable_reckoning()->add_parties();
      row->set_party(std::string("parties/") + party);
      row->add_people_named(std::string("persons/") + person);
    }
    for (const std::string& one : message.draft().visibility().audience().any_of()) {
      if (one == "process/hidden/members") reply.mutable_reckoning()->add_unknown(one);
    }
    return reply;
  }
  Result<Life> life_of(const policy::Subject&, const std::string& process,
                       store::Snapshot&) const override {
    return concluded.count(process) != 0 ? Life::Over : life;
  }
  Result<std::vector<AudienceOffice>> offices_of(const policy::Audience& audience,
                                                 store::Snapshot&) const override {
    std::vector<AudienceOffice> out;
    for (const AudienceOffice& office : offices) {
      const auto answers = [&](const std::string& one) {
        return audience.any_of.count(*policy::Principal::parse(one)) != 0;
      };
      if (std::any_of(office.through.begin(), office.through.end(), answers)) out.push_back(office);
    }
    return out;
  }
  Result<OwnCertificates> own_certificates(const policy::Subject& subject,
                                           store::Snapshot&) const override {
    OwnCertificates own;
    for (const AudienceOffice& office : offices) {
      if (office.party != "parties/" + subject.party) continue;
      own.all.insert(office.certificates.begin(), office.certificates.end());
    }
    own.in_force = own.all;
    for (const std::string& one : revoked) own.in_force.erase(one);
    return own;
  }
  // A signature that holds is the message itself.
  Result<std::string> check_signature(const policy::Subject& subject, store::Snapshot&,
                                      std::string_view message,
                                      std::string_view signature) const override {
    if (message != signature) {
      return Status(Code::InvalidArgument, Reason::SignatureInvalid, "is not of this key");
    }
    return std::string(as_view(sha256("device of " + subject.account)));
  }
  Result<std::optional<policy::Subject>> subject_now(store::Snapshot&, const std::string& account,
                                                     const std::string& party,
                                                     const std::string& person) const override {
    if (ended.count(account) != 0) return std::optional<policy::Subject>();
    policy::Subject subject;
    subject.account = account;
    subject.party = party;
    subject.person = person;
    subject.principals = principals_now;
    subject.sight = policy::Sight(subject.principals, table);
    return std::optional<policy::Subject>(std::move(subject));
  }
  std::string said_of_them = "those who were asked about";
  std::function<void()> meanwhile;  // what happens in the midst of a reading
  std::function<bool(const policy::Subject&, const std::string&)> may_list;
  std::set<std::string> concluded;
  Life life = Life::AtWork;  // of all others
  std::set<std::string> ended;
  std::set<policy::Principal> principals_now;
  policy::AudienceTable table;
  std::vector<AudienceOffice> offices;
  std::set<std::string> revoked;
};

struct DocumentsWorld : Ground {
  DocumentsWorld() {
    an_act_takes = std::chrono::seconds(1);
    ledger->add_follower(shelf);
    neighbours.may_list = [this](const policy::Subject& subject, const std::string& name) {
      const auto snapshot = store->snapshot();
      const auto guard = shelf.find_guard(*snapshot, name, {.when = clock.now()});
      return guard.ok() && *guard &&
             policy::decide(subject, policy::Action::ListReaders, **guard, clock.now()).permits();
    };
  }

  policy::Subject as(const std::string& party, const std::string& person,
                     const std::set<std::string>& principals, bool secretariat = false) const {
    return subject_holding(neighbours.table, party, person, principals, secretariat);
  }
  policy::Subject anna() const {
    return as("SWE", "anna", {"process/igc/members", "process/igc/body/wg-data"});
  }
  policy::Subject reto() const { return as("CHE", "reto", {"process/igc/members"}); }
  policy::Subject samira() const { return as("UNHCR", "samira", {"process/igc/observers"}); }
  policy::Subject stranger() const { return as("THA", "kamon", {}); }
  policy::Subject helena() const {
    return as("IGC", "helena", {"process/igc/secretariat"}, /*secretariat=*/true);
  }

  v1::BeginContentRequest begin(const std::string& id, const std::string& bytes,
                                v1::Handling handling = v1::HANDLING_RESTRICTED,
                                const std::vector<std::string>& to = {
                                    "process/igc/members", "process/igc/secretariat"}) const {
    v1::BeginContentRequest request;
    request.set_upload_id(id);
    v1::Document& document = *request.mutable_document();
    document.set_kind(v1::Document::BACKGROUND_PAPER);
    *document.mutable_title() = english("Returns in 2026");
    document.set_process("processes/igc");
    for (const auto& who : to) document.mutable_visibility()->mutable_audience()->add_any_of(who);
    document.mutable_visibility()->set_handling(handling);
    v1::Content& content = *request.mutable_content();
    content.set_language("en");
    content.set_file_name("paper.txt");
    content.set_media_type("text/plain");
    content.set_bytes(bytes.size());
    return request;
  }
  Status send(const policy::Subject& subject, const std::string& id, const std::string& bytes,
              std::size_t piece = 100'000) {
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      v1::SendContentRequest next;
      next.set_upload_id(id);
      next.set_offset(at);
      next.set_content(bytes.substr(at, piece));
      ENTENTE_TRY_VOID(ask(service, subject, &Service::send_content, next).status());
    }
    return {};
  }
  Result<v1::Document> finish(const policy::Subject& subject, const std::string& id,
                              const std::string& bytes) {
    v1::FinishContentRequest request;
    request.set_upload_id(id);
    request.set_sha256(std::string(as_view(sha256(bytes))));
    auto document = act(service, subject, &Service::finish_content, request);
    if (document.ok()) service.finished(*document);
    return document;
  }
  Result<v1::Document> upload(const policy::Subject& subject,
                              const v1::BeginContentRequest& request, const std::string& bytes) {
    ENTENTE_TRY_VOID(ask(service, subject, &Service::begin_content, request).status());
    ENTENTE_TRY_VOID(send(subject, request.upload_id(), bytes));
    return finish(subject, request.upload_id(), bytes);
  }
  v1::Document paper(const std::string& bytes = "the text of it",
                     v1::Handling handling = v1::HANDLING_RESTRICTED) {
    auto made =
        upload(helena(), begin("u" + std::to_string(++uploads_made), bytes, handling), bytes);
    REQUIRE(made.status().message() == "");
    return *made;
  }

  // By its originator, until its key is gone.
  v1::Document destroy(const std::string& name) {
    v1::DestroyDocumentRequest request;
    request.set_name(name);
    const auto stone = act(service, helena(), &Service::destroy_document, request);
    REQUIRE(stone.status().message() == "");
    service.destroyed(*stone);
    return *stone;
  }

  Result<v1::Document> get(const policy::Subject& subject, const std::string& name) {
    v1::GetDocumentRequest request;
    request.set_name(name);
    return ask(service, subject, &Service::get_document, request);
  }
  std::vector<std::string> list(const policy::Subject& subject) {
    const auto reply = ask(service, subject, &Service::list_documents, v1::ListDocumentsRequest());
    REQUIRE(reply.ok());
    std::vector<std::string> names;
    for (const auto& one : reply->documents()) names.push_back(one.name());
    return names;
  }
  Result<v1::Reading> open(const policy::Subject& subject, const std::string& name) {
    v1::OpenDocumentRequest request;
    request.set_name(name);
    return act(service, subject, &Service::open_document, request);
  }
  Result<std::string> read(const policy::Subject& subject, const std::string& name,
                           std::uint64_t offset = 0, std::uint64_t length = 0) {
    v1::ReadContentRequest request;
    request.set_name(name);
    request.set_offset(offset);
    request.set_length(length);
    const auto shared = std::make_shared<const policy::Subject>(subject);
    auto source =
        service.read_content([&]() -> Result<identity::SubjectPointer> { return shared; }, request);
    if (!source.ok()) return source.status();
    std::string bytes;
    for (;;) {
      v1::ContentPart part;
      ENTENTE_TRY(const net::Source::Next next, (*source)->next(part));
      if (next == net::Source::Next::End) return bytes;
      bytes += part.content();
    }
  }
  // The kinds of the entries of the ledger from one on, as far as the subject sees them.
  std::uint64_t entries() const { return ledger->size(); }

  FewNeighbours neighbours;
  Rows rows{*store};
  Shelf shelf{rows};
  Uploads uploads{{.rows = rows, .clock = clock, .entropy = entropy}};
  Marker marker{ENTENTE_MARK_PROGRAM};
  Service service{{.rows = rows,
                   .shelf = shelf,
                   .uploads = uploads,
                   .marker = marker,
                   .neighbours = neighbours,
                   .ledger = *ledger,
                   .clock = clock}};
  CirculationService circulation{{.rows = rows,
                                  .shelf = shelf,
                                  .neighbours = neighbours,
                                  .ledger = *ledger,
                                  .clock = clock,
                                  .entropy = entropy}};
  int uploads_made = 0;
};

// A PDF of these objects, numbered from 1, the catalog first.
inline std::string pdf_of(const std::vector<std::string>& objects) {
  std::string pdf = "%PDF-1.4\n";
  std::string table = "0000000000 65535 f \n";
  for (std::size_t i = 0; i < objects.size(); ++i) {
    std::string at = std::to_string(pdf.size());
    table += std::string(10 - at.size(), '0') + at + " 00000 n \n";
    pdf += std::to_string(i + 1) + " 0 obj\n" + objects[i] + "\nendobj\n";
  }
  const std::string start = std::to_string(pdf.size());
  const std::string count = std::to_string(objects.size() + 1);
  return pdf + "xref\n0 " + count + "\n" + table + "trailer\n<< /Size " + count +
         " /Root 1 0 R >>\nstartxref\n" + start + "\n%%EOF\n";
}

// A PDF of so many empty pages, as small as they come; each turned by 90 degrees more.
inline std::string small_pdf(int pages) {
  std::vector<std::string> objects = {
      "<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript "
      "/JS (app.alert(1)) >> >>"};
  std::string kids;
  for (int i = 0; i < pages; ++i) kids += std::to_string(i + 3) + " 0 R ";
  objects.push_back("<< /Type /Pages /Count " + std::to_string(pages) + " /Kids [ " + kids +
                    "] >>");
  for (int i = 0; i < pages; ++i) {
    objects.push_back("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Rotate " +
                      std::to_string(i % 4 * 90) + " >>");
  }
  return pdf_of(objects);
}

}  // namespace entente::documents::testing
