// The parts of a zip archive, as office documents are packed. Reads its central directory, and
// unpacks one part at a time within bounds. Pure; any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace entente::extract {

struct Part {
  std::string_view name;
  std::string_view packed;
  bool deflated = false;  // else stored
  bool encrypted = false;
};

// Nothing: it is no zip archive, or its directory is broken. What is packed otherwise than deflated
// or stored is left out.
[[nodiscard]] std::optional<std::vector<Part>> read_zip(std::string_view bytes);

// Unpacks a part, piece by piece. One thread at a time.
class Unpacker {
 public:
  explicit Unpacker(const Part& part);
  ~Unpacker();
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;
  // The next bytes into `out`; empty at the end. False: broken, or too large.
  [[nodiscard]] bool next(std::string& out);
  [[nodiscard]] bool too_large() const { return too_large_; }

 private:
  struct Inflation;
  Part part_;
  std::unique_ptr<Inflation> inflation_;
  std::size_t made_ = 0;
  bool too_large_ = false;
};

}  // namespace entente::extract
