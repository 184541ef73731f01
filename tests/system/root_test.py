"""A daemon that runs as a user of its own, and root beside it, who keeps its keys: whatever root does, the daemon's user can
read what comes of it."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from network import do
from small_network import SmallNetwork

NOBODY = 65534
UNDER = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")


@unittest.skipUnless(os.geteuid() == 0, "only root can be another user too")
class Root(unittest.TestCase):
    def setUp(self):
        self.net = SmallNetwork()
        self.addCleanup(self.net.remove)
        self.net.stop()
        do("chown", "-R", f"{NOBODY}:{NOBODY}", self.net.dir)

    def rotate(self, *words):
        done = self.net.entented("rotate", *words)
        return done.returncode, done.stderr

    def of_others(self):
        return do("find", self.net.dir + "/store", "-not", "-uid", NOBODY)

    def test_without_the_daemon_root_is_told_to_be_its_user(self):
        for verb in (("rotate", "network"), ("ledger",), ("serve",)):
            refused = self.net.entented(*verb)
            self.assertEqual(refused.returncode, 1, refused.stderr)
            self.assertIn(f"belongs to another user, number {NOBODY}, who could not read what this one writes in it: run the "
                          "command as that user", refused.stderr)
        self.assertEqual(self.of_others(), "")
        # What only reads is root's as well.
        self.assertEqual(self.net.entented("check").returncode, 0)
        self.assertEqual(self.net.entented("backup", "--to", self.net.dir + "/rows").returncode, 0)
        self.assertEqual(self.of_others(), "")

    def test_a_root_key_that_root_makes_is_the_daemons_to_read(self):
        fresh, secret = self.net.dir + "/keys/fresh.key", self.net.dir + "/keys/secret"
        self.net.start(*UNDER)
        self.assertEqual(self.rotate("root", "--new-key-file", fresh), (0, ""))
        self.assertEqual((os.stat(fresh).st_uid, os.stat(fresh).st_mode & 0o777), (NOBODY, 0o600))
        self.net.stop()
        self.net.config.write_text(self.net.config.read_text().replace("keys/root.key", "keys/fresh.key"))
        self.net.start(*UNDER)
        self.assertEqual(self.of_others(), "")
        # What its user cannot read is not taken, and which file that is, is said.
        for path in (secret, self.net.dir + "/keys/none"):
            if path == secret:
                with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
                    file.write("correct horse battery\n")
            code, told = self.rotate("root", "--new-passphrase-file", path)
            self.assertEqual(code, 1)
            self.assertIn(path, told)
        os.chown(secret, NOBODY, NOBODY)
        self.assertEqual(self.rotate("root", "--new-passphrase-file", secret), (0, ""))


if __name__ == "__main__":
    unittest.main(verbosity=2)
