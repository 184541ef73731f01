"""Stock curl against the port: Connect in JSON and protobuf over both versions of HTTP, and what TLS refuses."""
import gzip
import json
import os
import socket
import ssl
import subprocess
import tempfile

from grpc_test import SERVICE, request
from line import URI, Server, main, run, until
import grpc_test

VERSIONS = ("--http1.1", "--http2")


def prepare(folder):
    grpc_test.prepare(folder)


class Answer:
    def __init__(self, done):
        self.exit = done.returncode
        self.error = done.stderr.decode(errors="replace")
        head, _, self.body = done.stdout.rpartition(b"\n\n--\n") if b"\n\n--\n" in done.stdout else (b"", b"", done.stdout)
        self.info = json.loads(head) if head else {}

    @property
    def status(self):
        return self.info.get("status")

    def json(self):
        return json.loads(self.body)


def curl(server, *words, certificate=None, data=None):
    """One curl; its status and header fields are written to a file of their own."""
    pem, key = certificate or server.certificates.client
    identity = [] if certificate is False else ["--cert", pem, "--key", key]
    with tempfile.NamedTemporaryFile("r") as head:
        done = subprocess.run(
            ["curl", "--silent", "--show-error", "--max-time", "60", "--dump-header", head.name, "--cacert",
             server.certificates.path("server-root.pem"), *identity, *words],
            input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        answer = Answer(done)
        lines = [line.rstrip("\n") for line in head.read().split("\n") if line.strip()]
    statuses = [line.split()[1] for line in lines if line.startswith("HTTP/")]
    answer.statuses = [int(status) for status in statuses]
    answer.info = {"status": answer.statuses[-1] if statuses else None}
    answer.headers = {name.lower(): value.strip() for name, _, value in
                      (line.partition(":") for line in lines if not line.startswith("HTTP/"))}
    return answer


def url(server, path="Echo"):
    return f"https://localhost:{server.port}" + (path if path.startswith("/") else SERVICE + path)


def post(server, version, body, *words, path="Echo", kind="application/json", **more):
    return curl(server, version, "--header", "content-type: " + kind, "--data-binary", "@-", *words,
                url(server, path), data=body if isinstance(body, bytes) else json.dumps(body).encode(), **more)


def test_a_call_in_json_and_in_protobuf(certificates):
    with Server(certificates) as server:
        for version in VERSIONS:
            for path in ("Echo", "EchoHeavy"):
                answer = post(server, version, {"text": "Söderköping"}, path=path)
                assert (answer.status, answer.headers["content-type"]) == (200, "application/json"), vars(answer)
                assert answer.json()["text"] == "Söderköping" and answer.json()["peer"] == URI
                answer = post(server, version, request(text="ab").SerializeToString(), path=path,
                              kind="application/proto")
                assert answer.headers["content-type"] == "application/proto"
                assert grpc_test.echo_pb2.EchoResponse.FromString(answer.body).text == "ab"


def test_a_get_only_where_nothing_is_changed(certificates):
    query = "?connect=v1&encoding=json&message=%7B%22text%22%3A%22a%2Bb%22%7D"
    with Server(certificates) as server:
        for version in VERSIONS:
            answer = curl(server, version, url(server, "Echo" + query))
            assert answer.status == 200 and answer.json()["text"] == "a+b", vars(answer)
            answer = curl(server, version, url(server, "Echo?encoding=proto&base64=1&message=CgJhYg"))
            assert grpc_test.echo_pb2.EchoResponse.FromString(answer.body).text == "ab"
            assert curl(server, version, url(server, "EchoHeavy" + query)).status == 405
            assert curl(server, version, url(server, "Echo?encoding=proto&base64=1&message=%21%21")).status == 400


def test_errors_are_connects_json(certificates):
    codes = {1: (499, "canceled"), 3: (400, "invalid_argument"), 5: (404, "not_found"), 7: (403, "permission_denied"),
             8: (429, "resource_exhausted"), 10: (409, "aborted"), 12: (501, "unimplemented"),
             13: (500, "internal"), 14: (503, "unavailable"), 16: (401, "unauthenticated")}
    with Server(certificates) as server:
        for version in VERSIONS:
            for code, (status, name) in codes.items():
                answer = post(server, version, {"failCode": code})
                assert (answer.status, answer.json()["code"]) == (status, name), vars(answer)
                assert b"operators" not in answer.body
            answer = post(server, version, {"nested": {"txet": 1}})
            assert answer.status == 400 and "nested.txet" in answer.body.decode(), answer.body
            for bad in (b"{", b"[]", b'"x"', b"", b"\xff\xfe", b'{"text":"\xc3\x28"}', b"[" * 100_000,
                        b'{"nested":' * 70 + b"{}" + b"}" * 70):
                answer = post(server, version, bad)
                assert (answer.status, answer.json()["code"]) == (400, "invalid_argument"), (bad[:20], answer.body)
            for bad in (b"\xff" * 10, b"\x0a\x05ab", b"\x0a\x02\xc3\x28"):
                assert post(server, version, bad, kind="application/proto").status == 400
            assert post(server, version, {}, kind="text/plain").status == 415
            assert post(server, version, {}, path="/no.Such/Method").status == 404
            assert post(server, version, {"throws": True}).json()["message"] == "internal error"


def test_unknown_protobuf_fields_are_passed_over(certificates):
    # As protobuf says: a newer client may know more.
    with Server(certificates) as server:
        for version in VERSIONS:
            body = b"\xba\x3e\x03abc" + request(text="ab").SerializeToString()
            assert post(server, version, body, kind="application/proto").status == 200


def test_gzip_of_the_question(certificates):
    packed = gzip.compress(json.dumps({"text": "z" * 300_000}).encode())
    bomb = gzip.compress(b'{"text":"' + b"z" * (8 << 20) + b'"}')
    with Server(certificates) as server:
        for version in VERSIONS:
            encoded = ("--header", "content-encoding: gzip")
            assert post(server, version, packed, *encoded).json()["received"] == "300000"
            assert post(server, version, bomb, *encoded).status == 400
            assert post(server, version, packed[:-10], *encoded).status == 400
            assert post(server, version, b"{}", *encoded).status == 400


def test_a_message_is_bounded_as_it_comes(certificates):
    with Server(certificates) as server:
        for version in VERSIONS:
            answer = post(server, version, {"text": "x" * (5 << 20)}, "--header", "expect:")
            assert (answer.status, answer.json()["code"]) == (429, "resource_exhausted"), vars(answer)


def test_a_unary_call_of_grpc_is_one_whole_message(certificates):
    message = request(text="ab").SerializeToString()
    frame = b"\0" + len(message).to_bytes(4, "big") + message
    with Server(certificates) as server:
        for body, status in ((frame, "0"), (frame + frame, "3"), (frame + frame[:-1], "3"), (frame + b"\0\0", "3"),
                             (frame[:-1], "3"), (b"", "3")):
            answer = post(server, "--http2", body, "--header", "te: trailers", kind="application/grpc")
            assert answer.headers["grpc-status"] == status, (body, answer.headers)


def test_an_answer_is_no_page_and_no_script(certificates):
    with Server(certificates) as server:
        for version in VERSIONS:
            for answer in (post(server, version, {"text": "a"}), post(server, version, b"{"),
                           curl(server, version, url(server, "/nothing")), curl(server, version, url(server, "/mirror"))):
                assert answer.headers["x-content-type-options"] == "nosniff", vars(answer)
                assert answer.headers["cross-origin-resource-policy"] == "same-origin", vars(answer)
                assert answer.headers["cache-control"] == "no-store", vars(answer)


def test_chunked_uploads_and_expectations(certificates):
    big = json.dumps({"text": "x" * 3_000_000}).encode()
    with Server(certificates) as server:
        for version in VERSIONS:
            for words in (("--header", "transfer-encoding: chunked", "--header", "expect:"), ("--header", "expect:"),
                          ("--header", "expect: 100-continue", "--expect100-timeout", "30")):
                if version == "--http2" and "chunked" in words[1]:
                    continue
                answer = post(server, version, big, *words)
                assert answer.status == 200 and answer.json()["received"] == "3000000", (words, answer.error)
                if "100-continue" in words[1]:
                    assert answer.statuses == [100, 200], answer.statuses
            # What is refused by its head is not asked for, and its answer arrives all the same.
            answer = post(server, version, big, "--header", "expect: 100-continue", path="/nowhere")
            assert answer.statuses == [404], (answer.statuses, answer.error)
            answer = post(server, version, b"x" * (6 << 20), "--header", "expect:")
            assert answer.status == 429, (answer.status, answer.error)
            answer = post(server, version, b"x" * (6 << 20), "--header", "expect:", path="/mirror")
            assert answer.status == 413, (answer.status, answer.error)


def test_a_line_is_kept_for_the_next_call(certificates):
    with Server(certificates) as server:
        for version in VERSIONS:
            before = server.counters()["connections_accepted"]
            answer = curl(server, version, "--data", "{}", "--header", "content-type: application/json",
                          *[url(server, "Echo")] * 5)
            assert answer.statuses == [200] * 5
            assert server.counters()["connections_accepted"] == before + 1


def test_downloads_come_whole_over_both(certificates):
    with Server(certificates) as server:
        for version in VERSIONS:
            for query in ("", "?sized"):
                answer = curl(server, version, url(server, "/files/20000000" + query))
                assert answer.exit == 0 and len(answer.body) == 20_000_000
            answer = curl(server, version, "--head", url(server, "/files/1000?sized"))
            assert (answer.exit, answer.status) == (0, 200), answer.error
            assert answer.headers["content-length"] == "1000"


def test_a_stream_over_http_1_1(certificates):
    body = json.dumps({"count": 300, "text": "n"}).encode()
    framed = b"\0" + len(body).to_bytes(4, "big") + body
    with Server(certificates) as server:
        for version in VERSIONS:
            rest = post(server, version, framed, path="List", kind="application/connect+json").body
            messages = []
            while rest:
                flags, size = rest[0], int.from_bytes(rest[1:5], "big")
                messages.append((flags, json.loads(rest[5:5 + size])))
                rest = rest[5 + size:]
            assert [m["number"] for flags, m in messages if flags == 0] == list(range(1, 301))
            assert messages[-1] == (2, {})


# --- who gets no answer at all ---

def refuses(server, pem_and_key, tries=1):
    """Refused, and with not one byte of HTTP."""
    for _ in range(tries):
        for version in VERSIONS:
            answer = curl(server, version, url(server, "/mirror"), certificate=pem_and_key)
            assert answer.exit in (35, 52, 55, 56), (answer.exit, answer.error)
            assert not answer.statuses and not answer.body
    return True


def dated(certificates, name, start, end):
    """A client certificate of the right authority for another time."""
    run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + name,
        "-keyout", certificates.path(name + ".key"), "-out", certificates.path(name + ".csr"))
    folder = certificates.folder / (name + "-ca")
    folder.mkdir()
    (folder / "index.txt").touch()
    (folder / "serial").write_text("1001\n")
    (folder / "ca.cnf").write_text(
        f"[ca]\ndefault_ca=d\n[d]\ndatabase={folder}/index.txt\nserial={folder}/serial\nnew_certs_dir={folder}\n"
        "default_md=sha256\npolicy=p\nx509_extensions=e\n[p]\ncommonName=supplied\n"
        f"[e]\nsubjectAltName=URI:{URI}\n")
    run("openssl", "ca", "-batch", "-config", str(folder / "ca.cnf"), "-cert", certificates.path("party-root.pem"),
        "-keyfile", certificates.path("party-root.key"), "-startdate", start, "-enddate", end,
        "-in", certificates.path(name + ".csr"), "-out", certificates.path(name + ".pem"))
    return certificates.path(name + ".pem"), certificates.path(name + ".key")


def test_a_certificate_that_is_not_good_gets_not_one_byte(certificates):
    alone = certificates.authority("alone")
    bad = {
        "none": False,
        "foreign": certificates.foreign,
        "self-signed": (certificates.path(alone + ".pem"), certificates.path(alone + ".key")),
        "without our URI": certificates.nameless,
        "expired": dated(certificates, "expired", "20200101000000Z", "20210101000000Z"),
        "not yet valid": dated(certificates, "early", "20400101000000Z", "20410101000000Z"),
    }
    with Server(certificates) as server:
        for what, pem_and_key in bad.items():
            before = server.counters()["handshakes_failed"]
            assert refuses(server, pem_and_key), what
            assert until(lambda: server.counters()["handshakes_failed"] == before + 2), what
        assert server.counters()["calls_started"] == 0
        assert curl(server, "--http2", url(server, "/mirror")).status == 200


def test_older_tls_and_other_protocols_are_refused(certificates):
    with Server(certificates) as server:
        for version in ("--tls-max 1.2", "--tls-max 1.1"):
            answer = curl(server, *version.split(), url(server, "/mirror"))
            assert answer.exit == 35 and not answer.statuses, (answer.exit, answer.error)
        context = server.context()
        context.set_alpn_protocols(["spdy/3"])
        try:
            with socket.create_connection(("127.0.0.1", server.port)) as raw:
                with context.wrap_socket(raw, server_hostname="localhost") as line:
                    line.sendall(b"GET /mirror HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    assert not line.recv(100), "it answered"
        except (ssl.SSLError, ConnectionError):
            pass
        # Who names no protocol means HTTP/1.1: Debian's aiohttp, and so vdirsyncer, does not.
        answer = curl(server, "--no-alpn", url(server, "/mirror"))
        assert answer.status == 200, (answer.exit, answer.error)
        with socket.create_connection(("127.0.0.1", server.port)) as raw:
            raw.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")  # without TLS
            assert b"HTTP" not in raw.recv(1_000)


def s_client(server, *words, data=b"Q\n"):
    pem, key = server.certificates.client
    return subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-servername", "localhost", "-CAfile",
         server.certificates.path("server-root.pem"), "-cert", pem, "-key", key, "-alpn", "http/1.1", *words],
        input=data, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30).stdout.decode(errors="replace")


def test_there_is_no_ticket_no_resumption_and_no_early_data(certificates):
    ask = b"GET /mirror HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with Server(certificates) as server:
        with tempfile.TemporaryDirectory() as folder:
            kept = os.path.join(folder, "session")
            said = s_client(server, "-sess_out", kept, "-ign_eof", data=ask)
            assert "HTTP/1.1 200 OK" in said and "TLSv1.3" in said, said[-500:]
            assert "New Session Ticket" not in said and not os.path.exists(kept)
            assert "Early data was not sent" in said or "Max Early Data: 0" in said
        context = server.context(protocol="http/1.1")
        for _ in range(2):
            with socket.create_connection(("127.0.0.1", server.port)) as raw:
                with context.wrap_socket(raw, server_hostname="localhost") as line:
                    line.sendall(ask)
                    while line.recv(4_096):
                        pass
                    assert line.session is None or not line.session.has_ticket
                    assert not line.session_reused


if __name__ == "__main__":
    main(globals())
