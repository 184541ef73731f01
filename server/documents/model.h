// Documents and circulations as values: names, rules, what a reader of each kind is shown. Pure;
// any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "entente/v1/circulations.pb.h"
#include "entente/v1/documents.pb.h"
#include "proto/contract/clock.h"
#include "proto/contract/status.h"
#include "proto/contract/timestamp.h"
#include "server/documents/record.pb.h"
#include "server/policy/guarded.h"
#include "server/policy/policy.h"
#include "server/store/key.h"

namespace entente::documents {

// --- names ---

// `documents/<32 hexadecimal digits>`
[[nodiscard]] std::string document_name(const store::Id& id);
[[nodiscard]] std::string circulation_name(const store::Id& id);
// `documents/<...>/readings/3`
[[nodiscard]] std::string reading_name(const store::Id& id, std::uint64_t number);

// `documents/<...>/envelopes/3`
[[nodiscard]] std::string envelope_name(const store::Id& id, std::uint64_t number);

// `documents/<...>/consents/3`
[[nodiscard]] std::string consent_name(const store::Id& id, std::uint64_t number);

// A document, or one of its revisions or readings.
struct DocumentName {
  store::Id id;
  std::uint64_t revision = 0;  // 0: not named
  std::uint64_t reading = 0;
  // Whether it is the document's own: what acts on one names it so.
  [[nodiscard]] bool is_of_document() const { return revision == 0 && reading == 0; }
};
[[nodiscard]] std::optional<DocumentName> parse_document_name(std::string_view name);
[[nodiscard]] std::optional<store::Id> parse_circulation_name(std::string_view name);

// Of what is current no more: whether it was withdrawn, or destroyed.
[[nodiscard]] Status withdrawn(const v1::Document& shown);
// InvalidArgument: it has no content in the language that was asked for; in which it has, is said.
[[nodiscard]] Status not_in_language(const v1::Document& shown);

// --- rules; InvalidArgument (FieldInvalid) names the field ---

// What a caller says of a new document, or of its next revision.
[[nodiscard]] Status check_document(const v1::Document& document);
// What a caller says of a content that is to come.
[[nodiscard]] Status check_content(const v1::Content& content);
// The same of what is sealed: it says nothing of what it is.
[[nodiscard]] Status check_sealed_content(const v1::Content& content);
[[nodiscard]] bool is_sealed(const v1::Document& document);
// The day that a document stands under in time: the first of its own date, or that of its coming.
[[nodiscard]] Instant day_of(const v1::Document& document);
[[nodiscard]] Status check_text(const std::string& field, const v1::Text& text);
// Who is told what others did with what stands under `audience`: the secretariat of its process
// where that is named there, and the party of who brought it where that takes part in the process
// as a whole, not by its host's staff alone.
[[nodiscard]] policy::Audience keepers_of(const policy::Subject& subject,
                                          const policy::Audience& audience,
                                          const std::string& process);
// The guard that a visibility makes, but for its audience's number.
[[nodiscard]] Result<policy::Guard> guard_from(const v1::Visibility& visibility,
                                               const std::string& party,
                                               const std::string& process);
// For how long a kind is kept, in days; nothing: for good.
[[nodiscard]] std::optional<std::uint32_t> retention_days(v1::Document::Kind kind);

// --- guards ---

[[nodiscard]] policy::Guard guard_of(const record::Guard& row);
[[nodiscard]] record::Guard to_record(const policy::Guard& guard);
// Whose an entry of the ledger is that is made at `now`: out of time, under an embargo or expired,
// the keepers'.
[[nodiscard]] std::uint32_t entry_audience(const record::Guard& guard, std::uint32_t keepers,
                                           Instant now);

// --- silence ---

// When silence adopts it, or has; nothing: not asked for, broken, lapsed, or recalled before.
[[nodiscard]] std::optional<Instant> silence_adopts_at(const record::Circulation& row);
// What is entered of it: at the deadline itself it is still to be decided (hours.h).
[[nodiscard]] v1::Circulation::Outcome outcome_of(const record::Circulation& row);
// What is sent of a document: its texts, as they are.
[[nodiscard]] v1::SentDocument as_sent(const v1::Document& document);
// Whether the document still holds each of its texts in `sent`, byte for byte. What it has got
// beside them, in another language, was not sent. Another document holds whatever there is of it.
using Sent = google::protobuf::RepeatedPtrField<v1::SentDocument>;
[[nodiscard]] bool holds(const v1::Document& document, const Sent& sent);
// What the ledger has of it (docs/documents.md); nothing where nothing is to be adopted.
[[nodiscard]] std::string digest_of_sent(const record::Circulation& row);
// Whether a silence that ends at `deadline` has nothing left of this document to adopt: it has gone
// or expired by then, or stands under an embargo until then, so that nobody could break the
// silence.
[[nodiscard]] bool is_gone(const record::Document& document, Instant deadline);

// --- what is shown ---

// As the subject may see it: of what was withdrawn only its originator sees title and content.
[[nodiscard]] v1::Document to_wire(const policy::Opened<record::Document>& document,
                                   const policy::Subject& subject);
// Whether the subject gets content of it at all: it is there, and not withdrawn from them.
[[nodiscard]] bool gives_content(const record::Document& document, const policy::Subject& subject);
// Which of its contents: of this language, or (empty) the original.
[[nodiscard]] std::optional<std::size_t> content_in(const record::Document& document,
                                                    std::string_view language);
// What stands on a copy: who has it, from when, which number.
[[nodiscard]] std::string mark_of(const record::Document& document, const record::Reading& reading,
                                  std::string_view latin_name);

}  // namespace entente::documents
