"""What an official's client signs: appointments, their ends, the consent of two. Made with `openssl` from the bytes that
docs/appointments.md gives, so that the tests share no code with the client."""
import hashlib
import pathlib
import re
import secrets
import ssl
import subprocess
import time


def today(days=0):
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() + 86400 * days))


def signed(key, message):
    done = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=message, capture_output=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout


def fingerprint(chain):
    first = re.search("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", pathlib.Path(chain).read_text(), re.S)
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first.group())).digest()


class Signer:
    """One account's pen in a network whose ledger is called `origin`."""

    def __init__(self, net, account, origin):
        self.chain, self.key = net.credentials(account)
        self.origin = origin

    def put(self, request, words):
        request.signature = signed(self.key, "\n".join(map(str, words)).encode())
        request.signer_certificate_sha256 = fingerprint(self.chain)
        return request

    def beginning(self, request, office, capacity=1):
        """Fills an AppointRequest or a HandOverRequest (which is of a holder: 1)."""
        request.name = request.name or "appointments/" + secrets.token_hex(16)
        request.since = request.since or today()
        return self.put(request, ["entente/appointment/1", self.origin, request.name, office.name, office.kind,
                                  office.party, office.process, office.body, request.person, capacity, request.since])

    def end(self, request, office, appointment):
        request.name = appointment.name
        request.until = request.until or today()
        return self.put(request, ["entente/appointment-end/1", self.origin, appointment.name, office.name, office.party,
                                  appointment.person, request.until])

    def consent(self, digest):
        return signed(self.key, b"entente/consent/1\n" + digest)


def participation_digest(process, party, status, since, revision, group="", activities=(), note=""):
    words = ["entente/participation/1", process, party, status, since, group, ",".join(activities), note, revision]
    return hashlib.sha256("\n".join(map(str, words)).encode()).digest()
