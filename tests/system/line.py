"""What the tests of the line share: certificates made by openssl at test time, and the echo server.

A test is a function whose name starts with `test_`; `main(globals())` runs all, or those named on
the command line, and fails if any does. ECHO_SERVER names the program, ECHO_PROTO where its Python
messages are to be made from.
"""
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
URI = "entente://swe.demo.example/program/statistics"


def run(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


class Certificates:
    """An authority for persons and programs, one for servers, and what both issue."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.server_root = self.authority("server-root")
        self.root = self.authority("party-root")
        self.foreign_root = self.authority("foreign-root")
        self.server = self.issue("server", self.server_root, "DNS:localhost,IP:127.0.0.1")
        self.client = self.issue("client", self.root, "URI:" + URI)
        self.other = self.issue("other", self.root, "URI:entente://nor.demo.example/person/kari")
        self.nameless = self.issue("nameless", self.root, "DNS:localhost")
        self.foreign = self.issue("foreign", self.foreign_root, "URI:" + URI)

    def path(self, name):
        return str(self.folder / name)

    def authority(self, name):
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-days", "2", "-subj", "/CN=" + name, "-keyout", self.path(name + ".key"),
            "-out", self.path(name + ".pem"))
        return name

    def issue(self, name, root, names, days="2"):
        run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", "/CN=" + name, "-keyout", self.path(name + ".key"), "-out", self.path(name + ".csr"))
        (self.folder / (name + ".ext")).write_text("subjectAltName=" + names + "\n")
        run("openssl", "x509", "-req", "-in", self.path(name + ".csr"), "-CA", self.path(root + ".pem"),
            "-CAkey", self.path(root + ".key"), "-days", days, "-extfile", self.path(name + ".ext"),
            "-out", self.path(name + ".pem"))
        return self.path(name + ".pem"), self.path(name + ".key")


class Server:
    """The echo server as a daemon of its own, told what to do over its standard input."""

    def __init__(self, certificates, *options):
        self.certificates = certificates
        self.daemon = subprocess.Popen(
            [os.environ["ECHO_SERVER"], *certificates.server, certificates.path("party-root.pem"), *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.daemon.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.daemon.poll() is None:
            self.daemon.send_signal(signal.SIGTERM)
        assert self.daemon.wait(30) == 0, "the server did not stop in order"
        self.daemon.stdin.close()
        self.daemon.stdout.close()

    def tell(self, line):
        self.daemon.stdin.write(line + "\n")
        self.daemon.stdin.flush()
        return self.daemon.stdout.readline().strip()

    def counters(self):
        self.daemon.stdin.write("counters\n")
        self.daemon.stdin.flush()
        found = {}
        for line in iter(self.daemon.stdout.readline, "\n"):
            name, value = line.split()
            found[name] = int(value)
        return found

    def rss_kib(self):
        for line in pathlib.Path(f"/proc/{self.daemon.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise AssertionError("no VmRSS")

    def cpu_s(self):
        """Of all its threads, to the nanosecond."""
        threads = list(pathlib.Path(f"/proc/{self.daemon.pid}/task").glob("*/schedstat"))
        assert threads, "this kernel does not say what a thread has run"
        return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9

    def context(self, certificate=None, protocol="h2"):
        context = ssl.create_default_context(cafile=self.certificates.path("server-root.pem"))
        context.set_alpn_protocols([protocol])
        if certificate is not False:
            context.load_cert_chain(*(certificate or self.certificates.client))
        return context

    def connect(self, certificate=None, protocol="h2"):
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        return self.context(certificate, protocol).wrap_socket(raw, server_hostname="localhost")


class Peer:
    """An HTTP/2 client that reads, answers and acknowledges only when told to."""

    def __init__(self, server, certificate=None, settings=None):
        import h2.config
        import h2.connection
        self.line = server.connect(certificate)
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(
            client_side=True, header_encoding="utf-8", validate_outbound_headers=False, normalize_outbound_headers=False))
        self.h2.initiate_connection()
        if settings:
            self.h2.update_settings(settings)
        self.replies = {}
        self.goodbye = None
        self.flush()
        self.settle()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.line.close()

    def flush(self):
        try:
            self.line.sendall(self.h2.data_to_send())
        except OSError:  # the server has closed: that is for `read` and `ended` to find
            pass

    def settle(self):
        """Until a PING has come back: what was sent before it has been taken in."""
        self.h2.ping(b"settled?")
        self.settled = False
        self.flush()
        while not self.settled and self.read():
            pass

    def raw(self, data):
        self.line.sendall(data)

    def start(self, path, body=b"", headers=(), end=True):
        stream = self.h2.get_next_available_stream_id()
        self.h2.send_headers(stream, [(":method", "POST"), (":scheme", "https"), (":authority", "localhost"),
                                      (":path", path), ("content-type", "application/grpc"),
                                      ("te", "trailers"), *headers], end_stream=end and not body)
        if body:
            self.h2.send_data(stream, body, end_stream=end)
        self.replies[stream] = Reply()
        self.flush()
        return stream

    def read(self, seconds=10, acknowledge=True):
        """Takes in what comes next; False at the end of the line or when nothing came in time."""
        self.line.settimeout(seconds)
        try:
            data = self.line.recv(65_536)
        except (TimeoutError, ConnectionError, ssl.SSLError):
            return False
        if not data:
            return False
        self.take_in(data, acknowledge)
        self.flush()
        return True

    def take_in(self, data, acknowledge=True):
        """What came, as octets."""
        import h2.events as events
        for event in self.h2.receive_data(data):
            reply = self.replies.setdefault(getattr(event, "stream_id", None) or 0, Reply())
            if isinstance(event, events.ResponseReceived):
                reply.headers = dict(event.headers)
            elif isinstance(event, events.TrailersReceived):
                reply.trailers = dict(event.headers)
            elif isinstance(event, events.DataReceived):
                reply.body += event.data
                if acknowledge and event.flow_controlled_length:
                    self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, events.StreamReset):
                reply.reset, reply.over = event.error_code, True
            elif isinstance(event, events.StreamEnded):
                reply.over = True
            elif isinstance(event, events.PingAckReceived):
                self.settled = True
            elif isinstance(event, events.ConnectionTerminated):
                self.goodbye = int(event.error_code)

    def reply(self, stream, seconds=20):
        end = time.monotonic() + seconds
        while not self.replies[stream].over and time.monotonic() < end and self.read(seconds):
            pass
        return self.replies[stream]

    def ended(self, seconds=20):
        """Whether the server ends the line."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not self.read(max(0.1, end - time.monotonic())):
                return time.monotonic() < end
        return False


class Reply:
    def __init__(self):
        self.headers, self.trailers, self.body, self.reset, self.over = {}, {}, b"", None, False

    @property
    def status(self):
        """gRPC's, wherever it came."""
        found = self.trailers.get("grpc-status", self.headers.get("grpc-status"))
        return None if found is None else int(found)


def framed(message):
    body = message if isinstance(message, bytes) else message.SerializeToString()
    return b"\0" + len(body).to_bytes(4, "big") + body


def until(what, seconds=10):
    """Waits until `what()` is true; time bounds the wait and is no verdict of its own."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.02)
    return False


def make_messages(folder):
    """The Python messages of the test service and of gRPC's own, from their .proto files."""
    out = pathlib.Path(folder) / "messages"
    out.mkdir()
    protos = ["entente/v1/options.proto", "google/rpc/status.proto", "google/rpc/error_details.proto",
              "grpc/health/v1/health.proto", "grpc/reflection/v1/reflection.proto",
              "grpc/reflection/v1alpha/reflection.proto"]
    run("protoc", f"-I{ROOT}/proto", f"-I{ROOT}/tests/support/proto", f"--python_out={out}",
        "entente/test/v1/echo.proto", *protos)
    # `google` is a namespace that grows by itself; `grpc` is a package of others: ours join it.
    sys.path.insert(0, str(out))
    import grpc
    grpc.__path__.append(str(out / "grpc"))


def main(tests):
    chosen = sys.argv[1:]
    failed = []
    count = 0
    with tempfile.TemporaryDirectory() as folder:
        certificates = Certificates(folder)
        if "prepare" in tests:
            tests["prepare"](folder)
        for name, test in list(tests.items()):
            if not name.startswith("test_") or (chosen and name not in chosen):
                continue
            count += 1
            try:
                test(certificates)
                print("ok     ", name, flush=True)
            except Exception:  # a test's verdict, whatever it is
                traceback.print_exc()
                failed.append(name)
                print("FAILED ", name, flush=True)
    print(f"{count - len(failed)} passed, {len(failed)} failed", *failed)
    sys.exit(1 if failed or not count else 0)
