"""The first bytes of a line, judged by other people's tools: testssl.sh, sslscan, gnutls-cli and openssl find TLS 1.3
and nothing older, three suites, three groups, no resumption, no early data; without a certificate comes no byte; and no
bent ClientHello opens anything, or costs more than its own line."""
import json
import os
import random
import socket
import ssl
import unittest
import xml.etree.ElementTree as xml

from network import run
from small_network import SmallNetwork

# What testssl.sh finds and we mean: a private authority with lists of its own, which the daemon fetches (no CRL or OCSP
# address in a server certificate, no CAA record of `localhost`), a server certificate of a week. `service` and
# `optimal_proto`: it tells what it could not do without a certificate of a client; `engine_problem`: that its own openssl
# has no ciphers of GOST, which the daemon does not have either.
MEANT = {"cert_revocation", "DNS_CAArecord", "cert_expirationStatus", "cert_notAfter", "service", "optimal_proto",
         "engine_problem"}
SUITES = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}
BENT = 60


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.net = SmallNetwork()
        cls.at = f"localhost:{cls.net.port}"

    @classmethod
    def tearDownClass(cls):
        cls.net.stop()
        cls.net.remove()

    def openssl(self, *words, account="", stay=""):
        """s_client, which sends `stay`; what it says."""
        certificate = []
        if account:
            chain, key = self.net.credentials(account)
            certificate = ["-cert", chain, "-key", key]
        done = run("openssl", "s_client", "-connect", self.at, "-CAfile", str(self.net.path / "ca.pem"), *certificate,
                   *words, input=stay)
        return done.stdout + done.stderr

    def test_testssl_finds_nothing_that_is_not_meant(self):
        report = self.net.path / "testssl.json"
        whole = [] if os.environ.get("ENTENTE_STRICT") == "1" else ["-p", "-S", "-U"]
        run("testssl", "--quiet", "--warnings", "off", "--severity", "LOW", "--jsonfile", str(report), "--add-ca",
            str(self.net.path / "ca.pem"), *whole, f"https://{self.at}")
        found = {one["id"]: one["finding"] for one in json.loads(report.read_text())}
        self.assertIn("cert_revocation", found, "it ran, and judged")
        self.assertEqual({}, {name: words for name, words in found.items() if name not in MEANT})

    def test_sslscan_sees_one_version_three_suites_three_groups(self):
        seen = xml.fromstring(run("sslscan", "--no-colour", "--xml=-", self.at).stdout).find("ssltest")
        self.assertEqual(["1.3"], [p.get("version") for p in seen.findall("protocol") if p.get("enabled") == "1"])
        self.assertEqual(SUITES, {cipher.get("cipher") for cipher in seen.findall("cipher")})
        self.assertEqual({"x25519", "secp256r1 (NIST P-256)", "secp384r1 (NIST P-384)"},
                         {group.get("name") for group in seen.findall("group")})
        self.assertEqual("0", seen.find("renegotiation").get("supported"))

    def test_gnutls_agrees(self):
        chain, key = self.net.credentials("anna")
        said = run("gnutls-cli", "-p", str(self.net.port), "localhost", "--x509cafile", str(self.net.path / "ca.pem"),
                   "--x509certfile", chain, "--x509keyfile", key, "--alpn", "h2", input="").stdout
        self.assertIn("The certificate is trusted", said)
        self.assertIn("(TLS1.3-X.509)", said)
        self.assertIn("Application protocol: h2", said)

    def test_older_versions_are_refused(self):
        for version in ("-tls1", "-tls1_1", "-tls1_2"):
            said = self.openssl(version, "-cipher", "ALL@SECLEVEL=0", account="anna")
            self.assertRegex(said, "alert (protocol version|handshake failure)", version)
        self.assertIn("Verify return code: 0 (ok)", self.openssl("-tls1_3", account="anna"))

    def test_nothing_is_resumed_and_nothing_comes_early(self):
        kept = self.net.path / "session.pem"
        said = self.openssl("-sess_out", str(kept), "-alpn", "h2", "-ign_eof", account="anna",
                            stay="PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnonsense")
        self.assertIn("Verify return code: 0 (ok)", said)
        self.assertNotIn("New Session Ticket arrived", said)
        self.assertFalse(kept.exists(), "a ticket was handed out")
        self.assertNotIn("Reused", said)
        # A key of one's own instead of a certificate opens nothing.
        said = self.openssl("-psk", "00" * 32, "-psk_identity", "someone", "-ign_eof")  # waits for the alert
        self.assertNotIn("Reused", said)
        self.assertIn("alert certificate required", said)

    def test_without_a_certificate_comes_no_byte(self):
        context = ssl.create_default_context(cafile=self.net.path / "ca.pem")
        with socket.create_connection(("127.0.0.1", self.net.port)) as line:
            with context.wrap_socket(line, server_hostname="localhost") as secure:
                with self.assertRaisesRegex(ssl.SSLError, "certificate required"):
                    secure.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    self.assertEqual(b"", secure.recv(1))

    # A ClientHello as OpenSSL makes it.
    def hello(self):
        into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
        chain, key = self.net.credentials("anna")
        context = ssl.create_default_context(cafile=self.net.path / "ca.pem")
        context.load_cert_chain(chain, key)
        client = context.wrap_bio(into, out, server_hostname="localhost")
        with self.assertRaises(ssl.SSLWantReadError):
            client.do_handshake()
        return out.read()

    def bent(self, draw):
        """A ClientHello with one thing wrong: an octet, a length, a part twice, missing or of something else."""
        hello = bytearray(self.hello())
        kind, at = draw.randrange(6), draw.randrange(len(hello))
        if kind == 0:
            hello[at] ^= 1 << draw.randrange(8)
        elif kind == 1:
            at = draw.choice((3, 4, 6, 7, 8, 43))  # the lengths of the record, the message, the session
            hello[at] = draw.randrange(256)
        elif kind == 2:
            del hello[at:at + draw.randint(1, 40)]
        elif kind == 3:
            hello[at:at] = hello[max(0, at - 30):at]
        elif kind == 4:
            hello[at:at + 16] = draw.randbytes(16)
        else:
            hello = hello[:at] + draw.randbytes(draw.randint(1, 2_000))
        return bytes(hello)

    def test_no_bent_hello_opens_anything(self):
        draw = random.Random(3)
        before = self.net.metric("process_open_fds")
        for i in range(BENT):
            with socket.create_connection(("127.0.0.1", self.net.port), timeout=20) as line:
                line.sendall(self.bent(draw))
                line.shutdown(socket.SHUT_WR)
                answer = b""
                try:
                    while more := line.recv(65536):
                        answer += more
                except ConnectionResetError:
                    pass
                # Records of the handshake and alerts only: never of the application.
                self.assertTrue(all(kind in (20, 21, 22, 23) for kind in kinds(answer)), f"bent hello {i}")
                self.assertNotIn(b"HTTP", answer)
        self.assertIn("Verify return code: 0 (ok)", self.openssl(account="anna"))
        self.assertLessEqual(self.net.metric("process_open_fds"), before + 2, "lines were left open")


def kinds(octets):
    """The types of the records of an answer (RFC 8446, section 5.1)."""
    at = 0
    while at + 5 <= len(octets):
        yield octets[at]
        at += 5 + int.from_bytes(octets[at + 3:at + 5], "big")


if __name__ == "__main__":
    unittest.main()
