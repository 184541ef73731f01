#include "server/documents/search/document_source.h"

#include <algorithm>

#include "proto/contract/limits_search.h"

namespace entente::documents::search {
namespace {

using By = v1::SearchReply::Facet;

void add_text(const v1::Text& text, std::vector<Said>& words) {
  for (const auto& [language, said] : text.by_language()) words.push_back({language, said});
}

std::vector<Said> words_of(const v1::Document& shown) {
  std::vector<Said> words;
  add_text(shown.title(), words);
  add_text(shown.abstract(), words);
  for (const std::string& topic : shown.topics()) words.push_back({"en", topic});
  for (const v1::Content& content : shown.contents()) {
    words.push_back({content.language(), content.file_name()});
  }
  return words;
}

std::vector<std::string> labels_of(const v1::Document& shown) {
  std::vector<std::string> labels = {
      label(By::PROCESS, shown.process()),
      label(By::KIND, v1::Document::Kind_Name(shown.kind())),
      label(By::YEAR, to_rfc3339(day_of(shown)).substr(0, 4)),
      std::string(originator_label) + shown.originator(),
  };
  const auto add = [&](By::By by, const std::string& value) {
    std::string one = label(by, value);
    if (std::find(labels.begin(), labels.end(), one) == labels.end()) {
      labels.push_back(std::move(one));
    }
  };
  for (const std::string& topic : shown.topics()) add(By::TOPIC, topic);
  for (const std::string& country : shown.countries()) add(By::COUNTRY, country);
  for (const v1::Content& content : shown.contents()) add(By::LANGUAGE, content.language());
  return labels;
}

}  // namespace

std::string label(v1::SearchReply::Facet::By by, std::string_view value) {
  return std::to_string(static_cast<int>(by)) + "/" + std::string(value);
}

std::vector<std::string> DocumentSource::touched_by(std::string_view kind,
                                                    const std::string& name) const {
  // These change nothing of what is searched, or of who may find it.
  const bool idle = kind == "documents.document.read" || kind == "documents.document.take" ||
                    kind == "documents.document.hold" || kind == "documents.document.repeat" ||
                    kind == "documents.document.share" || kind == "documents.consent.ask" ||
                    kind == "documents.embargo.end" || kind.starts_with("documents.circulation.");
  return idle ? std::vector<std::string>() : std::vector<std::string>{name};
}

Result<std::vector<std::string>> DocumentSource::names() const {
  std::vector<std::string> names;
  shelf_.each_document(std::nullopt, [&](const ShelvedDocument& one) {
    names.push_back(document_name(one.id));
    return true;
  });
  return names;
}

Result<std::optional<documents::record::Document>> DocumentSource::row(
    store::Snapshot& snapshot, std::string_view name) const {
  using Found = std::optional<documents::record::Document>;
  const auto parsed = parse_document_name(name);
  if (!parsed || !parsed->is_of_document()) return Found();
  ENTENTE_TRY(const auto bytes, snapshot.find(store::Key(documents_table).id(parsed->id)));
  documents::record::Document row;
  if (!bytes || !row.ParseFromString(*bytes)) return Found();
  // What is sealed is sealed for its readers alone; what was withdrawn has nothing to be found by.
  const bool searched = row.shown().state() == v1::Document::CURRENT &&
                        guard_of(row.guard()).handling != policy::Handling::Confidential;
  return searched ? Found(std::move(row)) : Found();
}

Result<std::optional<Entry>> DocumentSource::find(store::Snapshot& snapshot,
                                                  std::string_view name) const {
  ENTENTE_TRY(const auto row, this->row(snapshot, name));
  if (!row) return std::optional<Entry>();
  Entry entry;
  entry.guard = guard_of(row->guard());
  const v1::Document& shown = row->shown();
  entry.words = words_of(shown);
  entry.labels = labels_of(shown);
  entry.quotable = !policy::leaves_receipt(entry.guard.handling);
  entry.shown.set_name(shown.name());
  *entry.shown.mutable_title() = shown.title();
  entry.shown.set_process(shown.process());
  set_time(*entry.shown.mutable_came_at(), day_of(shown));
  *entry.shown.mutable_document() = shown;
  return std::optional(std::move(entry));
}

Result<std::vector<Said>> DocumentSource::texts(store::Snapshot& snapshot,
                                                std::string_view name) const {
  std::vector<Said> texts;
  ENTENTE_TRY(const auto row, this->row(snapshot, name));
  for (int n = 0; row && n < row->contents_size(); ++n) {
    ENTENTE_TRY(std::string text, texts_.whole(snapshot, store::Id::from(row->contents(n).id())));
    texts.push_back({row->shown().contents(n).language(), std::move(text)});
  }
  return texts;
}

Result<Said> DocumentSource::text_from(store::Snapshot& snapshot, std::string_view name,
                                       std::uint32_t text, std::uint32_t first) const {
  ENTENTE_TRY(const auto row, this->row(snapshot, name));
  const auto n = static_cast<int>(text);
  if (!row || n >= row->contents_size()) return Said();
  const store::Id content = store::Id::from(row->contents(n).id());
  Said said{.language = row->shown().contents(n).language(), .text = {}};
  const auto words = static_cast<std::uint32_t>(limits::text_piece_words);
  ENTENTE_TRY(std::string piece, texts_.piece(snapshot, content, first / words));
  if (first % words + limits::search_passage_words > words) {
    ENTENTE_TRY(const std::string more, texts_.piece(snapshot, content, first / words + 1));
    piece += more;
  }
  std::size_t begin = piece.size();
  std::uint32_t before = first % words;
  each_word(piece, [&](const Word& word) {
    begin = word.begin;
    return before-- != 0;
  });
  said.text = piece.substr(begin);
  return said;
}

}  // namespace entente::documents::search
