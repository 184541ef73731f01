// Meetings and their adopted records, as they are searched: each under its own guard. A draft is
// not found. Of a meeting a record tells only if whoever reads the record sees the meeting. Used by
// the daemon only.
//
// Threads: any.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/documents/search/source.h"
#include "server/meetings/rows.h"

namespace entente {

class MeetingsSearch final : public documents::search::Source {
 public:
  using Entry = documents::search::Entry;
  using Said = documents::search::Said;

  // Who is in an audience, by its number, as it is now.
  using Audiences = std::function<std::shared_ptr<const policy::AudienceTable>()>;
  // `rows` is borrowed and outlives this.
  MeetingsSearch(const meetings::Rows& rows, Audiences audiences)
      : rows_(rows), audiences_(std::move(audiences)) {}

  [[nodiscard]] std::string_view collection() const override { return "meetings/"; }
  [[nodiscard]] Result<std::vector<std::string>> names() const override;
  [[nodiscard]] std::vector<std::string> touched_by(std::string_view kind,
                                                    const std::string& name) const override;
  [[nodiscard]] Result<std::optional<Entry>> find(store::Snapshot& snapshot,
                                                  std::string_view name) const override;
  [[nodiscard]] Result<std::vector<Said>> texts(store::Snapshot& snapshot,
                                                std::string_view name) const override;
  [[nodiscard]] Result<Said> text_from(store::Snapshot& snapshot, std::string_view name,
                                       std::uint32_t text, std::uint32_t first) const override;

 private:
  [[nodiscard]] Result<std::optional<Entry>> find_record(store::Snapshot& snapshot,
                                                         const store::Id& meeting) const;

  // Whether whoever may see what stands under `record` sees what stands under `meeting`.
  [[nodiscard]] bool is_within(const policy::Guard& record, const policy::Guard& meeting) const;

  const meetings::Rows& rows_;
  const Audiences audiences_;
};

}  // namespace entente
