#include <algorithm>
#include <filesystem>

#include "client/lib/client_state.h"
#include "client/lib/lie.h"
#include "client/lib/state_files.h"
#include "entente/v1/ledger.pb.h"
#include "entente/v1/session.pb.h"
#include "proto/contract/act_proof.h"

namespace entente::client {
namespace {

constexpr const char* kGetEntry = "entente.v1.LedgerService.GetEntry";
constexpr std::chrono::milliseconds kRetryPause{100};
// How often others may have moved the ledger's view on while a receipt of this one is checked.
constexpr int kRoundsMax = 16;

// `/package.Service/Method`.
std::string path_of(const MethodDescriptor& method) {
  return "/" + method.service()->full_name() + "/" + method.name();
}

bool safe_to_retry(const MethodDescriptor& method) {
  return method.options().idempotency_level() == google::protobuf::MethodOptions::NO_SIDE_EFFECTS;
}

}  // namespace

const MethodDescriptor& rpc_named(std::string_view full_name) {
  const MethodDescriptor* method =
      google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(std::string(full_name));
  ENTENTE_CHECK(method != nullptr);
  return *method;
}

http2::Headers Client::State::headers_for(const Attempt& attempt) {
  const bool plain = attempt.method == nullptr;
  http2::Headers headers = {{":method", plain ? "GET" : "POST"},
                            {":scheme", "https"},
                            {":authority", options.host + ":" + std::to_string(options.port)},
                            {":path", plain ? attempt.path : path_of(*attempt.method)},
                            {"user-agent", "entente-client/1"}};
  if (plain) {
    headers.emplace_back("accept", attempt.accept);
  } else {
    headers.emplace_back("content-type", "application/grpc");
    headers.emplace_back("te", "trailers");
    if (!attempt.each_message_renews) {
      headers.emplace_back("grpc-timeout", std::to_string(attempt.timeout.count()) + "m");
    }
  }
  if (const std::string bearer = current_token(); !bearer.empty()) {
    headers.emplace_back("authorization", "Bearer " + bearer);
  }
  if (attempt.wanted) headers.emplace_back(proof_for_header, attempt.wanted->asked.text());
  return headers;
}

void Client::State::begin(const std::shared_ptr<Attempt>& attempt) {
  attempt->timer = std::make_unique<asio::steady_timer>(io);
  arm(attempt);
  if (session && !session->alive())
    line_lost(Status(Code::Unavailable, Reason::NotReached, "the line has closed"));
  if (open) return start(attempt);
  waiting.push_back(attempt);
  if (!line) connect();
}

void Client::State::arm(const std::shared_ptr<Attempt>& attempt) {
  attempt->timer->expires_after(attempt->timeout);
  attempt->timer->async_wait([this, attempt](const boost::system::error_code& error) {
    if (error || !attempt->done) return;
    if (session && attempt->id != 0) session->cancel(attempt->id);
    finish(attempt,
           Status(Code::DeadlineExceeded, Reason::None, "the server did not answer in time"));
    flush();
  });
}

void Client::State::start(const std::shared_ptr<Attempt>& attempt) {
  if (!attempt->done) return;  // ran out of time while it waited
  http2::CallHandlers handlers;
  handlers.own_credit = attempt->own_credit;
  handlers.headers = [attempt](const http2::Headers& headers) { attempt->first_headers = headers; };
  handlers.data = [this, attempt](std::string_view bytes) {
    if (attempt->method == nullptr) {
      arm(attempt);
      (void)attempt->on_message(bytes, bytes.size());
      return;
    }
    Status read = attempt->reader.feed(bytes, [&](std::string_view message, std::uint8_t) {
      if (attempt->each_message_renews) arm(attempt);
      return attempt->on_message(message, message.size() + 5);
    });
    if (read.ok()) return;
    session->cancel(attempt->id);
    finish(attempt, std::move(read));
  };
  handlers.ended = [this, attempt](Status status, const http2::Headers& trailers) {
    on_ended(attempt, std::move(status), trailers);
  };
  Result<http2::ClientSession::CallId> id = session->start(
      headers_for(*attempt),
      attempt->method == nullptr ? std::make_shared<const std::string>() : attempt->body,
      std::move(handlers));
  if (!id.ok()) return finish(attempt, id.status());
  attempt->id = *id;
  flush();
}

void Client::State::on_ended(const std::shared_ptr<Attempt>& attempt, Status status,
                             const http2::Headers& trailers) {
  if (attempt->method == nullptr) return finish(attempt, std::move(status));
  if (status.ok()) status = wire::status_of(trailers.empty() ? attempt->first_headers : trailers);
  if (status.ok() && attempt->reader.in_the_middle()) {
    status = Status(Code::Unavailable, Reason::None, "the server's answer was cut short");
  }
  finish(attempt, std::move(status));
}

void Client::State::finish(const std::shared_ptr<Attempt>& attempt, Status status) {
  if (!attempt->done) return;
  const auto done = std::exchange(attempt->done, nullptr);
  attempt->timer->cancel();
  done(std::move(status));
}

void Client::State::connect() {
  // What a line that was given up has still to tell is nobody's any more.
  const auto is_ours = [this, number = ++line_number] { return number == line_number; };
  Line::Events events;
  events.opened = [=, this] {
    if (!is_ours()) return;
    session = std::make_unique<http2::ClientSession>();
    open = true;
    const auto ready = std::exchange(waiting, {});
    for (const auto& attempt : ready) start(attempt);
    flush();
  };
  events.received = [=, this](std::string_view bytes) {
    if (!is_ours()) return;
    const Status status = session->receive(bytes);
    if (!status.ok()) return line_lost(status);
    flush();
  };
  events.written = [=, this] {
    if (is_ours()) flush();
  };
  events.closed = [=, this](const Status& why) {
    if (is_ours()) line_lost(why);
  };
  line = std::make_unique<Line>(
      io, credentials,
      LineOptions{
          .host = options.host, .port = options.port, .connect_timeout = options.connect_timeout},
      std::move(events));
  line->open();
}

void Client::State::line_lost(const Status& why) {
  ++line_number;
  open = false;
  const auto lost_session = std::move(session);
  // The line's own handler may be what called: it goes when that has returned.
  asio::post(io, [gone = std::shared_ptr<Line>(std::move(line))] {});
  const auto lost = std::exchange(waiting, {});
  for (const auto& attempt : lost) finish(attempt, why);
  if (lost_session) lost_session->lose(why);
}

void Client::State::flush() {
  if (!open || !session || line->writing()) return;
  line->write([this](std::string& queue) { session->output(queue); });
}

void Client::State::consumed(const std::shared_ptr<Attempt>& attempt, std::size_t cost, bool more) {
  asio::post(io, [this, attempt, cost, more] {
    if (!session || attempt->id == 0) return;
    if (more) {
      session->credit(attempt->id, cost);
    } else {
      session->cancel(attempt->id);
      finish(attempt, Status());
    }
    flush();
  });
}

void Client::State::set_token(const std::string& fresh) {
  {
    const std::scoped_lock lock(mutex);
    token = fresh;
  }
  if (options.state_dir.empty()) return;
  if (fresh.empty()) {
    std::error_code error;
    std::filesystem::remove(token_path(), error);
  } else {
    (void)write_whole(token_path(), fresh);
  }
}

void Client::State::call(const MethodDescriptor& method, const Body& body,
                         std::shared_ptr<Message> out, std::function<void(Status)> done,
                         CallOptions with, int attempts_left, bool may_sign_in) {
  auto attempt = std::make_shared<Attempt>();
  attempt->method = &method;
  attempt->body = body;
  attempt->timeout = with.timeout.count() > 0 ? with.timeout : options.call_timeout;
  if (leaves_entry(method) && ledger->key()) {
    SystemEntropy entropy;
    const std::string_view request = std::string_view(*body).substr(wire::prefix_bytes);
    attempt->wanted = want_proof(method, request, ledger->last(), entropy);
    attempt->wanted->also = with.entry_must;
  }
  auto got = std::make_shared<bool>(false);
  attempt->on_message = [out, got](std::string_view bytes, std::size_t) {
    *got = out->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
    return *got ? Status()
                : Status(Code::DataLoss, Reason::None, "the server's answer does not read");
  };
  // Its own `done` does not keep it.
  attempt->done = [=, this, &method, now = attempt.get()](Status status) {
    if (status.ok() && !*got)
      status = Status(Code::DataLoss, Reason::None, "the server answered nothing");
    if (status.ok()) {
      const auto shown = std::make_shared<Shown>();
      shown->reply = out;
      for_each_receipt(*out, [&](const v1::Receipt& receipt) {
        if (!receipt.checkpoint().empty()) shown->receipts.push_back(receipt);
      });
      if (!now->wanted) return check_receipts(shown, 0, done, kRoundsMax);
      Result<ShownProof> act = proof_in(now->first_headers);
      if (!act.ok()) return done(act.status());
      shown->wanted = now->wanted;
      shown->act = *std::move(act);
      shown->receipts.push_back(shown->act.proof.receipt());
      return check_receipts(
          shown, 0,
          [=, this, &method](Status checked) {
            if (!checked.ok()) return done(std::move(checked));
            check_entry(method, shown, done);
          },
          kRoundsMax);
    }
    if (status.code() == Code::Unavailable && safe_to_retry(method) && attempts_left > 1) {
      const auto pause = std::make_shared<asio::steady_timer>(io, kRetryPause);
      pauses.insert(pause);
      pause->async_wait([=, this, &method](const boost::system::error_code& error) {
        pauses.erase(pause);
        if (error) return done(Status(Code::Cancelled, Reason::None, "the client was closed"));
        call(method, body, out, done, with, attempts_left - 1, may_sign_in);
      });
      return;
    }
    if (status.reason() == Reason::SignedOut && may_sign_in) {
      return sign_in_again([=, this, &method](const Status& signed_in) {
        if (!signed_in.ok()) return done(status);
        call(method, body, out, done, with, attempts_left, false);
      });
    }
    done(std::move(status));
  };
  asio::post(io, [this, attempt] { begin(attempt); });
}

void Client::State::sign_in_again(std::function<void(Status)> done) {
  std::function<std::optional<Secret>()> source;
  {
    const std::scoped_lock lock(mutex);
    source = password_source;
  }
  const std::optional<Secret> password = source ? source() : std::nullopt;
  if (!password)
    return done(Status(Code::Unauthenticated, Reason::SignedOut, "no password is at hand"));
  v1::SignInRequest request;
  request.set_password(std::string(password->reveal(SecretAccess{})));
  auto reply = std::make_shared<v1::SignInReply>();
  call(
      rpc_named(sign_in_rpc), body_of(request), reply,
      [this, reply, done = std::move(done)](Status status) {
        if (status.ok()) set_token(reply->token());
        done(std::move(status));
      },
      {}, 1, false);
}

// Receipts are checked before anyone sees the reply, one after the other. A checkpoint newer than
// the last one seen needs a path first; while that is asked for, another call, or another command
// of this profile, may have moved on, so this goes round.
void Client::State::check_receipts(std::shared_ptr<const Shown> shown, std::size_t first,
                                   std::function<void(Status)> done, int rounds_left) {
  for (std::size_t at = first; at < shown->receipts.size(); ++at) {
    const v1::Receipt& receipt = shown->receipts[at];
    const auto needed = ledger->path_needed(receipt.checkpoint());
    // By `path` alone; what needs another is looked at anew, until it has gone on too often.
    const auto check = [=, this](std::pair<std::uint64_t, std::uint64_t> of,
                                 const std::vector<Digest>& path) {
      Status checked = ledger->check(
          shown->receipts[at],
          [&](std::uint64_t old_size, std::uint64_t size) -> Result<std::vector<Digest>> {
            if (std::pair(old_size, size) == of) return path;
            return Status(rounds_left > 0 ? Code::Aborted : Code::Unavailable, Reason::Conflict,
                          "the ledger moves on too quickly; try again");
          });
      return checked;
    };
    if (!needed || shown->leads(needed->first, needed->second)) {
      Status checked =
          check(needed.value_or(std::pair<std::uint64_t, std::uint64_t>()), shown->act.path);
      if (checked.code() == Code::Aborted) {
        return check_receipts(shown, at, std::move(done), rounds_left - 1);
      }
      if (!checked.ok()) return done(std::move(checked));
      continue;
    }
    v1::ProveConsistencyRequest request;
    request.set_old_size(needed->first);
    request.set_size(needed->second);
    auto proof = std::make_shared<v1::ConsistencyProof>();
    return call(
        rpc_named(prove_consistency_rpc), body_of(request), proof,
        [=, this](const Status& status) {
          Status checked = status.ok() ? check(*needed, digests_of(proof->path()))
                                       : without_path(status, needed->first, needed->second);
          // An act may end its own session: then nothing can be asked any more.
          if (status.reason() == Reason::SignedOut && shown->proves(shown->receipts[at])) {
            checked = check_beyond_seen(*shown);
          }
          const bool again = checked.code() == Code::Aborted;
          if (!checked.ok() && !again) return done(std::move(checked));
          check_receipts(shown, again ? at : at + 1, done, again ? rounds_left - 1 : kRoundsMax);
        },
        {}, attempts_max, false);
  }
  done(Status());
}

Status Client::State::check_beyond_seen(const Shown& shown) {
  return ledger->check_beyond(shown.act.proof.receipt(), shown.wanted->seen, shown.act.path);
}

// The ledger has the entry: what it says comes with the proof, or is asked for.
void Client::State::check_entry(const MethodDescriptor& method, std::shared_ptr<const Shown> shown,
                                std::function<void(Status)> done) {
  const auto check = [=, this, &method](std::string_view canonical) {
    return check_act(method, account, *shown->wanted, shown->act, canonical, *shown->reply);
  };
  const v1::ActProof& proof = shown->act.proof;
  if (!proof.canonical().empty()) return done(check(proof.canonical()));
  v1::GetEntryRequest request;
  request.set_name("ledger/entries/" + std::to_string(proof.receipt().entry_index()));
  auto row = std::make_shared<v1::LedgerRow>();
  call(
      rpc_named(kGetEntry), body_of(request), row,
      [=](Status status) {
        if (status.ok()) {
          status = check(row->canonical());
        } else if (status.code() == Code::NotFound) {
          status = lie("the server shows no such entry as it proves the act by");
        }
        done(std::move(status));
      },
      {}, attempts_max, false);
}

}  // namespace entente::client
