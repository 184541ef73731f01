"""The small world that is walked: what there is, in names and guards, who is asked, and the oracle that says who sees what."""
import collections
import hashlib
import subprocess
import time

from network import BUILD
import small_network
from small_network import ACCOUNTS, BODIES, CHAIRS, PARTICIPATIONS, PARTIES, Caller, mobile
from entente.v1 import attendance_pb2 as W, circulations_pb2 as Q, directory_pb2 as M, documents_pb2 as D
from entente.v1 import meeting_records_pb2 as U, meetings_pb2 as G, session_pb2 as S

# server/policy's enumerators for those of the contract.
STANDING = {"MEMBER": 0, "OBSERVER": 1, "PARTNER": 2, "INVITED": 3, "SUSPENDED": 4, "FORMER": 5}
OFFICE = {1: 0, 2: 3, 3: 6, 4: 2, 5: 1, 6: 4, 7: 5, 8: 6}
CAPACITY = {1: 0, 2: 2, 3: 1, 4: 3}
FOCAL_POINT, SECRETARIAT, SECURITY_OFFICER, CHAIR, CERTIFICATE_OFFICER = 1, 2, 3, 4, 5
Guard = collections.namedtuple("Guard", "originator process holder any_of none_of", defaults=[frozenset()])


def process_audience(process, party):
    kinds = ("members", "observers", "partners", "secretariat", "chair")
    return {f"process/{process}/{kind}" for kind in kinds if process} | ({"party/" + party} if party else set())


EVERYONE = frozenset(process_audience("alpha", "") | process_audience("betaa", ""))


# Entries that their holders narrow, with an exclusion and without.
NARROWED = {"nora": ({"process/alpha/members", "party/NOR"}, {"process/alpha/body/wg-data"}),
            "uma": ({"party/UNHCR", "person/swe.anna"}, ())}


class Oracle:
    def __init__(self):
        self.program = subprocess.Popen([BUILD + "/tests/policy/ask_oracle"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.known = {}

    def close(self):
        self.program.stdin.close()
        self.program.wait()
        self.program.stdout.close()

    def say(self, *words):
        self.program.stdin.write("\t".join(str(word) or "-" for word in words) + "\n")
        self.program.stdin.flush()

    def ask(self, *words):
        if words not in self.known:
            self.say(*words)
            self.known[words] = self.program.stdout.readline() == "yes\n"
        return self.known[words]

    def sees(self, party, person, guard):
        return self.ask("read", party, person, guard.originator, guard.process, guard.holder,
                        ",".join(sorted(guard.any_of)), ",".join(sorted(guard.none_of)))

    def has_duty(self, party, person, duty, process=""):
        return self.ask("duty", party, person, duty, process)


FRESH_S = 120  # of the 300 for which a password counts as just given


class Role(Caller):
    def __init__(self, net, party, account, office):
        super().__init__(net, account)
        self.party, self.person = party, f"{party.lower()}.{account}" if office else ""
        self.name = f"parties/{party}/accounts/{account}"


class World:
    """What there is, in names and guards, and who is asked."""

    def __init__(self, net):
        self.net, self.oracle, self.objects, self.contacts = net, Oracle(), {}, {}
        self.roles = [Role(net, party, account, office) for party, account, office, _, _ in ACCOUNTS]
        self.by_account = {role.account: role for role in self.roles}
        for role in self.roles:
            answer = role.sign_in()
            assert answer.ok, f"{role.account}: {answer}"
        self.signed_in_at = time.monotonic()
        self.narrow()
        self.ask_whether_it_reaches()
        self.say_what_was_defined()
        self.say_what_is_collected()
        self.gather()
        self.circulate()
        self.meet()
        self.hidden = {role: self.hidden_from(role) for role in self.roles}

    def stay_fresh(self):
        """All give their passwords again, before those that they gave no longer count: on a slow machine the walk is longer."""
        if time.monotonic() < self.signed_in_at + FRESH_S:
            return
        for role in self.roles:
            answer = role.ask("SessionService.StepUp", S.StepUpRequest(password=small_network.PASSWORD))
            assert answer.ok, f"{role.account}: {answer}"
        self.signed_in_at = time.monotonic()

    def close(self):
        self.oracle.close()
        for role in self.roles:
            role.close()

    def narrow(self):
        for account, (any_of, none_of) in NARROWED.items():
            role = self.by_account[account]
            person = M.Person.FromString(role.ask("DirectoryService.GetPerson",
                                                  M.GetPersonRequest(name="persons/" + role.person)).body)
            person.visibility.handling = 2
            person.visibility.audience.any_of[:] = sorted(any_of)
            person.visibility.audience.none_of[:] = sorted(none_of)
            answer = role.ask("DirectoryService.UpdatePerson", M.UpdatePersonRequest(person=person))
            assert answer.ok, answer

    def ask_whether_it_reaches(self):
        """A contact test waits for Anna; the secretariat, she and her party see it."""
        answer = self.by_account["ines"].ask("DirectoryService.StartContactTests", M.StartContactTestsRequest(
            process="processes/alpha", persons=["persons/swe.anna"]))
        assert answer.ok, answer
        self.contact_test = M.StartContactTestsReply.FromString(answer.body).tests[0].name
        self.objects[self.contact_test] = Guard("SWE", "alpha", "swe.anna",
                                                frozenset({"process/alpha/secretariat", "party/SWE", "party/IGC"}))

    def say_what_was_defined(self):
        for code, _, _ in PARTIES:
            self.oracle.say("party", code)
            self.objects["parties/" + code] = Guard("", "", "", EVERYONE)
        for process, chair in CHAIRS.items():
            self.objects["processes/" + process] = Guard("", process, "", EVERYONE)
            self.oracle.say("seat", process, 2, "", chair, "")
        for process, party, status in PARTICIPATIONS:
            self.oracle.say("participation", process, party, STANDING[status], "")
            self.objects[f"processes/{process}/participations/{party}"] = Guard("", process, "", EVERYONE)
        for process, body, members in BODIES:
            self.oracle.say("body", process, body)
            self.objects[f"processes/{process}/bodies/{body}"] = Guard("", process, "", EVERYONE)
            for member in members:
                self.oracle.say("seat", process, 0, body, member, "")

    def say_what_is_collected(self):
        """Each process has the dataflows of deploy/statistics; observers and partners see three of them."""
        for process in CHAIRS:
            for flow in ("ASYLUM", "DECISIONS", "RETURNS", "REFUGEES", "PERMITS", "DISPLACEMENT", "ENTRIES", "TRAFFICKING",
                         "POPULATION"):
                wide = flow in ("REFUGEES", "DISPLACEMENT", "POPULATION")
                kinds = ("members", "secretariat") + (("observers", "partners") if wide else ())
                guard = Guard("", process, "", frozenset(f"process/{process}/{kind}" for kind in kinds))
                name = f"dataflows/{process.upper()}.{flow}"
                self.objects[name] = guard
                for of, party, status in PARTICIPATIONS:
                    if of == process and status == "MEMBER":
                        self.objects[f"{name}/provisions/{party}"] = guard

    def gather(self):
        """The people that the demonstration's maker adds: their own secretariats and parties see all of them."""
        self.persons, self.offices, self.appointments = {}, {}, {}
        for role in self.roles:
            for person in self.search(role):
                self.persons[person.name] = person
            for where in [dict(process="processes/" + p) for p in CHAIRS] + [dict(party="parties/" + role.party)]:
                reply = M.ListOfficesReply.FromString(
                    role.ask("DirectoryService.ListOffices", M.ListOfficesRequest(**where)).body)
                for held in reply.offices:
                    self.offices[held.office.name] = held.office
                    for appointment in held.appointments:
                        if appointment.person:  # empty where the person is not for this role
                            self.appointments[appointment.name] = appointment
        last = lambda name: name.rsplit("/", 1)[-1]
        for name, person in self.persons.items():
            self.oracle.say("person", last(name), last(person.party), "")
            audience, homes = set(), set()
            for appointment in self.appointments.values():
                if appointment.person == name:
                    process = last(self.offices[appointment.office].process)
                    homes.add(process)
                    audience |= process_audience(process, last(person.party))
            homes.discard("")
            any_of, none_of = NARROWED.get(last(name).split(".")[-1], (audience, ()))
            self.objects[name] = Guard(last(person.party), homes.pop() if len(homes) == 1 else "", last(name),
                                       frozenset(any_of), frozenset(none_of))
            self.contacts[name] = [contact.value for contact in person.contacts]
        self.appointed = {a.name: a.person for a in self.appointments.values()}
        for name, office in self.offices.items():
            party, process = last(office.party), last(office.process)
            self.oracle.say("office", last(name), OFFICE[office.kind], party, process, last(office.body), "")
            keeper = "" if office.kind == M.SECRETARIAT_STAFF else party
            self.objects[name] = Guard(keeper, process, "", frozenset(process_audience(process, party)))
        for name, appointment in self.appointments.items():
            office = self.objects[appointment.office]
            self.oracle.say("appointment", last(name), last(appointment.office), last(appointment.person),
                            CAPACITY[appointment.capacity])
            self.objects[name] = office._replace(holder=last(appointment.person))

    def circulate(self):
        """Papers of two parties under three audiences, one of them circulated and read."""
        self.titles, self.readings = {}, {}
        for keeper, kinds in [("ines", ("members", "secretariat")), ("ines", ("members", "observers", "secretariat")),
                              ("anna", ("body/wg-data",)), ("bea", ("members", "partners", "secretariat"))]:
            role = self.by_account[keeper]
            process = "betaa" if keeper == "bea" else "alpha"
            audience = frozenset(f"process/{process}/{kind}" for kind in kinds)
            title = f"secret title {len(self.titles)} of {keeper}"
            content = title.encode()
            begin = D.BeginContentRequest(
                upload_id=f"paper-{len(self.titles)}", content=D.Content(
                    language="en", file_name="paper.txt", media_type="text/plain", bytes=len(content)),
                document=D.Document(kind=D.Document.STUDY, process="processes/" + process,
                                    title={"by_language": {"en": title}},
                                    visibility={"handling": 3, "audience": {"any_of": sorted(audience)}}))
            for method, request in [
                    ("BeginContent", begin), ("SendContent", D.SendContentRequest(upload_id=begin.upload_id, content=content)),
                    ("FinishContent", D.FinishContentRequest(upload_id=begin.upload_id,
                                                             sha256=hashlib.sha256(content).digest()))]:
                answer = role.ask("DocumentService." + method, request)
                assert answer.ok, answer
            name = D.Document.FromString(answer.body).name
            self.objects[name] = Guard(role.party, process, "", audience)
            self.titles[name] = title
        paper = list(self.titles)[0]
        answer = self.by_account["ines"].ask("CirculationService.Circulate", Q.CirculateRequest(
            circulation={"documents": [paper], "note": {"by_language": {"en": "secret note of ines"}}}))
        assert answer.ok, answer
        self.circulation = Q.Circulation.FromString(answer.body).name
        self.objects[self.circulation] = self.objects[paper]
        self.titles[self.circulation] = "secret note of ines"
        answer = self.by_account["anna"].ask("DocumentService.OpenDocument", D.OpenDocumentRequest(name=paper))
        assert answer.ok, answer
        self.reading = D.Reading.FromString(answer.body).name

    def meet(self):
        """Meetings of both processes, each under an audience of its own, and a series."""
        self.meetings, self.recorded = {}, []
        for keeper, kinds in [("ines", ("members",)), ("ines", ("observers",)), ("bea", ("partners",))]:
            role, process = self.by_account[keeper], "betaa" if keeper == "bea" else "alpha"
            visibility = {"handling": 2, "audience": {"any_of": [f"process/{process}/{kind}" for kind in kinds]}}
            said = dict(process="processes/" + process, visibility=visibility)
            for method, request, message, title in [
                    ("CreateMeeting", lambda t: G.CreateMeetingRequest(meeting=dict(
                        said, title=t, level=1, time_zone="Europe/Zurich", starts_local="2027-03-14T09:30",
                        ends_local="2027-03-14T13:00", agenda=[{"title": t}])), G.Meeting, "secret meeting of "),
                    ("CreateSeries", lambda t: G.CreateSeriesRequest(series=dict(said, title=t)),
                     G.MeetingSeries, "secret series of ")]:
                title = f"{title}{keeper} {len(self.meetings)}"
                answer = role.ask("MeetingService." + method, request({"by_language": {"en": title}}))
                assert answer.ok, answer
                name = message.FromString(answer.body).name
                self.meetings[name] = title
                if method == "CreateMeeting" and not self.recorded:
                    self.take_part_in(role, name)
                self.objects[name] = Guard("", process, "", frozenset(
                    f"process/{process}/{kind}" for kind in kinds + ("secretariat",)))

    def take_part_in(self, role, meeting):
        """Somebody is asked who sees it anyway, and it has the draft of a record."""
        guard = Guard("", "alpha", "", frozenset({"process/alpha/members", "process/alpha/secretariat"}))
        text = f"secret record {len(self.recorded)}"
        for method, request, message in [
                ("AttendanceService.InviteParticipant", W.InviteParticipantRequest(
                    meeting=meeting, participant={"party": "parties/NOR"}), G.Participant),
                ("MeetingRecordService.SaveRecord", U.SaveRecordRequest(
                    meeting=meeting, record=dict(texts=[dict(language="en", text=text)])), U.MeetingRecord)]:
            answer = role.ask(method, request)
            assert answer.ok, answer
            name = message.FromString(answer.body).name
            self.recorded.append(name)
            self.objects[name] = guard
        self.meetings[name] = text

    def search(self, role, **filters):
        request = M.SearchPersonsRequest(page_size=1000, **filters)
        reply = M.SearchPersonsReply.FromString(role.ask("DirectoryService.SearchPersons", request).body)
        return [found.person for found in reply.found]

    def sees(self, role, name):
        guard = self.objects.get(name)
        return guard is not None and self.oracle.sees(role.party, role.person, guard)

    def secretariat(self, role, process):
        return bool(process) and self.oracle.has_duty(role.party, role.person, SECRETARIAT, process)

    def officer(self, role, party, duty=SECURITY_OFFICER):
        return role.party == party and self.oracle.has_duty(role.party, role.person, duty)

    def acted_on(self, name):
        """The party whose people made it here, if it stands in the ledger by its name."""
        guard = self.objects[name]
        if kind_of(name) in ("meetings", "meetingSeries", "participants", "meetings/record"):
            return small_network.SECRETARIATS[guard.process]
        return guard.originator if kind_of(name) in ("documents", "circulations") else None

    def hidden_from(self, role):
        """Words that no answer to the role may hold."""
        words = set()
        for name in self.objects:
            if not self.sees(role, name):
                # The ledger tells a party what its people did, also those of it that may not see the object.
                if role.party != self.acted_on(name):
                    words.add(name)
                words.update(self.contacts.get(name, ()))
                words.update(titles[name] for titles in (self.titles, self.meetings) if name in titles)
        for party, account, office, process, _ in ACCOUNTS:
            members = {f"process/{process}/{kind}" for kind in ("members", "secretariat") if process}
            guard = Guard(party, process, f"{party.lower()}.{account}", frozenset(members | {"party/" + party}))
            if office and not self.oracle.sees(role.party, role.person, guard):
                words.add(mobile(account))
        # What is seen names its party and process; a name that is the beginning of one that is seen says nothing.
        seen = [name for name in self.objects if self.sees(role, name)]
        for name in seen:
            one = self.offices.get(name) or self.persons.get(name)
            words -= {getattr(one, field, "") for field in ("party", "process", "body")}
        words.discard("parties/" + role.party)
        return [word.encode() for word in words if not any(name.startswith(word) for name in seen)]


def kind_of(name):
    words = name.split("/")
    return words[0] if len(words) < 3 else words[2] if len(words) == 4 else "/".join(words[::2])
