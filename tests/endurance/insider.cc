// insider STORE ROOT_KEY: what somebody with the store of a stopped daemon and its root key can do
// to its rows, and no other program of ours would. Driven by insider.py. A command a line, an
// answer a line; keys and values are hexadecimal, `-` stands for a row that is not there:
//
//   keys TABLE            every key of the table (two digits), separated by blanks
//   id DOMAIN TEXT        the blinded id of a name
//   get KEY               the value, opened
//   put KEY VALUE         seals it for its place, under the key that the row there is sealed under
//                         (the network's, if there is none)
//   raw KEY               the value as it lies there
//   put-raw KEY VALUE     the same back, unsealed by nobody
//   drop KEY
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include "proto/contract/bytes.h"
#include "server/store/core_store.h"
#include "server/store/optimistic.h"
#include "server/store/rocks_engine.h"

namespace entente::store {
namespace {

class Insider final : public CoreStore {
 public:
  static Result<std::unique_ptr<Insider>> open(const std::string& dir, const std::string& root_key,
                                               Entropy& entropy) {
    ENTENTE_TRY(const RootKey root, root_key_from_file(root_key));
    ENTENTE_TRY(std::unique_ptr<Keyring> keyring,
                Keyring::open(std::filesystem::path(dir) / "keyring", root, entropy));
    ENTENTE_TRY(std::unique_ptr<RocksEngine> engine,
                RocksEngine::open({.dir = dir, .on_event = {}, .file_system = nullptr}));
    std::unique_ptr<Insider> insider(new Insider(std::move(engine), std::move(keyring)));
    ENTENTE_TRY_VOID(insider->start());
    return insider;
  }

  Result<std::string> answer(const std::string& line) {
    std::istringstream words(line);
    std::string verb;
    std::string first;
    words >> verb >> first;
    std::string second;
    std::getline(words >> std::ws, second);
    if (verb == "id") return to_hex(blind(first, second).view());
    const std::optional<std::string> key = from_hex(first);
    if (!key) return invalid_argument("key", "is hexadecimal");
    if (verb == "keys") return keys(*key);
    if (verb == "get" || verb == "raw") return read(*key, verb == "get");
    const std::optional<std::string> value = from_hex(second);
    if (verb == "drop") return write(*key, std::nullopt);
    if (verb == "put-raw" && value) return write(*key, *value);
    if (verb == "put" && value) return seal(*key, *value);
    return invalid_argument("verb", "is none of ours");
  }

 private:
  using CoreStore::CoreStore;

  Result<std::string> keys(const std::string& table) {
    std::string out;
    const auto view = engine_of().view();
    const auto cursor = view->walk(table, end_of_prefix(table));
    for (; cursor->valid(); cursor->next()) out += to_hex(cursor->key()) + ' ';
    ENTENTE_TRY_VOID(cursor->status());
    return out;
  }

  Result<std::string> read(const std::string& key, bool opened) {
    ENTENTE_TRY(const std::optional<std::string> raw, engine_of().view()->get(key));
    if (!raw) return std::string("-");
    if (!opened) return to_hex(*raw);
    ENTENTE_TRY(const std::string value, keyring_of().unseal(key, *raw));
    return to_hex(value);
  }

  Result<std::string> seal(const std::string& key, const std::string& value) {
    ENTENTE_TRY(const std::optional<std::string> raw, engine_of().view()->get(key));
    const SealName name = raw ? keyring_of().sealed_for(*raw).value_or(SealName{}) : SealName{};
    return write(key, keyring_of().seal(name, key, value));
  }

  Result<std::string> write(const std::string& key, std::optional<std::string> value) {
    ENTENTE_TRY_VOID(engine_of().write({{.key = key, .value = std::move(value)}}, Durable::Now));
    return std::string("done");
  }
};

}  // namespace
}  // namespace entente::store

int main(int count, char** words) {
  if (count != 3) {
    std::cerr << "insider STORE ROOT_KEY\n";
    return 2;
  }
  entente::SystemEntropy entropy;
  const auto insider = entente::store::Insider::open(words[1], words[2], entropy);
  if (!insider.ok()) {
    std::cerr << "insider: " << insider.status().message() << " " << insider.status().detail()
              << '\n';
    return 1;
  }
  for (std::string line; std::getline(std::cin, line);) {
    const entente::Result<std::string> answer = (*insider)->answer(line);
    if (answer.ok()) {
      std::cout << *answer << std::endl;
    } else {
      std::cout << "! " << answer.status().message() << " " << answer.status().detail()
                << std::endl;
    }
  }
}
