"""A small network for the tests of who sees what, and a way to call its daemon as each of its accounts. Two processes,
so that members of one are strangers to the other."""
import contextlib
import pathlib
import shutil
import sys
import tempfile
import time

from network import ENTENTED, TOP, Network, do, free_port

TOP = pathlib.Path(TOP)
CA = str(TOP / "certs/ca")
NAME = "demo.example"
PASSWORD = "vilhelmina sjunger tenor"

# code, kind, ISO alpha-2
PARTIES = [("SWE", "STATE", "SE"), ("NOR", "STATE", "NO"), ("FRA", "STATE", "FR"), ("ERI", "STATE", "ER"),
           ("NZL", "STATE", "NZ"), ("FIN", "STATE", "FI"), ("UNHCR", "ORGANISATION", ""), ("IOM", "ORGANISATION", ""),
           ("IGC", "ORGANISATION", ""), ("BUD", "ORGANISATION", "")]
# process, party, status
PARTICIPATIONS = [("alpha", "SWE", "MEMBER"), ("alpha", "NOR", "MEMBER"), ("alpha", "UNHCR", "OBSERVER"),
                  ("alpha", "ERI", "SUSPENDED"), ("alpha", "NZL", "FORMER"),
                  ("betaa", "NOR", "MEMBER"), ("betaa", "FRA", "MEMBER"), ("betaa", "IOM", "PARTNER")]
SECRETARIATS = {"alpha": "IGC", "betaa": "BUD"}
CHAIRS = {"alpha": "NOR", "betaa": "FRA"}
# process, id, members
BODIES = [("alpha", "wg-data", ["SWE"]), ("betaa", "wg-visa", ["FRA"])]
KINDS = {"troika": "TROIKA", "steering": "STEERING_GROUP"}  # of all others: WORKING_GROUP
# party, id, office, process, body; no office: a program
ACCOUNTS = [("SWE", "anna", "FOCAL_POINT", "alpha", ""), ("SWE", "sven", "BODY_CONTACT", "alpha", "wg-data"),
            ("SWE", "lars", "SECURITY_OFFICER", "", ""), ("SWE", "eva", "CERTIFICATE_OFFICER", "", ""),
            ("SWE", "spare", "OTHER_OFFICE", "", ""), ("SWE", "machine", "", "", ""),
            ("NOR", "nora", "FOCAL_POINT", "alpha", ""), ("NOR", "nick", "SECURITY_OFFICER", "", ""),
            ("FRA", "fleur", "FOCAL_POINT", "betaa", ""), ("UNHCR", "uma", "FOCAL_POINT", "alpha", ""),
            ("IOM", "ivan", "FOCAL_POINT", "betaa", ""), ("ERI", "elsa", "FOCAL_POINT", "alpha", ""),
            ("NZL", "nico", "FOCAL_POINT", "alpha", ""), ("FIN", "finn", "OTHER_OFFICE", "", ""),
            ("IGC", "ines", "SECRETARIAT", "alpha", ""), ("IGC", "igor", "SECRETARIAT", "alpha", ""),
            ("IGC", "otto", "SECURITY_OFFICER", "", ""), ("BUD", "bea", "SECRETARIAT", "betaa", "")]


def definitions(folder):
    """The files from which the daemon makes the network."""
    folder.mkdir()
    parties = 'version: 1\nas_of: "2026-01-01"\n'
    for code, kind, alpha2 in PARTIES:
        parties += (f'party {{ code: "{code}" kind: {kind} ' + (f'alpha2: "{alpha2}" ' if alpha2 else "") +
                    f'name {{ en: "Country {code}" }} institution {{ id: "office" name {{ en: "Office" }} }} }}\n')
    (folder / "parties.textproto").write_text(parties)
    for process, secretariat in SECRETARIATS.items():
        text = (f'id: "{process}" version: 1 as_of: "2026" name: "{process}" long_name: "Process {process}"\n'
                'established: "2001" region: "Somewhere" status: ACTIVE source: "made up"\n'
                f'secretariat {{ official: OFFICIAL hosted_by: "{secretariat}" }}\n'
                f'chair {{ party: "{CHAIRS[process]}" span {{ since: "2020" }} current: true }}\n')
        for of, party, status in PARTICIPATIONS:
            if of == process:
                text += f'participation {{ party: "{party}" status: {status} }}\n'
        for of, body, members in BODIES:
            if of == process:
                text += (f'body {{ id: "{body}" name: "Body {body}" kind: {KINDS.get(body, "WORKING_GROUP")} standing: true ' +
                         " ".join(f'member: "{m}"' for m in members) + " }\n")
        (folder / (process + ".textproto")).write_text(text)


def mobile(account):
    """A number that members alone see; nothing else holds these digits."""
    return f"+44 7700 9{57_000 + [one[1] for one in ACCOUNTS].index(account)}"


def accounts(folder):
    folder.mkdir()
    shutil.copy(TOP / "deploy/demo-data/names.textproto", folder)
    text = ""
    for party, account, office, process, body in ACCOUNTS:
        if not office:
            text += (f'account {{ party: "{party}" id: "{account}" profile: PROGRAM why: "a test" institution: "office" }}'
                     '\n')
            continue
        text += (f'account {{ party: "{party}" id: "{account}" profile: PERSON why: "a test" person {{ '
                 f'id: "{account}" party: "{party}" given: "{account.title()}" family: "Tester" '
                 f'display: "{account.title()} Tester" title: "Official" language: "en" time_zone: "Europe/Paris" '
                 f'contact {{ kind: EMAIL value: "{account}@{party.lower()}.example.org" }} '
                 f'contact {{ kind: MOBILE value: "{mobile(account)}" members_only: true }} '
                 f'duty {{ office: {office} capacity: HOLDER process: "{process}" body: "{body}" '
                 'since: "2024-01-01" } } }\n')
    (folder / "accounts.textproto").write_text(text)


class SmallNetwork(Network):
    def __init__(self, issuing=(), kept=None):
        """`issuing`: parties whose certificates come from an issuing authority under name constraints. `kept`: a folder in
        which it stays, and from which it goes on if it is there."""
        self.dir = str(kept.resolve()) if kept else tempfile.mkdtemp(prefix="entente-small-")
        self.path, self.stays = pathlib.Path(self.dir), kept is not None
        self.daemon, self.own_disk, self.config = None, False, self.path / "entente.textproto"
        try:
            if (self.path / "store").exists():
                self.go_on()
            else:
                self.path.mkdir(exist_ok=True)
                self.make(issuing)
        except BaseException:
            self.remove()
            raise

    def make(self, issuing):
        definitions(self.path / "definitions")
        accounts(self.path / "data")
        (self.path / "keys").mkdir()
        self.ca("init", "--network", NAME)
        self.ca("server", "--host", "localhost", "--host", "127.0.0.1")
        for code, _, _ in PARTIES:
            self.ca("party", code, *(["--issuing"] if code in issuing else []))
        for party, account, office, _, _ in ACCOUNTS:
            folder = self.path / "credentials" / account
            self.ca("issue", party, "person" if office else "program", account, "--out", folder)
            (folder / "password").write_text(PASSWORD + "\n")
        self.port, self.pages = free_port(), free_port()
        self.config.write_text(
            f'network: "{NAME}" address: "127.0.0.1" port: {self.port} operations_port: {self.pages}\n'
            'server_certificate: "server/cert.pem" server_key: "server/key.pem" store: "store"\n'
            'root_key_file: "keys/root.key" trust: "trust" ledger_key_file: "keys/ledger.key"\n'
            f'ledger_origin: "{NAME}/ledger" ready_file: "ready"\n')
        do(ENTENTED, "init", "--config", self.config, "--definitions", self.path / "definitions",
            "--statistics", TOP / "deploy/statistics", "--demo-data", self.path / "data", "--credentials", self.path / "credentials")
        self.start()

    def go_on(self):
        words = self.config.read_text().split()
        self.port, self.pages = (int(words[words.index(name) + 1]) for name in ("port:", "operations_port:"))
        self.ca("server", "--host", "localhost", "--host", "127.0.0.1")  # they end within days
        self.ca("crl", "--all")
        self.start()

    def remove(self):
        if self.stays:
            self.end()
        else:
            super().remove()

    def ca(self, *words):
        return do(CA, "--dir", self.dir, *words)

    def credentials(self, account):
        folder = self.path / "credentials" / account
        return str(folder / "cert.pem"), str(folder / "key.pem")


class MovedNetwork(SmallNetwork):
    """Its daemon's clock is `ahead` by so many seconds."""

    def start(self, *under):
        shim, clock = self.path / "moved_clock.so", self.path / "clock"
        if not shim.exists():
            do("cc", "-O2", "-shared", "-fPIC", "-o", shim, TOP / "tests/support/moved_clock.c")
            self.ahead = 0
            clock.write_bytes(bytes(8))
        super().start(*under, "env", f"LD_PRELOAD={shim}", f"MOVED_CLOCK={clock}")

    def pass_by(self, seconds):
        self.ahead += seconds
        with open(self.path / "clock", "r+b") as clock:
            clock.write(self.ahead.to_bytes(8, "little", signed=True))

    def now(self):
        return int(time.time()) + self.ahead


def make_messages(folder):
    """The Python messages of the contract and of reflection, from their .proto files."""
    out = pathlib.Path(folder) / "messages"
    out.mkdir()
    protos = sorted(str(path.relative_to(TOP / "proto")) for path in (TOP / "proto/entente/v1").glob("*.proto"))
    do("protoc", f"-I{TOP}/proto", f"--python_out={out}", *protos, "google/rpc/status.proto",
        "google/rpc/error_details.proto", "grpc/reflection/v1/reflection.proto")
    sys.path.insert(0, str(out))
    # `google` grows by itself; `grpc` is a package of others: ours join it.
    import google
    import grpc
    google.__path__.append(str(out / "google"))
    grpc.__path__.append(str(out / "grpc"))


@contextlib.contextmanager
def messages():
    """make_messages into a folder of its own, which is there meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        make_messages(folder)
        yield folder


class Answer:
    """All that a caller sees of an answer: code, message, details, headers with their values' lengths, body."""

    def __init__(self, code, message, body, initial, trailing):
        self.code, self.message, self.body = code, message, body
        self.initial, self.trailing = initial, trailing

    @property
    def ok(self):
        return self.code == "OK"

    def face(self, *names):
        """Everything as bytes; the names that were asked for stand as `?`, the call's own id as its length."""
        out = [self.code.encode(), self.message.encode(), self.body]
        for headers in (self.initial, self.trailing):
            for key, value in headers:
                value = value if isinstance(value, bytes) else value.encode()
                if "request-id" in key:
                    value = b"#" * len(value)
                out.append(key.encode() + b"=" + value)
        joined = b"\n".join(out)
        for name in names:
            joined = joined.replace(name.encode(), b"?" * len(name))
        return joined

    def __repr__(self):
        return f"{self.code} `{self.message}` {len(self.body)} bytes {self.initial} {self.trailing}"


class Caller:
    """A certificate, and the token of a session once signed in."""

    def __init__(self, net, account, certificate=None):
        import grpc
        self.account, self.token = account, ""
        self.binding = None  # 32 bytes: each act is to be bound to them, and proved (ActProof)
        chain, key = certificate or net.credentials(account)
        self.address, self.credentials = f"localhost:{net.port}", grpc.ssl_channel_credentials(
            (net.path / "ca.pem").read_bytes(), pathlib.Path(key).read_bytes(), pathlib.Path(chain).read_bytes())
        self.dial()

    def dial(self):
        import grpc
        self.channel = grpc.secure_channel(self.address, self.credentials,
                                           [("grpc.use_local_subchannel_pool", 1),
                                            ("grpc.initial_reconnect_backoff_ms", 50),
                                            ("grpc.max_reconnect_backoff_ms", 200),
                                            ("grpc.dns_min_time_between_resolutions_ms", 100)])

    def close(self):
        self.channel.close()

    def heed(self, error):
        """What a call ended with. Where nothing listened, the next goes over another channel: one of gRPC 1.51 on which calls
        follow each other meanwhile may never try to connect again, though what it called is back."""
        if error.code().name == "UNAVAILABLE" and "Connection refused" in (error.details() or ""):
            time.sleep(0.05)
            self.dial()

    def headers(self):
        of_proof = [] if self.binding is None else [("entente-proof-for", self.binding.hex() + " 0")]
        return of_proof + ([("authorization", "Bearer " + self.token)] if self.token else [])

    def ask(self, method, request, timeout=60):
        """One call, to `Service.Method` of entente.v1, with bytes both ways; of a stream the first message."""
        import grpc
        message = request if isinstance(request, bytes) else request.SerializeToString()
        path = "/entente.v1." + method.replace(".", "/")
        if method in STREAMS:
            call = self.channel.unary_stream(path)(message, timeout=timeout, metadata=self.headers())
            try:
                body = next(call, b"")
                initial = call.initial_metadata()
                call.cancel()
                return Answer("OK", "", body, list(initial), [])
            except grpc.RpcError as error:
                self.heed(error)
                return Answer(error.code().name, error.details(), b"", list(error.initial_metadata()),
                              list(error.trailing_metadata()))
        call = self.channel.unary_unary(path)
        try:
            body, done = call.with_call(message, timeout=timeout, metadata=self.headers())
            return Answer("OK", "", body, list(done.initial_metadata()), list(done.trailing_metadata()))
        except grpc.RpcError as error:
            self.heed(error)
            return Answer(error.code().name, error.details(), b"", list(error.initial_metadata()),
                          list(error.trailing_metadata()))

    def sign_in(self, password=PASSWORD):
        from entente.v1 import session_pb2
        answer = self.ask("SessionService.SignIn", session_pb2.SignInRequest(password=password))
        if answer.ok:
            self.token = session_pb2.SignInReply.FromString(answer.body).token
        return answer


STREAMS = {"LedgerService.WatchCheckpoints", "StatisticsService.Query", "DocumentService.ReadContent",
           "CirculationService.Watch", "ComparisonService.Aggregate", "HistoryService.Watch"}
