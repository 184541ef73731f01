#include "server/dav/seen.h"

namespace entente::dav {

void Seen::put(const std::string& token, std::shared_ptr<const Members> members) {
  const std::lock_guard lock(mutex_);
  const std::size_t size = members->size() + 1;
  if (!by_token_.emplace(token, std::move(members)).second) return;
  oldest_first_.push_back(token);
  members_ += size;
  while (members_ > members_max && oldest_first_.size() > 1) {
    const auto oldest = by_token_.find(oldest_first_.front());
    members_ -= oldest->second->size() + 1;
    by_token_.erase(oldest);
    oldest_first_.pop_front();
  }
}

std::shared_ptr<const Seen::Members> Seen::find(std::string_view token) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_token_.find(token);
  return found == by_token_.end() ? nullptr : found->second;
}

std::string token_text(std::string_view service, std::string_view account,
                       std::string_view collection, const Seen::Members& members) {
  std::string text(service);
  text.append("\n").append(account).append("\n").append(collection);
  for (const Ref& member : members) text += '\n' + member.id + ' ' + member.etag;
  return text;
}

Changes changes_between(const Seen::Members& before, const Seen::Members& now) {
  Changes changes;
  std::map<std::string_view, std::string_view> then;
  for (const Ref& member : before) then.emplace(member.id, member.etag);
  std::map<std::string_view, std::string_view> here;
  for (const Ref& member : now) {
    here.emplace(member.id, member.etag);
    const auto known = then.find(member.id);
    if (known == then.end() || known->second != member.etag) changes.changed.push_back(member);
  }
  for (const Ref& member : before) {
    if (here.count(member.id) == 0) changes.removed.push_back(member.id);
  }
  return changes;
}

}  // namespace entente::dav
