"""A party's participation ends while its official has streams open, reads by pages and writes: nothing that was asked after
the second person's word is answered or entered, no stream shows what came later, each ends, and what they held of pages is
worth nothing in the session that they may still open. Another member's streams flow on. No act of theirs, under way at
that very moment or later, stands behind it in the ledger.

    participation.py [--runs N] [--lines N] [--streams N] [--limit-ms N]

Told is how long after that word the last stream ended; judged only with --limit-ms, for the machine may be busy."""
import argparse
import os
import pathlib
import sys
import threading
import time

os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # that streams end is what is meant
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))
import journey
import signing
from network import eventually
from small_network import ACCOUNTS, NAME, Caller, SmallNetwork, messages, mobile

READERS = 4
PROCESS, FLOW = "processes/alpha", "dataflows/ALPHA.ASYLUM"
OTHERS_NUMBERS = [mobile(one[1]).encode() for one in ACCOUNTS if one[2] and one[0] != "SWE"]  # for members alone


class Stream:
    """One of the two kinds, read until it ends: the ledger's sizes, or the figures' uploads, each with when it came."""

    def __init__(self, caller, method, request, of):
        self.shown, self.ended, self.of = [], None, of
        self.call = caller.channel.unary_stream("/entente.v1." + method)(request, metadata=caller.headers())
        self.thread = threading.Thread(target=self.read)
        self.thread.start()

    def read(self):
        import grpc
        try:
            for message in self.call:
                self.shown.append(self.of(message))
        except grpc.RpcError:
            pass
        self.ended = time.monotonic()

    def close(self):
        self.call.cancel()
        self.thread.join()


def opened(caller):
    """A stream of each kind."""
    return [Stream(caller, "LedgerService/WatchCheckpoints", b"", lambda m: L.Checkpoint.FromString(m).size),
            Stream(caller, "HistoryService/Watch", H.WatchUploadsRequest(dataflow=FLOW, only_new=True).SerializeToString(),
                   lambda m: H.UploadNews.FromString(m).upload.party)]


class Busy:
    """Reads all persons of the process by pages of one, again and again, and changes the own title: what was asked when, and
    answered how."""

    def __init__(self, caller):
        self.caller, self.answers, self.tokens, self.over = caller, [], [], threading.Event()
        self.thread = threading.Thread(target=self.go)
        self.thread.start()

    def asks(self, method, request):
        asked = time.monotonic()
        answer = self.caller.ask(method, request)
        self.answers.append((asked, method, answer))
        return answer

    def go(self):
        token, n = "", 0
        while not self.over.is_set():
            page = self.asks("DirectoryService.SearchPersons", M.SearchPersonsRequest(
                process=PROCESS, page_size=1, page_token=token))
            token = M.SearchPersonsReply.FromString(page.body).next_page_token if page.ok else ""
            self.tokens += [token] if token else []
            self.asks("StatisticsService.Query", T.QueryRequest(dataflow=FLOW))
            shown = self.asks("DirectoryService.GetPerson", M.GetPersonRequest(name="persons/swe.anna"))
            if shown.ok:
                person, n = M.Person.FromString(shown.body), n + 1
                person.title = f"title {n}"
                self.asks("DirectoryService.UpdatePerson", M.UpdatePersonRequest(person=person))

    def close(self):
        self.over.set()
        self.thread.join()


class Secretariat:
    def __init__(self, net):
        self.net = net
        self.callers = {name: Caller(net, name) for name in ("ines", "igor", "nora")}
        self.signed_in = 0

    def sign_in(self):
        """Again before the five minutes are over in which two persons may decide; a password is rationed."""
        if time.monotonic() < self.signed_in + 240:
            return
        for caller in self.callers.values():
            eventually("they sign in", lambda: caller.sign_in().ok)
        self.signed_in = time.monotonic()

    def must(self, who, method, request, kind=None):
        answer = self.callers[who].ask(method, request)
        assert answer.ok, f"{method}: {answer}"
        return kind and kind.FromString(answer.body)

    def proposed(self, status):
        now = self.must("ines", "DirectoryService.GetParticipation", M.GetParticipationRequest(
            name=PROCESS + "/participations/SWE"), M.Participation)
        standing = M.Participation.Standing(status=status, span={"since": signing.today()})
        digest = signing.participation_digest(PROCESS, "parties/SWE", M.Participation.Status.Name(status),
                                              signing.today(), now.revision)
        return self.must("ines", "DirectoryService.ProposeParticipation", M.ProposeParticipationRequest(
            process=PROCESS, party="parties/SWE", standing=standing, revision=now.revision,
            signature=signing.Signer(self.net, "ines", NAME + "/ledger").consent(digest)), M.ParticipationProposal)

    def approve(self, proposal):
        self.must("igor", "DirectoryService.ApproveParticipation", M.ApproveParticipationRequest(
            name=proposal.name, digest=proposal.digest,
            signature=signing.Signer(self.net, "igor", NAME + "/ledger").consent(proposal.digest)))

    def upload(self, name):
        import hashlib
        content = journey.ROWS.replace("{value}", "7").replace("SWE,", "NOR,").encode()
        self.must("nora", "StatisticsService.BeginUpload", T.BeginUploadRequest(
            dataflow=FLOW, action=T.REPLACE, format=T.SDMX_CSV, upload_id=name))
        self.must("nora", "StatisticsService.SendPiece", T.SendPieceRequest(content=content, upload_id=name))
        self.must("nora", "StatisticsService.FinishUpload", T.FinishUploadRequest(
            sha256=hashlib.sha256(content).digest(), upload_id=name))

    def entries(self, begin):
        """Who acted in each entry from `begin` on, as a member of the secretariat sees it."""
        reply = self.must("ines", "LedgerService.ListEntries", L.ListEntriesRequest(**{"from": begin}, page_size=1000),
                          L.ListEntriesReply)
        return [row.entry.account for row in reply.rows]


def size(net):
    return int(net.metric("entente_ledger_entries_total"))


def one_run(net, office, run, lines, streams):
    """Milliseconds from the second person's word to the end of the last of so many streams on each of so many lines."""
    office.sign_in()
    callers = [Caller(net, "anna") for _ in range(lines + READERS)]
    eventually("the member signs in", lambda: callers[0].sign_in().ok)
    for caller in callers:
        caller.token = callers[0].token
    lost = [stream for caller in callers[:lines] for _ in range(streams // 2) for stream in opened(caller)]
    kept = opened(office.callers["nora"])
    readers = [Busy(caller) for caller in callers[lines:]]
    try:
        proposal = office.proposed(M.Participation.FORMER)
        eventually("all read", lambda: all(stream.shown for stream in lost + kept) and
                   all(len(reader.answers) > 8 and reader.tokens for reader in readers), 120)
        office.approve(proposal)
        told, entries = time.monotonic(), size(net)
        # Each later act of the others is one that the streams must not show any more.
        office.upload(f"later{run}")
        eventually("the other's streams show it", lambda: kept[1].shown[-1] == "parties/NOR" and kept[0].shown[-1] > entries)
        eventually("the streams end", lambda: all(stream.ended for stream in lost), 120)
        for reader in readers:
            eventually("each has asked since", lambda: reader.answers[-1][0] > told)
            reader.close()
        for asked, method, answer in [one for reader in readers for one in reader.answers]:
            assert asked < told or answer.code == "UNAUTHENTICATED", f"{method} after the end: {answer}"
        # The checkpoint that covers the end itself may have been on its way.
        late = [one for stream in lost for one in stream.shown if one == "parties/NOR" or isinstance(one, int) and one > entries]
        assert not late, f"a stream showed what came later: {late}"
        done = office.entries(entries)
        assert done and not any("SWE" in account for account in done), f"acts behind the end: {done}"
        after = Caller(net, "anna")
        eventually("the former member signs in", lambda: after.sign_in().ok)
        for token in {token for reader in readers for token in reader.tokens}:
            page = after.ask("DirectoryService.SearchPersons", M.SearchPersonsRequest(
                process=PROCESS, page_size=1, page_token=token))
            assert not any(number in page.body for number in OTHERS_NUMBERS), "a page of a member's"
        assert after.ask("StatisticsService.Query", T.QueryRequest(dataflow=FLOW)).code == "NOT_FOUND"
        after.close()
        office.approve(office.proposed(M.Participation.MEMBER))
        return 1000 * (max(stream.ended for stream in lost) - told)
    finally:
        for one in readers + lost + kept:
            one.close()
        for caller in callers:
            caller.close()


def learn():
    """The messages, once they are made."""
    global H, L, M, T
    from entente.v1 import directory_pb2 as M, history_pb2 as H, ledger_pb2 as L, statistics_pb2 as T


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--lines", type=int, default=4)
    parser.add_argument("--streams", type=int, default=12, help="on each line; an even number, half of each of two kinds")
    parser.add_argument("--limit-ms", type=float)
    options = parser.parse_args()
    with messages(), SmallNetwork() as net:
        learn()
        office = Secretariat(net)
        took = []
        for run in range(options.runs):
            took.append(one_run(net, office, run, options.lines, options.streams))
            print(f"  {run + 1}. of {options.runs}: {took[-1]:.0f} ms", flush=True)
        print(f"participation_to_last_of_{options.lines * options.streams}_streams_max {max(took):.0f} ms of {len(took)} runs")
    sys.exit(1 if options.limit_ms is not None and max(took) > options.limit_ms else 0)


if __name__ == "__main__":
    main()
