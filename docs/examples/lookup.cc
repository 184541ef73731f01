// Who answers for a topic in a party? A ministry's program: the client library and nothing else.
//   lookup HOST PORT CA CERTIFICATE KEY PASSWORD-FILE LEDGER-KEY PARTY TOPIC
#include <client/lib/client.h>
#include <entente/v1/directory.pb.h>

#include <fstream>
#include <iostream>

int main(int argc, char** argv) {
  if (argc != 10) return 2;
  entente::client::Options options;
  options.host = argv[1];
  options.port = static_cast<std::uint16_t>(std::stoi(argv[2]));
  options.server_root_path = argv[3];
  options.certificate_path = argv[4];
  options.key_path = argv[5];
  options.ledger_key = argv[7];
  const auto client = entente::client::Client::open(options);
  if (!client.ok()) return std::cerr << client.status().message() << '\n', 1;
  std::string password;
  std::getline(std::ifstream(argv[6]), password);
  const entente::Status signed_in = (*client)->sign_in(entente::Secret(password));
  if (!signed_in.ok()) return std::cerr << signed_in.message() << '\n', 1;
  entente::v1::WhoAnswersRequest query;
  query.set_party("parties/" + std::string(argv[8]));
  query.set_topic(argv[9]);
  const auto found = (*client)->call<entente::v1::WhoAnswersReply>(
      "entente.v1.DirectoryService.WhoAnswers", query);
  if (!found.ok()) return std::cerr << found.status().message() << '\n', 1;
  for (const auto& answer : found->answers()) {
    std::cout << answer.person().display_name() << ", " << answer.office().title() << '\n';
    for (const auto& contact : answer.person().contacts())
      std::cout << "  " << contact.value() << '\n';
  }
}
