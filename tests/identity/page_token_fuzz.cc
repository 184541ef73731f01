// A page token comes back from outside: only the one that was made for this caller and this list is
// read, and to what it was made of. The first byte says how much of the rest is a token of our own
// with one bit turned.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "proto/contract/secret.h"
#include "server/identity/page_token.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const entente::identity::PageTokens tokens{entente::Secret(std::string(32, 'k'))};
  constexpr std::string_view account = "parties/SWE/accounts/anna";
  constexpr std::string_view list = "ListParties";
  if (size < 3 || size > 300) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 3, size - 3);
  // Nobody can guess 16 bytes of a MAC: what was not made here opens nothing.
  const auto guessed = tokens.read(account, list, rest);
  if (guessed.ok() && !rest.empty()) __builtin_trap();
  const std::string made = tokens.make(account, list, rest);
  const auto own = tokens.read(account, list, made);
  if (!own.ok() || *own != rest) __builtin_trap();
  if (tokens.read("parties/NOR/accounts/nora", list, made).ok()) __builtin_trap();
  if (tokens.read(account, "ListOffices", made).ok()) __builtin_trap();
  std::string turned = made;
  const std::size_t at = (data[0] * 256U + data[1]) % turned.size();
  turned[at] = static_cast<char>(static_cast<unsigned char>(turned[at]) ^ (1U << (data[2] % 8)));
  const auto other = tokens.read(account, list, turned);
  // Base64's last digit may bear bits that mean nothing: then it must still be the same row.
  if (other.ok() && *other != rest) __builtin_trap();
  return 0;
}
