#include "proto/pages/page_files.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "proto/contract/bytes.h"
#include "proto/contract/digest.h"

namespace entente::pages {
namespace {

constexpr std::string_view kPage = "/index.html";
constexpr std::string_view kForEver = "/assets/";
// A folder named by mistake (`/`, say) is noticed before it fills the memory.
constexpr std::size_t kFilesMax = 2'000;
constexpr std::size_t kBytesMax = 64 << 20;

// The content codings, best first, and how their files are named.
struct Coding {
  std::string_view name;
  std::string_view suffix;
};
constexpr std::array kCodings = {Coding{"br", ".br"}, Coding{"gzip", ".gz"}};

std::string_view media_type_of(std::string_view path) {
  struct Kind {
    std::string_view suffix;
    std::string_view type;
  };
  static constexpr std::array kinds = {
      Kind{".html", "text/html; charset=utf-8"},
      Kind{".js", "text/javascript; charset=utf-8"},
      Kind{".mjs", "text/javascript; charset=utf-8"},
      Kind{".css", "text/css; charset=utf-8"},
      Kind{".json", "application/json"},
      Kind{".svg", "image/svg+xml"},
      Kind{".png", "image/png"},
      Kind{".woff2", "font/woff2"},
      Kind{".ttf", "font/ttf"},
      Kind{".pfb", "application/octet-stream"},    // a font that a PDF relies on
      Kind{".bcmap", "application/octet-stream"},  // its characters, where they are not Latin
      Kind{".wasm", "application/wasm"},
      Kind{".txt", "text/plain; charset=utf-8"},
  };
  const auto* found = std::find_if(kinds.begin(), kinds.end(),
                                   [&](const Kind& one) { return path.ends_with(one.suffix); });
  return found == kinds.end() ? std::string_view() : found->type;
}

Status refused(const std::string& name, std::string_view why) {
  return Status(Code::InvalidArgument, Reason::None,
                "the page's file `" + name + "` " + std::string(why));
}

Result<std::string> content_of(const std::string& path, const std::string& name) {
  std::ifstream in(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), {});
  if (!in) return refused(name, "cannot be read");
  return bytes;
}

// What holds a page to its own server. `style-src` is without 'unsafe-inline' as well: styles are
// set through the object model, which the policy leaves to scripts that it has let in. One policy
// of trusted types by one name: it makes the address of the page's own worker, and nothing else.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types entente-worker";

Headers guards() {
  return {{"content-security-policy", std::string(kPolicy)},
          {"x-content-type-options", "nosniff"},
          {"referrer-policy", "no-referrer"},
          {"cross-origin-opener-policy", "same-origin"},
          {"cross-origin-embedder-policy", "require-corp"},
          {"cross-origin-resource-policy", "same-origin"},
          {"permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
          {"x-frame-options", "DENY"}};
}

Reply refuse(int status, std::string why) {
  Reply response;
  response.status = status;
  response.headers = guards();
  response.headers.emplace_back("content-type", "text/plain; charset=utf-8");
  response.headers.emplace_back("cache-control", "no-store");
  response.body = std::move(why) + "\n";
  return response;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// Whether one of a comma-separated list satisfies `holds`.
template <typename Holds>
bool any_of_list(std::string_view list, const Holds& holds) {
  while (!list.empty()) {
    const std::string_view one = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), one.size() + 1));
    if (holds(trimmed(one))) return true;
  }
  return false;
}

// RFC 9110 section 12.5.3, without weighing: named, and not with a weight of zero.
bool accepts(std::string_view accept_encoding, std::string_view coding) {
  return any_of_list(accept_encoding, [&](std::string_view one) {
    const std::string_view name = trimmed(one.substr(0, one.find(';')));
    const std::size_t weight = one.find("q=");
    const bool none = weight != std::string_view::npos &&
                      one.find_first_not_of("0.", weight + 2) == std::string_view::npos;
    return name == coding && !none;
  });
}

// RFC 9110 section 13.1.2: compared weakly.
bool matches(std::string_view if_none_match, std::string_view etag) {
  return any_of_list(if_none_match, [&](std::string_view one) {
    if (one.starts_with("W/")) one.remove_prefix(2);
    return one == "*" || one == etag;
  });
}

}  // namespace

std::string_view header_of(const Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

Status PageFiles::read(const std::string& folder, const std::string& name) {
  if (files_.size() >= kFilesMax) return refused(name, "is one too many");
  std::string path = "/" + name;
  std::string_view coding;
  for (const Coding& one : kCodings) {
    if (!path.ends_with(one.suffix)) continue;
    coding = one.name;
    path.resize(path.size() - one.suffix.size());
    break;
  }
  const std::string_view type = media_type_of(path);
  if (type.empty()) return refused(name, "is of no known kind");
  Form form;
  ENTENTE_TRY(form.bytes, content_of(folder + "/" + name, name));
  bytes_ += form.bytes.size();
  if (bytes_ > kBytesMax) return refused(name, "is too much");
  form.etag = "\"" + to_hex(as_view(sha256(form.bytes))).substr(0, 32) + "\"";
  File& file = files_[path];
  file.media_type = type;
  file.for_ever = path.starts_with(kForEver);
  (coding.empty() ? file.plain : file.coded[std::string(coding)]) = std::move(form);
  return Status();
}

Result<std::shared_ptr<const PageFiles>> PageFiles::load(const std::string& folder) {
  namespace fs = std::filesystem;
  auto files = std::make_shared<PageFiles>();
  std::error_code error;
  fs::recursive_directory_iterator at(folder, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    const std::string name = fs::path(at->path()).lexically_relative(folder).string();
    const fs::file_status status = at->symlink_status();
    if (fs::is_directory(status)) continue;
    if (!fs::is_regular_file(status)) return refused(name, "is no plain file");
    ENTENTE_TRY_VOID(files->read(folder, name));
  }
  if (error) return refused(folder, "cannot be read");
  for (const auto& [path, file] : files->files_) {
    if (file.plain.etag.empty()) return refused(path, "is there in compressed forms only");
  }
  if (!files->files_.contains(kPage)) return refused(folder + "/index.html", "is not there");
  return std::shared_ptr<const PageFiles>(std::move(files));
}

Reply PageFiles::answer(std::string_view method, std::string_view path,
                        const Headers& headers) const {
  const auto found = files_.find(path == "/" ? kPage : path);
  if (found == files_.end()) return refuse(404, "nothing is here");
  if (method != "GET" && method != "HEAD") {
    Reply response = refuse(405, "a page is only read");
    response.headers.emplace_back("allow", "GET, HEAD");
    return response;
  }
  const File& file = found->second;
  const Form* form = &file.plain;
  std::string_view coding;
  const std::string_view accepted = header_of(headers, "accept-encoding");
  for (const Coding& one : kCodings) {
    const auto coded = file.coded.find(one.name);
    if (coded == file.coded.end() || !accepts(accepted, one.name)) continue;
    form = &coded->second;
    coding = one.name;
    break;
  }
  Reply response;
  response.headers = guards();
  response.headers.emplace_back("etag", form->etag);
  response.headers.emplace_back("vary", "accept-encoding");
  response.headers.emplace_back("cache-control",
                                file.for_ever ? "public, max-age=31536000, immutable" : "no-cache");
  if (matches(header_of(headers, "if-none-match"), form->etag)) {
    response.status = 304;
    return response;
  }
  response.headers.emplace_back("content-type", file.media_type);
  if (!coding.empty()) response.headers.emplace_back("content-encoding", coding);
  response.body = form->bytes;
  return response;
}

}  // namespace entente::pages
