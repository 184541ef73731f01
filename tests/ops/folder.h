// A folder of a test's own, gone with it; and files in it. One thread.
#pragma once

#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): mkdtemp

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

namespace entente::test {

class Folder {
 public:
  Folder() {
    std::string text = (std::filesystem::temp_directory_path() / "entente-ops-XXXXXX").string();
    REQUIRE(::mkdtemp(text.data()) != nullptr);
    path_ = text;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Written at once.
struct File {
  explicit File(const std::filesystem::path& path, const std::string& text = "") {
    std::ofstream(path, std::ios::binary) << text;
  }
};

}  // namespace entente::test
