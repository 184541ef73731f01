"""Certificates with one to three things wrong, drawn at random, knock at the real daemon: none gets a byte of HTTP.

    bad_certificates.py [--count N] [--seed S]

Each is made from what a good one of Sweden's authority says, and the good one is let in before and after. tests/system/
trust_test.py has the same faults one by one, with what is counted and told of each."""
import argparse
import collections
import datetime
import pathlib
import random
import socket
import ssl
import sys
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))
from small_network import SmallNetwork

ANNA = "entente://swe.demo.example/person/anna"
USAGES = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign",
          "crl_sign", "encipher_only", "decipher_only")


class Certificate:
    """What goes into one; as it stands, a good one of a person."""

    def __init__(self, key):
        self.key, self.chain = key, []
        self.begins, self.days = datetime.datetime.utcnow() - datetime.timedelta(minutes=5), 30
        self.names, self.purposes, self.usages = [x509.UniformResourceIdentifier(ANNA)], [ExtendedKeyUsageOID.CLIENT_AUTH], [
            "digital_signature"]
        self.authority, self.digest, self.more, self.signer, self.issuer, self.flip = False, hashes.SHA256(), [], None, None, None

    def made(self, signer):
        """PEM, signed by `signer`: (its certificate, its key)."""
        by, key = self.signer or signer
        names = [x509.NameAttribute(NameOID.COMMON_NAME, "anna")]
        builder = (x509.CertificateBuilder().subject_name(x509.Name(names)).issuer_name(self.issuer or by.subject)
                   .public_key(self.key.public_key()).serial_number(x509.random_serial_number())
                   .not_valid_before(self.begins).not_valid_after(self.begins + datetime.timedelta(days=self.days))
                   .add_extension(x509.BasicConstraints(self.authority, None), True)
                   .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), False)
                   .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), False))
        if self.usages:
            builder = builder.add_extension(x509.KeyUsage(**{usage: usage in self.usages for usage in USAGES}), True)
        if self.purposes:
            builder = builder.add_extension(x509.ExtendedKeyUsage(self.purposes), False)
        if self.names:
            builder = builder.add_extension(x509.SubjectAlternativeName(self.names), False)
        for extension, critical in self.more:
            builder = builder.add_extension(extension, critical)
        certificate = builder.sign(key, self.digest)
        octets = bytearray(certificate.public_bytes(serialization.Encoding.DER))
        if self.flip is not None:
            octets[-1 - self.flip % 60] ^= 1 << self.flip % 8  # in the signature
        return ssl.DER_cert_to_PEM_cert(bytes(octets)) + "".join(
            one.public_bytes(serialization.Encoding.PEM).decode() for one in self.chain)


def faults(draw, signer, keys):
    """name -> what it does to a good certificate."""
    day = datetime.timedelta(days=1)
    uri = lambda text: [x509.UniformResourceIdentifier(text)]
    unknown = lambda size: x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x04\x02" + bytes(size))

    def becomes(**what):
        return lambda one: one.__dict__.update(what)

    def early(one):
        one.begins = datetime.datetime.utcnow() + draw.randint(1, 400) * day

    def expired(one):
        one.begins = datetime.datetime.utcnow() - (one.days + draw.randint(1, 900)) * day

    def deep(one):
        """Under a ladder of authorities that nobody allowed."""
        by, key = signer
        for step in range(draw.randint(1, 10)):
            name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"step {step}")])
            made = (x509.CertificateBuilder().subject_name(name).issuer_name(by.subject).public_key(keys["step"].public_key())
                    .serial_number(x509.random_serial_number()).not_valid_before(one.begins)
                    .not_valid_after(one.begins + 60 * day).add_extension(x509.BasicConstraints(True, None), True)
                    .sign(key, hashes.SHA256()))
            one.chain.insert(0, made)
            by, key = made, keys["step"]
        one.signer = (by, key)

    def mangled(one):
        text = list(ANNA)
        for _ in range(draw.randint(1, 4)):
            text[draw.randrange(len(text))] = draw.choice("\0/:%.@ AZ_-09")
        one.names = uri("".join(text)) if "".join(text) != ANNA else uri(ANNA + "/")

    return {
        "early": early, "expired": expired, "for years": becomes(days=draw.randint(800, 8_000)), "under a ladder": deep,
        "a name that is mangled": mangled, "an authority": becomes(authority=True, usages=["key_cert_sign"]),
        "another root of the name": becomes(signer=(signer[0], keys["stranger"])),
        "its own root": lambda one: one.__dict__.update(signer=(signer[0], one.key), issuer=signer[0].subject),
        "no purpose": becomes(purposes=[]), "a server's purpose": becomes(purposes=[ExtendedKeyUsageOID.SERVER_AUTH]),
        "any purpose": becomes(purposes=[ObjectIdentifier("2.5.29.37.0")]),
        "a signer's purpose": becomes(purposes=[ExtendedKeyUsageOID.CODE_SIGNING]),
        "no usage": becomes(usages=[]), "an office's usage": becomes(usages=["key_agreement"]),
        "a list signer's usage": becomes(usages=["crl_sign"]),
        "no name": becomes(names=[]), "two names": becomes(names=uri(ANNA) + uri("entente://swe.demo.example/person/lars")),
        "a host's name beside": becomes(names=uri(ANNA) + [x509.DNSName("localhost")]),
        "a mailbox beside": becomes(names=uri(ANNA) + [x509.RFC822Name("anna@swe.example")]),
        "an end in the name": becomes(names=uri("entente://swe.demo.example/person/anna\0.lars")),
        "another network's": becomes(names=uri("entente://swe.other.example/person/anna")),
        "another party's": becomes(names=uri("entente://nor.demo.example/person/nora")),
        "an office's name": becomes(names=uri("entente://swe.demo.example/office/swe.alpha.focal-point")),
        "a web address": becomes(names=uri("https://swe.demo.example/person/anna")),
        "SHA-1": becomes(digest=hashes.SHA1()), "a short RSA key": becomes(key=keys["short"]),
        "a small curve": becomes(key=keys["small"]), "a broken signature": becomes(flip=draw.randrange(480)),
        "a critical extension": becomes(more=[(unknown(2), True)]),
        "sixty-four kilobytes": becomes(more=[(unknown(65_000), False)]),
    }


def knocks(net, folder, pem, key):
    """The bytes of HTTP that came."""
    (folder / "cert.pem").write_text(pem)
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                                       serialization.NoEncryption()))
    context = ssl.create_default_context(cafile=net.path / "ca.pem")
    context.set_ciphers("ALL:@SECLEVEL=0")  # so that it shows what it has
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    try:
        with context.wrap_socket(socket.create_connection(("127.0.0.1", net.port), 30), server_hostname="localhost") as line:
            line.sendall(b"GET /entente.v1.SessionService/GetSession HTTP/1.1\r\nhost: localhost\r\n\r\n")
            return line.recv(1000)
    except (ssl.SSLError, ConnectionError):
        return b""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    draw = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder, SmallNetwork() as net:
        folder = pathlib.Path(folder)
        root = net.path / "authorities/SWE/root"
        signer = (x509.load_pem_x509_certificate(root.with_suffix(".pem").read_bytes()),
                  serialization.load_pem_private_key(root.with_suffix(".key").read_bytes(), None))
        keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("good", "step", "stranger")}
        keys["small"] = ec.generate_private_key(ec.SECP192R1())
        keys["short"] = rsa.generate_private_key(65537, 1024)
        good = lambda: Certificate(keys["good"])
        assert knocks(net, folder, good().made(signer), keys["good"]).startswith(b"HTTP/1.1 "), "the good one is not let in"
        lines, tally = net.metric("process_open_fds"), collections.Counter()
        for i in range(options.count):
            every = faults(draw, signer, keys)
            chosen = [list(every)[i]] if i < len(every) else draw.sample(sorted(every), draw.randint(1, 3))
            bad = good()
            for fault in chosen:
                every[fault](bad)
            got = knocks(net, folder, bad.made(signer), bad.key)
            assert got == b"", f"`{', '.join(chosen)}` (number {i}, seed {options.seed}) was let in: {got[:80]}"
            tally.update(chosen)
        assert len(tally) == len(every) or options.count < len(every)
        assert knocks(net, folder, good().made(signer), keys["good"]).startswith(b"HTTP/1.1 "), "the good one is not let in"
        assert net.metric("process_open_fds") <= lines + 2, "lines were left open"
        print(f"{options.count} bad certificates of {len(tally)} kinds of fault, none let in")


if __name__ == "__main__":
    main()
