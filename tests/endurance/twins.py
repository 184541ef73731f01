"""Twin worlds: two that differ only in what a caller may not see. In one, the other process's people enter persons, offices
and figures, change entries, start contact tests; and of the own process a party brings figures, and notes, to a provision
that is for others' eyes. In the other nothing happens. Whoever has no part in that process asks both
worlds everything that the contract lets be asked without acting, by every door, and is answered the same bytes.

    twins.py [--words N] [--seed S]

Requests are made from the descriptors, so that a new rpc is asked without being named here. The ledger's size is everybody's to
know (docs/threat-model.md), and is not asked."""
import argparse
import hashlib
import importlib
import pathlib
import random
import re
import sys
import time

from journey import ROWS, Ground
from network import TOP, eventually

HERE = pathlib.Path(__file__).resolve().parent
from small_network import Caller, messages
import doors

# Of no part in `betaa`: a member, its body's contact, an observer, a suspended and a former party, a stranger.
ASKERS = ("anna", "sven", "uma", "elsa", "nico", "finn")
# What a caller changes by asking is the caller's own; the ledger grows for all; a draft's key is of its network's keyring.
LEFT_OUT = {"LedgerService", "SessionService", "DraftService"}
NAMES = ["processes/alpha", "processes/betaa", "parties/FRA", "parties/SWE", "persons/fra.fleur", "persons/fra.hidden0",
         "persons/fra.never0", "persons/swe.anna", "offices/fra.betaa.hidden", "offices/fra.betaa.focal-point",
         "offices/swe.alpha.focal-point", "processes/betaa/bodies/wg-visa", "processes/betaa/participations/FRA",
         "dataflows/BETAA.ASYLUM", "dataflows/ALPHA.ASYLUM", "dataflows/ALPHA.ASYLUM/provisions/NOR",
         "dataflows/ALPHA.ASYLUM/provisions/SWE", "parties/NOR", "parties/FRA/accounts/fleur",
         "processes/betaa/contactTests/fra.fleur"]
TEXTS = {"query": ["", "hidden", "fleur", "a", "fra"], "topic": ["hidden", "asylum"], "as_of": ["2026-01-01"],
         "language": ["en"], "page_token": ["AAAA"], "on": ["2026-01-01"]}


class Doers:
    """Accounts that act; whatever they do is taken."""

    def __init__(self, net, *names):
        self.callers = {name: Caller(net, name) for name in names}
        for caller in self.callers.values():  # a crowd that signs in is told to wait
            eventually("they sign in", lambda: caller.sign_in().ok)

    def did(self, who, method, request):
        answer = self.callers[who].ask(method, request)
        assert answer.ok, f"{method}: {answer}"
        return answer.body

    def provide(self, who, party, *notes):
        """The party's provision, for Finland's eyes."""
        from entente.v1 import statistics_pb2 as T
        name = f"dataflows/ALPHA.ASYLUM/provisions/{party}"
        one = T.Provision(name=name, party=f"parties/{party}", reference_areas=[party])
        one.audience.any_of.append("party/FIN")
        for note in notes:
            one.notes.add(concept_id="COVERAGE").text.by_language["en"] = note
        self.did(who, "StatisticsService.DefineStructures", T.DefineStructuresRequest(
            structures=T.StructureSet(provisions=[one])))

    def upload(self, who, party, process, value=7, upload="figures"):
        from entente.v1 import statistics_pb2 as T
        content = ROWS.replace("ALPHA", process).replace("SWE", party).replace("{value}", str(value)).encode()
        name = dict(upload_id=upload)
        self.did(who, "StatisticsService.BeginUpload", T.BeginUploadRequest(
            dataflow=f"dataflows/{process}.ASYLUM", action=T.REPLACE, format=T.SDMX_CSV, **name))
        self.did(who, "StatisticsService.SendPiece", T.SendPieceRequest(content=content, **name))
        done = self.did(who, "StatisticsService.FinishUpload", T.FinishUploadRequest(
            sha256=hashlib.sha256(content).digest(), **name))
        assert T.UploadReport.FromString(done).accepted, "the figures were not taken"

    def bring(self, who, process, kinds, words):
        """A document, found by its title and its text; its name."""
        from entente.v1 import documents_pb2 as D
        upload, content = hashlib.sha256((process + words).encode()).hexdigest(), f"A paper: {words}.".encode()
        begun = self.did(who, "DocumentService.BeginContent", D.BeginContentRequest(
            upload_id=upload, content=dict(language="en", file_name="paper.txt", media_type="text/plain", bytes=len(content)),
            document=D.Document(kind=D.Document.STUDY, process="processes/" + process, title={"by_language": {"en": words}},
                                topics=words.split(), visibility={"handling": 2, "audience": {
                                    "any_of": [f"process/{process}/{kind}" for kind in kinds]}})))
        self.did(who, "DocumentService.SendContent", D.SendContentRequest(upload_id=upload, content=content))
        self.did(who, "DocumentService.FinishContent", D.FinishContentRequest(
            upload_id=upload, sha256=hashlib.sha256(content).digest()))
        return D.ContentProgress.FromString(begun).document

    def searched(self, who, words):
        """Waits until the index is made, and holds the text that was brought last."""
        from entente.v1 import search_pb2 as F
        for _ in range(600):
            found = F.SearchReply.FromString(self.did(who, "SearchService.Search", F.SearchRequest(query=f'"paper {words}"')))
            if found.total and not found.building:
                return
            time.sleep(0.05)
        raise AssertionError(f"`{words}` is not found")

    def close(self):
        for caller in self.callers.values():
            caller.close()


def common_acts(net):
    """What happens in both worlds: the askers' own figures, Norway's provision, which is not for them, a paper for them,
    a meeting."""
    from entente.v1 import meetings_pb2 as N
    doers = Doers(net, "anna", "nora", "ines")
    doers.bring("ines", "alpha", ("members", "observers", "secretariat"), "asylum and fleur")
    doers.searched("ines", "asylum and fleur")
    doers.upload("anna", "SWE", "ALPHA")
    doers.provide("nora", "NOR")
    doers.did("ines", "MeetingService.CreateMeeting", N.CreateMeetingRequest(meeting=dict(
        process="processes/alpha", title={"by_language": {"en": "Returns of fleur"}}, level=1, time_zone="Europe/Paris",
        starts_local="2027-03-14T09:30", ends_local="2027-03-14T13:00", visibility=dict(handling=2, audience=dict(
            any_of=["process/alpha/members", "process/alpha/observers"])))))
    doers.close()


def hidden_acts(net):
    """What happens in the one world only. Everything is taken, and none of it is for the askers."""
    from entente.v1 import directory_pb2 as M, meetings_pb2 as N
    doers = Doers(net, "fleur", "bea", "nora", "ines")
    did = doers.did
    for n in range(3):
        doers.bring("bea", "betaa", ("members", "secretariat"), f"hidden asylum of fleur {n}")
        doers.bring("ines", "alpha", ("secretariat",), f"hidden asylum and asylum {n}")
    doers.searched("bea", "hidden asylum of fleur 2")
    doers.searched("ines", "hidden asylum and asylum 2")
    doers.upload("nora", "NOR", "ALPHA")
    doers.provide("nora", "NOR", "of the hidden")
    for i in range(8):
        did("fleur", "DirectoryService.CreatePerson", M.CreatePersonRequest(process="processes/betaa", person=M.Person(
            name=f"persons/fra.hidden{i}", party="parties/FRA", given_name="Hidden", family_name=f"A{i}",
            display_name=f"Hidden A{i}", title="Official")))
    did("fleur", "DirectoryService.CreateOffice", M.CreateOfficeRequest(office=M.Office(
        name="offices/fra.betaa.hidden", kind=M.OTHER_OFFICE, title="Hidden", party="parties/FRA", process="processes/betaa",
        topics=["hidden", "asylum"])))
    me = M.Person.FromString(did("fleur", "DirectoryService.GetPerson", M.GetPersonRequest(name="persons/fra.fleur")))
    me.title = "Hidden adviser"
    did("fleur", "DirectoryService.UpdatePerson", M.UpdatePersonRequest(person=me))
    did("bea", "DirectoryService.StartContactTests", M.StartContactTestsRequest(
        process="processes/betaa", persons=["persons/fra.fleur"]))
    doers.upload("fleur", "FRA", "BETAA")
    title = {"by_language": {"en": "Hidden returns"}}
    did("bea", "MeetingService.CreateSeries", N.CreateSeriesRequest(series=dict(process="processes/betaa", title=title)))
    did("bea", "MeetingService.CreateMeeting", N.CreateMeetingRequest(meeting=dict(
        process="processes/betaa", title=title, level=1, time_zone="Europe/Paris", topics=["hidden"],
        starts_local="2027-03-14", ends_local="2027-03-15", chairs=["parties/FRA"], agenda=[{"title": title}])))
    doers.close()


# As text, or the microseconds in the cursor of a stream.
TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z|(?<=\.)\d{16}(?=\.)")


def plain(face):
    """What an answer says, without when it was made."""
    if not TIME.search(face):
        return face
    return re.sub(rb"(?i)content-length=\d+", b"content-length=#", TIME.sub(b"TIME", face))


def told(answer, kind):
    """Of an answer, whose maps come in any order, the bytes in one."""
    if answer.ok:
        reply = kind.FromString(answer.body)
        for field, value in reply.ListFields():
            if isinstance(value, bytes):  # a page that says when it was printed
                setattr(reply, field.name, plain(value))
            if field.name == "made_at":
                reply.ClearField("made_at")
        answer.body = reply.SerializeToString(deterministic=True)
    return plain(answer.face())


def questions(draw, more):
    """(method, request, the reply's type) of every rpc that does not act: empty, and with each field that names or seeks something."""
    from google.protobuf import message_factory
    from entente.v1 import options_pb2
    words = dict(TEXTS, query=TEXTS["query"] + ["".join(draw.choices("abcdefhilnrstuv", k=draw.randrange(1, 5)))
                                                for _ in range(more)])
    for proto in sorted((pathlib.Path(TOP) / "proto/entente/v1").glob("*.proto")):
        module = importlib.import_module(f"entente.v1.{proto.stem}_pb2")
        for service in module.DESCRIPTOR.services_by_name.values():
            if service.name in LEFT_OUT:
                continue
            for method in service.methods:
                rule = method.GetOptions().Extensions[options_pb2.rule]
                if rule.acts or rule.who != options_pb2.WHO_SIGNED_IN:
                    continue
                made = getattr(message_factory, "GetMessageClass", None) or message_factory.MessageFactory().GetPrototype
                kind, full = made(method.input_type), f"{service.name}.{method.name}"
                reply = made(method.output_type)
                yield full, kind().SerializeToString(), reply
                for field in method.input_type.fields:
                    for value in values(field, words):
                        request = kind()
                        if field.label == field.LABEL_REPEATED:
                            getattr(request, field.name).append(value)
                        else:
                            setattr(request, field.name, value)
                        if field.name in ("process", "persons") and "format" in kind.DESCRIPTOR.fields_by_name:
                            for format in kind.DESCRIPTOR.fields_by_name["format"].enum_type.values:
                                request.format = format.number
                                yield full, request.SerializeToString(), reply
                        yield full, request.SerializeToString(), reply


def values(field, words):
    if field.type == field.TYPE_STRING:
        return words.get(field.name, NAMES)
    if field.type == field.TYPE_ENUM:
        return [value.number for value in field.enum_type.values]
    if field.name == "page_size":
        return [2]
    return []


def pages(caller):
    """Whole lists in pages of two: their tokens, too."""
    from entente.v1 import directory_pb2 as M
    for method, request, reply in [("SearchPersons", M.SearchPersonsRequest, M.SearchPersonsReply),
                                   ("ListParties", M.ListPartiesRequest, M.ListPartiesReply)]:
        token = ""
        while True:
            answer = caller.ask("DirectoryService." + method, request(page_size=2, page_token=token))
            yield f"{method} from `{token}`", answer.face()
            token = reply.FromString(answer.body).next_page_token
            if not token:
                break


def faces(net, tools, asked):
    """Every answer of this world, by who asked what."""
    out = {}
    for account in ASKERS:
        caller = Caller(net, account)
        assert caller.sign_in().ok
        for number, (method, request, kind) in enumerate(asked):
            more = {"timeout": 2} if method in SILENT else {}
            answer = caller.ask(method, request, **more)
            # Whose clock ran out first, ours or the daemon's, is told by nothing but the load.
            is_silent = method in SILENT and answer.code == "DEADLINE_EXCEEDED"
            out[account, method, number] = answer.code.encode() if is_silent else told(answer, kind)
        for what, face in pages(caller):
            out[account, what, 0] = face
        caller.close()
        for scope, password in tools[account].items():
            tool = doors.Tool(net, account, account, password)
            for path in DOORS[scope]:
                verb = "PROPFIND" if scope != "statistics" and path.endswith("/") else "GET"
                status, face = tool.face(verb, path, **({"Depth": "1"} if verb == "PROPFIND" else {}))
                out[account, f"{verb} {path}", 0] = plain(face)
            tool.close()
    return out


# A stream that waits, where there is nothing to tell.
SILENT = {"CirculationService.Watch", "HistoryService.Watch"}
DOORS = {
    "directory": ["/carddav/", "/carddav/books/", "/carddav/books/alpha/", "/carddav/books/betaa/",
                  "/carddav/books/alpha/swe.anna.vcf", "/carddav/books/betaa/fra.hidden0.vcf"],
    "calendar": ["/caldav/", "/caldav/calendars/", "/caldav/calendars/alpha/", "/caldav/calendars/betaa/",
                 f"/caldav/calendars/betaa/{'0' * 32}.ics", "/calendars.ics", "/calendars/alpha.ics", "/calendars/betaa.ics"],
    "statistics": ["/sdmx/2.1/data/BETAA,ASYLUM,1.0/all", "/sdmx/2.1/data/ALPHA,ASYLUM,1.0/all",
                   "/sdmx/2.1/data/ALPHA,ASYLUM,1.0/all/NOR", "/sdmx/2.1/contentconstraint/ALPHA",
                   "/sdmx/2.1/provisionagreement/ALPHA?references=all", "/sdmx/2.1/availableconstraint/ALPHA,ASYLUM,1.0",
                   "/sdmx/3.0/data/provisionagreement/ALPHA/ASYLUM_NOR/1.0/*", "/sdmx/3.0/data/*",
                   "/sdmx/2.1/dataflow/all/all/all", "/sdmx/2.1/availableconstraint/BETAA,ASYLUM,1.0",
                   "/sdmx/3.0/data/dataflow/BETAA/ASYLUM/1.0/*", "/sdmx/3.0/structure/dataflow/*/*/*"],
}


def make_tools(net):
    from entente.v1 import session_pb2 as S
    tools = {}
    for account in ASKERS:
        caller = Caller(net, account)
        assert caller.sign_in().ok
        tools[account] = {}
        for scope, number in (("directory", S.SCOPE_DIRECTORY), ("calendar", S.SCOPE_CALENDAR),
                              ("statistics", S.SCOPE_STATISTICS)):
            made = caller.ask("SessionService.CreateApplicationPassword", S.CreateApplicationPasswordRequest(
                scope=number, label=scope))
            assert made.ok, made
            tools[account][scope] = S.CreateApplicationPasswordReply.FromString(made.body).password
        caller.close()
    return tools


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--words", type=int, default=5, help="random searches beside the fixed ones")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    with messages(), Ground() as net:
        net.put_back()
        assert net.start_under(), net.logged()
        tools = make_tools(net)
        common_acts(net)
        net.end()
        net.keep()
        asked = list(questions(random.Random(options.seed), options.words))
        worlds = []
        for happens in (False, True):
            net.put_back()
            assert net.start_under(), net.logged()
            if happens:
                hidden_acts(net)
            else:
                built = Doers(net, "ines")
                built.searched("ines", "asylum and fleur")
                built.close()
            worlds.append(faces(net, tools, asked))
            net.end()
        quiet, busy = worlds
        assert quiet.keys() == busy.keys(), sorted(quiet.keys() ^ busy.keys(), key=str)[:10]
        different = [key for key in quiet if quiet[key] != busy[key]]
        for key in different[:10]:
            print(f"{key}: {asked[key[2]][1]!r}\n  quiet {quiet[key]!r}\n  busy  {busy[key]!r}")
        kinds = {key[1] for key in quiet}
        assert len(kinds) > 60, f"only {kinds} were asked"
        print(f"{len(quiet)} answers of {len(kinds)} kinds to {len(ASKERS)} callers; {len(different)} differ")
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
