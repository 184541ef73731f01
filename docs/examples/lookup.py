#!/usr/bin/env python3
"""lookup.py HOST:PORT CA CERTIFICATE KEY PASSWORD-FILE PARTY TOPIC: who answers for a topic in a party?
From the .proto files alone: Debian's python3-grpcio and protobuf-compiler. PROTO names their folder."""
import os, subprocess, sys, tempfile
import grpc

address, ca, certificate, key, password_file, party, topic = sys.argv[1:]
proto = os.environ.get("PROTO", "/usr/share/entente/proto")
made = tempfile.TemporaryDirectory()
files = [f"entente/v1/{name}.proto" for name in ("options", "types", "session", "directory")]
subprocess.run(["protoc", "-I", proto, "--python_out", made.name, *files], check=True)
sys.path.insert(0, made.name)
from entente.v1 import directory_pb2, session_pb2

def read(path):
    with open(path, "rb") as file:
        return file.read()

def call(method, request, reply, metadata=()):
    return channel.unary_unary(method, type(request).SerializeToString, reply.FromString)(
        request, timeout=10, metadata=metadata)

channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(read(ca), read(key), read(certificate)))
password = read(password_file).decode().splitlines()[0]
session = call("/entente.v1.SessionService/SignIn", session_pb2.SignInRequest(password=password),
               session_pb2.SignInReply)
query = directory_pb2.WhoAnswersRequest(party="parties/" + party, topic=topic)
found = call("/entente.v1.DirectoryService/WhoAnswers", query, directory_pb2.WhoAnswersReply,
             [("authorization", "Bearer " + session.token)])
for answer in found.answers:
    print(f"{answer.person.display_name}, {answer.office.title}")
    for contact in answer.person.contacts:
        print("  " + contact.value)
