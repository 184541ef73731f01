"""A small network in which confidential documents can be sealed: offices with certificates, appointments that their parties
have signed, three parties' witnesses. And the stock command line as its accounts."""
import os
import secrets
import subprocess

from network import ENTENTE, do, eventually, read, run
from small_network import SmallNetwork

# Offices that are sealed to: party, office, who holds it.
OFFICES = [("SWE", "swe.alpha.focal-point", "anna"), ("NOR", "nor.alpha.focal-point", "nora"),
           ("IGC", "igc.alpha.secretariat.ines", "ines")]
WITNESSES = [("SWE", "anna"), ("NOR", "nora"), ("FRA", "fleur")]


class SealedNetwork(SmallNetwork):
    def make(self, issuing):
        super().make(issuing)
        self.stop()
        (self.path / "keys/witness").mkdir()
        self.clients, self.witness_keys = {}, {}
        for party, account in WITNESSES:
            (self.path / f"keys/witness/{party}").write_text(secrets.token_hex(32))
        self.keep_witnesses()
        self.start()
        for account in {account for _, account in WITNESSES} | {holder for _, _, holder in OFFICES} | {"uma", "igor"}:
            self.client(account)
            self.as_("sign-in", account=account)
        for party, office, holder in OFFICES:
            self.certify(party, office)
            # Entered by the operator; now its party says so, too.
            self.as_("office", "confirm", office, account=holder)
        self.look()

    def keep_witnesses(self):
        """Their keys, as everyone was given them, and in the daemon's configuration."""
        text = read(self.config)
        for party, account in WITNESSES:
            self.add_profile(account, self.port, [])
            key = self.as_("witness", "--key", self.path / f"keys/witness/{party}", "--name", f"{party.lower()}.example/witness",
                           "--memory", self.path / f"keys/witness/{party}.note", "--show-key", account=account).strip()
            self.witness_keys[party] = key
            text += f'witnesses {{ party: "{party}" key: "{key}" }}\n'
        self.config.write_text(text)

    def add_profile(self, account, port, witnesses, home="config", anchors=()):
        here = self.path / "credentials" / account
        more = [word for party, key in witnesses for word in ("--witness", f"{party}={key}")]
        more += [word for one in anchors for word in ("--anchor", one)]
        do(ENTENTE, "profile", "add", account, "--server", f"localhost:{port}", "--root", self.path / "ca.pem", "--certificate",
           here / "cert.pem", "--key", here / "key.pem", "--password-file", here / "password", "--ledger-key",
           read(self.path / "ledger.pub").strip(), "--office-keys", self.path / "offices" / account, *more,
           env={**os.environ, "XDG_CONFIG_HOME": str(self.path / home)})

    def client(self, account, port=None, home="config"):
        self.add_profile(account, port or self.port, self.witness_keys.items(), home)

    def entente(self, *verb, account="anna", home="config"):
        return run(ENTENTE, "--profile", account, *map(str, verb), env={**os.environ, "XDG_CONFIG_HOME": str(self.path / home)},
                   cwd=self.path)

    def as_(self, *verb, account="anna", home="config"):
        done = self.entente(*verb, account=account, home=home)
        assert done.returncode == 0, f"{verb} as {account}: {done.returncode} {done.stdout}{done.stderr}"
        return done.stdout

    def certify(self, party, office, key_of=None):
        """A certificate for an office, entered in the ledger; its key in its holder's hands."""
        holder = key_of or next(holder for _, name, holder in OFFICES if name == office)
        out = self.path / "offices" / holder / office
        out.parent.mkdir(parents=True, exist_ok=True)
        self.ca("issue", party, "office", office, "--out", out)
        self.entered(out / "cert.pem")

    def entered(self, certificate):
        der = subprocess.run(["openssl", "x509", "-in", certificate, "-outform", "DER"], capture_output=True, check=True).stdout
        import hashlib
        name = "certificates/" + hashlib.sha256(der).hexdigest()
        eventually(f"{name} is in the ledger", lambda: name in self.as_("ledger", "log", "--last", "1000"))
        return name

    def look(self):
        """Each witness puts its name to the newest checkpoint."""
        for party, account in WITNESSES:
            self.as_("witness", "--key", self.path / f"keys/witness/{party}", "--name", f"{party.lower()}.example/witness",
                     "--memory", self.path / f"keys/witness/{party}.note", account=account)

    def write(self, name, content):
        path = self.path / name
        path.write_bytes(content)
        return path

    def send(self, path, *more, account="ines", to="members,secretariat"):
        """Seals and sends it; the document's name."""
        where = () if "--of" in more else ("--process", "alpha", "--to", to, "--handling", "confidential")
        done = self.as_("document", "upload", path, *where, "--yes", *more, account=account)
        return next(word for word in done.split() if word.startswith("documents/")).rstrip(":")


def canary():
    return "zq" + secrets.token_hex(12)
