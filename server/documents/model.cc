#include "server/documents/model.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "proto/contract/bytes.h"
#include "proto/contract/digest.h"
#include "proto/contract/file_name.h"
#include "proto/contract/limits.h"
#include "proto/contract/limits_documents.h"
#include "proto/contract/text.h"

namespace entente::documents {
namespace {

constexpr std::string_view kDocuments = "documents/";
constexpr std::string_view kCirculations = "circulations/";
constexpr std::size_t kIdDigits = 32;

std::optional<store::Id> parse_id(std::string_view digits) {
  const bool lower =
      std::none_of(digits.begin(), digits.end(), [](char c) { return c >= 'A' && c <= 'F'; });
  if (digits.size() != kIdDigits || !lower) return std::nullopt;
  const std::optional<std::string> bytes = from_hex(digits);
  if (!bytes) return std::nullopt;
  return store::Id::from(*bytes);
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  if (!whole || number == 0 || text.front() == '0') return std::nullopt;
  return number;
}

bool is_media_type(std::string_view type) {
  const auto slash = type.find('/');
  return slash != type.npos && slash != 0 && slash + 1 < type.size() &&
         type.size() <= limits::media_type_bytes_max &&
         std::all_of(type.begin(), type.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  std::string_view("/.+-_").find(c) != std::string_view::npos;
         });
}

Status check_labels(const v1::Document& document) {
  if (static_cast<std::size_t>(document.topics_size()) > limits::document_labels_max) {
    return invalid_argument("document.topics", "are too many");
  }
  for (const std::string& topic : document.topics()) {
    if (topic.empty() || topic.size() > 128 || !is_plain(topic)) {
      return invalid_argument("document.topics", "must each be 1 to 128 bytes of plain text");
    }
  }
  if (static_cast<std::size_t>(document.countries_size()) > limits::document_labels_max) {
    return invalid_argument("document.countries", "are too many");
  }
  for (const std::string& code : document.countries()) {
    const bool alpha3 = code.size() == 3 && std::all_of(code.begin(), code.end(), [](char c) {
                          return c >= 'A' && c <= 'Z';
                        });
    if (!alpha3) return invalid_argument("document.countries", "must be ISO 3166-1 alpha-3");
  }
  return {};
}

// The first moment of `2001-06-14`, `2001-06` or `2001`; nothing if it is none of these.
std::optional<Instant> first_of(std::string_view date) {
  constexpr std::string_view year = "0001-01-01";
  constexpr std::string_view shape = "dddd-dd-dd";
  const bool whole = date.size() == 4 || date.size() == 7 || date.size() == shape.size();
  for (std::size_t i = 0; whole && i < date.size(); ++i) {
    const bool digit = date[i] >= '0' && date[i] <= '9';
    if (shape[i] == '-' ? date[i] != '-' : !digit) return std::nullopt;
  }
  if (!whole) return std::nullopt;
  return parse_rfc3339(std::string(date) + std::string(year.substr(date.size())) + "T00:00:00Z");
}

}  // namespace

std::string document_name(const store::Id& id) {
  return std::string(kDocuments) + to_hex(id.view());
}
std::string circulation_name(const store::Id& id) {
  return std::string(kCirculations) + to_hex(id.view());
}
std::string reading_name(const store::Id& id, std::uint64_t number) {
  return document_name(id) + "/readings/" + std::to_string(number);
}

std::string consent_name(const store::Id& id, std::uint64_t number) {
  return document_name(id) + "/consents/" + std::to_string(number);
}

std::string envelope_name(const store::Id& id, std::uint64_t number) {
  return document_name(id) + "/envelopes/" + std::to_string(number);
}

std::optional<DocumentName> parse_document_name(std::string_view name) {
  if (!name.starts_with(kDocuments)) return std::nullopt;
  name.remove_prefix(kDocuments.size());
  const std::string_view digits = name.substr(0, std::min(name.find('/'), name.size()));
  const std::optional<store::Id> id = parse_id(digits);
  if (!id) return std::nullopt;
  name.remove_prefix(digits.size());
  DocumentName parsed{.id = *id};
  if (name.empty()) return parsed;
  for (const auto& [word, number] :
       {std::pair("/revisions/", &parsed.revision), std::pair("/readings/", &parsed.reading)}) {
    const std::string_view prefix(word);
    if (!name.starts_with(prefix)) continue;
    const auto found = parse_number(name.substr(prefix.size()));
    if (!found) return std::nullopt;
    *number = *found;
    return parsed;
  }
  return std::nullopt;
}

std::optional<store::Id> parse_circulation_name(std::string_view name) {
  if (!name.starts_with(kCirculations)) return std::nullopt;
  return parse_id(name.substr(kCirculations.size()));
}

Status withdrawn(const v1::Document& shown) {
  return {Code::FailedPrecondition, Reason::None,
          shown.state() == v1::Document::DESTROYED ? "it was destroyed"
                                                   : "it was withdrawn by its originator"};
}

Status not_in_language(const v1::Document& shown) {
  std::string there;
  for (const v1::Content& one : shown.contents())
    there += (there.empty() ? "`" : ", `") + one.language() + "`";
  return invalid_argument("language", "is none of the document's, which are " + there);
}

Status check_text(const std::string& field, const v1::Text& text) {
  if (static_cast<std::size_t>(text.by_language_size()) > limits::languages_max) {
    return invalid_argument(field, "has too many languages");
  }
  for (const auto& [language, words] : text.by_language()) {
    if (!is_language_tag(language))
      return invalid_argument(field, "has a language that is no BCP 47 tag");
    if (words.size() > limits::text_bytes_max) return invalid_argument(field, "is too long");
    if (!is_plain_lines(words)) {
      return invalid_argument(field, "has characters that steer a terminal or turn a line round");
    }
  }
  return {};
}

Status check_document(const v1::Document& document) {
  if (!v1::Document::Kind_IsValid(document.kind()) ||
      document.kind() == v1::Document::KIND_UNSPECIFIED) {
    return invalid_argument("document.kind", "must be one of the kinds");
  }
  const bool says = !document.title().by_language().empty();
  if (is_sealed(document)) {
    // Words in clear beside what is sealed would be the host's to read.
    if (says || !document.abstract().by_language().empty() || document.topics_size() != 0 ||
        document.countries_size() != 0 || !document.date().empty()) {
      return invalid_argument("document.title",
                              "abstract, date, topics and countries of a confidential document are "
                              "sealed with it, and not said here");
    }
  } else if (!says) {
    return invalid_argument("document.title", "must be given in one language at least");
  }
  ENTENTE_TRY_VOID(check_text("document.title", document.title()));
  ENTENTE_TRY_VOID(check_text("document.abstract", document.abstract()));
  ENTENTE_TRY_VOID(check_labels(document));
  if (!document.date().empty() && !first_of(document.date())) {
    return invalid_argument("document.date",
                            "must be a day, a month or a year such as 2001-06-14, "
                            "2001-06 or 2001");
  }
  if (!policy::id_in(document.process(), "processes/")) {
    return invalid_argument("document.process", "must be like `processes/igc`");
  }
  if (!document.body().empty() &&
      !policy::id_in(document.body(), document.process() + "/bodies/")) {
    return invalid_argument("document.body", "must be a body of the process");
  }
  if (!document.meeting().empty() && !policy::id_in(document.meeting(), "meetings/")) {
    return invalid_argument("document.meeting", "must be like `meetings/<id>`");
  }
  return {};
}

Instant day_of(const v1::Document& document) {
  return first_of(document.date()).value_or(instant_of(document.created_at()));
}

Status check_content(const v1::Content& content) {
  if (!is_language_tag(content.language())) {
    return invalid_argument("content.language", "must be a BCP 47 tag such as `en`");
  }
  const std::string& name = content.file_name();
  if (name.empty() || name.size() > limits::file_name_bytes_max || harmless_name(name) != name) {
    return invalid_argument("content.file_name",
                            "must be 1 to 255 bytes, without a path, without characters that steer "
                            "a terminal or turn a line round, and must not begin with `.`, `-`, "
                            "`~` or a blank");
  }
  if (!is_media_type(content.media_type())) {
    return invalid_argument("content.media_type", "must be like `application/pdf`");
  }
  if (content.bytes() == 0 || content.bytes() > limits::content_bytes_max) {
    return invalid_argument("content.bytes", "must be 1 byte to 4 GiB");
  }
  if (!v1::Content::Status_IsValid(content.status())) {
    return invalid_argument("content.status", "must be one of the statuses");
  }
  return {};
}

bool is_sealed(const v1::Document& document) {
  return document.visibility().handling() == v1::HANDLING_CONFIDENTIAL;
}

Status check_sealed_content(const v1::Content& content) {
  if (content.file_name() == "sealed" && content.media_type() == "application/octet-stream") {
    return {};
  }
  return invalid_argument("content.file_name",
                          "of a confidential document is `sealed`, of `application/octet-stream`: "
                          "name and type are in its envelope");
}

policy::Audience keepers_of(const policy::Subject& subject, const policy::Audience& audience,
                            const std::string& process) {
  using Kind = policy::Principal::Kind;
  policy::Audience keepers;
  // From one that is not in the audience it is hidden, and so is what is done with it.
  const auto secretariat = policy::Principal::make(Kind::Secretariat, process);
  if (policy::belongs({secretariat}, audience)) keepers.any_of.insert(secretariat);
  for (const Kind standing : {Kind::Members, Kind::Observers, Kind::Partners}) {
    if (subject.principals.count(policy::Principal::make(standing, process)) != 0) {
      keepers.any_of.insert(policy::Principal::make(Kind::Party, subject.party));
    }
  }
  return keepers;
}

Result<policy::Guard> guard_from(const v1::Visibility& visibility, const std::string& party,
                                 const std::string& process) {
  const int handling = static_cast<int>(visibility.handling());
  if (handling < v1::HANDLING_OPEN || handling > v1::HANDLING_CONFIDENTIAL) {
    return invalid_argument("visibility.handling", "must be one of the handlings");
  }
  policy::Guard guard;
  guard.handling = static_cast<policy::Handling>(handling);
  guard.originator = party;
  guard.process = process;
  if (visibility.has_embargo_until()) guard.embargo_until = instant_of(visibility.embargo_until());
  if (visibility.has_expires_at()) guard.expires_at = instant_of(visibility.expires_at());
  return guard;
}

std::optional<std::uint32_t> retention_days(v1::Document::Kind kind) {
  using Document = v1::Document;
  switch (kind) {
    case Document::AGENDA:
    case Document::ANNEX:
    case Document::BACKGROUND_PAPER:
      return 10 * 365;
    case Document::INTELLIGENCE_NOTE:
      return 2 * 365;
    default:
      return std::nullopt;  // The memory of the process.
  }
}

policy::Guard guard_of(const record::Guard& row) {
  policy::Guard guard;
  guard.audience = static_cast<policy::AudienceId>(row.audience());
  guard.handling = static_cast<policy::Handling>(row.handling());
  guard.originator = row.originator();
  guard.process = row.process();
  if (row.embargo_until_us() != 0) guard.embargo_until = from_micros(row.embargo_until_us());
  if (row.expires_at_us() != 0) guard.expires_at = from_micros(row.expires_at_us());
  return guard;
}

std::uint32_t entry_audience(const record::Guard& guard, std::uint32_t keepers, Instant now) {
  return policy::in_time(guard_of(guard), now) ? guard.audience() : keepers;
}

record::Guard to_record(const policy::Guard& guard) {
  record::Guard row;
  row.set_audience(static_cast<std::uint32_t>(guard.audience));
  row.set_handling(static_cast<std::uint32_t>(guard.handling));
  row.set_originator(guard.originator);
  row.set_process(guard.process);
  if (guard.embargo_until) row.set_embargo_until_us(to_micros(*guard.embargo_until));
  if (guard.expires_at) row.set_expires_at_us(to_micros(*guard.expires_at));
  return row;
}

std::optional<Instant> silence_adopts_at(const record::Circulation& row) {
  const v1::Circulation& shown = row.shown();
  if (shown.ask() != v1::Circulation::APPROVAL_BY_SILENCE) return {};
  if (row.silence_broken() || row.lapsed()) return {};
  const Instant deadline = instant_of(shown.deadline());
  if (shown.has_recalled_at() && instant_of(shown.recalled_at()) < deadline) return {};
  return deadline;
}

v1::Circulation::Outcome outcome_of(const record::Circulation& row) {
  if (row.silence_broken()) return v1::Circulation::SILENCE_BROKEN;
  if (row.lapsed()) return v1::Circulation::LAPSED;
  if (row.adopted()) return v1::Circulation::ADOPTED;
  return silence_adopts_at(row) ? v1::Circulation::PENDING : v1::Circulation::OUTCOME_UNSPECIFIED;
}

v1::SentDocument as_sent(const v1::Document& document) {
  v1::SentDocument sent;
  sent.set_name(document.name() + "/revisions/" + std::to_string(document.revision()));
  for (const v1::Content& content : document.contents()) {
    v1::SentDocument::Text& text = *sent.add_texts();
    text.set_language(content.language());
    text.set_sha256(content.sha256());
  }
  return sent;
}

bool holds(const v1::Document& document, const Sent& sent) {
  const auto holds_text = [&](const v1::SentDocument::Text& text) {
    const auto is_it = [&](const v1::Content& content) {
      return content.language() == text.language() && content.sha256() == text.sha256();
    };
    return std::any_of(document.contents().begin(), document.contents().end(), is_it);
  };
  for (const v1::SentDocument& one : sent) {
    const bool of_it = one.name().starts_with(document.name() + "/");
    if (of_it && !std::all_of(one.texts().begin(), one.texts().end(), holds_text)) return false;
  }
  return true;
}

std::string digest_of_sent(const record::Circulation& row) {
  if (row.sent().empty()) return {};
  std::string all = "entente-silence/1\n" + to_hex(row.sent_salt()) + "\n";
  for (const v1::SentDocument& one : row.sent()) {
    all += one.name() + "\n";
    for (const v1::SentDocument::Text& text : one.texts()) {
      all += text.language() + " " + to_hex(text.sha256()) + "\n";
    }
  }
  return std::string(as_view(sha256(all)));
}

bool is_gone(const record::Document& document, Instant deadline) {
  const std::int64_t expires = document.guard().expires_at_us();
  return document.shown().state() != v1::Document::CURRENT ||
         (expires != 0 && expires <= to_micros(deadline)) ||
         document.guard().embargo_until_us() >= to_micros(deadline);
}

bool gives_content(const record::Document& document, const policy::Subject& subject) {
  const v1::Document& shown = document.shown();
  if (shown.state() == v1::Document::CURRENT) return true;
  return shown.state() == v1::Document::WITHDRAWN && subject.party == document.guard().originator();
}

v1::Document to_wire(const policy::Opened<record::Document>& document,
                     const policy::Subject& subject) {
  v1::Document wire = document->shown();
  if (gives_content(*document, subject)) return wire;
  wire.clear_title();
  wire.clear_abstract();
  wire.clear_topics();
  wire.clear_countries();
  wire.clear_date();
  wire.clear_contents();
  return wire;
}

std::optional<std::size_t> content_in(const record::Document& document, std::string_view language) {
  const auto& contents = document.shown().contents();
  for (int i = 0; i < contents.size(); ++i) {
    const bool fits = language.empty() ? contents[i].status() == v1::Content::ORIGINAL
                                       : contents[i].language() == language;
    if (fits) return static_cast<std::size_t>(i);
  }
  if (language.empty() && !contents.empty()) return 0;
  return std::nullopt;
}

std::string mark_of(const record::Document& document, const record::Reading& reading,
                    std::string_view latin_name) {
  const std::string account = reading.account().substr(reading.account().rfind('/') + 1);
  const bool restricted =
      document.guard().handling() == static_cast<std::uint32_t>(policy::Handling::Restricted);
  std::string mark = restricted ? "RESTRICTED" : "FOR THE READER ONLY";
  mark += " - copy " + std::to_string(reading.number()) + " of " +
          to_hex(document.id()).substr(0, 8) + " - for ";
  mark += latin_name.empty() ? account : std::string(latin_name) + " (" + account + ")";
  return mark + ", " + reading.party() + " - " +
         to_rfc3339(
             std::chrono::floor<std::chrono::seconds>(from_micros(reading.recorded_at_us())));
}

}  // namespace entente::documents
