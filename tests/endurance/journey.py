"""What the endurance programs share: a small network whose store is put back before each trial, and a scripted journey
of acts over it, whose outcome is held against what the daemon acknowledged.

The journey is one caller's at a time, so at each moment at most one act is neither acknowledged nor refused. Each act
writes one register: of every register, what is there in the end is what was acknowledged last, or what was tried after
that and got no answer; never anything older, and never half of it."""
import hashlib
import pathlib
import random
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))
from network import ENTENTED, run
from small_network import Caller, SmallNetwork

ANNA = "persons/swe.anna"
ROWS = "DATAFLOW,FREQ,REF_AREA,CITIZEN,SEX,AGE,APPLICATION,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS\n" + "".join(
    f"ALPHA:ASYLUM(1.0),A,SWE,AFG,_T,_T,N,{year},{{value}},A,F\n" for year in range(2001, 2025))


class Ground(SmallNetwork):
    """The network, and its store as it was made, which `put_back` restores."""

    def __init__(self):
        super().__init__()
        self.ended = None  # the exit code of a daemon that did not come to serve
        self.stop()
        self.base = self.path / "base"
        self.keep()

    def keep(self):
        """The store as it is now is what is put back."""
        shutil.rmtree(self.base, ignore_errors=True)
        shutil.move(self.path / "store", self.base)
        (self.base / "ballast").unlink(missing_ok=True)  # made anew by itself

    def put_back(self):
        shutil.rmtree(self.path / "store", ignore_errors=True)
        shutil.copytree(self.base, self.path / "store")

    def start_under(self, *under, seconds=60):
        """Starts the daemon, under strace say; False if it ended before it served."""
        (self.path / "ready").unlink(missing_ok=True)
        with open(self.path / "server.log", "a") as log:
            self.daemon = subprocess.Popen([*under, ENTENTED, "serve", "--config", str(self.config)], stdout=log,
                                           stderr=log)
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.daemon.poll() is None:
            if (self.path / "ready").exists():
                return True
            time.sleep(0.02)
        hangs = self.daemon.poll() is None
        if hangs:
            self.daemon.kill()
        self.ended, self.daemon = self.daemon.wait(), None
        assert not hangs, f"it neither serves nor ends: {self.logged()[-2000:]}"
        return False

    def end(self):
        """Ends the daemon, if it has not ended by itself, in order; its exit code."""
        if self.daemon is None:
            return self.ended
        if self.daemon.poll() is None:
            return self.stop()
        code, self.daemon = self.daemon.wait(), None
        return code


class Journey:
    """The acts, in order. `registers`: name -> the values that may stand there, oldest acknowledged first."""

    def __init__(self, net):
        global C, D, M, S, T
        from entente.v1 import directory_pb2 as M, documents_pb2 as D, session_pb2 as S, statistics_pb2 as T
        self.net = net
        self.registers, self.acknowledged, self.tried, self.codes = {}, 0, 0, set()
        self.told = lambda register, value: None  # called after each act that was acknowledged
        self.callers = {name: Caller(net, name) for name in ("anna", "ines")}

    def close(self):
        for caller in self.callers.values():
            caller.close()

    def ask(self, who, method, request, timeout=20):
        answer = self.callers[who].ask(method, request, timeout)
        if not answer.ok:
            self.codes.add(f"{method} {answer.code} {answer.message}")
        return answer

    # An act that writes `value` where `register` is.
    def act(self, register, value, made):
        self.tried += 1
        good = made is not None and made.ok
        self.acknowledged += good
        if good:
            self.registers[register] = [value]
            self.told(register, value)
        else:
            self.registers.setdefault(register, [None]).append(value)
        return good

    def sign_in(self):
        for name, caller in self.callers.items():
            self.act("session of " + name, None, caller.sign_in())

    def changed(self, who, get, request, message, method, make):
        """Reads, changes, writes back what the caller sees."""
        shown = self.ask(who, get, request)
        return self.ask(who, method, make(message.FromString(shown.body))) if shown.ok else None

    def title(self, i):
        def make(person):
            person.title = f"title {i}"
            return M.UpdatePersonRequest(person=person)
        self.act("title", f"title {i}", self.changed("anna", "DirectoryService.GetPerson", M.GetPersonRequest(name=ANNA),
                                                     M.Person, "DirectoryService.UpdatePerson", make))

    def period(self, i):
        make = lambda process: M.SetConfirmationPeriodRequest(process=process.name, days=30 + i, revision=process.revision)
        self.act("period", 30 + i, self.changed(
            "ines", "DirectoryService.GetProcess", M.GetProcessRequest(name="processes/alpha"), M.Process,
            "DirectoryService.SetConfirmationPeriod", make))

    def body(self, i):
        def make(body):
            body.title = f"body {i}"
            return M.UpdateBodyRequest(body=body)
        self.act("body", f"body {i}", self.changed(
            "ines", "DirectoryService.GetBody", M.GetBodyRequest(name="processes/alpha/bodies/wg-data"), M.Body,
            "DirectoryService.UpdateBody", make))

    def person(self, i):
        made = M.Person(name=f"persons/swe.new{i}", party="parties/SWE", given_name="New", family_name=str(i),
                        display_name=f"New {i}", title="x" * 250)
        self.act(f"person {i}", made.display_name, self.ask("anna", "DirectoryService.CreatePerson", M.CreatePersonRequest(
            person=made, process="processes/alpha")))

    def paper(self, i):
        """A document whose chunks lie beside the database's rows."""
        content, audience = random.Random(i).randbytes(300_000), ["process/alpha/members", "process/alpha/secretariat"]
        begun = self.ask("ines", "DocumentService.BeginContent", D.BeginContentRequest(
            upload_id=f"paper{i}", content=dict(language="en", file_name="paper.bin", media_type="application/octet-stream",
                                                bytes=len(content)),
            document=D.Document(kind=D.Document.STUDY, process="processes/alpha", title={"by_language": {"en": f"Paper {i}"}},
                                visibility={"handling": 2, "audience": {"any_of": audience}})))
        done, digest, name = None, hashlib.sha256(content), ""
        if begun.ok:
            name = D.ContentProgress.FromString(begun.body).document
            sent = self.ask("ines", "DocumentService.SendContent", D.SendContentRequest(upload_id=f"paper{i}", content=content))
            done = self.ask("ines", "DocumentService.FinishContent", D.FinishContentRequest(
                upload_id=f"paper{i}", sha256=digest.digest())) if sent.ok else None
        self.act("paper " + name, digest.hexdigest() if name else None, done)

    def upload(self, i):
        name, content = dict(upload_id=f"journey{i}"), ROWS.replace("{value}", str(1_000 + i)).encode()
        begun = self.ask("anna", "StatisticsService.BeginUpload", T.BeginUploadRequest(
            dataflow="dataflows/ALPHA.ASYLUM", action=T.REPLACE, format=T.SDMX_CSV, **name))
        sent = begun.ok and self.ask("anna", "StatisticsService.SendPiece", T.SendPieceRequest(content=content, **name))
        done = self.ask("anna", "StatisticsService.FinishUpload", T.FinishUploadRequest(
            sha256=hashlib.sha256(content).digest(), **name)) if sent and sent.ok else None
        self.act("figures", 1_000 + i, done)

    def rotate(self):
        run(ENTENTED, "rotate", "--config", str(self.net.config), "network")

    def go(self, rounds=3, draw=None):
        """With `draw`, the acts of each round in an order that it draws."""
        self.sign_in()
        steps = [self.title, self.person, self.period, self.upload, self.paper, self.body]
        for i in range(rounds):
            if draw:
                draw.shuffle(steps)
            for step in steps:
                step(i)
            if i == 0:
                self.rotate()

    def comes_back(self, seconds=60):
        """After a failure: an act is taken again, without anybody's help."""
        end, i = time.monotonic() + seconds, 100
        while True:
            i += 1
            for caller in self.callers.values():
                if not caller.token:
                    self.act("session of " + caller.account, None, caller.sign_in())
            before = self.acknowledged
            self.title(i)
            if self.acknowledged > before:
                return
            assert time.monotonic() < end, f"no act is taken any more: {self.codes}"
            time.sleep(0.3)

    # --- what is there ---

    def found(self, register):
        if register == "title":
            return M.Person.FromString(self.must("DirectoryService.GetPerson", M.GetPersonRequest(name=ANNA))).title
        if register == "period":
            return M.Process.FromString(self.must("DirectoryService.GetProcess", M.GetProcessRequest(
                name="processes/alpha"))).confirmation_period_days
        if register == "body":
            return M.Body.FromString(self.must("DirectoryService.GetBody", M.GetBodyRequest(
                name="processes/alpha/bodies/wg-data"))).title
        if register.startswith("person "):
            answer = self.ask("anna", "DirectoryService.GetPerson", M.GetPersonRequest(
                name="persons/swe.new" + register.split()[1]))
            return M.Person.FromString(answer.body).display_name if answer.ok else None
        if register.startswith("paper "):
            return self.read(register.split(" ")[1])
        return self.figures() if register == "figures" else None

    def read(self, document):
        """The digest of a document's content, read to its end; None without one."""
        content, total = b"", 1
        while len(content) < total:
            answer = self.ask("anna", "DocumentService.ReadContent", D.ReadContentRequest(
                name=document, language="en", offset=len(content)))
            part = D.ContentPart.FromString(answer.body)
            if not answer.ok or not part.content:
                assert answer.code == "NOT_FOUND" and not content, f"a part of a content: {answer.code}, {len(content)} bytes"
                return None
            content, total = content + part.content, part.total_bytes
        return hashlib.sha256(content).hexdigest()

    def figures(self):
        """The one value that all rows of the last upload have; None without any."""
        shown = T.Observations.FromString(self.must("StatisticsService.Query", T.QueryRequest(
            dataflow="dataflows/ALPHA.ASYLUM")))
        values = {value * 10 ** exponent for value, exponent in
                  zip(shown.values, list(shown.exponents) or [0] * len(shown.values), strict=True)}
        assert len(values) <= 1 and len(shown.values) in (0, 24), f"a part of an upload: {shown.values}"
        return values.pop() if values else None

    def must(self, method, request):
        answer = self.ask("anna", method, request)
        assert answer.ok, f"{method}: {answer}"
        return answer.body

    def check(self, entries_before):
        """Of a daemon that serves without faults: every register, and one entry for each act."""
        for caller in self.callers.values():
            answer = caller.sign_in()
            assert answer.ok, answer
        for register, values in self.registers.items():
            if values == [None]:
                continue
            found = self.found(register)
            untouched = values[0] is None and found not in values[1:]
            assert found in values or untouched, f"{register} is `{found}`, which is none of {values}"
        entries = self.net.metric("entente_ledger_entries_total") - entries_before - len(self.callers)
        assert self.acknowledged <= entries <= self.tried, \
            f"{entries} entries for {self.acknowledged} acknowledged of {self.tried} acts"


def whole(net):
    """The stopped store as its own programs see it."""
    for verb in ("fsck", "ledger"):
        checked = net.entented(verb)
        assert checked.returncode == 0, f"{verb}: {checked.returncode} {checked.stdout}{checked.stderr}"


def untouched_entries(net):
    net.put_back()
    assert net.start_under(), net.logged()
    entries = net.metric("entente_ledger_entries_total")
    net.end()
    return entries
