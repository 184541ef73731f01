// The RPC face of circulation, `entente.v1.CirculationService`: each function is what
// circulations.proto says of its rpc.
//
// Threads: any. Ownership: main's; everything passed in is borrowed and outlives it.
#pragma once

#include <memory>
#include <string_view>

#include "entente/v1/circulations.pb.h"
#include "server/documents/service.h"

namespace entente::documents {

class CirculationService {
 public:
  struct Parts {
    const Rows& rows;
    Shelf& shelf;
    Neighbours& neighbours;
    ledger::Ledger& ledger;
    const Clock& clock;
    Entropy& entropy;
  };
  explicit CirculationService(Parts parts) : parts_(parts) {}

  void add_to(identity::Gate& gate);

  using Subject = policy::Subject;
  using Snapshot = store::Snapshot;
  using Transaction = store::Transaction;

  Result<v1::Circulation> circulate(const Subject&, const v1::CirculateRequest&, Transaction&);
  Result<v1::Circulation> get_circulation(const Subject&, const v1::GetCirculationRequest&,
                                          Snapshot&);
  Result<v1::ListCirculationsReply> list_inbox(const Subject&, const v1::ListInboxRequest&,
                                               Snapshot&);
  Result<v1::ListCirculationsReply> list_outbox(const Subject&, const v1::ListOutboxRequest&,
                                                Snapshot&);
  Result<v1::Response> respond(const Subject&, const v1::RespondRequest&, Transaction&);
  Result<v1::ListResponsesReply> list_responses(const Subject&, const v1::ListResponsesRequest&,
                                                Snapshot&);
  Result<v1::Circulation> recall(const Subject&, const v1::RecallRequest&, Transaction&);
  Result<v1::Circulation> remind(const Subject&, const v1::RemindRequest&, Transaction&);

  using Who = std::function<Result<identity::SubjectPointer>()>;
  Result<std::unique_ptr<net::Source>> watch(Who who, const v1::WatchRequest& message,
                                             net::Waker waker);
  // Whether the subject may be told of an event, as things stand.
  [[nodiscard]] bool may_hear(const Subject& subject, const record::Event& event) const;

 private:
  [[nodiscard]] Result<Rows::Circulation> find_readable(const Subject& subject,
                                                        std::string_view name,
                                                        Snapshot& snapshot) const;
  [[nodiscard]] Result<record::Circulation> take_own(const Subject& subject, std::string_view name,
                                                     Snapshot& snapshot) const;
  [[nodiscard]] Status check_documents(const Subject& subject, v1::Circulation& circulation,
                                       Snapshot& snapshot) const;
  [[nodiscard]] Result<record::Circulation> make_row(const Subject& subject,
                                                     v1::Circulation circulation,
                                                     Transaction& transaction);
  // As the subject may see it: its own state, and of the documents those that are theirs to see.
  [[nodiscard]] Result<v1::Circulation> to_wire(const policy::Opened<record::Circulation>& row,
                                                const Subject& subject, Snapshot& snapshot) const;
  [[nodiscard]] Status add_sent(const Subject& subject, const record::Circulation& row,
                                v1::Circulation& wire, Snapshot& snapshot) const;
  [[nodiscard]] Status add_recipients(const Subject& subject, const policy::Guard& guard,
                                      v1::Circulation& wire, Snapshot& snapshot) const;
  // What was answered to the circulation of that id, which stands under `guard`.
  [[nodiscard]] Result<std::vector<v1::Response>> responses_for(const Subject& subject,
                                                                const policy::Guard& guard,
                                                                const store::Id& id,
                                                                Snapshot& snapshot) const;
  template <typename Request, typename Fits>
  [[nodiscard]] Result<v1::ListCirculationsReply> list(const Subject& subject,
                                                       const Request& message, Snapshot& snapshot,
                                                       const Fits& fits) const;
  // `response`: what was answered, if that is the act.
  [[nodiscard]] Status save(const Subject& subject, Transaction& transaction,
                            record::Circulation& row, std::string_view kind, v1::News::Kind news,
                            const record::Response& response = {});
  // Whose the entry of a response with an audience of its own is: that audience's, where by its
  // words all of it see the circulation, and the sender's party's.
  [[nodiscard]] Result<std::uint32_t> audience_of_aside(const record::Circulation& row,
                                                        const v1::Audience& said,
                                                        Transaction& transaction) const;
  // Of the documents that are sent those that all may see whom the entry of it is for.
  [[nodiscard]] Result<std::vector<std::string>> told_to_all(const Subject& subject,
                                                             const record::Circulation& row,
                                                             Snapshot& snapshot) const;
  Parts parts_;
};

}  // namespace entente::documents
