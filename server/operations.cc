#include "server/operations.h"

#include <algorithm>

#include "proto/contract/bytes.h"
#include "server/directory/names.h"
#include "server/documents/rows.h"
#include "server/ledger/store_head.h"
#include "server/ops/metrics.h"
#include "server/statistics/series/part.h"
#include "server/store/root_key.h"

namespace entente {
namespace {

using ops::Exposition;

// The watcher goes round five times a second: after this it hangs, and revocations with it.
constexpr std::chrono::seconds kTendedWithin{10};
constexpr std::chrono::hours kCosignatureFreshFor{24};

double seconds_of(Instant instant) {
  return std::chrono::duration<double>(instant.time_since_epoch()).count();
}

net::LocalAnswer text(unsigned status, std::string body) {
  return {.status = status, .body = std::move(body) + "\n"};
}

// For whoever called by the socket, who is an operator: the detail too.
net::LocalAnswer answer(const Status& status, std::string_view done) {
  if (status.ok()) return text(200, std::string(done));
  const unsigned number = status.code() == Code::InvalidArgument ? 400
                          : status.code() == Code::NotFound      ? 404
                                                                 : 503;
  std::string words(status.message());
  if (!status.detail().empty()) words.append(": ").append(status.detail());
  for (const Violation& violation : status.violations())
    words.append("; `").append(violation.field).append("` ").append(violation.rule);
  return text(number, std::move(words));
}

void add_net(Exposition& out, const net::Counters& net) {
  out.gauge("entente_connections", "lines that are open now",
            static_cast<double>(net.connections_open));
  out.counter("entente_connections_accepted", "lines taken", net.connections_accepted);
  out.counter("entente_connections_refused", "lines turned away: too many, or no descriptors",
              net.connections_refused);
  out.counter("entente_handshakes_failed",
              "lines without a good certificate, TLS 1.3, a protocol, or in time",
              net.handshakes_failed);
  out.counter("entente_calls", "calls begun", net.calls_started);
  out.counter("entente_calls_failed", "calls that ended with any code but OK", net.calls_failed);
  out.counter("entente_calls_shed", "calls refused because the queue was full", net.calls_shed);
  out.counter("entente_calls_late", "calls cut at their deadline", net.deadlines_met);
  out.counter("entente_lines_idle", "lines ended because nothing came over them", net.idle_closed);
  out.counter("entente_lines_revoked", "lines ended because their certificate no longer holds",
              net.revoked_closed);
  out.counter("entente_protocol_errors", "lines ended for what HTTP does not allow",
              net.protocol_errors);
  out.counter("entente_limits_met", "lines or calls ended at a limit", "limit",
              {{"account", net.account_refused},
               {"bodies_held", net.bodies_held_limit},
               {"header", net.header_limit},
               {"slow_peer", net.slow_peers},
               {"resets_received", net.resets_received_limit},
               {"resets_sent", net.resets_sent_limit},
               {"flood", net.floods}});
}

}  // namespace

Result<store::SealName> seal_named(std::string_view text, const store::Store* store) {
  constexpr std::string_view of_process = "process/";
  constexpr std::string_view of_document = "document/";
  if (text == "network") return store::SealName{};
  if (text.starts_with(of_process) && policy::is_id(text.substr(of_process.size()))) {
    if (store == nullptr)
      return store::SealName{.scope = store::SealName::Scope::Process, .id = {}};
    return documents::process_seal(*store, text.substr(of_process.size()));
  }
  if (text.starts_with(of_document)) {
    const std::optional<std::string> id = from_hex(text.substr(of_document.size()));
    if (id && id->size() == sizeof(store::Id)) return documents::seal_of(store::Id::from(*id));
  }
  return invalid_argument("key", "must be `network`, `process/<id>` or `document/<32 digits>`");
}

Result<store::RootKey> root_key_in(std::string_view kind, const std::string& path) {
  if (kind == "key") return store::root_key_from_file(path);
  if (kind != "passphrase") return invalid_argument("kind", "must be `key` or `passphrase`");
  return store::root_key_from_passphrase_file(path);
}

Result<ledger::FsckReport> check_ledger(store::Store& store, const directory::Records& records,
                                        std::uint64_t size) {
  const std::unique_ptr<store::Snapshot> snapshot = store.snapshot();
  // As large as it was at that moment: a daemon that serves is ahead of what it was asked.
  ENTENTE_TRY(const std::optional<std::string> count,
              snapshot->find(store::Key(store::store_table).octets("size")));
  if (count && count->size() == sizeof(size)) size = read_u64(*count);
  const ledger::Rooms rooms{.staged = {statistics::blocks_table, statistics::index_table,
                                       documents::chunks_table, documents::texts_table},
                            .anew = [&store] { return store.snapshot(); }};
  ENTENTE_TRY(ledger::FsckReport report, ledger::fsck(*snapshot, size, rooms));
  using State = std::optional<ledger::ObjectState>;
  const auto as_recorded = report.objects;
  ENTENTE_TRY_VOID(ledger::compare_objects(report, [&](const std::string& name) -> Result<State> {
    if (!directory::parse_name(name)) return State(as_recorded.at(name));
    ENTENTE_TRY(const auto revision, records.revision_of(*snapshot, name));
    if (!revision) return State();
    return State({.revision = *revision, .digest = ""});
  }));
  return report;
}

void hold_against_head(ledger::FsckReport& report, ledger::TreeLedger& ledger,
                       const store::HeadFile& head) {
  if (!report.clean()) return;
  const auto complain = [&](const Status& why) {
    ++report.problem_count;
    report.problems.emplace_back(why.detail().empty() ? why.message() : why.detail());
  };
  const Result<Digest> root = ledger.root_at(report.entries);
  if (!root.ok()) {
    complain(root.status());
  } else if (*root != report.root) {
    complain(Status(Code::DataLoss, Reason::None, "the entries are not those of the tree"));
  } else if (const Status held = ledger::check_head(ledger, head); !held.ok()) {
    complain(held);
  }
}

std::string in_words(const ledger::FsckReport& report) {
  std::string words;
  for (const std::string& problem : report.problems) words += problem + "\n";
  return words + std::to_string(report.entries) + " entries, root " +
         to_base64(as_view(report.root)) + ", " + std::to_string(report.rows) +
         " rows as they were left" +
         (report.silent == 0 ? std::string()
                             : ", of " + std::to_string(report.silent) + " entries none told") +
         "; " + std::to_string(report.problem_count) + " problems";
}

net::LocalAnswer Operations::look(const net::LocalCall& call) const {
  if (call.verb != "GET") return text(405, "only GET");
  if (call.target == "/metrics") {
    return {.status = 200,
            .type = std::string(Exposition::type_of(Exposition::wanted(call.accept))),
            .body = metrics(call.accept)};
  }
  if (call.target == "/ready") return ready();
  if (call.target == "/live") return alive() ? text(200, "live") : text(503, "the watcher hangs");
  return text(404, "there are /metrics, /ready and /live");
}

net::LocalAnswer Operations::act(const net::LocalCall& call) {
  if (call.verb == "GET") return look(call);
  constexpr std::string_view rotates = "/rotate/";
  constexpr std::string_view root = "root/";
  if (call.target.substr(0, rotates.size()) == rotates) {
    const std::string_view what = call.target.substr(rotates.size());
    if (what.substr(0, root.size()) == root)
      return answer(rotate_root(what.substr(root.size())),
                    "the keyring is sealed under the new root key");
    return answer(rotate(what),
                  "a new key seals from here on; what the old one sealed is being "
                  "sealed anew");
  }
  if (call.target == "/ledger") {
    Result<ledger::FsckReport> report =
        check_ledger(parts_.store, parts_.records, parts_.ledger.size());
    if (!report.ok()) return answer(report.status(), "");
    hold_against_head(*report, parts_.ledger, parts_.store.head());
    return text(report->clean() ? 200 : 409, in_words(*report));
  }
  return text(404, "no such act");
}

Status Operations::rotate(std::string_view what) {
  ENTENTE_TRY(const store::SealName name, seal_named(what, &parts_.store));
  ENTENTE_TRY_VOID(parts_.store.rotate_seal(name));
  parts_.key_rotated();
  return Status();
}

Status Operations::rotate_root(std::string_view what) {
  const std::size_t slash = std::min(what.find('/'), what.size());
  const std::optional<std::string> path = from_hex(what.substr(std::min(slash + 1, what.size())));
  if (!path) return invalid_argument("path", "must be in hexadecimal");
  ENTENTE_TRY(const store::RootKey root, root_key_in(what.substr(0, slash), *path));
  return parts_.store.rotate_root(root);
}

net::LocalAnswer Operations::ready() const {
  if (!parts_.serving) return text(503, "stopping");
  if (!parts_.store.health().writable) return text(503, "the store takes no writes");
  return text(200, "ready");
}

bool Operations::alive() const {
  return parts_.clock.tick() - parts_.tended.load() <= kTendedWithin;
}

std::string Operations::metrics(std::string_view accept) const {
  Exposition out(Exposition::wanted(accept));
  const store::Health health = parts_.store.health();
  out.gauge("entente_ready", "one if calls are served and the store takes writes",
            parts_.serving && health.writable);
  add_net(out, parts_.server.counters());
  out.gauge("entente_store_writable", "one if the store takes writes", health.writable);
  out.gauge("entente_store_free_bytes", "room where the store is",
            static_cast<double>(health.free_bytes));
  out.gauge("entente_store_cached_bytes",
            "memory of the store's caches and of rows that are in no table yet; it has a bound",
            static_cast<double>(health.cached_bytes));
  out.gauge("entente_store_reseal_pending", "one while a rotation is not finished",
            parts_.store.needs_reseal());
  out.counter("entente_ledger_entries", "entries of the ledger", parts_.ledger.size());
  out.gauge("entente_ledger_checkpoint_entries", "entries under the newest checkpoint",
            static_cast<double>(parts_.checkpoints.newest()->checkpoint.size));
  double fresh = 0;
  const auto cosigned = parts_.checkpoints.cosignatures();
  const Instant now = parts_.clock.now();
  for (const ledger::Cosigned& one : cosigned) {
    if (now - Instant(std::chrono::seconds(one.time_s)) < kCosignatureFreshFor) ++fresh;
  }
  out.gauge("entente_witnesses", "witnesses configured", static_cast<double>(cosigned.size()));
  out.gauge("entente_witnesses_fresh", "of these, who cosigned within a day", fresh);
  out.gauge("entente_sessions", "open sessions",
            static_cast<double>(parts_.identity.sessions().size()));
  out.counter("entente_password_hashes", "passwords hashed", parts_.identity.hasher().runs());
  out.gauge("entente_password_hashes_waiting", "sign-ins that wait for the hashing thread",
            static_cast<double>(parts_.identity.hasher().waiting()));
  out.gauge("entente_server_certificate_end_seconds", "when the server's certificate ends",
            seconds_of(parts_.server.certificate_ends()));
  out.gauge("entente_revocation_lists_end_seconds",
            "when the first of the parties' revocation lists is due to be renewed",
            seconds_of(parts_.certificates.lists_end()));
  out.counter("entente_log_events", "lines of the log", "level",
              {{"info", parts_.log.count(ops::Level::Info)},
               {"warning", parts_.log.count(ops::Level::Warning)},
               {"error", parts_.log.count(ops::Level::Error)}});
  ops::add_daemon(out);
  return std::move(out).finish();
}

}  // namespace entente
