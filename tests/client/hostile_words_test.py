"""A server whose every word goes on behind a line feed, and every verb of the command line: no line of what is printed is
the server's.

Each verb is called as its own example has it; all that the answer says begins lines of its own. What is data for programs
(a table to save, a structure) is as it came, and is left out here."""
import os
import pathlib
import shlex
import sys
import tempfile
import unittest
from concurrent import futures

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))
from command_line_test import example_of, is_group, tree
from network import ENTENTE, do, free_port, run
from small_network import CA, messages

MARK = "FORGED"
DATA = {"export", "stats mapping show", "stats structures export", "meeting calendar"}
MESSAGE, BYTES, STRING, ENUM, BOOL = 11, 12, 9, 14, 8  # of FieldDescriptor


class Filler:
    """Messages that say something in every field; of a oneof, in the `choice`th."""

    def __init__(self, choice):
        self.choice = choice

    def value(self, field, depth):
        if field.type == STRING:
            return f"x/y\n{MARK} {field.name}\r\x85\u2028{MARK} too\nz"
        if field.type == BYTES:
            return b"\n" + MARK.encode() + b" " * (31 - len(MARK))
        if field.type == ENUM:
            return field.enum_type.values[-1 if self.choice else min(1, len(field.enum_type.values) - 1)].number
        return bool(self.choice) if field.type == BOOL else 3

    def fill(self, message, depth=0):
        if message.DESCRIPTOR.full_name == "google.protobuf.Timestamp":
            message.seconds = 1_800_000_000
            return message
        for field in message.DESCRIPTOR.fields:
            if field.message_type and field.message_type.full_name == "entente.v1.Receipt":
                continue  # nothing is proved here
            of = field.containing_oneof
            if of and of.fields[self.choice % len(of.fields)] is not field:
                continue
            self.put(message, field, depth)
        return message

    def put(self, message, field, depth):
        many = field.label == field.LABEL_REPEATED
        if field.type != MESSAGE:
            value = self.value(field, depth)
            if many:
                getattr(message, field.name).extend([value, value])
            else:
                setattr(message, field.name, value)
        elif field.message_type.GetOptions().map_entry:
            key, value = (field.message_type.fields_by_name[name] for name in ("key", "value"))
            if value.type == MESSAGE:
                self.fill(getattr(message, field.name)["en"], depth + 1)
            else:
                getattr(message, field.name)["en"] = self.value(value, depth)
        elif depth < 6:
            self.fill(getattr(message, field.name).add() if many else getattr(message, field.name), depth + 1)
            if not many:
                getattr(message, field.name).SetInParent()


class Hostile:
    """Answers every call of the contract, under the network's own certificate."""

    def __init__(self, folder):
        import grpc
        self.port, self.choice, self.refuses = free_port(), 0, False
        roots = (folder / "trust/SWE/anchor.pem").read_bytes()
        key = [((folder / "server/key.pem").read_bytes(), (folder / "server/cert.pem").read_bytes())]
        self.server = grpc.server(futures.ThreadPoolExecutor(8))
        self.server.add_secure_port(f"localhost:{self.port}", grpc.ssl_server_credentials(key, roots, True))
        self.server.add_generic_rpc_handlers([self])
        self.server.start()

    def service(self, details):
        import grpc
        from google.protobuf import descriptor_pool, message_factory
        method = descriptor_pool.Default().FindMethodByName(details.method.strip("/").replace("/", "."))
        kind = message_factory.MessageFactory().GetPrototype(method.output_type)

        def answer(_, context):
            if self.refuses:
                context.abort(grpc.StatusCode.FAILED_PRECONDITION, f"no\n{MARK} so\n{MARK} it is")
            message = Filler(self.choice).fill(kind())
            for field in message.DESCRIPTOR.fields:
                if field.name == "next_page_token":  # else a client that wants all of a list never has it
                    message.ClearField(field.name)
            return message.SerializeToString()
        if method.name in self.streams(method):
            return grpc.unary_stream_rpc_method_handler(lambda asked, context: iter([answer(asked, context)]))
        return grpc.unary_unary_rpc_method_handler(answer)

    @staticmethod
    def streams(method):
        from google.protobuf import descriptor_pb2
        proto = descriptor_pb2.ServiceDescriptorProto()
        method.containing_service.CopyToProto(proto)
        return {one.name for one in proto.method if one.server_streaming}


class HostileWords(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.messages = messages()
        cls.messages.__enter__()
        import importlib
        for proto in sorted((HERE.parents[1] / "proto/entente/v1").glob("*.proto")):
            importlib.import_module(f"entente.v1.{proto.stem}_pb2")
        cls.folder = tempfile.TemporaryDirectory(prefix="entente-hostile-")
        cls.path = pathlib.Path(cls.folder.name)
        ca = lambda *words: do(CA, "--dir", cls.path, *words)
        ca("init", "--network", "demo.example")
        ca("server", "--host", "localhost")
        ca("party", "SWE")
        ca("issue", "SWE", "person", "anna", "--out", cls.path / "anna")
        (cls.path / "password").write_text("vilhelmina sjunger tenor\n")
        cls.server = Hostile(cls.path)
        cls.environment = {**os.environ, "XDG_CONFIG_HOME": str(cls.path / "config"), "XDG_STATE_HOME": str(cls.path / "state")}
        do(ENTENTE, "profile", "add", "anna", "--server", f"localhost:{cls.server.port}", "--root", cls.path / "ca.pem",
           "--certificate", cls.path / "anna/cert.pem", "--key", cls.path / "anna/key.pem", "--password-file", cls.path / "password",
           env=cls.environment)
        cls.verbs = [(" ".join(path), example) for path, text in tree(ENTENTE) if not is_group(text)
                     for example in example_of(text)
                     if path[0] not in ("profile", "completion", "portal", "witness") and " ".join(path) not in DATA]

    @classmethod
    def tearDownClass(cls):
        cls.server.server.stop(0)
        cls.folder.cleanup()
        cls.messages.__exit__(None, None, None)

    def said(self, example):
        """What the example prints, in a folder in which its files are there."""
        words = shlex.split(example)[1:]
        with tempfile.TemporaryDirectory() as folder:
            for word in words:
                for name in word.split("=")[-1:]:
                    file = pathlib.Path(folder) / name
                    if "." in name and "/" not in name.strip("/") and len(name) < 80 and not name.startswith("-"):
                        file.write_text("party,name\nSWE,Anna Tester\n")
            done = run("timeout", "20", ENTENTE, *words, env=self.environment, cwd=folder, stdin=-3)
        return done.returncode, done.stdout + done.stderr

    def test_no_line_is_the_servers(self):
        forged, spoken = [], set()
        for choice in (0, 1):
            self.server.choice = choice
            for verb, example in self.verbs:
                code, told = self.said(example)
                if code not in range(0, 10):
                    forged.append(f"{example}: ended with {code}")
                if MARK in told:
                    spoken.add(verb)
                forged += [f"{example}: {line[:80]}" for line in told.splitlines() if line.startswith(MARK)]
        self.assertEqual("\n".join(sorted(set(forged)))[:4000], "")
        self.assertGreater(len(spoken), 50, spoken)  # what was tried at all

    def test_nor_is_a_refusals(self):
        self.server.refuses = True
        self.addCleanup(setattr, self.server, "refuses", False)
        for verb, example in self.verbs:
            told = self.said(example)[1]
            self.assertEqual([line for line in told.splitlines() if line.startswith(MARK)], [], example)


if __name__ == "__main__":
    unittest.main(verbosity=2)
