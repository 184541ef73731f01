// What waits to be sent: pieces in order, taken from the front in any amounts. Holds no more memory
// than the pieces that are not wholly taken. A value; one thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace entente {

class ByteQueue {
 public:
  void push(std::string piece) {
    if (piece.empty()) return;
    size_ += piece.size();
    if (first_.empty() && pieces_.empty()) {
      first_ = std::move(piece);
    } else {
      pieces_.push_back(std::move(piece));
    }
  }
  // Moves up to `count` bytes to the end of `out`; answers how many there were.
  std::size_t take(std::string& out, std::size_t count) {
    std::size_t taken = 0;
    while (taken < count && size_ > 0) {
      const std::size_t some = std::min(count - taken, first_.size() - at_);
      out.append(first_, at_, some);
      taken += some;
      at_ += some;
      size_ -= some;
      if (at_ == first_.size()) next_piece();
    }
    return taken;
  }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

 private:
  void next_piece() {
    at_ = 0;
    if (pieces_.empty()) {
      first_ = std::string();
      return;
    }
    first_ = std::move(pieces_.front());
    pieces_.pop_front();
  }
  // One piece is the rule; a deque of nothing would cost half a kilobyte a stream.
  struct Lazy {
    [[nodiscard]] bool empty() const { return !rest || rest->empty(); }
    void push_back(std::string piece) {
      if (!rest) rest = std::make_unique<std::deque<std::string>>();
      rest->push_back(std::move(piece));
    }
    [[nodiscard]] std::string& front() { return rest->front(); }
    void pop_front() { rest->pop_front(); }
    std::unique_ptr<std::deque<std::string>> rest;
  };
  std::string first_;
  std::size_t at_ = 0;
  Lazy pieces_;
  std::size_t size_ = 0;
};

}  // namespace entente
