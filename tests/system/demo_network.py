"""A demonstration network of its own for a test: made, served, asked through the command line, and taken away."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD", TOP / "build" / "debug"))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def run(*words, code=0, **more):
    """Runs a program, and fails unless it ends with `code` (None: however it ends)."""
    done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=300, **more)
    if code is not None and done.returncode != code:
        sys.exit(f"FAILED (ended with {done.returncode}, not {code}): {' '.join(map(str, words))}\n{done.stdout}")
    return done.stdout


class Demo:
    """`with Demo() as demo`: a network on a port that nobody has; its daemon is ended at the end."""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="entente-demo-"))
        self.port = free_port()
        self.daemon = None
        try:
            run(TOP / "deploy/make-network", "--dir", self.folder, "--port", self.port,
                "--entented", BUILD / "server/entented")
            self.start()
            run(TOP / "deploy/demo-profiles", "--dir", self.folder, "--port", self.port,
                "--entente", BUILD / "client/cli/entente")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, **environment):
        (self.folder / "ready").unlink(missing_ok=True)
        with open(self.folder / "server.log", "a") as log:
            self.daemon = subprocess.Popen(
                [str(BUILD / "server/entented"), "serve", "--config", str(self.folder / "entente.textproto")],
                stdout=log, stderr=log, env={**os.environ, **environment})
        for _ in range(600):
            if (self.folder / "ready").exists():
                return
            if self.daemon.poll() is not None:
                break
            time.sleep(0.1)
        sys.exit("FAILED: the daemon does not serve\n" + (self.folder / "server.log").read_text())

    def stop(self):
        if self.daemon is not None and self.daemon.poll() is None:
            self.daemon.send_signal(signal.SIGTERM)
            self.daemon.wait(30)
        self.daemon = None

    def as_(self, account, *words, code=0, text=None):
        """The command line as an account; what it printed."""
        return run(BUILD / "client/cli/entente", "--profile", account, *words, code=code, input=text,
                   env={**os.environ, "XDG_CONFIG_HOME": str(self.folder / "config")})

    def credentials(self, account):
        return self.folder / "credentials" / account


def check(holds, what):
    if not holds:
        sys.exit("FAILED: " + what)
