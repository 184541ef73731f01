#include "tests/support/echo_service.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "entente/test/v1/echo.pb.h"

namespace entente::test {
namespace {

using net::Call;
using net::Message;
using test::v1::EchoRequest;
using test::v1::EchoResponse;

Status failure(const EchoRequest& in) {
  return Status(static_cast<Code>(in.fail_code()), Reason::FieldInvalid, "as asked: 100 % ✓")
      .with_detail("for operators only")
      .with_retry_after_ms(2'500)
      .with_violation({.field = "text", .rule = "is what you wanted", .line = 0, .column = 0});
}

// Looks at its cancellation once a millisecond.
void sleep(EchoState& state, const Call& call, std::uint32_t ms) {
  for (std::uint32_t i = 0; i < ms; ++i) {
    if (call.cancelled()) {
      ++state.cancelled_seen;
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

Status echo(EchoState& state, Call& call, const Message& message, Message& reply) {
  const auto& in = static_cast<const EchoRequest&>(message);
  auto& out = static_cast<EchoResponse&>(reply);
  if (in.throws()) throw std::runtime_error("as asked");
  if (const auto marker = call.header("x-marker"))
    call.add_header("x-marker", std::string(*marker));
  ++state.handlers_begun;
  if (in.stubborn())
    std::this_thread::sleep_for(std::chrono::milliseconds(in.sleep_ms()));
  else
    sleep(state, call, in.sleep_ms());
  if (in.fail_code() != 0) return failure(in);
  out.set_text(in.text());
  out.set_received(in.text().size());
  out.set_peer(call.peer().uri);
  out.mutable_padding()->assign(in.bytes(), 'p');
  return Status();
}

class Listing final : public net::Source {
 public:
  Listing(EchoState& state, const EchoRequest& in) : state_(state), in_(in) {
    ++state_.sources_open;
  }
  ~Listing() override { --state_.sources_open; }
  Listing(const Listing&) = delete;
  Listing& operator=(const Listing&) = delete;

  Result<Next> next(Message& message) override {
    if (at_ == in_.count()) {
      if (in_.fail_code() != 0) return failure(in_);
      return Next::End;
    }
    auto& out = static_cast<EchoResponse&>(message);
    out.set_number(++at_);
    out.set_text(in_.text());
    out.mutable_padding()->assign(in_.bytes(), 'p');
    return Next::Message;
  }

 private:
  EchoState& state_;
  EchoRequest in_;
  std::uint32_t at_ = 0;
};

class Watching final : public net::Source {
 public:
  Watching(EchoState& state, const EchoRequest& in, net::Waker waker) : state_(state), in_(in) {
    ++state_.sources_open;
    state_.bell.listen(std::move(waker));
  }
  ~Watching() override { --state_.sources_open; }
  Watching(const Watching&) = delete;
  Watching& operator=(const Watching&) = delete;

  Result<Next> next(Message& message) override {
    if (in_.count() != 0 && at_ == in_.count()) return Next::End;
    if (state_.bell.rings() <= heard_) return Next::Wait;
    heard_ = state_.bell.rings();
    static_cast<EchoResponse&>(message).set_number(++at_);
    return Next::Message;
  }

 private:
  EchoState& state_;
  EchoRequest in_;
  std::uint32_t at_ = 0;
  std::uint64_t heard_ = 0;
};

class Conversation final : public net::Exchange {
 public:
  explicit Conversation(bool each) : each_(each) {}
  Status on_message(const Message& message, const Send& send) override {
    const auto& in = static_cast<const EchoRequest&>(message);
    std::this_thread::sleep_for(std::chrono::milliseconds(in.sleep_ms()));
    if (in.fail_code() != 0) return failure(in);
    out_.set_number(out_.number() + 1);
    out_.set_received(out_.received() + in.text().size());
    out_.set_text(each_ ? in.text() : std::string());
    if (each_) send(out_);
    return Status();
  }
  Status on_end(const Send& send) override {
    if (!each_) send(out_);
    return Status();
  }

 private:
  bool each_;
  EchoResponse out_;
};

struct Free {
  void operator()(X509* p) const { X509_free(p); }
  void operator()(X509_STORE* p) const { X509_STORE_free(p); }
  void operator()(X509_STORE_CTX* p) const { X509_STORE_CTX_free(p); }
  void operator()(GENERAL_NAMES* p) const { GENERAL_NAMES_free(p); }
};

std::string uri_of(X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, Free> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::string uri;
  int count = 0;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    const auto* text = name->d.uniformResourceIdentifier;
    uri.assign(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),  // NOLINT
               static_cast<std::size_t>(ASN1_STRING_length(text)));
    ++count;
  }
  return count == 1 && uri.rfind("entente://", 0) == 0 ? uri : std::string();
}

// Files without end, and with one, in pieces.
class Download final : public net::ByteSource {
 public:
  explicit Download(std::size_t bytes) : left_(bytes) {}
  Result<std::string> read(std::size_t bytes_max) override {
    const std::size_t some = std::min(left_, bytes_max);
    left_ -= some;
    return std::string(some, 'd');
  }

 private:
  std::size_t left_;
};

net::HttpResponse download(const net::HttpRequest& request) {
  net::HttpResponse response;
  const std::size_t bytes = std::strtoull(request.path.substr(7).c_str(), nullptr, 10);
  response.headers = {{"content-type", "application/octet-stream"}};
  if (request.query == "sized")
    response.headers.emplace_back("content-length", std::to_string(bytes));
  response.source = std::make_unique<Download>(bytes);
  return response;
}

net::HttpResponse mirror(net::Call& call, const net::HttpRequest& request) {
  net::HttpResponse response;
  const net::Kept kept = call.kept();
  const int nth = 1 + (kept ? *static_cast<const int*>(kept.get()) : 0);
  call.keep(std::make_shared<const int>(nth));
  response.headers = {{"content-type", "text/plain"}, {"x-nth", std::to_string(nth)}};
  response.body = request.method + " " + request.path + "?" + request.query + "\n" + request.body;
  return response;
}

}  // namespace

Bell::Bell() {
  thread_ = std::thread([this] {
    while (!stopping_) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      ++rings_;
      const std::lock_guard guard(mutex_);
      for (const net::Waker& waker : wakers_) waker();
    }
  });
}

Bell::~Bell() {
  stopping_ = true;
  thread_.join();
}

void Bell::listen(net::Waker waker) {
  const std::lock_guard guard(mutex_);
  wakers_.push_back(std::move(waker));
}

void add_echo(net::MethodTable& table, EchoState& state) {
  const std::string service = "entente.test.v1.EchoService.";
  for (const char* name : {"Echo", "EchoHeavy", "EchoHash"}) {
    table.add_unary(service + name, [&state](Call& call, const Message& in, Message& out) {
      return echo(state, call, in, out);
    });
  }
  for (const char* name : {"List", "ListHeavy"}) {
    table.add_stream(service + name, [&state](Call& call, const Message& in, net::Waker) {
      const auto& asked = static_cast<const EchoRequest&>(in);
      sleep(state, call, asked.sleep_ms());
      return Result<std::unique_ptr<net::Source>>(std::make_unique<Listing>(state, asked));
    });
  }
  for (const char* name : {"Watch", "WatchHeavy"}) {
    table.add_stream(service + name, [&state](Call&, const Message& in, net::Waker waker) {
      return Result<std::unique_ptr<net::Source>>(
          std::make_unique<Watching>(state, static_cast<const EchoRequest&>(in), std::move(waker)));
    });
  }
  for (const char* name : {"Collect", "Chat", "ChatHeavy"}) {
    const bool each = std::string(name) != "Collect";
    table.add_exchange(service + name, [each](Call&) {
      return Result<std::unique_ptr<net::Exchange>>(std::make_unique<Conversation>(each));
    });
  }
  table.add_route({.prefix = "/files/",
                   .heavy = true,
                   .handler = [](Call&, const net::HttpRequest& r) { return download(r); }});
  table.add_route({.prefix = "/mirror", .heavy = false, .handler = mirror});
}

AuthorityVerifier::AuthorityVerifier(std::string authority_path)
    : authority_path_(std::move(authority_path)) {}

Result<std::string> AuthorityVerifier::verify(const std::vector<std::string>& chain_der) {
  const auto refused = [](const char* why) {
    return Status(Code::Unauthenticated, Reason::None, "refused").with_detail(why);
  };
  const auto* der = reinterpret_cast<const unsigned char*>(chain_der.front().data());  // NOLINT
  const std::unique_ptr<X509, Free> leaf(
      d2i_X509(nullptr, &der, static_cast<long>(chain_der.front().size())));
  if (!leaf) return refused("no certificate");
  const std::unique_ptr<X509_STORE, Free> store(X509_STORE_new());
  if (X509_STORE_load_file(store.get(), authority_path_.c_str()) != 1) return refused("no anchor");
  const std::unique_ptr<X509_STORE_CTX, Free> context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), nullptr);
  const bool good = X509_verify_cert(context.get()) == 1;
  ERR_clear_error();
  if (!good) return refused("does not chain");
  std::string uri = uri_of(leaf.get());
  if (uri.empty()) return refused("no URI");
  return uri;
}

}  // namespace entente::test
