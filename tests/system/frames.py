"""HTTP/2 from below, for tests: a line that sends frames as they are, good or bad, and keeps those that come."""
import time

import hpack
from hyperframe.frame import DataFrame, Frame, GoAwayFrame, HeadersFrame, RstStreamFrame, SettingsFrame

from grpc_test import SERVICE, request
from line import Peer, framed

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
FIELDS = [(":method", "POST"), (":scheme", "https"), (":authority", "localhost"), (":path", SERVICE + "Echo"),
          ("content-type", "application/grpc"), ("te", "trailers")]
PROTOCOL, FLOW, CLOSED, FRAME_SIZE, REFUSED, COMPRESSION, CALM = 1, 3, 5, 6, 7, 9, 11


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
