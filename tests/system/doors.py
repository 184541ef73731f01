"""The other doors to what gRPC answers: Connect in Protocol Buffers and in JSON over HTTP/1.1, SDMX's web service and
CardDAV by application password. Nothing may be learnt by one that the caller's rpcs would not tell."""
import base64
import collections
import http.client
import json
import ssl

from small_network import STREAMS, Answer

KINDS = ("application/proto", "application/json")
# What differs between two calls of the same question: the time of the last call, a token's random bytes.
CHANGES = {"SessionService", "AccountService", "CertificateService", "LedgerService"}


class Door:
    """One account's line over HTTP/1.1."""

    def __init__(self, net, account):
        chain, key = net.credentials(account)
        context = ssl.create_default_context(cafile=net.dir + "/ca.pem")
        context.load_cert_chain(chain, key)
        context.set_alpn_protocols(["http/1.1"])
        self.line = http.client.HTTPSConnection("localhost", net.port, context=context, timeout=60)

    def ask(self, method, path, body=None, headers=()):
        self.line.request(method, path, body=body, headers=dict(headers))
        reply = self.line.getresponse()
        return reply.status, reply.read(), list(reply.getheaders())

    def close(self):
        self.line.close()


class Doors:
    def __init__(self, net, methods, check):
        self.net, self.methods, self.check = net, methods, check
        self.doors, self.taken, self.tried = {}, collections.Counter(), set()

    def close(self):
        for door in self.doors.values():
            door.close()

    def door(self, role):
        if role.account not in self.doors:
            self.doors[role.account] = Door(self.net, role.account)
        return self.doors[role.account]

    def repeats(self, role, method, answer):
        """Whether this call is worth asking elsewhere: the first of each outcome of a method for each role."""
        if method in STREAMS or (answer.ok and self.acts(method)):
            return False
        self.taken[role.account, method, answer.code] += 1
        return self.taken[role.account, method, answer.code] == 1

    def acts(self, method):
        from entente.v1 import options_pb2
        return self.methods[method].GetOptions().Extensions[options_pb2.rule].acts

    def compare(self, role, method, request, answer, hidden):
        """Asks the same by Connect in both encodings: the same code and message, the same body, and no hidden word."""
        if not self.repeats(role, method, answer):
            return
        self.tried.add(method)
        for kind in KINDS:
            got = self.connect(role, method, request, kind)
            context = f"{method} by {kind} as {role.account}: {request}\n{got}\nand by gRPC {answer}"
            self.check.assertEqual((got.code, got.message), (answer.code, answer.message), context)
            if answer.ok and method.split(".")[0] not in CHANGES:
                self.check.assertEqual(self.told(method, got.body), self.told(method, answer.body), context)
            face, said = got.face(), request.SerializeToString()
            for word in hidden:
                if word in face and word not in said:
                    self.check.fail(f"tells of {word.decode()}: {context}")

    def told(self, method, body):
        reply = self.methods[method].output_type._concrete_class.FromString(body)
        if "next_page_token" in reply.DESCRIPTOR.fields_by_name:
            reply.next_page_token = ""
        if "made_at" in reply.DESCRIPTOR.fields_by_name:  # when the answer was made
            reply.ClearField("made_at")
        return reply

    def connect(self, role, method, request, kind):
        from google.protobuf import json_format
        said = request.SerializeToString()
        if kind == "application/json":
            said = json_format.MessageToJson(request).encode()
        headers = {"content-type": kind, "connect-protocol-version": "1", **dict(role.headers())}
        status, body, headers = self.door(role).ask("POST", "/entente.v1." + method.replace(".", "/"), said, headers)
        if status != 200:
            error = json.loads(body)
            return Answer(error["code"].upper(), error.get("message", ""), body, headers, [])
        if kind == "application/json":
            body = json_format.Parse(body, self.methods[method].output_type._concrete_class()).SerializeToString()
        return Answer("OK", "", body, headers, [])


class Tool:
    """A program that knows HTTP and an application password, and nothing else."""

    def __init__(self, net, account, name, password):
        self.door = Door(net, account)
        pair = base64.b64encode(f"{name}:{password}".encode()).decode()
        self.headers = {"Authorization": "Basic " + pair}

    def ask(self, method, path, body=None, **headers):
        return self.door.ask(method, path, body, {**self.headers, **headers})

    def face(self, method, path, *names, **headers):
        """Status, headers and body as bytes; the names that were asked for stand as `?`, an id as its length."""
        status, body, fields = self.ask(method, path, **headers)
        out = [str(status).encode(), body]
        for key, value in fields:
            out.append(f"{key}={'#' * len(value) if 'request-id' in key or key == 'date' else value}".encode())
        joined = b"\n".join(out)
        for name in names:
            joined = joined.replace(name.encode(), b"?" * len(name))
        return status, joined

    def close(self):
        self.door.close()
