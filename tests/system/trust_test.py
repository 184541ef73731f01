"""What certificates open, at the real daemon on its real port: who is revoked is out at once and nobody else; anchors,
lists and the server's own certificate are taken as they come; a bad certificate gets no byte of HTTP and is counted;
of a sign-in that fails nobody learns why."""
import hashlib
import os
import pathlib
import shutil
import socket
import ssl
import tempfile
import threading
import time
import unittest

import small_network
from network import ENTENTE, eventually, run
from small_network import PASSWORD, Caller, SmallNetwork, do

LEAF = "basicConstraints=critical,CA:FALSE\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
USAGE = "keyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n"


class Stream:
    """A stream that is read until it ends, and when and how that was."""

    def __init__(self, caller):
        self.call = caller.channel.unary_stream("/entente.v1.LedgerService/WatchCheckpoints")(
            b"", metadata=caller.headers())
        self.messages, self.ended, self.code = 0, None, None
        self.thread = threading.Thread(target=self.read)
        self.thread.start()

    def read(self):
        import grpc
        try:
            for _ in self.call:
                self.messages += 1
        except grpc.RpcError as error:
            self.code = error.code()
        self.ended = time.monotonic()

    def close(self):
        self.call.cancel()
        self.thread.join()


class Trust(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        global S, C
        cls.folder = tempfile.TemporaryDirectory()
        small_network.make_messages(cls.folder.name)
        from entente.v1 import account_pb2 as C, session_pb2 as S
        cls.net = SmallNetwork(issuing={"NOR"})

    @classmethod
    def tearDownClass(cls):
        cls.net.stop()
        cls.net.remove()
        cls.folder.cleanup()

    def caller(self, account, certificate=None):
        made = Caller(self.net, account, certificate)
        self.addCleanup(made.close)
        return made

    def signed_in(self, account, certificate=None):
        made = self.caller(account, certificate)
        answer = made.sign_in()
        self.assertTrue(answer.ok, answer)
        return made

    def is_open(self, caller):
        return caller.ask("SessionService.GetSession", b"").ok

    # --- certificates made by hand ---

    def make(self, name, extensions, signer="SWE/root", chain=(), dates=("-days", "30"), key="P-256"):
        """A certificate of these extensions under an authority of the network, or under itself."""
        at = pathlib.Path(self.folder.name) / name
        do("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:" + key, "-out", str(at) + ".key")
        do("openssl", "req", "-new", "-key", str(at) + ".key", "-subj", "/CN=" + name, "-out", str(at) + ".csr")
        at.with_suffix(".ext").write_text(extensions)
        if signer is None:
            words = ["-signkey", str(at) + ".key"]
        else:
            authority = self.net.path / "authorities" / signer if "/" in signer else pathlib.Path(
                self.folder.name) / signer
            words = ["-CA", str(authority) + ".pem", "-CAkey", str(authority) + ".key", "-CAcreateserial"]
        do("openssl", "x509", "-req", "-in", str(at) + ".csr", *words, *dates, "-extfile", at.with_suffix(".ext"),
           "-out", str(at) + ".pem")
        with open(str(at) + ".pem", "a") as pem:
            for more in chain:
                pem.write((self.net.path / "authorities" / more).read_text())
        return str(at) + ".pem", str(at) + ".key"

    def uri(self, party, rest, network="demo.example"):
        return f"subjectAltName=URI:entente://{party}.{network}/{rest}\n"

    def knocks(self, certificate):
        """What the port says to a certificate: the bytes of HTTP that came, and how the line ended."""
        context = ssl.create_default_context(cafile=self.net.dir + "/ca.pem")
        context.set_alpn_protocols(["http/1.1"])
        if certificate is not None:
            context.load_cert_chain(*certificate)
        try:
            plain = socket.create_connection(("127.0.0.1", self.net.port), timeout=30)
            with context.wrap_socket(plain, server_hostname="localhost") as line:
                line.sendall(b"GET /entente.v1.SessionService/GetSession HTTP/1.1\r\nhost: localhost\r\n\r\n")
                return line.recv(1000), "open"
        except ssl.SSLError as error:
            return b"", error.reason or "SSL"
        except ConnectionError:
            return b"", "reset"

    def test_a_bad_certificate_gets_no_byte_and_is_counted(self):
        anna = self.uri("swe", "person/anna")
        do("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
           "-subj", "/O=SWE/CN=root of SWE", "-keyout", self.folder.name + "/false.key", "-out",
           self.folder.name + "/false.pem")
        leaver = self.net.dir + "/credentials/leaver"
        self.net.ca("issue", "SWE", "person", "leaver", "--out", leaver)
        self.net.ca("revoke", "SWE", "person", "leaver")
        self.net.ca("crl", "SWE")
        wrong_party = self.make("wrong-party", LEAF + USAGE + self.uri("swe", "person/anna"), "NOR/issuing",
                                ["NOR/issuing.pem"])
        eventually("the list is in force", lambda: self.knocks((leaver + "/cert.pem", leaver + "/key.pem"))[1] != "open")
        bad = {
            "none": None,
            "expired": self.make("expired", LEAF + USAGE + anna, dates=("-days", "-1")),
            "not yet valid": self.not_yet(LEAF + USAGE + anna),
            "revoked": (leaver + "/cert.pem", leaver + "/key.pem"),
            "foreign, of the same name": self.make("foreign", LEAF + USAGE + anna, "false"),
            "self-signed": self.make("self", LEAF.replace("authorityKeyIdentifier=keyid\n", "") + USAGE + anna, None),
            "a server's profile": self.make("serverish", LEAF + USAGE.replace("client", "server") + anna),
            "no purpose": self.make("purposeless", LEAF + "keyUsage=critical,digitalSignature\n" + anna),
            "an office's": self.make("office", LEAF + "keyUsage=critical,keyAgreement\n" +
                                     self.uri("swe", "office/swe.alpha.focal-point")),
            "an office's name in a person's profile": self.make("officeish", LEAF + USAGE +
                                                                self.uri("swe", "office/swe.alpha.focal-point")),
            "an authority": self.make("authority", LEAF.replace("FALSE", "TRUE") + USAGE + anna),
            "two URIs": self.make("two", LEAF + USAGE + anna.strip() + ",URI:entente://swe.demo.example/person/lars\n"),
            "a name of a server beside": self.make("dns", LEAF + USAGE + anna.strip() + ",DNS:localhost\n"),
            "no name": self.make("nameless", LEAF + USAGE),
            "another network": self.make("elsewhere", LEAF + USAGE + self.uri("swe", "person/anna", "other.example")),
            "another party by the same authority": self.make("nor-by-swe", LEAF + USAGE + self.uri("nor", "person/nora")),
            "another party against the constraints": wrong_party,
            "past its issuing authority": self.make("by-root", LEAF + USAGE + self.uri("nor", "person/nora"), "NOR/root"),
            "for ten years": self.make("long", LEAF + USAGE + anna, dates=("-days", "3650")),
            "a server of the network": (self.net.dir + "/server/cert.pem", self.net.dir + "/server/key.pem"),
        }
        for what, certificate in bad.items():
            before = self.net.metric("entente_handshakes_failed_total")
            with self.subTest(what):
                got, end = self.knocks(certificate)
                self.assertEqual(got, b"", what)
                self.assertIn("ALERT", end)
                eventually(what + " is counted",
                           lambda: self.net.metric("entente_handshakes_failed_total") == before + 1)
        self.assertEqual(self.knocks(self.net.credentials("anna"))[1], "open")

    def not_yet(self, extensions):
        # `x509 -req` has no beginning; `ca` has.
        at = pathlib.Path(self.folder.name)
        self.make("early", extensions)
        (at / "index").write_text("")
        root = str(self.net.path / "authorities/SWE/root")
        (at / "early.cnf").write_text(f"[ca]\ndefault_ca=a\n[a]\ndatabase={at}/index\nnew_certs_dir={at}\nserial={at}/sn\n"
                                      "default_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n")
        do("openssl", "ca", "-batch", "-config", at / "early.cnf", "-rand_serial", "-in", at / "early.csr", "-cert",
           root + ".pem", "-keyfile", root + ".key", "-extfile", at / "early.ext", "-notext",
           "-startdate", time.strftime("%y%m%d%H%M%SZ", time.gmtime(time.time() + 86_400)),
           "-enddate", time.strftime("%y%m%d%H%M%SZ", time.gmtime(time.time() + 10 * 86_400)), "-out", at / "early.pem")
        return str(at / "early.pem"), str(at / "early.key")

    def test_of_a_refused_sign_in_nobody_learns_why(self):
        made = lambda *words: self.net.ca("issue", *words, "--out", self.net.dir + "/credentials/" + words[2])
        made("SWE", "person", "ghost")  # holds, and there is no such account
        made("SWE", "program", "sven")  # a program's certificate in the name of a person's account
        program = self.net.path / "programs"
        shutil.copytree(self.net.path / "issued/SWE/program/sven", program)
        shutil.rmtree(self.net.path / "credentials/sven")
        (self.net.path / "credentials/sven").mkdir()
        for file in ("cert.pem", "key.pem"):
            shutil.copy(self.net.path / "issued/SWE/person/sven" / file, self.net.path / "credentials/sven" / file)
        # Of the right authority, and not in the ledger: made where the daemon does not look.
        unledgered = self.make("unledgered", LEAF + USAGE + self.uri("swe", "person/sven"))
        faces = {
            "unknown account": self.caller("ghost").sign_in(),
            "wrong password": self.caller("sven").sign_in("not this one at all"),
            "a certificate that was not entered": self.caller("sven", unledgered).sign_in(),
            "the same and a wrong password": self.caller("sven", unledgered).sign_in("not this one at all"),
            "a program's for a person": self.caller("sven", (str(program / "cert.pem"),
                                                             str(program / "key.pem"))).sign_in(),
            "an empty password": self.caller("sven").sign_in(""),
        }
        for what, answer in faces.items():
            self.assertEqual(answer.code, "UNAUTHENTICATED", what)
            self.assertEqual(answer.face(), faces["wrong password"].face(), what)
        self.signed_in("sven")

    def test_every_certificate_is_entered_before_it_opens_an_account(self):
        folder = self.net.path / "credentials/lars.renewed"
        lars = self.signed_in("lars")
        self.net.ca("renew", "SWE", "person", "lars", "--out", folder)
        shutil.copy(self.net.credentials("lars")[1], folder / "key.pem")
        der = ssl.PEM_cert_to_DER_cert((folder / "cert.pem").read_text())
        name = "certificates/" + hashlib.sha256(der).hexdigest()
        ask = lambda: lars.ask("CertificateService.GetCertificate", C.GetCertificateRequest(name=name))
        eventually("the renewed certificate is entered", lambda: ask().ok)
        self.assertEqual(C.Certificate.FromString(ask().body).account, "parties/SWE/accounts/lars")
        renewed = self.signed_in("lars", (str(folder / "cert.pem"), str(folder / "key.pem")))
        # A token works on the certificate that it was given to, and on no other of the same account and key.
        renewed.token, lars.token = lars.token, renewed.token
        self.assertFalse(self.is_open(renewed) or self.is_open(lars))

    def test_who_is_revoked_is_out_with_all_streams_and_nobody_else(self):
        lines = [self.signed_in("anna") for _ in range(4)]
        others = [self.signed_in(account) for account in ("eva", "nora")]
        lost = [Stream(line) for line in lines for _ in range(50)]
        kept = [Stream(other) for other in others for _ in range(10)]
        try:
            eventually("all streams flow", lambda: all(s.messages for s in lost + kept), 120)
            self.net.ca("revoke", "SWE", "person", "anna")
            self.net.ca("crl", "SWE")
            published = time.monotonic()
            eventually("all of the revoked one's streams end", lambda: all(s.ended for s in lost), 120)
            print(f"revocation_to_last_of_{len(lost)}_streams {1000 * (max(s.ended for s in lost) - published):.0f} ms")
            self.assertTrue(all(s.code is not None for s in lost))
            self.assertFalse(any(self.is_open(line) for line in lines))
            self.assertNotEqual(self.knocks(self.net.credentials("anna"))[1], "open")
            # The others' flow on: something new is entered, and each hears of it.
            before = [s.messages for s in kept]
            self.signed_in("eva")
            eventually("the others hear more", lambda: all(s.messages > n for s, n in zip(kept, before)))
            self.assertFalse(any(s.ended for s in kept))
            self.assertTrue(all(self.is_open(other) for other in others))
            self.assertGreaterEqual(self.net.metric("entente_lines_revoked_total"), 4)
        finally:
            for stream in lost + kept:
                stream.close()

    def test_a_new_anchor_is_taken_without_a_restart(self):
        old, other = self.signed_in("finn"), self.signed_in("fleur")
        shutil.rmtree(self.net.path / "authorities/FIN")
        shutil.rmtree(self.net.path / "issued/FIN")
        self.net.ca("party", "FIN")
        eventually("the old authority's certificate is out", lambda: not self.is_open(old))
        self.net.ca("issue", "FIN", "person", "finn", "--out", self.net.dir + "/credentials/finn")
        eventually("the new one's opens the account", lambda: self.caller("finn").sign_in().ok)
        self.assertTrue(self.is_open(other))

    def test_a_renewed_server_certificate_is_taken_and_open_lines_live_on(self):
        def shown():
            context = ssl.create_default_context(cafile=self.net.dir + "/ca.pem")
            context.load_cert_chain(*self.net.credentials("uma"))
            with context.wrap_socket(socket.create_connection(("127.0.0.1", self.net.port), timeout=30),
                                     server_hostname="localhost") as line:
                return line.getpeercert()["serialNumber"]
        uma = self.signed_in("uma")
        stream = Stream(uma)
        try:
            before = shown()
            self.net.ca("server", "--host", "localhost", "--host", "127.0.0.1")
            eventually("the new certificate is shown", lambda: shown() != before)
            heard = stream.messages
            self.signed_in("uma")
            eventually("the stream goes on", lambda: stream.messages > heard)
            self.assertTrue(self.is_open(uma))
        finally:
            stream.close()

    def test_whose_certificate_ends_soon_is_told_at_signing_in(self):
        folder = self.net.path / "credentials/bea.short"
        where = {**os.environ, "XDG_CONFIG_HOME": self.net.dir + "/config"}
        entente = lambda *words: do(ENTENTE, *words, env=where)
        for days, told in (("300", None), ("12", "your certificate ends in 1[12] days")):
            self.net.ca("renew", "BUD", "person", "bea", "--days", days, "--out", folder)
            shutil.copy(self.net.credentials("bea")[1], folder / "key.pem")
            entente("profile", "add", "bea" + days, "--server", f"localhost:{self.net.port}", "--root",
                    self.net.dir + "/ca.pem", "--certificate", folder / "cert.pem", "--key", folder / "key.pem",
                    "--password-file", self.net.dir + "/credentials/bea/password", "--ledger-key",
                    (self.net.path / "ledger.pub").read_text().strip())
            eventually("it is entered", lambda: run(ENTENTE, "--profile", "bea" + days, "sign-in",
                                                    env=where).returncode == 0)
            said = entente("--profile", "bea" + days, "whoami")
            self.assertEqual("your certificate ends" in said, told is not None, said)
            self.assertRegex(said, told or "certificate ends")

    def test_what_is_no_trust_changes_nothing(self):
        ivan = self.signed_in("ivan")
        folder = self.net.path / "trust/IOM"
        good = {name: (folder / name).read_text() for name in ("anchor.pem", "crl.pem")}
        foreign = self.net.path / "trust/SWE"
        for name, text in [("crl.pem", "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"),
                           ("crl.pem", (foreign / "crl.pem").read_text()), ("anchor.pem", "nothing\n")]:
            complaints = self.net.logged().count("event=trust.refused")
            (folder / name).write_text(text)
            eventually("it is complained of", lambda: self.net.logged().count("event=trust.refused") > complaints)
            self.assertTrue(self.is_open(ivan), name)
            (folder / name).write_text(good[name])
            self.assertTrue(self.caller("ivan").sign_in().ok)


if __name__ == "__main__":
    unittest.main(verbosity=2)
