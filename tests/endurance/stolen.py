"""What a thief gets who has half of what it takes: a token without its certificate, or a certificate without its password.

    stolen.py [--replays N] [--guesses N] [--timings N]

The token is shown on the certificates of others, on the owner's own next one, and on none: nobody learns anything, each
refusal looks like any other, and the owner's session goes on. Passwords are guessed on a stolen certificate: so many are
looked at as the ration lets through, and meanwhile the owner signs in on another certificate, and so does everybody else."""
import argparse
import collections
import math
import pathlib
import random
import shutil
import socket
import ssl
import statistics
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))
from network import eventually
from small_network import Caller, SmallNetwork, messages

THIEVES = ("nora", "sven", "machine")
OF_PARTY = {"NOR": "nick", "FRA": "fleur", "UNHCR": "uma", "IOM": "ivan", "ERI": "elsa", "NZL": "nico", "FIN": "finn"}
TIMED_PARTIES = sorted(OF_PARTY)  # each has a ration of its own
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


def timed(net, count):
    """Welch's t between the two kinds, and the means in milliseconds. A certificate is good for four tries: then it waits."""
    kinds = {"wrong": [], "none": []}
    for n in range((count + 3) // 4):
        party = TIMED_PARTIES[n % len(TIMED_PARTIES)]
        ghost = net.path / f"ghost {n}"
        net.ca("issue", party, "person", f"ghost{n}", "--out", ghost)
        shutil.rmtree(net.path / f"{OF_PARTY[party]} before", ignore_errors=True)
        shutil.rmtree(net.path / f"{OF_PARTY[party]} next", ignore_errors=True)
        pair = {"wrong": Caller(net, OF_PARTY[party], renewed(net, party, OF_PARTY[party])),
                "none": Caller(net, f"ghost{n}", (str(ghost / "cert.pem"), str(ghost / "key.pem")))}
        for caller in pair.values():
            caller.ask("SessionService.GetSession", b"")  # the handshake is no part of it
        faces = set()
        for _ in range(4):
            for kind in random.sample(sorted(pair), 2):
                began = time.monotonic()
                answer = pair[kind].sign_in("not the password")
                kinds[kind].append(1000 * (time.monotonic() - began))
                assert answer.code == "UNAUTHENTICATED", answer
                faces.add(answer.face())
        assert len(faces) == 1, f"the refusals differ: {faces}"
        for caller in pair.values():
            caller.close()
    wrong, none = kinds["wrong"], kinds["none"]
    spread = math.sqrt(statistics.variance(wrong) / len(wrong) + statistics.variance(none) / len(none))
    return (statistics.mean(wrong) - statistics.mean(none)) / spread, statistics.mean(wrong), statistics.mean(none)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replays", type=int, default=100)
    parser.add_argument("--guesses", type=int, default=100)
    parser.add_argument("--timings", type=int, default=40, help="of each kind")
    options = parser.parse_args()
    with messages(), SmallNetwork() as net:
        replayed(net, options.replays)
        t, wrong, none = timed(net, options.timings)
        print(f"refused_for_password_t {t:.2f} of {options.timings} each: {wrong:.1f} ms where there is an account, {none:.1f} ms where none")
        looked_at = guessed(net, options.guesses)
        print(f"{options.replays} replays of a token and {options.guesses} guesses, of which {looked_at} were looked at; "
              "nobody let in, nobody kept out")


if __name__ == "__main__":
    sys.exit(main())
