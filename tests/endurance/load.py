"""What a crowd does to the real daemon: lines that idle, lines that come and go, more calls than it can serve. Memory is
bounded and comes back, nothing is answered wrongly, honest callers get through.

    load.py [--idle N] [--idle-minutes N] [--churn N] [--overload N] [--part NAME]

  idle      N lines that have shaken hands and say nothing, for so many minutes (0 unless told) in which another account
            looks up ten times a second: at most 64 KiB each; all alive afterwards, all gone when closed
  churn     N connections, one call each
  overload  N look-ups of one account on 6,400 streams at once, and 300 of its sign-ins, whose passwords take seconds;
            what is shed says so, another account's look-ups go through meanwhile, and memory is back where it was

Rates and times are told and judged by nobody."""
import argparse
import pathlib
import resource
import socket
import ssl
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
sys.path.insert(0, str(HERE))
from h2load import h2load
from journey import Ground
from network import eventually
from small_network import PASSWORD, Caller, messages

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\x04\0\0\0\0\0"
LIMITS = """limits { connections: 20000 connections_per_address: 20000 connections_per_account: 20000
  connections_per_certificate: 20000 handshakes: 2000 idle_ms: 7200000 }
"""
IDLE_KIB_MAX = 64
GROWN_MIB_MAX = 32  # after a crowd: what the allocator keeps
ANNA = "persons/swe.anna"


class Load:
    def __init__(self, net, folder, idle_minutes):
        global M
        from entente.v1 import directory_pb2 as M
        self.net, self.folder, self.idle_minutes = net, folder, idle_minutes
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
        times = self.looked_up_for(60 * self.idle_minutes)
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
        if times:
            print(f"  in {self.idle_minutes:g} minutes {len(times)} look-ups, half within {1000 * times[len(times) // 2]:.1f} ms, 99 % "
                  f"within {1000 * times[len(times) * 99 // 100]:.1f}", flush=True)

    def looked_up_for(self, seconds):
        """How long each look-up took, ten a second."""
        times, end = [], time.monotonic() + seconds
        while (asked := time.monotonic()) < end:
            self.look_up(self.nora)
            times.append(time.monotonic() - asked)
            time.sleep(0.1)
        return sorted(times)

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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--idle", type=int, default=1_000)
    parser.add_argument("--idle-minutes", type=float, default=0)
    parser.add_argument("--churn", type=int, default=1_000)
    parser.add_argument("--overload", type=int, default=20_000)
    parser.add_argument("--part", choices=("idle", "churn", "overload"))
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # the daemon inherits it
    options.idle = min(options.idle, hard - 200)
    with messages() as folder, Ground() as net:
        net.config.write_text(net.config.read_text() + LIMITS)
        net.put_back()
        assert net.start_under(), net.logged()
        load = Load(net, pathlib.Path(folder), options.idle_minutes)
        for part in ("idle", "churn", "overload"):
            if options.part in (None, part):
                getattr(load, part)(getattr(options, part))
        load.nora.close()
        assert net.end() == 0, net.logged()


if __name__ == "__main__":
    main()
