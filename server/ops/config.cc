#include "server/ops/config.h"

#include <arpa/inet.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "proto/contract/note.h"

namespace entente::ops {
namespace {

class Collector final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, google::protobuf::io::ColumnNumber column,
                const std::string& message) override {
    violations.push_back({.field = "configuration",
                          .rule = message,
                          .line = static_cast<std::uint64_t>(line + 1),
                          .column = static_cast<std::uint64_t>(column + 1)});
  }
  std::vector<Violation> violations;
};

// How many letters must change to make one of the other (Levenshtein), for names of a few letters.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t before = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t here =
          std::min({row[j] + 1, row[j - 1] + 1, before + (a[i - 1] == b[j - 1] ? 0 : 1)});
      before = row[j];
      row[j] = here;
    }
  }
  return row[b.size()];
}

// The message within the configuration that an error is about: `Message type "a.b" has ...`.
const google::protobuf::Descriptor* type_named(const std::string& message) {
  const std::size_t from = message.find('"') + 1;
  const auto* found = Config::descriptor()->file()->pool()->FindMessageTypeByName(
      message.substr(from, message.find('"', from) - from));
  return found == nullptr ? Config::descriptor() : found;
}

// `... has no field named "prot".` gets the nearest that there is, and the column where it begins:
// the parser only notices behind it.
void suggest(Violation& violation) {
  const std::string message = violation.rule;
  const std::string mark = "has no field named \"";
  const std::size_t from = message.find(mark);
  if (from == std::string::npos) return;
  const std::size_t at = from + mark.size();
  const std::string wrong = message.substr(at, message.find('"', at) - at);
  const auto* type = type_named(message);
  std::string nearest;
  std::size_t best = 4;
  for (int i = 0; i < type->field_count(); ++i) {
    const std::string& name = type->field(i)->name();
    // No nearer than their lengths are apart: a key of thousands of letters is compared with none.
    if (std::max(wrong.size(), name.size()) - std::min(wrong.size(), name.size()) >= best) continue;
    const std::size_t d = distance(wrong, name);
    if (d < best) {
      best = d;
      nearest = name;
    }
  }
  violation.rule =
      "unknown key `" + wrong + "`" + (nearest.empty() ? "" : "; did you mean `" + nearest + "`?");
  if (violation.column > wrong.size()) violation.column -= wrong.size();
}

Status refused(std::vector<Violation> violations) {
  return Status(Code::InvalidArgument, Reason::FieldInvalid, "the configuration does not hold")
      .with_violations(std::move(violations));
}

using Places = google::protobuf::TextFormat::ParseInfoTree;

// Where a field was given; line zero if it was not.
Violation violation_at(const Places& places, const char* field, std::string rule) {
  const auto at = places.GetLocation(Config::descriptor()->FindFieldByName(field), -1);
  return {.field = field,
          .rule = std::move(rule),
          .line = static_cast<std::uint64_t>(at.line + 1),
          .column = static_cast<std::uint64_t>(at.column + 1)};
}

enum class Address { None, Elsewhere, Loopback };  // None: it is no address

Address address_in(const std::string& text) {
  std::array<unsigned char, 16> octets{};
  if (::inet_pton(AF_INET, text.c_str(), octets.data()) == 1)
    return octets[0] == 127 ? Address::Loopback : Address::Elsewhere;
  const std::string plain = text.substr(0, text.find('%'));  // a zone may follow (RFC 4007)
  if (::inet_pton(AF_INET6, plain.c_str(), octets.data()) != 1) return Address::None;
  constexpr std::array<unsigned char, 16> loopback{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return octets == loopback ? Address::Loopback : Address::Elsewhere;
}

void check_addresses(const Config& config, const Places& places, std::vector<Violation>& wrong) {
  const std::string& address = config.address();
  if (!address.empty() && address_in(address) == Address::None)
    wrong.push_back(violation_at(places, "address", "is not an IP address: `" + address + "`"));
  const std::string& operations = config.operations_address();
  if (!operations.empty() && address_in(operations) != Address::Loopback) {
    wrong.push_back(
        violation_at(places, "operations_address", "must be a loopback address: `127.0.0.1`"));
  }
}

// A witness stands where its key does, for there may be several.
void check_witnesses(const Config& config, const Places& places, std::vector<Violation>& wrong) {
  for (int i = 0; i < config.witnesses_size(); ++i) {
    const Result<note::VerifierKey> key = note::VerifierKey::parse(config.witnesses(i).key());
    if (key.ok() && key->type() == note::SignatureType::Cosignature) continue;
    const Places* own =
        places.GetTreeForNested(Config::descriptor()->FindFieldByName("witnesses"), i);
    const auto* field = config::v1::Config::Witness::descriptor()->FindFieldByName("key");
    const auto at = own == nullptr ? google::protobuf::TextFormat::ParseLocation()
                                   : own->GetLocation(field, -1);
    wrong.push_back({.field = "witnesses[" + std::to_string(i) + "].key",
                     .rule = key.ok() ? std::string("is no cosignature key")
                                      : std::string(key.status().message()),
                     .line = static_cast<std::uint64_t>(at.line + 1),
                     .column = static_cast<std::uint64_t>(at.column + 1)});
  }
}

Status check(const Config& config, const Places& places) {
  std::vector<Violation> wrong;
  const auto note = [&](const char* field, const char* rule) {
    wrong.push_back(violation_at(places, field, rule));
  };
  if (config.network().empty()) note("network", "is missing");
  if (config.server_certificate().empty()) note("server_certificate", "is missing");
  if (config.server_key().empty()) note("server_key", "is missing");
  if (config.store().empty()) note("store", "is missing");
  if (config.trust().empty()) note("trust", "is missing");
  if (config.ledger_key_file().empty() == config.ledger_key_credential().empty())
    note("ledger_key_file", "or exactly `ledger_key_credential` must be given");
  if (config.ledger_origin().empty()) note("ledger_origin", "is missing");
  const int roots = (config.root_key_file().empty() ? 0 : 1) +
                    (config.root_key_credential().empty() ? 0 : 1) +
                    (config.root_key_passphrase_file().empty() ? 0 : 1);
  if (roots != 1)
    note("root_key_file", "or exactly one of the other sources of the root key must be given");
  if (config.port() > 65'535) note("port", "must be at most 65535");
  if (config.operations_port() > 65'535) note("operations_port", "must be at most 65535");
  if (config.workers() > 64) note("workers", "must be at most 64");
  if (config.pool_threads() > 256) note("pool_threads", "must be at most 256");
  if (config.has_mail()) {
    if (config.mail().relay().empty()) note("mail", "`relay` is missing");
    if (config.mail().from().empty()) note("mail", "`from` is missing");
    if (config.mail().portal().empty()) note("mail", "`portal` is missing");
    if (config.mail().digest_hour() > 23) note("mail", "`digest_hour` must be at most 23");
    if (config.mail().user().empty() != config.mail().password_file().empty())
      note("mail", "`user` and `password_file` go together");
  }
  check_addresses(config, places, wrong);
  check_witnesses(config, places, wrong);
  return wrong.empty() ? Status() : refused(std::move(wrong));
}

// Paths are relative to the folder of the configuration.
void anchor_paths(Config& config, const std::string& folder) {
  std::vector<std::string*> paths{config.mutable_server_certificate(),
                                  config.mutable_server_key(),
                                  config.mutable_store(),
                                  config.mutable_root_key_file(),
                                  config.mutable_root_key_passphrase_file(),
                                  config.mutable_trust(),
                                  config.mutable_ledger_key_file(),
                                  config.mutable_ready_file(),
                                  config.mutable_control_socket(),
                                  config.mutable_portal()};
  if (config.has_mail()) {
    paths.push_back(config.mutable_mail()->mutable_password_file());
    paths.push_back(config.mutable_mail()->mutable_ca_file());
  }
  for (std::string* path : paths) {
    if (!path->empty() && path->front() != '/')
      *path = (std::filesystem::path(folder) / *path).string();
    // `store/` is `store`: what stands beside a folder is found by its last name.
    while (path->size() > 1 && path->back() == '/') path->pop_back();
  }
}

}  // namespace

Result<Config> parse_config(std::string_view text, const std::string& folder) {
  google::protobuf::TextFormat::Parser parser;
  Collector collector;
  parser.RecordErrorsTo(&collector);
  Places places;
  parser.WriteLocationsTo(&places);
  Config config;
  if (!parser.ParseFromString(std::string(text), &config)) {
    for (Violation& violation : collector.violations) suggest(violation);
    return refused(std::move(collector.violations));
  }
  anchor_paths(config, folder);
  ENTENTE_TRY_VOID(check(config, places));
  if (config.address().empty()) config.set_address("0.0.0.0");
  if (config.operations_address().empty()) config.set_operations_address("127.0.0.1");
  if (config.control_socket().empty()) config.set_control_socket(config.store() + "/control");
  if (config.workers() == 0) config.set_workers(1);
  if (config.pool_threads() == 0) config.set_pool_threads(4);
  return config;
}

namespace {

Result<std::string> text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in || std::filesystem::is_directory(path))
    return Status(Code::NotFound, Reason::None, "cannot read the configuration `" + path + "`");
  return std::string((std::istreambuf_iterator<char>(in)), {});
}

}  // namespace

Result<Config> load_config(const std::string& path) {
  ENTENTE_TRY(const std::string text, text_of(path));
  return parse_config(text, std::filesystem::absolute(path).parent_path().string());
}

namespace {

Status find_places(const std::string& path, Places& places) {
  ENTENTE_TRY(const std::string text, text_of(path));
  google::protobuf::TextFormat::Parser parser;
  parser.WriteLocationsTo(&places);
  Config again;
  if (!parser.ParseFromString(text, &again))
    return Status(Code::Aborted, Reason::Conflict, "the configuration changed meanwhile");
  return Status();
}

}  // namespace

Status refuse_field(const std::string& path, const char* field, const Status& why) {
  Places places;
  ENTENTE_TRY_VOID(find_places(path, places));
  return Status(Code::InvalidArgument, Reason::FieldInvalid, std::string(why.message()))
      .with_detail(std::string(why.detail()))
      .with_violation(violation_at(places, field, "names it"));
}

Status check_files(const std::string& path, const Config& config) {
  Places places;
  ENTENTE_TRY_VOID(find_places(path, places));
  std::vector<Violation> wrong;
  const auto must_be = [&](const char* field, const std::string& file, bool folder) {
    if (file.empty()) return;
    std::error_code error;
    const bool there = folder ? std::filesystem::is_directory(file, error)
                              : std::filesystem::is_regular_file(file, error);
    if (there && ::access(file.c_str(), R_OK) == 0) return;
    wrong.push_back(violation_at(places, field,
                                 std::string("names `") + file + "`, which " +
                                     (there    ? "cannot be read"
                                      : folder ? "is no folder"
                                               : "is no file")));
  };
  must_be("server_certificate", config.server_certificate(), false);
  must_be("server_key", config.server_key(), false);
  must_be("root_key_file", config.root_key_file(), false);
  must_be("root_key_passphrase_file", config.root_key_passphrase_file(), false);
  must_be("ledger_key_file", config.ledger_key_file(), false);
  must_be("trust", config.trust(), true);
  must_be("store", config.store(), true);
  must_be("portal", config.portal(), true);
  return wrong.empty() ? Status() : refused(std::move(wrong));
}

}  // namespace entente::ops
