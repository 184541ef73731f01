#include "server/statistics/structure/structures.h"

#include <algorithm>
#include <set>

#include "proto/contract/limits.h"
#include "server/policy/audience.h"
#include "server/statistics/structure/names.h"
#include "server/statistics/structure/references.h"

namespace entente::statistics {
namespace {

Status unreadable() {
  return Status(Code::DataLoss, Reason::None, "a structure cannot be read")
      .with_detail("statistics structure row");
}

store::Key key_of(const store::Store& store, std::string_view name) {
  return store::Key(structures_table).id(store.blind("statistics", name));
}

Result<record::Structure> parse(const std::string& bytes) {
  record::Structure row;
  if (!row.ParseFromString(bytes)) return unreadable();
  return row;
}

}  // namespace

Status Structures::load() {
  const auto snapshot = store_.snapshot();
  std::vector<record::Structure> rows;
  const auto cursor = snapshot->scan(store::Key(structures_table));
  for (; cursor->valid(); cursor->next()) {
    ENTENTE_TRY(const std::string bytes, cursor->value());
    ENTENTE_TRY(record::Structure row, parse(bytes));
    rows.push_back(std::move(row));
  }
  ENTENTE_TRY_VOID(cursor->status());
  auto model = Model().with(std::move(rows));
  const std::lock_guard lock(mutex_);
  model_ = std::move(model);
  return {};
}

void Structures::follow(std::uint64_t, const ledger::Act& act) {
  if (act.kind != acts::define) return;
  Status read;
  if (!act.touched.empty() && act.touched.front() == ledger::touched_everything) {
    read = load();
  } else {
    const auto snapshot = store_.snapshot();
    std::vector<record::Structure> rows;
    for (const std::string& name : act.touched) {
      const auto bytes = snapshot->find(key_of(store_, name));
      auto row = bytes.ok() && *bytes ? parse(**bytes) : Result<record::Structure>(unreadable());
      if (!row.ok()) {
        read = row.status();
        break;
      }
      rows.push_back(*std::move(row));
    }
    auto next = model()->with(std::move(rows));
    const std::lock_guard lock(mutex_);
    model_ = std::move(next);
  }
  // Who cannot follow would decide by what no longer holds: that is worse than to stop.
  ENTENTE_CHECK(read.ok());
}

std::shared_ptr<const Model> Structures::model() const {
  const std::lock_guard lock(mutex_);
  return model_;
}

Status Structures::intern(store::Transaction& transaction, const Model& next,
                          record::Structure& row) {
  policy::Audience audience;
  if (row.has_dataflow()) {
    ENTENTE_TRY(audience,
                policy::audience_of("visibility.audience", row.dataflow().visibility().audience()));
  } else if (row.has_provision()) {
    const auto name = parse_provision_name(row.provision().name());
    const auto flow = next.find_flow(name->dataflow);
    using Kind = policy::Principal::Kind;
    audience.any_of.insert(policy::Principal::make(Kind::Party, name->party));
    audience.any_of.insert(policy::Principal::make(Kind::Secretariat, flow->guard.process));
    if (row.provision().has_audience()) {
      ENTENTE_TRY(policy::Audience own,
                  policy::audience_of("visibility.audience", row.provision().audience()));
      for (const policy::Principal& always : audience.any_of) {
        own.any_of.insert(always);
        own.none_of.erase(always);
      }
      ENTENTE_TRY(const policy::AudienceId shared, audiences_.intern(transaction, own));
      row.set_provision_audience(static_cast<std::uint32_t>(shared));
    }
  } else if (const auto flow = next.find_flow(row.categorisation().structure())) {
    // That a dataflow is there is for who may see it.
    ENTENTE_TRY(audience,
                policy::audience_of("visibility.audience", flow->wire.visibility().audience()));
  } else {
    return {};
  }
  ENTENTE_TRY(const policy::AudienceId id, audiences_.intern(transaction, audience));
  row.set_audience(static_cast<std::uint32_t>(id));
  return {};
}

Result<std::optional<record::Structure>> Structures::find_version(store::Snapshot& snapshot,
                                                                  std::string_view name,
                                                                  std::string_view version) const {
  using Found = std::optional<record::Structure>;
  const std::shared_ptr<const Model> now = model();
  const record::Structure* row = now->find(name);
  if (row == nullptr) return Found();
  if (version.empty() || version == version_of(*row)) return Found(*row);
  for (const auto& earlier : row->earlier()) {
    if (earlier.version() != version) continue;
    ENTENTE_TRY(const std::optional<std::string> bytes,
                snapshot.find(store::Key(structure_revisions_table)
                                  .id(store_.blind("statistics", name))
                                  .number(earlier.revision())));
    if (!bytes) return unreadable();
    ENTENTE_TRY(record::Structure was, parse(*bytes));
    return Found(std::move(was));
  }
  return Found();
}

namespace {

// What was in force before goes on top of what was before that; a version that comes again is no
// earlier one.
void keep_earlier(const record::Structure& before, record::Structure& row) {
  row.clear_earlier();
  const std::string version = version_of(row);
  if (version_of(before) != version) {
    auto* last = row.add_earlier();
    last->set_version(version_of(before));
    last->set_revision(before.revision());
  }
  for (const auto& one : before.earlier()) {
    if (one.version() != version) *row.add_earlier() = one;
  }
}

}  // namespace

Result<Structures::Saved> Structures::save(store::Transaction& transaction,
                                           std::vector<record::Structure> rows, Instant now) {
  const std::shared_ptr<const Model> next = model()->with(rows);
  Saved saved;
  std::set<std::uint32_t> audiences;
  for (record::Structure& row : rows) {
    const std::string name = name_of(row);
    const store::Key key = key_of(store_, name);
    ENTENTE_TRY(const std::optional<std::string> bytes, transaction.find(key));
    if (bytes) {
      ENTENTE_TRY(const record::Structure before, parse(*bytes));
      if (content_of(before) == content_of(row)) continue;
      row.set_revision(before.revision());
      keep_earlier(before, row);
    }
    ENTENTE_TRY_VOID(intern(transaction, *next, row));
    row.set_name(name);
    row.set_revision(row.revision() + 1);
    row.set_recorded_at_us(now.time_since_epoch().count());
    const std::string out = row.SerializeAsString();
    if (out.size() > limits::store_value_bytes_max) {
      return invalid_argument(name, "is too large to be kept");
    }
    transaction.put(key, out);
    transaction.put(store::Key(structure_revisions_table)
                        .id(store_.blind("statistics", name))
                        .number(row.revision()),
                    out);
    saved.names.push_back(name);
    audiences.insert(row.audience());
  }
  audiences.erase(0);  // codelists and the like are for everyone signed in
  if (audiences.size() == 1) saved.audience = *audiences.begin();
  return saved;
}

}  // namespace entente::statistics
