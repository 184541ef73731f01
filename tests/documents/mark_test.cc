// The mark on a PDF, and the helper that makes it: shut in, whatever it is given.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <qpdf/QPDF.hh>
#include <qpdf/QPDFPageDocumentHelper.hh>

#include "server/documents/mark/pdf_mark.h"
#include "server/documents/mark/sandbox.h"
#include "server/documents/marker.h"
#include "tests/documents/world.h"

namespace entente::documents {
namespace {

const std::string kLine = "RESTRICTED - copy 3 - for Anna (Ekström) \\ x";

Result<std::unique_ptr<Sheet>> marked(const std::string& pdf) {
  Marker marker(ENTENTE_MARK_PROGRAM);
  return marker.mark(kLine, [&](Sheet& into) { return into.append(pdf); });
}

std::string bytes_of(const Sheet& sheet) { return *sheet.read(0, sheet.size()); }

TEST_CASE("every page bears the line, and nothing runs by itself any more", "[documents][mark]") {
  const auto sheet = marked(testing::small_pdf(5));
  REQUIRE(sheet.status().message() == "");
  const std::string copy = bytes_of(**sheet);
  QPDF pdf;
  pdf.processMemoryFile("copy", copy.data(), copy.size());
  CHECK_FALSE(pdf.getRoot().hasKey("/OpenAction"));
  auto pages = QPDFPageDocumentHelper(pdf).getAllPages();
  REQUIRE(pages.size() == 5);
  for (auto& page : pages) {
    std::string drawn;
    for (auto& stream : page.getPageContents()) {
      const auto data = stream.getStreamData();
      drawn.append(data->getBuffer(), data->getBuffer() + data->getSize());
    }
    CHECK(drawn.find("for Anna \\(Ekstr\xf6m\\) \\\\ x") != std::string::npos);
    auto fonts = page.getAttribute("/Resources", false).getKey("/Font");
    REQUIRE(fonts.isDictionary());
    CHECK(fonts.getKeys().size() == 1);
  }
}

TEST_CASE("the same copy again is the same bytes", "[documents][mark]") {
  const std::string pdf = testing::small_pdf(2);
  CHECK(bytes_of(**marked(pdf)) == bytes_of(**marked(pdf)));
}

TEST_CASE("the line runs along the edge that is below as the page is shown", "[documents][mark]") {
  const mark::Edges page = {.left = 0, .bottom = 0, .right = 595, .top = 842};
  CHECK(mark::overlay(page, 0, "/F", "x").find("1 0 0 1 10.00 10.00 Tm") != std::string::npos);
  CHECK(mark::overlay(page, 90, "/F", "x").find("0 1 -1 0 585.00 10.00 Tm") != std::string::npos);
  CHECK(mark::overlay(page, 180, "/F", "x").find("-1 0 0 -1 585.00 832.00 Tm") !=
        std::string::npos);
  CHECK(mark::overlay(page, 270, "/F", "x").find("0 -1 1 0 10.00 832.00 Tm") != std::string::npos);
  // A long line is written small, so that it fits.
  CHECK(mark::overlay(page, 0, "/F", std::string(200, 'x')).find("/F 5.13 Tf") !=
        std::string::npos);
}

TEST_CASE("what is no PDF, or a broken one, is refused with a reason", "[documents][mark]") {
  for (const std::string& bad :
       {std::string("%PDF-1.7 and then nothing"), std::string(), std::string(100'000, '\0')}) {
    const auto sheet = marked(bad);
    REQUIRE(sheet.status().code() == Code::FailedPrecondition);
    CHECK(sheet.status().message().find("it is no PDF that can be read") != std::string::npos);
  }
}

TEST_CASE("a page tree that refers to itself ends", "[documents][mark]") {
  std::string pdf = testing::small_pdf(2);
  const std::size_t kid = pdf.find("3 0 R");
  pdf.replace(kid, 5, "2 0 R");
  CHECK(marked(pdf).status().code() == Code::FailedPrecondition);
}

TEST_CASE("a helper that is not there is the server's trouble", "[documents][mark]") {
  Marker marker("/nonexistent/entente-mark");
  CHECK(marker.mark("x", [](Sheet&) { return Status(); }).status().code() == Code::Unavailable);
}

TEST_CASE("who is shut in opens nothing, reaches nobody, starts nothing", "[documents][mark]") {
  const pid_t child = ::fork();
  if (child == 0) {
    const bool entered =
        sandbox::enter({.memory_bytes = 1ULL << 32, .cpu_s = 5, .output_bytes = 1 << 20});
    int escapes = entered ? 0 : 1;
    errno = 0;
    if (::open("/etc/passwd", O_RDONLY) >= 0 || errno != EPERM) escapes |= 2;
    if (::socket(AF_INET, SOCK_STREAM, 0) >= 0 || errno != EPERM) escapes |= 4;
    char* const none[] = {nullptr};
    if (::execve("/bin/true", none, none) == 0 || errno != EPERM) escapes |= 8;
    if (::fork() >= 0 || errno != EPERM) escapes |= 16;
    ::_exit(escapes);
  }
  int ended = 0;
  REQUIRE(::waitpid(child, &ended, 0) == child);
  REQUIRE(WIFEXITED(ended));
  CHECK(WEXITSTATUS(ended) == 0);
}

}  // namespace
}  // namespace entente::documents
