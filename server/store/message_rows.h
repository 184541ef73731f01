// Rows whose values are protobuf messages: read whole, or said to be unreadable. For the rooms that
// keep their objects so.
//
// Threads: as the snapshot.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "proto/contract/status.h"
#include "server/store/store.h"

namespace entente::store {

[[nodiscard]] inline Status unreadable_row() {
  return Status(Code::DataLoss, Reason::None, "an object cannot be read")
      .with_detail("a row is no message of its table");
}

// Nothing: there is none. DataLoss, Unavailable: as the store.
template <typename Message>
[[nodiscard]] Result<std::optional<Message>> find_message(Snapshot& snapshot, const Key& key) {
  ENTENTE_TRY(const std::optional<std::string> bytes, snapshot.find(key));
  if (!bytes) return std::optional<Message>();
  Message message;
  if (!message.ParseFromString(*bytes)) return unreadable_row();
  return std::optional<Message>(std::move(message));
}

// Those under `prefix`, in the order of their keys, from `from` on if given.
template <typename Message>
[[nodiscard]] Status each_message(Snapshot& snapshot, const Key& prefix,
                                  const std::optional<Key>& from,
                                  const std::function<void(Message)>& visit) {
  const auto cursor = snapshot.scan(prefix, from);
  for (; cursor->valid(); cursor->next()) {
    ENTENTE_TRY(const std::string bytes, cursor->value());
    Message message;
    if (!message.ParseFromString(bytes)) return unreadable_row();
    visit(std::move(message));
  }
  return cursor->status();
}

template <typename Message>
[[nodiscard]] Result<std::vector<Message>> messages_under(Snapshot& snapshot, const Key& prefix) {
  std::vector<Message> messages;
  ENTENTE_TRY_VOID(each_message<Message>(snapshot, prefix, std::nullopt, [&](Message message) {
    messages.push_back(std::move(message));
  }));
  return messages;
}

}  // namespace entente::store
