"""What is no HTTP/2 or no request, who drips, sleeps or does not read, and a server without descriptors. The rules one by one:
http2_rules_test.py; abuse by the number of its case: http2_abuse_test.py."""
import resource
import socket
import time

from hyperframe.frame import DataFrame, HeadersFrame, SettingsFrame, WindowUpdateFrame

from frames import FIELDS, PREFACE, PROTOCOL, Raw, honest, raw_frame
from grpc_test import SERVICE, request
from line import Peer, Server, framed, main, until
import grpc_test


def prepare(folder):
    grpc_test.prepare(folder)


def test_what_is_no_http2_ends_the_line_and_what_is_newer_is_passed_over(certificates):
    # Each rule by itself: http2_rules_test.py.
    with Server(certificates) as server:
        for garbage in (b"GET / HTTP/1.1\r\nHost: l\r\n\r\n", b"\0" * 100, PREFACE[:-1] + b"x", PREFACE + b"\xff" * 100,
                        PREFACE + raw_frame(0, b"x", 1)):
            with Raw(server, greeting=False) as raw:
                raw.send(garbage)
                assert raw.ends(None)[0], garbage
        with Raw(server) as raw:  # and what a newer HTTP/2 may bring is passed over
            raw.send(raw_frame(0x42, b"new", 9), raw_frame(4, b"\x42\x42\0\0\0\1"))
            raw.send(raw.headers(1), DataFrame(1, framed(b""), flags=["END_STREAM"]))
            answered = lambda: any(isinstance(frame, HeadersFrame) for frame in raw.frames)
            assert until(lambda: answered() or raw.read(0.05)) and answered() and not raw.resets()
        honest(server)


def test_heads_that_are_no_request_end_their_stream_and_not_the_line(certificates):
    without = lambda name: [f for f in FIELDS if f[0] != name]
    bad = {
        "an upper-case name": FIELDS + [("X-Upper", "a")],
        "no method": without(":method"), "no path": without(":path"), "no scheme": without(":scheme"),
        "two paths": [FIELDS[0], *FIELDS], "a pseudo-field after a field": [*FIELDS[1:], FIELDS[0]],
        "an unknown pseudo-field": [(":new", "a"), *FIELDS], "an empty path": [(":path", ""), *without(":path")],
        "a status": [(":status", "200"), *FIELDS], "a NUL": FIELDS + [("x", "a\0b")],
        "a line feed": FIELDS + [("x", "a\nb: c")], "transfer-encoding": FIELDS + [("transfer-encoding", "chunked")],
        "te": [*FIELDS[:-1], ("te", "gzip")], "two lengths": FIELDS + [("content-length", "1"), ("content-length", "2")],
        "a length that is none": FIELDS + [("content-length", "x")],
    }
    with Server(certificates) as server:
        for what, fields in bad.items():
            with Raw(server) as raw:
                raw.send(raw.headers(1, fields, flags=("END_HEADERS", "END_STREAM")))
                ended = []
                until(lambda: raw.resets() or ended or (raw.read(0.05) and ended.append(what)))
                assert raw.resets() == [PROTOCOL] and not ended, (what, raw.frames)
        assert server.counters()["calls_started"] == 0
        # A path without its slash reaches no handler by any detour (CVE-2026-33186).
        with Peer(server) as peer:
            for path in (SERVICE[1:] + "Echo", "*", "/" + SERVICE + "Echo", SERVICE + "Echo/", SERVICE + "%00Echo",
                         SERVICE + "../EchoService/Echo"):
                reply = peer.reply(peer.start(path, framed(b"")))
                assert reply.status not in (0,) and reply.over, (path, vars(reply))
        assert server.counters()["handlers_begun"] == 0


def test_who_drips_or_sleeps_is_let_go(certificates):
    options = ("header_ms_max=500", "body_grace_ms=500", "idle_ms_max=2000")
    with Server(certificates, *options) as server:
        slow = {
            "half a head": lambda raw: raw.send(raw.headers(1, flags=())),
            "half a body": lambda raw: raw.send(raw.headers(1), DataFrame(1, b"\0\0\0\1\0ab")),
            "half a body beside one that came well": lambda raw: raw.send(
                raw.headers(1), DataFrame(1, b"\0\0\1\0\0" + b"x" * 16_000), raw.headers(3),
                DataFrame(3, b"\0\0\0\1\0ab")),
        }
        for what, make in slow.items():
            before = server.counters()["slow_peers"]
            with Raw(server) as raw:
                make(raw)
                assert raw.ends(None)[0], what
            assert server.counters()["slow_peers"] == before + 1, what
        with Raw(server, greeting=False) as raw:
            raw.send(PREFACE[:10])
            assert raw.ends(None)[0]
        with Raw(server) as raw:
            ended, said = raw.ends(0)
            assert ended, said
        assert server.counters()["idle_closed"] == 1
        with Peer(server) as peer:  # a chat that pauses is neither
            chat = peer.start(SERVICE + "Chat", framed(request(text="a")), end=False)
            time.sleep(1.5)
            peer.h2.send_data(chat, framed(request(text="b")), end_stream=True)
            peer.flush()
            assert peer.reply(chat).status == 0


def test_a_reader_that_stops_reading_its_socket_is_let_go(certificates):
    with Server(certificates, "write_stall_ms_max=700") as server:
        before = server.rss_kib()
        with Raw(server) as raw:
            raw.send(SettingsFrame(0, settings={4: 0x7FFFFFFF}), WindowUpdateFrame(0, 0x7FFF0000))
            fields = [f if f[0] != ":path" else (":path", "/files/10000000000") for f in FIELDS]
            raw.send(raw.headers(1, fields[:4], flags=("END_HEADERS", "END_STREAM")))
            assert until(lambda: server.counters()["slow_peers"] >= 1)
            assert server.rss_kib() - before < 16_384
        honest(server)


def test_without_descriptors_new_lines_wait_or_are_refused_and_the_old_live_on(certificates):
    with Server(certificates, "connections_per_address_max=1000") as server, Peer(server) as peer:
        assert peer.reply(peer.start(SERVICE + "Echo", framed(b""))).status == 0
        # Below what is reserved for files: lines are refused, and counted.
        resource.prlimit(server.daemon.pid, resource.RLIMIT_NOFILE, (70, 70))
        lines = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(20)]
        assert until(lambda: server.counters()["connections_refused"] > 0)
        # None at all: accept fails, and does not spin.
        resource.prlimit(server.daemon.pid, resource.RLIMIT_NOFILE, (5, 5))
        lines += [socket.create_connection(("127.0.0.1", server.port)) for _ in range(5)]
        cpu = server.cpu_s()
        time.sleep(1)
        assert server.cpu_s() - cpu < 0.3
        for _ in range(5):
            assert peer.reply(peer.start(SERVICE + "EchoHeavy", framed(request(text="x" * 9_000)))).status == 0
        [line.close() for line in lines]


if __name__ == "__main__":
    main(globals())
