// What a secretariat and a member wait for: who will be able to see a document, that it is sent to
// everybody, and the first page of an inbox that holds years of such. Over the line, one call after
// the other; tests/bench/circulation runs it.
//
//   bench_circulate PORT CA CREDENTIALS LEDGER-KEY SENDER READER FILE CIRCULATIONS DAEMON
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "client/lib/documents.h"
#include "entente/v1/access.pb.h"
#include "entente/v1/circulations.pb.h"

namespace {

using namespace entente;
using Clock = std::chrono::steady_clock;

constexpr int kCalls = 2'000;
constexpr std::chrono::milliseconds kNextCheckpoint{1'500};  // one a second is signed

struct Given {
  std::uint16_t port;
  std::string ca;
  std::string credentials;
  std::string ledger_key;
  std::string daemon;  // its number as a process
};

// Of user and system, of the daemon so far.
double processor_ms(const Given& given) {
  std::ifstream file("/proc/" + given.daemon + "/stat");
  std::string word;
  for (int n = 1; n <= 13; ++n) file >> word;  // the program's name is one word
  double user = 0;
  double system = 0;
  file >> user >> system;
  return (user + system) * 1e3 / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

Result<std::unique_ptr<client::Client>> open(const Given& given, const std::string& account) {
  const std::string here = given.credentials + "/" + account;
  client::Options options;
  options.host = "localhost";
  options.port = given.port;
  options.server_root_path = given.ca;
  options.certificate_path = here + "/cert.pem";
  options.key_path = here + "/key.pem";
  options.ledger_key = given.ledger_key;
  ENTENTE_TRY(std::unique_ptr<client::Client> client, client::Client::open(options));
  std::string password;
  std::ifstream file(here + "/password");
  std::getline(file, password);
  ENTENTE_TRY_VOID(client->sign_in(Secret(password)));
  return client;
}

// Makes the call so often and prints what it took.
Status measure(const Given& given, const char* name, int count,
               const std::function<Status()>& call) {
  std::vector<double> took;
  const double spent = processor_ms(given);
  for (int i = 0; i < count; ++i) {
    const auto began = Clock::now();
    ENTENTE_TRY_VOID(call());
    took.push_back(std::chrono::duration<double, std::milli>(Clock::now() - began).count());
  }
  std::printf("%s.processor %.3f ms\n", name, (processor_ms(given) - spent) / count);
  std::sort(took.begin(), took.end());
  std::printf("%s.p50 %.3f ms\n%s.p99 %.3f ms\n%s.slowest %.3f ms\n", name, took[took.size() / 2],
              name, took[took.size() * 99 / 100], name, took.back());
  return {};
}

v1::Visibility to_all() {
  v1::Visibility visibility;
  visibility.set_handling(v1::HANDLING_RESTRICTED);
  for (const char* one : {"process/igc/members", "process/igc/secretariat"}) {
    visibility.mutable_audience()->add_any_of(one);
  }
  return visibility;
}

Result<v1::Document> bring(client::Client& sender, const Given& given, const std::string& account,
                           const std::string& path) {
  client::DocumentFile file;
  file.path = path;
  file.certificate_path = given.credentials + "/" + account + "/cert.pem";
  file.key_path = given.credentials + "/" + account + "/key.pem";
  v1::Document& document = *file.request.mutable_document();
  document.set_process("processes/igc");
  document.set_kind(v1::Document::AGENDA);
  (*document.mutable_title()->mutable_by_language())["en"] = "Draft agenda";
  *document.mutable_visibility() = to_all();
  v1::Content& content = *file.request.mutable_content();
  content.set_language("en");
  content.set_file_name("agenda.txt");
  content.set_media_type("text/plain");
  return client::upload_document(sender, file, [](std::uint64_t, std::uint64_t) {});
}

Status who_can_see(const Given& given, client::Client& sender) {
  v1::WhoCanSeeRequest who;
  who.mutable_draft()->set_process("processes/igc");
  *who.mutable_draft()->mutable_visibility() = to_all();
  v1::WhoCanSeeReply seen;
  ENTENTE_TRY_VOID(measure(given, "who_can_see", kCalls, [&]() -> Status {
    ENTENTE_TRY(seen, sender.call<v1::WhoCanSeeReply>("entente.v1.AccessService.WhoCanSee", who));
    return {};
  }));
  std::printf("who_can_see.people %u people\nwho_can_see.states %u states\n",
              seen.reckoning().people(), seen.reckoning().states());
  return {};
}

Status circulate(const Given& given, client::Client& sender, const std::string& document,
                 int count) {
  v1::CirculateRequest send;
  send.mutable_circulation()->add_documents(document);
  (*send.mutable_circulation()->mutable_note()->mutable_by_language())["en"] = "For your comments.";
  send.mutable_circulation()->set_ask(v1::Circulation::COMMENT);
  std::this_thread::sleep_for(kNextCheckpoint);
  ENTENTE_TRY(const note::Checkpoint before, sender.checkpoint());
  ENTENTE_TRY_VOID(measure(given, "circulate", count, [&]() -> Status {
    return sender.call<v1::Circulation>("entente.v1.CirculationService.Circulate", send).status();
  }));
  std::this_thread::sleep_for(kNextCheckpoint);
  ENTENTE_TRY(const note::Checkpoint after, sender.checkpoint());
  std::printf("circulate.commits %.3f commits/circulation\n",
              static_cast<double>(after.size - before.size) / count);
  return {};
}

Status list_inbox(const Given& given, client::Client& reader) {
  v1::ListCirculationsReply page;
  ENTENTE_TRY_VOID(measure(given, "inbox", kCalls, [&]() -> Status {
    ENTENTE_TRY(page, reader.call<v1::ListCirculationsReply>(
                          "entente.v1.CirculationService.ListInbox", v1::ListInboxRequest()));
    return {};
  }));
  std::printf("inbox.page %d circulations\n", page.circulations_size());
  return {};
}

Status run(char** argv) {
  const Given given{.port = static_cast<std::uint16_t>(std::stoi(argv[1])),
                    .ca = argv[2],
                    .credentials = argv[3],
                    .ledger_key = argv[4],
                    .daemon = argv[9]};
  ENTENTE_TRY(const std::unique_ptr<client::Client> sender, open(given, argv[5]));
  ENTENTE_TRY(const std::unique_ptr<client::Client> reader, open(given, argv[6]));
  ENTENTE_TRY(const v1::Document document, bring(*sender, given, argv[5], argv[7]));
  ENTENTE_TRY_VOID(who_can_see(given, *sender));
  ENTENTE_TRY_VOID(circulate(given, *sender, document.name(), std::stoi(argv[8])));
  return list_inbox(given, *reader);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 10) return 2;
  const Status status = run(argv);
  if (!status.ok()) std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  return status.ok() ? 0 : 1;
}
