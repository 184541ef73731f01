#include "server/documents/download.h"

#include <algorithm>
#include <charconv>

#include "proto/contract/bytes.h"
#include "proto/contract/limits_documents.h"

namespace entente::documents {
namespace {

constexpr std::string_view kPrefix = "/documents/";
constexpr std::string_view kSuffix = "/content";

std::string_view header_of(const net::HttpRequest& request, std::string_view name) {
  for (const auto& [one, value] : request.headers) {
    if (one == name) return value;
  }
  return {};
}

// A parameter of the query; ids, numbers and language tags need no escapes.
std::string_view parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view one = query.substr(0, query.find('&'));
    if (one.starts_with(name) && one.substr(name.size()).starts_with('=')) {
      return one.substr(name.size() + 1);
    }
    query.remove_prefix(std::min(one.size() + 1, query.size()));
  }
  return {};
}

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

struct Range {
  std::uint64_t first;
  std::uint64_t end;  // not in it
};

// One range of `bytes=`; what is none, or several, is no range (RFC 9110, 14.2: may be ignored).
// `first == end`: it lies beyond.
std::optional<Range> range_of(std::string_view header, std::uint64_t size) {
  constexpr std::string_view unit = "bytes=";
  if (!header.starts_with(unit) || header.find(',') != header.npos) return std::nullopt;
  header.remove_prefix(unit.size());
  const std::size_t dash = header.find('-');
  if (dash == header.npos) return std::nullopt;
  const auto first = number_in(header.substr(0, dash));
  const auto last = number_in(header.substr(dash + 1));
  if (dash == 0) {
    if (!last) return std::nullopt;
    const std::uint64_t from = size - std::min(*last, size);
    return Range{.first = from, .end = size};
  }
  if (!first || (header.size() > dash + 1 && !last)) return std::nullopt;
  if (last && *last < *first) return std::nullopt;
  if (*first >= size) return Range{.first = 0, .end = 0};
  return Range{.first = *first, .end = last ? std::min(*last + 1, size) : size};
}

// RFC 8187: as UTF-8, all but letters and digits escaped.
std::string extended(std::string_view name) {
  static constexpr std::string_view hex = "0123456789ABCDEF";
  std::string out = "UTF-8''";
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '-' || c == '_';
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += hex[byte >> 4U];
      out += hex[byte & 15U];
    }
  }
  return out;
}

net::HttpResponse refusal(int status, std::string words) {
  net::HttpResponse response;
  response.status = status;
  response.headers = {{"content-type", "text/plain; charset=utf-8"},
                      {"cache-control", "no-store"},
                      {"x-content-type-options", "nosniff"}};
  response.body = std::move(words) + "\n";
  return response;
}

int status_of(const Status& status) {
  switch (status.code()) {
    case Code::NotFound:
      return 404;
    case Code::InvalidArgument:
    case Code::OutOfRange:
      return 400;
    case Code::FailedPrecondition:
      return 409;
    case Code::PermissionDenied:
      return 403;
    case Code::Unauthenticated:
      return 401;
    case Code::ResourceExhausted:
    case Code::Unavailable:
    case Code::Aborted:
      return 503;
    default:
      return 500;
  }
}

class CopySource final : public net::ByteSource {
 public:
  using Who = std::function<Result<identity::SubjectPointer>()>;
  CopySource(const Service& service, Service::Released released, Range range, Who who)
      : service_(service), released_(std::move(released)), range_(range), who_(std::move(who)) {}

  Result<std::string> read(std::size_t bytes_max) override {
    if (range_.first >= range_.end) return std::string();
    const Result<identity::SubjectPointer> now = who_();
    if (!now.ok() || !service_.may_still_read(**now, released_.document)) {
      return Status(Code::Aborted, Reason::Conflict, "your rights have changed");
    }
    const auto most = std::min<std::uint64_t>(bytes_max, range_.end - range_.first);
    Result<std::string> bytes = released_.copy->read(range_.first, most);
    if (!bytes.ok()) {
      return service_.why_unread(**now, released_.document, document_name(released_.document),
                                 bytes.status());
    }
    range_.first = bytes->empty() ? range_.end : range_.first + bytes->size();
    return bytes;
  }

 private:
  const Service& service_;
  Service::Released released_;
  Range range_;
  Who who_;
};

// By its ETag a copy is asked for again: `"<id>/readings/3"`.
std::string etag_of(const Service::Released& released) {
  const std::string id = to_hex(released.document.view());
  if (released.reading != 0)
    return "\"" + id + "/readings/" + std::to_string(released.reading) + "\"";
  return "\"" + id + "/revisions/" + std::to_string(released.revision) + "/" +
         released.content.language() + "\"";
}

net::HttpResponse answer(const Service& service, const net::HttpRequest& request,
                         Service::Released released, CopySource::Who who) {
  const std::uint64_t size = released.copy->size();
  const std::string etag = etag_of(released);
  const std::string_view only_if = header_of(request, "if-range");
  std::optional<Range> range;
  if (only_if.empty() || only_if == etag) range = range_of(header_of(request, "range"), size);
  if (range && range->first == range->end) {
    net::HttpResponse response = refusal(416, "the content ends before");
    response.headers.emplace_back("content-range", "bytes */" + std::to_string(size));
    return response;
  }
  net::HttpResponse response;
  response.status = range ? 206 : 200;
  if (range) {
    response.headers.emplace_back("content-range", "bytes " + std::to_string(range->first) + "-" +
                                                       std::to_string(range->end - 1) + "/" +
                                                       std::to_string(size));
  }
  const Range sent = range.value_or(Range{.first = 0, .end = size});
  response.headers.insert(
      response.headers.end(),
      {{"content-type", released.content.media_type()},
       {"content-length", std::to_string(sent.end - sent.first)},
       {"content-disposition", "attachment; filename*=" + extended(released.content.file_name())},
       {"accept-ranges", "bytes"},
       {"etag", etag},
       {"cache-control", "private, no-store"},
       {"x-content-type-options", "nosniff"},
       {"content-security-policy", "sandbox; default-src 'none'"}});
  response.source =
      std::make_unique<CopySource>(service, std::move(released), sent, std::move(who));
  return response;
}

}  // namespace

// One entry, committed before a byte leaves.
Result<std::string> Download::open(identity::Authenticator& authenticator, net::Call& call,
                                   const v1::OpenDocumentRequest& message) {
  std::string name;
  const auto who = [&] {
    return authenticator.authenticate_tool(call, identity::Scope::Unspecified);
  };
  const auto opened = identity::act_as(
      store_, authenticator, call, who,
      [&](const policy::Subject& subject, store::Transaction& transaction) -> Status {
        ENTENTE_TRY(const v1::Reading reading,
                    service_.open_document(subject, message, transaction));
        name = reading.name();
        return {};
      });
  ENTENTE_TRY_VOID(opened.status());
  return name;
}

Result<net::HttpResponse> Download::serve(identity::Authenticator& authenticator, net::Call& call,
                                          const net::HttpRequest& request) {
  ENTENTE_TRY(const identity::SubjectPointer subject,
              authenticator.authenticate_tool(call, identity::Scope::Unspecified));
  std::string_view path = request.path;
  if (!path.ends_with(kSuffix)) return not_found(path);
  path.remove_suffix(kSuffix.size());
  const std::string name(path.substr(1));
  v1::ReadContentRequest wanted;
  wanted.set_name(name);
  wanted.set_language(std::string(parameter(request.query, "language")));
  const auto parsed = parse_document_name(name);
  if (!parsed) return not_found(name);
  std::string_view reading = parameter(request.query, "reading");
  const std::string copy = "\"" + to_hex(parsed->id.view()) + "/readings/";
  if (const std::string_view only_if = header_of(request, "if-range"); only_if.starts_with(copy)) {
    reading = only_if.substr(copy.size(), only_if.size() - copy.size() - 1);
  }
  const auto shelved = shelf_.document(parsed->id);
  const bool leaves = shelved && policy::leaves_receipt(shelved->guard.handling);
  if (!reading.empty()) {
    wanted.set_name(name + "/readings/" + std::string(reading));
  } else if (leaves && parsed->revision == 0 && parsed->reading == 0) {
    if (request.method == "HEAD") return refusal(405, "each reading leaves a receipt: GET it");
    v1::OpenDocumentRequest message;
    message.set_name(name);
    message.set_language(wanted.language());
    Result<std::string> opened = open(authenticator, call, message);
    if (!opened.ok()) return opened.status();
    wanted.set_name(*opened);
  }
  const std::unique_ptr<store::Snapshot> snapshot = store_.snapshot();
  Result<Service::Released> released = service_.release(*subject, wanted, *snapshot);
  if (!released.ok()) {
    return released.status().code() == Code::NotFound ? not_found(name) : released.status();
  }
  return answer(service_, request, *std::move(released), [&authenticator, &call] {
    return authenticator.authenticate_tool(call, identity::Scope::Unspecified);
  });
}

void Download::add_to(identity::Gate& gate) {
  gate.table().add_route(
      {.prefix = std::string(kPrefix),
       .heavy = true,
       .handler = [this, &gate](net::Call& call, const net::HttpRequest& request) {
         if (request.method != "GET" && request.method != "HEAD") {
           return refusal(405, "only GET is answered here");
         }
         Result<net::HttpResponse> response = serve(gate.authenticator(), call, request);
         if (response.ok()) return *std::move(response);
         const Status status = response.status();
         net::HttpResponse refused = refusal(status_of(status), std::string(status.message()));
         if (refused.status == 401) refused.headers.emplace_back("www-authenticate", "Bearer");
         return refused;
       }});
}

}  // namespace entente::documents
