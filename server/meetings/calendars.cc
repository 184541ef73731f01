#include "server/meetings/calendars.h"

#include <utility>

#include "proto/contract/bytes.h"
#include "proto/contract/digest.h"
#include "server/meetings/calendar.h"
#include "server/meetings/model.h"

namespace entente::meetings {
namespace {

constexpr std::string_view files = "/calendars/";
constexpr std::string_view own_file = "/calendars.ics";

std::string tag_of(const std::string& text) {
  const Digest digest = sha256(text);
  return to_hex(as_view(digest).substr(0, 16));
}

// The process in `/calendars/igc.ics`; nothing: it is no such path.
std::optional<std::string> process_in(std::string_view path) {
  constexpr std::string_view end = ".ics";
  if (!path.starts_with(files) || !path.ends_with(end)) return std::nullopt;
  path.remove_prefix(files.size());
  if (path.size() <= end.size()) return std::nullopt;
  path.remove_suffix(end.size());
  return policy::is_id(path) ? std::optional(std::string(path)) : std::nullopt;
}

}  // namespace

std::string CallerCalendars::token_of(std::string_view calendar,
                                      const dav::Seen::Members& refs) const {
  const Digest mac =
      hmac_sha256(parts_.key, dav::token_text("caldav", subject_.account, calendar, refs));
  return to_hex(as_view(mac).substr(0, 16));
}

Result<const CallerCalendars::Shown*> CallerCalendars::shown(std::string_view calendar) {
  if (const auto found = shown_.find(calendar); found != shown_.end()) return &found->second;
  v1::ListMeetingsRequest query;
  query.set_process("processes/" + std::string(calendar));
  ENTENTE_TRY(const std::vector<v1::Meeting> meetings,
              parts_.service.all(subject_, query, snapshot_));
  auto refs = std::make_shared<dav::Seen::Members>();
  Shown made;
  for (const v1::Meeting& one : meetings) {
    LeftOut left_out;
    ENTENTE_TRY(std::string text, to_ical({one}, parts_.zones, parts_.network, left_out));
    std::string id = *policy::id_in(one.name(), "meetings/");
    refs->push_back({.id = id, .etag = tag_of(text)});
    made.members.emplace(std::move(id), dav::Member{.text = std::move(text),
                                                    .begins = instant_of(one.starts_at()),
                                                    .ends = instant_of(one.ends_at())});
  }
  made.token = token_of(calendar, *refs);
  made.refs = std::move(refs);
  parts_.seen.put(made.token, made.refs);
  return &shown_.emplace(std::string(calendar), std::move(made)).first->second;
}

Result<std::vector<dav::Collection>> CallerCalendars::collections() {
  ENTENTE_TRY(const std::vector<Neighbours::Process> processes,
              parts_.neighbours.processes(subject_, snapshot_));
  std::vector<dav::Collection> calendars;
  for (const Neighbours::Process& process : processes) {
    if (!only_.empty() && process.id != only_) continue;
    ENTENTE_TRY(const Shown* calendar, shown(process.id));
    calendars.push_back({.id = process.id,
                         .name = process.short_name,
                         .description = process.long_name,
                         .sync_token = calendar->token});
  }
  return calendars;
}

Result<std::vector<dav::Ref>> CallerCalendars::members(std::string_view calendar) {
  ENTENTE_TRY(const Shown* found, shown(calendar));
  return *found->refs;
}

Result<dav::Member> CallerCalendars::member(std::string_view calendar, std::string_view id,
                                            std::size_t /*format*/) {
  ENTENTE_TRY(const Shown* found, shown(calendar));
  const auto meeting = found->members.find(id);
  if (meeting == found->members.end()) return not_found(id);
  return meeting->second;
}

Result<std::optional<dav::Changes>> CallerCalendars::changes_since(std::string_view calendar,
                                                                   std::string_view sync_token) {
  using Since = std::optional<dav::Changes>;
  const std::shared_ptr<const dav::Seen::Members> before = parts_.seen.find(sync_token);
  // Made anew of what it stands for: another caller's, or another calendar's, is no token here.
  if (before == nullptr || token_of(calendar, *before) != sync_token) return Since();
  ENTENTE_TRY(const Shown* found, shown(calendar));
  return Since(dav::changes_between(*before, *found->refs));
}

net::HttpResponse CalendarServer::serve_dav(identity::Gate& gate, const policy::Subject& subject,
                                            const net::HttpRequest& request) {
  const std::unique_ptr<store::Snapshot> snapshot = gate.store().snapshot();
  CallerCalendars calendars({.service = parts_.service,
                             .neighbours = parts_.neighbours,
                             .zones = parts_.zones,
                             .seen = seen_,
                             .key = key_,
                             .network = parts_.network},
                            subject, *snapshot, dav::collection_in(caldav(), request.path));
  return dav::serve(request, caldav(), calendars);
}

net::HttpResponse CalendarServer::serve_file(identity::Gate& gate, const policy::Subject& subject,
                                             const net::HttpRequest& request) const {
  const std::unique_ptr<store::Snapshot> snapshot = gate.store().snapshot();
  const auto text_of = [&]() -> Result<std::string> {
    v1::ListMeetingsRequest query;
    if (request.path == own_file) {
      query.set_mine(true);
    } else {
      const std::optional<std::string> id = process_in(request.path);
      ENTENTE_TRY(const auto processes, parts_.neighbours.processes(subject, *snapshot));
      for (const Neighbours::Process& one : processes) {
        if (one.id == id) query.set_process("processes/" + one.id);
      }
      if (query.process().empty()) return not_found(request.path);
    }
    ENTENTE_TRY(const auto meetings, parts_.service.all(subject, query, *snapshot));
    LeftOut left_out;
    return to_ical(meetings, parts_.zones, parts_.network, left_out);
  };
  return dav::serve_file(request, "text/calendar; charset=utf-8", text_of);
}

void CalendarServer::add_to(identity::Gate& gate) {
  const auto add = [&](const char* prefix, auto serve) {
    gate.table().add_route(
        {.prefix = prefix,
         .heavy = true,  // The first call of a connection hashes a password.
         .handler = [this, &gate, serve](net::Call& call, const net::HttpRequest& request) {
           const Result<identity::SubjectPointer> subject =
               gate.authenticator().authenticate_tool(call, identity::Scope::Calendar);
           if (!subject.ok()) return dav::refused(subject.status());
           return (this->*serve)(gate, **subject, request);
         }});
  };
  add("/caldav", &CalendarServer::serve_dav);
  add("/.well-known/caldav", &CalendarServer::serve_dav);
  add("/calendars", &CalendarServer::serve_file);  // `/calendars.ics` too
}

}  // namespace entente::meetings
