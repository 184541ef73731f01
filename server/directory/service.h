// The RPC face of the directory, `entente.v1.DirectoryService`: each function is what
// directory.proto says of its rpc, and is the five lines: validate, decide, act, record, reply.
//
// Threads: any. Ownership: main's; everything passed in is borrowed and outlives it.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "entente/v1/directory.pb.h"
#include "server/directory/catalog.h"
#include "server/directory/formats/from_wire.h"
#include "server/directory/records.h"
#include "server/directory/signers.h"
#include "server/identity/gate.h"
#include "server/ledger/ledger.h"
#include "server/ledger/receipts.h"

namespace entente::directory {

class Service {
 public:
  struct Parts {
    const Catalog& catalog;
    const Records& records;
    ledger::Ledger& ledger;
    const Signers& signers;
    std::string origin;  // the ledger's: what is signed is of this network
    const Clock& clock;
  };
  explicit Service(Parts parts) : parts_(std::move(parts)) {}

  // Makes the receipt of a commit, for the replies that bear one.
  void add_to(identity::Gate& gate, const ledger::MakeReceipt& make_receipt);

  using Subject = policy::Subject;
  using Snapshot = store::Snapshot;
  using Transaction = store::Transaction;

  Result<v1::WhoAnswersReply> who_answers(const Subject&, const v1::WhoAnswersRequest&, Snapshot&);
  Result<v1::SearchPersonsReply> search_persons(const Subject&, const v1::SearchPersonsRequest&,
                                                Snapshot&);
  // A v1::Person, serialized.
  Result<std::string> get_person(const Subject&, const v1::GetPersonRequest&, Snapshot&);
  Result<v1::Process> get_process(const Subject&, const v1::GetProcessRequest&, Snapshot&);
  Result<v1::ListProcessesReply> list_processes(const Subject&, const v1::ListProcessesRequest&,
                                                Snapshot&);
  Result<v1::ListParticipationsReply> list_participations(const Subject&,
                                                          const v1::ListParticipationsRequest&,
                                                          Snapshot&);
  Result<v1::ListBodiesReply> list_bodies(const Subject&, const v1::ListBodiesRequest&, Snapshot&);
  Result<v1::ListPartiesReply> list_parties(const Subject&, const v1::ListPartiesRequest&,
                                            Snapshot&);
  Result<v1::ListOfficesReply> list_offices(const Subject&, const v1::ListOfficesRequest&,
                                            Snapshot&);
  Result<v1::GetOfficeHistoryReply> get_office_history(const Subject&,
                                                       const v1::GetOfficeHistoryRequest&,
                                                       Snapshot&);
  Result<v1::ListGapsReply> list_gaps(const Subject&, const v1::ListGapsRequest&, Snapshot&);

  Result<v1::Person> create_person(const Subject&, const v1::CreatePersonRequest&, Transaction&);
  Result<v1::Person> update_person(const Subject&, const v1::UpdatePersonRequest&, Transaction&);
  Result<v1::Person> confirm_person(const Subject&, const v1::ConfirmPersonRequest&, Transaction&);
  Result<v1::Appointment> appoint(const Subject&, const v1::AppointRequest&, Transaction&);
  Result<v1::Appointment> end_appointment(const Subject&, const v1::EndAppointmentRequest&,
                                          Transaction&);
  Result<v1::HandOverReply> hand_over(const Subject&, const v1::HandOverRequest&, Transaction&);

  Result<v1::Party> get_party(const Subject&, const v1::GetPartyRequest&, Snapshot&);
  Result<v1::Participation> get_participation(const Subject&, const v1::GetParticipationRequest&,
                                              Snapshot&);
  Result<v1::Body> get_body(const Subject&, const v1::GetBodyRequest&, Snapshot&);
  Result<v1::Office> get_office(const Subject&, const v1::GetOfficeRequest&, Snapshot&);
  Result<v1::Appointment> get_appointment(const Subject&, const v1::GetAppointmentRequest&,
                                          Snapshot&);
  Result<v1::ExportPersonsReply> export_persons(const Subject&, const v1::ExportPersonsRequest&,
                                                Snapshot&);
  Result<v1::ListRemindersReply> list_reminders(const Subject&, const v1::ListRemindersRequest&,
                                                Snapshot&);
  Result<v1::ListParticipationProposalsReply> list_participation_proposals(
      const Subject&, const v1::ListParticipationProposalsRequest&, Snapshot&);
  Result<v1::ImportRosterReply> check_roster(const Subject&, const v1::ImportRosterRequest&,
                                             Snapshot&);

  Result<v1::Process> set_confirmation_period(const Subject&,
                                              const v1::SetConfirmationPeriodRequest&,
                                              Transaction&);
  Result<v1::Body> create_body(const Subject&, const v1::CreateBodyRequest&, Transaction&);
  Result<v1::Body> update_body(const Subject&, const v1::UpdateBodyRequest&, Transaction&);
  Result<v1::Body> close_body(const Subject&, const v1::CloseBodyRequest&, Transaction&);
  Result<v1::Party> create_institution(const Subject&, const v1::CreateInstitutionRequest&,
                                       Transaction&);
  Result<v1::Party> update_institution(const Subject&, const v1::UpdateInstitutionRequest&,
                                       Transaction&);
  Result<v1::Party> close_institution(const Subject&, const v1::CloseInstitutionRequest&,
                                      Transaction&);
  Result<v1::Office> create_office(const Subject&, const v1::CreateOfficeRequest&, Transaction&);
  Result<v1::Office> update_office(const Subject&, const v1::UpdateOfficeRequest&, Transaction&);
  Result<v1::Office> close_office(const Subject&, const v1::CloseOfficeRequest&, Transaction&);
  Result<v1::ParticipationProposal> propose_participation(const Subject&,
                                                          const v1::ProposeParticipationRequest&,
                                                          Transaction&);
  Result<v1::Participation> approve_participation(const Subject&,
                                                  const v1::ApproveParticipationRequest&,
                                                  Transaction&);
  Result<v1::StartContactTestsReply> start_contact_tests(const Subject&,
                                                         const v1::StartContactTestsRequest&,
                                                         Transaction&);
  Result<v1::ContactTest> answer_contact_test(const Subject&, const v1::AnswerContactTestRequest&,
                                              Transaction&);
  Result<v1::ImportRosterReply> import_roster(const Subject&, const v1::ImportRosterRequest&,
                                              Transaction&);

  // --- lists of people, of what `subject` sees and nothing else ---

  // The people who hold an office of the process now, by sort key; their resource names.
  std::vector<std::string> people_of_process(const Subject& subject,
                                             std::string_view process) const;
  // What a list shows of them, in that order; whoever is not there for the caller is left out.
  Result<std::vector<Entry>> entries_of(const Subject& subject, Snapshot& snapshot,
                                        const std::vector<std::string>& people) const;
  Result<std::vector<v1::Process>> processes_of(const Subject& subject, Snapshot& snapshot) const;

 private:
  void add_reads(identity::Gate& gate);
  void add_acts(identity::Gate& gate, const ledger::MakeReceipt& make_receipt);

  // The object, if `subject` may read it now; nothing if it may not or there is none: one path.
  Result<std::optional<Record>> read(const Subject& subject, Snapshot& snapshot,
                                     std::string_view name) const;
  // The same without a look into the store, for filters and counts.
  [[nodiscard]] bool may_read(const Subject& subject, const policy::Guard& guard) const;
  [[nodiscard]] v1::Person person_for(const Subject& subject, Record record) const;
  [[nodiscard]] v1::Appointment appointment_for(const Subject& subject, Record record) const;
  // Whether a person of `process`, last confirmed then, is past its confirmation period.
  [[nodiscard]] bool is_stale(const v1::Person& person, std::string_view process) const;
  Result<std::optional<v1::Answer>> answer_for(const Subject& subject, Snapshot& snapshot,
                                               const Indexed& office,
                                               const Indexed& appointment) const;
  Result<std::string> unknown_in(const Subject& subject, const v1::WhoAnswersRequest& message,
                                 Snapshot& snapshot) const;
  Status collect_answers(const Subject& subject, const v1::WhoAnswersRequest& request,
                         Snapshot& snapshot, std::size_t max, std::vector<v1::Answer>& out) const;
  Result<std::vector<Indexed>> find_page(const Subject& subject,
                                         const v1::SearchPersonsRequest& message, Instant when,
                                         std::pair<std::string, std::string> after,
                                         std::size_t max) const;
  Status add_names(const Subject& subject, Snapshot& snapshot, const std::string& name,
                   DisplayNames& names) const;
  Result<std::optional<Entry>> entry_of_person(const Subject& subject, Snapshot& snapshot,
                                               const std::string& person,
                                               DisplayNames& names) const;
  [[nodiscard]] bool holds_matching_office(const Subject& subject, const Indexed& person,
                                           const v1::SearchPersonsRequest& request,
                                           Instant when) const;
  // Takes one gap: its kind, party, object, and what it is in words.
  using TakeGap = std::function<void(v1::Gap::Kind, const std::string&, const std::string&,
                                     const std::string&)>;
  // Those who answer in a process today, and the parties whose focal point is filled.
  struct Filled {
    std::set<std::string> persons;
    std::set<std::string> focal_points;
  };
  Filled gaps_of_offices(const Subject& subject, const std::string& process,
                         const TakeGap& take) const;
  void gaps_of_tests(const Subject& subject, const std::string& process, const TakeGap& take) const;
  void gaps_of_persons(const Subject& subject, const std::string& process,
                       const std::set<std::string>& persons, const TakeGap& take) const;
  [[nodiscard]] Status gaps_of_members(const Subject& subject, const std::string& process,
                                       const std::set<std::string>& focal_points,
                                       Snapshot& snapshot, const TakeGap& take) const;
  [[nodiscard]] std::uint32_t confirmation_days(std::string_view process) const;

  // --- writes ---
  Result<policy::Guarded<Record>> find_to_change(const Subject& subject, Transaction& transaction,
                                                 std::string_view name) const;
  Result<policy::Guarded<Record>> open_to_keep(const Subject& subject, Transaction& transaction,
                                               std::string_view name) const;
  Status check_person(const v1::Person& person) const;
  Status check_institution(const v1::Person& person) const;
  Result<std::optional<Record>> holder_at(const Subject& subject, Transaction& transaction,
                                          const std::string& office, Instant at) const;
  // A change replaces what its caller sees: contacts that it does not see stay.
  void keep_unseen_contacts(const Subject& subject, const Record& before, v1::Person& person) const;
  Status guard_contacts(const Subject& subject, Transaction& transaction, Record& record) const;
  Result<policy::Guard> guard_from(Transaction& transaction, const v1::Visibility& visibility,
                                   const policy::Guard& base) const;
  [[nodiscard]] Record begin_appointment(const policy::Guard& guard, const std::string& name,
                                         const std::string& office, const std::string& person,
                                         v1::Capacity capacity, const std::string& since) const;
  Status check_signed(const Subject& subject, Transaction& transaction, const v1::Office& office,
                      const std::string& certificate_sha256, Record& record) const;
  Result<std::string> signer_of(const Subject& subject, Transaction& transaction,
                                const v1::Office& office, const std::string& message,
                                const std::string& signature,
                                const std::string& certificate_sha256) const;
  Status end_signed(const Subject& subject, Transaction& transaction, const v1::Office& office,
                    const v1::EndAppointmentRequest& message, Record& record) const;
  Result<std::vector<std::string>> restore_before(const Subject& subject, Transaction& transaction,
                                                  const v1::Appointment& never,
                                                  const std::string& until) const;
  Status check_day(const char* field, const std::string& text) const;
  Status check_beginning(const std::string& name, const std::string& since) const;
  Result<Record> office_to_keep(const Subject& subject, Transaction& transaction,
                                const std::string& office,
                                const std::optional<std::string>& first) const;
  Result<Record> office_to_fill(const Subject& subject, Transaction& transaction,
                                const std::string& office, const std::string& person,
                                const std::optional<std::string>& first = {}) const;
  Result<std::optional<Record>> begun_before(const Subject& subject, Transaction& transaction,
                                             const Record& wanted) const;

  Result<Record> record_to_keep(const Subject& subject, Transaction& transaction,
                                std::string_view name,
                                const std::optional<std::string>& originator = {}) const;
  Status check_body(const v1::Body& body, const std::string& process) const;
  Result<Record> party_to_keep(const Subject& subject, Transaction& transaction,
                               const std::string& institution, std::uint64_t revision) const;
  Result<v1::Party> save_party(const Subject& subject, Transaction& transaction, Record& record,
                               const char* kind) const;
  bool answers_for(const Subject& subject, const std::string& party,
                   const std::string& process) const;
  Result<bool> may_found(const Subject& subject, Snapshot& snapshot, const std::string& party,
                         const std::string& process, const std::string& retried = {}) const;
  Result<policy::Guard> guard_of_office(const Subject& subject, Transaction& transaction,
                                        const v1::Office& office) const;

  Result<policy::Guard> guard_to_admit(const Subject& subject, Snapshot& snapshot,
                                       const std::string& process, const std::string& party) const;
  void record_consent(Transaction& transaction, const Subject& subject, const char* kind,
                      const std::string& object, const record::Proposal& row,
                      const std::string& signature, const std::string& device,
                      policy::AudienceId audience) const;

  Result<Record> new_test(const Subject& subject, Transaction& transaction,
                          const std::string& process, const Indexed& person) const;
  [[nodiscard]] std::set<std::string> looked_after(const Subject& subject) const;

  struct RosterPlan;
  [[nodiscard]] RosterVocabulary vocabulary_for(const Subject& subject,
                                                const std::string& process) const;
  Result<std::optional<std::string>> person_named(const Subject& subject,
                                                  const RosterRow& row) const;
  [[nodiscard]] std::string office_of_row(const Subject& subject, const RosterRow& row,
                                          const std::string& process,
                                          std::vector<Violation>& faults) const;
  Status plan_person(const Subject& subject, Snapshot& snapshot, const RosterRow& row,
                     const std::string& process, RosterPlan& plan, std::vector<Violation>& faults,
                     std::string& name) const;
  Status plan_appointment(const Subject& subject, Snapshot& snapshot, const RosterRow& row,
                          const std::string& person, const std::string& process,
                          std::string_view file, RosterPlan& plan,
                          std::vector<Violation>& faults) const;
  Result<RosterPlan> plan_roster(const Subject& subject, Snapshot& snapshot,
                                 const v1::ImportRosterRequest& message) const;
  Status save_roster_person(const Subject& subject, Transaction& transaction, Record& record,
                            bool is_new, const std::string& process) const;
  // FailedPrecondition (Conflict): the person holds an office that this one is kept apart from.
  Status check_apart(const Subject& subject, Transaction& transaction, const v1::Office& office,
                     const std::string& person) const;
  // Of those who may see all that an entry names; Nobody where that is no audience of these.
  [[nodiscard]] policy::AudienceId audience_of_all(Transaction& transaction, const Record& object,
                                                   const std::vector<std::string>& touched) const;
  void record_act(Transaction& transaction, const Subject& subject, const char* kind,
                  const Record& object, std::vector<std::string> touched = {}) const;
  [[nodiscard]] std::string today() const;

  Parts parts_;
};

}  // namespace entente::directory
