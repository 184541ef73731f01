// What the verbs of documents and circulations share: audiences, kinds, names and times as people
// type them. One thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "client/cli/context.h"
#include "client/cli/stats_words.h"
#include "client/lib/documents.h"
#include "client/lib/own_shelf.h"
#include "entente/v1/access.pb.h"
#include "entente/v1/circulations.pb.h"
#include "entente/v1/documents.pb.h"

namespace entente::cli {

// Who is to see it, as options say it: `members`, `secretariat`, `wg-data`, `party/SWE`.
struct Recipients {
  std::vector<std::string> to;
  std::vector<std::string> but_not;
  std::string embargo;
  std::string expires;
};
void add_recipients(CLI::App& verb, const std::shared_ptr<Recipients>& recipients);
// From when, and until when: of what may have an embargo and an expiry.
void add_times(CLI::App& verb, const std::shared_ptr<Recipients>& recipients);
// Whether any were given.
[[nodiscard]] bool is_given(const Recipients& recipients);
// False, with an error said, if a time is none. A word without a slash is of the process.
[[nodiscard]] bool read_recipients(Context& context, const Recipients& recipients,
                                   const std::string& process, v1::Visibility& out);

// `members of ...` in words, and by party.
void show_readers(const v1::Reckoning& reckoning);
// A dry run: asks the server who would see what is sent so, says it, and sends nothing.
void tell_beforehand(Context& context, const v1::Visibility& visibility,
                     const std::string& process);

// `BACKGROUND_PAPER` of `background-paper`, and back.
[[nodiscard]] std::string enum_word(std::string text);
[[nodiscard]] std::string typed_word(std::string name);
[[nodiscard]] std::vector<std::string> document_kinds();

[[nodiscard]] std::string minute_of(const google::protobuf::Timestamp& time);

// `en=A title` or, without a language, in `language`.
void read_text(const std::vector<std::string>& given, const std::string& language, v1::Text& out);

void show_document(const v1::Document& document);

// Whether whoever sits there says yes. `yes`: it was said on the command line.
[[nodiscard]] bool is_agreed(const std::string& question, bool yes);

// --- silences that end with a text ---

// `--lapse-silence`: whoever ends a silence is told so before, and says that it may.
void add_lapse(CLI::App& verb, bool& lapse);
// Of a document's silences those that another text in this language ends.
[[nodiscard]] std::vector<v1::Document::Silence> silences_on(const v1::Document& document,
                                                             const std::string& language);
// Tells of each that `what` ends it ("another text").
void tell_of_lapse(const std::vector<v1::Document::Silence>& silences, const std::string& what);
// Does so, and asks, unless `lapse` was said. False, with exit code 1: nobody says yes.
[[nodiscard]] bool may_lapse(Context& context, const std::vector<v1::Document::Silence>& silences,
                             const std::string& what, bool lapse);
// The same of all silences of a document, which is asked for first. False, with the error said, if
// it cannot be.
[[nodiscard]] bool may_lapse_all(Context& context, const std::string& document,
                                 const std::string& what, bool lapse);

// --- confidential documents (seal_verbs.cc) ---

// As `upload`, sealed; `without`: offices that are left out.
void run_seal(Context& context, const client::DocumentFile& file,
              const std::vector<std::string>& without, bool yes, bool dry_run);
// As `get`: opens it into `out`.
void run_open(Context& context, const v1::Document& document, const std::string& language,
              const std::string& out);
// Where this client keeps what it has opened, to search it, with the office keys of the profile in
// use; it may have none.
[[nodiscard]] Result<client::OwnShelf> own_shelf(Context& context);
void add_share(CLI::App& group, Context& context);
void add_narrow(CLI::App& group, Context& context);

// `entente consent` (consent_verbs.cc).
void add_consent_verbs(CLI::App& app, Context& context);

}  // namespace entente::cli
