// Documents, as they are searched.
//
// Threads: any.
#pragma once

#include "server/documents/search/source.h"
#include "server/documents/search/texts.h"
#include "server/documents/shelf.h"

namespace entente::documents::search {

class DocumentSource final : public Source {
 public:
  DocumentSource(const documents::Shelf& shelf, const Texts& texts)
      : shelf_(shelf), texts_(texts) {}

  [[nodiscard]] std::string_view collection() const override { return "documents/"; }
  [[nodiscard]] std::vector<std::string> touched_by(std::string_view kind,
                                                    const std::string& name) const override;
  [[nodiscard]] Result<std::vector<std::string>> names() const override;
  [[nodiscard]] Result<std::optional<Entry>> find(store::Snapshot& snapshot,
                                                  std::string_view name) const override;
  [[nodiscard]] Result<std::vector<Said>> texts(store::Snapshot& snapshot,
                                                std::string_view name) const override;
  [[nodiscard]] Result<Said> text_from(store::Snapshot& snapshot, std::string_view name,
                                       std::uint32_t text, std::uint32_t first) const override;

  // The row of what is searched by its text; nothing: it is not.
  [[nodiscard]] Result<std::optional<documents::record::Document>> row(store::Snapshot& snapshot,
                                                                       std::string_view name) const;

 private:
  const documents::Shelf& shelf_;
  const Texts& texts_;
};

}  // namespace entente::documents::search
