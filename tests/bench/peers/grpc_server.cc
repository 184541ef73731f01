// The peer of the look-up benchmark: gRPC C++ with its callback API and mutual TLS, answering from
// a hash map of 10,000 persons, without policy, store, seal or ledger.
//   grpc_server PORT CA.pem CERT.pem KEY.pem
#include <grpcpp/grpcpp.h>

#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <unordered_map>

#include "peer_directory.grpc.pb.h"

namespace {

std::string read(const char* path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

class Directory final : public peer::Directory::CallbackService {
 public:
  Directory() {
    for (int i = 0; i < 10'000; ++i) {
      peer::Person person;
      const std::string n = std::to_string(i);
      person.set_name("Anna Lindqvist the " + n + "th of Norrbotten");
      person.set_email("p" + n + "@example.org");
      person.set_telephone("+46 10 555 01 " + n);
      person.set_institution("Swedish Migration Agency, Department for International Affairs");
      person.set_office("National focal point for trafficking in human beings and return");
      person.set_address("Slottsgatan 82, 601 70 Norrkoping, Sweden, third floor, room " + n);
      for (const char* language : {"sv", "en", "fr"}) person.add_languages(language);
      persons_.emplace(person.email(), std::move(person));
    }
  }

  grpc::ServerUnaryReactor* Lookup(grpc::CallbackServerContext* context, const peer::Query* query,
                                   peer::Person* person) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    const auto found = persons_.find(query->email());
    if (found == persons_.end()) {
      reactor->Finish(grpc::Status(grpc::StatusCode::NOT_FOUND, "no such person"));
    } else {
      *person = found->second;
      reactor->Finish(grpc::Status::OK);
    }
    return reactor;
  }

 private:
  std::unordered_map<std::string, peer::Person> persons_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: grpc_server PORT CA.pem CERT.pem KEY.pem\n";
    return 2;
  }
  grpc::SslServerCredentialsOptions tls(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  tls.pem_root_certs = read(argv[2]);
  tls.pem_key_cert_pairs.push_back({read(argv[4]), read(argv[3])});
  Directory directory;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(std::string("127.0.0.1:") + argv[1], grpc::SslServerCredentials(tls));
  builder.RegisterService(&directory);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (!server) return 1;
  std::cout << "ready" << std::endl;
  server->Wait();
}
