#include "server/identity/block_list.h"

#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <utility>

#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"

namespace entente::identity {
namespace {

constexpr std::string_view common_passwords =
#include "common_passwords.inc"
    ;

constexpr std::size_t around_bytes_max = 6;

Status weak(std::string_view field, std::string rule) {
  return Status(Code::InvalidArgument, Reason::PasswordWeak, "choose another password")
      .with_violation(
          {.field = std::string(field), .rule = std::move(rule), .line = 0, .column = 0});
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (static_cast<unsigned char>(c) >= 0x80); }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

// Look-alike figures back to letters: `p4ssw0rd`.
std::string plain(std::string_view text) {
  constexpr std::string_view from = "0134578@$!";
  constexpr std::string_view to = "oieastbasi";
  std::string out(text);
  for (char& c : out) {
    if (const auto at = from.find(c); at != std::string_view::npos) c = to[at];
  }
  return out;
}

// Without the figures and signs around it; empty if there are more than a habit puts there.
std::string stem(std::string_view text) {
  std::size_t cut = 0;
  while (!text.empty() && !is_letter(text.front())) text.remove_prefix(1), ++cut;
  while (!text.empty() && !is_letter(text.back())) text.remove_suffix(1), ++cut;
  return cut > around_bytes_max ? std::string() : std::string(text);
}

// Requires: text.size() >= limits::password_bytes_min, two of the longest piece.
bool is_repetition(std::string_view text) {
  for (std::size_t period = 1; period <= limits::password_bytes_min / 2; ++period) {
    if (text.substr(period) == text.substr(0, text.size() - period)) return true;
  }
  return false;
}

bool is_run(std::string_view text) {
  constexpr std::string_view rows[] = {"abcdefghijklmnopqrstuvwxyz",
                                       "01234567890",
                                       "qwertyuiop",
                                       "asdfghjkl",
                                       "zxcvbnm",
                                       "qwertzuiop",
                                       "azertyuiop",
                                       "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik"};
  const Secret reversed(std::string(text.rbegin(), text.rend()));
  const std::string_view backwards = reversed.reveal(SecretAccess{});
  return std::ranges::any_of(rows, [&](std::string_view row) {
    return row.find(text) != std::string_view::npos ||
           row.find(backwards) != std::string_view::npos;
  });
}

}  // namespace

Result<Secret> normalized_password(std::string_view password) {
  if (password.size() > limits::password_bytes_max) return weak("password", "is too long");
  const bool control = std::ranges::any_of(
      password, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (!is_utf8(password) || control) return weak("password", "is not text");
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(error);
  ENTENTE_CHECK(U_SUCCESS(error));  // its tables are part of the library
  icu::UnicodeString text = icu::UnicodeString::fromUTF8(
      icu::StringPiece(password.data(), static_cast<int32_t>(password.size())));
  std::string out;
  nfc->normalize(text, error).toUTF8String(out);
  ENTENTE_CHECK(U_SUCCESS(error));  // only for want of memory
  return Secret(std::move(out));
}

BlockList::BlockList(const std::vector<std::string>& names) {
  std::string_view rest = common_passwords;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    if (!line.starts_with('#')) words_.emplace(line);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  for (const std::string& name : names) words_.insert(lower(name));
}

bool BlockList::has(std::string_view word) const { return words_.contains(word); }

Status BlockList::check(const Secret& password, std::initializer_list<std::string_view> own,
                        std::string_view field) const {
  const std::string_view given = password.reveal(SecretAccess{});
  if (given.size() < limits::password_bytes_min) {
    return weak(field, "is shorter than 8 bytes");
  }
  // Each form of it is as secret as it is.
  const auto shown = [](const Secret& one) { return one.reveal(SecretAccess{}); };
  const Secret text(lower(given));
  if (is_repetition(shown(text)) || is_run(shown(text))) {
    return weak(field, "is a run or a repetition");
  }
  const Secret as_plain(plain(shown(text)));
  const Secret as_stem(stem(shown(text)));
  const Secret plain_stem(plain(shown(as_stem)));
  const Secret stem_plain(stem(shown(as_plain)));
  for (const Secret* one : {&text, &as_plain, &as_stem, &plain_stem, &stem_plain}) {
    const std::string_view form = shown(*one);
    if (form.empty()) continue;
    if (has(form)) return weak(field, "is among the commonest");
    const bool named = std::ranges::any_of(
        own, [&](std::string_view name) { return !name.empty() && form == lower(name); });
    if (named) return weak(field, "is a name of this account");
  }
  return Status();
}

}  // namespace entente::identity
