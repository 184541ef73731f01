"""What the benchmarks of the line share: servers pinned to core 0, load to core 1, processor time by /proc,
medians over alternations. A figure is printed as `name value unit`; the peer of each runs in the same call,
in turns, so that what the machine does meanwhile falls on both.
"""
import os
import pathlib
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/support"))
from h2load import h2load  # found once the folder is

TICK = os.sysconf("SC_CLK_TCK")
SERVER_CORE, LOAD_CORE = 0, 1
FILES = resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def run(*words, **more):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, **more)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, words))}: {done.returncode}\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}")
    return done.stdout


def need(*programs):
    missing = [name for name in programs if shutil.which(name) is None and not os.path.exists(f"/usr/sbin/{name}")]
    if missing:
        sys.exit(f"missing: {' '.join(missing)}; see docs/performance.md for the Debian packages")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Bench:
    """A folder, the servers started in it, and the figures collected."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bench"))
        self.servers = []
        self.figures = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in self.servers:
            server.send_signal(signal.SIGTERM)
        for server in self.servers:
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, words, port, **more):
        def prepare():
            os.sched_setaffinity(0, {SERVER_CORE})
            resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))
        log = open(self.folder / "servers.log", "ab")
        server = subprocess.Popen([str(word) for word in words], stdout=log, stderr=log, preexec_fn=prepare, **more)
        self.servers.append(server)
        for _ in range(600):
            if server.poll() is not None:
                sys.exit(f"{words[0]} ended:\n{(self.folder / 'servers.log').read_text()[-2000:]}")
            try:
                socket.create_connection(("127.0.0.1", port), 0.2).close()
                return server
            except OSError:
                time.sleep(0.05)
        sys.exit(f"{words[0]} does not listen")

    def h2load(self, server, url, certificate, key, arguments, expect=None):
        """Calls a second and the server's processor time a call, in microseconds; every call must be a 2xx."""
        before = processor_time(server.pid)
        load = h2load(self.folder, url, (certificate, key), *arguments, preexec_fn=lambda: (
            os.sched_setaffinity(0, {LOAD_CORE}), resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))))
        spent = processor_time(server.pid) - before
        if not load.all_answered:
            sys.exit("h2load: not every call was answered:\n" + load.text)
        if expect and not expect[0] <= load.each <= expect[1]:
            sys.exit(f"h2load: {load.each:.0f} bytes an answer; between {expect[0]} and {expect[1]} were expected")
        return load.rate, spent / load.total * 1e6

    def add(self, name, value, unit):
        self.figures.setdefault((name, unit), []).append(value)

    def median(self, name):
        return next(statistics.median(values) for (known, _), values in self.figures.items() if known == name)

    def ratio(self, name, over, under):
        self.figures[(name, "ratio")] = [self.median(over) / self.median(under)]

    def print(self):
        for (name, unit), values in self.figures.items():
            middle = statistics.median(values)
            spread = f"  # {min(values):.4g} to {max(values):.4g}, {len(values)} runs" if len(values) > 1 else ""
            print(f"{name} {middle:.4g} {unit}{spread}", flush=True)


def tree_of(pid):
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = pathlib.Path(f"/proc/{entry}/stat").read_text().rsplit(")", 1)[1].split()
                children.setdefault(int(fields[1]), []).append(int(entry))
            except (OSError, IndexError):
                pass
    found, todo = [], [pid]
    while todo:
        one = todo.pop()
        found.append(one)
        todo += children.get(one, [])
    return found


def processor_time(pid):
    """Seconds of user and system time of a process and its children."""
    total = 0
    for one in tree_of(pid):
        try:
            fields = pathlib.Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        except OSError:
            pass
    return total / TICK


def memory(pid):
    """Bytes of a process and its children, shared pages divided among those who share (PSS)."""
    total = 0
    for one in tree_of(pid):
        try:
            for line in pathlib.Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
        except OSError:
            pass
    return total


def certificates(folder):
    """One authority, a server's and a client's certificate, P-256: what the peers are given."""
    made = folder / "certificates"
    made.mkdir(exist_ok=True)
    if not (made / "client.pem").exists():
        (made / "ext").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n")
        ec = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        run("openssl", "req", "-x509", *ec, "-subj", "/CN=peers", "-days", "2", "-keyout", "ca.key", "-out", "ca.pem", cwd=made)
        for name in ("server", "client"):
            run("openssl", "req", *ec, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr", cwd=made)
            run("openssl", "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2",
                "-extfile", "ext", "-out", f"{name}.pem", cwd=made)
    return made


def demo_network(bench, build, configuration="", under=(), deploy=TOP / "deploy"):
    """A demonstration network served on a free port: (server, port, folder, the command line, its environment).
    `under`: the words of a program that runs the daemon. `deploy`: where its makings are."""
    folder, port = bench.folder / "network", free_port()
    folder.mkdir()
    run(deploy / "make-network", "--dir", folder, "--port", port, "--entented", build / "server/entented")
    with open(folder / "entente.textproto", "a", encoding="utf-8") as more:
        more.write(configuration)
    server = bench.start([*under, build / "server/entented", "serve", "--config", folder / "entente.textproto", "--port", port], port)
    environment = {**os.environ, "XDG_CONFIG_HOME": str(folder / "config")}
    run(deploy / "demo-profiles", "--dir", folder, "--port", port, "--entente", build / "client/cli/entente",
        env=environment)
    entente = [build / "client/cli/entente", "--profile", "anna.lindqvist"]
    run(*entente, "sign-in", env=environment)
    return server, port, folder, entente, environment
