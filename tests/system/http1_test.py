"""HTTP/1.1 as others abuse it: whatever two parsers could read differently gets one answer, and the line ends."""
import json
import os
import socket
import threading
import time

from grpc_test import SERVICE
from line import Server, main

HEAD = b"POST /mirror HTTP/1.1\r\nHost: localhost\r\n"
SECOND = b"GET /mirror?smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"


def everything(line, seconds=10):
    """All that comes until the server closes; fails if it does not."""
    line.settimeout(seconds)
    got = b""
    try:
        while data := line.recv(65_536):
            got += data
    except ConnectionError:
        pass
    return got


def statuses(got):
    return [int(part[:3]) for part in got.split(b"HTTP/1.1 ")[1:]]


def ask(server, *pieces, pause=0.0):
    with server.connect(protocol="http/1.1") as line:
        for piece in pieces:
            try:
                line.sendall(piece)
            except OSError:
                break
            time.sleep(pause)
        return everything(line)


# Each is followed by a second request that must never be answered.
AMBIGUOUS = {
    "length and chunked": HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked and length": HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
    "two equal lengths": HEAD + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    "a list of lengths": HEAD + b"Content-Length: 3, 3\r\n\r\nabc",
    "a signed length": HEAD + b"Content-Length: +3\r\n\r\nabc",
    "a negative length": HEAD + b"Content-Length: -3\r\n\r\nabc",
    "a hexadecimal length": HEAD + b"Content-Length: 0x3\r\n\r\nabc",
    "an empty length": HEAD + b"Content-Length:\r\n\r\n",
    "a length with a space": HEAD + b"Content-Length: 1 3\r\n\r\nabc",
    "a length above 64 bits": HEAD + b"Content-Length: 18446744073709551619\r\n\r\nabc",
    "two codings": HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a list of codings": HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "identity": HEAD + b"Transfer-Encoding: identity\r\n\r\n",
    "a coding with a tab inside": HEAD + b"Transfer-Encoding: chun\tked\r\n\r\n0\r\n\r\n",
    "a coding with a control character": HEAD + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "a space before the colon": HEAD + b"Content-Length : 3\r\n\r\nabc",
    "a space before the coding's colon": HEAD + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "a folded line": HEAD + b"X-A: b\r\n Content-Length: 3\r\n\r\nabc",
    "a folded first line": b"POST /mirror HTTP/1.1\r\n Host: a\r\nHost: localhost\r\n\r\n",
    "a bare LF": HEAD + b"X-A: b\nContent-Length: 3\r\n\r\nabc",
    "bare LFs only": b"GET /mirror HTTP/1.1\nHost: localhost\n\n",
    "a bare CR": HEAD + b"X-A: b\rContent-Length: 3\r\n\r\nabc",
    "a NUL in a value": HEAD + b"X-A: b\0c\r\n\r\n",
    "a NUL in a name": HEAD + b"X\0A: b\r\n\r\n",
    "no colon": HEAD + b"Content-Length 3\r\n\r\nabc",
    "an empty name": HEAD + b": 3\r\n\r\nabc",
    "a name that is no token": HEAD + b"Content(Length): 3\r\n\r\nabc",
    "no host": b"GET /mirror HTTP/1.1\r\n\r\n",
    "two hosts": HEAD + b"Host: other\r\n\r\n",
    "an unknown expectation": HEAD + b"Expect: more\r\nContent-Length: 3\r\n\r\nabc",
    "no version": b"GET /mirror\r\nHost: localhost\r\n\r\n",
    "a lower-case version": b"GET /mirror http/1.1\r\nHost: localhost\r\n\r\n",
    "an older version": b"GET /mirror HTTP/1.0\r\nHost: localhost\r\n\r\n",
    "a newer version": b"GET /mirror HTTP/2.0\r\nHost: localhost\r\n\r\n",
    "HTTP/2's preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a method that is no token": b"G\x01T /mirror HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a space in the target": b"GET /mirror /x HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a tab in the target": b"GET /mir\tror HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a high octet in the target": b"GET /mir\xffror HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a fragment": b"GET /mirror#a HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a target without a slash": b"GET mirror HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "somebody else's scheme": b"GET http://localhost/mirror HTTP/1.1\r\nHost: localhost\r\n\r\n",
}
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
BAD_CHUNKS = {
    "no hexadecimal": b"x\r\nabc\r\n0\r\n\r\n",
    "a sign": b"+3\r\nabc\r\n0\r\n\r\n",
    "a negative size": b"-3\r\nabc\r\n0\r\n\r\n",
    "0x": b"0x3\r\nabc\r\n0\r\n\r\n",
    "a space before": b" 3\r\nabc\r\n0\r\n\r\n",
    "a space after": b"3 \r\nabc\r\n0\r\n\r\n",
    "an empty size": b"\r\nabc\r\n0\r\n\r\n",
    "a size of nine digits": b"000000003\r\nabc\r\n0\r\n\r\n",
    "a size above 32 bits": b"100000003\r\nabc\r\n0\r\n\r\n",
    "a size above 64 bits": b"10000000000000003\r\nabc\r\n0\r\n\r\n",
    "more than the size": b"3\r\nabcd\r\n0\r\n\r\n",
    "a bare LF after the size": b"3\nabc\r\n0\r\n\r\n",
    "a bare LF after the chunk": b"3\r\nabc\n0\r\n\r\n",
    "a bare CR in an extension": b"3;a=\rb\r\nabc\r\n0\r\n\r\n",
    "a bare LF in an extension": b"3;a=\nb\r\nabc\r\n0\r\n\r\n",
    "an endless extension": b"3;" + b"a" * 5_000 + b"\r\nabc\r\n0\r\n\r\n",
    "an endless size": b"0" * 5_000 + b"3\r\nabc\r\n0\r\n\r\n",
    "a trailer without a colon": b"0\r\nabc\r\n\r\n",
    "an endless trailer": b"0\r\n" + b"X-A: b\r\n" * 2_000 + b"\r\n",
}


def test_what_could_be_read_two_ways_is_answered_once_and_ends_the_line(certificates):
    with Server(certificates) as server:
        for what, first in AMBIGUOUS.items():
            got = ask(server, first + SECOND)
            assert len(statuses(got)) == 1 and statuses(got)[0] in (400, 417, 505), (what, got)
            assert b"smuggled" not in got and b"connection: close" in got, (what, got)
        for what, chunks in BAD_CHUNKS.items():
            got = ask(server, CHUNKED + chunks + SECOND)
            assert statuses(got) in ([400], [431]), (what, got)
            assert b"smuggled" not in got, (what, got)
        assert server.counters()["protocol_errors"] == len(AMBIGUOUS) + len(BAD_CHUNKS)


def test_no_control_octet_passes_anywhere_in_a_head(certificates):
    places = {
        "a method": lambda c: b"P" + c + b"OST /mirror HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "a target": lambda c: b"GET /mir" + c + b"ror HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "a name": lambda c: HEAD + b"X" + c + b"A: b\r\n\r\n",
        "a value": lambda c: HEAD + b"X-A: b" + c + b"d\r\n\r\n",
        "a length": lambda c: HEAD + b"Content-Length: 3" + c + b"\r\n\r\nabc",
        "the size of a chunk": lambda c: CHUNKED + b"3" + c + b"\r\nabc\r\n0\r\n\r\n",
    }
    allowed = {("a value", 9), ("a length", 9)}  # a tab, within a value and behind it
    with Server(certificates) as server:
        for octet in (*range(0x20), 0x7F):
            for place, make in places.items():
                if (place, octet) not in allowed:
                    got = ask(server, make(bytes([octet])) + SECOND)
                    assert statuses(got) == [400], (place, octet, got)
                    assert b"smuggled" not in got, (place, octet, got)


def test_it_is_all_the_same_octet_by_octet(certificates):
    with Server(certificates) as server:
        good = CHUNKED + b"3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nX-T: v\r\n\r\n" + HEAD + b"Content-Length: 2\r\n" \
            b"Connection: close\r\n\r\nfg"
        whole = ask(server, good)
        assert statuses(whole) == [200, 200] and b"abcde" in whole and b"fg" in whole, whole
        assert ask(server, *[good[i:i + 1] for i in range(len(good))]) == whole
        for blank, expected in ((b"\r\n", [200, 200]), (b"\r\n\r\n", [200, 400])):
            row = SECOND + blank + HEAD + b"Content-Length: 2\r\nConnection: close\r\n\r\nfg"
            for pieces in ([row], [row[i:i + 1] for i in range(len(row))]):
                assert statuses(ask(server, *pieces)) == expected, blank
        for what in ("two lengths", "a bare LF", "a folded line", "length and chunked"):
            first = AMBIGUOUS[what] + SECOND
            got = ask(server, *[first[i:i + 1] for i in range(len(first))])
            assert statuses(got) == [400], (what, got)


def test_requests_in_a_row_are_answered_in_a_row(certificates):
    with Server(certificates) as server:
        body = json.dumps({"text": "y" * 30_000}).encode()
        slow = json.dumps({"text": "slow", "sleepMs": 200}).encode()
        asked = b""
        for i in range(60):
            text = slow if i % 20 == 0 else body
            path = b"EchoHeavy" if i % 20 == 0 else b"Echo"
            asked += b"POST " + SERVICE.encode() + path + b" HTTP/1.1\r\nHost: l\r\nX-Marker: " + str(i).encode() + \
                b"\r\nContent-Type: application/json\r\nContent-Length: " + str(len(text)).encode() + b"\r\n\r\n" + text
        asked += b"GET /mirror?last HTTP/1.1\r\nHost: l\r\nConnection: close\r\n\r\n"
        with server.connect(protocol="http/1.1") as line:
            writer = threading.Thread(target=line.sendall, args=(asked,))
            writer.start()
            writer.join(0.5)
            got = everything(line, 30)
            writer.join()
        assert statuses(got) == [200] * 61
        marks = [int(part.split(b"\r\n")[0]) for part in got.split(b"x-marker: ")[1:]]
        assert marks == list(range(60)) and b"GET /mirror?last" in got


def test_too_large_a_head_and_too_many_fields(certificates):
    with Server(certificates) as server:
        for head in (b"X-A: " + b"a" * 20_000, b"X-A: " + b"a" * 2_000_000,
                     b"\r\n".join(b"X-%d: b" % i for i in range(101)),
                     b"\r\n".join(b"Cookie: a=%d" % i for i in range(400))):
            got = ask(server, HEAD + head + b"\r\n\r\n" + SECOND)
            assert statuses(got) == [431], got
        got = ask(server, b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: l\r\n\r\n" + SECOND)
        assert statuses(got) == [431], got
        assert server.counters()["header_limit"] == 5


def test_a_body_above_the_limit_is_refused_before_it_has_come(certificates):
    with Server(certificates) as server:
        for framing in (b"Content-Length: 99999999999\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\nfffffff\r\n"):
            before = server.rss_kib()
            got = ask(server, HEAD + framing + b"x" * (6 << 20))
            assert statuses(got) == [413], got[:200]
            assert server.rss_kib() - before < 20_000


def test_who_drips_is_let_go(certificates):
    options = ("header_ms_max=500", "body_grace_ms=500", "idle_ms_max=3000")
    with Server(certificates, *options) as server:
        for begun in (HEAD[:20], HEAD + b"X: y\r\n", HEAD + b"Content-Length: 9999\r\n\r\nab", CHUNKED + b"5\r\nab"):
            before = server.counters()["slow_peers"]
            with server.connect(protocol="http/1.1") as line:
                line.sendall(begun)
                everything(line)
            assert server.counters()["slow_peers"] == before + 1, begun
        with server.connect(protocol="http/1.1") as line:  # silence is no drip, until it is long
            time.sleep(0.9)
            line.sendall(SECOND)
            line.settimeout(5)
            assert line.recv(100).startswith(b"HTTP/1.1 200")
            assert everything(line) is not None
        assert server.counters()["idle_closed"] == 1


def test_half_a_tls_record_costs_nothing_while_it_waits(certificates):
    with Server(certificates) as server:
        with server.connect(protocol="http/1.1") as line:
            raw = socket.socket(fileno=os.dup(line.fileno()))
            raw.sendall(b"\x17\x03\x03\x40\x00" + b"x" * 100)
            before = server.cpu_s()
            time.sleep(2)
            assert server.cpu_s() - before < 0.5
            raw.close()


if __name__ == "__main__":
    main(globals())
