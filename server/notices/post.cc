#include "server/notices/post.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "proto/contract/limits_notices.h"

namespace entente::notices {
namespace {

struct CloseCurl {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

// What libcurl asks for the message with.
struct Reading {
  std::string_view rest;
};
std::size_t read_message(char* to, std::size_t size, std::size_t count, void* from) {
  auto& reading = *static_cast<Reading*>(from);
  const std::size_t take = std::min(size * count, reading.rest.size());
  std::memcpy(to, reading.rest.data(), take);
  reading.rest.remove_prefix(take);
  return take;
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "[::1]" || host.substr(0, 4) == "127.";
}

// RFC 5321, 4.2.1: a transient refusal; a permanent one.
constexpr long not_now_from = 400;
constexpr long refused_from = 500;

class SmtpPost final : public Post {
 public:
  SmtpPost(std::unique_ptr<CURL, CloseCurl> curl, Relay relay, bool needs_tls)
      : curl_(std::move(curl)), relay_(std::move(relay)), needs_tls_(needs_tls) {}

  Posted send(const Letter& letter, std::string& why) override {
    CURL* curl = curl_.get();
    curl_easy_reset(curl);  // options only; the line stays
    const std::string message = to_message(letter);
    Reading reading{message};
    const std::unique_ptr<curl_slist, FreeList> to(
        curl_slist_append(nullptr, ("<" + letter.to + ">").c_str()));
    std::array<char, CURL_ERROR_SIZE> error{};
    set_line();
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error.data());
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, ("<" + letter.from + ">").c_str());
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to.get());
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, read_message);
    curl_easy_setopt(curl, CURLOPT_READDATA, &reading);
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    const CURLcode done = curl_easy_perform(curl);
    if (done == CURLE_OK) return Posted::Sent;
    long answer = 0;  // the last of the relay's
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer);
    // Without the relay's own words, which repeat the address.
    why = std::string(curl_easy_strerror(done)) + " (SMTP answer " + std::to_string(answer) + ")";
    if (answer >= refused_from) return Posted::Never;
    return answer >= not_now_from ? Posted::Later : Posted::Unreachable;
  }

 private:
  void set_line() {
    CURL* curl = curl_.get();
    curl_easy_setopt(curl, CURLOPT_URL, relay_.url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");  // no environment's
    curl_easy_setopt(curl, CURLOPT_USE_SSL,
                     static_cast<long>(needs_tls_ ? CURLUSESSL_ALL : CURLUSESSL_TRY));
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                     static_cast<long>(limits::mail_connect_ms_max));
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(limits::mail_letter_ms_max));
    if (!relay_.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, relay_.ca_file.c_str());
    if (relay_.user.empty()) return;
    curl_easy_setopt(curl, CURLOPT_USERNAME, relay_.user.c_str());
    curl_easy_setopt(curl, CURLOPT_PASSWORD,
                     std::string(relay_.password.reveal(SecretAccess{})).c_str());
  }

  std::unique_ptr<CURL, CloseCurl> curl_;
  const Relay relay_;
  const bool needs_tls_;
};

}  // namespace

Result<std::unique_ptr<Post>> make_post(Relay relay) {
  const std::unique_ptr<CURLU, FreeUrl> url(curl_url());
  const auto part = [&](CURLUPart which) {
    char* text = nullptr;
    std::string out;
    if (curl_url_get(url.get(), which, &text, 0) == CURLUE_OK) out = text;
    curl_free(text);
    return out;
  };
  if (!url || curl_url_set(url.get(), CURLUPART_URL, relay.url.c_str(), 0) != CURLUE_OK ||
      (part(CURLUPART_SCHEME) != "smtp" && part(CURLUPART_SCHEME) != "smtps")) {
    return invalid_argument("mail.relay", "must be `smtp://host:port` or `smtps://host:port`");
  }
  const bool needs_tls = !is_loopback(part(CURLUPART_HOST));
  std::unique_ptr<CURL, CloseCurl> curl(curl_easy_init());
  if (!curl) return Status(Code::Unavailable, Reason::None, "libcurl cannot start");
  return std::unique_ptr<Post>(
      std::make_unique<SmtpPost>(std::move(curl), std::move(relay), needs_tls));
}

}  // namespace entente::notices
