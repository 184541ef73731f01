#include "server/identity/certificate_uri.h"

#include <algorithm>

namespace entente::identity {
namespace {

constexpr std::string_view scheme = "entente://";
constexpr std::size_t id_bytes_max = 64;

bool lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool upper_or_digit(char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

bool is_account_id(std::string_view id) {
  return !id.empty() && id.size() <= id_bytes_max && lower_or_digit(id.front()) &&
         std::ranges::all_of(
             id, [](char c) { return lower_or_digit(c) || c == '.' || c == '_' || c == '-'; });
}

bool is_party_code(std::string_view code) {
  return code.size() >= 2 && code.size() <= 16 && std::ranges::all_of(code, upper_or_digit);
}

std::string CertificateName::account() const {
  return kind == Kind::Office ? std::string() : AccountName{.party = party, .id = id}.text();
}

std::string CertificateName::office() const {
  return kind == Kind::Office ? "offices/" + id : std::string();
}

std::optional<CertificateName> parse_certificate_uri(std::string_view uri,
                                                     std::string_view network) {
  if (!take(uri, scheme)) return std::nullopt;
  const std::size_t dot = uri.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  CertificateName name;
  for (const char c : uri.substr(0, dot)) {
    if (!lower_or_digit(c)) return std::nullopt;
    name.party.push_back(c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c);
  }
  if (!is_party_code(name.party)) return std::nullopt;
  uri.remove_prefix(dot + 1);
  if (network.empty() || !take(uri, network) || !take(uri, "/")) return std::nullopt;
  if (take(uri, "person/")) {
    name.kind = CertificateName::Kind::Person;
  } else if (take(uri, "program/")) {
    name.kind = CertificateName::Kind::Program;
  } else if (take(uri, "office/")) {
    name.kind = CertificateName::Kind::Office;
  } else {
    return std::nullopt;
  }
  if (!is_account_id(uri)) return std::nullopt;
  name.id = uri;
  return name;
}

std::string certificate_uri(const CertificateName& name, std::string_view network) {
  std::string uri(scheme);
  for (const char c : name.party) {
    uri.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  uri.append(".").append(network);
  uri.append(name.kind == CertificateName::Kind::Person    ? "/person/"
             : name.kind == CertificateName::Kind::Program ? "/program/"
                                                           : "/office/");
  return uri.append(name.id);
}

std::optional<AccountName> parse_account_name(std::string_view text) {
  if (!take(text, "parties/")) return std::nullopt;
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  AccountName name{.party = std::string(text.substr(0, slash)), .id = {}};
  text.remove_prefix(slash);
  if (!take(text, "/accounts/") || !is_party_code(name.party) || !is_account_id(text)) {
    return std::nullopt;
  }
  name.id = text;
  return name;
}

std::optional<std::string> parse_party_name(std::string_view text) {
  if (!take(text, "parties/") || !is_party_code(text)) return std::nullopt;
  return std::string(text);
}

}  // namespace entente::identity
