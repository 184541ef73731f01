// Brings documents as fast as the server takes them, over so many lines at once, each signed in
// before the clock runs, and prints how many a second were durable when it said so. Says when it
// is signed in, and begins once it is told to, by a line or the end of its input;
// tests/bench/transfers runs it.
//
//   bench_bring PORT CA CERTIFICATE KEY PASSWORD-FILE LEDGER-KEY FILE COUNT LINES TAG
#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "client/lib/documents.h"

namespace {

using namespace entente;

client::DocumentFile file_of(char** argv, int number) {
  client::DocumentFile file;
  file.path = argv[7];
  file.certificate_path = argv[3];
  file.key_path = argv[4];
  file.request.set_upload_id(std::string(argv[10]) + "-" + std::to_string(number));
  v1::Document& document = *file.request.mutable_document();
  document.set_process("processes/igc");
  document.set_kind(v1::Document::OTHER);
  (*document.mutable_title()->mutable_by_language())["en"] = "Paper " + std::to_string(number);
  document.mutable_visibility()->set_handling(v1::HANDLING_RESTRICTED);
  document.mutable_visibility()->mutable_audience()->add_any_of("process/igc/members");
  v1::Content& content = *file.request.mutable_content();
  content.set_language("en");
  content.set_file_name("paper.bin");
  content.set_media_type("application/octet-stream");
  return file;
}

Result<std::unique_ptr<client::Client>> sign_in(char** argv) {
  client::Options options;
  options.host = "localhost";
  options.port = static_cast<std::uint16_t>(std::stoi(argv[1]));
  options.server_root_path = argv[2];
  options.certificate_path = argv[3];
  options.key_path = argv[4];
  options.ledger_key = argv[6];
  ENTENTE_TRY(std::unique_ptr<client::Client> client, client::Client::open(options));
  std::string password;
  std::getline(std::ifstream(argv[5]), password);
  ENTENTE_TRY_VOID(client->sign_in(Secret(password)));
  return client;
}

// One line: takes numbers until there are no more.
Status bring(client::Client& client, char** argv, std::atomic<int>& next, int count,
             bool tells_name) {
  for (int number = next++; number < count; number = next++) {
    ENTENTE_TRY(const v1::Document made,
                client::upload_document(client, file_of(argv, number),
                                        [](std::uint64_t, std::uint64_t) {}));
    if (tells_name) std::printf("%s\n", made.name().c_str());
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 11) return 2;
  const int count = std::stoi(argv[8]);
  std::atomic<int> next{0};
  std::atomic<bool> failed{false};
  std::vector<std::unique_ptr<client::Client>> clients;
  for (int i = 0; i < std::stoi(argv[9]); ++i) {
    auto client = sign_in(argv);
    if (!client.ok()) {
      std::fprintf(stderr, "%s\n", std::string(client.status().message()).c_str());
      return 1;
    }
    clients.push_back(*std::move(client));
  }
  std::printf("signed in\n");  // and then whoever measures takes the server's own time
  std::fflush(stdout);
  static_cast<void>(std::getchar());
  const auto began = std::chrono::steady_clock::now();
  std::vector<std::thread> lines;
  for (const auto& client : clients) {
    lines.emplace_back([&] {
      const Status status = bring(*client, argv, next, count, count == 1);
      if (status.ok()) return;
      failed = true;
      std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
    });
  }
  for (std::thread& line : lines) line.join();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf("%.1f\n", count / took.count());
  return failed ? 1 : 0;
}
