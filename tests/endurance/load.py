"""What a crowd does to the real daemon: lines that idle, lines that come and go, more calls than it can serve, and a
mixed load that goes on. Memory is bounded and comes back, nothing is answered wrongly, honest callers get through.

    load.py [--idle N] [--churn N] [--overload N] [--soak MINUTES] [--part NAME]

  idle      N lines that have shaken hands and say nothing: at most 64 KiB each; all alive afterwards, all gone when closed
  churn     N connections, one call each
  overload  N look-ups of one account on 6,400 streams at once, and 300 of its sign-ins, whose passwords take seconds;
            what is shed says so, another account's look-ups go through meanwhile, and memory is back where it was
  soak      look-ups 60, queries 20, downloads 10, writes 8, sign-ins 2 of a hundred, for so many minutes: no error, no
            descriptor and no memory that grows

Rates and times are told and judged by nobody."""
import argparse
import collections
import pathlib
import random
import resource
import socket
import ssl
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
sys.path.insert(0, str(HERE))
import journey
from h2load import h2load
from journey import Ground, Journey
from network import eventually
from small_network import PASSWORD, Caller

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\x04\0\0\0\0\0"
LIMITS = """limits { connections: 20000 connections_per_address: 20000 connections_per_account: 20000
  connections_per_certificate: 20000 handshakes: 2000 idle_ms: 3600000 }
"""
IDLE_KIB_MAX = 64
GROWN_MIB_MAX = 32  # after a crowd: what the allocator keeps
SIGN_INS_APART = 15  # seconds: five a minute are let through of one certificate
ANNA = "persons/swe.anna"


class Load:
    def __init__(self, net, folder):
        global M, S, T
        from entente.v1 import directory_pb2 as M, session_pb2 as S, statistics_pb2 as T
        self.net, self.folder = net, folder
        self.nora = Caller(net, "nora")
        assert self.nora.sign_in().ok

    def memory(self):
        return self.net.metric("process_resident_memory_bytes") / 2**20

    def look_up(self, caller):
        answer = caller.ask("DirectoryService.GetPerson", M.GetPersonRequest(name=ANNA))
        assert answer.ok, answer
        return answer

    def settles(self, memory, descriptors):
        eventually("lines are gone", lambda: self.net.metric("process_open_fds") <= descriptors)
        eventually(f"memory is back at {memory:.0f} MiB", lambda: self.memory() <= memory + GROWN_MIB_MAX)

    def idle(self, count):
        context = ssl.create_default_context(cafile=self.net.path / "ca.pem")
        context.load_cert_chain(*self.net.credentials("anna"))
        context.set_alpn_protocols(["h2"])
        before, descriptors, lines, slowest = self.memory(), self.net.metric("process_open_fds"), [], 0
        began = time.monotonic()
        for number in range(count):
            line = context.wrap_socket(socket.create_connection(("127.0.0.1", self.net.port)), server_hostname="localhost")
            line.sendall(PREFACE)
            assert line.recv(9), f"line {number} was closed"
            lines.append(line)
            if number % 100 == 0:
                asked = time.monotonic()
                self.look_up(self.nora)
                slowest = max(slowest, time.monotonic() - asked)
        took = time.monotonic() - began
        each = (self.memory() - before) * 1024 / count
        assert each <= IDLE_KIB_MAX, f"{each:.1f} KiB a line"
        for line in lines:
            line.sendall(b"\0\0\x08\x06\0\0\0\0\0" + b"are you?")
        for number, line in enumerate(lines):
            answer = b""
            while b"are you?" not in answer:
                more = line.recv(4096)
                assert more, f"line {number} died"
                answer += more
            line.close()
        self.settles(before, descriptors)
        print(f"idle: {count} lines, {each:.1f} KiB each, opened in {took:.1f} s; a look-up meanwhile within "
              f"{1000 * slowest:.0f} ms", flush=True)

    def churn(self, count):
        before, descriptors, answered = self.memory(), self.net.metric("process_open_fds"), 0
        empty = self.folder / "empty"
        empty.write_bytes(b"\0\0\0\0\0")
        began = time.monotonic()
        while answered < count:
            some = min(200, count - answered)
            load = h2load(self.folder, f"https://localhost:{self.net.port}/grpc.health.v1.Health/Check",
                          self.net.credentials("anna"), "-n", some, "-c", some, "-m", 1, "-d", empty, "-H",
                          "content-type: application/grpc", "-H", "te: trailers")
            assert load.all_answered and load.total == some, load.text
            answered += some
        rate = count / (time.monotonic() - began)
        self.settles(before, descriptors)
        print(f"churn: {count} connections, {rate:.0f} a second with those who made them", flush=True)

    def overload(self, count):
        before, descriptors = self.memory(), self.net.metric("process_open_fds")
        sven = Caller(self.net, "sven")
        assert sven.sign_in().ok
        for what, method, question, calls, lines, streams in (
                ("look-ups", "DirectoryService/GetPerson", '{"name": "persons/swe.anna"}', count, 64, 100),
                ("sign-ins", "SessionService/SignIn", '{"password": "%s"}' % PASSWORD, 300, 16, 20)):
            load, honest, most = self.beside_others(sven, method, question, calls, lines, streams)
            # Connect: 429 is resource_exhausted; nothing may fail in another way.
            assert load.codes["2"] and load.codes["2"] + load.codes["4"] == calls, load.text
            assert what == "look-ups" or load.codes["4"], "three hundred passwords at once, and none was sent away"
            print(f"overload: of {calls} {what} {load.codes['2']} served, {load.rate:.0f} answers a second, {load.codes['4']} shed; "
                  f"{len(honest)} look-ups of another, half within {1000 * honest[len(honest) // 2]:.0f} ms, all within "
                  f"{1000 * honest[-1]:.0f}; at most {most:.0f} MiB, {before:.0f} before", flush=True)
        lars = Caller(self.net, "lars")
        answer = lars.sign_in()
        assert answer.ok, f"it did not recover: {answer}"
        lars.close()
        sven.close()
        self.settles(before, descriptors)

    def beside_others(self, caller, method, text, calls, lines, streams):
        """The crowd, how long each of another account's look-ups took meanwhile, and the most memory that was seen."""
        question, stop, honest, faults, most = self.folder / "question", threading.Event(), [], [], [0.0]
        question.write_text(text)

        def others():
            try:
                while not stop.is_set() or not honest:
                    asked = time.monotonic()
                    self.look_up(self.nora)
                    honest.append(time.monotonic() - asked)
                    most[0] = max(most[0], self.memory())
                    time.sleep(0.02)
            except BaseException as fault:
                faults.append(fault)
                raise
        other = threading.Thread(target=others)
        other.start()
        try:
            load = h2load(self.folder, f"https://localhost:{self.net.port}/entente.v1.{method}",
                          self.net.credentials(caller.account), "-n", calls, "-c", lines, "-m", streams, "-d", question,
                          "-H", "content-type: application/json", "-H", f"authorization: Bearer {caller.token}")
        finally:
            stop.set()
            other.join()
        assert not faults, faults
        return load, sorted(honest), most[0]

    def soak(self, minutes, seed):
        trip = Journey(self.net)
        trip.sign_in()
        trip.upload(1)
        assert trip.figures() == 1_001
        draw, done, memory, descriptors, times = random.Random(seed), collections.Counter(), [], [], []
        end, i, signed_in = time.monotonic() + 60 * minutes, 0, time.monotonic()
        while time.monotonic() < end:
            i += 1
            act = draw.choices(("look-up", "query", "download", "write", "sign-in"), (60, 20, 10, 8, 2))[0]
            began = time.monotonic()
            if act == "look-up":
                self.look_up(self.nora)
            elif act == "query":
                assert trip.figures() == 1_001
            elif act == "download":
                answer = trip.ask("anna", "DirectoryService.ExportPersons", M.ExportPersonsRequest(
                    process="processes/alpha", format=M.ExportPersonsRequest.VCARD_4))
                assert answer.ok, answer
            elif act == "write":
                before = trip.acknowledged
                trip.title(i)
                assert trip.acknowledged == before + 1, trip.codes
                assert trip.found("title") == f"title {i}"
            elif began - signed_in < SIGN_INS_APART:
                continue
            else:
                signed_in = began
                answer = trip.callers["ines"].sign_in()
                assert answer.ok, answer
            done[act] += 1
            times.append(time.monotonic() - began)
            if i % 50 == 0:
                memory.append(self.memory())
                descriptors.append(self.net.metric("process_open_fds"))
            time.sleep(0.01)
        trip.close()
        assert not trip.codes, trip.codes
        third = len(memory) // 3
        grown = min(memory[-third:]) - max(memory[:third])
        assert grown <= 8, f"memory grew by {grown:.1f} MiB: {memory}"
        assert max(descriptors[-third:]) <= max(descriptors[:third]) + 2, descriptors
        half = sorted(times[len(times) // 2:])
        print(f"soak: {minutes} minutes, {', '.join(f'{n} {act}' for act, n in sorted(done.items()))}, none failed; from "
              f"{memory[0]:.0f} to {memory[-1]:.0f} MiB, {descriptors[-1]:.0f} descriptors; 99 % within "
              f"{1000 * half[len(half) * 99 // 100]:.0f} ms in its second half", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--idle", type=int, default=1_000)
    parser.add_argument("--churn", type=int, default=1_000)
    parser.add_argument("--overload", type=int, default=20_000)
    parser.add_argument("--soak", type=float, default=1.0)
    parser.add_argument("--part", choices=("idle", "churn", "overload", "soak"))
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # the daemon inherits it
    options.idle = min(options.idle, hard - 200)
    folder = tempfile.TemporaryDirectory()
    journey.small_network.make_messages(folder.name)
    net = Ground()
    try:
        net.config.write_text(net.config.read_text() + LIMITS)
        net.put_back()
        assert net.start_under(), net.logged()
        load = Load(net, pathlib.Path(folder.name))
        for part in ("idle", "churn", "overload"):
            if options.part in (None, part):
                getattr(load, part)(getattr(options, part))
        if options.part in (None, "soak"):
            load.soak(options.soak, options.seed)
        load.nora.close()
        assert net.end() == 0, net.logged()
    finally:
        net.end()
        net.remove()
        folder.cleanup()


if __name__ == "__main__":
    main()
