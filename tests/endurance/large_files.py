"""Files that are far longer than memory: rows of which each has a fault, and a line that has no end, of which a thousand faults
are told, all are counted, and nothing is kept; figures, all of which are asked for in one answer; and a restricted document (of 4 GiB at most), which is brought and fetched whole,
while one byte more than that is refused. Neither the daemon nor the command line takes more memory than for a short one.

    large_files.py [--gigabytes N]
"""
import argparse
import collections
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))
from network import ENTENTE, do
from small_network import SmallNetwork

FLOW = "ALPHA.ASYLUM"
HEADING = "DATAFLOW,FREQ,REF_AREA,CITIZEN,SEX,AGE,APPLICATION,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS\n"
# What is wrong with a row, and the row.
FAULTY = [("UNKNOWN_CODE", "A,SWE,AFX,_T,_T,N,2015,1,A,F"), ("BAD_NUMBER", 'A,SWE,AFG,_T,_T,N,2015,"1,5",A,F'),
          ("BAD_PERIOD", "A,SWE,AFG,_T,_T,N,2015-02-31,1,A,F"), ("WRONG_FREQUENCY", "M,SWE,AFG,_T,_T,N,2015,1,A,F"),
          ("WRONG_PARTY", "A,NOR,AFG,_T,_T,N,2015,1,A,F"), ("MISSING_VALUE", "A,SWE,,_T,_T,N,2015,1,A,F")]
DAEMON_MIB, CLIENT_MIB = 64, 64  # more than before; in all
ANSWER_MIB = 32  # more than before, of an answer of 46 MB: what is sent is given back
KEEPING_MIB = 224  # more than before: RocksDB's log in memory, its cache, what it merges; none of it grows with the document
DOCUMENT_MAX = 4 << 30


class Uploader:
    def __init__(self, net):
        self.net, self.environment = net, {**os.environ, "XDG_CONFIG_HOME": str(net.path / "home")}
        here = net.path / "credentials/anna"
        do(ENTENTE, "profile", "add", "anna", "--server", f"localhost:{net.port}", "--root", net.path / "ca.pem",
           "--certificate", here / "cert.pem", "--key", here / "key.pem", "--password-file", here / "password",
           "--ledger-key", (net.path / "ledger.pub").read_text().strip(), env=self.environment)
        do(ENTENTE, "--profile", "anna", "sign-in", env=self.environment)

    def daemon_mib(self):
        status = pathlib.Path(f"/proc/{self.net.daemon.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024

    def forget_peak(self):
        pathlib.Path(f"/proc/{self.net.daemon.pid}/clear_refs").write_text("5")

    def run(self, *words):
        """What the command line says, and the most memory that it took."""
        with open(self.net.path / "said", "w+", encoding="utf-8") as out:
            client = subprocess.Popen([ENTENTE, "--profile", "anna", *map(str, words)], stdout=out, stderr=out, env=self.environment)
            _, status, usage = os.wait4(client.pid, 0)
            client.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            return client.returncode, out.read(), usage.ru_maxrss / 1024

    def bring(self, path):
        """The report of a file that is refused, and what it took."""
        before, start = self.daemon_mib(), time.monotonic()
        out = open(self.net.path / "report.json", "wb+")
        client = subprocess.Popen([ENTENTE, "--profile", "anna", "--json", "stats", "upload", path, "--to", FLOW], stdout=out,
                                  env=self.environment)
        _, status, usage = os.wait4(client.pid, 0)
        client.returncode = os.waitstatus_to_exitcode(status)
        assert client.returncode == 8, client.returncode
        out.seek(0)
        report = json.load(out)
        out.close()
        more, own = self.daemon_mib() - before, usage.ru_maxrss / 1024
        print(f"{path.name}: {path.stat().st_size / 1e9:.2f} GB, {int(report['bytes']) / 1e9:.3f} of them sent, in "
              f"{time.monotonic() - start:.0f} s; the daemon's memory {self.daemon_mib():.0f} MiB ({more:.0f} more than before), "
              f"the client's {own:.0f} MiB", flush=True)
        assert more < DAEMON_MIB and own < CLIENT_MIB, (more, own)
        assert "name" not in report and not report.get("accepted"), "something was kept"
        return report


def wrong_rows(uploader, size):
    path = uploader.net.path / "wrong-rows.csv"
    block = "".join(f"ALPHA:ASYLUM(1.0),{row}\n" for _, row in FAULTY) * 1_000
    count = collections.Counter()
    with open(path, "w", encoding="ascii") as out:
        out.write(HEADING)
        while out.tell() < size:
            out.write(block)
            count.update({kind: 1_000 for kind, _ in FAULTY})
    report = uploader.bring(path)
    path.unlink()
    told = {one["kind"]: int(one["count"]) for one in report["problem_counts"]}
    assert told == dict(count), (told, count)
    assert len(report["problems"]) == 1_000 and int(report["problems_more"]) == sum(count.values()) - 1_000
    assert all(int(one["line"]) == i + 2 for i, one in enumerate(report["problems"])), "faults are told in their order"
    assert report["problems"][0]["nearest"] == "AFG", report["problems"][0]


def endless_line(uploader, size):
    path = uploader.net.path / "endless-line.csv"
    with open(path, "w", encoding="ascii") as out:
        out.write(HEADING)
        while out.tell() < size:
            out.write("x" * (1 << 20))
    report = uploader.bring(path)
    path.unlink()
    assert "the rest of the file was not read" in report["problems"][0]["text"], report["problems"]
    assert int(report["bytes"]) < 3 << 20, "it was sent on though it could not be read on"


def a_long_answer(uploader):
    path, back = uploader.net.path / "rows.csv", uploader.net.path / "figures.xml"
    months = [f"{year}-{month:02}" for year in range(1000, 3500) for month in range(1, 13)]
    citizens = ("AFG", "ERI", "IRN", "IRQ", "SOM", "SYR", "TUR", "UKR")  # 240,000 rows
    with open(path, "w", encoding="ascii") as out:
        out.write(HEADING)
        for citizen in citizens:
            out.writelines(f"ALPHA:ASYLUM(1.0),M,SWE,{citizen},_T,_T,N,{month},{i},A,F\n" for i, month in enumerate(months))
    code, said, _ = uploader.run("stats", "upload", path, "--to", FLOW)
    assert code == 0, said
    path.unlink()
    uploader.forget_peak()
    before = uploader.daemon_mib()
    code, said, own = uploader.run("stats", "get", FLOW, "--as", "sdmx-ml", "--out", back)
    assert code == 0, said
    more, length = uploader.daemon_mib() - before, back.stat().st_size
    with open(back, encoding="ascii") as figures:
        count, end = 0, ""
        while piece := figures.read(1 << 20):  # little at a time: a child begins as large as its parent
            end = end[-len("<gen:Obs") :] + piece
            count += end.count("<gen:Obs>")
        assert count == len(citizens) * len(months), "figures are missing"
    back.unlink()
    print(f"an answer of {length / 1e6:.0f} MB: the daemon's memory {more:.0f} MiB more than before, the client's {own:.0f} MiB", flush=True)
    assert length > 44_000_000, length
    assert more < ANSWER_MIB and own < CLIENT_MIB, (more, own)


def a_document(uploader, size):
    paper, back = uploader.net.path / "paper.bin", uploader.net.path / "back.bin"
    sent, came, block = hashlib.sha256(), hashlib.sha256(), os.urandom(1 << 20)
    with open(paper, "wb") as out:
        for number in range(0, size, 1 << 20):
            piece = (number.to_bytes(8, "big") + block[8:])[:size - number]
            sent.update(piece)
            out.write(piece)
    upload = ("document", "upload", paper, "--process", "alpha", "--to", "members", "--handling", "restricted", "--yes")
    before, start = uploader.daemon_mib(), time.monotonic()
    code, said, up = uploader.run(*upload)
    assert code == 0, said
    middle = time.monotonic()
    name = next(word for word in said.split() if word.startswith("documents/")).rstrip(":")
    code, said, down = uploader.run("document", "get", name, "--out", back)
    assert code == 0, said
    more, end = uploader.daemon_mib() - before, time.monotonic()
    with open(back, "rb") as copy:
        for at in range(0, size, 1 << 20):
            came.update(copy.read(min(1 << 20, size - at)))
        assert b"RESTRICTED - copy 1 of" in copy.read()
    assert came.digest() == sent.digest(), "it came back as another"
    back.unlink()
    print(f"a document of {size / 1e9:.2f} GB: brought in {middle - start:.0f} s, fetched in {end - middle:.0f} s; the daemon's memory "
          f"{uploader.daemon_mib():.0f} MiB ({more:.0f} more than before), the client's {up:.0f} and {down:.0f} MiB", flush=True)
    assert more < KEEPING_MIB and max(up, down) < CLIENT_MIB, (more, up, down)
    if size == DOCUMENT_MAX:
        with open(paper, "ab") as out:
            out.write(b"x")
        code, said, _ = uploader.run(*upload)
        assert code == 8 and "content.bytes" in said, (code, said)
    paper.unlink()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=0.03)
    size = int(parser.parse_args().gigabytes * 1e9)
    with SmallNetwork() as net:
        uploader = Uploader(net)
        wrong_rows(uploader, size)
        endless_line(uploader, size)
        a_long_answer(uploader)
        a_document(uploader, min(size, DOCUMENT_MAX))


main()
