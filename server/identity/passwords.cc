#include "server/identity/passwords.h"

#include <sodium.h>

#include <optional>
#include <utility>

#include "proto/contract/bytes.h"
#include "proto/contract/digest.h"

namespace entente::identity {
namespace {

// A stored hash: version, memory in KiB, passes, salt, output. On disk: never renumber.
constexpr char version_argon2id_peppered = 1;
constexpr std::size_t salt_bytes = crypto_pwhash_SALTBYTES;
constexpr std::size_t output_bytes = 32;
constexpr std::size_t stored_bytes = 1 + 4 + 4 + salt_bytes + output_bytes;

struct Stored {
  HashCost cost;
  std::string_view salt;
  std::string_view output;
};

std::optional<Stored> decode(std::string_view stored) {
  if (stored.size() != stored_bytes || stored[0] != version_argon2id_peppered) return std::nullopt;
  return Stored{
      .cost = {.memory_kib = read_u32(stored.substr(1)), .passes = read_u32(stored.substr(5))},
      .salt = stored.substr(9, salt_bytes),
      .output = stored.substr(9 + salt_bytes)};
}

std::string encode(const HashCost& cost, std::string_view salt, std::string_view output) {
  std::string out(1, version_argon2id_peppered);
  append_u32(out, cost.memory_kib);
  append_u32(out, cost.passes);
  return out.append(salt).append(output);
}

Status overloaded() {
  return Status(Code::ResourceExhausted, Reason::Overloaded, "too many wait for a password check")
      .with_retry_after_ms(1'000);
}

}  // namespace

PasswordHasher::PasswordHasher(Secret pepper, Entropy& entropy, HashCost cost,
                               std::uint32_t queue_max)
    : PasswordHasher(std::move(pepper), entropy, cost, queue_max, CheapHashesForTests{}) {
  ENTENTE_CHECK(cost.memory_kib >= hash_cost_min.memory_kib);
  ENTENTE_CHECK(cost.passes >= hash_cost_min.passes);
}

PasswordHasher::PasswordHasher(Secret pepper, Entropy& entropy, HashCost cost,
                               std::uint32_t queue_max, CheapHashesForTests)
    : pepper_(std::move(pepper)), entropy_(entropy), cost_(cost), queue_max_(queue_max) {
  ENTENTE_CHECK(sodium_init() >= 0);
  // What is compared where there is no account: of today's cost, and made by no password.
  dummy_ = encode(cost_, entropy_.bytes(salt_bytes), entropy_.bytes(output_bytes));
  thread_ = std::thread([this] { serve(); });
}

PasswordHasher::~PasswordHasher() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void PasswordHasher::serve() {
  while (true) {
    std::function<void()> work;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      work = std::move(queue_.front());
      queue_.pop_front();
    }
    work();
  }
}

std::size_t PasswordHasher::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

Status PasswordHasher::on_thread(std::function<Status()> work) {
  Status outcome;
  bool done = false;
  std::mutex done_mutex;
  std::condition_variable done_changed;
  {
    const std::lock_guard lock(mutex_);
    ENTENTE_CHECK(!stopping_);  // Whoever destroys it has seen the last call return.
    if (queue_.size() >= queue_max_) return overloaded();
    queue_.emplace_back([&] {
      Status result = work();
      const std::lock_guard done_lock(done_mutex);
      outcome = std::move(result);
      done = true;
      done_changed.notify_one();  // Under the lock: the waiter's variable must outlive this call.
    });
  }
  changed_.notify_one();
  std::unique_lock lock(done_mutex);
  done_changed.wait(lock, [&] { return done; });
  return outcome;
}

Secret PasswordHasher::peppered(const Secret& password) const {
  Digest digest = hmac_sha256(pepper_, password.reveal(SecretAccess{}));
  Secret out{std::string(as_view(digest))};
  OPENSSL_cleanse(digest.data(), digest.size());
  return out;
}

Status PasswordHasher::run(const Secret& input, std::string_view salt, const HashCost& cost,
                           std::string& out) {
  ++runs_;
  out.assign(output_bytes, '\0');
  const std::string_view text = input.reveal(SecretAccess{});
  // NOLINTBEGIN(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  const int failed =
      crypto_pwhash(reinterpret_cast<unsigned char*>(out.data()), out.size(), text.data(),
                    text.size(), reinterpret_cast<const unsigned char*>(salt.data()), cost.passes,
                    std::size_t{cost.memory_kib} * 1024, crypto_pwhash_ALG_ARGON2ID13);
  // NOLINTEND(cppcoreguidelines-pro-type-reinterpret-cast)
  return failed == 0 ? Status() : overloaded();  // It fails for want of memory only.
}

Result<std::string> PasswordHasher::hash(const Secret& password) {
  const Secret input = peppered(password);
  const std::string salt = entropy_.bytes(salt_bytes);
  std::string output;
  ENTENTE_TRY_VOID(on_thread([&] { return run(input, salt, cost_, output); }));
  return encode(cost_, salt, output);
}

Result<bool> PasswordHasher::verify(const Secret& password, std::string_view stored) {
  const std::optional<Stored> expected = decode(stored.empty() ? dummy_ : stored);
  if (!expected) return Status(Code::DataLoss, Reason::None, "internal error");
  const Secret input = peppered(password);
  std::string output;
  ENTENTE_TRY_VOID(on_thread([&] { return run(input, expected->salt, expected->cost, output); }));
  const bool equal = equal_constant_time(output, expected->output);
  OPENSSL_cleanse(output.data(), output.size());
  return equal && !stored.empty();
}

bool PasswordHasher::needs_rehash(std::string_view stored) const {
  const std::optional<Stored> present = decode(stored);
  return present && !(present->cost == cost_);
}

}  // namespace entente::identity
