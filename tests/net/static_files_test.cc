// Pages for a browser, as files of a folder.
#include "server/net/static_files.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

namespace entente::net {
namespace {

// A folder of a test's own.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "entente-pages-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
    write("index.html", "<!doctype html>");
    write("assets/app-5f3a.js", "plain");
    write("assets/app-5f3a.js.br", "brotli");
    write("assets/app-5f3a.js.gz", "gzip");
  }
  ~Folder() { std::filesystem::remove_all(path); }
  void write(const std::string& name, const std::string& text) const {
    const std::filesystem::path file = std::filesystem::path(path) / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  [[nodiscard]] Result<std::shared_ptr<const StaticFiles>> load() const {
    return StaticFiles::load(path);
  }
  std::string path;
};

std::string header(const HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

using Headers = std::vector<std::pair<std::string, std::string>>;

HttpResponse get(const StaticFiles& files, std::string path, Headers headers = {},
                 std::string method = "GET") {
  HttpRequest request;
  request.method = std::move(method);
  request.path = std::move(path);
  request.headers = std::move(headers);
  return files.answer(request);
}

TEST_CASE("only what lay in the folder at the start is served, and only to be read",
          "[net][pages]") {
  const Folder folder;
  const auto files = folder.load();
  REQUIRE(files.ok());
  folder.write("later.html", "later");
  for (const char* path : {"/later.html", "/assets", "/assets/", "/assets/app-5f3a.js.br",
                           "/assets/../index.html", "//index.html", "/index.htm"}) {
    CHECK(get(**files, path).status == 404);
  }
  CHECK(get(**files, "/assets/app-5f3a.js", {}, "POST").status == 405);
  CHECK(get(**files, "/nothing", {}, "POST").status == 404);
  CHECK(get(**files, "/").body == "<!doctype html>");
  CHECK(get(**files, "/", {}, "HEAD").status == 200);
}

TEST_CASE("the form goes out that the browser can read", "[net][pages]") {
  const Folder folder;
  const auto files = folder.load();
  REQUIRE(files.ok());
  const auto form = [&](const std::string& accepted) {
    const HttpResponse response =
        get(**files, "/assets/app-5f3a.js", {{"accept-encoding", accepted}});
    CHECK(header(response, "vary") == "accept-encoding");
    return response.body + "/" + header(response, "content-encoding");
  };
  CHECK(form("gzip, deflate, br, zstd") == "brotli/br");
  CHECK(form("gzip, br;q=0") == "gzip/gzip");
  CHECK(form("gzip, br;q=0.0") == "gzip/gzip");
  CHECK(form("br;q=0.1") == "brotli/br");
  CHECK(form("brotli") == "plain/");
  CHECK(form("") == "plain/");
  CHECK(get(**files, "/", {{"accept-encoding", "br"}}).body == "<!doctype html>");
}

TEST_CASE("what has not changed is not sent again", "[net][pages]") {
  const Folder folder;
  const auto files = folder.load();
  REQUIRE(files.ok());
  const HttpResponse first = get(**files, "/");
  CHECK(header(first, "cache-control") == "no-cache");
  const std::string etag = header(first, "etag");
  const HttpResponse again = get(**files, "/", {{"if-none-match", "\"x\", W/" + etag}});
  CHECK(again.status == 304);
  CHECK(again.body.empty());
  CHECK(get(**files, "/", {{"if-none-match", "\"x\""}}).status == 200);
  const HttpResponse asset = get(**files, "/assets/app-5f3a.js");
  CHECK(header(asset, "cache-control") == "public, max-age=31536000, immutable");
  const HttpResponse coded = get(**files, "/assets/app-5f3a.js", {{"accept-encoding", "br"}});
  CHECK(header(coded, "etag") != header(asset, "etag"));  // Each form is another answer.
}

TEST_CASE("every answer holds its page to this server", "[net][pages]") {
  const Folder folder;
  const auto files = folder.load();
  REQUIRE(files.ok());
  const std::string etag = header(get(**files, "/"), "etag");
  for (const HttpResponse& response :
       {get(**files, "/"), get(**files, "/", {{"if-none-match", etag}}),
        get(**files, "/assets/app-5f3a.js"), get(**files, "/assets/none.js")}) {
    const std::string policy = header(response, "content-security-policy");
    CHECK(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"));
    CHECK(policy.find("unsafe") == std::string::npos);
    CHECK(policy.find("require-trusted-types-for 'script'; trusted-types entente-worker") !=
          std::string::npos);
    CHECK(policy.find("frame-ancestors 'none'") != std::string::npos);
    CHECK(header(response, "x-content-type-options") == "nosniff");
    CHECK(header(response, "referrer-policy") == "no-referrer");
    CHECK(header(response, "cross-origin-opener-policy") == "same-origin");
    CHECK(header(response, "cross-origin-resource-policy") == "same-origin");
  }
}

TEST_CASE("a folder that cannot be served whole is refused", "[net][pages]") {
  const Folder folder;
  SECTION("a kind that nobody knows") { folder.write("notes.doc", "x"); }
  SECTION("a link, which may lead anywhere") {
    std::filesystem::create_symlink("/etc/passwd", folder.path + "/assets/link.txt");
  }
  SECTION("a compressed form of nothing") { folder.write("lost.css.gz", "x"); }
  SECTION("no page") { std::filesystem::remove(folder.path + "/index.html"); }
  SECTION("no folder") { std::filesystem::remove_all(folder.path); }
  const auto files = folder.load();
  REQUIRE(!files.ok());
  CHECK(files.status().code() == Code::InvalidArgument);
}

}  // namespace
}  // namespace entente::net
