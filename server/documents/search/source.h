// What is searched: rooms give their objects through this, each under its guard; main passes in
// those of other rooms than documents.
//
// Threads: any.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "entente/v1/search.pb.h"
#include "server/documents/search/section.h"
#include "server/store/store.h"

namespace entente::documents::search {

// One object, without its texts.
struct Entry {
  policy::Guard guard;
  // What a reader is shown: name, title, process, came_at; of a document, the document. Passage and
  // percent are the searcher's.
  v1::SearchReply::Found shown;
  std::vector<Said> words;          // what is found by: title, abstract, topics
  std::vector<std::string> labels;  // made by label() below
  // Whether its texts may be quoted: false, if reading them leaves a receipt.
  bool quotable = false;
};

// What a filter or facet of SearchService names: label(By::KIND, "STUDY").
[[nodiscard]] std::string label(v1::SearchReply::Facet::By by, std::string_view value);
inline constexpr std::string_view originator_label = "o/";  // filtered by, no facet

class Source {
 public:
  virtual ~Source() = default;
  // How its objects' names begin: `meetings/`.
  [[nodiscard]] virtual std::string_view collection() const = 0;
  // Those to be read anew because of an entry of the ledger, of that kind, that names `name` as its
  // object or as touched.
  [[nodiscard]] virtual std::vector<std::string> touched_by(std::string_view kind,
                                                            const std::string& name) const = 0;
  // The names of all its objects, those first that are looked for most.
  [[nodiscard]] virtual Result<std::vector<std::string>> names() const = 0;
  // Nothing: it is not to be found (any more): unknown, withdrawn, sealed. DataLoss, Unavailable.
  [[nodiscard]] virtual Result<std::optional<Entry>> find(store::Snapshot& snapshot,
                                                          std::string_view name) const = 0;
  // Its texts in full, as many as there are and in one order.
  [[nodiscard]] virtual Result<std::vector<Said>> texts(store::Snapshot& snapshot,
                                                        std::string_view name) const = 0;
  // The words of its n-th text from word `first` on: at least the next
  // limits::search_passage_words, or all there are. Empty: there are none.
  [[nodiscard]] virtual Result<Said> text_from(store::Snapshot& snapshot, std::string_view name,
                                               std::uint32_t text, std::uint32_t first) const = 0;
};

}  // namespace entente::documents::search
