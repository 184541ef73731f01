// What a notice says, and that no text or address can say more than it should.
#include "server/notices/letter.h"

#include <catch2/catch.hpp>
#include <set>

#include "proto/contract/bytes.h"
#include "server/notices/words.h"

namespace entente::notices {
namespace {

Told told() {
  return {.sender = "parties/IGC/accounts/helena.brandt",
          .process = "processes/igc",
          .ask = v1::Circulation::COMMENT,
          .deadline = "2026-12-04 20:00 UTC",
          .reminds = false,
          .link = "https://entente.example/#/circulations/9a41"};
}

TEST_CASE("a notice says who, where, what is asked and until when, in the person's language",
          "[words]") {
  const Text text = one_notice("en", told(), "https://entente.example/#/account");
  CHECK(text.subject == "IGC: for comment");
  CHECK(text.body ==
        "IGC (helena.brandt) sent you something in IGC, for comment "
        "(until 2026-12-04 20:00 UTC).\n\n"
        "Sign in to read it: https://entente.example/#/circulations/9a41\n\n-- \n"
        "A notice never says what was sent. To be told at once, once a day or not at all: "
        "https://entente.example/#/account\n");
  CHECK(one_notice("de", told(), "x").subject == "IGC: zur Stellungnahme");
  for (const char* language : {"en", "fr", "es", "ru", "de", "ar"}) {
    for (const auto ask :
         {v1::Circulation::ASK_UNSPECIFIED, v1::Circulation::INFORMATION, v1::Circulation::COMMENT,
          v1::Circulation::APPROVAL_BY_SILENCE, v1::Circulation::ACTION}) {
      Told one = told();
      one.ask = ask;
      one.reminds = true;
      const Text made = one_notice(language, one, "settings");
      CHECK(made.body.find('{') == std::string::npos);
      CHECK(made.body.find(one.link) != std::string::npos);
      CHECK(made.body.find("helena.brandt") != std::string::npos);
    }
    // Of a consent no more: that it waits, or what was said, in words that differ.
    std::set<std::string> bodies;
    for (const auto consent :
         {Told::Consent::Waiting, Told::Consent::Granted, Told::Consent::Refused}) {
      Told one = told();
      one.consent = consent;
      const Text made = one_notice(language, one, "settings");
      CHECK(made.subject != one_notice(language, told(), "settings").subject);
      CHECK(made.body.find('{') == std::string::npos);
      CHECK(made.body.find("2026-12-04") == std::string::npos);
      CHECK(made.body.find("helena.brandt") != std::string::npos);
      bodies.insert(made.body);
    }
    for (bool Told::*end : {&Told::adopted, &Told::lapsed}) {
      Told ended = told();
      ended.*end = true;
      const Text made = one_notice(language, ended, "settings");
      CHECK(made.subject != one_notice(language, told(), "settings").subject);
      CHECK(made.body.find('{') == std::string::npos);
      CHECK(made.body.find("2026-12-04") == std::string::npos);
      CHECK(made.body.find("helena.brandt") != std::string::npos);
      bodies.insert(made.body);
    }
    CHECK(bodies.size() == 5);
  }
}

TEST_CASE("a digest lists what it has room for and counts the rest", "[words]") {
  const Text text = digest("fr", {told(), told(), told()}, 2, "settings");
  CHECK(text.subject == "En attente : 3");
  CHECK(text.body.find("Et 1 de plus.") != std::string::npos);
  CHECK(digest("fr", {told(), told()}, 2, "settings").body.find("de plus") == std::string::npos);
}

TEST_CASE("the language is the wished one, else the first spoken that is written, else English",
          "[words]") {
  const std::vector<std::string> spoken{"sv", "pt-BR", "fr-CH", "de"};
  CHECK(language_for("ar", spoken) == "ar");
  CHECK(language_for("", spoken) == "fr");
  CHECK(language_for("tlh", spoken) == "fr");
  CHECK(language_for("", std::vector<std::string>{"sv"}) == "en");
}

TEST_CASE("what is no plain address gets no mail", "[letter]") {
  CHECK(is_address("anna.lindqvist+igc@migration.example.se"));
  for (const char* bad :
       {"", "@", "anna", "anna@", "@example.org", "anna@example.org\r\nBcc: eve@example.org",
        "anna@example.org,eve@example.org", "<anna@example.org>", "an na@example.org",
        "\"anna\"@example.org", "anna@example.org;", "-oQ/tmp@example.org", "änna@example.org"}) {
    CHECK_FALSE(is_address(bad));
  }
  CHECK_FALSE(is_address(std::string(250, 'a') + "@b.example"));
}

TEST_CASE("a message is what mail programs expect, whatever its text", "[letter]") {
  const Text text{.subject = "ИГК: для замечаний\r\nBcc: eve@example.org",
                  .body = "первая\nвторая\n"};
  const std::string message = to_message({.from = "entente@igc.example",
                                          .to = "anna@example.se",
                                          .id = "0123",
                                          .text = text,
                                          .language = "ru",
                                          .at = *parse_rfc3339("2026-11-05T07:08:09Z")});
  CHECK(message.find("Date: Thu, 5 Nov 2026 07:08:09 +0000\r\n") == 0);
  CHECK(message.find("\r\nFrom: Entente <entente@igc.example>\r\nTo: <anna@example.se>\r\n"
                     "Message-ID: <0123@igc.example>\r\n") != std::string::npos);
  CHECK(message.find("Bcc") == std::string::npos);
  CHECK(message.find("Auto-Submitted: auto-generated\r\n") != std::string::npos);
  const std::size_t body = message.find("\r\n\r\n") + 4;
  CHECK(from_base64(message.substr(body, message.size() - body - 2)) == "первая\r\nвторая\r\n");
  for (std::size_t at = 0; at < message.size();) {
    const std::size_t end = message.find("\r\n", at);
    REQUIRE(end != std::string::npos);
    CHECK(end - at <= 78);
    at = end + 2;
  }
}

}  // namespace
}  // namespace entente::notices
