// What is wrong with a file, as far as one wants to read it. Values; one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "entente/v1/statistics.pb.h"
#include "proto/contract/limits.h"

namespace entente::statistics {

class Problems {
 public:
  // Keeps the first upload_problems_max and counts the others. `text` goes on from `line 7, column
  // 3 (CITIZEN): `.
  void add(v1::Problem::Kind kind, std::uint64_t line, std::size_t column, std::string_view name,
           std::string_view value, std::string_view nearest, std::string_view text);

  // Whether the next would be kept: what it takes to describe it is worth the while.
  [[nodiscard]] bool keeps() const { return kept_.size() < limits::upload_problems_max; }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] const std::map<v1::Problem::Kind, std::uint64_t>& by_kind() const {
    return by_kind_;
  }
  [[nodiscard]] const std::vector<v1::Problem>& kept() const { return kept_; }

 private:
  std::vector<v1::Problem> kept_;
  std::uint64_t count_ = 0;
  std::map<v1::Problem::Kind, std::uint64_t> by_kind_;
};

}  // namespace entente::statistics
