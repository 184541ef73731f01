// A stock C++ gRPC client (Debian's grpc++) against the port: unary, every streaming, deadlines and
// statuses. Prints what it found wrong; exits 0 if nothing was.
//
//   grpcpp_client PORT ROOT CERTIFICATE KEY
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>

#include "entente/test/v1/echo.grpc.pb.h"

namespace {

using entente::test::v1::EchoRequest;
using entente::test::v1::EchoResponse;
using entente::test::v1::EchoService;

int wrong = 0;

void expect(bool holds, const std::string& what) {
  if (holds) return;
  ++wrong;
  std::cout << "wrong: " << what << '\n';
}

std::string file(const char* path) {
  std::ostringstream all;
  all << std::ifstream(path).rdbuf();
  return all.str();
}

void unary(EchoService::Stub& stub) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{1'000'000}}) {
    EchoRequest request;
    request.set_text(std::string(size, 'x'));
    for (const bool heavy : {false, true}) {
      grpc::ClientContext context;
      EchoResponse reply;
      const grpc::Status status =
          heavy ? stub.EchoHeavy(&context, request, &reply) : stub.Echo(&context, request, &reply);
      expect(status.ok() && reply.received() == size, "unary of " + std::to_string(size));
    }
  }
  grpc::ClientContext context;
  EchoRequest request;
  EchoResponse reply;
  request.set_fail_code(5);
  const grpc::Status status = stub.Echo(&context, request, &reply);
  expect(status.error_code() == grpc::StatusCode::NOT_FOUND, "the code of a status");
  expect(status.error_message() == "as asked: 100 % \u2713", "the message of a status");
  expect(!status.error_details().empty(), "the details of a status");
}

void deadline(EchoService::Stub& stub) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(200));
  EchoRequest request;
  EchoResponse reply;
  request.set_sleep_ms(10'000);
  const grpc::Status status = stub.EchoHeavy(&context, request, &reply);
  expect(status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED, "the deadline");
}

void streams(EchoService::Stub& stub) {
  EchoRequest request;
  request.set_count(2'000);
  request.set_bytes(10'000);
  grpc::ClientContext listing;
  EchoResponse reply;
  std::uint32_t seen = 0;
  const auto list = stub.List(&listing, request);
  while (list->Read(&reply)) expect(reply.number() == ++seen, "the order of a stream");
  expect(list->Finish().ok() && seen == 2'000, "a server stream");

  request.set_count(0);
  request.set_bytes(0);
  request.set_text(std::string(60'000, 'y'));
  grpc::ClientContext collecting;
  const auto collect = stub.Collect(&collecting, &reply);
  for (int i = 0; i < 200; ++i) expect(collect->Write(request), "a write");
  collect->WritesDone();
  expect(collect->Finish().ok() && reply.received() == 12'000'000, "a client stream");

  grpc::ClientContext chatting;
  const auto chat = stub.ChatHeavy(&chatting);
  for (int i = 0; i < 50; ++i) {
    request.set_text(std::to_string(i));
    expect(chat->Write(request) && chat->Read(&reply) && reply.text() == request.text(), "a chat");
  }
  chat->WritesDone();
  expect(!chat->Read(&reply) && chat->Finish().ok(), "the end of a chat");

  grpc::ClientContext watching;
  const auto watch = stub.Watch(&watching, EchoRequest());
  expect(watch->Read(&reply), "the first of a watch");
  watching.TryCancel();
  while (watch->Read(&reply)) {
  }
  expect(watch->Finish().error_code() == grpc::StatusCode::CANCELLED, "a cancelled stream");
}

}  // namespace

int main(int count, char** words) {
  if (count != 5) return 2;
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = file(words[2]);
  options.pem_cert_chain = file(words[3]);
  options.pem_private_key = file(words[4]);
  const auto channel =
      grpc::CreateChannel(std::string("localhost:") + words[1], grpc::SslCredentials(options));
  const auto stub = EchoService::NewStub(channel);
  unary(*stub);
  deadline(*stub);
  streams(*stub);
  return wrong == 0 ? 0 : 1;
}
