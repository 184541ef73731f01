// What must not be taken for an envelope, a manifest, a signature or a certificate, piece by piece.
#include "client/lib/envelope.h"

#include <catch2/catch.hpp>
#include <functional>
#include <string>
#include <vector>

#include "client/lib/der.h"
#include "proto/contract/limits_sealing.h"
#include "tests/client/offices.h"

namespace entente::client {
namespace {

using test::manifest;
using test::Offices;
using test::shown;

// One DER value.
std::string der(unsigned char tag, const std::string& content) {
  std::string out(1, static_cast<char>(tag));
  if (content.size() >= 256) {
    out += '\x82';
    out += static_cast<char>(content.size() >> 8U);
  } else if (content.size() >= 128) {
    out += '\x81';
  }
  out += static_cast<char>(content.size() & 0xffU);
  return out + content;
}

// An AuthEnvelopedData in pieces, as docs/sealing.md has them; a test bends one.
struct Pieces {
  std::string version = der(0x02, "\x03");
  std::string originator = der(0xa0, "key");
  std::string random;  // the sender's own: may be there
  std::string scheme = der(0x06, "\x2b\x81\x04\x01\x0b\x01");
  std::string wrap = der(0x06, "\x60\x86\x48\x01\x65\x03\x04\x01\x2d");
  std::string behind_wrap;
  std::string keys = der(0x30, "key");
  std::string behind_keys;
  std::string cipher = der(0x06, "\x60\x86\x48\x01\x65\x03\x04\x01\x2e");
  std::string nonce = der(0x04, "twelve bytes");
  std::string tag_bytes = der(0x02, "\x10");
  std::string behind_tag_bytes;
  std::string behind_parameters;
  std::string text = der(0x80, "text");
  std::string behind_text;
  std::string tag = der(0x04, "a tag of sixteen");
  std::string behind_tag;

  [[nodiscard]] std::string whole() const {
    const std::string agreed = der(0xa1, version + originator + random +
                                             der(0x30, scheme + der(0x30, wrap) + behind_wrap) +
                                             der(0x30, keys) + behind_keys);
    const std::string content =
        der(0x06, "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01") +
        der(0x30, cipher + der(0x30, nonce + tag_bytes + behind_tag_bytes) + behind_parameters) +
        text + behind_text;
    const std::string body =
        der(0x02, std::string(1, '\0')) + der(0x31, agreed) + der(0x30, content) + tag + behind_tag;
    return der(0x30, der(0x06, "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17") +
                         der(0xa0, der(0x30, body)));
  }
};

}  // namespace

TEST_CASE("DER of another length, another tag or another spelling is not read", "[sealing][der]") {
  const auto reads = [](const std::string& bytes) { return DerReader(bytes).next().has_value(); };
  CHECK(reads(std::string("\x04\x00", 2)));
  CHECK(reads("\x04\x81\x80" + std::string(128, 'x')));
  CHECK(reads(std::string("\x04\x82\x01\x00", 4) + std::string(256, 'x')));
  CHECK_FALSE(reads(""));
  CHECK_FALSE(reads("\x04"));
  CHECK_FALSE(reads("\x1f\x20\x01x"));                 // a tag of several octets
  CHECK_FALSE(reads("\x04\x80x"));                     // a length that is not said
  CHECK_FALSE(reads("\x04\x85\x01\x01\x01\x01\x01"));  // five octets of it
  CHECK_FALSE(reads("\x04\x82\x01"));                  // cut within it
  CHECK_FALSE(reads("\x04\x81\x01x"));                 // one too long for it
  CHECK_FALSE(reads(std::string("\x04\x82\x00\x80", 4) + std::string(128, 'x')));
  CHECK_FALSE(reads("\x04\x81\x80" + std::string(127, 'x')));
  DerReader reader("\x02\x01x");
  CHECK_FALSE(reader.next(0x04));
  CHECK(DerReader("").tag() == 0);
}

TEST_CASE("an envelope of which any one piece is another is not looked into", "[sealing]") {
  CHECK(check_envelope(Pieces().whole()).ok());
  CHECK(recipients_of(Pieces().whole()) == 1);
  Pieces other;
  other.random = der(0xa1, "the sender's own");
  other.scheme = der(0x06, "\x2b\x81\x04\x01\x0b\x02");  // with SHA-384
  other.keys += der(0x30, "another");
  CHECK(recipients_of(other.whole()) == 2);

  const std::string more = der(0x02, "x");
  const std::vector<std::pair<std::string Pieces::*, std::string>> wrong = {
      {&Pieces::version, der(0x02, "\x02")},
      {&Pieces::originator, ""},
      {&Pieces::random, "\xa1\x80"},
      {&Pieces::scheme, der(0x06, "\x2b\x81\x04\x01\x0b\x03")},
      {&Pieces::wrap, der(0x06, "\x60\x86\x48\x01\x65\x03\x04\x01\x05")},
      {&Pieces::behind_wrap, more},
      {&Pieces::keys, ""},
      {&Pieces::keys, more},
      {&Pieces::behind_keys, more},
      {&Pieces::cipher, der(0x06, "\x60\x86\x48\x01\x65\x03\x04\x01\x2a")},
      {&Pieces::nonce, der(0x04, "eleven here")},
      {&Pieces::tag_bytes, der(0x02, "\x04")},
      {&Pieces::behind_tag_bytes, more},
      {&Pieces::behind_parameters, more},
      {&Pieces::text, der(0x80, "")},
      {&Pieces::behind_text, more},
      {&Pieces::tag, der(0x04, "four")},
      {&Pieces::behind_tag, more},
  };
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    Pieces bent;
    bent.*wrong[i].first = wrong[i].second;
    INFO(i);
    CHECK(check_envelope(bent.whole()).code() == Code::DataLoss);
  }
  Pieces crowd;
  for (std::size_t i = 0; i < limits::envelope_recipients_max; ++i) crowd.keys += der(0x30, "");
  CHECK_FALSE(check_envelope(crowd.whole()).ok());
  Pieces vast;
  for (std::size_t i = 0; i < 3; ++i) vast.text += std::string(limits::envelope_bytes_max / 2, 'x');
  CHECK_FALSE(check_envelope(vast.whole()).ok());
}

TEST_CASE("a manifest that lacks anything, or has it in another width, is none", "[sealing]") {
  const std::vector<std::function<void(v1::SealedManifest&)>> bends = {
      [](auto& m) { m.set_format("entente-sealed/2"); },
      [](auto& m) { m.set_chunk_bytes(1); },
      [](auto& m) { m.set_key("k"); },
      [](auto& m) { m.set_nonce("n"); },
      [](auto& m) { m.set_sha256("a"); },
      [](auto& m) { m.set_sealed_sha256("b"); },
      [](auto& m) { m.set_roster_sha256("c"); },
      [](auto& m) { m.set_bytes(0); },
  };
  REQUIRE(parse_manifest(shown(*manifest_json(manifest()))).ok());
  for (std::size_t i = 0; i < bends.size(); ++i) {
    v1::SealedManifest bent = manifest();
    bends[i](bent);
    INFO(i);
    CHECK(parse_manifest(shown(*manifest_json(bent))).status().code() == Code::DataLoss);
  }
  CHECK_FALSE(parse_manifest(std::string(limits::envelope_bytes_max + 1, ' ')).ok());
}

TEST_CASE("what is no certificate, no key, or not the key of it, signs and seals nothing",
          "[sealing]") {
  const Offices offices;
  const OfficeKey anna = offices.make("anna", "digitalSignature");
  const OfficeKey swe = offices.make("swe", "keyAgreement");
  // Keys that neither sign nor agree as ours do: Diffie and Hellman's own, and RSA's.
  offices.run(
      "openssl genpkey -algorithm DH -pkeyopt group:ffdhe2048 -out dh.key && openssl pkey -in "
      "dh.key -pubout -out dh.pub && printf subjectKeyIdentifier=hash >ext && openssl req -new "
      "-subj /CN=dh -key offices/anna/key.pem | openssl x509 -req -days 2 -CA "
      "offices/anna/cert.pem -CAkey offices/anna/key.pem -CAcreateserial -extfile ext "
      "-force_pubkey dh.pub -out dh.pem && openssl x509 -in dh.pem -outform DER -out dh.der && "
      "for key in rsa:2048 ed25519; do openssl req -x509 -newkey $key -nodes -days 2 -subj /CN=x "
      "-keyout x.key -out x.pem && openssl x509 -in x.pem -outform DER -out ${key%:*}.der; done");
  const std::string dh = (offices.folder() / "dh").string();
  const auto refused = [](const Status& status) { return status.code() == Code::InvalidArgument; };
  CHECK(refused(sign_enclosed("/nowhere", anna.key_path, "x").status()));
  CHECK(refused(sign_enclosed(anna.key_path, anna.key_path, "x").status()));
  CHECK(refused(sign_enclosed(anna.certificate_path, "/nowhere", "x").status()));
  CHECK(refused(sign_enclosed(anna.certificate_path, anna.certificate_path, "x").status()));
  CHECK(refused(sign_enclosed(anna.certificate_path, swe.key_path, "x").status()));
  CHECK(refused(sign_enclosed(dh + ".pem", dh + ".key", "x").status()));
  for (const char* name : {"dh.der", "rsa.der", "ed25519.der", "ext"}) {
    INFO(name);
    CHECK(refused(seal_envelope("x", {offices.read("swe.der"), offices.read(name)}).status()));
  }
  CHECK(refused(seal_envelope("x", {}).status()));
  CHECK(refused(seal_envelope("x", std::vector<std::string>(limits::envelope_recipients_max + 1,
                                                            offices.read("swe.der")))
                    .status()));
  CHECK(refused(
      certificate_der(
          {.certificate_path = "/nowhere", .key_path = swe.key_path, .certificate_sha256 = {}})
          .status()));
  CHECK(*certificate_der(swe) == offices.read("swe.der"));
  // A folder without a certificate, or without its key, is no office's.
  offices.run("mkdir offices/empty && cp -r offices/swe offices/half && rm offices/half/key.pem");
  CHECK(office_keys_in((offices.folder() / "offices").string()).size() == 2);
}

TEST_CASE("only what one signer signed is believed, be it nothing", "[sealing]") {
  const Offices offices;
  const OfficeKey anna = offices.make("anna", "digitalSignature");
  const OfficeKey swe = offices.make("swe", "keyAgreement");
  const auto signed_nothing = sign_enclosed(anna.certificate_path, anna.key_path, "");
  REQUIRE(signed_nothing.ok());
  const auto opened = open_enclosed(*signed_nothing);
  REQUIRE(opened.ok());
  CHECK(opened->content.empty());
  const auto lies = [](const std::string& bytes) {
    return open_enclosed(bytes).status().reason() == Reason::ProofInvalid;
  };
  CHECK(lies(*seal_envelope("sealed, not signed", {offices.read("swe.der")})));
  const std::string by = " -signer offices/anna/cert.pem -inkey offices/anna/key.pem";
  const std::string sign =
      "printf x >in && openssl cms -sign -binary -nodetach -in in -outform DER "
      "-out out.der" +
      by;
  offices.run(sign);
  CHECK(open_enclosed(offices.read("out.der")).ok());
  offices.run(sign + " -signer offices/swe/cert.pem -inkey offices/swe/key.pem");
  CHECK(lies(offices.read("out.der")));
  offices.run(sign + " -nocerts");
  CHECK(lies(offices.read("out.der")));
}

TEST_CASE("without entropy nothing is sealed or signed", "[sealing]") {
  const Offices offices;
  const OfficeKey anna = offices.make("anna", "digitalSignature");
  const std::string to = offices.read("anna.der");
  Status sealed;
  Status signed_by;
  {
    const test::NoEntropy none(0);
    sealed = seal_envelope("content", {to}).status();
    signed_by = sign_enclosed(anna.certificate_path, anna.key_path, "content").status();
  }
  CHECK(sealed.code() == Code::InvalidArgument);
  CHECK(signed_by.code() == Code::InvalidArgument);
}

}  // namespace entente::client
