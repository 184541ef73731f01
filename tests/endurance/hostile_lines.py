"""Lines as they are where a ministry has a bad one, and as an attacker makes them: a network namespace of its own, whose
only way to the real daemon loses, crawls, is cut, or is held open by somebody who says nothing.

    hostile_lines.py [--slow N] [--half-open N] [--part NAME] [--seed S]

  lossy      three packets of ten are lost: a document goes up and comes back whole
  crawling   a line of 1 Mbit/s: the same
  cut        every half second all the line's sockets are aborted: an upload resumes, and counts once
  slow       N lines each that crawl through their handshake, their head, their body, and through reading their answer:
             all are closed or reset, and an honest caller from elsewhere is answered meanwhile
  half_open  N lines whose other end vanishes without a word: given back within two minutes (0: left out), and
             an honest caller is answered meanwhile

Needs root, ip, tc, nft and ss; without: SKIPPED with a count."""
import argparse
import collections
import hashlib
import http.client
import json
import os
import pathlib
import random
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))
from network import ENTENTE, Network, do, eventually, run

ADDRESS, OTHER = "10.99.87.1", "10.99.87.2"
ELSEWHERE = "127.0.0.2"  # where the slow ones come from
LIMITS = "limits { connections_per_account: 20000 connections_per_certificate: 20000 }\n"
SECRETARY, HONEST = "helena.brandt", "anna.lindqvist"
CLOSED_WITHIN = 120  # seconds; the limits are 5 for a handshake, 10 for a head, 1 KiB/s for a body, 1 KiB in 30 of an answer
RESOURCE_EXHAUSTED = b"8"
KINDS = ("handshake", "head", "body", "reader")
LONG_ANSWER = b"\x22\x1aentente.v1.DocumentService"  # of gRPC's reflection: the files in which this is
GIVEN_BACK_WITHIN = 120
OWN = "ENTENTE_OWN_NETWORK"  # set: we are in a namespace of our own already


class Unable(Exception):
    """This kernel, or whoever started us, does not let lines be made bad."""


def may(*words):
    done = run(*words)
    if done.returncode != 0:
        raise Unable(f"{' '.join(words)}: {done.stderr.strip()}")


class Line:
    """A namespace, and the one wire between it and the daemon."""

    def __init__(self):
        self.name = f"entente{os.getpid()}"
        self.wire = f"en{os.getpid()}"

    def make(self):
        for words in (("ip", "link", "set", "lo", "up"),
                      ("ip", "netns", "add", self.name),
                      ("ip", "link", "add", self.wire, "type", "veth", "peer", "name", "far", "netns", self.name),
                      ("ip", "addr", "add", ADDRESS + "/24", "dev", self.wire), ("ip", "link", "set", self.wire, "up"),
                      ("ip", "-n", self.name, "addr", "add", OTHER + "/24", "dev", "far"),
                      ("ip", "-n", self.name, "link", "set", "far", "up"), ("ip", "-n", self.name, "link", "set", "lo", "up"),
                      ("nft", "add", "table", "inet", self.name),
                      ("nft", f"add chain inet {self.name} in {{ type filter hook input priority 0; }}"),
                      ("nft", f"add chain inet {self.name} out {{ type filter hook output priority 0; }}")):
            may(*words)

    def drop(self, what=""):
        may("nft", f"add rule inet {self.name} in iifname {self.wire} {what} drop")
        if not what:
            may("nft", f"add rule inet {self.name} out oifname {self.wire} drop")

    def crawl(self, rate):
        may("tc", "qdisc", "add", "dev", self.wire, "root", "tbf", "rate", rate, "burst", "32kbit", "latency", "400ms")
        may("ip", "netns", "exec", self.name, "tc", "qdisc", "add", "dev", "far", "root", "tbf", "rate", rate, "burst",
           "32kbit", "latency", "400ms")

    def heal(self):
        run("nft", "flush", "chain", "inet", self.name, "in")
        run("nft", "flush", "chain", "inet", self.name, "out")
        run("tc", "qdisc", "del", "dev", self.wire, "root")
        run("ip", "netns", "exec", self.name, "tc", "qdisc", "del", "dev", "far", "root")

    def inside(self, *words, **more):
        return run("ip", "netns", "exec", self.name, *words, **more)

    def remove(self):
        run("nft", "delete", "table", "inet", self.name)
        run("ip", "netns", "del", self.name)
        run("ip", "link", "del", self.wire)


class World:
    def __init__(self, net, line, seed):
        self.net, self.line, self.draw = net, line, random.Random(seed)
        net.start()
        do(ENTENTE, "profile", "add", "far", "--server", f"{ADDRESS}:{net.port}", "--root", net.dir + "/ca.pem", "--certificate",
           self.credentials("cert.pem"), "--key", self.credentials("key.pem"), "--password-file",
           self.credentials("password"), "--ledger-key", pathlib.Path(net.dir + "/ledger.pub").read_text(), env=self.where)
        signed_in = self.far("sign-in")
        assert signed_in.returncode == 0, signed_in.stdout + signed_in.stderr

    @property
    def where(self):
        return {**os.environ, "XDG_CONFIG_HOME": self.net.dir + "/config"}

    def credentials(self, file):
        return f"{self.net.dir}/credentials/{SECRETARY}/{file}"

    def far(self, *verb):
        """The command line, at the other end."""
        return self.line.inside(ENTENTE, "--profile", "far", *verb, env=self.where)

    def uploads(self, title, sent):
        return self.far("document", "upload", str(sent), "--process", "igc", "--kind", "report", "--title", title, "--to",
                        "members,secretariat", "--handling", "limited", "--type", "application/octet-stream", "--yes")

    def there_and_back(self, title, size):
        """A document goes up and comes back; how long that took."""
        sent = pathlib.Path(self.net.dir) / f"{title}.bin"
        sent.write_bytes(self.draw.randbytes(size))
        began = time.monotonic()
        up = self.uploads(title, sent)
        assert up.returncode == 0, up.stdout + up.stderr
        self.comes_back(title, sent)
        return time.monotonic() - began

    def comes_back(self, title, sent):
        listed = self.far("document", "list", "--process", "igc")
        mine = [row for row in listed.stdout.splitlines() if title in row]
        assert len(mine) == 1, f"it is there {len(mine)} times: {listed.stdout}{listed.stderr}"
        name = re.search(r"documents/[0-9a-f]{32}", mine[0])[0]
        back = sent.with_suffix(".back")
        down = self.far("document", "get", name, "--out", str(back))
        assert down.returncode == 0, down.stdout + down.stderr
        same = hashlib.sha256(back.read_bytes()).digest() == hashlib.sha256(sent.read_bytes()).digest()
        assert same, "it came back as another"

    # --- bad lines ---

    def lossy(self):
        self.line.drop("numgen random mod 100 < 30")
        print(f"lossy: up and down in {self.there_and_back('Lossy', 100_000):.1f} s", flush=True)

    def crawling(self):
        self.line.crawl("1mbit")
        print(f"crawling: up and down in {self.there_and_back('Crawling', 200_000):.1f} s", flush=True)

    def cut(self):
        self.line.crawl("20mbit")
        stop, cuts = threading.Event(), [0]

        def cutter():
            while not stop.wait(0.5):
                cuts[0] += run("ss", "-K", "dst", OTHER).stdout.count(OTHER)
        cutting = threading.Thread(target=cutter)
        sent = pathlib.Path(self.net.dir) / "Cut.bin"
        sent.write_bytes(self.draw.randbytes(6 << 20))
        cutting.start()
        try:
            for attempt in range(1, 20):
                up = self.uploads("Cut", sent)
                if up.returncode == 0:
                    break
        finally:
            stop.set()
            cutting.join()
        assert up.returncode == 0, up.stdout + up.stderr
        if not cuts[0]:
            raise Unable("ss -K aborts no socket")
        self.comes_back("Cut", sent)
        print(f"cut: {cuts[0]} sockets aborted, {attempt} uploads by hand, there once and whole", flush=True)

    # --- hostile lines ---

    def slow(self, count):
        baseline = self.net.metric("entente_connections")
        with Honest(self.net) as honest:
            lines = [Slow(self.net, self.credentials, kind) for kind in KINDS for _ in range(count)]
            began = time.monotonic()
            while any([line.drips() for line in lines]):
                assert time.monotonic() < began + CLOSED_WITHIN, \
                    f"still open: {collections.Counter(line.kind for line in lines if line.open)}"
                time.sleep(0.5)
            took = time.monotonic() - began
        eventually("their lines are given back", lambda: self.net.metric("entente_connections") <= baseline + 1)
        print(f"slow: {len(lines)} lines closed within {took:.0f} s; {honest}", flush=True)

    def half_open(self, count):
        baseline = self.net.metric("entente_connections")
        holder = self.line_holder(count)
        try:
            eventually("the lines are open", lambda: self.net.metric("entente_connections") >= baseline + count)
            self.line.drop()
            began = time.monotonic()
            with Honest(self.net) as honest:  # at most one line of theirs is open at a time
                eventually("they are given back", lambda: self.net.metric("entente_connections") <= baseline + 1,
                           GIVEN_BACK_WITHIN)
                took = time.monotonic() - began
            print(f"half-open: {count} lines given back after {took:.0f} s; {honest}", flush=True)
        finally:
            holder.kill()
            holder.wait()

    def line_holder(self, count):
        return subprocess.Popen(["ip", "netns", "exec", self.line.name, sys.executable, __file__, "--hold", str(count),
                                 str(self.net.port), self.net.dir + "/ca.pem", self.credentials("cert.pem"),
                                 self.credentials("key.pem")])


class Honest:
    """Somebody who looks something up over one line, again and again, while others do what they do; before, alone."""

    def __init__(self, net):
        self.over, self.alone, self.answers = threading.Event(), [], []
        folder = net.dir + "/credentials/" + HONEST
        context = ssl.create_default_context(cafile=net.dir + "/ca.pem")
        context.load_cert_chain(folder + "/cert.pem", folder + "/key.pem")
        context.set_alpn_protocols(["http/1.1"])
        self.line = http.client.HTTPSConnection("localhost", net.port, context=context, timeout=60)
        password = pathlib.Path(folder + "/password").read_text().strip()
        self.token = self.asks("SessionService/SignIn", password=password)["token"]
        self.thread = threading.Thread(target=self.go)

    def asks(self, method, **message):
        headers = {"content-type": "application/json", "authorization": f"Bearer {self.token}"} if hasattr(self, "token") else \
            {"content-type": "application/json"}
        self.line.request("POST", "/entente.v1." + method, json.dumps(message), headers)
        reply = self.line.getresponse()
        body = reply.read()
        assert reply.status == 200, f"{method}: {reply.status} {body}"
        return json.loads(body)

    def look_up(self, times):
        began = time.monotonic()
        assert self.asks("DirectoryService/SearchPersons", query="lindqvist")["found"], "nobody is found"
        times.append(1000 * (time.monotonic() - began))
        self.over.wait(0.02)

    def __enter__(self):
        for _ in range(200):
            self.look_up(self.alone)
        self.thread.start()
        return self

    def go(self):
        while not self.over.is_set():
            self.look_up(self.answers)

    def __exit__(self, failed, *_):
        answered = self.thread.is_alive()
        self.over.set()
        self.thread.join()
        self.line.close()
        assert failed or answered and self.answers, "the honest caller was not answered"

    def __str__(self):
        of = lambda times, share: sorted(times)[min(len(times) - 1, int(share * len(times)))]
        return (f"{len(self.answers)} honest look-ups meanwhile, half within {of(self.answers, 0.5):.1f} ms, 99 % within "
                f"{of(self.answers, 0.99):.1f} ms, all within {max(self.answers):.1f} ms; alone before, 99 % within "
                f"{of(self.alone, 0.99):.1f} ms")


def secure(address, port, ca, certificate, key, source=None):
    context = ssl.create_default_context(cafile=ca)
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["h2"])
    return context.wrap_socket(socket.create_connection((address, port), 30, source), server_hostname=address)


class Slow:
    """A line that never gets done: an octet every half second."""

    def __init__(self, net, credentials, kind):
        self.kind, self.open, self.at, self.more, self.said = kind, True, 0, b"", {}
        try:
            if kind == "handshake":
                self.line = socket.create_connection(("127.0.0.1", net.port), 30, (ELSEWHERE, 0))
                self.more = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200)
            else:
                self.line = secure("127.0.0.1", net.port, net.dir + "/ca.pem", credentials("cert.pem"),
                                   credentials("key.pem"), (ELSEWHERE, 0))
                self.begin()
            self.line.setblocking(False)
        except OSError:  # it was not even let in
            self.open = False

    def begin(self):
        import h2.config
        import h2.connection
        import h2.settings
        path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo" if self.kind == "reader" else \
            "/grpc.health.v1.Health/Check"
        self.speaks = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding=False))
        self.speaks.initiate_connection()
        if self.kind == "reader":
            self.speaks.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 0})
        self.speaks.send_headers(1, [(":method", "POST"), (":scheme", "https"), (":authority", "localhost"), (":path", path),
                                     ("content-type", "application/grpc"), ("te", "trailers")])
        octets = self.speaks.data_to_send()
        if self.kind == "head":  # all but the end of the head
            self.line.sendall(octets[:-30])
            self.more = octets[-30:-1]
            return
        whole = self.kind == "reader"
        message = LONG_ANSWER if whole else bytes(395)
        self.speaks.send_data(1, b"\0" + len(message).to_bytes(4, "big") + message, whole)
        if whole:
            octets += self.speaks.data_to_send()
        else:
            self.more = self.speaks.data_to_send()[:-1]
        self.line.sendall(octets)

    def next(self):
        if self.kind == "reader":
            self.speaks.increment_flow_control_window(1, 1)
            return self.speaks.data_to_send()
        self.at += 1
        return self.more[self.at - 1:self.at]

    def drips(self):
        """Sends an octet, or takes one; whether the line, or the stream of a reader, is still open."""
        if not self.open:
            return False
        try:
            self.line.send(self.next())
            while data := self.line.recv(4096):
                if self.kind != "handshake" and self.is_over(data):
                    break
            self.open = False
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        except OSError:
            self.open = False
        self.line.close()
        return False

    def is_over(self, data):
        """Whether its stream was reset, or refused for the sake of those that others have under way."""
        import h2.events
        for event in self.speaks.receive_data(data):
            self.said = {**self.said, **dict(getattr(event, "headers", None) or {})}
            refused = self.said.get(b"grpc-status") == RESOURCE_EXHAUSTED
            if refused or isinstance(event, h2.events.StreamReset):
                return True
            assert not isinstance(event, h2.events.StreamEnded), f"{self.kind}: its answer was over: {self.said}"
        return False


def hold(count, port, ca, certificate, key):
    lines = [secure(ADDRESS, int(port), ca, certificate, key) for _ in range(int(count))]
    while lines:
        time.sleep(60)


def main():
    if sys.argv[1:2] == ["--hold"]:
        hold(*sys.argv[2:])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slow", type=int, default=12, help="of each kind")
    parser.add_argument("--half-open", type=int, default=0)
    parser.add_argument("--part", choices=("lossy", "crawling", "cut", "slow", "half_open"))
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    able = os.geteuid() == 0 and all(shutil.which(tool) for tool in ("ip", "tc", "nft", "ss"))
    if not able or run("unshare", "--net", "true").returncode != 0:
        print("SKIPPED: 5 kinds of lines: they need root, unshare, ip, tc, nft and ss")
        sys.exit(77)
    if OWN not in os.environ:  # a new wire on the machine's own network would disturb whatever else runs there
        os.execvpe("unshare", ["unshare", "--net", sys.executable, __file__, *sys.argv[1:]], {**os.environ, OWN: "1"})
    line, net, skipped = Line(), None, []
    try:
        line.make()
        net = Network()
        do(str(HERE.parents[1] / "certs/ca"), "--dir", net.dir, "server", "--host", "localhost", "--host", "127.0.0.1", "--host",
           ADDRESS)
        config = pathlib.Path(net.config)
        config.write_text(config.read_text().replace('address: "127.0.0.1"', 'address: "0.0.0.0"') +
                          (LIMITS if options.half_open or options.slow > 5 else ""))
        world = World(net, line, options.seed)
        for part in ("lossy", "crawling", "cut"):
            if options.part in (None, part):
                try:
                    getattr(world, part)()
                except Unable as why:
                    skipped.append(str(why))
                line.heal()
        if options.part in (None, "slow"):
            world.slow(options.slow)
        if options.half_open and options.part in (None, "half_open"):
            world.half_open(options.half_open)
    except Unable as why:
        skipped.append(str(why))
    finally:
        line.remove()
        if net:
            net.stop()
            net.remove()
    if skipped:
        print(f"SKIPPED: {len(skipped)} kinds of lines: {'; '.join(skipped)}")
        sys.exit(77)


if __name__ == "__main__":
    main()
