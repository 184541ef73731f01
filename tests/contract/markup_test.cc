#include "proto/contract/markup.h"

#include <catch2/catch.hpp>

namespace entente {
namespace {

TEST_CASE("nothing that people wrote opens a tag, an entity or ends the quotes", "[markup]") {
  CHECK(markup_text("<b title=\"x\" lang='y'>A&B</b>") ==
        "&lt;b title=&quot;x&quot; lang=&#39;y&#39;&gt;A&amp;B&lt;/b&gt;");
  CHECK(markup_text("]]>") == "]]&gt;");
}

TEST_CASE("line ends and tabs are there again after the reader", "[markup]") {
  CHECK(markup_text("a\r\nb\tc") == "a&#13;&#10;b&#9;c");
}

TEST_CASE("what is left out can be told beforehand", "[markup]") {
  using namespace std::string_view_literals;
  CHECK(left_out_of_markup("a\0b"sv) == U'\0');
  CHECK(left_out_of_markup("ab\x1b\x01") == U'\x1b');
  CHECK(left_out_of_markup("\x7f") == U'\x7f');
  CHECK(left_out_of_markup("a\xEF\xBF\xBE") == U'\xfffe');
  CHECK(left_out_of_markup("a\xEF\xBF\xBF") == U'\xffff');
  CHECK_FALSE(left_out_of_markup(""));
  CHECK_FALSE(
      left_out_of_markup("a\r\nb\tc & \xEF\xBF\xBD \xEF\xBF 日本語 \xC2\x85 \xF0\x9F\x98\x80"));
}

TEST_CASE("what XML 1.0 cannot hold is left out, and nothing else", "[markup]") {
  using namespace std::string_view_literals;
  CHECK(markup_text("a\0b\x01\x1f\x7f"sv) == "ab");
  CHECK(markup_text("\xEF\xBF\xBE|\xEF\xBF\xBF|\xEF\xBF\xBD|\xEF\xBF") ==
        "||\xEF\xBF\xBD|\xEF\xBF");
  CHECK(markup_text("Ελληνικά · العربية · 日本語") == "Ελληνικά · العربية · 日本語");
}

}  // namespace
}  // namespace entente
