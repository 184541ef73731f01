"""Many at once knock at the real daemon with what is no certificate: octets of a good one changed, cut or moved, lists that are
not lists, none at all, a stranger's. Nobody gets a byte of HTTP, and an honest caller is answered meanwhile.

    malformed_certificates.py [--count N] [--seed S]

No library sends such things, so the client's half of TLS 1.3 is here, in as little as one suite needs (RFC 8446). Certificates
that are well made and say what they may not: bad_certificates.py, tests/system/trust_test.py."""
import argparse
import collections
import datetime
import hashlib
import hmac
import pathlib
import random
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))
from honest import Honest, no_fault
from network import eventually
from small_network import SmallNetwork, messages

CALL = b"GET /entente.v1.SessionService/GetSession HTTP/1.1\r\nhost: localhost\r\n\r\n"
ADDRESSES, ENDS_WITHIN_S = 40, 60  # fewer knock from one address than it may have lines
ALERT, HANDSHAKE, DATA = 21, 22, 23
CLIENT_HELLO, SERVER_HELLO, CERTIFICATE, CERTIFICATE_VERIFY, FINISHED = 1, 2, 11, 15, 20


def sized(width, octets):
    return len(octets).to_bytes(width, "big") + octets


def message(kind, body):
    return bytes([kind]) + sized(3, body)


def expand(secret, label, context, length=32):
    """HKDF-Expand-Label, of one block (7.1)."""
    info = length.to_bytes(2, "big") + sized(1, b"tls13 " + label) + sized(1, context)
    return hmac.digest(secret, info + b"\1", "sha256")[:length]


class Keys:
    """One direction's record protection (5.2)."""

    def __init__(self, secret):
        self.secret, self.count = secret, 0
        self.cipher, self.iv = AESGCM(expand(secret, b"key", b"", 16)), expand(secret, b"iv", b"", 12)

    def nonce(self):
        self.count += 1
        return bytes(a ^ b for a, b in zip(self.iv, (self.count - 1).to_bytes(12, "big")))

    def sealed(self, kind, octets):
        """In as many records as it takes."""
        out = b""
        for at in range(0, len(octets), 16_000):
            inner = octets[at:at + 16_000] + bytes([kind])
            head = b"\x17\x03\x03" + (len(inner) + 16).to_bytes(2, "big")
            out += head + self.cipher.encrypt(self.nonce(), inner, head)
        return out

    def opened(self, head, octets):
        inner = self.cipher.decrypt(self.nonce(), octets, head).rstrip(b"\0")
        return inner[-1], inner[:-1]


class Refused(Exception):
    """The line ended before there was anything to judge: the daemon has only so many places for whoever is not yet known."""


class Handshake:
    """As far as the client's certificate; `show` sends it and asks."""

    def __init__(self, port, source):
        self.socket = socket.create_connection(("127.0.0.1", port), ENDS_WITHIN_S, (source, 0))
        try:
            self.begin()
        except ConnectionError:
            self.close()
            raise Refused from None
        except BaseException:
            self.close()
            raise

    def close(self):
        self.socket.close()

    def exactly(self, count):
        octets = b""
        while len(octets) < count:
            more = self.socket.recv(count - len(octets))
            if not more:
                raise ConnectionResetError
            octets += more
        return octets

    def record(self):
        head = self.exactly(5)
        return head, self.exactly(int.from_bytes(head[3:], "big"))

    def digest(self):
        return hashlib.sha256(self.said).digest()

    def begin(self):
        own = x25519.X25519PrivateKey.generate()
        share = own.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        extensions = [(0, sized(2, b"\0" + sized(2, b"localhost"))), (10, sized(2, b"\0\x1d")),  # server_name, groups: x25519
                      (13, sized(2, b"\x04\x03\x08\x04\x08\x07")), (16, sized(2, sized(1, b"http/1.1"))),  # signatures, ALPN
                      (43, sized(1, b"\x03\x04")), (51, sized(2, b"\0\x1d" + sized(2, share)))]  # versions: 1.3, key_share
        hello = b"\x03\x03" + random.SystemRandom().randbytes(32) + b"\0" + sized(2, b"\x13\x01") + b"\1\0" + sized(
            2, b"".join(kind.to_bytes(2, "big") + sized(2, body) for kind, body in extensions))
        self.said = message(CLIENT_HELLO, hello)
        self.socket.sendall(b"\x16\x03\x01" + sized(2, self.said))
        head, answer = self.record()
        assert head[0] == HANDSHAKE and answer[0] == SERVER_HELLO, f"no hello: {head + answer}"
        at = answer.index(b"\0\x33\0\x24\0\x1d\0\x20") + 8
        self.said += answer
        shared = own.exchange(x25519.X25519PublicKey.from_public_bytes(answer[at:at + 32]))
        empty = hashlib.sha256().digest()
        early = hmac.digest(bytes(32), bytes(32), "sha256")
        agreed = hmac.digest(expand(early, b"derived", empty), shared, "sha256")
        self.ours, self.theirs = (Keys(expand(agreed, label, self.digest())) for label in (b"c hs traffic", b"s hs traffic"))
        ended = False
        while not ended:
            head, body = self.record()
            if head[0] == DATA:
                kind, octets = self.theirs.opened(head, body)
                assert kind == HANDSHAKE, f"the daemon ends the handshake: {octets}"
                self.said += octets
                ended = octets[-36:-32] == bytes([FINISHED, 0, 0, 32])
        master = hmac.digest(expand(agreed, b"derived", empty), bytes(32), "sha256")
        self.our_data, self.their_data = (Keys(expand(master, label, self.digest())) for label in (b"c ap traffic", b"s ap traffic"))

    def show(self, body, key):
        """The body of a Certificate message, the proof of the key if there is one, and a call: (HTTP, the alert)."""
        flight = message(CERTIFICATE, body)
        if key is not None:
            proved = b" " * 64 + b"TLS 1.3, client CertificateVerify\0" + hashlib.sha256(self.said + flight).digest()
            flight += message(CERTIFICATE_VERIFY, b"\x04\x03" + sized(2, key.sign(proved, ec.ECDSA(hashes.SHA256()))))
        finished = hmac.digest(expand(self.ours.secret, b"finished", b""), hashlib.sha256(self.said + flight).digest(), "sha256")
        flight = self.ours.sealed(HANDSHAKE, flight + message(FINISHED, finished)) + self.our_data.sealed(DATA, CALL)
        http, alert = b"", None
        try:
            self.socket.sendall(flight)
            self.socket.shutdown(socket.SHUT_WR)
            while True:
                head, octets = self.record()
                kind, inner = self.their_data.opened(head, octets)
                http, alert = http + (inner if kind == DATA else b""), inner[1] if kind == ALERT else alert
        except (ConnectionError, OSError) as error:
            assert not isinstance(error, TimeoutError), "the line does not end"
        return http, alert


def listed(*certificates, more=b""):
    """The body of a Certificate message (4.4.2)."""
    return b"\0" + sized(3, b"".join(sized(3, one) + sized(2, more) for one in certificates))


def faults(draw, good, stranger):
    """name -> (the body of the message, whether the good key proves itself)."""
    octets = bytearray(good)

    def changed(change):
        octets[:] = good
        while bytes(octets) == good:
            change()
        return listed(bytes(octets))

    def at():
        return draw.randrange(len(octets))

    def flip():
        for _ in range(draw.randint(1, 8)):
            octets[at()] ^= 1 << draw.randrange(8)

    def splice():
        begin, end = sorted((at(), at()))
        octets[begin:end] = octets[at():][:end - begin]

    def length():
        """Of one of DER's first lengths something else is said."""
        octets[draw.choice((1, 2, 3, 5, 6, 7))] = draw.randrange(256)

    whole = listed(good)
    return {
        "bits flipped": lambda: changed(flip), "parts moved": lambda: changed(splice), "a length that lies": lambda: changed(length),
        "cut": lambda: listed(good[:at()]), "grown": lambda: listed(good + draw.randbytes(draw.randint(1, 3_000))),
        "noise": lambda: listed(draw.randbytes(draw.randint(1, 2_000))), "nested without end": lambda: listed(b"0\x80" * draw.randint(10, 20_000)),
        "an empty one": lambda: listed(b""), "none": lambda: listed(), "an empty one before the good": lambda: listed(b"", good),
        "noise behind the good": lambda: listed(good, draw.randbytes(draw.randint(1, 500))),
        "the good many times": lambda: listed(*[good] * draw.randint(101, 140)),
        "a stranger's": lambda: listed(stranger), "a stranger's before the good": lambda: listed(stranger, good),
        "a list that is longer than it says": lambda: whole[:3] + bytes([whole[3] ^ 1 << draw.randrange(8)]) + whole[4:],
        "a list that is cut": lambda: whole[:draw.randrange(len(whole))],
        "another's context": lambda: sized(1, draw.randbytes(draw.randint(1, 200))) + whole[1:],
        "extensions nobody asked for": lambda: listed(good, more=draw.randbytes(draw.randint(1, 300))),
    }


def knocks(port, number, body, key):
    """As often as it takes to be heard: (HTTP, the alert, how often there was no place)."""
    refused = 0
    while True:
        try:
            line = Handshake(port, f"127.0.1.{1 + number % ADDRESSES}")
        except (Refused, InvalidTag):
            refused += 1
            threading.Event().wait(0.05 * min(refused, 20))
            continue
        try:
            return *line.show(body, key), refused
        finally:
            line.close()


def certificate_of(key, signer, by):
    now = datetime.datetime.utcnow()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "anna")])
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(by).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(minutes=5))
            .not_valid_after(now + datetime.timedelta(days=30)).sign(signer, hashes.SHA256()))
    return made.public_bytes(serialization.Encoding.DER)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    draw, tally, ends = random.Random(options.seed), collections.Counter(), collections.Counter()
    with messages(), SmallNetwork() as net:
        chain, secret = net.credentials("anna")
        good = x509.load_pem_x509_certificate(pathlib.Path(chain).read_bytes())
        key = serialization.load_pem_private_key(pathlib.Path(secret).read_bytes(), None)
        octets = good.public_bytes(serialization.Encoding.DER)
        stranger = certificate_of(key, ec.generate_private_key(ec.SECP256R1()), good.issuer)
        is_let_in = lambda: knocks(net.port, 0, listed(octets), key)[0].startswith(b"HTTP/1.1 ")
        assert is_let_in(), "the good one is not let in"
        every, lines = faults(draw, octets, stranger), net.metric("process_open_fds")
        names = [sorted(every)[i % len(every)] for i in range(options.count)]
        # Some do not prove that the key is theirs, and the good one without a proof is let in as little.
        bodies = [(name, every[name](), draw.random() < 0.8) for name in names]
        bodies += [("the good without a proof", listed(octets), False)] * max(1, options.count // 50)
        honest = Honest(net)
        threading.stack_size(256 * 1024)
        try:
            with ThreadPoolExecutor(len(bodies)) as crowd:
                answers = list(crowd.map(lambda one: knocks(net.port, one[0], one[1][1], key if one[1][2] else None), enumerate(bodies)))
        finally:
            honest.close()
        for number, ((name, _, proved), (http, alert, _)) in enumerate(zip(bodies, answers, strict=True)):
            assert http == b"", f"number {number} of seed {options.seed}, {name}, proved {proved}: {http[:80]}"
            tally[name] += 1
            ends[alert] += 1
        assert is_let_in(), "the good one is not let in"
        eventually("all lines are given back", lambda: net.metric("process_open_fds") <= lines + 1)
        no_fault(net)
        print(f"alerts: {dict(ends.most_common())}; sent away for want of a place: {sum(one[2] for one in answers)}")
        print(f"{len(bodies)} malformed certificates of {len(tally)} kinds at once, none let in; {honest.told()}")


if __name__ == "__main__":
    main()
