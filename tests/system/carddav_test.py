"""vdirsyncer and khard take the directory home from the real server: with a client certificate and an application
password, and never more than the account sees. BUILD names the build folder."""
import http.client
import base64
import os
import pathlib
import ssl
import subprocess
import tempfile

from network import Network, free_port, run

ANNA = "swe.anna.lindqvist"


def configuration(folder, port, account, password):
    path = folder / f"{account}.conf"
    path.write_text(f"""
[general]
status_path = "{folder}/{account}.status"
[pair people]
a = "here"
b = "network"
collections = ["from b"]
conflict_resolution = "b wins"
[storage here]
type = "filesystem"
path = "{folder}/{account}.cards"
fileext = ".vcf"
[storage network]
type = "carddav"
url = "http://127.0.0.1:{port}/carddav/"
username = "{account}"
password = "{password}"
read_only = true
""")
    return path


def told(*words, code=0, **more):
    """What a program says on both its outputs; it must end with `code` (None: however it ends)."""
    done = run(*map(str, words), **more)
    assert code is None or done.returncode == code, f"{words}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def check(holds, what):
    assert holds, what


class Reader:
    """An account with vdirsyncer and khard."""

    def __init__(self, folder, demo, account):
        self.folder, self.demo, self.account = folder, demo, account
        demo.as_(account, "sign-in")
        made = demo.as_(account, "tool-password", "create", "directory", "--label", "address book").split("\n")
        self.password_name, self.password = made[0], made[1]
        # Debian's vdirsyncer takes `auth_cert` and drops it (its http.py says so): socat presents the certificate,
        # as docs/users/exports.md has it.
        here, port = f"{demo.dir}/credentials/{account}", free_port()
        self.tunnel = subprocess.Popen(
            ["socat", f"TCP-LISTEN:{port},bind=127.0.0.1,fork,reuseaddr",
             f"OPENSSL:localhost:{demo.port},cafile={demo.dir}/ca.pem,cert={here}/cert.pem,key={here}/key.pem"])
        self.config = configuration(folder, port, account, self.password)
        self.environment = dict(os.environ, HOME=str(folder), LC_ALL="C.UTF-8")

    def close(self):
        self.tunnel.terminate()
        self.tunnel.wait()

    def sync(self, code=0):
        said = told("vdirsyncer", "-c", self.config, "discover", "people", input="y\n" * 40, env=self.environment,
                   code=None if code is None else 0)
        return said + told("vdirsyncer", "-vDEBUG", "-c", self.config, "sync", env=self.environment, code=code)

    def cards(self, book):
        files = (self.folder / f"{self.account}.cards" / book).glob("*.vcf")
        return {path.stem: path.read_text() for path in files}

    def books(self):
        root = self.folder / f"{self.account}.cards"
        return {path.name for path in root.iterdir() if any(path.glob("*.vcf"))} if root.exists() else set()

    def names_by_khard(self, book):
        conf = self.folder / "khard.conf"
        conf.write_text(f"[addressbooks]\n[[{book}]]\npath = {self.folder}/{self.account}.cards/{book}\n"
                        "[general]\n[vcard]\n")
        return told("khard", "-c", conf, "list", "--parsable", env=self.environment).strip().split("\n")

    def ask(self, method, path, certificate=None, password=None, body=None, **headers):
        """One plain HTTP call; whose certificate and which password, as wanted."""
        here = pathlib.Path(self.demo.dir) / "credentials" / (certificate or self.account)
        context = ssl.create_default_context(cafile=self.demo.dir + "/ca.pem")
        context.load_cert_chain(str(here / "cert.pem"), str(here / "key.pem"))
        line = http.client.HTTPSConnection("localhost", self.demo.port, context=context, timeout=60)
        if password != "":
            pair = f"{self.account}:{password or self.password}"
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        line.request(method, path, body=body, headers=headers)
        answer = line.getresponse()
        said = answer.status, answer.read().decode(), dict(answer.getheaders())
        line.close()
        return said


def card_of(reader, book, person):
    found = [text for text in reader.cards(book).values() if person in text]
    return found[0] if found else ""


def journey(demo, member, observer, stranger):
    # Refused before anything is looked at: no password, a wrong one, another's certificate.
    status, _, headers = member.ask("PROPFIND", "/carddav/", password="", Depth="0")
    check(status == 401 and "Basic" in headers.get("www-authenticate", ""), f"no password: {status} {headers}")
    check(member.ask("PROPFIND", "/carddav/", password="x" * 54, Depth="0")[0] == 401, "a wrong password opens")
    foreign = member.ask("GET", f"/carddav/books/igc/{ANNA}.vcf", certificate="anna.lindqvist")
    check(foreign[0] == 401, "a password opens on another's certificate")
    status, _, headers = member.ask("PROPFIND", "/.well-known/carddav", Depth="0")
    check(status == 301 and headers.get("location") == "/carddav/", f"well-known: {status} {headers}")

    # Everything that the member sees, in address books; khard reads every card.
    member.sync()
    igc = member.cards("igc")
    check(len(igc) >= 16, f"only {len(igc)} cards in igc")
    check(len(member.names_by_khard("igc")) == len(igc), "khard does not list every card")
    print(f"member: {sorted(member.books())}, {len(igc)} cards in igc, all read by khard")
    again = member.sync()
    check("Copying" not in again and "PUT" not in again, "the second time was not quiet\n" + again)

    # As policy has it: the mobile is for members; who has no part finds neither book nor card.
    observer.sync()
    check("+46 70 174 06" in card_of(member, "igc", ANNA), "the member misses the mobile number")
    check(card_of(observer, "igc", ANNA) != "", "the observer misses the card")
    check("+46 70 174 06" not in card_of(observer, "igc", ANNA), "the observer sees a mobile number for members")
    stranger.sync()
    check("igc" not in stranger.books(), "a stranger has the book")
    hidden = stranger.ask("GET", f"/carddav/books/igc/{ANNA}.vcf")
    absent = stranger.ask("GET", "/carddav/books/none/nobody.vcf")
    plain = lambda said: (said[0], said[1], {k: v for k, v in said[2].items() if k not in ("date", "request-id", "x-request-id")})
    check(plain(hidden) == plain(absent) and hidden[0] == 404, f"hidden {hidden} is not as absent {absent}")

    # Read only.
    check(member.ask("PUT", f"/carddav/books/igc/{ANNA}.vcf", body="BEGIN:VCARD")[0] == 403, "a write was taken")

    # A change reaches the next synchronisation of who sees it.
    demo.as_("anna.lindqvist", "sign-in")
    demo.as_("anna.lindqvist", "person", "telephone", ANNA, "+46 8 465 004 77")
    changed = member.sync()
    check("+46 8 465 004 77" in card_of(member, "igc", ANNA).replace("tel:", ""), "the new number did not come\n" + changed)

    # The sync report names what changed and nothing else; another caller's token is none.
    report = ('<D:sync-collection xmlns:D="DAV:"><D:sync-token>{}</D:sync-token><D:sync-level>1</D:sync-level>'
              '<D:prop><D:getetag/></D:prop></D:sync-collection>')
    first = member.ask("REPORT", "/carddav/books/igc/", body=report.format(""))[1]
    token = first.split("<D:sync-token>")[1].split("<")[0]
    quiet = member.ask("REPORT", "/carddav/books/igc/", body=report.format(token))[1]
    check("<D:href>" not in quiet, "something changed while nothing did\n" + quiet)
    demo.as_("anna.lindqvist", "person", "telephone", ANNA, "+46 8 465 004 78")
    delta = member.ask("REPORT", "/carddav/books/igc/", body=report.format(token))[1]
    check(delta.count("<D:href>") == 1 and ANNA in delta, "not just the one card\n" + delta)
    check(observer.ask("REPORT", "/carddav/books/igc/", body=report.format(token))[0] == 403,
          "another caller's token was taken")

    # A password deleted opens nothing, at once.
    demo.as_("reto.ammann", "tool-password", "delete", member.password_name)
    check(member.ask("PROPFIND", "/carddav/", Depth="0")[0] == 401, "a deleted password opens")
    print("carddav: as the rpcs have it, for member, observer and stranger")


def main():
    demo, readers = Network(), []
    try:
        demo.start()
        with tempfile.TemporaryDirectory() as name:
            for account in ("reto.ammann", "samira.haddad", "kamon.wongsakul"):
                readers.append(Reader(pathlib.Path(name), demo, account))
            journey(demo, *readers)
    finally:
        for reader in readers:
            reader.close()
        demo.stop()
        demo.remove()


main()
