#include "proto/contract/status.h"

#include <catch2/catch.hpp>
#include <string>

namespace entente {
namespace {

TEST_CASE("what was not found is named, as far as 256 bytes and whole letters go",
          "[contract][status]") {
  const auto said = [](const std::string& name) { return std::string(not_found(name).message()); };
  const std::string letters(255, 'x');
  CHECK(not_found("documents/1").code() == Code::NotFound);
  CHECK(said("documents/1") == "`documents/1` was not found");
  CHECK(said("") == "`` was not found");
  CHECK(said(letters + "y") == "`" + letters + "y` was not found");
  CHECK(said(letters + "yz") == "`" + letters + "y` was not found");
  CHECK(said(letters + "\u00e9") == "`" + letters + "` was not found");
  CHECK(said(letters + "\U0001f30d and more") == "`" + letters + "` was not found");
}

}  // namespace
}  // namespace entente
