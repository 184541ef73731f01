// The RPC face of consent, `entente.v1.ConsentService`: what only a document's originator may do,
// or let others do. Each function is what consents.proto says of its rpc.
//
// Threads: any. Ownership: main's; everything passed in is borrowed and outlives it.
#pragma once

#include <string>

#include "entente/v1/consents.pb.h"
#include "server/documents/service.h"

namespace entente::documents {

namespace acts {
inline constexpr std::string_view ask_consent = "documents.consent.ask";
inline constexpr std::string_view answer_consent = "documents.consent.answer";
}  // namespace acts

// Whether a granted consent of the document lets `party` do it: circulate to no more than was
// granted, or bring that language, once.
[[nodiscard]] Result<bool> is_granted_circulation(const Rows& rows, store::Snapshot& snapshot,
                                                  const store::Id& document,
                                                  const std::string& party,
                                                  const v1::Audience& audience);
[[nodiscard]] Result<bool> is_granted_language(const Rows& rows, store::Snapshot& snapshot,
                                               const store::Id& document, const std::string& party,
                                               const std::string& language);
// The translation comes with this transaction: the consent that lets it lets none other. NotYours:
// there is no such consent.
[[nodiscard]] Status spend_language(const Rows& rows, store::Transaction& transaction,
                                    const store::Id& document, const std::string& party,
                                    const std::string& language);

class ConsentService {
 public:
  struct Parts {
    const Rows& rows;
    const Shelf& shelf;
    Service& documents;
    Neighbours& neighbours;
    std::string origin;  // the ledger's
    const Clock& clock;
    Entropy& entropy;
  };
  explicit ConsentService(Parts parts) : parts_(std::move(parts)) {}

  void add_to(identity::Gate& gate);

  using Subject = policy::Subject;
  using Snapshot = store::Snapshot;
  using Transaction = store::Transaction;

  Result<v1::DocumentConsent> ask(const Subject&, const v1::AskConsentRequest&, Transaction&);
  Result<v1::DocumentConsent> answer(const Subject&, const v1::AnswerConsentRequest&, Transaction&);
  Result<v1::ListConsentsReply> list(const Subject&, const v1::ListConsentsRequest&, Snapshot&);

 private:
  [[nodiscard]] Digest digest_of(const v1::DocumentConsent& consent) const;
  [[nodiscard]] Status check_ask(const Subject& subject, const v1::AskConsentRequest& message,
                                 const v1::Document& document, Snapshot& snapshot) const;
  // Whether the word of `subject`, with the one given before where it takes two, permits the act.
  [[nodiscard]] Result<bool> permits(const Subject& subject, const record::Consent& row,
                                     const policy::Guard& guard, const std::string& device,
                                     Transaction& transaction) const;
  [[nodiscard]] Status widen(const Subject& subject, const record::Consent& row,
                             record::Document document, Transaction& transaction);
  // Tells the originator's party that there is something to answer, or the asking one that there is
  // an answer.
  [[nodiscard]] Status add_event(const Subject& subject, const record::Consent& row,
                                 const policy::Guard& guard, Transaction& transaction) const;
  // Whose the entry of it is: the asking party's and the originator's; of a document that is out of
  // time, and so as absent to the first, the originator's alone.
  [[nodiscard]] Result<std::uint32_t> audience_of(const record::Consent& row,
                                                  const policy::Guard& guard,
                                                  Transaction& transaction) const;
  [[nodiscard]] Status keep_word(const Subject& subject, record::Consent& row,
                                 const std::string& device) const;
  Parts parts_;
};

}  // namespace entente::documents
