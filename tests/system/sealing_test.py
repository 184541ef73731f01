"""Confidential documents, sealed by the stock client and opened by it and by stock openssl; what the host finds of them, and
what happens where something is not as it should be. BUILD names the build folder."""
import base64
import hashlib
import os
import shutil
import stat
import subprocess
import tempfile
import time
import unittest

from network import ENTENTE, TOP, eventually, run
import sealed_pieces
import small_network
from sealed_network import SealedNetwork, canary


def root_of(receipt, size):
    """RFC 9162, 2.1.3.2."""
    at, last, root = receipt.entry_index, size - 1, receipt.leaf_hash
    for one in receipt.inclusion_path:
        left = at & 1 or at == last
        root = hashlib.sha256(b"\1" + (one + root if left else root + one)).digest()
        while left and not at & 1 and at:
            at, last = at >> 1, last >> 1
        at, last = at >> 1, last >> 1
    return root


class Sealing(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.net = SealedNetwork()
        cls.title, cls.file = canary(), canary() + ".pdf"
        cls.text = b"".join(f"{canary()} line {n}\n".encode() for n in range(8000))  # some chunks
        cls.path = cls.net.write(cls.file, cls.text)
        cls.name = cls.net.send(cls.path, "--title", cls.title, "--abstract", "in short " + cls.title)

    @classmethod
    def tearDownClass(cls):
        cls.net.stop()
        cls.net.remove()

    def refused(self, code, words, *verb, account):
        done = self.net.entente(*verb, account=account)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertRegex(done.stdout + done.stderr, words)

    def entered(self, kind):
        """The ledger has it, as soon as the next checkpoint is signed."""
        eventually(kind, lambda: kind in self.net.as_("ledger", "log", "--last", "50", account="ines"))

    def test_a_member_opens_it_whole_with_its_offices_key_and_leaves_a_receipt(self):
        out = self.net.path / "anna.pdf"
        told = self.net.as_("document", "get", self.name, "--out", out)
        self.assertIn(self.title, told)
        self.assertIn("parties/IGC/accounts/ines", told)
        self.assertEqual(out.read_bytes(), self.text)
        self.assertIn("persons/swe.anna", self.net.as_("document", "readers", self.name, account="ines"))
        self.entered("documents.document.read")
        self.assertFalse(list(self.net.path.glob("*.part")) + list(self.net.path.glob(".sealed*")))
        self.assertEqual(stat.S_IMODE(out.stat().st_mode), 0o600)

    def test_a_name_that_was_sealed_is_no_file_that_a_shell_reads(self):
        name = self.net.send(self.net.write(".zshenv", b"touch run\n"))
        (self.net.path / ".zshenv").unlink()
        self.assertIn("kept as zshenv", self.net.as_("document", "get", name))
        self.assertFalse((self.net.path / ".zshenv").exists())
        self.assertEqual((self.net.path / "zshenv").read_bytes(), b"touch run\n")

    def test_the_receipt_of_a_reading_stands_under_a_signed_checkpoint_before_anything_is_given_out(self):
        with tempfile.TemporaryDirectory() as folder:
            small_network.make_messages(folder)
            from entente.v1 import documents_pb2
            reader = small_network.Caller(self.net, "nora")
            self.assertTrue(reader.sign_in().ok)
            # One each interval would cover at most one of what is read within it.
            for _ in range(4):
                answer = reader.ask("DocumentService.OpenDocument", documents_pb2.OpenDocumentRequest(name=self.name))
                receipt = documents_pb2.Reading.FromString(answer.body).receipt
                origin, size, root = receipt.checkpoint.splitlines()[:3]
                self.assertEqual(origin, small_network.NAME + "/ledger")
                self.assertGreater(int(size), receipt.entry_index)
                self.assertEqual(root_of(receipt, int(size)), base64.b64decode(root))
            reader.close()

    def test_an_observer_gets_what_an_absent_one_gets(self):
        self.refused(4, "was not found", "document", "get", self.name, account="uma")
        self.refused(1, "no documents", "document", "list", account="uma")

    def test_who_sees_it_without_a_key_is_told_who_can_help(self):
        elsewhere = self.net.path / "offices/anna"
        elsewhere.rename(self.net.path / "away")
        try:
            self.refused(5, "no office's key is here", "document", "get", self.name, "--out", "x", account="anna")
        finally:
            (self.net.path / "away").rename(elsewhere)

    def test_stock_openssl_and_a_short_script_open_it(self):
        folder = self.net.path / "stock"
        folder.mkdir()
        envelope, body = sealed_pieces.pieces(self.net, "nora", self.name)
        (folder / "envelope.der").write_bytes(envelope)
        (folder / "body.sealed").write_bytes(body)
        key = self.net.path / "offices/nora/nor.alpha.focal-point"
        steps = [
            f"openssl cms -decrypt -inform DER -in envelope.der -inkey {key}/key.pem -recip {key}/cert.pem -binary -out signed.der",
            f"openssl cms -verify -cades -inform DER -in signed.der -CAfile {self.net.path}/trust/IGC/anchor.pem -purpose any "
            "-binary -out manifest.json",
            f"/usr/bin/python3 {TOP}/docs/examples/open_sealed.py manifest.json body.sealed document.pdf"]
        for step in steps:
            done = run("sh", "-c", step, cwd=folder)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(self.title, done.stdout)
        self.assertEqual((folder / "document.pdf").read_bytes(), self.text)
        for wrong in (body[:-1], body[65_552:] + body[:65_552], body[:65_552], body + b"x"):
            (folder / "body.sealed").write_bytes(wrong)
            self.assertIn("REFUSED", run("sh", "-c", steps[2], cwd=folder).stderr)

    def test_an_archive_keeps_it_sealed_and_it_opens_from_there(self):
        folder = self.net.path / "archived"
        folder.mkdir()
        self.net.as_("archive", "alpha", "--out", "alpha.tar", account="nora")
        self.assertEqual(run("tar", "-xf", self.net.path / "alpha.tar", "-C", folder).returncode, 0)
        self.assertNotIn(self.title.encode(), b"".join(one.read_bytes() for one in folder.rglob("*") if one.is_file()))
        (body,) = (folder / self.name).glob("*/body.sealed")
        (envelope,) = body.parent.glob("envelope-*.der")
        key = self.net.path / "offices/nora/nor.alpha.focal-point"
        done = run("sh", "-c", f"openssl cms -decrypt -inform DER -in {envelope} -inkey {key}/key.pem -recip {key}/cert.pem -binary | "
                   "openssl cms -verify -inform DER -noverify -binary -out manifest.json && "
                   f"/usr/bin/python3 {TOP}/docs/examples/open_sealed.py manifest.json {body} document.pdf", cwd=folder)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual((folder / "document.pdf").read_bytes(), self.text)

    def test_an_office_that_joins_later_is_sealed_to_by_who_can_open_it(self):
        net = self.net
        path = net.write("later.txt", b"for two, and then three")
        name = net.send(path, "--without", "nor.alpha.focal-point")
        self.refused(5, "not sealed to an office of yours: somebody who can open it shares it on",
                     "document", "get", name, "--out", "nora.txt", account="nora")
        told = net.as_("document", "share", name)
        self.assertIn("offices/nor.alpha.focal-point", told)
        self.assertIn("nobody can call a key back", told)
        net.as_("document", "get", name, "--out", net.path / "nora.txt", account="nora")
        self.assertEqual((net.path / "nora.txt").read_bytes(), path.read_bytes())
        self.entered("documents.document.share")

    def test_an_audience_is_widened_by_two_persons_then_shared_on_and_narrowed_by_one(self):
        net = self.net
        path = net.write("wider.txt", b"for observers, too")
        name = net.send(path)
        asked = net.as_("consent", "ask", name, "--widen", "--to", "observers", account="ines")
        self.assertIn("another person of its originator has to agree", asked)
        consent = asked.split(":")[0]
        self.refused(5, "another person of its originator", "consent", "grant", consent, account="ines")
        self.refused(4, "was not found", "consent", "grant", consent, account="anna")
        self.refused(4, "was not found", "document", "get", name, account="uma")
        self.assertIn("granted", net.as_("consent", "grant", consent, account="igor"))
        self.refused(5, "no office's key is here|not sealed to an office of yours", "document", "get", name, "--out", "x",
                     account="uma")
        if not (net.path / "offices/uma").exists():
            net.certify("UNHCR", "unhcr.alpha.focal-point", key_of="uma")
            net.as_("office", "appoint", "unhcr.alpha.focal-point", "unhcr.uma", "--as", "duty", account="uma")
        self.assertIn("offices/unhcr.alpha.focal-point", net.as_("document", "share", name, account="nora"))
        net.as_("document", "get", name, "--out", net.path / "uma.txt", account="uma")
        self.assertEqual((net.path / "uma.txt").read_bytes(), path.read_bytes())
        # Taken out again: nothing is to be had any more, and the next revision is sealed without them.
        self.assertIn("sealed without them", net.as_("document", "narrow", name, "--less", "party/UNHCR", account="ines"))
        self.refused(4, "was not found", "document", "get", name, account="uma")
        dry = net.as_("document", "upload", path, "--of", name, "--dry-run", account="ines")
        self.assertNotIn("unhcr", dry)
        self.assertIn("offices/nor.alpha.focal-point", dry)
        net.send(net.write("next.txt", b"the next revision"), "--of", name)
        net.as_("document", "get", name, "--out", net.path / "next-read.txt", account="nora")
        self.assertEqual((net.path / "next-read.txt").read_bytes(), b"the next revision")
        for kind in ("documents.consent.ask", "documents.consent.answer"):
            self.entered(kind)

    def test_what_is_under_originator_control_is_circulated_with_its_consent(self):
        net = self.net
        net.write("annex.txt", b"of Sweden")
        done = net.as_("document", "upload", "annex.txt", "--process", "alpha", "--to", "members,secretariat", "--handling",
                       "restricted", "--control", "--yes")
        name = next(word for word in done.split() if word.startswith("documents/")).rstrip(":")
        self.refused(5, "for its consent", "circulate", name, account="ines")
        consent = net.as_("consent", "ask", name, "--circulate", "--to", "members,secretariat", account="ines").split(":")[0]
        self.assertIn(consent, net.as_("consent", "list", "--waiting"))
        self.assertRegex(net.as_("inbox"), f"your party is asked for its consent.*\n{consent}: circulate to ")
        self.assertIn("granted", net.as_("consent", "grant", consent))
        self.assertNotIn(consent, net.entente("inbox").stdout)
        net.as_("circulate", name, account="ines")

    def test_words_in_clear_beside_it_are_refused_and_so_is_what_was_once_in_clear(self):
        import small_network
        from small_network import Caller
        if not sealed_pieces.made:
            small_network.make_messages(str(self.net.path))
            sealed_pieces.made.append(True)
        from entente.v1 import documents_pb2 as D
        ines = Caller(self.net, "ines")
        self.assertTrue(ines.sign_in().ok)
        sealed = dict(language="en", file_name="sealed", media_type="application/octet-stream", bytes=3)
        audience = {"any_of": ["process/alpha/members", "process/alpha/secretariat"]}
        new = dict(process="processes/alpha", kind=D.Document.STUDY, visibility={"handling": 4, "audience": audience})
        for document, content in [(dict(new, title={"by_language": {"en": "t"}}), sealed), (dict(new, topics=["t"]), sealed),
                                  (new, dict(sealed, file_name="t.pdf")), (new, dict(sealed, media_type="application/pdf"))]:
            answer = ines.ask("DocumentService.BeginContent", D.BeginContentRequest(
                upload_id="clear", document=document, content=content))
            self.assertEqual(answer.code, "INVALID_ARGUMENT", answer)
        begun = ines.ask("DocumentService.BeginContent", D.BeginContentRequest(upload_id="bare", document=new, content=sealed))
        self.assertTrue(begun.ok, begun)
        self.assertTrue(ines.ask("DocumentService.SendContent", D.SendContentRequest(upload_id="bare", content=b"abc")).ok)
        answer = ines.ask("DocumentService.FinishContent", D.FinishContentRequest(
            upload_id="bare", sha256=hashlib.sha256(b"abc").digest()))
        self.assertEqual(answer.code, "FAILED_PRECONDITION")
        self.assertIn("envelope", answer.message)
        wider = D.Document.FromString(ines.ask("DocumentService.GetDocument", D.GetDocumentRequest(name=self.name)).body)
        wider.visibility.audience.any_of.append("process/alpha/observers")
        answer = ines.ask("DocumentService.UpdateDocument", D.UpdateDocumentRequest(document=wider))
        self.assertEqual(answer.code, "PERMISSION_DENIED")
        self.assertIn("two persons", answer.message)
        ines.close()

    def test_what_is_sealed_is_searched_by_the_readers_own_client_and_by_nobody_else(self):
        net, word, inside = self.net, canary(), canary()
        path = net.write(canary() + ".txt", f"On {inside}, told at length.\n".encode())
        name = net.send(path, "--title", f"Returns of {word}")
        found = lambda *words, account="nora": net.entente("search", *words, account=account)
        before = found(word)
        self.assertEqual(before.returncode, 1, before.stdout + before.stderr)
        self.assertRegex(before.stdout, r"\d+ confidential that your client has not opened are not searched")
        self.assertNotIn("persons/nor.nora", net.as_("document", "readers", name, account="ines").split("not yet")[0])
        # Opened once, with a receipt of each; from then on found, by its title, its text and all that fits.
        opened = found("--open", word)
        self.assertIn(name, opened.stdout, opened.stderr)
        self.assertIn("found by your own client", opened.stdout)
        self.assertIn("persons/nor.nora", net.as_("document", "readers", name, account="ines").split("not yet")[0])
        for words in ([inside], ["return", inside], [f'"returned of {word}"'], ["--kind", "other", inside], [word[:9] + "*"]):
            one = found(*words)
            self.assertEqual((one.returncode, name in one.stdout), (0, True), (words, one.stdout, one.stderr))
        for words in (["--kind", "agenda", inside], [inside, "-return"], ["--process", "betaa", inside], ["--until", "2001-01-01", inside]):
            self.assertNotIn(name, found(*words).stdout, words)
        import json
        reply = json.loads(found("--json", inside).stdout)
        self.assertEqual([one["by_own_client"] for one in reply["found"]], [True])
        self.assertIn(name, found("--sealed", inside).stdout)
        # On the ministry's own disk nothing of it is in clear, and without the key nothing of it is found.
        state = net.path / "config/entente/state/nora"
        files = [one for one in state.rglob("*") if one.is_file()]
        self.assertTrue([one for one in files if one.parent.name == "search"])
        for one in files:
            content = one.read_bytes()
            for secret in (word, inside, "Returns", name, path.name):
                self.assertNotIn(secret.encode(), content, one)
        (net.path / "offices/nora").rename(net.path / "locked")
        try:
            self.assertNotIn(name, found(inside).stdout)
            self.assertIn("no office's key is here", found("--sealed", inside).stderr)
        finally:
            (net.path / "locked").rename(net.path / "offices/nora")
        # What is got is found, too; what is taken back is not, and lies there no longer.
        self.assertEqual(net.entente("search", "--sealed", inside).returncode, 1)
        net.as_("document", "get", name, "--out", net.path / "got.txt")
        self.assertIn(name, net.as_("search", "--sealed", inside))
        self.assertEqual(found(inside, account="uma").returncode, 1)
        lying = len(list((state / "search").iterdir()))
        net.as_("document", "withdraw", name, account="ines")
        self.assertEqual(found("--sealed", inside).returncode, 1)
        self.assertEqual(len(list((state / "search").iterdir())), lying - 1)

    def test_the_text_of_a_sealed_pdf_is_read_at_its_readers_end(self):
        word = canary()
        page = f"BT /F1 12 Tf 20 20 Td (On {word}, told) Tj ET".encode()
        objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
                   b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 400] /Contents 4 0 R /Resources << /Font << /F1 << /Type /Font "
                   b"/Subtype /Type1 /BaseFont /Helvetica >> >> >> >>", b"<< /Length %d >> stream\n%s\nendstream" % (len(page), page)]
        pdf = b"%PDF-1.4\n" + b"".join(b"%d 0 obj %s endobj\n" % one for one in enumerate(objects, 1)) + b"trailer << /Root 1 0 R >>\n"
        name = self.net.send(self.net.write(canary() + ".pdf", pdf), "--title", "Nothing of it")
        broken = self.net.send(self.net.write(canary() + ".pdf", pdf[:200]), "--title", "Cut off")
        found = self.net.as_("search", "--open", "--sealed", word)
        self.assertRegex(found, rf"{name}[^\n]*found by your own client.*\n.*\[{word}\]")
        self.assertNotIn(broken, found)
        self.assertIn(broken, self.net.as_("search", "--sealed", "cut"))
        self.assertEqual(self.net.entente("search", word, account="uma").returncode, 1)

    def test_nothing_is_sealed_to_an_office_whose_party_has_not_signed(self):
        net = self.net
        net.certify("SWE", "swe.alpha.wg-data.contact", key_of="sven")
        try:
            self.refused(5, "nobody of `parties/SWE` has signed who holds", "document", "upload", self.path, "--process", "alpha",
                         "--to", "members", "--to", "secretariat", "--handling", "confidential", "--yes", account="ines")
            self.assertTrue(net.send(self.path, "--without", "swe.alpha.wg-data.contact"))
        finally:
            net.ca("revoke", "SWE", "office", "swe.alpha.wg-data.contact")
            net.ca("crl", "SWE")
            dry = ("document", "upload", self.path, "--process", "alpha", "--to", "members,secretariat", "--handling", "confidential",
                   "--dry-run")
            eventually("it is revoked", lambda: net.entente(*dry, account="ines").returncode == 0)

    def test_who_was_revoked_between_sending_and_reading_gets_nothing_until_it_is_shared_on(self):
        net, office = self.net, "nor.alpha.focal-point"
        path = net.write("between.txt", b"sealed before, read after")
        name = net.send(path)
        net.as_("circulate", name, account="ines")
        self.assertIn(name, net.as_("inbox", "--json", account="nora"))
        old = net.path / "offices/nora" / office
        net.ca("revoke", "NOR", "office", office)
        net.ca("crl", "NOR")
        get = ("document", "get", name, "--out", net.path / "between-read.txt")
        tried = lambda: net.entente("document", "get", name, "--out", net.path / "tried.txt", account="nora").stderr
        eventually("the revocation holds", lambda: "was revoked: somebody who can" in tried())
        self.refused(5, "was revoked: somebody who can", *get, account="nora")
        self.assertFalse((net.path / "between-read.txt").exists())
        # Whoever sends now seals to nobody's revoked key.
        self.assertNotIn(office, net.as_("document", "upload", path, "--of", name, "--dry-run", account="ines").split("not sealed")[0])
        shutil.rmtree(old)
        net.certify("NOR", office)
        net.look()
        for one in (name, self.name):
            self.assertIn(office, net.as_("document", "share", one))
        net.as_(*get, account="nora")
        self.assertEqual((net.path / "between-read.txt").read_bytes(), path.read_bytes())

    def test_without_others_eyes_on_the_ledger_nothing_is_sealed(self):
        net = self.net
        net.add_profile("ines", net.port, [("IGC", net.witness_keys["SWE"]), ("NOR", net.witness_keys["NOR"])], home="alone")
        net.as_("sign-in", account="ines", home="alone")
        done = net.entente("document", "upload", self.path, "--process", "alpha", "--to", "members,secretariat", "--handling",
                           "confidential", "--yes", account="ines", home="alone")
        self.assertEqual(done.returncode, 5, done.stdout + done.stderr)
        self.assertIn("1 of 2 needed have looked at the ledger within seven days", done.stderr)

    def test_what_holds_to_an_anchor_that_the_sender_does_not_know_is_not_sealed_to_until_it_is_confirmed(self):
        net, other = self.net, hashlib.sha256(b"the one before").hexdigest()
        net.add_profile("ines", net.port, net.witness_keys.items(), home="told", anchors=[f"NOR={other}"])
        net.as_("sign-in", account="ines", home="told")
        dry = ("document", "upload", self.path, "--process", "alpha", "--to", "members,secretariat", "--handling", "confidential",
               "--dry-run")
        own = run("openssl", "x509", "-in", net.path / "trust/NOR/anchor.pem", "-noout", "-fingerprint", "-sha256").stdout
        own = own.strip().split("=")[1]
        done = net.entente(*dry, account="ines", home="told")
        self.assertEqual(done.returncode, 7, done.stdout + done.stderr)
        self.assertIn(own.replace(":", "").lower(), done.stderr)
        self.assertIn("entente anchor confirm NOR", done.stderr)
        met = net.entente("anchor", "list", account="ines", home="told").stdout
        self.assertRegex(met, rf"NOR +{other} +given with the profile")
        self.assertRegex(met, "(IGC|SWE) +[0-9a-f]{64} +first seen here")
        net.as_("anchor", "confirm", "NOR", own, account="ines", home="told")
        net.as_(*dry, account="ines", home="told")

    def test_a_witness_looks_on_when_its_session_or_the_daemon_ends(self):
        net = self.net
        said = net.path / "witness.out"
        looks = lambda: said.read_text().count("co-signed")
        with open(said, "w") as out:
            eye = subprocess.Popen(
                [ENTENTE, "--profile", "nora", "witness", "--key", net.path / "keys/witness/NOR", "--name", "nor.example/witness",
                 "--memory", net.path / "keys/witness/NOR.note", "--every", "1"], stdout=out, stderr=out,
                env={**os.environ, "XDG_CONFIG_HOME": str(net.path / "config")})
        try:
            for disturb in (lambda: net.as_("sign-out", account="nora"), lambda: (net.stop(), time.sleep(2), net.start())):
                eventually("it looks", lambda: looks() > 0 or eye.poll() is not None)
                disturb()
                before = looks()
                eventually("it looks again", lambda: looks() > before + 1 or eye.poll() is not None)
                self.assertIsNone(eye.poll(), said.read_text())
        finally:
            eye.kill()
            eye.wait()
            for account in {"anna", "nora", "fleur", "ines", "uma", "igor"}:
                net.as_("sign-in", account=account)


if __name__ == "__main__":
    unittest.main(verbosity=2)
