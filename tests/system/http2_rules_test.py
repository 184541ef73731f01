"""HTTP/2 as RFC 9113 and HPACK as RFC 7541 have it, over the port's own TLS: the 147 cases of h2spec 2.6, each a row of
what is sent and what must come of it. Where h2spec lets one error stand for another, or the end of the line for any, the
row names the one that this server gives: nothing passes by falling over.

    http2_rules_test.py [TEST]"""
from hyperframe.frame import (ContinuationFrame, DataFrame, GoAwayFrame, HeadersFrame, PingFrame, RstStreamFrame,
                              SettingsFrame, WindowUpdateFrame)

from frames import (BODY, CLOSED, COMPRESSION, FIELDS, FLOW, FRAME_SIZE, GET, MORE, OPEN, OVER, PROTOCOL, REFUSED, Answers,
                    Ends, Lives, Raw, Resets, Says, acknowledged, answered, call, continuation, data, echoes, got, head, honest,
                    literal, play, priority, raw_frame, string)
from grpc_test import request
from line import Server, framed, main
import grpc_test

NO_WINDOW = SettingsFrame(0, settings={4: 0})


def prepare(folder):
    grpc_test.prepare(folder)


def fragments(count):
    """A head in so many CONTINUATIONs and the HEADERS before them."""
    def make(raw):
        block = raw.encoder.encode(GET + [(f"x-{i}", "some") for i in range(count)])
        size = -(-len(block) // (count + 1))
        pieces = [block[i:i + size] for i in range(0, len(block), size)]
        return b"".join([HeadersFrame(1, pieces[0], flags=MORE).serialize()] + [
            ContinuationFrame(1, piece, flags=("END_HEADERS",) if i + 2 == len(pieces) else ()).serialize()
            for i, piece in enumerate(pieces[1:])])
    return make


def without(name):
    return [field for field in GET if field[0] != name]


def setting(number, value):
    return raw_frame(4, number.to_bytes(2, "big") + value.to_bytes(4, "big"))


COUNT_BIG = [f if f[0] != ":path" else (":path", "/files/70000") for f in GET]
LENGTH_OF_ONE = FIELDS + [("content-length", "1")]
CONNECTION = [("connection", "keep-alive")]

# (section, what, the steps, what must come of it)
GENERIC = [
    ("1", "a greeting", [], Lives()),
    ("2", "PRIORITY of an idle stream", [priority()], Lives()),
    ("2", "WINDOW_UPDATE of a stream half closed", [NO_WINDOW, head(), WindowUpdateFrame(1, 1), got(1)], Lives()),
    ("2", "PRIORITY of a stream half closed", [NO_WINDOW, head(), priority(), WindowUpdateFrame(1, 1), got(1)], Lives()),
    ("2", "RST_STREAM of a stream half closed", [head(), RstStreamFrame(1, 8)], Lives()),
    ("2", "PRIORITY of a closed stream", [head(), answered(), priority()], Lives()),
    ("3.1", "DATA", [call(), data()], Answers()),
    ("3.1", "DATA in pieces", [call(), data(1, BODY[:2], False), data(1, BODY[2:])], Answers()),
    ("3.1", "DATA with padding", [call(), DataFrame(1, BODY, pad_length=8, flags=("PADDED", "END_STREAM"))], Answers()),
    ("3.2", "HEADERS", [head()], Answers()),
    ("3.2", "HEADERS with padding", [head(flags=(*OVER, "PADDED"), pad_length=8)], Answers()),
    ("3.2", "HEADERS with a priority", [head(flags=(*OVER, "PRIORITY"), depends_on=0, stream_weight=255)], Answers()),
    ("3.3", "PRIORITY of weight 1", [priority(weight=0), head()], Answers()),
    ("3.3", "PRIORITY of weight 256", [priority(weight=255), head()], Answers()),
    ("3.3", "PRIORITY that depends on a stream", [head(), priority(3, 1, 255)], Answers()),
    ("3.3", "PRIORITY, exclusive", [head(), priority(3, 1, 255, True)], Answers()),
    ("3.3", "PRIORITY of an idle stream, then a lower one begins", [priority(5), head(3)], Answers(3)),
    ("3.4", "RST_STREAM", [call(), RstStreamFrame(1, 8)], Lives()),
    ("3.5", "SETTINGS", [setting(3, 100)], Says(lambda raw: raw.settings_acknowledged() == 2)),
    ("3.7", "PING", [PingFrame(0, b"octets 8")], echoes(b"octets 8")),
    ("3.8", "GOAWAY", [GoAwayFrame(0, 0, 0)], Ends(None)),
    ("3.9", "WINDOW_UPDATE of the line", [WindowUpdateFrame(0, 1), head()], Answers()),
    ("3.9", "WINDOW_UPDATE of a stream", [NO_WINDOW, head(), WindowUpdateFrame(1, 6)], Answers()),
    ("3.10", "a CONTINUATION", [fragments(1)], Answers()),
    ("3.10", "CONTINUATIONs", [fragments(3)], Answers()),
    ("4", "GET", [head()], Answers()),
    ("4", "HEAD", [head(fields=[(":method", "HEAD"), *GET[1:]])], Answers()),
    ("4", "POST", [call(), data()], Answers()),
    ("4", "POST with trailers", [call(), data(end=False), head(fields=[("x-after", "all")])], Answers()),
    ("5", "an indexed field", [head(fields=without(":method")[:0], extra=b"\x82\x87\x04" + string(b"/files/5") + b"\x01" +
                                    string(b"localhost"))], Answers()),
] + [("5", f"a literal {how}, {name} name{', Huffman' if huffman else ''}",
      [head(extra=literal(first, *strings, huffman=huffman))], Answers())
     for how, indexed, fresh in (("with indexing", b"\x7a", b"\x40"), ("without indexing", b"\x0f\x2b", b"\x00"),
                                 ("never indexed", b"\x1f\x2b", b"\x10"))
     for name, first, strings in (("an indexed", indexed, (b"h2spec",)), ("a new", fresh, (b"x-test", b"h2spec")))
     for huffman in (False, True)] + [
    ("5", "a table size update", [lambda raw: HeadersFrame(1, b"\x3f\x61" + raw.encoder.encode(GET), flags=OVER)], Answers()),
    ("5", "table size updates", [lambda raw: HeadersFrame(1, b"\x20\x3f\x61" + raw.encoder.encode(GET), flags=OVER)],
     Answers()),
]

HPACK = [(section, what, [head(extra=extra)], Ends(COMPRESSION)) for section, what, extra in (
    ("2.3.3", "an index beyond the table", b"\xc6"),
    ("2.3.3", "a literal whose name's index is beyond the table", literal(b"\x7f\x07", b"value")),
    ("4.2", "a table size update at the end of a block", b"\x20"),
    ("5.2", "Huffman padding of more than seven bits", b"\x00\x01x\x82\x1f\xff"),
    ("5.2", "Huffman padding of zeros", b"\x00\x01x\x81\x18"),
    ("5.2", "the EOS symbol", b"\x00\x01x\x84\xff\xff\xff\xff"),
    ("6.1", "index 0", b"\x80"))] + [
    ("6.3", "a table size above what was set", [lambda raw: HeadersFrame(1, b"\x3f\xff\xff\x03" + raw.encoder.encode(GET),
                                                                         flags=OVER)], Ends(COMPRESSION))]

STATES = [
    ("3.5", "the server's first frame is SETTINGS", [], Says(lambda raw: isinstance(raw.frames[0], SettingsFrame))),
    ("3.5", "a greeting that is none", None, None),
    ("4.1", "a frame of an unknown type", [raw_frame(0x16, b"\0" * 8), PingFrame(0, b"octets 8")], echoes(b"octets 8")),
    ("4.1", "an undefined flag", [raw_frame(6, b"octets 8", 0, 0x16)], echoes(b"octets 8")),
    ("4.1", "the reserved bit", [raw_frame(6, b"octets 8", 0x8000_0000)], echoes(b"octets 8")),
    ("4.2", "DATA of 2^14 octets", [call(), lambda raw: data(1, framed(request(text="x" * 16_375)))], Answers()),
    ("4.2", "DATA above the largest", [call(), DataFrame(1, b"x" * 16_385)], Ends(FRAME_SIZE)),
    ("4.2", "HEADERS above the largest", [head(fields=GET + [("x", "~" * 16_000)])], Ends(FRAME_SIZE)),
    ("4.3", "a block that is none", [raw_frame(1, b"\x40", 1, 4)], Ends(COMPRESSION)),
    ("4.3", "PRIORITY within a block", [head(flags=MORE), priority()], Ends(PROTOCOL)),
    ("4.3", "another stream's HEADERS within a block", [head(flags=MORE), head(3)], Ends(PROTOCOL)),
    ("5.1", "idle: DATA", [data()], Ends(PROTOCOL)),
    ("5.1", "idle: RST_STREAM", [RstStreamFrame(1, 8)], Ends(PROTOCOL)),
    ("5.1", "idle: WINDOW_UPDATE", [WindowUpdateFrame(1, 100)], Ends(PROTOCOL)),
    ("5.1", "idle: CONTINUATION", [continuation()], Ends(PROTOCOL)),
    ("5.1", "half closed: DATA", [NO_WINDOW, head(), data()], Ends(CLOSED)),
    ("5.1", "half closed: HEADERS", [NO_WINDOW, head(), head()], Ends(CLOSED)),
    ("5.1", "half closed: CONTINUATION", [NO_WINDOW, head(), continuation()], Ends(PROTOCOL)),
    ("5.1", "closed by RST_STREAM: DATA", [call(), RstStreamFrame(1, 8), data()], Ends(CLOSED)),
    ("5.1", "closed by RST_STREAM: HEADERS", [call(), RstStreamFrame(1, 8), head()], Ends(CLOSED)),
    ("5.1", "closed by RST_STREAM: CONTINUATION", [call(), RstStreamFrame(1, 8), continuation()], Ends(PROTOCOL)),
    ("5.1", "closed: DATA", [head(), answered(), data()], Ends(CLOSED)),
    ("5.1", "closed: HEADERS", [head(), answered(), head()], Ends(CLOSED)),
    ("5.1", "closed: CONTINUATION", [head(), answered(), continuation()], Ends(PROTOCOL)),
    ("5.1.1", "an even stream", [head(2)], Ends(PROTOCOL)),
    ("5.1.1", "a stream below the last", [head(5), head(3)], Ends(PROTOCOL)),
    ("5.1.2", "more streams than allowed", [NO_WINDOW, *[head(2 * i + 1) for i in range(101)]], Resets(REFUSED, stream=201)),
    ("5.3.1", "HEADERS that depend on themselves", [head(flags=(*OVER, "PRIORITY"), depends_on=1)], Ends(PROTOCOL)),
    ("5.3.1", "PRIORITY that depends on itself", [priority(1, 1)], Ends(PROTOCOL)),
    ("5.4.1", "a wrong PING ends the line", [raw_frame(6, b"\0")], Ends(FRAME_SIZE)),
    ("5.4.1", "with GOAWAY before", [raw_frame(6, b"\0")], Ends(FRAME_SIZE)),
    ("5.5", "an extension", [raw_frame(0xff, b"unknown"), PingFrame(0, b"octets 8")], echoes(b"octets 8")),
    ("5.5", "an extension within a block", [head(flags=MORE), raw_frame(0xff, b"unknown")], Ends(PROTOCOL)),
]

FRAMES = [
    ("6.1", "DATA on no stream", [raw_frame(0, b"test")], Ends(PROTOCOL)),
    ("6.1", "DATA on a stream that is not open", [NO_WINDOW, head(), data()], Ends(CLOSED)),
    ("6.1", "padding as long as its frame", [call(), raw_frame(0, b"\x06Test", 1, 9)], Ends(PROTOCOL)),
    ("6.2", "HEADERS, then PRIORITY", [call(flags=()), priority()], Ends(PROTOCOL)),
    ("6.2", "HEADERS, then another's", [call(flags=()), call(3)], Ends(PROTOCOL)),
    ("6.2", "HEADERS on no stream", [lambda raw: raw_frame(1, raw.encoder.encode(GET), 0, 5)], Ends(PROTOCOL)),
    ("6.2", "HEADERS with padding longer than they are",
     [lambda raw: raw_frame(1, b"\xff" + raw.encoder.encode(GET), 1, 13)], Ends(PROTOCOL)),
    ("6.3", "PRIORITY on no stream", [raw_frame(2, b"\0\0\0\0\x10")], Ends(PROTOCOL)),
    ("6.3", "PRIORITY of a wrong length", [raw_frame(2, b"\x80\0\0\1", 1)], Ends(FRAME_SIZE)),
    ("6.4", "RST_STREAM on no stream", [raw_frame(3, b"\0\0\0\x08")], Ends(PROTOCOL)),
    ("6.4", "RST_STREAM of an idle stream", [RstStreamFrame(1, 8)], Ends(PROTOCOL)),
    ("6.4", "RST_STREAM of a wrong length", [call(), raw_frame(3, b"\0\0\0", 1)], Ends(FRAME_SIZE)),
    ("6.5", "SETTINGS ACK with a body", [raw_frame(4, b"\0\4\0\0\0\0", 0, 1)], Ends(FRAME_SIZE)),
    ("6.5", "SETTINGS on a stream", [raw_frame(4, b"\0\3\0\0\0\x64", 1)], Ends(PROTOCOL)),
    ("6.5", "SETTINGS of a wrong length", [raw_frame(4, b"\0\3\0")], Ends(FRAME_SIZE)),
    ("6.5.2", "ENABLE_PUSH of 2", [setting(2, 2)], Ends(PROTOCOL)),
    ("6.5.2", "INITIAL_WINDOW_SIZE above the largest", [setting(4, 1 << 31)], Ends(FLOW)),
    ("6.5.2", "MAX_FRAME_SIZE below the smallest", [setting(5, 16_383)], Ends(PROTOCOL)),
    ("6.5.2", "MAX_FRAME_SIZE above the largest", [setting(5, 1 << 24)], Ends(PROTOCOL)),
    ("6.5.2", "a setting that nobody knows", [setting(0xff, 1), PingFrame(0, b"octets 8")], echoes(b"octets 8")),
    ("6.5.3", "two values of INITIAL_WINDOW_SIZE: the last counts",
     [raw_frame(4, b"\0\4\0\0\0\x64\0\4\0\0\0\1"), head()], Says(lambda raw: raw.sizes() == [1])),
    ("6.5.3", "SETTINGS are acknowledged", [setting(3, 100)], Says(lambda raw: raw.settings_acknowledged() == 2)),
    ("6.7", "PING", [PingFrame(0, b"octets 8")], echoes(b"octets 8")),
    ("6.7", "PING with ACK", [PingFrame(0, b"not mine", flags=("ACK",)), PingFrame(0, b"octets 8")],
     Says(lambda raw: not any(getattr(f, "opaque_data", b"") == b"not mine" for f in raw.frames))),
    ("6.7", "PING on a stream", [raw_frame(6, b"octets 8", 1)], Ends(PROTOCOL)),
    ("6.7", "PING of a wrong length", [raw_frame(6, b"octets")], Ends(FRAME_SIZE)),
    ("6.8", "GOAWAY on a stream", [raw_frame(7, b"\0" * 8, 1)], Ends(PROTOCOL)),
    ("6.9", "WINDOW_UPDATE by nothing", [raw_frame(8, b"\0\0\0\0")], Ends(PROTOCOL)),
    ("6.9", "WINDOW_UPDATE of a stream by nothing", [call(), raw_frame(8, b"\0\0\0\0", 1)], Ends(PROTOCOL)),
    ("6.9", "WINDOW_UPDATE of a wrong length", [raw_frame(8, b"\0\0\1")], Ends(FRAME_SIZE)),
    ("6.9.1", "a window of one octet", [setting(4, 1), head()], Says(lambda raw: raw.sizes() == [1])),
    ("6.9.1", "the line's window above the largest", [WindowUpdateFrame(0, 0x7fffffff), WindowUpdateFrame(0, 0x7fffffff)],
     Ends(FLOW)),
    ("6.9.1", "a stream's window above the largest",
     [NO_WINDOW, head(), WindowUpdateFrame(1, 0x7fffffff), WindowUpdateFrame(1, 0x7fffffff)], Resets(FLOW)),
    ("6.9.2", "INITIAL_WINDOW_SIZE changes while an answer waits", [NO_WINDOW, acknowledged(2), head(), setting(4, 1)],
     Says(lambda raw: raw.sizes() == [1])),
    ("6.9.2", "a window below nought", [setting(4, 3), acknowledged(2), head(), got(3), setting(4, 2), acknowledged(3),
                                        WindowUpdateFrame(1, 2)], Says(lambda raw: raw.sizes() == [3, 1])),
    ("6.9.2", "INITIAL_WINDOW_SIZE above the largest", [setting(4, 1 << 31)], Ends(FLOW)),
    ("6.10", "CONTINUATIONs after HEADERS", [fragments(2)], Answers()),
    ("6.10", "CONTINUATION, then another frame", [call(flags=()), continuation(flags=()), data()], Ends(PROTOCOL)),
    ("6.10", "CONTINUATION on no stream",
     [call(flags=()), lambda raw: raw_frame(9, raw.encoder.encode([("x", "y")]), 0, 4)], Ends(PROTOCOL)),
    ("6.10", "CONTINUATION after the end of a block", [call(), continuation()], Ends(PROTOCOL)),
    ("6.10", "CONTINUATION after CONTINUATION that ended it", [call(flags=()), continuation(), continuation()],
     Ends(PROTOCOL)),
    ("6.10", "CONTINUATION after DATA", [call(), data(end=False), continuation()], Ends(PROTOCOL)),
    ("7", "GOAWAY with an unknown code", [raw_frame(7, b"\0\0\0\0\0\0\0\xff")], Ends(None)),
    ("7", "RST_STREAM with an unknown code", [call(), raw_frame(3, b"\0\0\0\xff", 1), PingFrame(0, b"octets 8")],
     echoes(b"octets 8")),
]

EXCHANGES = [
    ("8.1", "a second HEADERS that does not end the stream", [call(), head(fields=[("x-test", "ok")], flags=OPEN)],
     Resets(PROTOCOL)),
    ("8.1.2", "a name in capitals", [head(fields=GET + [("X-TEST", "ok")])], Resets(PROTOCOL)),
    ("8.1.2.1", "an unknown pseudo-field", [head(fields=[(":test", "ok"), *GET])], Resets(PROTOCOL)),
    ("8.1.2.1", "a response's pseudo-field", [head(fields=[*GET, (":status", "200")])], Resets(PROTOCOL)),
    ("8.1.2.1", "a pseudo-field as trailer", [call(), data(end=False), head(fields=[(":method", "200"), ("x", "y")])],
     Resets(PROTOCOL)),
    ("8.1.2.1", "a pseudo-field after a field", [head(fields=[*GET[:3], ("x-test", "ok"), GET[3]])], Resets(PROTOCOL)),
    ("8.1.2.2", "a field of the connection", [head(fields=GET + CONNECTION)], Resets(PROTOCOL)),
    ("8.1.2.2", "TE that is not `trailers`", [head(fields=GET + [("te", "trailers, deflate")])], Resets(PROTOCOL)),
    ("8.1.2.3", "an empty path", [head(fields=[*without(":path"), (":path", "")])], Resets(PROTOCOL)),
    ("8.1.2.3", "no method", [head(fields=without(":method"))], Resets(PROTOCOL)),
    ("8.1.2.3", "no scheme", [head(fields=without(":scheme"))], Resets(PROTOCOL)),
    ("8.1.2.3", "no path", [head(fields=without(":path"))], Resets(PROTOCOL)),
    ("8.1.2.3", "two methods", [head(fields=[GET[0], *GET])], Resets(PROTOCOL)),
    ("8.1.2.3", "two schemes", [head(fields=[GET[1], *GET])], Resets(PROTOCOL)),
    ("8.1.2.3", "two paths", [head(fields=[GET[3], *GET])], Resets(PROTOCOL)),
    ("8.1.2.6", "a length that is not the body's", [call(fields=LENGTH_OF_ONE), data(1, b"test")], Resets(PROTOCOL)),
    ("8.1.2.6", "a length that is not that of all pieces",
     [call(fields=LENGTH_OF_ONE), data(1, b"test", False), data(1, b"test")], Resets(PROTOCOL)),
    ("8.2", "PUSH_PROMISE", [lambda raw: raw_frame(5, b"\0\0\0\2" + raw.encoder.encode(GET), 1, 4)], Ends(PROTOCOL)),
]


def played(server, cases):
    failed = []
    for section, what, steps, expected in cases:
        with Raw(server, greeting=steps is not None) as raw:
            try:
                if steps is None:
                    raw.send(b"INVALID CONNECTION PREFACE\r\n\r\n")
                    assert raw.ends(None)[0]
                    continue
                play(raw, steps)
                expected.check(raw)
            except AssertionError as error:
                failed.append(f"{section} {what}: {str(error)[:300]}")
    honest(server)
    assert not failed, f"{len(failed)} of {len(cases)}:\n" + "\n".join(failed)


def section(name, cases):
    def test(certificates):
        with Server(certificates) as server:
            played(server, cases)
            assert server.counters()["connections_refused"] == 0
    return test


test_what_every_peer_may_do = section("generic", GENERIC)
test_hpack = section("hpack", HPACK)
test_states_of_streams_and_the_line = section("http2 3 to 5", STATES)
test_frames = section("http2 6 and 7", FRAMES)
test_exchanges = section("http2 8", EXCHANGES)


def test_these_are_the_cases_of_h2spec(certificates):
    counts = [len(cases) for cases in (GENERIC, HPACK, STATES + FRAMES + EXCHANGES)]
    assert counts == [44, 8, 95], counts


if __name__ == "__main__":
    main(globals())
