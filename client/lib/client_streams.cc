#include <condition_variable>
#include <future>

#include "client/lib/client_state.h"

namespace entente::client {
namespace {

// What the client's thread has received, for the caller's; shared, for either may speak last.
struct Inbox {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::pair<std::string, std::size_t>> messages;  // and what each cost on the line
  std::optional<Status> end;

  void put(std::string_view bytes, std::size_t cost) {
    const std::scoped_lock lock(mutex);
    messages.emplace_back(bytes, cost);
    changed.notify_one();
  }
  void close(Status status) {
    const std::scoped_lock lock(mutex);
    end = std::move(status);
    changed.notify_one();
  }
  // The next message; empty at the end, when `end` says how it went.
  std::optional<std::pair<std::string, std::size_t>> take() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return !messages.empty() || end; });
    if (messages.empty()) return std::nullopt;
    auto first = std::move(messages.front());
    messages.pop_front();
    return first;
  }
};

// What an answer of plain HTTP comes to.
Status status_of_http(const http2::Headers& headers, const std::string& text) {
  std::string code;
  for (const auto& [name, value] : headers) {
    if (name == ":status") code = value;
  }
  if (code == "200" || code == "204") return {};
  const std::string said = text.empty() ? "the server answered " + code : text;
  if (code == "400") return {Code::InvalidArgument, Reason::FieldInvalid, said};
  if (code == "401") return {Code::Unauthenticated, Reason::SignedOut, said};
  if (code == "404") return {Code::NotFound, Reason::None, said};
  if (code == "413") return {Code::ResourceExhausted, Reason::LimitReached, said};
  if (code == "503") return {Code::Unavailable, Reason::Overloaded, said};
  return {Code::Unknown, Reason::None, said};
}

// `title` of an error in SDMX-JSON; what is told of others is their number.
std::string title_in(const std::string& body) {
  constexpr std::string_view mark = "\"title\":\"";
  const std::size_t from = body.find(mark);
  if (from == std::string::npos) return {};
  const std::size_t begin = from + mark.size();
  return body.substr(begin, body.find('"', begin) - begin);
}

}  // namespace

Status Client::stream_messages(std::string_view method, const Message& in, Message& scratch,
                               const std::function<bool(const Message&)>& each,
                               CallOptions options) {
  auto inbox = std::make_shared<Inbox>();
  auto attempt = std::make_shared<State::Attempt>();
  attempt->method = &rpc_named(method);
  attempt->body = state_->body_of(in);
  attempt->timeout = options.timeout.count() > 0 ? options.timeout : state_->options.call_timeout;
  attempt->own_credit = true;
  attempt->each_message_renews = true;
  attempt->on_message = [inbox](std::string_view bytes, std::size_t cost) {
    inbox->put(bytes, cost);
    return Status();
  };
  attempt->done = [inbox](Status status) { inbox->close(std::move(status)); };
  state_->post(attempt);
  while (const auto message = inbox->take()) {
    const bool read = scratch.ParseFromString(message->first);
    const bool more = read && each(scratch);
    state_->consumed(attempt, message->second, more);
    if (!read) return Status(Code::DataLoss, Reason::None, "the server's answer does not read");
    if (!more) return Status();
  }
  return *inbox->end;
}

Status Client::download(const std::string& path, const std::string& accept,
                        const std::function<bool(std::string_view)>& each, CallOptions options) {
  Status status = download_once(path, accept, each, options);
  if (status.reason() != Reason::SignedOut) return status;
  std::promise<Status> promise;
  asio::post(state_->io, [&] {
    state_->sign_in_again([&promise](Status done) { promise.set_value(std::move(done)); });
  });
  if (!promise.get_future().get().ok()) return status;
  return download_once(path, accept, each, options);
}

Status Client::download_once(const std::string& path, const std::string& accept,
                             const std::function<bool(std::string_view)>& each,
                             CallOptions options) {
  constexpr std::size_t error_bytes_max = 4'096;
  auto inbox = std::make_shared<Inbox>();
  auto attempt = std::make_shared<State::Attempt>();
  attempt->path = path;
  attempt->accept = accept;
  attempt->timeout = options.timeout.count() > 0 ? options.timeout : state_->options.call_timeout;
  attempt->own_credit = true;
  // Whether the bytes are the answer or say why there is none, the headers tell, which come first.
  auto fine = std::make_shared<std::optional<bool>>();
  attempt->on_message = [inbox, fine, headers = &attempt->first_headers](std::string_view bytes,
                                                                         std::size_t cost) {
    if (!*fine) *fine = status_of_http(*headers, "").ok();
    inbox->put(bytes, cost);
    return Status();
  };
  attempt->done = [inbox](Status status) { inbox->close(std::move(status)); };
  state_->post(attempt);
  std::string error;
  while (const auto piece = inbox->take()) {
    const bool is_answer = fine->value_or(false);
    if (!is_answer && error.size() < error_bytes_max) error += piece->first;
    const bool more = !is_answer || each(piece->first);
    state_->consumed(attempt, piece->second, more);
    if (!more) return Status();
  }
  if (!inbox->end->ok()) return *inbox->end;
  return status_of_http(attempt->first_headers, title_in(error));
}

}  // namespace entente::client
