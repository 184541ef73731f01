"""An archive of a process, made by the command line and verified by tar, openssl, sha256sum and python3 alone: whole it
holds, and whatever is changed in it is refused. BUILD names the build folder."""
import base64
import hashlib
import json
import os
import re
import subprocess
import tarfile
import unittest

from network import TOP, Network, read, write

VERIFY = TOP + "/docs/examples/verify_archive.sh"
TEXT = "Voluntary return: the text of a paper.\n" * 3
LONG = "papier " + "é" * 60 + ".txt"  # longer than tar's own header holds


class Archive(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.net = net = Network()
        net.start()
        for account in ("anna.lindqvist", "helena.brandt"):
            net.as_(account, "sign-in")
        write(net.dir + "/" + LONG, TEXT)
        write(net.dir + "/draft.txt", "a draft")
        upload = ("--process", "igc", "--to", "members,secretariat", "--yes")
        shown = net.as_("anna.lindqvist", "document", "upload", net.dir + "/" + LONG, "--handling", "restricted", "--date", "2001-06",
                        *upload)
        cls.paper = re.search(r"documents/[0-9a-f]{32}", shown)[0]
        net.as_("anna.lindqvist", "document", "update", cls.paper, "--title", "fr=Retour volontaire", "--topic", "return")
        write(net.dir + "/" + LONG, TEXT + "again")
        net.as_("anna.lindqvist", "document", "upload", net.dir + "/" + LONG, "--of", cls.paper, "--yes")
        shown = net.as_("helena.brandt", "document", "upload", net.dir + "/draft.txt", "--handling", "limited", *upload)
        cls.draft = re.search(r"documents/[0-9a-f]{32}", shown)[0]
        net.as_("anna.lindqvist", "circulate", cls.paper, "--note", "for the archive")
        shown = net.as_("helena.brandt", "meeting", "create", "--process", "igc", "--title", "Working Group on Data", "--level", "technical",
                        "--starts", "2027-03-14T09:30", "--ends", "2027-03-15T13:00", "--zone", "Europe/Zurich")
        cls.meeting = re.search(r"meetings/[0-9a-f]{32}", shown)[0]
        write(net.dir + "/record.txt", "It was agreed to meet again.")
        net.as_("helena.brandt", "meeting", "record", "save", cls.meeting, net.dir + "/record.txt", "--handling", "restricted")
        cls.tar = net.dir + "/igc.tar"
        cls.said = net.as_("helena.brandt", "archive", "igc", "--out", cls.tar)

    @classmethod
    def tearDownClass(cls):
        cls.net.remove()

    def verify(self, path, anchor="IGC"):
        return subprocess.run([VERIFY, path, self.net.dir + f"/trust/{anchor}/anchor.pem", read(self.net.dir + "/ledger.pub").strip()],
                              capture_output=True, text=True, timeout=120, env={**os.environ, "TMPDIR": self.net.dir})

    def test_it_holds_and_can_be_read(self):
        self.assertRegex(self.said, r"receipts of it\n2 contents are copies with your name")
        done = self.verify(self.tar)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("person/helena.brandt", done.stdout)
        folder = re.search(r"they are in (\S+)", done.stdout)[1]
        base = f"{folder}/{self.paper}"
        document = json.loads(read(base + "/document.json"))
        self.assertEqual(document["title"]["byLanguage"]["fr"], "Retour volontaire")
        self.assertEqual(document["date"], "2001-06")
        self.assertNotIn("fr", json.loads(read(base + "/revisions/1.json"))["title"]["byLanguage"])
        content = read(f"{base}/en/{LONG}")
        self.assertTrue(content.startswith(TEXT))
        self.assertRegex(content[len(TEXT + "again"):], r"^\nRESTRICTED - copy \d+ of .* for Helena Brandt")
        readers = json.loads(read(base + "/readers.json"))
        self.assertIn("helena.brandt", readers["readers"][0]["account"])
        self.assertEqual(read(f"{folder}/{self.draft}/en/draft.txt"), "a draft")
        self.assertEqual(len(os.listdir(folder + "/circulations")), 2)
        self.assertEqual(json.loads(read(f"{folder}/{self.meeting}.json"))["name"], self.meeting)
        self.assertIn("to meet again", json.loads(read(f"{folder}/{self.meeting}.record.json"))["texts"][0]["text"])
        # The digest of what was brought stands in the ledger, under the document's name.
        entries = [json.loads(line).get("entry", {}) for line in read(folder + "/ledger.jsonl").splitlines()[1:]]
        made = next(one for one in entries if one.get("object") == self.paper and one["kind"].endswith(".create"))
        self.assertEqual(made["objectDigest"], json.loads(read(base + "/revisions/1.json"))["contents"][0]["sha256"])
        self.assertTrue(any(one.get("kind") == "documents.document.read" for one in entries))

    def test_a_party_gets_its_own_part_back(self):
        out = self.net.dir + "/own.tar"
        self.net.as_("anna.lindqvist", "archive", "igc", "--own", "--out", out)
        self.assertEqual(self.verify(out, "SWE").returncode, 0)
        with tarfile.open(out) as tar:
            names = "\n".join(tar.getnames())
            # To the byte, with what it was before it was replaced.
            self.assertEqual(tar.extractfile(f"{self.paper}/en/{LONG}").read().decode(), TEXT + "again")
            self.assertEqual(tar.extractfile(f"{self.paper}/revisions/2/en/{LONG}").read().decode(), TEXT)
        self.assertIn(self.paper, names)
        self.assertNotIn(self.draft, names)
        self.assertNotEqual(self.verify(out, "IGC").returncode, 0, "another party's anchor")

    def test_once_it_is_concluded_the_secretariat_gets_what_was_brought(self):
        self.net.as_("marc.delisle", "sign-in")
        said = self.net.as_("helena.brandt", "process", "propose", "igc", "concluded", "--because", "its work is done")
        self.net.as_("marc.delisle", "process", "approve", said.split("\n")[0])
        out = self.net.dir + "/concluded.tar"
        self.assertNotIn("copies with your name", self.net.as_("helena.brandt", "archive", "igc", "--out", out))
        self.assertEqual(self.verify(out).returncode, 0)
        with tarfile.open(out) as tar:
            content = tar.extractfile(f"{self.paper}/en/{LONG}").read()
            document = json.load(tar.extractfile(f"{self.paper}/document.json"))
            self.assertEqual(json.load(tar.extractfile("process.json"))["status"], "CONCLUDED")
        self.assertEqual(base64.b64encode(hashlib.sha256(content).digest()).decode(), document["contents"][0]["sha256"])

    def test_whatever_is_changed_is_refused(self):
        with open(self.tar, "rb") as archive:
            whole = archive.read()
        for what, old, new in [("a content", b"Voluntary return: the", b"Voluntary return: tha"),
                               ("a title", b"Retour volontaire", b"Retour involontaire"[:17]),
                               ("the manifest", b"  process.json\n", b"  Process.json\n"),
                               ("an entry", b'"kind":"documents.document.read"', b'"kind":"documents.document.rea1"')]:
            self.assertTrue(old in whole, what)
            write_bytes(self.net.dir + "/changed.tar", whole.replace(old, new))
            self.assertNotEqual(self.verify(self.net.dir + "/changed.tar").returncode, 0, what)
        # A file that nobody signed.
        with tarfile.open(self.net.dir + "/more.tar", "w") as more, tarfile.open(self.tar) as tar:
            for one in tar:
                more.addfile(one, tar.extractfile(one))
            one.name = "documents/smuggled.txt"
            more.addfile(one, tar.extractfile(one))
        self.assertNotEqual(self.verify(self.net.dir + "/more.tar").returncode, 0)
        # Nor a link.
        with tarfile.open(self.net.dir + "/link.tar", "w") as more, tarfile.open(self.tar) as tar:
            for one in tar:
                more.addfile(one, tar.extractfile(one))
            link = tarfile.TarInfo("documents/link")
            link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
            more.addfile(link)
        self.assertNotEqual(self.verify(self.net.dir + "/link.tar").returncode, 0)


def write_bytes(path, content):
    with open(path, "wb") as out:
        out.write(content)


if __name__ == "__main__":
    unittest.main(verbosity=2)
