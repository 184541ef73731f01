#include "server/directory/carddav/carddav.h"

#include <catch2/catch.hpp>

#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"
#include "server/dav/xml.h"
#include "tests/formats/address_books.h"

namespace entente::directory {
namespace {

using dav::parse_xml;
using dav::XmlNode;
using testing::person_entry;
using testing::SampleBooks;

struct Fixture {
  SampleBooks books;
  Fixture() {
    books.add("igc", person_entry("anna", "Anna Lindqvist"));
    books.add("igc", person_entry("reto", "Reto Ammann"));
    books.add("bali", person_entry("kamon", "กมล"));
  }
  net::HttpResponse call(const std::string& method, const std::string& path,
                         const std::string& body = "",
                         std::vector<std::pair<std::string, std::string>> headers = {}) {
    net::HttpRequest request;
    request.method = method;
    request.path = path;
    request.body = body;
    request.headers = std::move(headers);
    return dav::serve(request, carddav(), books);
  }
  net::HttpResponse propfind(const std::string& path, const std::string& depth,
                             const std::string& body) {
    return call("PROPFIND", path, body, {{"depth", depth}});
  }
};

std::string header(const net::HttpResponse& response, const std::string& name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

// The answer's tree; well-formed by another parser's word.
XmlNode tree(const net::HttpResponse& response) {
  INFO(response.body);
  REQUIRE(response.status == 207);
  auto parsed = parse_xml(response.body);
  REQUIRE(parsed.ok());
  return *std::move(parsed);
}

std::vector<std::string> hrefs(const XmlNode& multistatus, bool gone = false) {
  std::vector<std::string> found;
  for (const XmlNode& response : multistatus.children) {
    if (!response.is("DAV:", "response")) continue;
    if ((response.find("DAV:", "status") != nullptr) == gone) {
      found.push_back(response.find("DAV:", "href")->text);
    }
  }
  return found;
}

// A property of the first response, if it is there with 200.
const XmlNode* property(const XmlNode& multistatus, const char* space, const char* name,
                        std::size_t at = 0) {
  for (const XmlNode& part : multistatus.children.at(at).children) {
    if (!part.is("DAV:", "propstat") || part.find("DAV:", "status")->text != "HTTP/1.1 200 OK") {
      continue;
    }
    if (const XmlNode* found = part.find("DAV:", "prop")->find(space, name)) return found;
  }
  return nullptr;
}

constexpr const char* space = "urn:ietf:params:xml:ns:carddav";
using Paths = std::vector<std::string>;

// As vdirsyncer 0.19 sends them.
constexpr const char* find_principal = R"(
        <propfind xmlns="DAV:">
            <prop>
                <current-user-principal />
            </prop>
        </propfind>
        )";
constexpr const char* find_home = R"(
    <propfind xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:carddav">
        <prop>
            <c:addressbook-home-set />
        </prop>
    </propfind>
    )";
constexpr const char* find_collections = R"(
    <propfind xmlns="DAV:">
        <prop>
            <resourcetype />
        </prop>
    </propfind>
    )";
constexpr const char* list_cards = R"(<?xml version="1.0" encoding="utf-8" ?>
            <propfind xmlns="DAV:">
                <prop>
                    <resourcetype/>
                    <getcontenttype/>
                    <getetag/>
                </prop>
            </propfind>
            )";
std::string multiget(const std::string& hrefs) {
  return R"(<?xml version="1.0" encoding="utf-8" ?>
            <C:addressbook-multiget xmlns="DAV:"
                    xmlns:C="urn:ietf:params:xml:ns:carddav">
                <prop>
                    <getetag/>
                    <C:address-data/>
                </prop>
                )" +
         hrefs + "</C:addressbook-multiget>";
}

// --- what must not happen
// -------------------------------------------------------------------------

TEST_CASE("nothing can be written, and a write says nothing about what is there", "[carddav]") {
  Fixture fixture;
  for (const char* method : {"PUT", "DELETE", "PROPPATCH", "MKCOL", "COPY", "MOVE", "POST"}) {
    const auto there = fixture.call(method, "/carddav/books/igc/anna.vcf", "BEGIN:VCARD");
    const auto absent = fixture.call(method, "/carddav/books/none/none.vcf", "BEGIN:VCARD");
    CHECK(there.status == 403);
    CHECK(there.body == absent.body);
    CHECK(there.headers == absent.headers);
  }
  CHECK(fixture.call("GET", "/carddav/books/igc/anna.vcf").status == 200);
  CHECK(fixture.call("BREW", "/carddav/").status == 405);
}

TEST_CASE("what the caller is not shown is not found, byte for byte", "[carddav]") {
  Fixture fixture;
  const auto none = fixture.call("GET", "/carddav/books/none/anna.vcf");
  CHECK(none.status == 404);
  for (const char* path :
       {"/carddav/books/igc/kamon.vcf", "/carddav/books/igc/none.vcf", "/carddav/books/igc/anna",
        "/carddav/books/igc/", "/carddav/books/", "/carddav/other", "/carddav/books/igc/a/b.vcf",
        "/carddav/books/../igc/anna.vcf", "/"}) {
    const auto answer = fixture.call("GET", path);
    INFO(path);
    CHECK(answer.status == 404);
    CHECK(answer.body == none.body);
    CHECK(answer.headers == none.headers);
  }
  const auto hidden = fixture.propfind("/carddav/books/budapest/", "1", list_cards);
  CHECK(hidden.status == 404);
  CHECK(hidden.body == none.body);
  const XmlNode answer = tree(fixture.call(
      "REPORT", "/carddav/books/igc/",
      multiget("<href>/carddav/books/bali/kamon.vcf</href><href>/carddav/books/igc/no.vcf</href>"
               "<href>/etc/passwd</href><href>%zz</href><href></href>")));
  CHECK(hrefs(answer).empty());
  CHECK(hrefs(answer, true).size() == 5);
}

TEST_CASE("bodies that are hostile or no XML are refused", "[carddav]") {
  Fixture fixture;
  const std::string open(static_cast<std::size_t>(limits::dav_depth_max) + 5, ' ');
  std::string deep;
  for (std::size_t i = 0; i < open.size(); ++i) deep += "<a>";
  std::string wide = "<propfind xmlns='DAV:'>";
  for (std::size_t i = 0; i < limits::dav_nodes_max + 5; ++i) wide += "<a/>";
  const std::string bodies[] = {
      "<propfind",
      "no",
      "<a></b>",
      deep,
      wide,
      "<a/>",
      "<propfind xmlns='DAV:'/><more/>",
      "<!DOCTYPE a><propfind xmlns='DAV:'/>",
      "<!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;\">]>"
      "<propfind xmlns='DAV:'>&lol2;</propfind>",
      "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><propfind "
      "xmlns='DAV:'>&x;</propfind>",
      "<propfind xmlns='DAV:'>\xff</propfind>",
      std::string("<a>\0</a>", 8),
      std::string(limits::dav_body_bytes_max + 1, ' ')};
  for (const std::string& body : bodies) {
    INFO(body.substr(0, 80));
    CHECK(fixture.propfind("/carddav/", "0", body).status == 400);
    CHECK(fixture.call("REPORT", "/carddav/books/igc/", body).status >= 400);
  }
}

TEST_CASE("a depth without end, unknown filters and unknown sync tokens are refused by name",
          "[carddav]") {
  Fixture fixture;
  const auto says = [](const net::HttpResponse& response, const char* space, const char* name) {
    REQUIRE(response.status == 403);
    const auto parsed = parse_xml(response.body);
    REQUIRE(parsed.ok());
    CHECK(parsed->is("DAV:", "error"));
    CHECK(parsed->find(space, name) != nullptr);
  };
  says(fixture.propfind("/carddav/", "infinity", ""), "DAV:", "propfind-finite-depth");
  says(fixture.call("PROPFIND", "/carddav/"), "DAV:", "propfind-finite-depth");
  const std::string filter_of_parameter =
      R"(<C:addressbook-query xmlns:C="urn:ietf:params:xml:ns:carddav"><C:filter><C:prop-filter
         name="TEL"><C:param-filter name="TYPE"/></C:prop-filter></C:filter>
         </C:addressbook-query>)";
  says(fixture.call("REPORT", "/carddav/books/igc/", filter_of_parameter), space,
       "supported-filter");
  for (const char* token : {"data:,99", "data:,x", "data:,", "none"}) {
    says(fixture.call("REPORT", "/carddav/books/igc/",
                      "<sync-collection xmlns='DAV:'><sync-token>" + std::string(token) +
                          "</sync-token><prop><getetag/></prop></sync-collection>"),
         "DAV:", "valid-sync-token");
  }
  says(fixture.call("REPORT", "/carddav/books/igc/", "<expand-property xmlns='DAV:'/>"),
       "DAV:", "supported-report");
  std::string many;
  for (std::size_t i = 0; i <= limits::dav_multiget_max; ++i) many += "<href>/</href>";
  says(fixture.call("REPORT", "/carddav/books/igc/", multiget(many)),
       "DAV:", "number-of-matches-within-limits");
}

// --- what must
// ------------------------------------------------------------------------------------

TEST_CASE("vdirsyncer finds its way from the well-known address to every card", "[carddav]") {
  Fixture fixture;
  const auto well_known = fixture.propfind("/.well-known/carddav", "0", find_principal);
  CHECK(well_known.status == 301);
  CHECK(header(well_known, "location") == "/carddav/");

  const XmlNode none = tree(fixture.propfind("/carddav/", "1", find_collections));
  CHECK(hrefs(none) == Paths{"/carddav/", "/carddav/books/"});
  const XmlNode principal = tree(fixture.propfind("/carddav/", "0", find_principal));
  CHECK(property(principal, "DAV:", "current-user-principal")->find("DAV:", "href")->text ==
        "/carddav/");
  const XmlNode home = tree(fixture.propfind("/carddav/", "0", find_home));
  CHECK(property(home, space, "addressbook-home-set")->find("DAV:", "href")->text ==
        "/carddav/books/");
  const XmlNode books = tree(fixture.propfind("/carddav/books/", "1", find_collections));
  CHECK(hrefs(books) == Paths{"/carddav/books/", "/carddav/books/bali/", "/carddav/books/igc/"});
  CHECK(property(books, "DAV:", "resourcetype", 0)->find(space, "addressbook") == nullptr);
  CHECK(property(books, "DAV:", "resourcetype", 1)->find(space, "addressbook") != nullptr);

  const XmlNode cards = tree(fixture.propfind("/carddav/books/igc/", "1", list_cards));
  CHECK(hrefs(cards) ==
        Paths{"/carddav/books/igc/", "/carddav/books/igc/anna.vcf", "/carddav/books/igc/reto.vcf"});
  CHECK(property(cards, "DAV:", "getcontenttype", 1)->text == "text/vcard; charset=utf-8");
  CHECK(property(cards, "DAV:", "getetag", 0) == nullptr);

  const XmlNode got = tree(fixture.call("REPORT", "/carddav/books/igc/",
                                        multiget("<href>/carddav/books/igc/anna.vcf</href>")));
  CHECK(hrefs(got) == Paths{"/carddav/books/igc/anna.vcf"});
  CHECK(property(got, "DAV:", "getetag")->text == property(cards, "DAV:", "getetag", 1)->text);
  CHECK(property(got, space, "address-data")->text ==
        to_vcard(person_entry("anna", "Anna Lindqvist"), VcardVersion::V3));
}

TEST_CASE("a card is got in either version, with a tag of its own, and not twice", "[carddav]") {
  Fixture fixture;
  const auto third = fixture.call("GET", "/carddav/books/igc/anna.vcf");
  const auto fourth = fixture.call("GET", "/carddav/books/igc/anna.vcf", "",
                                   {{"accept", "text/vcard; version=4.0"}});
  CHECK(third.body.find("VERSION:3.0") != std::string::npos);
  CHECK(fourth.body.find("VERSION:4.0") != std::string::npos);
  CHECK(header(third, "etag") != header(fourth, "etag"));
  CHECK(fixture
            .call("HEAD", "/carddav/books/igc/anna.vcf", "",
                  {{"if-none-match", header(third, "etag")}})
            .status == 304);
  CHECK(fixture
            .call("GET", "/carddav/books/igc/anna.vcf", "",
                  {{"if-none-match", header(fourth, "etag")}})
            .status == 200);
  CHECK(header(fixture.call("OPTIONS", "/carddav/"), "dav") == "1, 3, addressbook");
}

TEST_CASE("sync-collection tells what came, changed and went since the token", "[carddav]") {
  Fixture fixture;
  const auto sync = [&](const std::string& token) {
    return tree(fixture.call("REPORT", "/carddav/books/igc/",
                             "<sync-collection xmlns='DAV:'><sync-token>" + token +
                                 "</sync-token><sync-level>1</sync-level><prop><getetag/></prop>"
                                 "</sync-collection>"));
  };
  const XmlNode first = sync("");
  CHECK(hrefs(first).size() == 2);
  const std::string token = first.find("DAV:", "sync-token")->text;
  CHECK(hrefs(sync(token)).empty());
  fixture.books.add("igc", person_entry("nadja", "Nadja Frei"));
  fixture.books.add("igc", person_entry("anna", "Anna Berg"));
  fixture.books.add("bali", person_entry("wayan", "Wayan"));
  fixture.books.remove("igc", "reto");
  const XmlNode later = sync(token);
  CHECK(hrefs(later) == Paths{"/carddav/books/igc/anna.vcf", "/carddav/books/igc/nadja.vcf"});
  CHECK(hrefs(later, true) == Paths{"/carddav/books/igc/reto.vcf"});
  CHECK(later.find("DAV:", "sync-token")->text != token);
}

TEST_CASE("a query finds by part of a name or address, whatever the case", "[carddav]") {
  Fixture fixture;
  fixture.books.add("igc", person_entry("soren", "SØREN Ångström"));
  const auto query = [&](const std::string& filter) {
    return hrefs(tree(fixture.call(
        "REPORT", "/carddav/books/igc/",
        "<C:addressbook-query xmlns='DAV:' xmlns:C='urn:ietf:params:xml:ns:carddav'><prop>"
        "<getetag/></prop>" +
            filter + "</C:addressbook-query>")));
  };
  const auto text = [](const std::string& name, const std::string& match) {
    return "<C:prop-filter name='" + name + "'>" + match + "</C:prop-filter>";
  };
  CHECK(query("").size() == 3);
  CHECK(query("<C:filter>" + text("FN", "<C:text-match>ångström</C:text-match>") + "</C:filter>") ==
        Paths{"/carddav/books/igc/soren.vcf"});
  CHECK(query("<C:filter test='anyof'>" + text("FN", "<C:text-match>lindq</C:text-match>") +
              text("email", "<C:text-match match-type='starts-with'>reto@</C:text-match>") +
              "</C:filter>")
            .size() == 2);
  CHECK(query("<C:filter test='allof'>" + text("FN", "<C:text-match>a</C:text-match>") +
              text("EMAIL", "<C:text-match negate-condition='yes'>reto</C:text-match>") +
              "</C:filter>")
            .size() == 1);
  CHECK(query("<C:filter>" + text("TEL", "<C:is-not-defined/>") + "</C:filter>").size() == 3);
  CHECK(query("<C:filter>" + text("TEL", "") + "</C:filter>").empty());
  CHECK(query("<C:limit><C:nresults>1</C:nresults></C:limit>").size() == 1);
}

}  // namespace
}  // namespace entente::directory
