// What the helper reads of documents of each kind, and what it makes of those that are broken or
// made to break it.
#include <catch2/catch.hpp>

#include "server/documents/extract/office.h"
#include "server/documents/extract/plain.h"
#include "server/documents/extract/zip.h"
#include "tests/documents/packed.h"

namespace entente::extract {
namespace {

using documents::testing::docx_of;
using documents::testing::zip_of;

std::string plain(const std::string& bytes, End expected = End::Read) {
  Text out;
  CHECK(read_plain(bytes, out) == expected);
  return out.gathered();
}
std::string office(const std::string& bytes, End expected = End::Read) {
  Text out;
  CHECK(read_office(bytes, out) == expected);
  return out.gathered();
}

TEST_CASE("plain text comes in many encodings", "[documents][extract]") {
  CHECK(plain("\xef\xbb\xbf"
              "a < b") == "a < b");
  CHECK(plain(std::string("\xff\xfe"
                          "h\0\xe9\0",
                          6)) == "h\u00e9");
  CHECK(plain("Les r\xe9unions des migrants \xe0 Gen\xe8ve sont pr\xe9vues pour l'\xe9t\xe9.")
            .find("Les r\u00e9unions des migrants \u00e0 Gen\u00e8ve") == 0);
  // Windows-1251, as Russian offices still write it.
  CHECK(
      plain("\xc4\xee\xe1\xf0\xee\xe2\xee\xeb\xfc\xed\xee\xe5 \xe2\xee\xe7\xe2\xf0\xe0\xf9\xe5\xed"
            "\xe8\xe5 \xec\xe8\xe3\xf0\xe0\xed\xf2\xee\xe2 \xe8 \xe8\xf5 \xf1\xe5\xec\xe5\xe9")
          .find("Добровольное") == 0);
  plain(std::string("\x00\x01\x02", 3), End::Unknown);
  plain(std::string(3'000, '\x7f') + std::string(3'000, '\x01'), End::Unknown);
  plain(" \n", End::Empty);
}

TEST_CASE("HTML gives its words, without scripts and tags", "[documents][extract]") {
  CHECK(plain("<html><script>evil()</script><p>Good &amp; pl&#97;in</p><!-- no --></html>")
            .find("Good & plain") != std::string::npos);
  CHECK(plain("<html>a<b>b</b>c").find("abc") != std::string::npos);
  CHECK(plain("<html><p>a</p>b").find("ab") == std::string::npos);
  CHECK(plain("<html>r&eacute;union &#x431; &#1073; &bogus; &#xffffffff; &#0; &")
            .find("r\u00e9union б б") != std::string::npos);
  CHECK(plain("<html><script>evil()</script>x").find("evil") == std::string::npos);
  plain("<html><script>never ended", End::Empty);
  plain("<html><!-- never ended", End::Empty);
  plain("<html><", End::Empty);
  plain("<!DOCTYPE HTML><style>p {}</style>", End::Empty);
}

TEST_CASE("office documents give their paragraphs", "[documents][extract]") {
  CHECK(office(docx_of(
            "<w:p><w:r><w:t>volun</w:t></w:r><w:r><w:t>tary</w:t><w:tab/><w:t>return</w:t>"
            "</w:r></w:p><w:p><w:instrText>HIDDEN</w:instrText><w:t>&#233;t&amp;</w:t></w:p>")) ==
        "voluntary return\n\u00e9t&\n");
  CHECK(office(zip_of({{"mimetype", "application/vnd.oasis.opendocument.text"},
                       {"content.xml",
                        "<office xmlns:text='t'><style>no</style><text:h>Head</text:h>"
                        "<text:p>one<text:s/><b>two</b></text:p></office>"}})) ==
        "Head\none two\n");
  CHECK(office(zip_of({{"ppt/slides/slide10.xml", "<a xmlns:a='a'><a:p><a:t>tenth</a:t></a:p></a>"},
                       {"ppt/slides/slide2.xml",
                        "<a xmlns:a='a'><a:p><a:t>second</a:t></a:p></a>"}})) == "second\ntenth\n");
  CHECK(office(zip_of({{"xl/sharedStrings.xml", "<sst><si><t>cell</t></si></sst>"}})) == "cell\n");
  office(docx_of("<w:p/>"), End::Empty);
  office(zip_of({{"readme.txt", "any archive"}}), End::Unknown);
}

TEST_CASE("what is broken or hostile ends early, and is named", "[documents][extract][bad]") {
  const std::string whole = docx_of("<w:p><w:t>text</w:t></w:p>");
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    Text out;
    CHECK(read_office(whole.substr(0, cut), out) == End::Broken);
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string turned = whole;
    turned[at] = static_cast<char>(turned[at] ^ 0x55);
    Text out;
    static_cast<void>(read_office(turned, out));  // ends; what of it is read does not matter
  }
  office(zip_of({{"word/document.xml", "<w:p><w:t>x</w:t>"}}), End::Broken);
  office(zip_of({{"word/document.xml", "x"}}, /*flags=*/1), End::Encrypted);
  // A billion laughs.
  office(zip_of({{"word/document.xml",
                  "<!DOCTYPE w [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;\">]><w><t>&b;</t></w>"}}),
         End::Bomb);
  // A zip bomb: 80 MiB of nothing; as many letters; as many elements within each other.
  office(docx_of(std::string(80 << 20, ' ')), End::Bomb);
  CHECK(office(docx_of("<w:p><w:t>" + std::string(20 << 20, 'x') + "</w:t></w:p>")).size() ==
        8 << 20);
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<d>";
  office(docx_of(deep), End::Bomb);
  // More in the directory than there is; a directory that points behind the end, or at itself.
  std::string lying = whole;
  lying[whole.size() - 12] = '\x7f';
  office(lying, End::Broken);
  lying = whole;
  lying[whole.size() - 3] = '\x7f';
  office(lying, End::Broken);
}

TEST_CASE("a text is cut between its characters", "[documents][extract]") {
  Text out;
  out.add(std::string(limits::extracted_bytes_max - 1, 'x'));
  CHECK_FALSE(out.add("\u00e9"));
  CHECK(out.gathered().size() == limits::extracted_bytes_max - 1);
}

}  // namespace
}  // namespace entente::extract
