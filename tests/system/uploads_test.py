"""Files of figures as a ministry's program brings them, by the stock command line through the real port: lines that break, what
each action does, what is said of a faulty file, and files of every kind of broken."""
import base64
import csv
import hashlib
import io
import json
import os
import pathlib
import pty
import re
import socket
import subprocess
import tempfile
import threading
import unittest

import small_network
from network import ENTENTE, do, run
from small_network import Caller, SmallNetwork

HEADING = "DATAFLOW,FREQ,REF_AREA,CITIZEN,SEX,AGE,APPLICATION,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS\n"
ACTIONS = "STRUCTURE,STRUCTURE_ID,ACTION" + HEADING[len("DATAFLOW"):]
FLOW = "ALPHA.ASYLUM"


def row(citizen, period, value, status="A", free="F"):
    return f"ALPHA:ASYLUM(1.0),A,SWE,{citizen},_T,_T,N,{period},{value},{status},{free}\n"


def acting(action, citizen, period, value="", status=""):
    return f"dataflow,ALPHA:ASYLUM(1.0),{action},A,SWE,{citizen},_T,_T,N,{period},{value},{status},\n"


def unpacked(text):
    """What is packed into the words of a text: octets as JSON bears them."""
    for word in re.findall(r"[A-Za-z0-9+/]{8,}=*", text):
        try:
            yield base64.b64decode(word, validate=True).decode("latin-1")
        except ValueError:
            continue


def many(rows, citizen="AFG"):
    """A file of monthly figures."""
    lines = (f"ALPHA:ASYLUM(1.0),M,SWE,{citizen},_T,_T,N,{1000 + i // 12}-{i % 12 + 1:02},{i},A,F\n" for i in range(rows))
    return HEADING + "".join(lines)


class Line:
    """A line to the daemon that breaks once this many bytes have gone up it; the lines after it hold."""

    def __init__(self, port, breaks_after):
        self.to, self.left, self.broken = port, breaks_after, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.to))
            for source, target, up in ((near, far, True), (far, near, False)):
                threading.Thread(target=self.carry, args=(source, target, up), daemon=True).start()

    def carry(self, source, target, up):
        try:
            while data := source.recv(65536):
                if up and self.left is not None:
                    self.left -= len(data)
                    if self.left < 0:
                        self.left, self.broken = None, self.broken + 1
                        break
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        source.close()

    def close(self):
        self.listener.close()


class Uploads(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        global T
        cls.folder = tempfile.TemporaryDirectory()
        small_network.make_messages(cls.folder.name)
        from entente.v1 import statistics_pb2 as T
        cls.net = SmallNetwork()
        cls.homes = 0
        cls.anna = staticmethod(cls.client(cls.net.port))

    @classmethod
    def tearDownClass(cls):
        cls.net.stop()
        cls.net.remove()
        cls.folder.cleanup()

    @classmethod
    def client(cls, port, account="anna"):
        """`entente` of a profile whose server is behind `port`."""
        cls.homes += 1
        environment = {**os.environ, "XDG_CONFIG_HOME": str(cls.net.path / f"home-{cls.homes}")}
        here = cls.net.path / "credentials" / account
        do(ENTENTE, "profile", "add", account, "--server", f"localhost:{port}", "--root", cls.net.path / "ca.pem",
           "--certificate", here / "cert.pem", "--key", here / "key.pem", "--password-file", here / "password",
           "--ledger-key", (cls.net.path / "ledger.pub").read_text().strip(), env=environment)
        call = lambda *verb, **more: run(ENTENTE, "--profile", account, *map(str, verb), env=environment, **more)
        assert call("sign-in").returncode == 0
        call.environment = environment
        return call

    def file(self, content, name="figures.csv"):
        path = self.net.path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def bring(self, content, *more, client=None):
        done = (client or self.anna)("stats", "upload", self.file(content), "--to", FLOW, *more)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def figures(self, *where):
        done = self.anna("stats", "get", FLOW, "--csv", *where)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        if done.returncode == 1:
            return []
        return [(one["CITIZEN"], one["TIME_PERIOD"], one["OBS_VALUE"], one["OBS_STATUS"])
                for one in csv.DictReader(io.StringIO(done.stdout))]

    def entries(self):
        return int(self.net.metric("entente_ledger_entries_total"))  # a checkpoint may be a second behind

    def ask(self, caller, method, kind, request):
        answer = caller.ask("StatisticsService." + method, request)
        self.assertTrue(answer.ok, answer)
        return kind.FromString(answer.body)

    def test_a_line_that_breaks_goes_on_where_it_stood(self):
        content = many(30_000)
        line = Line(self.net.port, breaks_after=1_200_000)
        self.addCleanup(line.close)
        said = self.bring(content, client=self.client(line.port))
        self.assertEqual(line.broken, 1)
        self.assertIn("30000 observations in 1 series", said)
        self.assertIn(hashlib.sha256(content.encode()).hexdigest(), said)
        self.assertRegex(said, "receipt: entry [0-9]+ of the ledger")
        done = self.anna("stats", "upload", self.file(content), "--to", FLOW)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("was there already", done.stdout)
        self.assertEqual(len(self.figures("--where", "FREQ=M", "--where", "CITIZEN=AFG")), 30_000)

    def test_a_file_counts_once_more_when_that_is_said(self):
        one, other = (HEADING + row("SOM", 2003, figure) for figure in (1, 2))
        now = lambda: [figure for _, _, figure, _ in self.figures("--where", "CITIZEN=SOM")]
        soon = "2999-01-01"
        # Neither a dry run nor another embargo is the same upload.
        self.bring(one, "--dry-run")
        self.bring(one, "--dry-run", "--embargo", soon)
        self.bring(one)
        self.bring(other)
        done = self.anna("stats", "upload", self.file(one), "--to", FLOW)
        self.assertEqual((done.returncode, now()), (1, ["2"]), done.stdout)
        self.assertIn("--again", done.stdout)
        self.assertIn("kept as", self.bring(one, "--again"))
        self.assertEqual(now(), ["1"])
        self.bring(one, "--publish-totals")

    def test_a_line_that_breaks_for_good_leaves_nothing_and_an_id_counts_once(self):
        content = many(20_000, "SYR").encode()
        begin = T.BeginUploadRequest(upload_id="cut", dataflow="dataflows/" + FLOW, action=T.REPLACE, format=T.SDMX_CSV)
        here, before = ("--where", "FREQ=M", "--where", "CITIZEN=SYR"), self.entries()
        first = Caller(self.net, "anna")
        self.assertTrue(first.sign_in().ok)
        self.ask(first, "BeginUpload", T.UploadProgress, begin)
        self.ask(first, "SendPiece", T.UploadProgress, T.SendPieceRequest(upload_id="cut", content=content[:600_000]))
        first.close()
        self.assertEqual(self.figures(*here), [])
        # Another session goes on from the byte that the server has; out of its place a piece is refused.
        second = Caller(self.net, "anna")
        self.addCleanup(second.close)
        self.assertTrue(second.sign_in().ok)
        stands = self.ask(second, "BeginUpload", T.UploadProgress, begin)
        self.assertEqual(stands.offset, 600_000)
        wrong = second.ask("StatisticsService.SendPiece", T.SendPieceRequest(upload_id="cut", content=content[:9]))
        self.assertEqual(wrong.code, "FAILED_PRECONDITION", wrong)
        self.ask(second, "SendPiece", T.UploadProgress,
                 T.SendPieceRequest(upload_id="cut", offset=600_000, content=content[600_000:]))
        finish = T.FinishUploadRequest(upload_id="cut", sha256=hashlib.sha256(content).digest())
        kept = self.ask(second, "FinishUpload", T.UploadReport, finish)
        again = self.ask(second, "FinishUpload", T.UploadReport, finish)
        self.assertEqual((kept.observations, kept.repeated, again.repeated, again.name), (20_000, False, True, kept.name))
        self.assertTrue(self.ask(second, "BeginUpload", T.UploadProgress, begin).already_there)
        self.assertEqual(len(self.figures(*here)), 20_000)
        listed = json.loads(self.anna("--json", "stats", "uploads", FLOW).stdout)["uploads"]
        self.assertEqual(sum(1 for one in listed if one["name"] == kept.name), 1)
        self.assertGreater(self.entries(), before)

    def test_each_action_does_what_it_says(self):
        here = ("--where", "CITIZEN=IRQ,IRN", "--from", "2001", "--to", "2002")
        now = lambda: self.figures(*here)
        self.bring(HEADING + row("IRQ", 2001, 1) + row("IRN", 2001, 2, "P"), "--action", "append")
        self.assertEqual(now(), [("IRN", "2001", "2", "P"), ("IRQ", "2001", "1", "A")])
        # What is there already is a fault to who appends.
        done = self.anna("stats", "upload", self.file(HEADING + row("IRQ", 2001, 7)), "--to", FLOW, "--action", "append")
        self.assertEqual(done.returncode, 8, done.stdout)
        self.assertIn("is there already", done.stdout)
        # Replacing is whole, merging leaves what is not given, by the cell.
        self.bring(ACTIONS + acting("M", "IRN", 2001, "", "E") + acting("M", "IRQ", 2002, 3, "A"), "--action", "merge")
        self.assertEqual(now(), [("IRN", "2001", "2", "E"), ("IRQ", "2001", "1", "A"), ("IRQ", "2002", "3", "A")])
        self.bring(ACTIONS + acting("R", "IRN", 2001, 5, "A") + acting("D", "IRQ", 2002))
        self.assertEqual(now(), [("IRN", "2001", "5", "A"), ("IRQ", "2001", "1", "A")])
        # A row that asks for another action than the upload's is a fault.
        done = self.anna("stats", "upload", self.file(ACTIONS + acting("M", "IRN", 2001, 6)), "--to", FLOW)
        self.assertEqual(done.returncode, 8, done.stdout)
        self.assertIn("line 2, column 3 (ACTION)", done.stdout)
        self.bring(ACTIONS + acting("D", "IRN", 2001) + acting("D", "IRQ", 2001), "--action", "delete")
        self.assertEqual(now(), [])
        self.assertGreaterEqual(self.anna("stats", "get", FLOW, "--history", "--csv", *here).stdout.count("IRN"), 3)

    def test_a_faulty_file_is_told_as_text_json_and_a_table(self):
        faulty = self.file(HEADING + row("AFX", 2015, 1) + row("AFG", "2015-02-31", 2) + row("SYR", 2015, "3,5"), "faulty.csv")
        text = faulty.read_text().replace("3,5,", '"3,5",')
        faulty.write_text(text)
        table = self.net.path / "wrong.csv"
        before, shown = self.entries(), self.figures("--where", "FREQ=A", "--where", "CITIZEN=SYR,AFG")
        done = self.anna("stats", "upload", faulty, "--to", FLOW, "--dry-run", "--annotate", table)
        self.assertEqual(done.returncode, 8, done.stderr)
        self.assertRegex(done.stdout, r"line 2, column 4 \(CITIZEN\): `AFX` is not an item of .*; did you mean `AFG`\?")
        self.assertIn("line 3, column 8 (TIME_PERIOD): `2015-02-31`", done.stdout)
        self.assertIn("line 4, column 9 (OBS_VALUE): `3,5` has a comma", done.stdout)
        self.assertIn("3 faults in 3 rows; nothing was kept", done.stdout)
        rows = table.read_text().splitlines()
        self.assertTrue(rows[0].endswith("WHAT_IS_WRONG"))
        self.assertIn("did you mean `AFG`", rows[1])
        report = json.loads(self.anna("--json", "stats", "upload", faulty, "--to", FLOW, "--dry-run").stdout)
        self.assertEqual([(one["kind"], int(one["line"]), int(one["column"])) for one in report["problems"]],
                         [("UNKNOWN_CODE", 2, 4), ("BAD_PERIOD", 3, 8), ("BAD_NUMBER", 4, 9)])
        self.assertEqual(report["problems"][0]["nearest"], "AFG")
        self.assertEqual(self.figures("--where", "FREQ=A", "--where", "CITIZEN=SYR,AFG"), shown)
        self.assertEqual(self.entries(), before)

    def test_a_terminal_is_shown_how_far_it_is(self):
        path = self.file(many(30_000, "IRQ"), "large.csv")
        near, far = pty.openpty()
        done = subprocess.run([ENTENTE, "--profile", "anna", "stats", "upload", path, "--to", FLOW, "--dry-run"], stderr=far,
                              stdout=subprocess.PIPE, env=self.anna.environment, timeout=300)
        shown = os.read(near, 65536).decode()
        os.close(near), os.close(far)
        self.assertEqual(done.returncode, 0, done.stdout)
        # How far of how much, and how fast; the line is ended.
        percents = [int(one) for one in re.findall(r"\] (\d+) %, [\d.]+ of [\d.]+ MB", shown)]
        self.assertRegex(shown, r"\[#{30}\] 100 %, ([\d.]+) of \1 MB, [\d.]+ MB/s *\r?\n$")
        self.assertEqual(percents, sorted(percents))
        self.assertEqual(percents[-1], 100)
        self.assertGreater(len(percents), 1)
        # Where nobody looks nothing is drawn.
        done = self.anna("stats", "upload", path, "--to", FLOW, "--dry-run")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_what_is_taken_back_is_signed(self):
        said = self.bring(HEADING + row("ERI", 1999, 4))
        name = re.search(r"kept as (\S+)", said)[1]
        done = self.anna("stats", "withdraw", name)
        self.assertEqual(done.returncode, 0, done.stderr)
        by = re.search(r"by (dataflows/\S+)", done.stdout)[1]
        self.assertEqual(self.figures("--where", "CITIZEN=ERI"), [])
        evidence = self.net.path / "evidence"
        proven = self.anna("stats", "prove", by, "--save", evidence)
        self.assertEqual(proven.returncode, 0, proven.stderr)
        self.assertIn("holds: parties/SWE", proven.stdout)
        self.assertEqual((evidence / "manifest").read_text(), f"entente-withdrawal/1\n{name}\n")
        do("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", evidence / "signature.der", "-content",
           evidence / "manifest", "-CAfile", self.net.path / "trust/SWE/anchor.pem", "-purpose", "any", "-no_check_time",
           "-out", "/dev/null")

    def test_a_figure_is_proven_to_whoever_sees_it_and_no_other_is_given_away(self):
        # A Swedish file with one figure that Norway does not see.
        figures = self.file(HEADING + row("AFG", 1990, 10) + row("SYR", 1990, 20, free="C") + row("IRQ", 1990, "30.0"))
        self.assertEqual(self.anna("stats", "upload", figures, "--to", FLOW).returncode, 0)
        nora = self.client(self.net.port, "nora")
        which = lambda citizen: ("stats", "prove", FLOW, "--where", "CITIZEN=" + citizen, "--at", "1990")
        unclear = nora("stats", "prove", FLOW, "--at", "1990")
        self.assertIn("say which by CITIZEN (AFG, IRQ)\n", unclear.stderr)  # and not: SYR
        for code, why in (("SYR", ""), ("AFX", "`AFX` is no code of CITIZEN; ")):
            none = nora("stats", "get", FLOW, "--where", "CITIZEN=" + code, "--from", "1990", "--to", "1990")
            self.assertEqual((none.returncode, none.stdout), (1, "no figures\n"))
            self.assertRegex(none.stderr, "^" + why + ("" if why else "$"))
        evidence = self.net.path / "row"
        done = nora(*which("IRQ"), "--save", evidence)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("holds: parties/SWE supplied the row `,A,SWE,IRQ,_T,_T,N,1990,30.0,A,F", done.stdout)
        self.assertRegex(done.stdout, "entry [0-9]+ of the ledger")
        said = do("/usr/bin/python3", small_network.TOP / "docs/examples/verify_row.py", evidence)
        self.assertIn("OBS_VALUE: 30.0", said)
        do("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", evidence / "signature.der", "-content",
           evidence / "manifest", "-CAfile", self.net.path / "trust/SWE/anchor.pem", "-purpose", "any", "-no_check_time",
           "-out", "/dev/null")
        digest = hashlib.sha256(figures.read_bytes()).hexdigest()
        for shown in (done.stdout, nora("--json", *which("IRQ")).stdout, *(one.read_text("latin-1") for one in evidence.iterdir())):
            self.assertNotIn(digest, shown)
            for said in (shown, *unpacked(shown)):
                self.assertNotIn(",SYR,", said)
        # Another row does not pass for it, nor the same one with another figure.
        (evidence / "row").write_text((evidence / "row").read_text().replace("30.0", "31.0"))
        self.assertNotEqual(run("/usr/bin/python3", small_network.TOP / "docs/examples/verify_row.py", evidence).returncode, 0)
        # A whole file's proof has no row, which is said in words.
        upload = re.search(r"(?m)(\S+/uploads/\w+)$", self.anna("stats", "uploads", FLOW).stdout).group(1)
        whole = self.anna("stats", "prove", upload, "--file", figures, "--save", self.net.path / "whole")
        self.assertEqual(whole.returncode, 0, whole.stderr)
        without = run("/usr/bin/python3", small_network.TOP / "docs/examples/verify_row.py", self.net.path / "whole")
        self.assertEqual(without.returncode, 1)
        self.assertIn("no row-proof in ", without.stderr)
        self.assertNotIn("Traceback", without.stderr)
        hidden, absent = nora(*which("SYR")), nora(*which("ERI"))
        self.assertEqual((hidden.returncode, hidden.stderr), (absent.returncode, absent.stderr))
        whole = self.anna(*which("SYR"), "--file", figures)
        self.assertEqual(whole.returncode, 0, whole.stderr)
        self.assertIn("is that file, unaltered", whole.stdout)

    def test_a_mark_that_is_signed_and_gone_is_no_lie_of_the_host(self):
        def of_sex(sex, value, free):
            return f"ALPHA:ASYLUM(1.0),A,SWE,IRQ,{sex},_T,N,1983,{value},A,{free}\n"
        self.bring(HEADING + of_sex("_T", 30, "F") + of_sex("F", 20, "F") + of_sex("M", 10, "C"))
        here = ("--where", "CITIZEN=IRQ", "--from", "1983", "--to", "1983")
        own = self.anna("stats", "get", FLOW, "--csv", *here).stdout
        self.assertIn(",_T,_T,N,1983,30,A,D,\n", own)
        self.bring(own)  # the export, as it is
        which = ("stats", "prove", FLOW, "--where", "CITIZEN=IRQ", "--where", "SEX=_T", "--at", "1983")
        self.assertEqual(self.anna(*which).returncode, 0)
        self.bring(HEADING + of_sex("M", 10, "F"))
        said = self.anna(*which)
        self.assertIn("the party signed CONF_STATUS `D`, and the server shows `F`.", said.stderr)
        self.assertIn("ask the party, which can bring the figure in anew with `F`", said.stderr)
        self.assertEqual(said.returncode, 5, said.stderr)  # what does not hold would be 7
        # Who saw it for the first time when it was given again sees no upload that gave it, and is not told of one.
        nora = self.client(self.net.port, "nora")
        said = nora(*which)
        self.assertEqual((said.returncode, said.stdout), (5, ""))
        self.assertIn("no upload that you may see gave the figure as it stands", said.stderr)
        self.bring(HEADING + of_sex("_T", 30, "F"))
        self.assertEqual(nora(*which).returncode, 0)

    def test_what_is_exported_comes_in_as_it_was(self):
        # A dataflow of the process's own, of a later version, with a coded attribute whose codes a spreadsheet would reckon with.
        ines = Caller(self.net, "ines")
        self.assertTrue(ines.sign_in().ok)
        shown = ines.ask("StatisticsService.GetStructure", T.GetStructureRequest(name="dataflows/" + FLOW, with_references=True))
        there = T.StructureSet.FromString(shown.body)
        request = T.DefineStructuresRequest()
        codes = request.structures.codelists.add(name="codelists/ALPHA.CL_SIGN", version="1.0")
        codes.title.by_language["en"] = "Signs"
        for code in ("-1", "@A"):
            codes.items.add(id=code).title.by_language["en"] = code
        structure = request.structures.data_structures.add()
        structure.CopyFrom(there.data_structures[0])
        structure.name = "data-structures/ALPHA.SIGNED"
        next(one for one in structure.attributes if one.id == "OBS_STATUS").codelist = codes.name
        flow = request.structures.dataflows.add()
        flow.CopyFrom(there.dataflows[0])
        flow.name, flow.data_structure, flow.version = "dataflows/ALPHA.SIGNED", structure.name, "1.2"
        provision = request.structures.provisions.add()
        provision.CopyFrom(next(one for one in there.provisions if one.party == "parties/SWE"))
        provision.name = flow.name + "/provisions/SWE"
        done = ines.ask("StatisticsService.DefineStructures", request)
        self.assertTrue(done.ok, done)
        ines.close()
        content = HEADING.replace("\n", ",NOTE\n") + "".join(
            f"ALPHA:SIGNED(1.2),A,SWE,IRQ,_T,_T,N,{year},{year},{code},F,{note}\n"
            for year, code, note in ((1984, "-1", ""), (1985, "@A", "\"'=1+1\"")))
        file = self.file(content)
        self.assertEqual(self.anna("stats", "upload", file, "--to", "ALPHA.SIGNED").returncode, 0)
        own = self.anna("stats", "get", "ALPHA.SIGNED", "--csv").stdout
        self.assertEqual(own, content)
        again = self.anna("stats", "upload", self.file(own), "--to", "ALPHA.SIGNED", "--dry-run")
        self.assertEqual(again.returncode, 0, again.stdout + again.stderr)

    def test_a_figure_of_a_ministrys_own_table_is_proven_by_the_code_that_its_title_means(self):
        constants = {"FREQ": "A", "REF_AREA": "SWE", "SEX": "_T", "AGE": "_T", "APPLICATION": "N", "OBS_STATUS": "A", "CONF_STATUS": "F"}
        mapping = self.file(
            'encoding: "iso-8859-1" separator: ";" decimal: "," thousands: " " heading_line: 2\n'
            'columns { heading: "\\u00c5r" component: "TIME_PERIOD" period: "{Y}" }\n'
            'columns { heading: "Medborgarskap" component: "CITIZEN" by_title: true skip: "Totalt" }\n'
            'columns { heading: "Antal" component: "OBS_VALUE" }\n'
            + "".join(f'constants {{ component: "{name}" value: "{value}" }}\n' for name, value in constants.items()), "annual.textproto")
        put = self.anna("stats", "mapping", "put", FLOW, "annual", mapping)
        self.assertEqual(put.returncode, 0, put.stderr)
        table = self.file("Asylsökande;;\nÅr;Medborgarskap;Antal\n1991;Afghanistan;5 344\n1991;Algérie;12,5\n1991;Totalt;9 999\n"
                          .encode("latin-1"), "tabell.csv")
        done = self.anna("stats", "upload", table, "--to", FLOW, "--mapping", "annual")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        which = lambda citizen: ("stats", "prove", FLOW, "--where", "CITIZEN=" + citizen, "--at", "1991")
        for citizen, value in (("AFG", "5344"), ("DZA", "12.5")):
            proven = self.client(self.net.port, "nora")(*which(citizen))
            self.assertEqual(proven.returncode, 0, proven.stderr)
            self.assertIn(f"holds: parties/SWE supplied the row `,A,SWE,{citizen},_T,_T,N,1991,{value},A,F", proven.stdout)
        whole = self.anna(*which("DZA"), "--file", table)
        self.assertIn("is that file, unaltered", whole.stdout, whole.stderr)

    def broken(self):
        """Files of every kind of broken: name, content, what is said."""
        good, ml = HEADING + row("AFG", 2015, 1), "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/"
        xml = ('<?xml version="1.0" encoding="UTF-8"?>\n' f'<m:StructureSpecificData xmlns:m="{ml}message" xmlns:c="{ml}common">'
               '<m:Header><m:Structure structureID="S" dimensionAtObservation="AllDimensions"><c:Structure><Ref '
               'agencyID="ENTENTE" id="ASYLUM"/></c:Structure></m:Structure></m:Header><m:DataSet structureRef="S">')
        keys = "".join(f' D{i}="X"' for i in range(200))
        return [
            ("cut.xml", xml + '<Obs FREQ="A" REF_AREA="SWE"', "not well-formed"),
            ("laughs.xml", '<!DOCTYPE l [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'
             + xml + "&c;", "document type"),
            ("outside.xml", '<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + xml + "&a;", "document type"),
            ("keys.xml", xml + f"<Obs{keys}/></m:DataSet></m:StructureSpecificData>", "has no such column"),
            ("cut.json", '{"data": {"dataSets": [{"observations": {"0:0', "before it is whole"),
            ("nul.csv", good + "ALPHA:ASYLUM(1.0),A,SW\0E", "NUL"),
            ("mixed.csv", good.encode() + row("AFG", 2016, 1, "A", "é").encode("latin-1"), "not UTF-8"),
            ("wide.csv", b"\xff\xfe" + good.encode("utf-16-le"), "UTF-16"),
            ("separators.csv", good.replace(",", ";"), "not separated by commas"),
            ("twice.csv", good.replace("SEX", "CITIZEN"), "the column is there twice"),
            ("keys.csv", HEADING.strip() + "".join(f",D{i}" for i in range(200)) + "\n" + row("AFG", 2015, 1), "no such column"),
            ("huge.csv", HEADING + row("AFG", 2015, "1e308"), "`1e308` is no figure that"),
            ("february.csv", HEADING + row("AFG", "2015-02-31", 1), "`2015-02-31` is no period"),
            ("book.csv", b"PK\3\4" + bytes(3000), "workbook"),
            ("endless.csv", HEADING.encode() + b"x" * 48_000_000, "too long"),
            ("quote.csv", HEADING.encode() + b'"' + b"x\n" * 24_000_000, "quote is opened"),
            ("endless.xml", xml.encode() + b"<Obs " + b"x" * 48_000_000, "too long"),
            ("endless.json", b'{"data": "' + b"x" * 48_000_000, "too long")]

    def test_what_cannot_be_read_on_is_not_sent_on(self):
        path = self.file(HEADING.encode() + b"x" * 48_000_000, "endless.csv")
        done = self.anna("--json", "stats", "upload", path, "--to", FLOW)
        self.assertEqual(done.returncode, 8, done.stderr)
        report = json.loads(done.stdout)
        self.assertIn("the rest of the file was not read", report["problems"][0]["text"])
        # Of 48 megabytes the first piece came: in it the reader stopped.
        self.assertLess(int(report["bytes"]), 3_000_000)

    def test_broken_files_are_refused_in_words_within_bounds_and_leave_nothing(self):
        memory = lambda: int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{self.net.daemon.pid}/status").read_text())[1])
        entries, figures, before = self.entries(), self.figures("--where", "FREQ=A"), memory()
        for name, content, words in self.broken():
            with self.subTest(name):
                done = self.anna("stats", "upload", self.file(content, name), "--to", FLOW)
                self.assertEqual(done.returncode, 8, done.stdout + done.stderr)
                self.assertIn(words, done.stdout)
                self.assertIn("nothing was kept", done.stdout)
        # With a mark before it, UTF-8 is read; `NaN` is a figure that is reported without a value.
        done = self.anna("stats", "upload", self.file(b"\xef\xbb\xbf" + (HEADING + row("AFG", 2015, "NaN")).encode()), "--to",
                         FLOW, "--dry-run")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertLess(memory() - before, 64 * 1024, "KiB more than before")
        self.assertEqual(self.figures("--where", "FREQ=A"), figures)
        self.assertEqual(self.entries(), entries)


if __name__ == "__main__":
    unittest.main()
