// Time zones of the IANA database, as the system keeps them (TZif files, RFC 8536): from what the
// clock on a wall says to an instant, and what a calendar must be told of a zone. What is no zone,
// and what a clock skips, is said to be so.
//
// Threads: any.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/clock.h"
#include "proto/contract/status.h"

namespace entente::meetings {

// What a clock on a wall says, to the second.
using LocalTime = std::chrono::local_seconds;

class Zone {
 public:
  // How far the clocks there are from UTC, for a while.
  struct Observance {
    std::chrono::sys_seconds since;  // the first instant of it; the distant past where always
    std::chrono::seconds from{};     // the offset before
    std::chrono::seconds offset{};
    bool daylight = false;
    std::string name;  // `CEST`
  };

  // The octets of a TZif file. InvalidArgument: it is none, or is not whole.
  [[nodiscard]] static Result<std::shared_ptr<const Zone>> parse(std::string name,
                                                                 std::string_view bytes);

  [[nodiscard]] const std::string& name() const { return name_; }
  // The first instant at which the clock there says `local`; nothing: it skips that time.
  [[nodiscard]] std::optional<Instant> instant_of(LocalTime local) const;
  [[nodiscard]] LocalTime local_of(Instant instant) const;
  [[nodiscard]] const Observance& at(std::chrono::sys_seconds instant) const;
  // The one in force at `from`, and those that begin until `until`, in their order.
  [[nodiscard]] std::vector<Observance> between(Instant from, Instant until) const;

 private:
  explicit Zone(std::string name) : name_(std::move(name)) {}
  void continue_by_rule(std::string_view rule);

  std::string name_;
  std::vector<Observance> observances_;  // in their order; never empty
};

class Zones {
 public:
  // `folder`: where the database is.
  explicit Zones(std::filesystem::path folder = "/usr/share/zoneinfo")
      : folder_(std::move(folder)) {}

  // InvalidArgument (FieldInvalid), naming `field`: there is no such zone.
  [[nodiscard]] Result<std::shared_ptr<const Zone>> find(const std::string& field,
                                                         const std::string& name) const;

 private:
  const std::filesystem::path folder_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::shared_ptr<const Zone>, std::less<>> known_;
};

// `2027-03-14T09:30`, or `2027-03-14` (midnight). Nothing: no time of the calendar.
[[nodiscard]] std::optional<LocalTime> parse_local(std::string_view text);
[[nodiscard]] bool is_day(std::string_view text);
// `20270314T093000`, as calendars write it.
[[nodiscard]] std::string compact(LocalTime local);
[[nodiscard]] std::string compact_day(LocalTime local);

}  // namespace entente::meetings
