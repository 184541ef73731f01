#include "client/lib/own_search.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "client/lib/own_text.h"
#include "client/lib/sealing.h"
#include "entente/v1/documents.pb.h"
#include "proto/contract/clock.h"
#include "proto/contract/limits.h"
#include "proto/contract/limits_search.h"
#include "proto/contract/timestamp.h"
#include "proto/words/passage.h"
#include "proto/words/query.h"

namespace entente::client {
namespace {

using words::Clause;
using words::Said;
using words::Stems;

constexpr double kInTitle = 5;      // what a word of a title weighs against one of a text
constexpr double kEnough = 1.2;     // words after which more of the same add little
constexpr std::size_t kBefore = 6;  // words of a passage before what fits

// --- what fits ---

// Some words as the terms that they are found by.
struct Field {
  Said said;
  bool is_title = false;
  std::vector<std::string> terms;
  std::vector<std::size_t> begins;  // of each word, in bytes
};

std::vector<Field> fields_of(const OwnText& one, Stems& stems) {
  std::vector<Field> fields;
  const auto add = [&](const std::string& language, const std::string& text, bool is_title) {
    Field field{.said = {language, text}, .is_title = is_title, .terms = {}, .begins = {}};
    words::each_word(text, [&](const words::Word& word) {
      field.terms.emplace_back(stems.of(word.text, language));
      field.begins.push_back(word.begin);
      return field.terms.size() < limits::index_words_max;
    });
    fields.push_back(std::move(field));
  };
  for (const auto* text : {&one.manifest.title(), &one.manifest.abstract()}) {
    for (const auto& [language, said] : text->by_language()) add(language, said, true);
  }
  add(one.manifest.language(), one.manifest.file_name(), true);
  add(one.manifest.language(), one.text, false);
  return fields;
}

bool fits(const words::Term& wanted, const std::string& term) {
  return (!wanted.prefix.empty() && term.starts_with(wanted.prefix)) ||
         std::find(wanted.stems.begin(), wanted.stems.end(), term) != wanted.stems.end();
}

bool begins_at(const words::Phrase& phrase, const Field& field, std::size_t at) {
  if (phrase.size() > field.terms.size() - at) return false;
  for (std::size_t n = 0; n < phrase.size(); ++n) {
    if (!fits(phrase[n], field.terms[at + n])) return false;
  }
  return true;
}

// How much of a clause stands in the fields.
double weight_of(const Clause& clause, const std::vector<Field>& fields) {
  double weight = 0;
  for (const Field& field : fields) {
    for (std::size_t at = 0; at < field.terms.size(); ++at) {
      for (const words::Phrase& phrase : clause.any_of) {
        if (begins_at(phrase, field, at)) weight += field.is_title ? kInTitle : 1;
      }
    }
  }
  return weight;
}

class Weighing {
 public:
  explicit Weighing(std::vector<Clause> clauses) : clauses_(std::move(clauses)) {}

  std::vector<double> weigh(const std::vector<OwnText>& texts) {
    std::vector<std::vector<double>> found;  // by text and clause
    std::vector<double> in_how_many(clauses_.size());
    for (const OwnText& one : texts) {
      if (stems_.is_full()) stems_.forget();
      const std::vector<Field> fields = fields_of(one, stems_);
      std::vector<double> weights;
      for (std::size_t n = 0; n < clauses_.size(); ++n) {
        weights.push_back(weight_of(clauses_[n], fields));
        if (weights.back() > 0) ++in_how_many[n];
      }
      found.push_back(std::move(weights));
    }
    std::vector<double> out;
    for (const std::vector<double>& weights : found) {
      double all = clauses_.empty() ? 1 : 0;
      bool holds = true;
      for (std::size_t n = 0; n < clauses_.size(); ++n) {
        holds = holds && clauses_[n].must_not == (weights[n] == 0);
        if (clauses_[n].must_not || weights[n] == 0) continue;
        const double rare = std::log(1 + static_cast<double>(texts.size()) / in_how_many[n]);
        all += rare * weights[n] / (weights[n] + kEnough);
      }
      // What is only asked not to be there is not there: that is as good as any.
      const bool nothing_asked = std::all_of(clauses_.begin(), clauses_.end(),
                                             [](const Clause& one) { return one.must_not; });
      out.push_back(!holds ? 0 : nothing_asked ? 1 : all);
    }
    return out;
  }

  // Where it fits best, marked.
  void quote(const OwnText& one, v1::SearchReply::Found& found) {
    const words::Passages passages(clauses_);
    std::vector<Said> texts;
    for (const Field& field : fields_of(one, stems_)) {
      std::size_t first = 0;
      while (first < field.terms.size() &&
             std::none_of(clauses_.begin(), clauses_.end(), [&](const Clause& clause) {
               return std::any_of(
                   clause.any_of.begin(), clause.any_of.end(),
                   [&](const words::Phrase& phrase) { return begins_at(phrase, field, first); });
             })) {
        ++first;
      }
      if (first == field.terms.size()) continue;
      Said said = field.said;
      said.text.erase(0, field.begins[first - std::min(first, kBefore)]);
      texts.push_back(std::move(said));
    }
    passages.mark_best(texts, stems_, found);
  }

 private:
  std::vector<Clause> clauses_;
  Stems stems_;
};

Result<std::vector<Clause>> clauses_of(const std::string& query) {
  Stems stems;
  return words::parse_query(query, stems);
}

// --- what there is ---

using Day = google::protobuf::Timestamp;

Day day_of(const v1::Document& document) {
  if (document.date().empty()) return document.created_at();
  std::string day = document.date() + std::string("-01-01").substr(document.date().size() - 4);
  Day out;
  if (const auto at = parse_rfc3339(day + "T00:00:00Z")) set_time(out, *at);
  return out;
}

std::string day_text(const Day& day) {
  return to_rfc3339(Instant(std::chrono::seconds(day.seconds()))).substr(0, 10);
}

// What no manifest says, and the server was told: topics and countries are of nothing sealed.
bool passes(const v1::SearchRequest& asked, const v1::Document& document,
            const v1::Content& content) {
  const std::string day = day_text(day_of(document));
  return !asked.meetings() && asked.topic().empty() && asked.country().empty() &&
         (asked.process().empty() || asked.process() == document.process()) &&
         (asked.originator().empty() || asked.originator() == document.originator()) &&
         (asked.language().empty() || asked.language() == content.language()) &&
         (asked.kind() == v1::Document::KIND_UNSPECIFIED || asked.kind() == document.kind()) &&
         (asked.since().empty() || asked.since() <= day) &&
         (asked.until().empty() || day < asked.until());
}

// One content of a document that is sealed and still to be read.
struct Sealed {
  v1::Document document;
  v1::Content content;
};
Result<std::vector<Sealed>> list_sealed(Client& client) {
  std::vector<Sealed> all;
  v1::ListDocumentsRequest request;
  request.set_page_size(limits::page_size_max);
  do {
    ENTENTE_TRY(const auto reply, client.call<v1::ListDocumentsReply>(
                                      "entente.v1.DocumentService.ListDocuments", request));
    for (const v1::Document& one : reply.documents()) {
      if (one.visibility().handling() != v1::HANDLING_CONFIDENTIAL ||
          one.state() != v1::Document::CURRENT) {
        continue;
      }
      for (const v1::Content& content : one.contents()) {
        all.push_back({.document = one, .content = content});
      }
    }
    request.set_page_token(reply.next_page_token());
  } while (!request.page_token().empty());
  return all;
}

Result<OwnText> open(Client& client, const OwnShelf& shelf, const Sealed& one) {
  ENTENTE_TRY(OpenedHere opened, open_here(client, shelf.keys(), one.document, one.content,
                                           shelf.folder(), limits::own_searched_bytes_max));
  OwnText text{.manifest = std::move(opened.manifest), .text = {}};
  text.text = text_of(text.manifest, std::move(opened.content), shelf.reader());
  ENTENTE_TRY_VOID(shelf.put(text));
  return text;
}

v1::SearchReply::Found found_of(const Sealed& of, const OwnText& text) {
  v1::SearchReply::Found found;
  found.set_name(of.document.name());
  *found.mutable_document() = of.document;
  *found.mutable_title() = text.manifest.title();
  found.set_process(of.document.process());
  *found.mutable_came_at() = day_of(of.document);
  found.set_by_own_client(true);
  return found;
}

}  // namespace

Result<std::vector<double>> weigh(const std::string& query, const std::vector<OwnText>& texts) {
  ENTENTE_TRY(std::vector<Clause> clauses, clauses_of(query));
  return Weighing(std::move(clauses)).weigh(texts);
}

Result<OwnAnswer> search_own(Client& client, const OwnShelf& shelf, const v1::SearchRequest& asked,
                             bool opens) {
  ENTENTE_TRY(std::vector<Clause> clauses, clauses_of(asked.query()));
  const bool says = !clauses.empty();
  Weighing weighing(std::move(clauses));
  ENTENTE_TRY(const std::vector<Sealed> all, list_sealed(client));
  std::set<std::string> there;
  for (const Sealed& one : all) there.insert(one.content.sha256());
  shelf.keep_only(there);
  OwnAnswer answer;
  std::vector<Sealed> sealed;
  std::vector<OwnText> texts;
  for (const Sealed& one : all) {
    std::optional<OwnText> text = shelf.find(one.content.sha256());
    if (!text && opens) {
      Result<OwnText> opened = open(client, shelf, one);
      if (opened.ok()) {
        text = *std::move(opened);
      } else {
        answer.unopened.emplace_back(one.document.name(), opened.status());
      }
    }
    if (!text || text->manifest.document() != one.document.name()) {
      answer.reply.set_sealed_unopened(answer.reply.sealed_unopened() + 1);
      continue;
    }
    answer.reply.set_sealed_searched(answer.reply.sealed_searched() + 1);
    if (!passes(asked, one.document, one.content)) continue;
    sealed.push_back(one);
    texts.push_back(*std::move(text));
  }
  const std::vector<double> weights = weighing.weigh(texts);
  std::vector<std::size_t> order(texts.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return weights[a] > weights[b]; });
  for (const std::size_t n : order) {
    if (weights[n] == 0) break;
    answer.reply.set_total(answer.reply.total() + 1);
    if (static_cast<std::uint32_t>(answer.reply.found_size()) >= limits::page_size_default)
      continue;
    v1::SearchReply::Found found = found_of(sealed[n], texts[n]);
    if (says) {
      const double share = weights[n] / weights[order.front()];
      found.set_percent(static_cast<std::uint32_t>(std::lround(100 * share)));
      weighing.quote(texts[n], found);
    }
    *answer.reply.add_found() = std::move(found);
  }
  return answer;
}

v1::SearchReply merged(v1::SearchReply server, const OwnAnswer& own) {
  server.set_sealed_searched(own.reply.sealed_searched());
  server.set_sealed_unopened(own.reply.sealed_unopened());
  if (own.reply.total() == 0) return server;
  server.set_total(server.total() + own.reply.total());
  server.clear_suggestions();
  server.MergeFrom([&] {
    v1::SearchReply found;
    *found.mutable_found() = own.reply.found();
    return found;
  }());
  std::stable_sort(server.mutable_found()->begin(), server.mutable_found()->end(),
                   [](const auto& a, const auto& b) {
                     if (a.percent() != b.percent()) return a.percent() > b.percent();
                     return a.percent() == 0 && a.came_at().seconds() > b.came_at().seconds();
                   });
  return server;
}

}  // namespace entente::client
