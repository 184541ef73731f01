"""What was for somebody is so no longer, while they have it open: the audience of one document, and of one party's figures,
is narrowed; or an official's appointment ends. Their streams have more to give than their reader has taken; news flow on
others; and they open documents and ask, all the time. Nothing that was asked after the word is answered or entered, of a
content under way nothing is made any more, no stream shows what came later. Of who keeps the right, all goes on to its end.

    narrowing.py [--runs N] [--lines N] [--streams N] [--limit-ms N] [--seed S]

Told is how long after the word the last stream ended, once its reader took what was on the way; judged only with
--limit-ms, for the machine may be busy."""
import argparse
import hashlib
import os
import pathlib
import random
import socket
import ssl
import sys
import time

os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # that streams end is what is meant
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))
import participation
import signing
from line import Peer, framed
from network import eventually
from participation import FLOW, PROCESS, Secretariat, Stream, size
from small_network import NAME, Caller, SmallNetwork, messages

WATCHES = 4
CONTENT_BYTES, CHUNK_BYTES = 2 << 20, 256 * 1024  # a chunk is one message
# So much of the first message is left that the daemon makes no second one (limits.h, stream_queue_bytes_max).
WINDOW_BYTES = CHUNK_BYTES - 72 * 1024
MEMBERS, SECRETARIAT = "process/alpha/members", "process/alpha/secretariat"
NOT_FOUND = 5
INITIAL_WINDOW_SIZE = 4  # RFC 9113, 6.5.2
FRAME_HEAD_BYTES, DATA, HEADERS, RST_STREAM, END_STREAM = 9, 0, 1, 3, 1  # 4.1, 6


class Port:
    """What line.py calls a server."""

    def __init__(self, net, account):
        self.net, self.account = net, account

    def connect(self, certificate=None, protocol="h2"):
        context = ssl.create_default_context(cafile=self.net.path / "ca.pem")
        context.set_alpn_protocols([protocol])
        context.load_cert_chain(*self.net.credentials(self.account))
        raw = socket.create_connection(("127.0.0.1", self.net.port), timeout=30)
        return context.wrap_socket(raw, server_hostname="localhost")


def octets_to_the_end(line, streams):
    """What comes on a line until so many of its streams have ended, by the heads of its frames (RFC 9113, 4.1)."""
    octets, at = bytearray(), 0
    while streams:
        more = line.recv(65_536)
        assert more, "the line ends"
        octets += more
        while (end := at + FRAME_HEAD_BYTES + int.from_bytes(octets[at:at + 3], "big")) <= len(octets):
            kind, flags = octets[at + 3], octets[at + 4]
            streams -= kind == RST_STREAM or (kind in (DATA, HEADERS) and flags & END_STREAM)
            at = end
    return bytes(octets)


class Readers:
    """Streams of one document's content, on several lines, whose reader takes the first window and no more until `take`."""

    def __init__(self, net, caller, document, lines, streams):
        self.peers = [Peer(Port(net, caller.account), settings={INITIAL_WINDOW_SIZE: WINDOW_BYTES}) for _ in range(lines)]
        body = framed(D.ReadContentRequest(name=document, language="en"))
        for peer in self.peers:
            peer.h2.increment_flow_control_window(64 << 20)
            self.numbers = [peer.start("/entente.v1.DocumentService/ReadContent", body, caller.headers()) for _ in range(streams)]

    def replies(self):
        return [peer.replies[number] for peer in self.peers for number in self.numbers]

    def wait(self):
        """Until the first window of each is full: then the daemon has made one message, and waits."""
        for peer in self.peers:
            while not all(len(peer.replies[number].body) == WINDOW_BYTES for number in self.numbers):
                assert peer.read(60, acknowledge=False), "a content does not come"

    def take(self):
        """Reads all to their end; the moment at which the last one came. What came is looked at behind that: h2 takes longer
        over it than the daemon."""
        for peer in self.peers:
            for number in self.numbers:
                peer.h2.increment_flow_control_window(2 * CONTENT_BYTES, number)
            peer.flush()
            peer.line.settimeout(60)
        came = [octets_to_the_end(peer.line, len(self.numbers)) for peer in self.peers]
        last = time.monotonic()
        for peer, octets in zip(self.peers, came, strict=True):
            peer.take_in(octets, acknowledge=False)
        assert all(reply.over for reply in self.replies()), "a stream does not end"
        return last

    def close(self):
        for peer in self.peers:
            peer.line.close()


def parts(reply):
    """The messages of a stream, whole ones; nothing else may have come."""
    out, rest = [], reply.body
    while rest:
        length = int.from_bytes(rest[1:5], "big")
        assert len(rest) >= 5 + length, "a part of a message, and then the end"
        out.append(D.ContentPart.FromString(rest[5:5 + length]))
        rest = rest[5 + length:]
    return out


class Busy(participation.Busy):
    """Opens the document, which is entered, asks for it, for figures, for all that there is by pages of one."""

    def __init__(self, caller, document):
        self.document = document
        super().__init__(caller)

    def go(self):
        token = ""
        while not self.over.is_set():
            self.asks("DocumentService.OpenDocument", D.OpenDocumentRequest(name=self.document))
            self.asks("DocumentService.GetDocument", D.GetDocumentRequest(name=self.document))
            page = self.asks("DocumentService.ListDocuments", D.ListDocumentsRequest(page_size=1, page_token=token))
            token = D.ListDocumentsReply.FromString(page.body).next_page_token if page.ok else ""


class World:
    def __init__(self, net, options):
        self.net, self.office, self.draw, self.count = net, Secretariat(net), random.Random(options.seed), 0
        self.lines, self.streams = options.lines, options.streams

    def must(self, *words):
        return self.office.must(*words)

    def paper(self, audience):
        """A new document: (its name, its content)."""
        self.count += 1
        content, upload = self.draw.randbytes(CONTENT_BYTES), f"paper{self.count}"
        begun = self.must("ines", "DocumentService.BeginContent", D.BeginContentRequest(
            upload_id=upload, content=dict(language="en", file_name="paper.bin", media_type="application/octet-stream",
                                           bytes=len(content)),
            document=D.Document(kind=D.Document.STUDY, process=PROCESS, title={"by_language": {"en": upload}},
                                visibility={"handling": 2, "audience": {"any_of": audience}})), D.ContentProgress)
        self.must("ines", "DocumentService.SendContent", D.SendContentRequest(upload_id=upload, content=content))
        self.must("ines", "DocumentService.FinishContent", D.FinishContentRequest(
            upload_id=upload, sha256=hashlib.sha256(content).digest()))
        return begun.document, content

    def revise(self, document, audience):
        """Enters a revision; what the document is called tells which."""
        shown = self.must("ines", "DocumentService.GetDocument", D.GetDocumentRequest(name=document), D.Document)
        self.count += 1
        shown.title.by_language["en"] = f"title {self.count}"
        del shown.visibility.audience.any_of[:]
        shown.visibility.audience.any_of.extend(audience)
        self.must("ines", "DocumentService.UpdateDocument", D.UpdateDocumentRequest(document=shown))

    def provide(self, *audience):
        """Norway says who sees its figures; without an audience, whoever sees the dataflow."""
        one = T.Provision(name=FLOW + "/provisions/NOR", party="parties/NOR", reference_areas=["NOR"])
        one.audience.any_of.extend(audience)
        if not audience:
            one.ClearField("audience")
        self.must("nora", "StatisticsService.DefineStructures", T.DefineStructuresRequest(structures=T.StructureSet(
            provisions=[one])))

    def upload(self):
        self.count += 1
        self.office.upload(f"figures{self.count}")

    def signed_in(self, account, count):
        """Callers on so many lines, of one session."""
        callers = [Caller(self.net, account) for _ in range(count)]
        eventually(f"{account} signs in", lambda: callers[0].sign_in().ok)
        for caller in callers:
            caller.token = callers[0].token
        return callers

    def news(self, caller):
        """Streams that tell: of documents, the object of each; of figures, the party."""
        return [Stream(caller, "CirculationService/Watch", N.WatchRequest().SerializeToString(),
                       lambda m: N.News.FromString(m).object),
                Stream(caller, "HistoryService/Watch", H.WatchUploadsRequest(dataflow=FLOW, only_new=True).SerializeToString(),
                       lambda m: H.UploadNews.FromString(m).upload.party)]

    def is_rid_of(self, busy, told, refused):
        """All that was asked after the word was refused so."""
        for one in busy:
            eventually("each has asked since", lambda: one.answers[-1][0] > told)
            one.close()
        for asked, method, answer in [got for one in busy for got in one.answers]:
            if asked > told and method != "DocumentService.ListDocuments":
                assert answer.code == refused, f"{method} after the word: {answer}"

    def no_act_behind(self, entries, account):
        now = size(self.net)
        eventually("a checkpoint covers all", lambda: self.must("ines", "LedgerService.GetCheckpoint", b"", L.Checkpoint).size >= now)
        done = self.office.entries(entries)
        assert done and not any(account in one for one in done), f"acts behind the word: {done}"

    def kept_whole(self, reader, content):
        reader.take()
        for reply in reader.replies():
            assert reply.status == 0 and b"".join(part.content for part in parts(reply)) == content, "who keeps it, reads it"


def broken_off(readers, status):
    """Of each content came what was made before the word, and no more."""
    for reply in readers.replies():
        assert reply.status == status, f"a content ends with {reply.status}: {reply.trailers}"
        made = parts(reply)
        assert len(made) == 1 and len(made[0].content) == CHUNK_BYTES, f"{len(made)} messages were made"


def audience(world):
    """The document is for the secretariat alone, Norway's figures are for Norway: milliseconds to the last stream's end."""
    world.office.sign_in()
    document, content = world.paper([MEMBERS, SECRETARIAT])
    callers = world.signed_in("anna", 1 + WATCHES)
    readers, kept = Readers(world.net, callers[0], document, world.lines, world.streams), Readers(
        world.net, world.office.callers["nora"], document, 1, 2)
    theirs, others = world.news(callers[0]), world.news(world.office.callers["nora"])
    busy = [Busy(caller, document) for caller in callers[1:]]
    try:
        readers.wait()
        kept.wait()
        eventually("all read", lambda: all(s.shown for s in theirs + others) and all(len(one.answers) > 4 for one in busy), 120)
        world.upload()
        eventually("both see the figures", lambda: theirs[1].shown[-1] == others[1].shown[-1] == "parties/NOR")
        eventually("both see the document", lambda: document in theirs[0].shown and document in others[0].shown)
        world.provide("party/NOR")
        world.revise(document, [SECRETARIAT, "party/NOR"])
        told, entries = time.monotonic(), size(world.net)
        ended = readers.take()
        broken_off(readers, NOT_FOUND)
        world.is_rid_of(busy, told, "NOT_FOUND")
        seen = [list(stream.shown) for stream in theirs]
        before = [len(stream.shown) for stream in others]
        world.revise(document, [SECRETARIAT, "party/NOR"])
        world.upload()
        eventually("the others see it", lambda: all(len(s.shown) > n for s, n in zip(others, before, strict=True)))
        # What is for them again they are shown, behind which there is nothing of the rest.
        fresh, _ = world.paper([MEMBERS, SECRETARIAT])
        eventually("a new document is shown", lambda: theirs[0].shown[-1] == fresh)
        assert theirs[0].shown == [*seen[0], fresh] and theirs[1].shown == seen[1], "a stream showed what came later"
        assert not any(stream.ended for stream in theirs), "what had nothing to do with it has ended"
        world.no_act_behind(entries, "SWE")
        figures = callers[0].ask("StatisticsService.Query", T.QueryRequest(dataflow=FLOW))
        assert figures.ok and not T.Observations.FromString(figures.body).values, "figures that are not for them"
        world.kept_whole(kept, content)
        world.provide()
        return 1000 * (ended - told)
    finally:
        for one in busy + theirs + others + [readers, kept] + callers:
            one.close()


def appointment(world):
    """One of the secretariat is so no longer: milliseconds to the last stream's end."""
    world.office.sign_in()
    document, content = world.paper([SECRETARIAT])
    callers = world.signed_in("igor", 1 + WATCHES)
    readers, kept = Readers(world.net, callers[0], document, world.lines, world.streams), Readers(
        world.net, world.office.callers["ines"], document, 1, 2)
    theirs, others = world.news(callers[0]), world.news(world.office.callers["nora"])
    keeper = world.office.callers["ines"]
    busy = [Busy(caller, document) for caller in callers[1:]]
    pen = signing.Signer(world.net, "ines", NAME + "/ledger")
    try:
        offices = keeper.ask("DirectoryService.ListOffices", M.ListOfficesRequest(process=PROCESS, page_size=1000))
        held, = [one for one in M.ListOfficesReply.FromString(offices.body).offices
                 if any(it.person == "persons/igc.igor" for it in one.appointments)]
        now, = [it for it in held.appointments if it.person == "persons/igc.igor"]
        readers.wait()
        kept.wait()
        eventually("all read", lambda: all(s.shown for s in [*theirs, others[1]]) and all(len(one.answers) > 4 for one in busy), 120)
        ended = keeper.ask("DirectoryService.EndAppointment", pen.end(M.EndAppointmentRequest(), held.office, now))
        told, entries = time.monotonic(), size(world.net)
        assert ended.ok, ended
        world.upload()
        eventually("the others see it", lambda: others[1].shown[-1] == "parties/NOR")
        last = readers.take()
        eventually("the streams end", lambda: all(stream.ended for stream in theirs))
        for reply in readers.replies():
            assert reply.status != 0 and len(parts(reply)) == 1, f"{reply.status}: {len(parts(reply))} messages were made"
        assert theirs[1].shown[-1] == "", "a stream showed what came later"
        world.is_rid_of(busy, told, "UNAUTHENTICATED")
        world.no_act_behind(entries, "igor")
        world.kept_whole(kept, content)
        again = keeper.ask("DirectoryService.Appoint", pen.beginning(M.AppointRequest(
            office=held.office.name, person="persons/igc.igor", capacity=M.HOLDER), held.office))
        assert again.ok, again
        return 1000 * (max([last, *[stream.ended for stream in theirs]]) - told)
    finally:
        for one in busy + theirs + others + [readers, kept] + callers:
            one.close()


def main():
    global D, H, L, M, N, T
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--lines", type=int, default=4)
    parser.add_argument("--streams", type=int, default=12, help="of contents, on each line")
    parser.add_argument("--limit-ms", type=float)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    longest = 0
    with messages(), SmallNetwork() as net:
        from entente.v1 import (circulations_pb2 as N, directory_pb2 as M, documents_pb2 as D, history_pb2 as H,
                                ledger_pb2 as L, statistics_pb2 as T)
        participation.learn()
        world = World(net, options)
        for what in (audience, appointment):
            took = [what(world) for _ in range(options.runs)]
            longest = max([longest, *took])
            print(f"{what.__name__}_to_last_of_{options.lines * options.streams}_streams_max {max(took):.0f} ms of {len(took)} runs", flush=True)
    sys.exit(1 if options.limit_ms is not None and longest > options.limit_ms else 0)


if __name__ == "__main__":
    main()
