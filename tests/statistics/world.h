// A small statistical world over a store in memory and a real ledger: one process, two members that
// report, one that does not, an observer, a stranger; one dataflow for members and one for
// observers, too. Subjects hold what their parties hold.
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "server/statistics/service.h"
#include "tests/support/ground.h"

namespace entente::statistics::testing {

using entente::testing::english;
using entente::testing::Ground;
using entente::testing::subject_holding;
using entente::testing::TurnedClock;

class TableOfAudiences final : public Audiences {
 public:
  Result<policy::AudienceId> intern(store::Transaction&,
                                    const policy::Audience& audience) override {
    return table.intern(audience);
  }
  policy::AudienceTable table;
};

inline void add_item(v1::Codelist& list, const std::string& id, const std::string& title) {
  v1::Item* item = list.add_items();
  item->set_id(id);
  *item->mutable_title() = english(title);
}

inline v1::StructureSet structures() {
  v1::StructureSet set;
  const auto list = [&](const std::string& id,
                        const std::vector<std::pair<std::string, std::string>>& items) {
    v1::Codelist* one = set.add_codelists();
    one->set_name("codelists/ENTENTE." + id);
    one->set_version("1.0");
    for (const auto& [code, title] : items) add_item(*one, code, title);
  };
  list("CL_FREQ", {{"A", "Annual"}, {"M", "Monthly"}});
  list("CL_AREA", {{"AFG", "Afghanistan"},
                   {"CHE", "Switzerland"},
                   {"ERI", "Eritrea"},
                   {"NOR", "Norway"},
                   {"SWE", "Sweden"},
                   {"SYR", "Syria"}});
  list("CL_STATUS", {{"A", "Normal"}, {"E", "Estimated"}, {"P", "Provisional"}});
  list("CL_CONF", {{"F", "Free"}, {"C", "Confidential"}, {"N", "Not for publication"}});
  v1::ConceptScheme* scheme = set.add_concept_schemes();
  scheme->set_name("concept-schemes/ENTENTE.CS");
  scheme->set_version("1.0");
  for (const char* id : {"FREQ", "REF_AREA", "CITIZEN", "OBS_STATUS", "CONF_STATUS", "NOTE"}) {
    scheme->add_concepts()->set_id(id);
  }
  v1::DataStructure* structure = set.add_data_structures();
  structure->set_name("data-structures/ENTENTE.ASYLUM");
  structure->set_version("1.0");
  structure->set_concept_scheme(scheme->name());
  const auto dimension = [&](const char* id, const char* codes, v1::Dimension::Role role) {
    v1::Dimension* one = structure->add_dimensions();
    one->set_id(id);
    one->set_concept_id(id);
    one->set_codelist(std::string("codelists/ENTENTE.") + codes);
    one->set_role(role);
  };
  dimension("FREQ", "CL_FREQ", v1::Dimension::FREQUENCY);
  dimension("REF_AREA", "CL_AREA", v1::Dimension::REFERENCE_AREA);
  dimension("CITIZEN", "CL_AREA", v1::Dimension::COUNTERPART_AREA);
  const auto attribute = [&](const char* id, const char* codes, v1::Attribute::Role role) {
    v1::Attribute* one = structure->add_attributes();
    one->set_id(id);
    one->set_concept_id(id);
    if (*codes != '\0') one->set_codelist(std::string("codelists/ENTENTE.") + codes);
    one->set_role(role);
    one->set_mandatory(role == v1::Attribute::STATUS);
  };
  attribute("OBS_STATUS", "CL_STATUS", v1::Attribute::STATUS);
  attribute("CONF_STATUS", "CL_CONF", v1::Attribute::CONFIDENTIALITY);
  attribute("NOTE", "", v1::Attribute::ROLE_UNSPECIFIED);
  const auto flow = [&](const std::string& id, const std::vector<std::string>& audience) {
    v1::Dataflow* one = set.add_dataflows();
    one->set_name("dataflows/IGC." + id);
    one->set_version("1.0");
    one->set_data_structure(structure->name());
    one->set_process("processes/igc");
    for (const auto& who : audience) one->mutable_visibility()->mutable_audience()->add_any_of(who);
    one->mutable_visibility()->set_handling(v1::HANDLING_LIMITED);
    for (const char* party : {"SWE", "CHE"}) {
      v1::Provision* provision = set.add_provisions();
      provision->set_name(one->name() + "/provisions/" + party);
      provision->set_party(std::string("parties/") + party);
      provision->add_reference_areas(party);
    }
  };
  flow("ASYLUM", {"process/igc/members", "process/igc/secretariat"});
  flow("STOCK", {"process/igc/members", "process/igc/observers", "process/igc/secretariat"});
  return set;
}

struct StatisticsWorld : Ground {
  explicit StatisticsWorld(std::size_t rows_max = limits::upload_rows_buffered_max,
                           const v1::StructureSet& set = structures())
      : structures_in_force(*store, audiences),
        shelf(*store),
        uploads({.store = *store,
                 .shelf = shelf,
                 .clock = clock,
                 .entropy = entropy,
                 .rows_max = rows_max}),
        service({.store = *store,
                 .structures = structures_in_force,
                 .shelf = shelf,
                 .uploads = uploads,
                 .cache = cache,
                 .ledger = *ledger,
                 .clock = clock}) {
    ledger->add_follower(structures_in_force);
    ledger->add_follower(shelf);
    REQUIRE(define_structures(*store, structures_in_force, *ledger, set, clock.now()).ok());
    clock.pass(std::chrono::seconds(1));
  }

  policy::Subject as(const std::string& party, const std::set<std::string>& principals,
                     bool secretariat = false) const {
    return subject_holding(audiences.table, party, "", principals, secretariat);
  }
  policy::Subject member(const std::string& party) const {
    return as(party, {"process/igc/members"});
  }
  policy::Subject observer() const { return as("UNHCR", {"process/igc/observers"}); }
  policy::Subject stranger() const { return as("USA", {}); }
  policy::Subject secretariat() const { return as("IGC", {"process/igc/secretariat"}, true); }

  template <typename Req, typename Rep>
  Result<Rep> ask(const policy::Subject& subject,
                  Result<Rep> (Service::*serve)(const policy::Subject&, const Req&,
                                                store::Snapshot&),
                  const Req& request) {
    return Ground::ask(service, subject, serve, request);
  }
  template <typename Req, typename Rep>
  Result<Rep> act(const policy::Subject& subject,
                  Result<Rep> (Service::*serve)(const policy::Subject&, const Req&,
                                                store::Transaction&),
                  const Req& request) {
    return Ground::act(service, subject, serve, request);
  }

  v1::BeginUploadRequest begin_request(const std::string& id, v1::UploadAction action = v1::REPLACE,
                                       const std::string& flow = "dataflows/IGC.ASYLUM") const {
    v1::BeginUploadRequest request;
    request.set_upload_id(id);
    request.set_dataflow(flow);
    request.set_action(action);
    request.set_format(v1::SDMX_CSV);
    return request;
  }
  // Sends a file in pieces, to its end, and reports.
  Result<v1::UploadReport> send(const policy::Subject& subject,
                                const v1::BeginUploadRequest& request, const std::string& file,
                                std::size_t piece = 1 << 20) {
    auto begun = ask(subject, &Service::begin_upload, request);
    if (!begun.ok()) return begun.status();
    for (std::size_t at = begun->offset(); at < file.size(); at += piece) {
      v1::SendPieceRequest next;
      next.set_upload_id(request.upload_id());
      next.set_offset(at);
      next.set_content(file.substr(at, piece));
      auto sent = ask(subject, &Service::send_piece, next);
      if (!sent.ok()) return sent.status();
    }
    v1::CheckUploadRequest check;
    check.set_upload_id(request.upload_id());
    return ask(subject, &Service::check_upload, check);
  }
  Result<v1::UploadReport> finish(const policy::Subject& subject, const std::string& id,
                                  const std::string& sha256) {
    v1::FinishUploadRequest request;
    request.set_upload_id(id);
    request.set_sha256(sha256);
    auto report = act(subject, &Service::finish_upload, request);
    if (report.ok()) service.finished(report->name());
    return report;
  }
  Result<v1::UploadReport> upload(const policy::Subject& subject,
                                  const v1::BeginUploadRequest& request, const std::string& file) {
    auto report = send(subject, request, file);
    if (!report.ok()) return report;
    auto finished = finish(subject, request.upload_id(), report->sha256());
    clock.pass(std::chrono::seconds(10));
    return finished;
  }

  // `A.SWE.AFG 2015=12.5/E` for each observation that is answered.
  Result<std::vector<std::string>> query(const policy::Subject& subject,
                                         const v1::QueryRequest& request) {
    const auto shared = std::make_shared<const policy::Subject>(subject);
    auto source =
        service.query([&]() -> Result<identity::SubjectPointer> { return shared; }, request);
    if (!source.ok()) return source.status();
    std::vector<std::string> out;
    v1::Observations message;
    for (;;) {
      auto next = (*source)->next(message);
      if (!next.ok()) return next.status();
      if (*next == net::Source::Next::End) return out;
      describe(message, out);
      message.Clear();
    }
  }
  static void describe(const v1::Observations& message, std::vector<std::string>& out) {
    int cell = 0;
    const std::set<int> missing(message.missing().begin(), message.missing().end());
    const std::set<int> withdrawn(message.withdrawn().begin(), message.withdrawn().end());
    for (int s = 0; s < message.counts_size(); ++s) {
      std::string key;
      for (const auto& column : message.dimensions()) {
        key += (key.empty() ? "" : ".") + column.dictionary(static_cast<int>(column.codes(s)));
      }
      for (std::uint32_t i = 0; i < message.counts(s); ++i, ++cell) {
        const int exponent = message.exponents_size() == 0 ? 0 : message.exponents(cell);
        std::string text =
            key + " " +
            message.periods().dictionary(static_cast<int>(message.periods().codes(cell))) + "=";
        if (withdrawn.count(cell) != 0) {
          text += "withdrawn";
        } else if (missing.count(cell) != 0) {
          text += "missing";
        } else {
          text += to_text(canonical(message.values(cell), exponent));
        }
        const auto& status = message.attributes(0);
        const auto code = status.codes_size() == 0 ? 0 : status.codes(cell);
        const std::string& letter = status.dictionary(static_cast<int>(code));
        out.push_back(text + (letter.empty() ? "" : "/" + letter));
      }
    }
  }
  std::vector<std::string> all(const policy::Subject& subject,
                               const std::string& flow = "dataflows/IGC.ASYLUM") {
    v1::QueryRequest request;
    request.set_dataflow(flow);
    auto answer = query(subject, request);
    REQUIRE(answer.ok());
    return *answer;
  }

  TableOfAudiences audiences;
  Structures structures_in_force;
  Shelf shelf;
  Uploads uploads;
  IndexCache cache{1 << 20};
  Service service;
};

}  // namespace entente::statistics::testing
