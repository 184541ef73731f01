"""HTTP/2 from below, for tests: a line that sends frames as they are, good or bad, and keeps those that come."""
import time

import hpack
from hpack.huffman import HuffmanEncoder
from hpack.huffman_constants import REQUEST_CODES, REQUEST_CODES_LENGTH
from hyperframe.frame import (ContinuationFrame, DataFrame, Frame, GoAwayFrame, HeadersFrame, PingFrame, PriorityFrame,
                              RstStreamFrame, SettingsFrame)

from grpc_test import SERVICE, request
from line import Peer, framed, until

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
FIELDS = [(":method", "POST"), (":scheme", "https"), (":authority", "localhost"), (":path", SERVICE + "Echo"),
          ("content-type", "application/grpc"), ("te", "trailers")]
PROTOCOL, FLOW, CLOSED, FRAME_SIZE, REFUSED, COMPRESSION, CALM = 1, 3, 5, 6, 7, 9, 11

GET = [(":method", "GET"), (":scheme", "https"), (":authority", "localhost"), (":path", "/files/5")]
BODY = framed(b"")  # of a call, whole
OPEN, OVER, MORE = ("END_HEADERS",), ("END_HEADERS", "END_STREAM"), ("END_STREAM",)


def raw_frame(kind, body=b"", stream=0, flags=0):
    """A frame as hyperframe would not make it."""
    return len(body).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + body


class Raw:
    """Frames as they are, good or bad."""

    def __init__(self, server, greeting=True):
        self.line = server.connect()
        self.encoder, self.decoder = hpack.Encoder(), hpack.Decoder()
        self.buffer = b""
        self.frames = []
        self.heads = {}  # stream -> the fields of its answer's heads, in order
        if greeting:
            self.send(PREFACE + SettingsFrame(0).serialize())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.line.close()

    def send(self, *pieces):
        """False once the server takes no more."""
        try:
            self.line.sendall(b"".join(p if isinstance(p, bytes) else p.serialize() for p in pieces))
            return True
        except OSError:
            return False

    def headers(self, stream, fields=None, flags=("END_HEADERS",)):
        return HeadersFrame(stream, self.encoder.encode(FIELDS if fields is None else fields), flags=flags)

    def read(self, seconds):
        """Takes in what comes for a while; True if the server has ended the line."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.line.settimeout(max(0.01, end - time.monotonic()))
            try:
                data = self.line.recv(65_536)
            except TimeoutError:
                return False
            except OSError:
                return True
            if not data:
                return True
            self.buffer += data
            while len(self.buffer) >= 9:
                frame, size = Frame.parse_frame_header(memoryview(self.buffer[:9]))
                if len(self.buffer) < 9 + size:
                    break
                frame.parse_body(memoryview(self.buffer[9:9 + size]))
                self.buffer = self.buffer[9 + size:]
                self.frames.append(frame)
                if isinstance(frame, HeadersFrame):
                    self.heads.setdefault(frame.stream_id, []).append(dict(self.decoder.decode(frame.data)))
        return False

    def ends(self, code):
        """Whether the line ends within a second or so, with GOAWAY and this code (None: any, or none)."""
        ended = self.read(10)
        said = [int(frame.error_code) for frame in self.frames if isinstance(frame, GoAwayFrame)]
        return ended and (code is None or code in said), said

    def status(self, stream):
        return self.heads[stream][0].get(":status") if stream in self.heads else None

    def ended(self, stream):
        """Whether its answer is whole."""
        return any(f.stream_id == stream and "END_STREAM" in f.flags for f in self.frames if hasattr(f, "flags"))

    def body(self, stream):
        return b"".join(f.data for f in self.frames if isinstance(f, DataFrame) and f.stream_id == stream)

    def sizes(self):
        """Of each DATA frame that came."""
        return [len(f.data) for f in self.frames if isinstance(f, DataFrame)]

    def settings_acknowledged(self):
        return sum(isinstance(f, SettingsFrame) and "ACK" in f.flags for f in self.frames)

    def resets(self):
        return [int(frame.error_code) for frame in self.frames if isinstance(frame, RstStreamFrame)]


def honest(server):
    with Peer(server) as peer:
        assert peer.reply(peer.start(SERVICE + "Echo", framed(request(text="a")))).status == 0


# --- steps: what is sent, or waited for ---

def play(raw, steps):
    """Sends frames, bytes, or what a step makes of the line: in one record, but where a step waits for what comes."""
    pending = b""
    for step in steps:
        if isinstance(step, Wait):
            raw.send(pending)
            pending = b""
            assert until(lambda: step.holds(raw) or raw.read(0.02)) and step.holds(raw), raw.frames
            continue
        made = step(raw) if callable(step) else step
        pending += made if isinstance(made, bytes) else made.serialize()
    return raw.send(pending)


class Wait:
    def __init__(self, holds):
        self.holds = holds


def head(stream=1, fields=GET, flags=OVER, extra=b"", **more):
    """A head; `extra` is added to its block as it is."""
    return lambda raw: HeadersFrame(stream, raw.encoder.encode(fields) + extra, flags=flags, **more)


def call(stream=1, fields=FIELDS, flags=OPEN, **more):
    """The head of a call, whose body is to follow."""
    return head(stream, fields, flags, **more)


def data(stream=1, body=BODY, end=True):
    return DataFrame(stream, body, flags=("END_STREAM",) if end else ())


def continuation(stream=1, flags=("END_HEADERS",)):
    return lambda raw: ContinuationFrame(stream, raw.encoder.encode([("x", "y")]), flags=flags)


def string(text, huffman=False):
    octets = HuffmanEncoder(REQUEST_CODES, REQUEST_CODES_LENGTH).encode(text) if huffman else text
    return bytes([len(octets) | (0x80 if huffman else 0)]) + octets


def literal(first, *strings, huffman=False):
    return first + b"".join(string(text, huffman) for text in strings)


def priority(stream=1, depends=0, weight=15, exclusive=False):
    return PriorityFrame(stream, depends_on=depends, stream_weight=weight, exclusive=exclusive)


def answered(stream=1):
    """Waits, so that the stream is closed on both sides."""
    return Wait(lambda raw: raw.ended(stream))


def acknowledged(count):
    """Waits for so many acknowledgements of SETTINGS."""
    return Wait(lambda raw: raw.settings_acknowledged() >= count)


def got(octets, stream=1):
    """Waits for so many octets of an answer."""
    return Wait(lambda raw: len(raw.body(stream)) >= octets)


# --- what must come of it ---

class Ends:
    """The line ends, and its GOAWAY says why."""

    def __init__(self, code):
        self.code = code

    def check(self, raw):
        ended, said = raw.ends(self.code)
        assert ended, f"GOAWAY {said} instead of {self.code}, RST {raw.resets()}"


class Resets:
    """That stream is reset with one of these codes; the line lives on."""

    def __init__(self, *codes, stream=1):
        self.codes, self.stream = codes, stream

    def check(self, raw):
        of = lambda: [int(f.error_code) for f in raw.frames if isinstance(f, RstStreamFrame) and f.stream_id == self.stream]
        assert until(lambda: of() or raw.read(0.02)), raw.frames
        assert of() and set(of()) <= set(self.codes), (of(), raw.frames)
        alive(raw)


class Answers:
    """That stream is answered with 200, and the line lives on."""

    def __init__(self, stream=1):
        self.stream = stream

    def check(self, raw):
        assert until(lambda: raw.ended(self.stream) or raw.read(0.02)) and raw.ended(self.stream), raw.frames
        assert raw.status(self.stream) == "200" and not raw.resets(), raw.frames
        alive(raw)


class Lives:
    """Nothing comes of it: the next PING is answered, no stream was reset and none of `silent` came."""

    def __init__(self, *silent):
        self.silent = silent

    def check(self, raw):
        alive(raw)
        assert not raw.resets() and not [f for f in raw.frames if f.__class__ in self.silent], raw.frames


class Says:
    """What the frames that came must be like."""

    def __init__(self, holds):
        self.holds = holds

    def check(self, raw):
        alive(raw)
        assert until(lambda: self.holds(raw) or raw.read(0.02)) and self.holds(raw), raw.frames


def alive(raw):
    raw.send(PingFrame(0, b"stillup?"))
    back = lambda: any(isinstance(f, PingFrame) and f.opaque_data == b"stillup?" and "ACK" in f.flags for f in raw.frames)
    assert until(lambda: back() or raw.read(0.02)) and back(), f"the line is gone: {raw.frames}"


def echoes(payload):
    return Says(lambda raw: any(isinstance(f, PingFrame) and "ACK" in f.flags and f.opaque_data == payload for f in raw.frames))
