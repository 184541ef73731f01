// What is sealed end to end, as the server keeps it: never with words in clear, never without its
// envelope, never wider by one person's word.
#include "server/documents/sealed.h"

#include "proto/contract/limits_sealing.h"
#include "proto/contract/roster.h"
#include "server/policy/audience.h"
#include "tests/documents/world.h"

namespace entente::documents::testing {
namespace {

struct SealedWorld : DocumentsWorld {
  SealedWorld() {
    for (const auto& [party, digit] : {std::pair("SWE", '1'), {"CHE", '2'}, {"IGC", '3'}}) {
      AudienceOffice office;
      office.office = std::string("offices/") + party;
      office.party = std::string("parties/") + party;
      office.through = {party == std::string("IGC") ? "process/igc/secretariat"
                                                    : "process/igc/members"};
      office.certificates = {"certificates/" + std::string(64, digit)};
      office.guard.audience = everyone;
      office.guard.handling = policy::Handling::Limited;
      neighbours.offices.push_back(std::move(office));
    }
  }

  template <typename Req>
  Req to_offices(const std::vector<std::size_t>& which) const {
    Req request;
    request.set_cms("an envelope");
    std::vector<RosterEntry> entries;
    for (const std::size_t at : which) {
      const AudienceOffice& office = neighbours.offices.at(at);
      entries.push_back({.office = office.office, .certificate = office.certificates.at(0)});
      auto* recipient = request.add_recipients();
      recipient->set_office(entries.back().office);
      recipient->set_certificate(entries.back().certificate);
    }
    request.set_roster_sha256(std::string(as_view(*roster_digest(origin, entries))));
    return request;
  }
  v1::BeginContentRequest begin_sealed(const std::string& id) const {
    v1::BeginContentRequest request = begin(id, "sealed bytes", v1::HANDLING_CONFIDENTIAL);
    request.mutable_document()->clear_title();
    request.mutable_content()->set_file_name("sealed");
    request.mutable_content()->set_media_type("application/octet-stream");
    return request;
  }
  Status put(const policy::Subject& subject, const std::string& id,
             const std::vector<std::size_t>& which) {
    auto request = to_offices<v1::PutEnvelopeRequest>(which);
    request.set_upload_id(id);
    return ask(sealed, subject, &SealedService::put_envelope, request).status();
  }
  v1::Document sealed_paper(const std::vector<std::size_t>& which = {0, 2}) {
    const std::string id = "sealed-" + std::to_string(++uploads_made);
    REQUIRE(ask(service, helena(), &Service::begin_content, begin_sealed(id)).ok());
    REQUIRE(send(helena(), id, "sealed bytes").ok());
    REQUIRE(put(helena(), id, which).ok());
    const auto made = finish(helena(), id, "sealed bytes");
    REQUIRE(made.status().message() == "");
    return *made;
  }
  Result<v1::ListEnvelopesReply> envelopes(const policy::Subject& subject,
                                           const std::string& reading) {
    v1::ListEnvelopesRequest request;
    request.set_name(reading);
    return ask(sealed, subject, &SealedService::list_envelopes, request);
  }
  Result<v1::Document> update(const v1::Document& document) {
    v1::UpdateDocumentRequest request;
    *request.mutable_document() = document;
    return act(service, helena(), &Service::update_document, request);
  }

  const std::string origin = "demo.example/ledger";
  policy::AudienceId everyone =
      neighbours.table.intern(*policy::audience_of("visibility.audience", [] {
        v1::Audience all;
        for (const char* one : {"process/igc/members", "process/igc/secretariat"})
          all.add_any_of(one);
        return all;
      }()));
  SealedService sealed{{.rows = rows,
                        .documents = service,
                        .uploads = uploads,
                        .neighbours = neighbours,
                        .origin = origin,
                        .clock = clock}};
};

}  // namespace

TEST_CASE("what is confidential says nothing in clear", "[documents][sealed]") {
  SealedWorld world;
  const auto begun = [&](const v1::BeginContentRequest& request) {
    return world.ask(world.service, world.helena(), &Service::begin_content, request).status();
  };
  REQUIRE(begun(world.begin_sealed("ok")).ok());
  v1::BeginContentRequest request = world.begin_sealed("a");
  *request.mutable_document()->mutable_title() = english("Returns");
  CHECK(begun(request).code() == Code::InvalidArgument);
  request = world.begin_sealed("b");
  request.mutable_document()->add_countries("SYR");
  CHECK(begun(request).code() == Code::InvalidArgument);
  request = world.begin_sealed("c");
  request.mutable_content()->set_file_name("returns.pdf");
  CHECK(begun(request).code() == Code::InvalidArgument);
  // Not in a later revision either.
  request.mutable_document()->Clear();
  request.mutable_document()->set_name(world.sealed_paper().name());
  CHECK(begun(request).code() == Code::InvalidArgument);
}

TEST_CASE("a sealed document is not there before its envelope", "[documents][sealed]") {
  SealedWorld world;
  REQUIRE(world.ask(world.service, world.helena(), &Service::begin_content, world.begin_sealed("u"))
              .ok());
  REQUIRE(world.send(world.helena(), "u", "sealed bytes").ok());
  CHECK(world.finish(world.helena(), "u", "sealed bytes").status().code() ==
        Code::FailedPrecondition);
  // Another's upload, an office outside, another roster, nobody.
  CHECK(world.put(world.anna(), "u", {0}).code() == Code::NotFound);
  world.neighbours.offices[1].through = {"process/igc/observers"};
  CHECK(world.put(world.helena(), "u", {0, 1}).reason() == Reason::Conflict);
  auto wrong = world.to_offices<v1::PutEnvelopeRequest>({0, 2});
  wrong.set_upload_id("u");
  wrong.mutable_recipients()->RemoveLast();
  CHECK(world.ask(world.sealed, world.helena(), &SealedService::put_envelope, wrong)
            .status()
            .code() == Code::InvalidArgument);
  wrong.clear_recipients();
  CHECK_FALSE(world.ask(world.sealed, world.helena(), &SealedService::put_envelope, wrong).ok());
  REQUIRE(world.put(world.helena(), "u", {0, 2}).ok());
  CHECK(world.finish(world.helena(), "u", "sealed bytes").ok());
}

TEST_CASE("an envelope goes to who opened a copy and is in an office that it is sealed to",
          "[documents][sealed]") {
  SealedWorld world;
  const v1::Document paper = world.sealed_paper();
  const auto reading = world.open(world.anna(), paper.name());
  REQUIRE(reading.ok());
  CHECK(reading->mark().empty());
  const auto mine = world.envelopes(world.anna(), reading->name());
  REQUIRE(mine.ok());
  REQUIRE(mine->envelopes_size() == 1);
  CHECK(mine->envelopes(0).cms() == "an envelope");
  CHECK(*world.read(world.anna(), reading->name()) == "sealed bytes");
  CHECK(world.envelopes(world.reto(), reading->name()).status().code() == Code::NotFound);
  CHECK(world.envelopes(world.anna(), paper.name()).status().code() == Code::NotFound);
  const auto his = world.open(world.reto(), paper.name());
  CHECK(world.envelopes(world.reto(), his->name()).status().code() == Code::FailedPrecondition);
  // Shared on, he can; and it stands in the ledger.
  auto share = world.to_offices<v1::ShareEnvelopeRequest>({1});
  share.set_document(paper.name());
  const auto stranger =
      world.act(world.sealed, world.samira(), &SealedService::share_envelope, share);
  CHECK(stranger.status().code() == Code::NotFound);
  const std::uint64_t entries = world.entries();
  REQUIRE(world.act(world.sealed, world.anna(), &SealedService::share_envelope, share).ok());
  CHECK(world.entries() == entries + 1);
  CHECK(world.envelopes(world.reto(), his->name())->envelopes_size() == 1);
  // Revoked between circulation and reading.
  world.neighbours.revoked.insert(world.neighbours.offices[1].certificates[0]);
  const auto revoked = world.envelopes(world.reto(), his->name());
  CHECK(revoked.status().code() == Code::FailedPrecondition);
  CHECK(std::string(revoked.status().message()).find("revoked") != std::string::npos);
}

TEST_CASE("one person narrows a sealed audience and never widens it", "[documents][sealed]") {
  SealedWorld world;
  v1::Document paper = world.sealed_paper();
  v1::Document wider = paper;
  wider.mutable_visibility()->mutable_audience()->add_any_of("process/igc/observers");
  CHECK(world.update(wider).status().reason() == Reason::SecondPersonNeeded);
  v1::Document narrower = paper;
  narrower.mutable_visibility()->mutable_audience()->add_none_of("party/CHE");
  const auto narrowed = world.update(narrower);
  REQUIRE(narrowed.ok());
  paper.set_revision(narrowed->revision());
  CHECK(world.update(paper).status().reason() == Reason::SecondPersonNeeded);
  v1::Document longer = *narrowed;
  longer.mutable_visibility()->mutable_expires_at()->set_seconds(2'000'000'000);
  const auto shorter = world.update(longer);
  REQUIRE(shorter.ok());
  longer = *shorter;
  longer.mutable_visibility()->clear_expires_at();
  CHECK(world.update(longer).status().reason() == Reason::SecondPersonNeeded);
  // An embargo is put on and put off by one; it ends earlier, or falls, by two.
  v1::Document later = *shorter;
  const auto until = [&](std::int64_t seconds) {
    later.mutable_visibility()->mutable_embargo_until()->set_seconds(seconds);
    const auto updated = world.update(later);
    if (updated.ok()) later = *updated;
    return updated.status().reason();
  };
  CHECK(until(1'900'000'000) == Reason::None);
  CHECK(until(1'950'000'000) == Reason::None);
  CHECK(until(1'949'999'999) == Reason::SecondPersonNeeded);
  later.mutable_visibility()->clear_embargo_until();
  CHECK(world.update(later).status().reason() == Reason::SecondPersonNeeded);
  // What the server had in clear cannot become confidential.
  v1::Document restricted = world.paper();
  restricted.clear_title();
  restricted.mutable_visibility()->set_handling(v1::HANDLING_CONFIDENTIAL);
  CHECK(world.update(restricted).status().code() == Code::InvalidArgument);
}

TEST_CASE("a roster names the offices that the caller may see, and counts the others",
          "[documents][sealed]") {
  SealedWorld world;
  world.neighbours.offices[1].certificates.clear();
  world.neighbours.offices[2].guard = {};
  v1::GetRosterRequest request;
  request.set_document(world.sealed_paper({0}).name());
  const auto roster = world.ask(world.sealed, world.anna(), &SealedService::get_roster, request);
  REQUIRE(roster.ok());
  REQUIRE(roster->recipients_size() == 1);
  CHECK(roster->recipients(0).office() == "offices/SWE");
  CHECK(roster->without(0) == "offices/CHE");
  CHECK(roster->unnamed() == 1);
  CHECK(world.ask(world.sealed, world.stranger(), &SealedService::get_roster, request)
            .status()
            .code() == Code::NotFound);
  CHECK_FALSE(world.ask(world.sealed, world.anna(), &SealedService::get_roster, {}).ok());
}

}  // namespace entente::documents::testing
