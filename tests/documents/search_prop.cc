// Twin indexes, one with much that is hidden and much that went: whoever may not see it is answered
// the same, to the last bit of a rank. And what a plain reading of the texts says is what is found.
#include <rapidcheck/catch.h>

#include <catch2/catch.hpp>
#include <map>

#include "server/documents/search/index.h"

namespace entente::documents::search {
namespace {

constexpr auto kVisible = static_cast<policy::AudienceId>(1);
constexpr auto kHidden = static_cast<policy::AudienceId>(2);

// Words that are their own stems in every language.
const std::vector<std::string> kWords = {"visa", "kabul", "fund", "port", "oslo", "xyz"};

rc::Gen<std::string> some_words(int most) {
  return rc::gen::map(rc::gen::mapcat(rc::gen::inRange(0, most),
                                      [](int n) {
                                        return rc::gen::container<std::vector<std::string>>(
                                            static_cast<std::size_t>(n),
                                            rc::gen::elementOf(kWords));
                                      }),
                      [](const std::vector<std::string>& words) {
                        std::string text;
                        for (const std::string& word : words) text += word + " ";
                        return text;
                      });
}

Indexable object(int number, policy::AudienceId audience, const std::string& title,
                 const std::string& text) {
  Indexable one;
  one.name = "documents/" + std::to_string(number);
  one.guard.audience = audience;
  one.guard.handling = number % 3 == 0 ? policy::Handling::Open : policy::Handling::Limited;
  one.words = {{"en", title}};
  one.texts = {{"en", text}};
  one.labels = {"2/KIND" + std::to_string(number % 2)};
  one.came_at_us = number % 5;
  return one;
}

std::string in_full(const Answer& answer) {
  std::string text = std::to_string(answer.total);
  for (const Hit& hit : answer.hits) {
    text += "\n" + hit.name + " " + std::to_string(hit.weight) + " " +
            (hit.place ? std::to_string(hit.place->text) + ":" + std::to_string(hit.place->word)
                       : "none");
  }
  for (const auto& [label, count] : answer.labels) text += "\n" + label + std::to_string(count);
  return text;
}

bool sees(const policy::Guard& guard) { return guard.audience == kVisible; }

void put(Index& index, Stems& stems, const Indexable& one) {
  index.put(one, take_apart(one, stems));
}

TEST_CASE("what is hidden or gone changes no answer by a bit", "[documents][search][property]") {
  Stems stems;
  rc::prop("twin indexes answer the same", [&] {
    Index quiet;
    Index busy;
    const int count = *rc::gen::inRange(1, 12);
    for (int n = 0; n < count; ++n) {
      const Indexable one = object(n, kVisible, *some_words(4), *some_words(40));
      put(quiet, stems, one);
      // Beside it in the one index only: something hidden, something that goes, another text first.
      if (*rc::gen::arbitrary<bool>()) {
        put(busy, stems, object(100 + n, kHidden, *some_words(9), *some_words(40)));
      }
      if (*rc::gen::arbitrary<bool>()) {
        put(busy, stems, object(200 + n, kVisible, *some_words(9), *some_words(40)));
      }
      if (*rc::gen::arbitrary<bool>()) {
        put(busy, stems, object(n, kVisible, *some_words(9), *some_words(40)));
      }
      put(busy, stems, one);
      busy.remove("documents/" + std::to_string(200 + n));
      if (*rc::gen::inRange(0, 4) == 0) busy.tidy();
    }
    Wanted wanted;
    const std::string words = *some_words(4);
    const std::string query = *rc::gen::element(words, "\"" + words + "\"", "-" + words,
                                                "fu* OR xyz", "visa OR " + words, std::string());
    wanted.clauses = *parse_query(query, stems);
    wanted.size = 5;
    wanted.skip = *rc::gen::element(0U, 3U);
    RC_ASSERT(in_full(quiet.search(sees, wanted)) == in_full(busy.search(sees, wanted)));
    const std::string typed =
        *rc::gen::element<std::string>("viso", "kabull", "oslo", "fond", "qqqq");
    RC_ASSERT(quiet.nearest(sees, typed) == busy.nearest(sees, typed));
  });
}

TEST_CASE("what is found is what a plain reading finds", "[documents][search][property]") {
  Stems stems;
  rc::prop("all words, a phrase, none of them", [&] {
    Index index;
    std::map<std::string, std::string> texts;
    const int count = *rc::gen::inRange(0, 10);
    for (int n = 0; n < count; ++n) {
      const std::string text = *some_words(12);
      const Indexable one = object(n, kVisible, "", text);
      put(index, stems, one);
      texts[one.name] = " " + text;
    }
    const std::string a = *rc::gen::elementOf(kWords);
    const std::string b = *rc::gen::elementOf(kWords);
    const auto has = [](const std::string& text, const std::string& words) {
      return text.find(" " + words + " ") != std::string::npos;
    };
    const auto check = [&](const std::string& query, const auto& fits) {
      Wanted wanted;
      wanted.clauses = *parse_query(query, stems);
      wanted.size = 100;
      std::set<std::string> found;
      for (const Hit& hit : index.search(sees, wanted).hits) found.insert(hit.name);
      std::set<std::string> expected;
      for (const auto& [name, text] : texts) {
        if (fits(text)) expected.insert(name);
      }
      RC_ASSERT(found == expected);
    };
    check(a + " " + b, [&](const auto& text) { return has(text, a) && has(text, b); });
    check(a + " OR " + b, [&](const auto& text) { return has(text, a) || has(text, b); });
    check(a + " -" + b, [&](const auto& text) { return has(text, a) && !has(text, b); });
    check("\"" + a + " " + b + "\"", [&](const auto& text) { return has(text, a + " " + b); });
    check(a.substr(0, 3) + "*", [&](const auto& text) { return has(text, a); });
  });
}

}  // namespace
}  // namespace entente::documents::search
