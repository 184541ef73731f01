#include "client/cli/progress_bar.h"

#include <unistd.h>

#include <iomanip>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>

#include "proto/contract/clock.h"

namespace entente::cli {
namespace {

constexpr std::uint64_t kWidth = 30;
constexpr Tick kPause = std::chrono::milliseconds(100);  // no faster than one can read

class Bar {
 public:
  Bar() = default;
  ~Bar() {
    if (is_open_) std::cerr << '\n';
  }
  Bar(const Bar&) = delete;
  Bar& operator=(const Bar&) = delete;

  void show(std::uint64_t done, std::uint64_t of) {
    const Tick now = SystemClock().tick();
    if (begun_ && done < of && now - drawn_ < kPause) return;
    drawn_ = now;
    const std::uint64_t filled = of == 0 ? kWidth : done * kWidth / of;
    std::ostringstream text;
    text << std::fixed << std::setprecision(1) << '[' << std::string(filled, '#')
         << std::string(kWidth - filled, '.') << "] " << (of == 0 ? 100 : done * 100 / of) << " %, "
         << megabytes(done) << " of " << megabytes(of) << " MB";
    // What came before the first look, in how long, is not known.
    if (begun_ && now > begun_->first && done >= begun_->second) {
      const std::chrono::duration<double> seconds = now - begun_->first;
      text << ", " << megabytes(done - begun_->second) / seconds.count() << " MB/s";
    }
    text << "   ";
    if (!begun_) begun_ = {now, done};
    std::cerr << '\r' << text.str() << std::flush;
    is_open_ = true;
  }

 private:
  static double megabytes(std::uint64_t bytes) { return static_cast<double>(bytes) / 1e6; }

  std::optional<std::pair<Tick, std::uint64_t>> begun_;  // when, and what was there then
  Tick drawn_{};
  bool is_open_ = false;
};

}  // namespace

std::function<void(std::uint64_t, std::uint64_t)> progress_bar() {
  if (::isatty(STDERR_FILENO) == 0) return [](std::uint64_t, std::uint64_t) {};
  const auto bar = std::make_shared<Bar>();
  return [bar](std::uint64_t done, std::uint64_t of) { bar->show(done, of); };
}

}  // namespace entente::cli
