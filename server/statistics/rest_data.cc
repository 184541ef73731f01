// Data over SDMX's web service: what is asked, in which form, whether the asker has it already, and
// from which byte on.
#include <algorithm>
#include <charconv>

#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"
#include "server/statistics/compression.h"
#include "server/statistics/data_answer.h"
#include "server/statistics/data_form.h"
#include "server/statistics/rest.h"
#include "server/statistics/rest_words.h"

namespace entente::statistics {
namespace {

constexpr std::size_t kPieceBytes = 64 * 1024;
constexpr std::size_t kHeadBytes = 8 * 1024;  // a message says there when it was made, or nowhere

// Bytes that are there already.
class WholeSource final : public net::ByteSource {
 public:
  explicit WholeSource(std::string bytes) : bytes_(std::move(bytes)) {}
  Result<std::string> read(std::size_t bytes_max) override {
    std::string out = bytes_.substr(sent_, bytes_max);
    sent_ += out.size();
    return out;
  }

 private:
  const std::string bytes_;
  std::size_t sent_ = 0;
};

// Some bytes of another source.
class PartSource final : public net::ByteSource {
 public:
  PartSource(std::unique_ptr<net::ByteSource> source, std::uint64_t skipped, std::uint64_t bytes)
      : source_(std::move(source)), skipped_(skipped), left_(bytes) {}
  Result<std::string> read(std::size_t bytes_max) override {
    while (left_ != 0) {
      ENTENTE_TRY(std::string some, source_->read(bytes_max));
      if (some.empty()) break;
      if (skipped_ >= some.size()) {
        skipped_ -= some.size();
        continue;
      }
      some.erase(0, skipped_);
      skipped_ = 0;
      if (some.size() > left_) some.resize(left_);
      left_ -= some.size();
      return some;
    }
    return std::string();
  }

 private:
  std::unique_ptr<net::ByteSource> source_;
  std::uint64_t skipped_;
  std::uint64_t left_;
};

// `bytes=5-` or `bytes=5-9`; others are answered whole, as RFC 9110 lets us.
struct ByteRange {
  std::uint64_t first = 0;
  std::optional<std::uint64_t> last;
};
std::optional<ByteRange> range_of(std::string_view header) {
  constexpr std::string_view unit = "bytes=";
  if (!header.starts_with(unit)) return std::nullopt;
  header.remove_prefix(unit.size());
  ByteRange out;
  const char* end = header.data() + header.size();
  const auto first = std::from_chars(header.data(), end, out.first);
  if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '-') return std::nullopt;
  if (first.ptr + 1 == end) return out;
  std::uint64_t last = 0;
  const auto second = std::from_chars(first.ptr + 1, end, last);
  if (second.ec != std::errc{} || second.ptr != end || last < out.first) return std::nullopt;
  out.last = last;
  return out;
}

// Whether one of the tags of an `If-None-Match` is ours, compared weakly.
bool names_tag(std::string_view header, std::string_view tag) {
  if (header == "*") return true;
  if (tag.starts_with("W/")) tag.remove_prefix(2);
  return !header.empty() && header.find(tag) != std::string_view::npos;
}

// Of the answer's bytes but for the time at which it was made, which is no part of what it says.
std::string fingerprint_without(const Fingerprint& fingerprint, std::string_view body,
                                std::string_view prepared) {
  const std::size_t at = body.substr(0, kHeadBytes).find(prepared);
  const bool is_said = at != std::string_view::npos;
  return fingerprint.of(body.substr(0, at), is_said ? body.substr(at + prepared.size()) : "");
}

const char* token_of(Encoding encoding) { return encoding == Encoding::Zstd ? "zstd" : "gzip"; }

}  // namespace

// One request for data, on its way.
class Rest::Delivery {
 public:
  Delivery(Rest& rest, const policy::Subject& subject, const net::HttpRequest& request,
           Stopped stopped)
      : rest_(rest),
        subject_(subject),
        request_(request),
        stopped_(std::move(stopped)),
        is_old_(request.path.starts_with(kOld)),
        languages_(parse_languages(header_of(request, "accept-language"))) {}

  Result<net::HttpResponse> make() {
    ENTENTE_TRY(asked_, parse_data_request(request_.path, request_.query));
    const std::optional<Form> form = choose_form(header_of(request_, "accept"), is_old_);
    if (!form) {
      return refusal(is_old_, 406, 140, "none of the formats asked for is written here");
    }
    form_ = *form;
    // What was known on a day that is past is known for ever.
    stable_ = asked_.as_of && *asked_.as_of <= rest_.clock_.now();
    ENTENTE_TRY(std::unique_ptr<DataAnswer> answer, open());
    if (!answer) return nothing_found(is_old_);
    response_.headers = {{"content-type", media_type_of(form_)},
                         {"cache-control", "private, no-cache"},
                         {"vary", "accept, accept-encoding, accept-language, authorization"}};
    return stable_ ? stable(std::move(answer)) : fleeting(std::move(answer));
  }

 private:
  // Null: there is nothing that the subject may see.
  Result<std::unique_ptr<DataAnswer>> open() {
    const Instant now = rest_.clock_.now();
    ENTENTE_TRY(DataPlan plan, plan_data(rest_.service_, rest_.structures_.model(),
                                         {.subject = subject_,
                                          .request = asked_,
                                          .form = form_,
                                          .languages = languages_,
                                          .now = now}));
    prepared_ = to_rfc3339(stable_ ? *asked_.as_of : now);
    plan.writing.prepared = prepared_;
    plan.writing.front.emplace_back("Date", prepared_);
    plan.writing.front.emplace_back(
        "Query", request_.path + (request_.query.empty() ? "" : "?") + request_.query);
    plan.writing.front.emplace_back("Made for", subject_.account);
    mark_ = plan.mark;
    auto answer = std::make_unique<DataAnswer>(std::move(plan),
                                               DataAnswer::Parts{.store = rest_.store_,
                                                                 .cache = rest_.service_.cache(),
                                                                 .sorting = rest_.sorting_,
                                                                 .stopped = stopped_,
                                                                 .at_most = rest_.at_most_});
    ENTENTE_TRY(const bool any, answer->start());
    if (!any) return std::unique_ptr<DataAnswer>();
    return answer;
  }

  [[nodiscard]] Encoding encoding() const {
    return form_.format == DataFormat::Workbook
               ? Encoding::Identity  // compressed already
               : choose_encoding(header_of(request_, "accept-encoding"));
  }

  // The same request has the same bytes each time: they have a name, and parts.
  Result<net::HttpResponse> stable(std::unique_ptr<DataAnswer> answer) {
    const Encoding encoded = encoding();
    const auto tag_of = [&](Encoding one) {
      const std::string said = request_.path + "?" + request_.query + "\n" + media_type_of(form_) +
                               std::to_string(static_cast<int>(form_.keys)) +
                               (form_.normalized ? "n" : "") + "\n" +
                               std::string(header_of(request_, "accept-language")) + "\n" + mark_ +
                               std::to_string(static_cast<int>(one));
      return "\"" + to_hex(rest_.store_.blind("statistics.answer", said).view()) + "\"";
    };
    response_.headers.emplace_back("accept-ranges", "bytes");
    const auto range = range_of(header_of(request_, "range"));
    const std::string tag = tag_of(range ? Encoding::Identity : encoded);
    response_.headers.emplace_back("etag", tag);
    if (names_tag(header_of(request_, "if-none-match"), tag)) return unchanged();
    const std::string_view only_if = header_of(request_, "if-range");
    if (range && (only_if.empty() || only_if == tag)) {
      ENTENTE_TRY(const bool cut, cut_to(*range));
      if (cut) return std::move(response_);
    }
    send(std::move(answer), range ? Encoding::Identity : encoded);
    return std::move(response_);
  }

  // True: the response has what was asked for of the answer, which is made once more to be counted.
  Result<bool> cut_to(const ByteRange& range) {
    ENTENTE_TRY(std::unique_ptr<DataAnswer> counted, open());
    if (!counted) return false;
    std::uint64_t size = 0;
    for (;;) {
      ENTENTE_TRY(const std::string some, counted->read(kPieceBytes));
      if (some.empty()) break;
      size += some.size();
      if (size > limits::answer_ranged_bytes_max) return false;
    }
    if (range.first >= size) {
      response_.status = 416;
      response_.headers.emplace_back("content-range", "bytes */" + std::to_string(size));
      return true;
    }
    const std::uint64_t last = std::min(range.last.value_or(size - 1), size - 1);
    response_.status = 206;
    response_.headers.emplace_back("content-range", "bytes " + std::to_string(range.first) + "-" +
                                                        std::to_string(last) + "/" +
                                                        std::to_string(size));
    ENTENTE_TRY(std::unique_ptr<DataAnswer> whole, open());
    response_.source =
        std::make_unique<PartSource>(std::move(whole), range.first, last - range.first + 1);
    return true;
  }

  // What may be another the next time. Small ones are made first, so that they can be compared.
  Result<net::HttpResponse> fleeting(std::unique_ptr<DataAnswer> answer) {
    response_.headers.emplace_back("accept-ranges", "none");
    ENTENTE_TRY(const bool whole, answer->make(limits::answer_hashed_bytes_max));
    const Encoding encoded = encoding();
    if (!whole || form_.format == DataFormat::Workbook) {
      send(std::move(answer), encoded);
      return std::move(response_);
    }
    std::string body = answer->take_made();
    const std::string tag =
        "W/\"" + fingerprint_without(rest_.fingerprint_, body, prepared_) + "\"";
    response_.headers.emplace_back("etag", tag);
    if (names_tag(header_of(request_, "if-none-match"), tag)) return unchanged();
    if (encoded == Encoding::Identity || body.size() < worth_compressing) {
      response_.body = std::move(body);
    } else {
      send(std::make_unique<WholeSource>(std::move(body)), encoded);
    }
    return std::move(response_);
  }

  void send(std::unique_ptr<net::ByteSource> source, Encoding encoded) {
    if (encoded == Encoding::Identity) {
      response_.source = std::move(source);
      return;
    }
    response_.headers.emplace_back("content-encoding", token_of(encoded));
    response_.source = compressed(std::move(source), encoded);
  }

  net::HttpResponse unchanged() {
    response_.status = 304;
    std::erase_if(response_.headers, [](const auto& one) { return one.first == "content-type"; });
    return std::move(response_);
  }

  Rest& rest_;
  const policy::Subject& subject_;
  const net::HttpRequest& request_;
  const Stopped stopped_;
  const bool is_old_;
  const std::vector<std::string> languages_;
  DataRequest asked_;
  Form form_;
  bool stable_ = false;
  std::string prepared_;
  std::string mark_;
  net::HttpResponse response_;
};

Result<net::HttpResponse> Rest::data(const policy::Subject& subject,
                                     const net::HttpRequest& request, Stopped stopped) {
  return Delivery(*this, subject, request, std::move(stopped)).make();
}

}  // namespace entente::statistics
