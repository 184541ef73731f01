// The searcher's answers: each of the five lines, without a record, for a search changes nothing.
#include <algorithm>
#include <cmath>

#include "proto/contract/limits.h"
#include "proto/contract/limits_search.h"
#include "proto/words/passage.h"
#include "server/documents/search/searcher.h"

namespace entente::documents::search {
namespace {

using By = v1::SearchReply::Facet;
using FoundObject = v1::SearchReply::Found;

constexpr std::uint32_t kBefore = 6;  // words of a passage before what fits

// The first instant of a day.
Result<std::int64_t> micros_of(const char* field, const std::string& day) {
  const auto instant = parse_rfc3339(day + "T00:00:00Z");
  if (!instant) return invalid_argument(field, "must be a day: YYYY-MM-DD");
  return to_micros(*instant);
}

FoundObject to_wire(const policy::Opened<Entry>& entry) { return entry->shown; }

void add_facets(const std::map<std::string, std::uint64_t>& labels, v1::SearchReply& reply) {
  for (const By::By by : {By::PROCESS, By::KIND, By::TOPIC, By::YEAR, By::LANGUAGE, By::COUNTRY}) {
    const std::string prefix = label(by, "");
    std::vector<std::pair<std::string, std::uint64_t>> counts;
    for (auto at = labels.lower_bound(prefix); at != labels.end() && at->first.starts_with(prefix);
         ++at) {
      counts.emplace_back(at->first.substr(prefix.size()), at->second);
    }
    std::stable_sort(counts.begin(), counts.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    if (counts.size() > limits::search_facet_values_max) {
      counts.resize(limits::search_facet_values_max);
    }
    if (counts.empty()) continue;
    By& facet = *reply.add_facets();
    facet.set_by(by);
    for (const auto& [value, count] : counts) {
      auto& one = *facet.add_counts();
      one.set_value(value);
      one.set_count(count);
    }
  }
}

}  // namespace

Result<Wanted> Searcher::wanted_of(const v1::SearchRequest& message) const {
  Wanted wanted;
  {
    const std::lock_guard lock(stems_mutex_);
    if (stems_.is_full()) stems_.forget();
    ENTENTE_TRY(wanted.clauses, parse_query(message.query(), stems_));
  }
  if (message.skip() > limits::search_skip_max) {
    return invalid_argument("skip", "must be at most 10000: narrow the search");
  }
  const auto need = [&](By::By by, const std::string& value) {
    if (!value.empty()) wanted.labels.push_back(label(by, value));
  };
  need(By::PROCESS, message.process());
  need(By::TOPIC, message.topic());
  need(By::COUNTRY, message.country());
  need(By::LANGUAGE, message.language());
  if (message.kind() != v1::Document::KIND_UNSPECIFIED) {
    need(By::KIND, v1::Document::Kind_IsValid(message.kind())
                       ? v1::Document::Kind_Name(message.kind())
                       : "?");
  }
  if (message.meetings()) {
    if (message.kind() != v1::Document::KIND_UNSPECIFIED) {
      return invalid_argument("meetings", "are no documents of a kind: give one of the two");
    }
    need(By::KIND, "MEETING");
  }
  if (!message.originator().empty()) {
    wanted.labels.push_back(std::string(originator_label) + message.originator());
  }
  if (!message.since().empty()) {
    ENTENTE_TRY(wanted.since_us, micros_of("since", message.since()));
  }
  if (!message.until().empty()) {
    ENTENTE_TRY(wanted.until_us, micros_of("until", message.until()));
  }
  wanted.skip = message.skip();
  wanted.size = message.page_size() == 0
                    ? static_cast<std::uint32_t>(limits::page_size_default)
                    : std::min<std::uint32_t>(message.page_size(), limits::page_size_max);
  return wanted;
}

void Searcher::add_found(const policy::Subject& subject, const Answer& answer,
                         const std::vector<Clause>& clauses, store::Snapshot& snapshot,
                         v1::SearchReply& reply) const {
  for (const Hit& hit : answer.hits) {
    const Source* source = source_of(hit.name);
    Result<std::optional<Entry>> entry = source->find(snapshot, hit.name);
    if (!entry.ok() || !*entry) continue;  // it went since the index was asked
    // A copy that is made first: arguments have no order, and the entry goes with its guard.
    policy::Guard guard = (*entry)->guard;
    const policy::Guarded<Entry> guarded(std::move(guard), *std::move(*entry));
    const policy::Decision decision =
        policy::decide(subject, policy::Action::Read, guarded.guard(), parts_.clock.now());
    if (!decision.permits()) continue;
    const policy::Opened<Entry> open = guarded.open(decision);
    FoundObject& found = *reply.add_found();
    found = to_wire(open);
    if (answer.best > 0) {
      found.set_percent(static_cast<std::uint32_t>(std::lround(100 * hit.weight / answer.best)));
    }
    const words::Passages passages(clauses);
    const std::lock_guard lock(stems_mutex_);
    if (hit.place && open->quotable) {
      const std::uint32_t first = hit.place->word - std::min(hit.place->word, kBefore);
      const Result<Said> said = source->text_from(snapshot, hit.name, hit.place->text, first);
      if (said.ok()) passages.mark(*said, first == 0, stems_, *found.mutable_passage());
    } else {
      // A receipt stands between a reader and the text: what is told of it without is quoted.
      passages.mark_best(open->words, stems_, found);
    }
  }
}

// Each word that stands nowhere in what the caller may see, by the one that is written most like
// it.
void Searcher::add_suggestion(const Index::Sees& sees, const Wanted& wanted,
                              v1::SearchReply& reply) const {
  std::string suggestion;
  bool other = false;
  for (const Clause& clause : wanted.clauses) {
    for (const Phrase& phrase : clause.any_of) {
      for (const Term& term : phrase) {
        Wanted alone;
        alone.clauses = {{.any_of = {{term}}}};
        std::string word = term.said;
        if (!clause.must_not && index_.search(sees, alone).total == 0) {
          word = index_.nearest(sees, term.said);
          if (word.empty()) return;
          other = true;
        }
        if (!suggestion.empty()) suggestion += ' ';
        if (clause.must_not) suggestion += '-';
        suggestion += word;
      }
    }
  }
  if (other) reply.add_suggestions(suggestion);
}

Result<v1::SearchReply> Searcher::search(const policy::Subject& subject,
                                         const v1::SearchRequest& message,
                                         store::Snapshot& snapshot) const {
  ENTENTE_TRY(const Wanted wanted, wanted_of(message));  // validate
  const Instant now = parts_.clock.now();
  const Index::Sees sees = [&](const policy::Guard& guard) {  // decide, of whole sections
    return policy::decide(subject, policy::Action::Read, guard, now).permits();
  };
  const Answer answer = index_.search(sees, wanted);
  v1::SearchReply reply;
  reply.set_total(answer.total);
  add_facets(answer.labels, reply);
  add_found(subject, answer, wanted.clauses, snapshot, reply);  // and again, of each object
  if (answer.total == 0) add_suggestion(sees, wanted, reply);
  const std::lock_guard lock(mutex_);
  reply.set_building(building_);
  return reply;
}

Result<v1::TextState> Searcher::get_text_state(const policy::Subject& subject,
                                               const v1::GetTextStateRequest& message,
                                               store::Snapshot& snapshot) const {
  using Of = v1::TextState::Of;
  const auto name = parse_document_name(message.name());
  if (!name || name->revision != 0 || name->reading != 0) return not_found(message.name());
  ENTENTE_TRY(const auto found, parts_.rows.find(snapshot, name->id));
  const policy::Guard guard = found ? found->guard() : policy::Guard();
  const policy::Decision decision =
      policy::decide(subject, policy::Action::Read, guard, parts_.clock.now());
  if (!decision.permits()) return not_found(message.name());
  const auto document = found->open(decision);
  v1::TextState state;
  for (int n = 0; gives_content(*document, subject) && n < document->contents_size(); ++n) {
    Of& of = *state.add_contents();
    of.set_language(document->shown().contents(n).language());
    ENTENTE_TRY(const auto text,
                texts_.find(snapshot, store::Id::from(document->contents(n).id())));
    if (guard.handling == policy::Handling::Confidential) {
      of.set_state(Of::NOT_READ);
      of.set_because("it is sealed for its readers: the server cannot read it");
    } else if (document->shown().state() != v1::Document::CURRENT) {
      of.set_state(Of::NOT_READ);
      of.set_because("it was withdrawn");
    } else if (!text) {
      of.set_state(Of::WAITING);
    } else {
      of.set_because(why_not(*text));
      of.set_state(text->pieces() != 0 ? Of::READ : Of::NONE);
      of.set_characters(text->characters());
      of.set_cut(text->cut());
    }
  }
  return state;
}

}  // namespace entente::documents::search
