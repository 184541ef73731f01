#include "server/notices/place.h"

#include "proto/contract/limits_notices.h"
#include "proto/contract/note.h"
#include "server/store/files.h"

namespace entente::notices {

std::string to_text(const Place& place) {
  std::string text = "digest-of " + to_rfc3339(place.digest_of) + "\n";
  const auto add = [&](std::string_view what, std::uint64_t number) {
    text.append(what).append(" ").append(std::to_string(number)).append("\n");
  };
  add("seen", place.seen);
  for (const std::uint64_t number : place.open) add("open", number);
  add("digested", place.digested);
  for (const std::uint64_t number : place.held) add("held", number);
  add("digesting", place.digesting);
  return text;
}

Result<Place> place_from(std::string_view text) {
  const Status broken(Code::DataLoss, Reason::None, "the mailer's place does not read");
  Place place;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return broken;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) return broken;
    const std::string_view value = line.substr(space + 1);
    const std::string_view what = line.substr(0, space);
    if (what == "digest-of") {
      const std::optional<Instant> at = parse_rfc3339(value);
      if (!at) return broken;
      place.digest_of = *at;
      continue;
    }
    const std::optional<std::uint64_t> number = note::parse_decimal(value);
    if (!number) return broken;
    if (what == "seen") {
      place.seen = *number;
    } else if (what == "open") {
      place.open.insert(*number);
    } else if (what == "digested") {
      place.digested = *number;
    } else if (what == "held") {
      place.held.insert(*number);
    } else if (what == "digesting") {
      place.digesting = *number;
    } else {
      return broken;
    }
  }
  return place;
}

Result<std::optional<Place>> read_place(const std::filesystem::path& file) {
  Result<std::string> text = store::read_whole(file, limits::notice_place_bytes_max);
  if (text.status().code() == Code::NotFound) return std::optional<Place>();
  ENTENTE_TRY_VOID(text.status());
  ENTENTE_TRY(Place place, place_from(*text));
  return std::optional<Place>(std::move(place));
}

Status write_place(const std::filesystem::path& file, const Place& place) {
  std::string detail;
  if (store::replace_whole(file, to_text(place), detail) == store::Written::Yes) return Status();
  return Status(Code::Unavailable, Reason::None, "the mailer's place could not be kept")
      .with_detail(detail);
}

}  // namespace entente::notices
