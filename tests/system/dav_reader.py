"""A person with a program of their own that knows only HTTP: vdirsyncer through a tunnel that shows the client
certificate, with an application password."""
import base64
import http.client
import os
import pathlib
import ssl
import subprocess
import tempfile

from network import Network, free_port, run


def configuration(folder, port, account, password, kind, extension):
    path = folder / f"{account}.conf"
    path.write_text(f"""
[general]
status_path = "{folder}/{account}.status"
[pair own]
a = "here"
b = "network"
collections = ["from b"]
conflict_resolution = "b wins"
[storage here]
type = "filesystem"
path = "{folder}/{account}.items"
fileext = "{extension}"
[storage network]
type = "{kind}"
url = "http://127.0.0.1:{port}/{kind}/"
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


def plain(said):
    """An answer without what every answer has of its own."""
    return said[0], said[1], {key: value for key, value in said[2].items()
                              if key not in ("date", "request-id", "x-request-id")}


class Reader:
    """An account with vdirsyncer. `kind`: carddav or caldav; `scope`: of its application password."""

    def __init__(self, folder, demo, account, kind, scope, extension):
        self.folder, self.demo, self.account, self.extension = folder, demo, account, extension
        demo.as_(account, "sign-in")
        made = demo.as_(account, "tool-password", "create", scope, "--label", "a program").split("\n")
        self.password_name, self.password = made[0], made[1]
        # Debian's vdirsyncer takes `auth_cert` and drops it (its http.py says so): socat presents the certificate,
        # as docs/users/exports.md has it.
        here, port = f"{demo.dir}/credentials/{account}", free_port()
        self.tunnel = subprocess.Popen(
            ["socat", f"TCP-LISTEN:{port},bind=127.0.0.1,fork,reuseaddr,backlog=128",
             f"OPENSSL:localhost:{demo.port},cafile={demo.dir}/ca.pem,cert={here}/cert.pem,key={here}/key.pem"])
        self.config = configuration(folder, port, account, self.password, kind, extension)
        self.environment = dict(os.environ, HOME=str(folder), LC_ALL="C.UTF-8")

    def close(self):
        self.tunnel.terminate()
        self.tunnel.wait()

    def sync(self, code=0):
        said = told("vdirsyncer", "-c", self.config, "discover", "own", input="y\n" * 40, env=self.environment,
                   code=None if code is None else 0)
        return said + told("vdirsyncer", "-vDEBUG", "-c", self.config, "sync", env=self.environment, code=code)

    def items(self, collection):
        """The files that were copied from it, by name without ending."""
        files = (self.folder / f"{self.account}.items" / collection).glob("*" + self.extension)
        return {path.stem: path.read_text() for path in files}

    def collections(self):
        """Those of which anything was copied."""
        root = self.folder / f"{self.account}.items"
        there = root.iterdir() if root.exists() else []
        return {path.name for path in there if any(path.glob("*" + self.extension))}

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


def travel(journey, kind_of_reader):
    """`journey(demo, member, observer, stranger)` through the demonstration, each of them such a reader."""
    demo, readers = Network(), []
    try:
        demo.start()
        with tempfile.TemporaryDirectory() as name:
            for account in ("reto.ammann", "samira.haddad", "kamon.wongsakul"):
                readers.append(kind_of_reader(pathlib.Path(name), demo, account))
            journey(demo, *readers)
    finally:
        for reader in readers:
            reader.close()
        demo.stop()
        demo.remove()
