"""A host in bad faith, and who believes it: `Liar` stands before the daemon under the network's own certificate, `Forge` signs
as the ledger does, `Client` is the stock command line that is to notice."""
import base64
import hashlib
import os
import pathlib
import ssl
from concurrent import futures

from network import ENTENTE, do, run
from ports import free_port

READ_CONTENT = "/entente.v1.DocumentService/ReadContent"
PROOF_FOR, PROOF = "entente-proof-for", "entente-proof-bin"


def digest(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def der_of(chain):
    """The leaf of a PEM chain."""
    return ssl.PEM_cert_to_DER_cert(pathlib.Path(chain).read_text().split("-----END CERTIFICATE-----")[0] +
                                    "-----END CERTIFICATE-----\n")


def root(leaves):
    """RFC 9162, section 2.1.1."""
    if len(leaves) < 2:
        return leaves[0] if leaves else digest()
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return digest(b"\1", root(leaves[:k]), root(leaves[k:]))


def path_of(index, leaves):
    """RFC 9162, section 2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if index < k:
        return path_of(index, leaves[:k]) + [root(leaves[k:])]
    return path_of(index - k, leaves[k:]) + [root(leaves[:k])]


class Liar:
    """Hands calls on to the daemon, as whoever calls (their keys are in the network's folder), and lets `lie` change what
    comes back: lie(path, asked, answer, again), where `again` asks the daemon something else; all are bytes. What proves an
    act (ActProof) `lie_in_proof` may change: lie_in_proof(path, proof, again), where the proof is None if there is none and
    `again` answers with one; `proofs` are the true ones, by path."""

    def __init__(self, net):
        import grpc
        self.net, self.lie, self.port = net, None, free_port()
        self.lie_in_stream = None  # of the messages of a content
        self.lie_in_proof, self.proofs = None, {}
        self.ask_else = None  # (path, asked): what the daemon is asked in its place
        self.instead = {}  # by path: in which requests the liar does not even ask
        self.channels = {}
        roots = b"".join(path.read_bytes() for path in sorted((net.path / "trust").glob("*/anchor.pem")))
        key = [((net.path / "server/key.pem").read_bytes(), (net.path / "server/cert.pem").read_bytes())]
        self.server = grpc.server(futures.ThreadPoolExecutor(8))
        self.server.add_secure_port(f"localhost:{self.port}", grpc.ssl_server_credentials(key, roots, True))
        self.server.add_generic_rpc_handlers([self])
        self.server.start()

    def close(self):
        self.server.stop(0)
        for channel in self.channels.values():
            channel.close()

    def channel(self, account):
        import grpc
        if account not in self.channels:
            chain, key = (pathlib.Path(path).read_bytes() for path in self.net.credentials(account))
            self.channels[account] = grpc.secure_channel(
                f"localhost:{self.net.port}", grpc.ssl_channel_credentials((self.net.path / "ca.pem").read_bytes(), key, chain),
                [("grpc.use_local_subchannel_pool", 1), ("grpc.max_metadata_size", 32 * 1024)])
        return self.channels[account]

    def service(self, details):
        import grpc
        path = details.method

        def hand_on(asked, context):
            account = context.auth_context()["x509_subject_alternative_name"][0].decode().rsplit("/", 1)[1]
            kept = [(k, v) for k, v in context.invocation_metadata() if k in ("authorization", PROOF_FOR)]

            def ask_with_proof(other, message):
                body, call = self.channel(account).unary_unary(other).with_call(message, timeout=30, metadata=kept)
                return body, next((v for k, v in call.initial_metadata() if k == PROOF), None)

            def show(proof):
                if self.lie_in_proof:
                    proof = self.lie_in_proof(path, proof, ask_with_proof)
                if proof is not None:
                    context.send_initial_metadata([(PROOF, proof)])
            ask = lambda other, message: ask_with_proof(other, message)[0]
            if path in self.instead and self.instead[path] in asked:
                show(None)
                return self.lie(path, asked, b"", ask)
            try:
                answer, proof = ask_with_proof(path, self.ask_else(path, asked) if self.ask_else else asked)
            except grpc.RpcError as error:
                context.set_trailing_metadata([(k, v) for k, v in error.trailing_metadata() or ()
                                               if k == "grpc-status-details-bin"])
                context.abort(error.code(), error.details())
            if proof is not None:
                self.proofs[path] = proof
            show(proof)
            return self.lie(path, asked, answer, ask) if self.lie else answer
        def hand_stream_on(asked, context):
            account = context.auth_context()["x509_subject_alternative_name"][0].decode().rsplit("/", 1)[1]
            kept = [(k, v) for k, v in context.invocation_metadata() if k == "authorization"]
            for message in self.channel(account).unary_stream(path)(asked, timeout=30, metadata=kept):
                yield self.lie_in_stream(message) if self.lie_in_stream else message
        if path == READ_CONTENT:
            return grpc.unary_stream_rpc_method_handler(hand_stream_on)
        return grpc.unary_unary_rpc_method_handler(hand_on)


class Forge:
    """Notes as the ledger signs them, with its key or another."""

    def __init__(self, net):
        seed = (net.path / "keys/ledger.key").read_bytes()
        self.seed = seed if len(seed) == 32 else bytes.fromhex(seed.decode().strip())
        self.origin, self.key_id, _ = (net.path / "ledger.pub").read_text().strip().split("+", 2)

    def note(self, size, top, seed=None):
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        text = f"{self.origin}\n{size}\n{base64.b64encode(top).decode()}\n"
        signature = Ed25519PrivateKey.from_private_bytes(seed or self.seed).sign(text.encode())
        line = base64.b64encode(bytes.fromhex(self.key_id) + signature).decode()
        return f"{text}\n— {self.origin} {line}\n"


class Client:
    """The stock command line against the liar, remembering what it saw."""

    def __init__(self, net, port, account, name):
        self.net, self.home, self.account = net, str(net.path / f"client-{name}"), account
        here = net.path / "credentials" / account
        witnesses = [word for party, key in net.witness_keys.items() for word in ("--witness", f"{party}={key}")]
        do(ENTENTE, "profile", "add", account, "--server", f"localhost:{port}", "--root", net.path / "ca.pem", "--certificate",
           here / "cert.pem", "--key", here / "key.pem", "--password-file", here / "password", "--ledger-key",
           (net.path / "ledger.pub").read_text().strip(), "--office-keys", net.path / "offices" / account, *witnesses, env=self.environment())

    def environment(self):
        return {**os.environ, "XDG_CONFIG_HOME": self.home}

    def __call__(self, *verb):
        return run(ENTENTE, "--profile", self.account, *map(str, verb), env=self.environment())

    def content(self, *verb):
        done = self(*verb)
        assert done.returncode == 0, f"{verb}: {done.returncode} {done.stdout}{done.stderr}"
        return done.stdout

    def refuses(self, *verb):
        done = self(*verb)
        assert done.returncode == 7, f"believed: {verb}: {done.returncode} {done.stdout}{done.stderr}"
        return done.stderr.strip()
