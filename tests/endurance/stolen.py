"""What a thief gets who has half of what it takes: a token without its certificate, or a certificate without its password.

    stolen.py [--replays N] [--guesses N]

The token is shown on the certificates of others, on the owner's own next one, and on none: nobody learns anything, each
refusal looks like any other, and the owner's session goes on. Passwords are guessed on a stolen certificate: so many are
looked at as the ration lets through, and meanwhile the owner signs in on another certificate, and so does everybody else."""
import argparse
import collections
import shutil
import socket
import ssl
import sys
import tempfile
import time

import journey
from network import eventually
from small_network import Caller, SmallNetwork

THIEVES = ("nora", "sven", "machine")
RATION_BURST, RATION_EVERY_S = 30, 12  # password checks of one certificate


def renewed(net, party, account):
    """The account's next certificate, good beside the one that it has."""
    issued = net.path / "issued" / party / "person" / account
    shutil.move(issued, net.path / f"{account} before")
    net.ca("issue", party, "person", account, "--out", net.path / f"{account} next")
    return str(net.path / f"{account} next/cert.pem"), str(net.path / f"{account} next/key.pem")


def knocks_without_certificate(net, token):
    """The bytes that come to whoever shows the token and no certificate."""
    context = ssl.create_default_context(cafile=net.dir + "/ca.pem")
    context.set_alpn_protocols(["http/1.1"])
    try:
        plain = socket.create_connection(("127.0.0.1", net.port), timeout=30)
        with context.wrap_socket(plain, server_hostname="localhost") as line:
            line.sendall(b"GET /entente.v1.SessionService/GetSession HTTP/1.1\r\nhost: localhost\r\n"
                         b"authorization: Bearer " + token.encode() + b"\r\n\r\n")
            return line.recv(1000)
    except OSError:
        return b""


def replayed(net, count):
    owner = Caller(net, "anna")
    assert owner.sign_in().ok
    thieves = [Caller(net, name) for name in THIEVES] + [Caller(net, "anna", renewed(net, "SWE", "anna"))]
    eventually("the next certificate is known", lambda: thieves[-1].sign_in().ok)
    faces = collections.Counter()
    for n in range(count):
        thief = thieves[n % len(thieves)]
        thief.token = owner.token
        answer = thief.ask("SessionService.GetSession", b"")
        assert not answer.ok, f"{thief.account} is let in with the token of another certificate"
        faces[answer.face()] += 1
        if n % 10 == 0:
            assert not knocks_without_certificate(net, owner.token), "an answer without a certificate"
    assert len(faces) == 1, f"the refusals differ: {faces}"
    assert owner.ask("SessionService.GetSession", b"").ok, "the owner's session has ended"
    for one in [owner, *thieves]:
        one.close()


def guessed(net, count):
    thief = Caller(net, "igor")
    owner, other = Caller(net, "igor", renewed(net, "IGC", "igor")), Caller(net, "nora")
    hashed = lambda: net.metric("entente_password_hashes_total")
    hashed_before = hashed()
    began, codes, faces = time.monotonic(), collections.Counter(), collections.Counter()
    for n in range(count):
        answer = thief.sign_in(f"guess number {n}")
        codes[answer.code] += 1
        faces[answer.face() if answer.code == "UNAUTHENTICATED" else b""] += 1
    looked_at = codes.pop("UNAUTHENTICATED", 0)
    spent = time.monotonic() - began
    assert hashed() - hashed_before == looked_at, "a guess that was not looked at was hashed"
    assert set(codes) <= {"RESOURCE_EXHAUSTED"}, codes
    assert 0 < looked_at <= RATION_BURST + spent / RATION_EVERY_S + 1, f"{looked_at} of {count} guesses looked at in {spent:.0f} s"
    assert len([face for face in faces if face]) == 1, f"the refusals differ: {faces}"
    eventually("the owner signs in elsewhere", lambda: owner.sign_in().ok)
    assert other.sign_in().ok, "another account is kept out"
    for one in (thief, owner, other):
        one.close()
    return looked_at


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replays", type=int, default=100)
    parser.add_argument("--guesses", type=int, default=100)
    options = parser.parse_args()
    folder = tempfile.TemporaryDirectory()
    journey.small_network.make_messages(folder.name)
    net = SmallNetwork()
    try:
        replayed(net, options.replays)
        looked_at = guessed(net, options.guesses)
        print(f"{options.replays} replays of a token and {options.guesses} guesses, of which {looked_at} were looked at; "
              "nobody let in, nobody kept out")
    finally:
        net.stop()
        net.remove()
        folder.cleanup()


if __name__ == "__main__":
    sys.exit(main())
