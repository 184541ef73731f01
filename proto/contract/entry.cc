#include "proto/contract/entry.h"

#include <algorithm>

#include "proto/contract/bytes.h"
#include "proto/contract/merkle.h"

namespace entente {
namespace {

constexpr std::string_view magic = "entente/entry/1\n";
// 9999-12-31T23:59:59.999999Z: beyond this, time has no RFC 3339 spelling.
constexpr std::uint64_t time_us_max = 253'402'300'799'999'999ULL;

void append_octets(std::string& out, std::string_view octets) {
  append_u32(out, static_cast<std::uint32_t>(octets.size()));
  out.append(octets);
}

// Takes bytes off the front. Once something was missing it stays bad and yields nothing.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  std::string_view take(std::size_t count) {
    if (!good_ || count > rest_.size()) {
      good_ = false;
      return {};
    }
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  std::uint32_t u32() {
    const std::string_view bytes = take(4);
    return good_ ? read_u32(bytes) : 0;
  }
  std::uint64_t u64() {
    const std::string_view bytes = take(8);
    return good_ ? read_u64(bytes) : 0;
  }
  std::string octets() { return std::string(take(u32())); }
  // Nothing or a SHA-256.
  std::string digest() {
    std::string bytes = octets();
    good_ = good_ && (bytes.empty() || bytes.size() == sizeof(Digest));
    return bytes;
  }
  std::string text() {
    std::string bytes = octets();
    good_ = good_ && is_utf8(bytes);
    return bytes;
  }
  std::vector<std::string> texts() {
    std::vector<std::string> all;
    // Each text has at least its length: a count beyond that is a lie, not a reason to allocate.
    for (std::uint32_t left = u32(); good_ && left > 0; --left) all.push_back(text());
    return all;
  }
  void refuse_unless(bool condition) { good_ = good_ && condition; }
  [[nodiscard]] bool done() const { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

}  // namespace

std::string encode_act(const Act& act) {
  std::string out;
  append_octets(out, act.account);
  append_octets(out, act.party);
  append_octets(out, act.session);
  append_octets(out, act.kind);
  append_octets(out, act.object);
  append_u32(out, static_cast<std::uint32_t>(act.touched.size()));
  for (const std::string& name : act.touched) append_octets(out, name);
  append_u64(out, act.revision);
  append_octets(out, act.object_digest);
  append_u32(out, act.audience);
  append_octets(out, act.signature);
  append_octets(out, act.signer_certificate_sha256);
  return out;
}

std::string encode_entry(std::uint64_t index, Instant time, std::string_view act) {
  const auto microseconds = time.time_since_epoch().count();
  ENTENTE_CHECK(microseconds >= 0 && static_cast<std::uint64_t>(microseconds) <= time_us_max);
  std::string out;
  out.reserve(magic.size() + 16 + act.size());
  out.append(magic);
  append_u64(out, index);
  append_u64(out, static_cast<std::uint64_t>(microseconds));
  out.append(act);
  return out;
}

std::string encode_entry(const Entry& entry) {
  return encode_entry(entry.index, entry.time, encode_act(entry.act));
}

Result<Entry> decode_entry(std::string_view canonical) {
  Reader reader(canonical);
  reader.refuse_unless(reader.take(magic.size()) == magic);
  Entry entry;
  entry.index = reader.u64();
  const std::uint64_t microseconds = reader.u64();
  reader.refuse_unless(microseconds <= time_us_max);
  entry.act.account = reader.text();
  entry.act.party = reader.text();
  entry.act.session = reader.text();
  entry.act.kind = reader.text();
  entry.act.object = reader.text();
  entry.act.touched = reader.texts();
  entry.act.revision = reader.u64();
  entry.act.object_digest = reader.digest();
  entry.act.audience = reader.u32();
  entry.act.signature = reader.octets();
  entry.act.signer_certificate_sha256 = reader.digest();
  if (!reader.done()) {
    return Status(Code::DataLoss, Reason::ProofInvalid, "the bytes are not a ledger entry");
  }
  entry.time = Instant(std::chrono::microseconds(static_cast<std::int64_t>(microseconds)));
  return entry;
}

Digest entry_leaf(std::string_view blinding, std::string_view canonical) {
  ENTENTE_CHECK(blinding.size() == blinding_bytes);
  return merkle::leaf_hash(as_view(sha256({blinding, canonical})));
}

}  // namespace entente
