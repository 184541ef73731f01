#include "server/directory/records.h"

#include "proto/contract/bytes.h"
#include "proto/contract/digest.h"
#include "server/policy/audience.h"

namespace entente::directory {
namespace {

constexpr std::size_t kSaltBytes = 16;

Status unreadable(std::string_view what) {
  return Status(Code::DataLoss, Reason::None, "a directory row does not read")
      .with_detail(std::string(what));
}

Result<policy::Audience> audience_of(std::string_view bytes) {
  record::Audience row;
  if (!row.ParseFromString(std::string(bytes))) return unreadable("audience");
  return policy::audience_of("audience", row);
}

Status walk(store::Cursor& cursor, const std::function<Status(Record)>& visit) {
  for (; cursor.valid(); cursor.next()) {
    ENTENTE_TRY(const std::string bytes, cursor.value());
    Record record;
    if (!record.ParseFromString(bytes)) return unreadable("object");
    ENTENTE_TRY_VOID(visit(std::move(record)));
  }
  return cursor.status();
}

// What readers share of a row.
Result<store::Decoded> decode_stored(std::string_view name, std::string_view bytes) {
  Stored stored;
  Record& record = stored.record;
  if (!record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || record.name() != name)
    return unreadable(name);
  if (record.has_person()) {
    v1::Person alone = record.person();
    alone.set_revision(record.revision());
    alone.clear_stale();
    alone.clear_contacts();
    stored.person = alone.SerializeAsString();
    for (int i = 0; i < record.person().contacts_size(); ++i) {
      v1::Person only;
      *only.add_contacts() = record.person().contacts(i);
      Stored::Contact contact{.guard = std::nullopt, .bytes = only.SerializeAsString()};
      if (i < record.contact_guards_size() && record.contact_guards(i).audience() != 0)
        contact.guard = guard_of(record.contact_guards(i));
      stored.contacts.push_back(std::move(contact));
    }
  }
  policy::Guard guard = guard_of(record.guard());
  return store::Decoded(
      std::make_shared<const policy::Guarded<Stored>>(std::move(guard), std::move(stored)));
}

}  // namespace

policy::Guard guard_of(const record::Guard& row) {
  policy::Guard guard;
  guard.audience = static_cast<policy::AudienceId>(row.audience());
  if (row.handling() <= 4) guard.handling = static_cast<policy::Handling>(row.handling());
  guard.originator = row.originator();
  guard.process = row.process();
  guard.person = row.person();
  if (row.embargo_until_us() != 0) guard.embargo_until = from_micros(row.embargo_until_us());
  if (row.expires_at_us() != 0) guard.expires_at = from_micros(row.expires_at_us());
  return guard;
}

record::Guard to_record(const policy::Guard& guard) {
  record::Guard row;
  row.set_audience(static_cast<std::uint32_t>(guard.audience));
  row.set_handling(static_cast<std::uint32_t>(guard.handling));
  row.set_originator(guard.originator);
  row.set_process(guard.process);
  row.set_person(guard.person);
  if (guard.embargo_until)
    row.set_embargo_until_us(guard.embargo_until->time_since_epoch().count());
  if (guard.expires_at) row.set_expires_at_us(guard.expires_at->time_since_epoch().count());
  return row;
}

Result<std::optional<policy::Guarded<Record>>> Records::find(store::Snapshot& snapshot,
                                                             std::string_view name) const {
  ENTENTE_TRY(const std::optional<std::string> bytes,
              snapshot.find(store::Key(objects_table).id(id_of(name))));
  if (!bytes) return std::optional<policy::Guarded<Record>>();
  Record record;
  if (!record.ParseFromString(*bytes) || record.name() != name) return unreadable(name);
  policy::Guard guard = guard_of(record.guard());
  return std::optional(policy::Guarded<Record>(std::move(guard), std::move(record)));
}

Result<std::shared_ptr<const policy::Guarded<Stored>>> Records::look(store::Snapshot& snapshot,
                                                                     std::string_view name) const {
  const auto decode = [&name](std::string_view bytes) { return decode_stored(name, bytes); };
  ENTENTE_TRY(store::Decoded found,
              snapshot.find_decoded(store::Key(objects_table).id(id_of(name)), decode));
  return std::static_pointer_cast<const policy::Guarded<Stored>>(std::move(found));
}

Result<std::optional<std::uint64_t>> Records::revision_of(store::Snapshot& snapshot,
                                                          std::string_view name) const {
  ENTENTE_TRY(const std::optional<std::string> bytes,
              snapshot.find(store::Key(objects_table).id(id_of(name))));
  if (!bytes) return std::optional<std::uint64_t>();
  Record record;
  if (!record.ParseFromString(*bytes) || record.name() != name) return unreadable(name);
  return std::optional<std::uint64_t>(record.revision());
}

Result<std::uint64_t> Records::rights(store::Snapshot& snapshot) const {
  ENTENTE_TRY(const std::optional<std::string> bytes, snapshot.find(store::Key(rights_table)));
  if (!bytes) return std::uint64_t{0};
  if (bytes->size() != sizeof(std::uint64_t)) return unreadable("rights");
  return read_u64(*bytes);
}

Status Records::change_rights(store::Transaction& transaction) const {
  ENTENTE_TRY(const std::uint64_t before, rights(transaction));
  std::string now_changed;
  append_u64(now_changed, before + 1);
  transaction.put(store::Key(rights_table), std::move(now_changed));
  return Status();
}

bool bears_rights(const Record& record) {
  return !record.has_person() && !record.has_contact_test();
}

Status Records::save(store::Transaction& transaction, Record& record, Instant now) const {
  const store::Id id = id_of(record.name());
  record.set_revision(record.revision() + 1);
  record.set_recorded_at_us(now.time_since_epoch().count());
  record.set_salt(entropy_.bytes(kSaltBytes));
  const std::string bytes = record.SerializeAsString();
  transaction.put(store::Key(objects_table).id(id), bytes);
  transaction.put(store::Key(revisions_table).id(id).number(record.revision()), bytes);
  if (record.has_appointment()) {
    transaction.put(store::Key(held_table).id(id_of(record.appointment().office())).id(id),
                    record.name());
  }
  return bears_rights(record) ? change_rights(transaction) : Status();
}

Result<std::vector<policy::Guarded<Record>>> Records::appointments_to(
    store::Snapshot& snapshot, std::string_view office) const {
  std::vector<std::string> names;
  const auto cursor = snapshot.scan(store::Key(held_table).id(id_of(office)));
  for (; cursor->valid(); cursor->next()) {
    ENTENTE_TRY(std::string name, cursor->value());
    names.push_back(std::move(name));
  }
  ENTENTE_TRY_VOID(cursor->status());
  std::vector<policy::Guarded<Record>> found;
  for (const std::string& name : names) {
    ENTENTE_TRY(std::optional<policy::Guarded<Record>> one, find(snapshot, name));
    if (!one) return unreadable(name);
    found.push_back(*std::move(one));
  }
  return found;
}

Result<std::optional<record::Proposal>> Records::proposal(store::Snapshot& snapshot,
                                                          std::string_view name) const {
  ENTENTE_TRY(const std::optional<std::string> bytes,
              snapshot.find(store::Key(proposals_table).id(id_of(name))));
  if (!bytes) return std::optional<record::Proposal>();
  record::Proposal row;
  if (!row.ParseFromString(*bytes)) return unreadable("proposal");
  return std::optional(std::move(row));
}

Result<std::vector<record::Proposal>> Records::proposals(store::Snapshot& snapshot) const {
  std::vector<record::Proposal> all;
  const auto cursor = snapshot.scan(store::Key(proposals_table));
  for (; cursor->valid(); cursor->next()) {
    ENTENTE_TRY(const std::string bytes, cursor->value());
    if (!all.emplace_back().ParseFromString(bytes)) return unreadable("proposal");
  }
  ENTENTE_TRY_VOID(cursor->status());
  return all;
}

void Records::put(store::Transaction& transaction, const record::Proposal& row,
                  std::string_view name) const {
  transaction.put(store::Key(proposals_table).id(id_of(name)), row.SerializeAsString());
}

void Records::erase(store::Transaction& transaction, std::string_view proposal) const {
  transaction.erase(store::Key(proposals_table).id(id_of(proposal)));
}

Result<policy::AudienceId> Records::intern(store::Transaction& transaction,
                                           const policy::Audience& audience,
                                           const policy::AudienceTable& known) const {
  if (const auto number = known.find(audience)) return *number;
  for (std::uint32_t number = known.size() + 1;; ++number) {
    const store::Key key = store::Key(audiences_table).number(number);
    ENTENTE_TRY(const std::optional<std::string> taken, transaction.find(key));
    if (taken) {
      ENTENTE_TRY(const policy::Audience other, audience_of(*taken));
      if (other == audience) return static_cast<policy::AudienceId>(number);
      continue;
    }
    record::Audience row;
    for (const auto& principal : audience.any_of) row.add_any_of(principal.text());
    for (const auto& principal : audience.none_of) row.add_none_of(principal.text());
    transaction.put(key, row.SerializeAsString());
    return static_cast<policy::AudienceId>(number);
  }
}

Status Records::each_revision(store::Snapshot& snapshot,
                              const std::function<Status(Record)>& visit) const {
  return walk(*snapshot.scan(store::Key(revisions_table)), visit);
}

Status Records::revisions_of(store::Snapshot& snapshot, std::string_view name,
                             const std::function<Status(Record)>& visit,
                             std::uint64_t first) const {
  const store::Key all = store::Key(revisions_table).id(id_of(name));
  return walk(*snapshot.scan(all, store::Key(all).number(first)), visit);
}

Status Records::audiences(
    store::Snapshot& snapshot, std::uint32_t first,
    const std::function<void(policy::AudienceId, policy::Audience)>& visit) const {
  const auto cursor =
      snapshot.scan(store::Key(audiences_table), store::Key(audiences_table).number(first));
  for (std::uint32_t number = first; cursor->valid(); cursor->next(), ++number) {
    ENTENTE_TRY(const std::string bytes, cursor->value());
    ENTENTE_TRY(policy::Audience audience, audience_of(bytes));
    visit(static_cast<policy::AudienceId>(number), std::move(audience));
  }
  return cursor->status();
}

std::string Records::token_mac(std::string_view text) const {
  const Digest mac = hmac_sha256(store_.purpose_key("directory page token"), text);
  return std::string(as_view(mac).substr(0, 16));
}

}  // namespace entente::directory
