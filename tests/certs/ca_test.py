"""certs/ca, as its operators run it: what it makes is judged by openssl, not by its own words."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
CA = str(TOP / "certs/ca")


def openssl(*words, stdin=None):
    return subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, input=stdin)


class Authority(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.dir = pathlib.Path(cls.folder.name) / "network"
        cls.ca("init", "--network", "demo.example")
        cls.ca("party", "SWE")
        cls.ca("party", "NOR", "--issuing")
        cls.anna = cls.issue("SWE", "person", "anna")
        cls.kari = cls.issue("NOR", "person", "kari")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def tried(cls, *words):
        return subprocess.run([CA, "--dir", str(cls.dir), *map(str, words)], capture_output=True, text=True)

    @classmethod
    def ca(cls, *words):
        done = cls.tried(*words)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    @classmethod
    def issue(cls, party, kind, id, *more):
        cls.ca("issue", party, kind, id, *more)
        return cls.dir / "issued" / party / kind / id

    def refused(self, *words, told):
        done = self.tried(*words)
        self.assertNotEqual(done.returncode, 0, words)
        self.assertIn(told, done.stderr)

    def text(self, certificate):
        return openssl("x509", "-in", certificate, "-noout", "-text").stdout

    def verify(self, leaf, party, *more):
        """By openssl alone: against the party's anchors and its list."""
        anchors, lists = self.dir / "trust" / party / "anchor.pem", self.dir / "trust" / party / "crl.pem"
        return openssl("verify", "-x509_strict", "-CAfile", anchors, "-CRLfile", lists, "-crl_check", *more, leaf)

    def test_an_issued_certificate_holds_and_says_one_name(self):
        for folder, party, kind in [(self.anna, "SWE", "person/anna"), (self.kari, "NOR", "person/kari")]:
            leaf = folder / "leaf.pem"
            self.assertEqual(self.verify(leaf, party, "-purpose", "sslclient").returncode, 0)
            text = self.text(leaf)
            uris = re.findall(r"URI:(\S+)", text)
            self.assertEqual(uris, [f"entente://{party.lower()}.demo.example/{kind}"])
            self.assertIn("ASN1 OID: prime256v1", text)
            self.assertIn("TLS Web Client Authentication", text)
            self.assertIn("CA:FALSE", text)
            self.assertNotIn("DNS:", text)
            serial = openssl("x509", "-in", leaf, "-noout", "-serial").stdout.strip().split("=")[1]
            self.assertGreaterEqual(len(serial), 30)

    def test_the_profiles_are_apart(self):
        office = self.text(self.issue("SWE", "office", "swe.mail") / "leaf.pem")
        self.assertIn("Key Agreement", office)
        self.assertNotIn("Digital Signature", office)
        self.assertNotIn("TLS Web Client", office)
        program = self.text(self.issue("SWE", "program", "uploads") / "leaf.pem")
        self.assertIn("entente://swe.demo.example/program/uploads", program)

    def test_keys_are_their_owners_alone(self):
        keys = [path for path in self.dir.rglob("*.key")] + [path for path in self.dir.rglob("key.pem")]
        self.assertGreaterEqual(len(keys), 5)
        for key in keys:
            self.assertEqual(os.stat(key).st_mode & 0o777, 0o600, key)
        for pem in (self.dir / "trust").rglob("*.pem"):
            self.assertNotIn("PRIVATE KEY", pem.read_text(), pem)

    def test_a_request_is_issued_and_the_key_never_seen(self):
        mine = pathlib.Path(self.folder.name)
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=x",
                "-addext", "subjectAltName=URI:entente://nor.demo.example/person/kari,DNS:server.example",
                "-keyout", mine / "own.key", "-out", mine / "own.csr")
        folder = self.issue("SWE", "person", "requester", "--csr", mine / "own.csr")
        self.assertFalse((folder / "key.pem").exists())
        # What a request asks for beside its key is not heard.
        text = self.text(folder / "leaf.pem")
        self.assertEqual(re.findall(r"(?:URI|DNS):\S+", text), ["URI:entente://swe.demo.example/person/requester"])
        self.assertEqual(self.verify(folder / "leaf.pem", "SWE").returncode, 0)

    def test_an_unsound_request_is_refused(self):
        mine = pathlib.Path(self.folder.name)
        for name, key in [("rsa", ["rsa:1024"]), ("p192", ["ec", "-pkeyopt", "ec_paramgen_curve:prime192v1"])]:
            openssl("req", "-new", "-newkey", *key, "-nodes", "-subj", "/CN=x", "-keyout", mine / (name + ".key"),
                    "-out", mine / (name + ".csr"))
            self.refused("issue", "SWE", "person", name, "--csr", mine / (name + ".csr"), told="neither P-256 nor")
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=x",
                "-keyout", mine / "torn.key", "-out", mine / "torn.csr", "-outform", "DER")
        torn = bytearray((mine / "torn.csr").read_bytes())
        torn[-1] ^= 1
        (mine / "torn.der").write_bytes(torn)
        openssl("req", "-inform", "DER", "-in", mine / "torn.der", "-out", mine / "torn.csr")
        self.refused("issue", "SWE", "person", "torn", "--csr", mine / "torn.csr", told="not a sound request")
        self.assertFalse((self.dir / "issued/SWE/person/torn/leaf.pem").exists())

    def test_a_bundle_opens_with_its_password_and_no_other(self):
        password = pathlib.Path(self.folder.name) / "password"
        password.write_text("hemligt nog\n")
        self.ca("bundle", "SWE", "person", "anna", "--password-file", password)
        bundle = self.anna / "bundle.p12"
        self.assertEqual(os.stat(bundle).st_mode & 0o777, 0o600)
        opened = openssl("pkcs12", "-in", bundle, "-nodes", "-passin", "file:" + str(password))
        self.assertEqual(opened.returncode, 0, opened.stderr)
        self.assertIn("BEGIN PRIVATE KEY", opened.stdout)
        self.assertIn("BEGIN CERTIFICATE", opened.stdout)
        self.assertNotEqual(openssl("pkcs12", "-in", bundle, "-nodes", "-passin", "pass:wrong").returncode, 0)

    def test_a_renewed_certificate_is_another_on_the_same_key(self):
        folder = self.issue("SWE", "person", "renewer")
        before = openssl("x509", "-in", folder / "leaf.pem", "-noout", "-serial", "-pubkey").stdout
        self.ca("renew", "SWE", "person", "renewer")
        after = openssl("x509", "-in", folder / "leaf.pem", "-noout", "-serial", "-pubkey").stdout
        self.assertNotEqual(before.splitlines()[0], after.splitlines()[0])
        self.assertEqual(before.splitlines()[1:], after.splitlines()[1:])
        # Both are laid out to be entered in the ledger.
        issued = self.dir / "trust/SWE/issued"
        for said in (before, after):
            self.assertTrue((issued / (said.splitlines()[0].split("=")[1] + ".pem")).exists())

    def test_what_is_revoked_is_on_the_next_list_and_what_was_renewed_away_too(self):
        folder = self.issue("SWE", "person", "leaver")
        first = folder.parent / "leaver.first.pem"
        shutil.copy(folder / "leaf.pem", first)
        self.ca("renew", "SWE", "person", "leaver")
        second = folder.parent / "leaver.second.pem"
        shutil.copy(folder / "leaf.pem", second)
        self.ca("crl", "SWE")
        self.assertEqual(self.verify(second, "SWE").returncode, 0)
        self.ca("revoke", "SWE", "person", "leaver")
        self.assertEqual(self.verify(second, "SWE").returncode, 0)  # not before it is published
        self.ca("crl", "SWE")
        for leaf in (first, second):
            refused = self.verify(leaf, "SWE")
            self.assertNotEqual(refused.returncode, 0, leaf)
            self.assertIn("certificate revoked", refused.stderr + refused.stdout)
        self.assertEqual(self.verify(self.anna / "leaf.pem", "SWE").returncode, 0)
        self.assertRegex(self.ca("list", "SWE"), r"revoked\t.*person leaver")
        # The id is free again, for a new certificate.
        self.issue("SWE", "person", "leaver")

    def test_each_list_has_the_next_number_and_the_days_it_was_given(self):
        def number():
            said = openssl("crl", "-in", self.dir / "trust/SWE/crl.pem", "-noout", "-crlnumber").stdout
            return int(said.strip().split("=")[1], 16)
        before = number()
        self.ca("crl", "SWE", "--days", "3")
        self.assertEqual(number(), before + 1)
        dates = openssl("crl", "-in", self.dir / "trust/SWE/crl.pem", "-noout", "-lastupdate", "-nextupdate").stdout
        last, following = [line.split("=")[1] for line in dates.splitlines()]
        self.assertEqual(subprocess.run(["date", "-ud", last + " +3 days", "+%s"], capture_output=True).stdout,
                         subprocess.run(["date", "-ud", following, "+%s"], capture_output=True).stdout)
        self.ca("crl", "--all")

    def test_an_issuing_authority_speaks_for_its_own_party_alone(self):
        issuing = self.dir / "authorities/NOR/issuing"
        extensions = pathlib.Path(self.folder.name) / "extensions"
        anchors = self.dir / "authorities/NOR"
        for uri, holds in [("entente://nor.demo.example/person/kari", True),
                           ("entente://swe.demo.example/person/anna", False),
                           ("entente://nor.other.example/person/kari", False)]:
            extensions.write_text(f"basicConstraints=critical,CA:FALSE\nsubjectAltName=URI:{uri}\n"
                                  "authorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n")
            leaf = pathlib.Path(self.folder.name) / "constrained.pem"
            made = openssl("x509", "-req", "-in", self.kari / "csr.pem", "-CA", str(issuing) + ".pem", "-CAkey",
                           str(issuing) + ".key", "-days", "5", "-extfile", extensions, "-out", leaf)
            self.assertEqual(made.returncode, 0, made.stderr)
            checked = openssl("verify", "-CAfile", anchors / "root.pem", "-untrusted", str(issuing) + ".pem", leaf)
            self.assertEqual(checked.returncode == 0, holds, uri + checked.stderr)
            if not holds:
                self.assertIn("permitted subtree violation", checked.stderr)

    def test_the_trees_are_apart(self):
        self.ca("server", "--host", "localhost", "--host", "127.0.0.1")
        server = self.dir / "server/cert.pem"
        self.assertEqual(openssl("verify", "-CAfile", self.dir / "ca.pem", "-purpose", "sslserver", server).returncode, 0)
        self.assertNotEqual(openssl("verify", "-CAfile", self.dir / "ca.pem", self.anna / "leaf.pem").returncode, 0)
        self.assertNotEqual(openssl("verify", "-CAfile", self.dir / "trust/SWE/anchor.pem", server).returncode, 0)
        self.assertNotEqual(openssl("verify", "-CAfile", self.dir / "trust/SWE/anchor.pem",
                                    self.kari / "leaf.pem").returncode, 0)

    def test_a_leaf_does_not_outlive_a_year_nor_a_server_a_week_unless_told(self):
        def days(pem):
            said = openssl("x509", "-in", pem, "-noout", "-startdate", "-enddate").stdout.splitlines()
            begin, end = [int(subprocess.run(["date", "-ud", line.split("=")[1], "+%s"], capture_output=True).stdout)
                          for line in said]
            return (end - begin) / 86400
        self.assertLessEqual(days(self.anna / "leaf.pem"), 366)
        self.refused("issue", "SWE", "person", "methuselah", "--days", "3650", told="at most 366 days")
        self.refused("renew", "SWE", "person", "anna", "--days", "3650", told="at most 366 days")
        self.refused("issue", "SWE", "person", "methuselah", "--days", "0", told="at least a day")
        self.ca("server", "--host", "localhost")
        self.assertLessEqual(days(self.dir / "server/cert.pem"), 7)
        self.ca("server", "--host", "localhost", "--days", "90")
        self.assertEqual(days(self.dir / "server/cert.pem"), 90)

    def test_a_second_run_keeps_what_is_there(self):
        keys = {path: path.read_bytes() for path in self.dir.rglob("*") if path.name.endswith((".key", "key.pem"))
                and "server" not in path.parts}
        self.refused("init", "--network", "demo.example", told="there is a network")
        self.refused("party", "SWE", told="has a root already")
        self.refused("issue", "SWE", "person", "anna", told="has a certificate; renew or revoke it")
        for path, bytes in keys.items():
            self.assertEqual(path.read_bytes(), bytes, path)

    def test_names_that_reach_further_are_refused(self):
        for party in ("swe", "../SWE", "S", "SWE/..", ""):
            self.refused("party", party, told="")
        for id in ("../anna", "a/b", "", "a b", "x" * 65, "a\nb"):
            self.refused("issue", "SWE", "person", id, told="")
        self.refused("issue", "SWE", "king", "anna", told="none of person, program, office")
        self.refused("issue", "FIN", "person", "anna", told="no authority of `FIN`")
        self.refused("dance", told="is not a verb")
        self.assertEqual({path.name for path in (self.dir / "authorities").iterdir()}, {"server", "SWE", "NOR"})


if __name__ == "__main__":
    unittest.main(verbosity=2)
