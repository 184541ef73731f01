// Whose signature makes a certificate a party's, as this client knows it. The server lists the
// anchors of each party, and whoever runs it can list one of his own. So this client relies on
// those that it was given out of band, or that somebody confirmed; of a party of which it has
// neither, on those that it saw when it first met the party; and on any that one of these has
// signed. Every other is a stranger. Kept between runs, by the commands of one profile together.
// docs/appointments.md. Threads: any; guarded within.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/status.h"

namespace entente::client {

// An anchor by its fingerprint, as its party tells it: not as the host does.
struct GivenAnchor {
  std::string party;   // `NOR`
  std::string sha256;  // of the DER, in hexadecimal
};

// What the server lists of a party.
struct PartyAnchors {
  std::vector<std::string> known;      // DER: what is relied on
  std::vector<std::string> strangers;  // SHA-256 in hexadecimal: what is not

  // To be said where a certificate holds to none of `known`; empty if there is no stranger.
  // `party`: as in `parties/NOR`.
  [[nodiscard]] std::string words(const std::string& party) const;
};

// The fingerprint in small hexadecimal digits; `openssl x509 -fingerprint` writes it with colons.
// Nothing: it is none of SHA-256.
[[nodiscard]] std::optional<std::string> parse_fingerprint(std::string_view text);

class KnownAnchors {
 public:
  // Told what a person should compare: an anchor that is met for the first time, or a stranger.
  using Tell = std::function<void(const std::string& words)>;

  // `state_dir` may be empty: then nothing outlives this object. Requires: `given` are fingerprints
  // as parse_fingerprint gives them.
  KnownAnchors(std::string state_dir, std::vector<GivenAnchor> given, Tell tell)
      : state_dir_(std::move(state_dir)), given_(std::move(given)), tell_(std::move(tell)) {}

  // Tells apart what the server lists (DER) of a party (`parties/NOR`). Remembers what it meets for
  // the first time, and what a known one has signed. DataLoss (ProofInvalid): what is kept does not
  // read. FailedPrecondition: it cannot be kept.
  [[nodiscard]] Result<PartyAnchors> judge(const std::string& party,
                                           const std::vector<std::string>& listed);

  // From now on these and what they sign are the party's, and no other but what is given. Requires:
  // as the constructor. What judge returns.
  [[nodiscard]] Status confirm(const std::string& party, const std::vector<std::string>& sha256s);

  // What is known of a party, without asking anyone.
  struct Known {
    std::string party;   // `NOR`
    std::string sha256;  // in hexadecimal
    enum class Why { FirstSeen, Confirmed, Given } why = Why::FirstSeen;
  };
  [[nodiscard]] Result<std::vector<Known>> all();

 private:
  struct Judged {
    PartyAnchors anchors;
    std::vector<Known> fresh;  // to be remembered
  };
  [[nodiscard]] Judged judge_by(const std::vector<Known>& kept, const std::string& party,
                                const std::vector<std::string>& listed) const;
  [[nodiscard]] std::vector<Known> relied_on(const std::vector<Known>& kept,
                                             const std::string& party) const;
  [[nodiscard]] Result<std::vector<Known>> read() const;
  [[nodiscard]] Status write(std::vector<Known> kept);
  void tell(const std::string& party, const Judged& judged);

  const std::string state_dir_;
  const std::vector<GivenAnchor> given_;
  const Tell tell_;
  std::mutex mutex_;
  std::vector<Known> here_;     // without a folder
  std::set<std::string> told_;  // parties
};

}  // namespace entente::client
