#include "client/lib/known_anchors.h"

#include <algorithm>
#include <cctype>
#include <sstream>
#include <utility>

#include "client/lib/lie.h"
#include "client/lib/signature.h"
#include "client/lib/state_files.h"
#include "proto/contract/bytes.h"
#include "proto/contract/digest.h"

namespace entente::client {
namespace {

using Known = KnownAnchors::Known;
using Why = Known::Why;

constexpr const char* kFile = "/anchors";
constexpr std::string_view kFirstSeen = "first-seen";
constexpr std::string_view kConfirmed = "confirmed";

std::string fingerprint_of(const std::string& der) { return to_hex(as_view(sha256(der))); }

std::string code_of(const std::string& party) { return party.substr(party.rfind('/') + 1); }

bool holds(const std::vector<Known>& known, const std::string& sha256) {
  return std::any_of(known.begin(), known.end(),
                     [&](const Known& one) { return one.sha256 == sha256; });
}

std::string joined(const std::vector<std::string>& all) {
  std::string out;
  for (const std::string& one : all) out += (out.empty() ? "" : " ") + one;
  return out;
}

std::string confirming(const std::string& code, const std::vector<std::string>& sha256s) {
  return "`entente anchor confirm " + code + " " + joined(sha256s) + "`";
}

}  // namespace

std::string PartyAnchors::words(const std::string& party) const {
  if (strangers.empty()) return {};
  return "the server lists an anchor of `" + party +
         "` that this client does not know, with the SHA-256 " + joined(strangers) +
         ". Do not believe it: ask `" + party +
         "` itself, by telephone, for the fingerprint of each of its anchors, and say them with " +
         confirming(code_of(party), {"SHA-256 ..."});
}

std::optional<std::string> parse_fingerprint(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c != ':') digits += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  const auto octets = from_hex(digits);
  if (!octets || octets->size() != sizeof(Digest)) return std::nullopt;
  return digits;
}

Result<PartyAnchors> KnownAnchors::judge(const std::string& party,
                                         const std::vector<std::string>& listed) {
  const std::scoped_lock lock(mutex_);
  ENTENTE_TRY(std::vector<Known> kept, read());
  Judged judged = judge_by(kept, party, listed);
  if (!judged.fresh.empty()) {
    std::optional<FolderLock> held;
    if (!state_dir_.empty()) {
      ENTENTE_TRY(FolderLock taken, FolderLock::take(state_dir_));
      held.emplace(std::move(taken));
    }
    // Another command may have met the party meanwhile: then it has been met.
    ENTENTE_TRY(kept, read());
    judged = judge_by(kept, party, listed);
    kept.insert(kept.end(), judged.fresh.begin(), judged.fresh.end());
    if (!judged.fresh.empty()) ENTENTE_TRY_VOID(write(std::move(kept)));
  }
  tell(party, judged);
  return std::move(judged.anchors);
}

KnownAnchors::Judged KnownAnchors::judge_by(const std::vector<Known>& kept,
                                            const std::string& party,
                                            const std::vector<std::string>& listed) const {
  Judged out;
  const std::string code = code_of(party);
  std::vector<Known> known = relied_on(kept, code);
  if (known.empty()) {
    for (const std::string& der : listed) {
      out.fresh.push_back({.party = code, .sha256 = fingerprint_of(der), .why = Why::FirstSeen});
    }
    out.anchors.known = listed;
    return out;
  }
  const Why why = known.front().why == Why::FirstSeen ? Why::FirstSeen : Why::Confirmed;
  std::vector<std::string> strange;
  for (const std::string& der : listed) {
    (holds(known, fingerprint_of(der)) ? out.anchors.known : strange).push_back(der);
  }
  // Each that joins may have signed another.
  for (std::size_t i = 0; i < out.anchors.known.size(); ++i) {
    const std::string by = out.anchors.known[i];
    const auto first_signed =
        std::stable_partition(strange.begin(), strange.end(),
                              [&](const std::string& der) { return !is_authority_under(der, by); });
    for (auto der = first_signed; der != strange.end(); ++der) {
      out.fresh.push_back({.party = code, .sha256 = fingerprint_of(*der), .why = why});
      out.anchors.known.push_back(*der);
    }
    strange.erase(first_signed, strange.end());
  }
  for (const std::string& der : strange) out.anchors.strangers.push_back(fingerprint_of(der));
  return out;
}

// What somebody vouched for, out of band or here, stands instead of what was seen first.
std::vector<Known> KnownAnchors::relied_on(const std::vector<Known>& kept,
                                           const std::string& code) const {
  std::vector<Known> sure;
  std::vector<Known> seen;
  for (const GivenAnchor& one : given_) {
    if (one.party == code) {
      sure.push_back({.party = code, .sha256 = one.sha256, .why = Why::Given});
    }
  }
  for (const Known& one : kept) {
    if (one.party == code) (one.why == Why::FirstSeen ? seen : sure).push_back(one);
  }
  return sure.empty() ? seen : sure;
}

Status KnownAnchors::confirm(const std::string& party, const std::vector<std::string>& sha256s) {
  const std::scoped_lock lock(mutex_);
  std::optional<FolderLock> held;
  if (!state_dir_.empty()) {
    ENTENTE_TRY(FolderLock taken, FolderLock::take(state_dir_));
    held.emplace(std::move(taken));
  }
  ENTENTE_TRY(std::vector<Known> kept, read());
  const std::string code = code_of(party);
  std::erase_if(kept, [&](const Known& one) { return one.party == code; });
  for (const std::string& one : sha256s) {
    kept.push_back({.party = code, .sha256 = one, .why = Why::Confirmed});
  }
  return write(std::move(kept));
}

Result<std::vector<Known>> KnownAnchors::all() {
  const std::scoped_lock lock(mutex_);
  ENTENTE_TRY(const std::vector<Known> kept, read());
  std::set<std::string> parties;
  for (const GivenAnchor& one : given_) parties.insert(one.party);
  for (const Known& one : kept) parties.insert(one.party);
  std::vector<Known> out;
  for (const std::string& party : parties) {
    const std::vector<Known> of = relied_on(kept, party);
    out.insert(out.end(), of.begin(), of.end());
  }
  return out;
}

Result<std::vector<Known>> KnownAnchors::read() const {
  if (state_dir_.empty()) return here_;
  std::vector<Known> out;
  std::istringstream in(read_whole(state_dir_ + kFile));
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    Known one;
    std::string why;
    std::string more;
    words >> one.party >> one.sha256 >> why;
    const bool reads = (why == kFirstSeen || why == kConfirmed) && !(words >> more) &&
                       parse_fingerprint(one.sha256) == one.sha256;
    if (!reads) return lie("what is kept in `" + state_dir_ + kFile + "` does not read");
    one.why = why == kConfirmed ? Why::Confirmed : Why::FirstSeen;
    out.push_back(std::move(one));
  }
  return out;
}

Status KnownAnchors::write(std::vector<Known> kept) {
  if (state_dir_.empty()) {
    here_ = std::move(kept);
    return Status();
  }
  std::string text;
  for (const Known& one : kept) {
    const std::string_view why = one.why == Why::FirstSeen ? kFirstSeen : kConfirmed;
    text += one.party + " " + one.sha256 + " " + std::string(why) + "\n";
  }
  return write_whole(state_dir_ + kFile, text);
}

void KnownAnchors::tell(const std::string& party, const Judged& judged) {
  if (!tell_) return;
  std::vector<std::string> met;
  for (const Known& one : judged.fresh) {
    if (one.why == Why::FirstSeen) met.push_back(one.sha256);
  }
  const std::string code = code_of(party);
  if (!met.empty()) {
    tell_("`" + party + "` is met for the first time, with the anchor whose SHA-256 is " +
          joined(met) + ": compare it with `" + party + "` itself, by telephone, and say so with " +
          confirming(code, met));
  }
  if (!judged.anchors.strangers.empty() && told_.insert(code).second) {
    tell_(judged.anchors.words(party));
  }
}

}  // namespace entente::client
