"""Somebody on the way between a caller and the real daemon changes one record of TLS: of the handshake, or of the calls that
follow. What came before it is answered, nothing at or behind it ever is, and the line ends. An honest caller beside it is
answered all the time.

    mutated_records.py [--count N] [--seed S]

The daemon's own log is searched for a sanitizer's word, so that with BUILD of the preset `asan` memory is watched as well."""
import argparse
import collections
import pathlib
import random
import socket
import ssl
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))
from honest import Honest, no_fault
from network import eventually
from small_network import SmallNetwork, messages

# Of nobody signed in: a short answer.
CALL = b"GET /entente.v1.SessionService/GetSession?encoding=json&message=%7B%7D HTTP/1.1\r\nhost: localhost\r\n\r\n"
CALLS = 4
CHANGE, ALERT, HANDSHAKE, DATA = 20, 21, 22, 23
RECORD_BYTES_MAX = 16_384 + 256
CLOSES_WITHIN_S = 30


def records(octets):
    """The records, each with its head of type, version and length."""
    found = []
    while octets:
        end = 5 + int.from_bytes(octets[3:5], "big")
        found.append(octets[:end])
        octets = octets[end:]
    return found


def record(kind, body, version=b"\x03\x03"):
    return bytes([kind]) + version + len(body).to_bytes(2, "big") + body


def mutations(draw, strangers):
    """name -> what it makes of the records from the chosen one on, which is the first."""

    def body(change):
        def done(first, *rest):
            octets = bytearray(first[5:])
            change(octets)
            return [record(first[0], bytes(octets), first[1:3]), *rest]
        return done

    def flip(octets):
        octets[draw.randrange(len(octets))] ^= 1 << draw.randrange(8)

    def overwrite(octets):
        begin = draw.randrange(len(octets))
        count = min(len(octets) - begin, draw.randint(1, 64))
        octets[begin:begin + count] = bytes(255 ^ octet for octet in octets[begin:begin + count])

    def head(at, length):
        def done(first, *rest):
            octets = bytearray(first)
            before = bytes(octets[at:at + length])
            while bytes(octets[at:at + length]) == before:
                octets[at:at + length] = draw.randbytes(length)
            return [bytes(octets), *rest]
        return done

    def before(made):
        return lambda *all: [made(), *all]

    def exchanged(first, *rest):
        return [*rest[:1], first, *rest[1:]]

    def torn(first, *rest):
        return [first[:draw.randrange(1, len(first))], draw.randbytes(draw.randint(1, 400)), *rest]

    def parted(first, *rest):
        at = draw.randrange(len(first) - 5)
        return [record(first[0], first[5:5 + at], first[1:3]), record(first[0], first[5 + at:], first[1:3]), *rest]

    return {
        "a bit flipped": body(flip), "octets turned over": body(overwrite),
        "its end cut off": body(lambda octets: octets.__delitem__(slice(draw.randrange(len(octets)), None))),
        "its begin cut off": body(lambda octets: octets.__delitem__(slice(0, draw.randint(1, len(octets))))),
        "grown": body(lambda octets: octets.extend(draw.randbytes(draw.randint(1, 64)))),
        "grown over what a record may hold": body(lambda octets: octets.extend(bytes(draw.randint(RECORD_BYTES_MAX, 60_000)))),
        "another's type": head(0, 1), "another version": head(1, 2), "another length": head(3, 2),
        "another's octets": body(lambda octets: octets.__setitem__(slice(None), draw.randbytes(len(octets)))),
        "sent twice": lambda first, *rest: [first, first, *rest], "dropped": lambda first, *rest: list(rest),
        "exchanged": exchanged, "torn": torn, "in two records": parted,
        "that of another line": lambda first, *rest: [draw.choice(strangers), *rest],
        "behind that of another line": before(lambda: draw.choice(strangers)),
        "behind plain data": before(lambda: record(DATA, draw.randbytes(draw.randint(1, 300)))),
        "behind a plain call": before(lambda: record(DATA, CALL)),
        "behind an alert": before(lambda: record(ALERT, bytes([draw.choice((1, 2)), draw.choice((0, 10, 20, 40, 80, 90, 100))]))),
        "behind an empty handshake": before(lambda: record(HANDSHAKE, b"")),
        "behind a change of ciphers": before(lambda: record(CHANGE, b"\1")),
        "behind noise": before(lambda: draw.randbytes(draw.randint(1, 2_000))),
    }


def overlooked(stage, name, first):
    """Whether the RFC, or OpenSSL, may overlook it, for it carries nothing: then all is answered, or nothing."""
    if stage == "hello":  # the version of a record counts for nothing (RFC 8446, 5.1), and a hello may come in parts
        return name in ("another version", "in two records", "behind an alert", "behind an empty handshake",
                        "behind a change of ciphers", "behind that of another line")
    # A change of ciphers is dropped while the handshake lasts (5), whether it comes once, twice, later or not at all;
    # and an alert is not sealed yet, of which OpenSSL minds all but one (user_canceled).
    return stage == "finish" and (name in ("behind a change of ciphers", "behind an alert", "behind that of another line") or
                                  first[0] == CHANGE and name in ("sent twice", "dropped", "exchanged", "that of another line"))


class Line:
    """A caller that does all right, and whose records are changed on their way once it is told so."""

    def __init__(self, net, context):
        self.socket = socket.create_connection(("127.0.0.1", net.port), CLOSES_WITHIN_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")
        self.heard, self.ended = b"", None

    def pending(self):
        return records(self.outgoing.read())

    def send(self, flown):
        try:
            self.socket.sendall(b"".join(flown))
        except OSError:  # it has been closed: that is for `hear` to find
            pass

    def over(self):
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def take(self):
        """Takes in what comes next; False at the line's end, which `ended` tells."""
        try:
            octets = self.socket.recv(65_536)
        except ConnectionError:
            octets = b""
        if not octets:
            self.ended = self.ended or "closed"
            return False
        self.incoming.write(octets)
        return True

    def handshake(self):
        """One step: whether it is done; None if it will never be."""
        try:
            self.tls.do_handshake()
            return True
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLError as error:
            self.ended = error.reason or "an alert"
            return None

    def hear(self):
        """Of the answers, what is there."""
        try:
            while True:
                octets = self.tls.read(65_536)
                if not octets:
                    return
                self.heard += octets
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            self.ended = error.reason or "an alert"

    def answers(self):
        """How many whole answers came; nothing may come but answers, in chunks of which the last is empty."""
        *whole, rest = self.heard.split(b"\r\n0\r\n\r\n")
        for answer in [*whole, rest]:
            assert not answer or answer.startswith(b"HTTP/1.1 "), f"what is no answer: {answer[:80]}"
        return len(whole)

    def close(self):
        self.socket.close()


def flights(line):
    """(stage, records) of the handshake as far as it comes, to be sent by whoever takes them."""
    assert line.handshake() is False
    yield "hello", line.pending()
    while (done := line.handshake()) is False:
        if (more := line.pending()):
            yield "hello", more  # it was asked for another
        if not line.take():
            return
    if done:
        yield "finish", line.pending()


def recorded(net, context):
    """The records of a line that went well, of another certificate."""
    line, flown = Line(net, context), []
    for _, flight in flights(line):
        flown += flight
        line.send(flight)
    line.tls.write(CALL)
    flown += (call := line.pending())
    line.send(call)
    while not line.answers():
        assert line.take(), "an honest line is not answered"
        line.hear()
    line.close()
    return flown


def calls_of(line):
    made = []
    for _ in range(CALLS):
        line.tls.write(CALL)
        made += line.pending()
    return made


def one_line(net, context, draw, stage, name, strangers):
    """One line with one record changed: (how it ended, how many answers may come, how many came)."""
    line, change = Line(net, context), mutations(draw, strangers)[name]
    try:
        may, is_whole = None, False
        for at, flight in flights(line):
            is_whole = at == "finish"
            if at == stage and may is None:
                where = draw.randrange(len(flight))
                flown = change(*flight[where:])
                may = {CALLS} if flown == flight[where:] else {0, CALLS} if overlooked(stage, name, flight[where]) else {0}
                flight = flight[:where] + flown
            line.send(flight)
            if may == {0}:
                # Whoever stands on the way has more to send than a broken handshake.
                line.send(draw.sample(strangers, 1))
                line.over()
        if is_whole and may != {0}:
            calls = calls_of(line)
            before = draw.randrange(CALLS - 1) if stage == "calls" else CALLS
            line.send(calls[:before])
            while line.answers() < before and line.take():
                line.hear()
            if stage == "calls":
                assert line.answers() == before, f"what came before it is not answered: {line.ended}"
                # Of two that are the same, the first is genuine: answered, unless the line ends first.
                may = {before, before + 1} if name == "sent twice" else {before}
                line.send(change(*calls[before:]))
        line.over()
        while line.take():
            line.hear()
        return line.ended, may, line.answers()
    finally:
        line.close()


def context_of(net, account):
    context = ssl.create_default_context(cafile=net.path / "ca.pem")
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(*net.credentials(account))
    return context


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    draw, tally, ends = random.Random(options.seed), collections.Counter(), collections.Counter()
    with messages(), SmallNetwork() as net:
        mine = context_of(net, "anna")
        strangers = recorded(net, context_of(net, "sven")) + recorded(net, mine)
        lines, honest = net.metric("process_open_fds"), Honest(net)
        every = [(stage, name) for stage in ("hello", "finish", "calls") for name in mutations(draw, strangers)]
        try:
            for i in range(options.count):
                stage, name = every[i] if i < len(every) else draw.choice(every)
                what = f"number {i} of seed {options.seed}, a record of the {stage} {name}"
                ended, may, came = one_line(net, mine, draw, stage, name, strangers)
                assert came in may, f"{what}: {came} answers instead of {may}, then {ended}"
                assert net.daemon.poll() is None, f"{what}: the daemon has ended"
                tally[stage] += 1
                ends[ended] += 1
        finally:
            honest.close()
        assert recorded(net, mine), "an honest line is not answered"
        eventually("all lines are given back", lambda: net.metric("process_open_fds") <= lines + 1)
        no_fault(net)
        print(f"ends: {dict(ends.most_common())}")
        print(f"{options.count} lines with a mutated record {dict(tally)}: none answered at it or behind it; {honest.told()}")


if __name__ == "__main__":
    main()
