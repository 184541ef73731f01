// The codes that stand in a part, list by list. Packed, for each part's are in memory as long as
// the daemon runs: a code of three letters takes seven octets, a list of its own none.
//
// Values; any thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace entente::statistics {

class CodeLists {
 public:
  // One of them. Is there as long as they are.
  class List {
   public:
    class Iterator {
     public:
      using iterator_category = std::forward_iterator_tag;
      using value_type = std::string_view;
      using difference_type = std::ptrdiff_t;
      using pointer = const std::string_view*;
      using reference = std::string_view;
      Iterator() = default;
      Iterator(const List& of, std::size_t at) : lists_(of.lists_), at_(of.first_ + at) {}
      std::string_view operator*() const { return lists_->code(at_); }
      Iterator& operator++() {
        ++at_;
        return *this;
      }
      Iterator operator++(int) {
        Iterator was = *this;
        ++at_;
        return was;
      }
      friend bool operator==(const Iterator&, const Iterator&) = default;

     private:
      const CodeLists* lists_ = nullptr;
      std::size_t at_ = 0;
    };

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] std::string_view operator[](std::size_t at) const {
      return lists_->code(first_ + at);
    }
    [[nodiscard]] Iterator begin() const { return {*this, 0}; }
    [[nodiscard]] Iterator end() const { return {*this, size_}; }
    // The place of a code. Requires: the list is sorted.
    [[nodiscard]] std::optional<std::uint32_t> find(std::string_view code) const;

   private:
    friend class CodeLists;
    List(const CodeLists& lists, std::size_t first, std::size_t size)
        : lists_(&lists), first_(first), size_(size) {}
    const CodeLists* lists_;
    std::size_t first_;
    std::size_t size_;
  };

  CodeLists() = default;
  explicit CodeLists(const std::vector<std::vector<std::string>>& lists) {
    for (const auto& list : lists) add(list);
    shrink();
  }
  // One more, of texts.
  template <typename Texts>
  void add(const Texts& codes) {
    for (const std::string_view code : codes) {
      text_ += code;
      ends_.push_back(static_cast<std::uint32_t>(text_.size()));
    }
    list_ends_.push_back(static_cast<std::uint32_t>(ends_.size()));
  }
  // No more will be added.
  void shrink() {
    text_.shrink_to_fit();
    ends_.shrink_to_fit();
    list_ends_.shrink_to_fit();
  }
  [[nodiscard]] std::size_t size() const { return list_ends_.size(); }
  [[nodiscard]] List operator[](std::size_t list) const {
    const std::size_t first = list == 0 ? 0 : list_ends_[list - 1];
    return {*this, first, list_ends_[list] - first};
  }

 private:
  [[nodiscard]] std::string_view code(std::size_t at) const {
    const std::size_t first = at == 0 ? 0 : ends_[at - 1];
    return std::string_view(text_).substr(first, ends_[at] - first);
  }

  std::string text_;                      // one behind the other
  std::vector<std::uint32_t> ends_;       // of each code, in the text
  std::vector<std::uint32_t> list_ends_;  // of each list, in codes
};

inline std::optional<std::uint32_t> CodeLists::List::find(std::string_view code) const {
  std::size_t low = 0;
  std::size_t high = size_;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if ((*this)[middle] < code) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == size_ || (*this)[low] != code) return std::nullopt;
  return static_cast<std::uint32_t>(low);
}

}  // namespace entente::statistics
