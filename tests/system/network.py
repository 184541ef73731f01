"""A real network for a test: certificates, accounts, store and daemon, by the programs of the folder BUILD."""
import http.client, os, shutil, signal, subprocess, sys, tempfile, time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, TOP + "/tests/support")
from ports import free_port
BUILD = os.path.abspath(os.environ.get("BUILD", TOP + "/build/release"))
ENTENTED = BUILD + "/server/entented"
ENTENTE = BUILD + "/client/cli/entente"


def read(path):
    with open(path) as f:
        return f.read()


def write(path, text):
    with open(path, "w") as f:
        f.write(text)


def run(*command, **more):
    return subprocess.run(command, capture_output=True, text=True, timeout=300, **more)


def do(*words, **more):
    """Runs a program that must succeed; its output."""
    done = run(*[str(word) for word in words], **more)
    assert done.returncode == 0, f"{words}\n{done.stdout}{done.stderr}"
    return done.stdout


def eventually(what, holds, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("never came true: " + what)


class Network:
    """One network, made once for all tests; the store on a disk of its own where that can be had."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="entente-operations-")
        self.port, self.pages = free_port(), free_port()
        made = run(TOP + "/deploy/make-network", "--dir", self.dir, "--port", str(self.port),
                   "--entented", ENTENTED)
        assert made.returncode == 0, made.stdout + made.stderr
        os.mkdir(self.dir + "/disk")
        mount = ("mount", "-t", "tmpfs", "-o", "size=400M", "tmpfs", self.dir + "/disk")
        self.own_disk = os.geteuid() == 0 and run(*mount).returncode == 0
        self.config = self.dir + "/entente.textproto"
        shutil.move(self.dir + "/store", self.dir + "/disk/store")
        self.write_config("keys/root.key")
        profiles = run(TOP + "/deploy/demo-profiles", "--dir", self.dir, "--port", str(self.port),
                       "--entente", ENTENTE)
        assert profiles.returncode == 0, profiles.stderr
        self.daemon = None

    def write_config(self, root_key, **more):
        own = ("store:", "root_key_file:", "operations_")
        lines = [line for line in read(self.config).splitlines(True) if not line.startswith(own)]
        lines += ['store: "disk/store"\n', f'root_key_file: "{root_key}"\n', f"operations_port: {self.pages}\n"]
        lines += [f"{key}: {value}\n" for key, value in more.items()]
        write(self.config, "".join(lines))

    # `under`: a program that runs the daemon, strace say.
    def start(self, *under):
        if os.path.exists(self.dir + "/ready"):
            os.unlink(self.dir + "/ready")
        with open(self.dir + "/server.log", "a") as log:
            self.daemon = subprocess.Popen([*under, ENTENTED, "serve", "--config", self.config], stdout=log,
                                           stderr=log)
        served = lambda: os.path.exists(self.dir + "/ready") or self.daemon.poll() is not None
        eventually("the daemon serves", served)
        assert self.daemon.poll() is None, self.logged()

    def stop(self):
        if self.daemon is None:
            return None
        os.kill(int(read(self.dir + "/ready")), signal.SIGTERM)
        code = self.daemon.wait(30)
        self.daemon = None
        return code

    def end(self):
        """As stop, of whatever there is to end."""
        return self.stop()

    # `with SmallNetwork() as net`: taken away at the end, however that comes.
    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.end()
        finally:
            self.remove()

    def remove(self):
        if self.daemon is not None:
            if os.path.exists(self.dir + "/ready"):
                os.kill(int(read(self.dir + "/ready")), signal.SIGKILL)
            self.daemon.kill()
            self.daemon.wait()
        if self.own_disk:
            run("umount", self.dir + "/disk")
        shutil.rmtree(self.dir)

    def get(self, path, accept="*/*"):
        line = http.client.HTTPConnection("127.0.0.1", self.pages, timeout=10)
        line.request("GET", path, headers={"Accept": accept})
        answer = line.getresponse()
        return answer.status, answer.read().decode()

    def metric(self, name):
        for line in self.get("/metrics")[1].splitlines():
            if line.startswith(name + " "):
                return float(line.split(" ")[1])
        raise AssertionError("no metric " + name)

    def entented(self, *verb):
        return run(ENTENTED, verb[0], "--config", self.config, *verb[1:])

    def entente(self, *verb, account="anna.lindqvist"):
        where = {**os.environ, "XDG_CONFIG_HOME": self.dir + "/config"}
        return run(ENTENTE, "--profile", account, *verb, env=where)

    def as_(self, account, *verb):
        """What a verb that must succeed prints."""
        done = self.entente(*verb, account=account)
        assert done.returncode == 0, f"{verb} as {account}: {done.stdout}{done.stderr}"
        return done.stdout

    def logged(self):
        return read(self.dir + "/server.log")
