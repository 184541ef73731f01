// Passwords that are guessed first, and what is close to them. No rule of composition: a password
// is refused only for being short, long, common, or a name of this network.
//
// Immutable; any thread.
#pragma once

#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/secret.h"
#include "proto/contract/status.h"

namespace entente::identity {

// The password as it is hashed: UTF-8 in Unicode's normal form C. InvalidArgument (PasswordWeak):
// longer than limits::password_bytes_max, not UTF-8, or with control characters.
[[nodiscard]] Result<Secret> normalized_password(std::string_view password);

class BlockList {
 public:
  // `names`: words of this network (parties, processes, the network's own name).
  explicit BlockList(const std::vector<std::string>& names);

  // Whether `password` (normalized) may be set by an account of these names.
  // InvalidArgument (PasswordWeak), with the rule as its violation: shorter than
  // limits::password_bytes_min; on the list; a word of the list or a name, in any case and in
  // look-alike figures, with up to six figures or signs around it; one piece over and over; a run
  // of neighbours (`abcdefgh`, `87654321`, `qwertyui`).
  [[nodiscard]] Status check(const Secret& password, std::initializer_list<std::string_view> own,
                             std::string_view field) const;

  [[nodiscard]] std::size_t size() const { return words_.size(); }

 private:
  [[nodiscard]] bool has(std::string_view word) const;
  std::set<std::string, std::less<>> words_;
};

}  // namespace entente::identity
