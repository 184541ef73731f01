"""Every rpc, as every role, over every object of a small world, compared with what an oracle says that shares nothing
with server/policy: what is visible is answered; what is hidden is answered byte for byte as what never was.

Methods come from the daemon by reflection. One without a place in PLACES fails by name: give it one below.
No answer, whatever the method, may hold a name, a number or an address that its caller may not see."""
import collections
import hashlib
import json
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
import unittest

import doors
import signing
import small_network
from small_network import ACCOUNTS, BODIES, CHAIRS, PARTICIPATIONS, PARTIES, Caller, SmallNetwork, mobile
from network import BUILD

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


# A certificate is for whoever signed in and knows its fingerprint; it says whose it is.
TELLS_ALL = {"CertificateService.GetCertificate"}


def twin(name):
    """A name of the same form and length that nothing bears."""
    head, _, last = name.rpartition("/")
    letter = "f" if re.fullmatch("[0-9a-f]{32,}", last) else "Q" if head in ("parties",) or last.isupper() else "q"
    return head + "/" + re.sub("[A-Za-z0-9]", letter, last)


class Walk:
    def __init__(self, world, check):
        self.world, self.check, self.absent, self.calls = world, check, {}, 0
        self.allowed_acts = collections.Counter()
        self.doors = None

    def ask(self, role, method, request):
        self.calls += 1
        answer = role.ask(method, request)
        if method in TELLS_ALL:
            return answer
        said = request.SerializeToString()
        face = answer.face()
        for word in self.world.hidden[role]:
            if word in face and word not in said:
                self.check.fail(f"{method} tells {role.account} of {word.decode()}\n{request}\n{answer}")
        self.check.assertNotIn(answer.code, ("UNKNOWN", "INTERNAL", "UNIMPLEMENTED", "UNAVAILABLE", "DATA_LOSS"),
                               f"{method} as {role.account}: {request}\n{answer}")
        if self.doors:
            self.doors.compare(role, method, request, answer, self.world.hidden[role])
        return answer

    def is_absent(self, role, method, name, request_of, answer):
        """The answer is the one to a name that nothing bears."""
        other = twin(name)
        key = (role, request_of, re.sub("[^/]", "x", other), other.split("/")[0], other.rpartition("/")[0])
        if key not in self.absent:
            self.absent[key] = self.ask(role, method, request_of(other)).face(other, other.rpartition("/")[2])
        self.check.assertEqual(answer.face(name, name.rpartition("/")[2]), self.absent[key],
                               f"{method} tells {role.account} that there is {name}")

    def names(self, kinds):
        """All objects of these kinds, some of each other kind, and ids under parents that are not theirs."""
        taken = collections.Counter()
        for name in sorted(self.world.objects):
            kind = kind_of(name)
            taken[kind] += 1
            if kind in kinds or taken[kind] <= 2:
                yield name
        yield from ["processes/alpha/bodies/wg-visa", "processes/betaa/bodies/wg-data",
                    "processes/betaa/participations/SWE", "processes/alpha/participations/FRA",
                    "parties/NOR/accounts/anna", "parties/SWE/accounts/nora",
                    "dataflows/ALPHA.ASYLUM/provisions/FRA", "dataflows/BETAA.ASYLUM/provisions/SWE"]

    def by_name(self, method, kinds, request_of, allowed=None, denied=None, acts=False, right=None):
        """One object by its name. `allowed(role, name)`: who of those that see it may. `denied`: what the others that
        see it are told, or told of a name; else it is not found. What acts and is allowed is left to the acts below."""
        for role in self.world.roles:
            for name in self.names(kinds):
                visible, fits = self.world.sees(role, name), kind_of(name) in kinds
                may = visible and fits and (allowed is None or allowed(role, name))
                if may and acts:
                    self.allowed_acts[method] += 1
                    continue
                answer = self.ask(role, method, request_of(name))
                context = f"{method} of {name} as {role.account}: {answer}"
                if may:
                    self.check.assertTrue(answer.ok, context)
                    if right:
                        right(role, name, answer)
                elif visible and not fits:
                    self.check.assertFalse(answer.ok, context)
                elif visible and denied:
                    self.check.assertEqual(answer.code, denied(name) if callable(denied) else denied, context)
                else:
                    self.check.assertFalse(answer.ok, context)
                    self.is_absent(role, method, name, request_of, answer)

    def listed(self, method, request_of, values, expected, found):
        """A list under a filter: exactly what the oracle lets the role see of it. Of nothing to see, the list is the
        one of a filter that nothing bears."""
        for role in self.world.roles:
            for value in values:
                answer = self.ask(role, method, request_of(value))
                self.check.assertTrue(answer.ok, f"{method} of {value} as {role.account}: {answer}")
                wanted = {name for name in expected(role, value) if self.world.sees(role, name)}
                self.check.assertEqual(found(answer.body), wanted, f"{method} of {value} as {role.account}")
                if not wanted and value.encode() in self.world.hidden[role]:
                    self.is_absent(role, method, value, request_of, answer)


def kind_of(name):
    words = name.split("/")
    return words[0] if len(words) < 3 else words[2] if len(words) == 4 else "/".join(words[::2])


# --- the places of the methods ------------------------------------------------------------------------------

PLACES = {}


def place(*methods):
    def put(walk):
        for method in methods:
            PLACES[method] = walk
        return walk
    return put


@place("DirectoryService.GetPerson")
def _(walk):
    def right(role, name, answer):
        walk.check.assertEqual(M.Person.FromString(answer.body).name, name)
    walk.by_name("DirectoryService.GetPerson", ["persons"], lambda n: M.GetPersonRequest(name=n), right=right)


@place("DirectoryService.GetProcess")
def _(walk):
    walk.by_name("DirectoryService.GetProcess", ["processes"], lambda n: M.GetProcessRequest(name=n))


@place("DirectoryService.GetParty", "DirectoryService.GetParticipation", "DirectoryService.GetBody",
       "DirectoryService.GetOffice", "DirectoryService.GetAppointment")
def _(walk):
    for kind, message in [("parties", M.Party), ("participations", M.Participation), ("bodies", M.Body),
                          ("offices", M.Office), ("appointments", M.Appointment)]:
        def right(role, name, answer):
            shown = message.FromString(answer.body)
            walk.check.assertEqual(shown.name, name)
            walk.check.assertGreater(shown.revision, 0)
            if kind == "appointments":
                person = walk.world.appointed[name]
                walk.check.assertEqual(shown.person, person if walk.world.sees(role, person) else "")
        request = getattr(M, f"Get{message.__name__}Request")
        walk.by_name(f"DirectoryService.Get{message.__name__}", [kind], lambda n: request(name=n), right=right)


@place("DirectoryService.GetOfficeHistory")
def _(walk):
    def right(role, name, answer):
        holders = {a.appointment.name for a in M.GetOfficeHistoryReply.FromString(answer.body).holders}
        wanted = {a.name for a in walk.world.appointments.values() if a.office == name and
                  walk.world.sees(role, a.name) and walk.world.sees(role, a.person)}
        walk.check.assertEqual(holders, wanted, name)
    walk.by_name("DirectoryService.GetOfficeHistory", ["offices"], lambda n: M.GetOfficeHistoryRequest(name=n),
                 right=right)


@place("DirectoryService.ListProcesses")
def _(walk):
    walk.listed("DirectoryService.ListProcesses", lambda _: M.ListProcessesRequest(), [""],
                lambda role, _: ["processes/" + p for p in CHAIRS],
                lambda body: {p.name for p in M.ListProcessesReply.FromString(body).processes})


@place("DirectoryService.ListParties")
def _(walk):
    for role in walk.world.roles:
        found, token = set(), ""
        while True:
            request = M.ListPartiesRequest(page_size=3, page_token=token)
            reply = M.ListPartiesReply.FromString(walk.ask(role, "DirectoryService.ListParties", request).body)
            found |= {party.name for party in reply.parties}
            token = reply.next_page_token
            if not token:
                break
        wanted = {"parties/" + code for code, _, _ in PARTIES if walk.world.sees(role, "parties/" + code)}
        walk.check.assertEqual(found, wanted, role.account)


def parties():
    return ["parties/" + code for code, _, _ in PARTIES]


def processes():
    return ["processes/" + process for process in CHAIRS]


@place("DirectoryService.ListParticipations")
def _(walk):
    found = lambda body: {p.name for p in M.ListParticipationsReply.FromString(body).participations}
    names = [f"processes/{process}/participations/{party}" for process, party, _ in PARTICIPATIONS]
    walk.listed("DirectoryService.ListParticipations", lambda p: M.ListParticipationsRequest(process=p), processes(),
                lambda _, p: [n for n in names if n.startswith(p + "/")], found)
    walk.listed("DirectoryService.ListParticipations", lambda p: M.ListParticipationsRequest(party=p, history=True),
                parties(), lambda _, p: [n for n in names if n.endswith(p[len("parties"):])], found)


@place("DirectoryService.ListBodies")
def _(walk):
    walk.listed("DirectoryService.ListBodies", lambda p: M.ListBodiesRequest(process=p), processes(),
                lambda _, p: [f"processes/{q}/bodies/{b}" for q, b, _ in BODIES if "processes/" + q == p],
                lambda body: {b.name for b in M.ListBodiesReply.FromString(body).bodies})


@place("DirectoryService.ListOffices")
def _(walk):
    world = walk.world

    def found(body):
        reply = M.ListOfficesReply.FromString(body)
        return {h.office.name for h in reply.offices} | {a.name for h in reply.offices for a in h.appointments}

    def expected(field):
        def of(role, value):
            offices = {n for n, office in world.offices.items()
                       if getattr(office, field) == value and world.sees(role, n)}
            return offices | {n for n, a in world.appointments.items() if a.office in offices}
        return of
    walk.listed("DirectoryService.ListOffices", lambda p: M.ListOfficesRequest(process=p), processes(),
                expected("process"), found)
    walk.listed("DirectoryService.ListOffices", lambda p: M.ListOfficesRequest(party=p), parties(),
                expected("party"), found)


def holds(world, role, person, fits):
    return any(a.person == person and world.sees(role, a.name) and world.sees(role, a.office) and
               fits(world.offices[a.office]) for a in world.appointments.values())


@place("DirectoryService.SearchPersons")
def _(walk):
    world, method = walk.world, "DirectoryService.SearchPersons"
    found = lambda body: {f.person.name for f in M.SearchPersonsReply.FromString(body).found}
    request = lambda **filters: M.SearchPersonsRequest(page_size=1000, **filters)
    every = lambda role, _: world.persons
    walk.listed(method, lambda _: request(), [""], every, found)
    walk.listed(method, lambda p: request(party=p), parties(),
                lambda _, p: [n for n, person in world.persons.items() if person.party == p], found)
    walk.listed(method, lambda p: request(process=p), processes(),
                lambda role, p: [n for n in world.persons if holds(world, role, n, lambda o: o.process == p)], found)
    for kind in range(1, 9):
        walk.listed(method, lambda _: request(office=kind), [""],
                    lambda role, _: [n for n in world.persons if holds(world, role, n, lambda o: o.kind == kind)],
                    found)
    # What a hidden entry is called by finds nothing; nor does a number that is not for the caller.
    for _, account, office, _, _ in ACCOUNTS:
        if office:
            walk.listed(method, lambda _: request(query=account + " tester"), [""],
                        lambda role, _: [n for n in world.persons if n.endswith("." + account)], found)
            walk.listed(method, lambda _: request(query=mobile(account)), [""], lambda role, _: [], found)


@place("DirectoryService.WhoAnswers")
def _(walk):
    world = walk.world

    def expected(fits):
        return lambda role, value: {a.name for a in world.appointments.values() if fits(world.offices[a.office], value)
                                    and world.sees(role, a.office) and world.sees(role, a.person)}
    found = lambda body: {a.appointment.name for a in M.WhoAnswersReply.FromString(body).answers}
    walk.listed("DirectoryService.WhoAnswers", lambda p: M.WhoAnswersRequest(party=p), parties(),
                expected(lambda office, p: office.party == p), found)
    for party in parties():
        walk.listed("DirectoryService.WhoAnswers", lambda p: M.WhoAnswersRequest(process=p, party=party), processes(),
                    expected(lambda office, p: office.process == p and office.party == party), found)


@place("DirectoryService.ListGaps")
def _(walk):
    walk.by_name("DirectoryService.ListGaps", ["processes"], lambda n: M.ListGapsRequest(process=n),
                 lambda role, n: walk.world.secretariat(role, n[10:]) or
                 walk.world.oracle.has_duty(role.party, role.person, FOCAL_POINT, n[10:]))


@place("DirectoryService.ListReminders")
def _(walk):
    for role in walk.world.roles:
        answer = walk.ask(role, "DirectoryService.ListReminders", M.ListRemindersRequest())
        found = {one.object for one in M.ListRemindersReply.FromString(answer.body).reminders}
        walk.check.assertEqual(found, {walk.world.contact_test} if role.person == "swe.anna" else set(), role.account)


@place("DirectoryService.ExportPersons")
def _(walk):
    world, method = walk.world, "DirectoryService.ExportPersons"

    def right(role, name, answer):
        reply = M.ExportPersonsReply.FromString(answer.body)
        wanted = {n for n in world.persons if world.sees(role, n) and
                  (n == name or holds(world, role, n, lambda office: office.process == name))}
        walk.check.assertEqual(reply.persons, len(wanted), f"{name} as {role.account}")
        for person in wanted:
            walk.check.assertIn(world.persons[person].display_name.encode(), reply.content)
    for format in (M.ExportPersonsRequest.CSV, M.ExportPersonsRequest.VCARD_4, M.ExportPersonsRequest.VCARD_3,
                   M.ExportPersonsRequest.TEXT, M.ExportPersonsRequest.HTML):
        walk.by_name(method, ["processes"], lambda n: M.ExportPersonsRequest(process=n, format=format), right=right)
    walk.by_name(method, ["persons"], lambda n: M.ExportPersonsRequest(persons=[n], format=M.ExportPersonsRequest.VCARD_4),
                 right=right)


def of_secretariat(walk):
    return lambda role, name: walk.world.secretariat(role, walk.world.objects[name].process)


def focal_point_of(walk, role, process):
    return walk.world.oracle.has_duty(role.party, role.person, FOCAL_POINT, process)


DENIED = "PERMISSION_DENIED"


@place("DirectoryService.SetConfirmationPeriod", "DirectoryService.CreateBody", "DirectoryService.StartContactTests",
       "DirectoryService.ProposeParticipation")
def _(walk):
    body = lambda n: M.Body(name=n + "/bodies/wg-walk", title="A body", kind=M.Body.WORKING_GROUP)
    standing = M.Participation.Standing(status=M.Participation.INVITED, span={"since": signing.today()})
    for method, request_of in [
            ("SetConfirmationPeriod", lambda n: M.SetConfirmationPeriodRequest(process=n, days=90)),
            ("CreateBody", lambda n: M.CreateBodyRequest(body=body(n))),
            ("StartContactTests", lambda n: M.StartContactTestsRequest(process=n)),
            ("ProposeParticipation", lambda n: M.ProposeParticipationRequest(process=n, party="parties/NOR",
                                                                             standing=standing))]:
        walk.by_name("DirectoryService." + method, ["processes"], request_of, of_secretariat(walk), DENIED, acts=True)
    # Whom the secretariat does not see, or who is not of its process, is not there to be asked.
    ines = walk.world.by_account["ines"]
    for person in [n for n in walk.world.persons if not walk.world.sees(ines, n)] + ["persons/qqq.qqqq"]:
        request_of = lambda n: M.StartContactTestsRequest(process="processes/alpha", persons=[n])
        answer = walk.ask(ines, "DirectoryService.StartContactTests", request_of(person))
        walk.check.assertEqual(answer.code, "NOT_FOUND", person)
        walk.is_absent(ines, "DirectoryService.StartContactTests", person, request_of, answer)


@place("DirectoryService.UpdateBody", "DirectoryService.CloseBody")
def _(walk):
    body = lambda n: M.Body(name=n, title="Another title", kind=M.Body.WORKING_GROUP)
    walk.by_name("DirectoryService.UpdateBody", ["bodies"], lambda n: M.UpdateBodyRequest(body=body(n)),
                 of_secretariat(walk), DENIED, acts=True)
    walk.by_name("DirectoryService.CloseBody", ["bodies"], lambda n: M.CloseBodyRequest(name=n), of_secretariat(walk),
                 DENIED, acts=True)


@place("DirectoryService.ListParticipationProposals", "DirectoryService.ApproveParticipation")
def _(walk):
    walk.by_name("DirectoryService.ListParticipationProposals", ["processes"],
                 lambda n: M.ListParticipationProposalsRequest(process=n), of_secretariat(walk))
    for role in walk.world.roles:
        for process in processes():
            answer = walk.ask(role, "DirectoryService.ApproveParticipation", M.ApproveParticipationRequest(
                name=process + "/participationProposals/" + "ab" * 32, digest=b"\xab" * 32, signature=b"none"))
            walk.check.assertEqual(answer.code, "NOT_FOUND", answer)


@place("ProcessLifeService.ProposeProcessStatus", "ProcessLifeService.ListProcessStatusProposals",
       "ProcessLifeService.ApproveProcessStatus")
def _(walk):
    duty = lambda role, n, one: walk.world.oracle.has_duty(role.party, role.person, one, n[10:])
    concludes = lambda role, n: duty(role, n, SECRETARIAT) or duty(role, n, CHAIR)
    walk.by_name("ProcessLifeService.ProposeProcessStatus", ["processes"], lambda n: I.ProposeProcessStatusRequest(
        process=n, status=M.Process.DORMANT, because="t"), concludes, DENIED, acts=True)
    walk.by_name("ProcessLifeService.ListProcessStatusProposals", ["processes"],
                 lambda n: I.ListProcessStatusProposalsRequest(process=n), concludes, DENIED)
    for role in walk.world.roles:
        for process in processes():
            answer = walk.ask(role, "ProcessLifeService.ApproveProcessStatus", I.ApproveProcessStatusRequest(
                name=process + "/statusProposals/" + "ab" * 32, digest=b"\xab" * 32, signature=b"none"))
            walk.check.assertEqual(answer.code, "NOT_FOUND", answer)


@place("DirectoryService.AnswerContactTest")
def _(walk):
    walk.by_name("DirectoryService.AnswerContactTest", ["contactTests"], lambda n: M.AnswerContactTestRequest(name=n),
                 lambda role, name: role.person == walk.world.objects[name].holder, DENIED, acts=True)


@place("DirectoryService.CreateInstitution", "DirectoryService.UpdateInstitution", "DirectoryService.CloseInstitution")
def _(walk):
    may = lambda role, name: "parties/" + role.party == name and any(focal_point_of(walk, role, p) for p in CHAIRS)

    def institution(name, id):
        return M.Institution(name=f"{name}/institutions/{id}", names={"by_language": {"en": "An institution"}})
    for method, request_of in [
            ("CreateInstitution", lambda n: M.CreateInstitutionRequest(institution=institution(n, "walk"), revision=1)),
            ("UpdateInstitution", lambda n: M.UpdateInstitutionRequest(institution=institution(n, "office"), revision=1)),
            ("CloseInstitution", lambda n: M.CloseInstitutionRequest(name=n + "/institutions/office", revision=1))]:
        walk.by_name("DirectoryService." + method, ["parties"], request_of, may, DENIED, acts=True)


@place("DirectoryService.CheckRoster", "DirectoryService.ImportRoster")
def _(walk):
    may = lambda role, name: focal_point_of(walk, role, name[10:])
    for method in ("CheckRoster", "ImportRoster"):
        walk.by_name("DirectoryService." + method, ["processes"],
                     lambda n: M.ImportRosterRequest(process=n, content=b"party,name\r\nSWE,Nils New\r\n"), may, DENIED,
                     acts=True)


def keeps_person(walk):
    """The holder; a focal point of the person's party."""
    def may(role, name):
        guard = walk.world.objects[name]
        return role.person == guard.holder or role.party == guard.originator and any(
            walk.world.oracle.has_duty(role.party, role.person, FOCAL_POINT, p) for p in CHAIRS)
    return may


@place("DirectoryService.ConfirmPerson", "DirectoryService.UpdatePerson")
def _(walk):
    walk.by_name("DirectoryService.ConfirmPerson", ["persons"], lambda n: M.ConfirmPersonRequest(name=n),
                 keeps_person(walk), "PERMISSION_DENIED", acts=True)
    walk.by_name("DirectoryService.UpdatePerson", ["persons"],
                 lambda n: M.UpdatePersonRequest(person=M.Person(name=n, title="Usurper", given_name="A", family_name="B", display_name="A B", revision=1)),
                 keeps_person(walk), "PERMISSION_DENIED", acts=True)


@place("DirectoryService.CreatePerson")
def _(walk):
    world = walk.world
    for role in world.roles:
        for code, _, _ in PARTIES:
            for process in processes():
                may = role.party == code and (world.secretariat(role, process[10:]) or world.oracle.has_duty(
                    role.party, role.person, FOCAL_POINT, process[10:]))
                if may:
                    continue
                made = [walk.ask(role, "DirectoryService.CreatePerson", M.CreatePersonRequest(
                    person=M.Person(name=f"persons/{code.lower()}.{id}", party="parties/" + code, given_name="A",
                                    family_name="B", display_name="A B"), process=process))
                    for id in ("anna", "qqqq")]
                walk.check.assertFalse(made[0].ok or made[1].ok, f"{role.account} creates a person of {code}")
                # Whether such an id is taken is not for who may not take it.
                walk.check.assertEqual(made[0].face(f"{code.lower()}.anna"), made[1].face(f"{code.lower()}.qqqq"))


def keeps_office(walk):
    """A focal point, of the own party's offices; the secretariat, of the process's own."""
    def may(role, name):
        guard = walk.world.objects[name]
        if not guard.originator:
            return walk.world.secretariat(role, guard.process)
        return role.party == guard.originator and any(
            walk.world.oracle.has_duty(role.party, role.person, FOCAL_POINT, process)
            for process in ([guard.process] if guard.process else CHAIRS))
    return may


@place("DirectoryService.CreateOffice", "DirectoryService.UpdateOffice", "DirectoryService.CloseOffice")
def _(walk):
    world = walk.world
    walk.by_name("DirectoryService.UpdateOffice", ["offices"],
                 lambda n: M.UpdateOfficeRequest(office=M.Office(name=n, title="Another title")), keeps_office(walk),
                 DENIED, acts=True)
    walk.by_name("DirectoryService.CloseOffice", ["offices"], lambda n: M.CloseOfficeRequest(name=n),
                 keeps_office(walk), DENIED, acts=True)
    for role in world.roles:
        for code, _, _ in PARTIES:
            for process in processes():
                if role.party == code and focal_point_of(walk, role, process[10:]):
                    continue
                made = [walk.ask(role, "DirectoryService.CreateOffice", M.CreateOfficeRequest(office=M.Office(
                    name=f"offices/{code.lower()}.alpha.{id}", kind=M.OTHER_OFFICE, title="An office",
                    party="parties/" + code, process=process))) for id in ("focal-point", "qqqqq-qqqqq")]
                walk.check.assertFalse(made[0].ok or made[1].ok, f"{role.account} creates an office of {code}")
                # Whether such an id is taken is not for who may not take it.
                walk.check.assertEqual(made[0].face("focal-point"), made[1].face("qqqqq-qqqqq"))


@place("DirectoryService.Appoint", "DirectoryService.HandOver", "DirectoryService.EndAppointment")
def _(walk):
    own = lambda role_name: M.AppointRequest(office=role_name, person="persons/swe.anna", capacity=M.DEPUTY)
    denied = "PERMISSION_DENIED"
    walk.by_name("DirectoryService.Appoint", ["offices"], own, keeps_office(walk), denied, acts=True)
    walk.by_name("DirectoryService.HandOver", ["offices"],
                 lambda n: M.HandOverRequest(office=n, person="persons/swe.anna"), keeps_office(walk), denied, acts=True)
    walk.by_name("DirectoryService.EndAppointment", ["appointments"], lambda n: M.EndAppointmentRequest(name=n),
                 keeps_office(walk), denied, acts=True)
    # Of an office that is the caller's to fill, a person that is not to be seen is not there.
    anna = walk.world.by_account["anna"]
    for person in [n for n in walk.world.persons if not walk.world.sees(anna, n)][:5] + ["offices/swe.alpha"]:
        for method, request in [
                ("Appoint", lambda n: M.AppointRequest(office="offices/swe.alpha.focal-point", person=n,
                                                       capacity=M.DEPUTY)),
                ("HandOver", lambda n: M.HandOverRequest(office="offices/swe.alpha.focal-point", person=n))]:
            answer = walk.ask(anna, "DirectoryService." + method, request(person))
            walk.check.assertFalse(answer.ok, person)
            walk.is_absent(anna, "DirectoryService." + method, person, request, answer)


# --- who sees what, said aloud -----------------------------------------------------------------------------

def counted_right(walk, reckoning_of):
    """As many people as the oracle counts, asked one by one."""
    def right(role, name, answer):
        world, guard = walk.world, walk.world.objects[name]
        people = sum(world.oracle.sees(p.party[8:], n[8:], guard) for n, p in world.persons.items())
        walk.check.assertEqual(reckoning_of(answer.body).people, people, f"{name} as {role.account}")
        named = {n for party in reckoning_of(answer.body).parties for n in party.people_named}
        walk.check.assertEqual(named, {n for n, p in world.persons.items() if world.sees(role, n) and
                                       world.oracle.sees(p.party[8:], n[8:], guard)})
    return right


def lists_readers(walk):
    def may(role, name):
        guard = walk.world.objects[name]
        return bool(guard.originator) and role.party == guard.originator or walk.world.secretariat(role, guard.process)
    return may


OBJECTS = ["parties", "processes", "participations", "bodies", "persons", "offices", "appointments", "contactTests",
           "documents", "circulations", "meetings", "meetings/record"]


@place("AccessService.WhoCanSee", "AccessService.WhoCouldSee", "AccessService.ExplainMyAccess")
def _(walk):
    import time
    walk.by_name("AccessService.WhoCanSee", OBJECTS, lambda n: A.WhoCanSeeRequest(object=n), lists_readers(walk),
                 "PERMISSION_DENIED", right=counted_right(walk, lambda b: A.WhoCanSeeReply.FromString(b).reckoning))
    at = {"seconds": int(time.time()) + 5}
    walk.by_name("AccessService.WhoCouldSee", OBJECTS, lambda n: A.WhoCouldSeeRequest(object=n, at=at),
                 lists_readers(walk), "PERMISSION_DENIED",
                 right=counted_right(walk, lambda b: A.WhoCouldSeeReply.FromString(b).reckoning))
    walk.by_name("AccessService.ExplainMyAccess", OBJECTS, lambda n: A.ExplainMyAccessRequest(object=n))
    # A principal of a draft that is hidden is one that never was.
    for role in walk.world.roles:
        for name in walk.names(["persons", "parties"]):
            if kind_of(name) not in ("persons", "parties", "bodies"):
                continue
            principal = name.replace("persons/", "person/").replace("parties/", "party/")
            principal = principal.replace("processes/", "process/").replace("/bodies/", "/body/")

            def draft(text):
                visibility = {"audience": {"any_of": [text]}, "handling": 2}
                return A.WhoCanSeeRequest(draft={"visibility": visibility})
            answer = walk.ask(role, "AccessService.WhoCanSee", draft(principal))
            unknown = A.WhoCanSeeReply.FromString(answer.body).reckoning.unknown
            walk.check.assertTrue(answer.ok, f"{principal} as {role.account}: {answer}")
            walk.check.assertEqual(principal in unknown, not walk.world.sees(role, name), f"{name} {role.account}")
            if principal in unknown:
                walk.is_absent(role, "AccessService.WhoCanSee", principal, draft, answer)


@place("AccessService.PreviewChange")
def _(walk):
    world, method = walk.world, "AccessService.PreviewChange"
    walk.by_name(method, ["participations"],
                 lambda n: A.PreviewChangeRequest(participation={"name": n, "kind": A.ParticipationChange.SUSPEND}),
                 lambda role, n: world.secretariat(role, n.split("/")[1]), "PERMISSION_DENIED")

    def may(role, name):
        guard = world.objects[name]
        return world.secretariat(role, guard.process) or keeps_office(walk)(role, name) or (
            not guard.process and world.officer(role, guard.originator))
    walk.by_name(method, ["appointments"],
                 lambda n: A.PreviewChangeRequest(appointment={"name": n, "kind": A.AppointmentChange.END}), may,
                 "PERMISSION_DENIED")


# --- sessions, accounts, certificates -----------------------------------------------------------------------

@place("SessionService.GetSession", "SessionService.ListSessions", "SessionService.ListApplicationPasswords",
       "SessionService.EndSession", "SessionService.DeleteApplicationPassword")
def _(walk):
    sessions, passwords = {}, {}
    for role in walk.world.roles:
        made = walk.ask(role, "SessionService.CreateApplicationPassword",
                        S.CreateApplicationPasswordRequest(scope=S.SCOPE_DIRECTORY, label="a tool"))
        walk.check.assertTrue(made.ok, made)
        made = S.CreateApplicationPasswordReply.FromString(made.body)
        passwords[role] = made.application_password.name
        own = S.Session.FromString(walk.ask(role, "SessionService.GetSession", S.GetSessionRequest()).body)
        walk.check.assertEqual(own.account, role.name)
        sessions[role] = own.name
        listed = S.ListSessionsReply.FromString(walk.ask(role, "SessionService.ListSessions",
                                                         S.ListSessionsRequest()).body)
        walk.check.assertEqual([s.name for s in listed.sessions], [own.name], role.account)
        listed = S.ListApplicationPasswordsReply.FromString(walk.ask(
            role, "SessionService.ListApplicationPasswords", S.ListApplicationPasswordsRequest()).body)
        walk.check.assertEqual([p.name for p in listed.application_passwords], [passwords[role]])
    for role in walk.world.roles:
        for other in walk.world.roles:
            if other is role:
                continue
            for method, name, request in [
                    ("SessionService.EndSession", sessions[other], lambda n: S.EndSessionRequest(name=n)),
                    ("SessionService.DeleteApplicationPassword", passwords[other],
                     lambda n: S.DeleteApplicationPasswordRequest(name=n)),
                    # Another's id under the own name.
                    ("SessionService.DeleteApplicationPassword", role.name + passwords[other][len(other.name):],
                     lambda n: S.DeleteApplicationPasswordRequest(name=n))]:
                answer = walk.ask(role, method, request(name))
                walk.check.assertEqual(answer.code, "NOT_FOUND", f"{method} {name} as {role.account}")
                walk.is_absent(role, method, name, request, answer)
        answer = walk.ask(role, "SessionService.DeleteApplicationPassword",
                          S.DeleteApplicationPasswordRequest(name=passwords[role]))
        walk.check.assertTrue(answer.ok, answer)


@place("DraftService.GetDraftKey")
def _(walk):
    """Each has a key of their own, the same whenever it is asked for, and there is no name by which to ask for another's."""
    ask = lambda role: walk.ask(role, "DraftService.GetDraftKey", DK.GetDraftKeyRequest())
    keys = {role: DK.DraftKey.FromString(ask(role).body).key for role in walk.world.roles}
    walk.check.assertEqual({len(key) for key in keys.values()}, {32})
    walk.check.assertEqual(len(set(keys.values())), len(keys))
    for role in walk.world.roles:
        walk.check.assertEqual(DK.DraftKey.FromString(ask(role).body).key, keys[role], role.account)


@place("NoticeService.GetNoticeSettings", "NoticeService.SetNoticeSettings")
def _(walk):
    """Each has their own, and there is no name by which to ask for another's."""
    chosen = [N.NoticeSettings.AT_ONCE, N.NoticeSettings.DAILY, N.NoticeSettings.NEVER]
    for number, role in enumerate(walk.world.roles):
        answer = walk.ask(role, "NoticeService.SetNoticeSettings", N.SetNoticeSettingsRequest(
            settings=dict(delivery=chosen[number % 3])))
        walk.check.assertEqual(answer.code, "OK" if role.person else "FAILED_PRECONDITION", role.account)
    for number, role in enumerate(walk.world.roles):
        answer = walk.ask(role, "NoticeService.GetNoticeSettings", N.GetNoticeSettingsRequest())
        settings = N.NoticeSettings.FromString(answer.body)
        walk.check.assertEqual(settings.delivery, chosen[number % 3] if role.person else N.NoticeSettings.NEVER)
        walk.check.assertEqual(settings.address.partition("@")[0], role.account if role.person else "")


def accounts():
    return [f"parties/{party}/accounts/{account}" for party, account, _, _, _ in ACCOUNTS]


@place("AccountService.GetAccount", "AccountService.ResetAccount", "AccountService.ApproveReset",
       "AccountService.EndAccount", "AccountService.UnlockAccount")
def _(walk):
    world = walk.world
    rest = list(accounts()) + ["persons/swe.anna", "parties/SWE", "parties/NOR/accounts/anna"]
    for role in world.roles:
        for name in rest:
            known = name in accounts()
            officer = known and world.officer(role, name.split("/")[1])
            own = name == role.name
            for method, request in [("GetAccount", lambda n: C.GetAccountRequest(name=n)),
                                    ("ResetAccount", lambda n: C.ResetAccountRequest(name=n)),
                                    ("ApproveReset", lambda n: C.ApproveResetRequest(name=n)),
                                    ("EndAccount", lambda n: C.EndAccountRequest(name=n)),
                                    ("UnlockAccount", lambda n: C.UnlockAccountRequest(name=n))]:
                method = "AccountService." + method
                may = officer or (own and method.endswith("GetAccount"))
                if officer and method.split(".")[1] in ("ResetAccount", "EndAccount", "UnlockAccount") and (
                        not own or method.endswith("UnlockAccount")):
                    walk.allowed_acts[method] += 1
                    continue
                answer = walk.ask(role, method, request(name))
                context = f"{method} of {name} as {role.account}: {answer}"
                if may and method.endswith("GetAccount"):
                    walk.check.assertTrue(answer.ok, context)
                elif may and own and method.split(".")[1] in ("ResetAccount", "EndAccount"):
                    walk.check.assertEqual(answer.code, "PERMISSION_DENIED", context)
                else:
                    walk.check.assertFalse(answer.ok, context)
                    walk.is_absent(role, method, name, request, answer)


@place("AccountService.ListAccounts", "AccountService.CreateAccount")
def _(walk):
    for role in walk.world.roles:
        for party in parties() + ["persons/swe.anna"]:
            officer = walk.world.officer(role, party[8:])
            listing = lambda p: C.ListAccountsRequest(party=p, page_size=1000)
            answer = walk.ask(role, "AccountService.ListAccounts", listing(party))
            if officer:
                found = {a.name for a in C.ListAccountsReply.FromString(answer.body).accounts}
                walk.check.assertEqual(found, {n for n in accounts() if n.startswith(party + "/")})
            else:
                walk.check.assertFalse(answer.ok, f"{role.account} lists {party}")
                walk.is_absent(role, "AccountService.ListAccounts", party, listing, answer)
            if officer:
                continue
            for id in ("anna", "qqqq"):
                creating = lambda p: C.CreateAccountRequest(party=p, account_id=id, kind=2)
                answer = walk.ask(role, "AccountService.CreateAccount", creating(party))
                walk.check.assertFalse(answer.ok, f"{role.account} creates {id} of {party}")
                walk.is_absent(role, "AccountService.CreateAccount", party, creating, answer)


@place("CertificateService.GetCertificate", "CertificateService.ListCertificates", "CertificateService.ListAnchors")
def _(walk):
    every = {}
    for role in walk.world.roles:
        for party in parties():
            request = lambda p: C.ListCertificatesRequest(party=p, page_size=1000)
            answer = walk.ask(role, "CertificateService.ListCertificates", request(party))
            if party[8:] == role.party:
                found = C.ListCertificatesReply.FromString(answer.body).certificates
                walk.check.assertEqual({c.account for c in found}, {n for n in accounts() if n.startswith(party + "/")})
                every.update({c.name: c.account for c in found})
            else:
                walk.check.assertFalse(answer.ok, f"{role.account} lists {party}")
                walk.is_absent(role, "CertificateService.ListCertificates", party, request, answer)
            anchors = walk.ask(role, "CertificateService.ListAnchors", C.ListAnchorsRequest(party=party))
            walk.check.assertEqual(len(C.ListAnchorsReply.FromString(anchors.body).anchors), 1, anchors)
    # Every certificate that the authority issued is entered.
    walk.check.assertEqual(sorted(every.values()), sorted(accounts()))
    for role in walk.world.roles:
        for name in every:
            answer = walk.ask(role, "CertificateService.GetCertificate", C.GetCertificateRequest(name=name))
            walk.check.assertTrue(answer.ok, answer)
            walk.check.assertGreater(C.Certificate.FromString(answer.body).entered_at.seconds, 0)
        for name in ("certificates/" + "ab" * 32, "persons/swe.anna"):
            request = lambda n: C.GetCertificateRequest(name=n)
            answer = walk.ask(role, "CertificateService.GetCertificate", request(name))
            walk.is_absent(role, "CertificateService.GetCertificate", name, request, answer)


def der_of(path):
    return ssl.PEM_cert_to_DER_cert(re.search("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n",
                                              path.read_text(), re.S).group())


def crl_der(folder, party):
    pem = folder.joinpath("trust", party, "crl.pem").read_text()
    return ssl.PEM_cert_to_DER_cert(pem.strip().replace("X509 CRL", "CERTIFICATE"))


@place("CertificateService.EnterCertificate", "CertificateService.PublishRevocationList",
       "CertificateService.ProposeAnchor", "CertificateService.ApproveAnchor")
def _(walk):
    world, net = walk.world, walk.world.net
    net.ca("issue", "SWE", "person", "later")
    later = der_of(net.path / "issued/SWE/person/later/cert.pem")
    entered = der_of(net.path / "credentials/anna/cert.pem")
    crl = crl_der(net.path, "SWE")
    root = der_of(net.path / "authorities/NOR/root.pem")
    for role in world.roles:
        officer = world.officer(role, "SWE", CERTIFICATE_OFFICER)
        answers = [walk.ask(role, "CertificateService.EnterCertificate", C.EnterCertificateRequest(der=der))
                   for der in (entered, later)]
        if not officer:
            # Whether it was entered before is not for who may not enter it.
            walk.check.assertFalse(answers[1].ok, role.account)
            walk.check.assertEqual(answers[0].face(), answers[1].face(), role.account)
            request = lambda p: C.PublishRevocationListRequest(party=p, crl_der=crl)
            answer = walk.ask(role, "CertificateService.PublishRevocationList", request("parties/SWE"))
            walk.check.assertFalse(answer.ok)
            walk.is_absent(role, "CertificateService.PublishRevocationList", "parties/SWE", request, answer)
        else:
            # The operator's folder brought it already, or will.
            walk.check.assertIn(answers[1].code, ("OK", "ALREADY_EXISTS"))
            walk.check.assertEqual(answers[0].code, "ALREADY_EXISTS")
        for process in processes():
            proposing = lambda p: C.ProposeAnchorRequest(party="parties/NOR", process=p, der=root, signature=b"none")
            answer = walk.ask(role, "CertificateService.ProposeAnchor", proposing(process))
            walk.check.assertFalse(answer.ok)
            if world.secretariat(role, process[10:]):
                walk.check.assertEqual(answer.code, "INVALID_ARGUMENT", answer)
            else:
                walk.is_absent(role, "CertificateService.ProposeAnchor", process, proposing, answer)
        answer = walk.ask(role, "CertificateService.ApproveAnchor", C.ApproveAnchorRequest(
            name="parties/NOR/anchorProposals/" + "ab" * 32, digest=b"\xab" * 32, signature=b"none"))
        walk.check.assertEqual(answer.code, "NOT_FOUND", answer)


# --- the ledger --------------------------------------------------------------------------------------------

def rows_of(walk, role, size):
    rows, begin = [], 0
    while begin < size:
        answer = walk.ask(role, "LedgerService.ListEntries", L.ListEntriesRequest(to=size, page_size=1000,
                                                                                  **{"from": begin}))
        walk.check.assertTrue(answer.ok, f"{role.account}: {answer}")
        reply = L.ListEntriesReply.FromString(answer.body)
        rows += reply.rows
        begin = reply.next
    return rows


@place("LedgerService.ListEntries", "LedgerService.GetEntry")
def _(walk):
    world = walk.world
    checkpoint = walk.ask(world.roles[0], "LedgerService.GetCheckpoint", L.GetCheckpointRequest())
    size = L.Checkpoint.FromString(checkpoint.body).size
    rows = {role: rows_of(walk, role, size) for role in world.roles}
    known = {row.index: row.entry for some in rows.values() for row in some if row.canonical}

    def should_see(role, entry):
        if entry.party and entry.party.split("/")[-1] == role.party:
            return True
        # What names objects of different audiences is told to the party that acted, and to nobody else.
        if entry.kind in ("directory.contact_test.start", "directory.roster.import"):
            return False
        # Who has read what is for those who keep it.
        if entry.kind == "documents.document.read":
            process = world.objects[entry.object].process
            return world.oracle.sees(role.party, role.person,
                                     Guard("", process, "", frozenset({f"process/{process}/secretariat"})))
        if entry.kind.startswith("documents."):
            return world.oracle.sees(role.party, role.person, world.objects[entry.object]._replace(originator=""))
        # An upload's digest would give hidden figures of its file away to who tries: it is for who may see all of it.
        if entry.kind == "statistics.upload" and not world.secretariat(role, world.objects[entry.object].process):
            return False
        if entry.kind.startswith("statistics.mapping."):
            return world.oracle.sees(role.party, role.person,
                                     Guard("", "alpha", "", frozenset({"process/alpha/secretariat"})))
        if entry.kind.startswith(("directory.", "statistics.", "meetings.")):
            named = [name for name in [entry.object, *entry.touched] if name in world.objects]
            return all(world.oracle.sees(role.party, role.person, world.objects[name]._replace(
                holder="", originator="")) for name in named)
        if entry.kind.startswith(("identity.certificate.", "identity.trust.", "identity.revocation_list.", "identity.anchor.")):
            return world.oracle.sees(role.party, role.person, Guard("", "", "", EVERYONE))
        return False
    leaves = [[row.leaf_hash for row in some] for some in rows.values()]
    walk.check.assertTrue(all(some == leaves[0] for some in leaves))  # one ledger for all
    for role in world.roles:
        for index, entry in known.items():
            visible = should_see(role, entry)
            row = rows[role][index]
            context = f"{role.account} and entry {index}: {entry.kind} {entry.object} of {entry.account}"
            walk.check.assertEqual(bool(row.canonical), visible, context)
            walk.check.assertEqual((row.HasField("entry"), bool(row.blinding)), (visible, visible), context)
            if index % 3 == 0 or not visible:
                answer = walk.ask(role, "LedgerService.GetEntry", L.GetEntryRequest(name=f"ledger/entries/{index}"))
                walk.check.assertEqual(answer.ok, visible, context)
                if not visible:
                    never = walk.ask(role, "LedgerService.GetEntry", L.GetEntryRequest(
                        name="ledger/entries/" + "9" * max(4, len(str(index)))))
                    walk.check.assertEqual(answer.face(), never.face(), context)


@place("LedgerService.GetCheckpoint", "LedgerService.ListCosignatures", "LedgerService.WatchCheckpoints",
       "LedgerService.ProveInclusion", "LedgerService.ProveConsistency", "LedgerService.AddCosignature")
def _(walk):
    for role in walk.world.roles:
        for method, request in [("GetCheckpoint", L.GetCheckpointRequest()),
                                ("ListCosignatures", L.ListCosignaturesRequest()),
                                ("WatchCheckpoints", L.WatchCheckpointsRequest()),
                                ("ProveInclusion", L.ProveInclusionRequest(index=3)),
                                ("ProveConsistency", L.ProveConsistencyRequest(old_size=2))]:
            answer = walk.ask(role, "LedgerService." + method, request)
            walk.check.assertTrue(answer.ok, f"{method} as {role.account}: {answer}")
        for note in ("", "nothing", "x\n\n— y z\n"):
            answer = walk.ask(role, "LedgerService.AddCosignature", L.AddCosignatureRequest(note=note))
            walk.check.assertEqual(answer.code, "INVALID_ARGUMENT", answer)


# --- statistics --------------------------------------------------------------------------------------------

@place("StatisticsService.ListDataflows")
def _(walk):
    walk.listed("StatisticsService.ListDataflows", lambda p: T.ListDataflowsRequest(process=p), [""] + processes(),
                lambda _, p: [n for n, guard in walk.world.objects.items() if kind_of(n) == "dataflows" and
                              p in ("", "processes/" + guard.process)],
                lambda body: {row.dataflow.name for row in T.ListDataflowsReply.FromString(body).rows})


@place("StatisticsService.GetStructure", "StatisticsService.ListUploads", "StatisticsService.Query",
       "StatisticsService.CompareParties")
def _(walk):
    walk.by_name("StatisticsService.GetStructure", ["dataflows", "provisions"],
                 lambda n: T.GetStructureRequest(name=n))
    flows = ["dataflows"]
    walk.by_name("StatisticsService.ListUploads", flows, lambda n: T.ListUploadsRequest(dataflow=n))
    walk.by_name("StatisticsService.Query", flows, lambda n: T.QueryRequest(dataflow=n))
    walk.by_name("StatisticsService.CompareParties", flows, lambda n: T.ComparePartiesRequest(dataflow=n))


@place("ComparisonService.GetCalendar", "ComparisonService.Aggregate", "ComparisonService.GetProfile")
def _(walk):
    walk.by_name("ComparisonService.GetCalendar", ["dataflows"], lambda n: K.GetCalendarRequest(dataflow=n))
    walk.by_name("ComparisonService.Aggregate", ["dataflows"], lambda n: K.AggregateRequest(dataflow=n))
    for role in walk.world.roles:  # a page is made of what its reader sees: at worst it is empty
        for process in processes():
            answer = walk.ask(role, "ComparisonService.GetProfile", K.GetProfileRequest(process=process, area="SWE"))
            walk.check.assertTrue(answer.ok, answer)


@place("HistoryService.ListChanges", "HistoryService.Watch", "HistoryService.WithdrawUpload")
def _(walk):
    walk.by_name("HistoryService.ListChanges", ["dataflows"], lambda n: H.ListChangesRequest(dataflow=n))
    walk.by_name("HistoryService.Watch", ["dataflows"], lambda n: H.WatchUploadsRequest(dataflow=n, only_new=True))
    for role in walk.world.roles:
        for flow in ("dataflows/ALPHA.ASYLUM", "dataflows/BETAA.ASYLUM"):
            name, request = flow + "/uploads/" + "ab" * 16, lambda n: H.WithdrawUploadRequest(name=n)
            answer = walk.ask(role, "HistoryService.WithdrawUpload", request(name))
            walk.check.assertEqual(answer.code, "NOT_FOUND", answer)
            walk.is_absent(role, "HistoryService.WithdrawUpload", name, request, answer)


def is_reciprocal(dataflow):
    return dataflow.endswith(".TRAFFICKING")


@place("ReciprocityService.GetStanding")
def _(walk):
    walk.by_name("ReciprocityService.GetStanding", ["dataflows"], lambda n: P.GetStandingRequest(dataflow=n),
                 lambda role, n: is_reciprocal(n) and f"{n}/provisions/{role.party}" in walk.world.objects,
                 lambda n: "PERMISSION_DENIED" if is_reciprocal(n) else "FAILED_PRECONDITION")


@place("ExemptionService.ListExemptions", "ExemptionService.ProposeExemption", "ExemptionService.ApproveExemption")
def _(walk):
    walk.by_name("ExemptionService.ListExemptions", ["dataflows"], lambda n: V.ListExemptionsRequest(dataflow=n))
    # Of what is not reciprocal: the secretariat is told that, all others that it is not theirs.
    for role in walk.world.roles:
        for flow in ("dataflows/ALPHA.ASYLUM", "dataflows/BETAA.ASYLUM"):
            for method, request in [
                    ("ProposeExemption", lambda n: V.ProposeExemptionRequest(
                        dataflow=n, party="parties/NOR", until="2026-12-31", reason="a walk", signature=b"none")),
                    ("ApproveExemption", lambda n: V.ApproveExemptionRequest(
                        dataflow=n, party="parties/NOR", digest=b"\xab" * 32, signature=b"none"))]:
                answer = walk.ask(role, "ExemptionService." + method, request(flow))
                if not walk.world.sees(role, flow):
                    walk.check.assertEqual(answer.code, "NOT_FOUND", answer)
                    walk.is_absent(role, "ExemptionService." + method, flow, request, answer)
                else:
                    keeps = walk.world.secretariat(role, walk.world.objects[flow].process)
                    walk.check.assertEqual(answer.code, "FAILED_PRECONDITION" if keeps else DENIED, answer)


@place("StatisticsService.BeginUpload", "StatisticsService.SendPiece", "StatisticsService.CheckUpload",
       "StatisticsService.FinishUpload")
def _(walk):
    begin = lambda n: T.BeginUploadRequest(upload_id="walk", dataflow=n, action=T.REPLACE, format=T.SDMX_CSV)
    walk.by_name("StatisticsService.BeginUpload", ["dataflows"], begin,
                 lambda role, n: f"{n}/provisions/{role.party}" in walk.world.objects, "PERMISSION_DENIED", acts=True)
    # An upload is its account's: to all others, of the same party too, its id is one that never was.
    anna = walk.world.by_account["anna"]
    walk.check.assertTrue(walk.ask(anna, "StatisticsService.BeginUpload", begin("dataflows/ALPHA.ASYLUM")).ok)
    for role in walk.world.roles:
        for method, request in [("SendPiece", lambda n: T.SendPieceRequest(upload_id=n[8:], content=b"x")),
                                ("CheckUpload", lambda n: T.CheckUploadRequest(upload_id=n[8:])),
                                ("FinishUpload", lambda n: T.FinishUploadRequest(upload_id=n[8:]))]:
            if role is not anna:
                answer = walk.ask(role, "StatisticsService." + method, request("uploads/walk"))
                walk.check.assertFalse(answer.ok, f"{method} as {role.account}")
                walk.is_absent(role, "StatisticsService." + method, "uploads/walk", request, answer)


@place("MappingService.PutMapping", "MappingService.GetMapping", "MappingService.ListMappings",
       "MappingService.DeleteMapping")
def _(walk):
    walk.by_name("MappingService.ListMappings", ["dataflows"], lambda n: B.ListMappingsRequest(dataflow=n))
    # A mapping is its party's: to all others it is one that never was. An empty one is refused, so nothing is kept.
    put = lambda n: B.PutMappingRequest(mapping=B.Mapping(name=n + "/mappings/SWE.walk"))
    # Not under what bears the party's own id: the answer repeats the name, and that id is masked in it.
    names = [name for name in walk.names(["dataflows"]) if name.rpartition("/")[2] != "SWE"]
    for role in walk.world.roles:
        for name in names:
            answer = walk.ask(role, "MappingService.PutMapping", put(name))
            if role.party == "SWE" and walk.world.sees(role, name) and kind_of(name) == "dataflows":
                may = f"{name}/provisions/SWE" in walk.world.objects
                walk.check.assertEqual(answer.code, "INVALID_ARGUMENT" if may else "PERMISSION_DENIED", answer)
            else:
                walk.check.assertFalse(answer.ok, answer)
                walk.is_absent(role, "MappingService.PutMapping", name, put, answer)
    kept = "dataflows/ALPHA.ASYLUM/mappings/SWE.walk"
    column = B.MappedColumn(heading="a", component="OBS_VALUE")
    anna = walk.world.by_account["anna"]
    answer = walk.ask(anna, "MappingService.PutMapping", B.PutMappingRequest(mapping=B.Mapping(name=kept, columns=[column])))
    walk.check.assertTrue(answer.ok, answer)
    for method, request in [("GetMapping", lambda n: B.GetMappingRequest(name=n)),
                            ("DeleteMapping", lambda n: B.DeleteMappingRequest(name=n))]:
        for role in walk.world.roles:
            if role.party != "SWE":
                answer = walk.ask(role, "MappingService." + method, request(kept))
                walk.check.assertFalse(answer.ok, f"{method} as {role.account}: {answer}")
                walk.is_absent(role, "MappingService." + method, kept, request, answer)
        walk.check.assertTrue(walk.ask(anna, "MappingService." + method, request(kept)).ok)


@place("EvidenceService.GetUpload", "EvidenceService.GetFigure", "EvidenceService.CommitRows")
def _(walk):
    walk.by_name("EvidenceService.GetUpload", ["uploads"], lambda n: R.GetUploadRequest(name=n))
    # Who sees the dataflow is told that a key is missing; where it has one, that there is no such figure.
    walk.by_name("EvidenceService.GetFigure", ["dataflows"], lambda n: R.GetFigureRequest(dataflow=n, period="2018"),
                 lambda role, name: False, "INVALID_ARGUMENT")
    for role in walk.world.roles:
        request = lambda n: R.CommitRowsRequest(upload_id=n[8:], seed=b"s" * 32)
        answer = walk.ask(role, "EvidenceService.CommitRows", request("uploads/rows"))
        walk.check.assertEqual(answer.code == "NOT_FOUND", bool(role.person or role.party), answer)
        walk.is_absent(role, "EvidenceService.CommitRows", "uploads/rows", request, answer)


@place("StatisticsService.DefineStructures")
def _(walk):
    keeper = {process: next(r for r in walk.world.roles if walk.world.secretariat(r, process)) for process in CHAIRS}
    flows = {}
    for name, guard in walk.world.objects.items():
        if kind_of(name) == "dataflows":
            answer = walk.ask(keeper[guard.process], "StatisticsService.GetStructure", T.GetStructureRequest(name=name))
            flows[name] = T.StructureSet.FromString(answer.body).dataflows[0]

    def request(name):
        flow = T.Dataflow.FromString(flows[request.of].SerializeToString())
        flow.name = name
        return T.DefineStructuresRequest(structures={"dataflows": [flow]})
    for name in flows:
        request.of = name
        walk.absent.clear()
        for role in walk.world.roles:
            if walk.world.secretariat(role, walk.world.objects[name].process):
                continue
            answer = walk.ask(role, "StatisticsService.DefineStructures", request(name))
            if walk.world.sees(role, name):
                walk.check.assertEqual(answer.code, "PERMISSION_DENIED", f"{name} as {role.account}: {answer}")
            else:
                walk.check.assertFalse(answer.ok, answer)
                walk.is_absent(role, "StatisticsService.DefineStructures", name, request, answer)


# --- documents ---------------------------------------------------------------------------------------------

def of_kind(walk, kind):
    return [name for name in walk.world.objects if kind_of(name) == kind]


@place("DocumentService.GetDocument", "DocumentService.ReadContent", "DocumentService.GetReaders")
def _(walk):
    world = walk.world

    def right(role, name, answer):
        walk.check.assertEqual(D.Document.FromString(answer.body).title.by_language["en"], world.titles[name])
    walk.by_name("DocumentService.GetDocument", ["documents"], lambda n: D.GetDocumentRequest(name=n), right=right)
    # What leaves a receipt is opened first.
    walk.by_name("DocumentService.ReadContent", ["documents"], lambda n: D.ReadContentRequest(name=n),
                 lambda role, n: is_reciprocal(n) and f"{n}/provisions/{role.party}" in walk.world.objects,
                 lambda n: "PERMISSION_DENIED" if is_reciprocal(n) else "FAILED_PRECONDITION")
    for role in world.roles:
        request_of = lambda n: D.ReadContentRequest(name=n)
        answer = walk.ask(role, "DocumentService.ReadContent", request_of(world.reading))
        walk.check.assertEqual(answer.ok, role.account == "anna", answer)
        if not answer.ok:
            walk.is_absent(role, "DocumentService.ReadContent", world.reading, request_of, answer)
    walk.by_name("DocumentService.GetReaders", ["documents"], lambda n: D.GetReadersRequest(name=n),
                 lambda role, n: role.party == world.objects[n].originator or
                 world.secretariat(role, world.objects[n].process), DENIED)


@place("DocumentService.ListDocuments")
def _(walk):
    found = lambda body: {one.name for one in D.ListDocumentsReply.FromString(body).documents}
    every = of_kind(walk, "documents")
    walk.listed("DocumentService.ListDocuments", lambda p: D.ListDocumentsRequest(process=p), [""] + processes(),
                lambda _, p: [n for n in every if p in ("", "processes/" + walk.world.objects[n].process)], found)
    walk.listed("DocumentService.ListDocuments", lambda p: D.ListDocumentsRequest(originator=p), parties(),
                lambda _, p: [n for n in every if p == "parties/" + walk.world.objects[n].originator], found)


@place("SearchService.Search")
def _(walk):
    found = lambda body: {one.name for one in F.SearchReply.FromString(body).found}
    every = of_kind(walk, "documents") + of_kind(walk, "meetings")
    title = {**walk.world.titles, **walk.world.meetings}.get
    for query in ("secret", "title", "meeting", ""):
        walk.listed("SearchService.Search", lambda p: F.SearchRequest(query=query, process=p), [""] + processes(),
                    lambda _, p: [n for n in every if query in title(n) and
                                  p in ("", "processes/" + walk.world.objects[n].process)], found)
    # A title that is hidden is one that nothing bears.
    walk.listed("SearchService.Search", lambda words: F.SearchRequest(query=f'"{words}"'), [title(n) for n in every],
                lambda _, words: [n for n in every if title(n) == words], found)
    for role in walk.world.roles:
        numbers = lambda sees: {re.search("[0-9]+", title(n))[0] for n in every if walk.world.sees(role, n) == sees}
        faces = {walk.ask(role, "SearchService.Search", F.SearchRequest(query=word)).face()
                 for word in numbers(False) - numbers(True) | {"9"}}
        walk.check.assertEqual(len(faces), 1, role.account)


@place("RetentionService.GetSchedule", "RetentionService.SetSchedule", "RetentionService.ListDue")
def _(walk):
    world = walk.world
    line = dict(kind=D.Document.AGENDA, days=400)
    for role in world.roles:
        for name in processes():
            takes_part = world.oracle.sees(role.party, role.person, Guard(
                "", name[10:], "", frozenset(process_audience(name[10:], "") | {f"process/{name[10:]}/body/wg-data"})))
            keeps = world.secretariat(role, name[10:])
            for method, request_of, may in [
                    ("GetSchedule", lambda n: Y.GetScheduleRequest(process=n), takes_part),
                    ("ListDue", lambda n: Y.ListDueRequest(process=n, within_days=36500), keeps),
                    ("SetSchedule", lambda n: Y.RetentionSchedule(process=n, lines=[line]), keeps)]:
                if may and method == "SetSchedule":
                    walk.allowed_acts["RetentionService.SetSchedule"] += 1
                    continue
                answer = walk.ask(role, "RetentionService." + method, request_of(name))
                context = f"{method} of {name} as {role.account}: {answer}"
                if not takes_part:
                    walk.check.assertEqual(answer.code, "NOT_FOUND", context)
                    walk.is_absent(role, "RetentionService." + method, name, request_of, answer)
                else:
                    walk.check.assertEqual(answer.code, "OK" if may else "PERMISSION_DENIED", context)


@place("SearchService.GetTextState")
def _(walk):
    walk.by_name("SearchService.GetTextState", ["documents"], lambda n: F.GetTextStateRequest(name=n))


@place("DocumentService.OpenDocument", "DocumentService.WithdrawDocument", "DocumentService.DestroyDocument",
       "DocumentService.UpdateDocument", "DocumentService.HoldDocument")
def _(walk):
    originates = lambda role, name: role.party == walk.world.objects[name].originator
    walk.by_name("DocumentService.OpenDocument", ["documents"], lambda n: D.OpenDocumentRequest(name=n), acts=True)
    for method, request_of in [("WithdrawDocument", lambda n: D.WithdrawDocumentRequest(name=n)),
                               ("DestroyDocument", lambda n: D.DestroyDocumentRequest(name=n)),
                               ("UpdateDocument", lambda n: D.UpdateDocumentRequest(document={"name": n}))]:
        walk.by_name("DocumentService." + method, ["documents"], request_of, originates, DENIED, acts=True)
    walk.by_name("DocumentService.HoldDocument", ["documents"], lambda n: D.HoldDocumentRequest(name=n, hold=True),
                 of_secretariat(walk), DENIED, acts=True)


@place("DocumentService.BeginContent", "DocumentService.SendContent", "DocumentService.FinishContent")
def _(walk):
    content = dict(language="en", file_name="x.txt", media_type="text/plain", bytes=1)
    more = lambda n: D.BeginContentRequest(upload_id="walk", document={"name": n}, content=content)
    walk.by_name("DocumentService.BeginContent", ["documents"], more,
                 lambda role, name: role.party == walk.world.objects[name].originator, DENIED, acts=True)
    # To a process that one has no part in, nothing can be brought.
    new = lambda n: D.BeginContentRequest(upload_id="walk", content=content, document=dict(
        process=n, kind=D.Document.STUDY, title={"by_language": {"en": "t"}},
        visibility={"handling": 2, "audience": {"any_of": ["process/nobody/members"]}}))
    for role in walk.world.roles:
        for name in processes():
            takes_part = walk.world.oracle.sees(role.party, role.person, Guard(
                "", name[10:], "", frozenset(process_audience(name[10:], "") | {f"process/{name[10:]}/body/wg-data"})))
            answer = walk.ask(role, "DocumentService.BeginContent", new(name))
            walk.check.assertEqual(answer.code, "INVALID_ARGUMENT" if takes_part else "NOT_FOUND", role.account)
            if not takes_part:
                walk.is_absent(role, "DocumentService.BeginContent", name, new, answer)
    # An upload is its account's: to all others, of the same party too, its id is one that never was.
    anna = walk.world.by_account["anna"]
    walk.check.assertTrue(walk.ask(anna, "DocumentService.BeginContent", more(
        next(n for n in of_kind(walk, "documents") if walk.world.objects[n].originator == "SWE"))).ok)
    for role in walk.world.roles:
        for method, request in [("SendContent", lambda n: D.SendContentRequest(upload_id=n[8:], content=b"x")),
                                ("FinishContent", lambda n: D.FinishContentRequest(upload_id=n[8:]))]:
            if role is not anna:
                answer = walk.ask(role, "DocumentService." + method, request("uploads/walk"))
                walk.check.assertFalse(answer.ok, f"{method} as {role.account}")
                walk.is_absent(role, "DocumentService." + method, "uploads/walk", request, answer)


@place("SealingService.GetRoster", "SealingService.PutEnvelope", "SealingService.ShareEnvelope", "SealingService.ListEnvelopes")
def _(walk):
    world, never = walk.world, lambda role, name: False
    named = lambda role, name, answer: walk.check.assertFalse(E.Roster.FromString(answer.body).recipients)  # none is certified
    walk.by_name("SealingService.GetRoster", ["documents"], lambda n: E.GetRosterRequest(document=n), right=named)
    walk.by_name("SealingService.ShareEnvelope", ["documents"], lambda n: E.ShareEnvelopeRequest(document=n), never,
                 "FAILED_PRECONDITION")  # it is not confidential
    for role in world.roles:
        for method, name, request in [
                ("ListEnvelopes", world.reading, lambda n: E.ListEnvelopesRequest(name=n)),
                ("PutEnvelope", "uploads/never", lambda n: E.PutEnvelopeRequest(upload_id=n[8:]))]:
            answer = walk.ask(role, "SealingService." + method, request(name))
            if method == "ListEnvelopes" and role.account == "anna":
                walk.check.assertEqual(answer.code, "FAILED_PRECONDITION")
                continue
            walk.check.assertFalse(answer.ok, f"{method} as {role.account}")
            walk.is_absent(role, "SealingService." + method, name, request, answer)


@place("ConsentService.AskConsent", "ConsentService.AnswerConsent", "ConsentService.ListConsents")
def _(walk):
    world, never = walk.world, lambda role, name: False
    translate = lambda n: J.AskConsentRequest(document=n, act=J.DocumentConsent.TRANSLATE, language="fr")
    walk.by_name("ConsentService.AskConsent", ["documents"], translate, never, "FAILED_PRECONDITION")  # of no revision
    walk.by_name("ConsentService.ListConsents", ["documents"], lambda n: J.ListConsentsRequest(document=n))
    for role in world.roles:
        name = list(world.titles)[0] + "/consents/7"
        answer = walk.ask(role, "ConsentService.AnswerConsent", J.AnswerConsentRequest(name=name))
        walk.check.assertEqual(answer.code, "NOT_FOUND", role.account)
        answer = walk.ask(role, "ConsentService.ListConsents", J.ListConsentsRequest())
        walk.check.assertTrue(answer.ok and not answer.body, role.account)  # nobody has asked for anything


@place("CirculationService.GetCirculation", "CirculationService.ListResponses", "CirculationService.Respond",
       "CirculationService.Recall", "CirculationService.Remind", "CirculationService.Circulate")
def _(walk):
    kinds, world = ["circulations"], walk.world
    sends = lambda role, name: role.party == world.objects[name].originator

    def right(role, name, answer):
        shown = Q.Circulation.FromString(answer.body)
        walk.check.assertEqual(bool(shown.recipients), sends(role, name) or world.secretariat(role, "alpha"))
    walk.by_name("CirculationService.GetCirculation", kinds, lambda n: Q.GetCirculationRequest(name=n), right=right)
    walk.by_name("CirculationService.ListResponses", kinds, lambda n: Q.ListResponsesRequest(name=n))
    walk.by_name("CirculationService.Respond", kinds,
                 lambda n: Q.RespondRequest(name=n, response=dict(kind=Q.Response.ACKNOWLEDGE)), acts=True)
    walk.by_name("CirculationService.Recall", kinds, lambda n: Q.RecallRequest(name=n), sends, DENIED, acts=True)
    walk.by_name("CirculationService.Remind", kinds, lambda n: Q.RemindRequest(name=n), sends, DENIED, acts=True)
    walk.by_name("CirculationService.Circulate", ["documents"],
                 lambda n: Q.CirculateRequest(circulation={"documents": [n]}),
                 lambda role, n: sends(role, n) or world.secretariat(role, world.objects[n].process), DENIED, acts=True)


@place("CirculationService.ListInbox", "CirculationService.ListOutbox", "CirculationService.Watch")
def _(walk):
    world = walk.world
    found = lambda body: {one.name for one in Q.ListCirculationsReply.FromString(body).circulations}
    for mine, method, request_of in [
            (False, "ListInbox", lambda p: Q.ListInboxRequest(process=p)),
            (True, "ListOutbox", lambda p: Q.ListOutboxRequest(process=p))]:
        walk.listed("CirculationService." + method, request_of, [""] + processes(),
                    lambda role, p: [n for n in of_kind(walk, "circulations") if p in ("", "processes/alpha") and
                                     (role.party == world.objects[n].originator) == mine], found)
    for role in world.roles:
        # Whoever sees none of it hears nothing: a stream that waits.
        hears = any(world.sees(role, name) and (role.party, role.account) != (world.objects[name].originator, "ines")
                    and not (role.account in ("anna", "bea") and world.titles[name].endswith(role.account))
                    for name in world.titles)
        if hears:
            answer = walk.ask(role, "CirculationService.Watch", Q.WatchRequest())
            walk.check.assertTrue(world.sees(role, Q.News.FromString(answer.body).object), role.account)
        else:
            answer = role.ask("CirculationService.Watch", Q.WatchRequest(), timeout=0.3)
            walk.check.assertEqual(answer.code, "DEADLINE_EXCEEDED", role.account)
        beyond = walk.ask(role, "CirculationService.Watch", Q.WatchRequest(cursor=1_000_000))
        walk.check.assertEqual(beyond.code, "OUT_OF_RANGE", beyond)


# --- meetings ----------------------------------------------------------------------------------------------

@place("MeetingService.GetMeeting", "MeetingService.UpdateMeeting", "MeetingService.CancelMeeting",
       "MeetingService.UpdateSeries")
def _(walk):
    def right(role, name, answer):
        shown = G.Meeting.FromString(answer.body)
        walk.check.assertEqual(shown.title.by_language["en"], walk.world.meetings[name])
        walk.check.assertEqual(shown.keeps, walk.world.secretariat(role, walk.world.objects[name].process))
    walk.by_name("MeetingService.GetMeeting", ["meetings"], lambda n: G.GetMeetingRequest(name=n), right=right)
    for method, kind, request_of in [
            ("UpdateMeeting", "meetings", lambda n: G.UpdateMeetingRequest(meeting={"name": n})),
            ("CancelMeeting", "meetings", lambda n: G.CancelMeetingRequest(name=n)),
            ("UpdateSeries", "meetingSeries", lambda n: G.UpdateSeriesRequest(series={"name": n}))]:
        walk.by_name("MeetingService." + method, [kind], request_of, of_secretariat(walk), DENIED, acts=True)


@place("MeetingService.ListMeetings", "MeetingService.ListSeries")
def _(walk):
    for method, kind, request, reply, field in [
            ("ListMeetings", "meetings", G.ListMeetingsRequest, G.ListMeetingsReply, "meetings"),
            ("ListSeries", "meetingSeries", G.ListSeriesRequest, G.ListSeriesReply, "series")]:
        walk.listed("MeetingService." + method, lambda p: request(process=p), [""] + processes(),
                    lambda _, p: [n for n in of_kind(walk, kind) if p in ("", "processes/" + walk.world.objects[n].process)],
                    lambda body: {one.name for one in getattr(reply.FromString(body), field)})


@place("MeetingService.CreateMeeting", "MeetingService.CreateSeries")
def _(walk):
    title = {"by_language": {"en": "t"}}
    walk.by_name("MeetingService.CreateMeeting", ["processes"], lambda n: G.CreateMeetingRequest(meeting=dict(
        process=n, title=title, level=1, time_zone="Europe/Zurich", starts_local="2027-03-14", ends_local="2027-03-14")),
        lambda role, n: walk.world.secretariat(role, n[10:]), DENIED, acts=True)
    walk.by_name("MeetingService.CreateSeries", ["processes"], lambda n: G.CreateSeriesRequest(
        series=dict(process=n, title=title)), lambda role, n: walk.world.secretariat(role, n[10:]), DENIED, acts=True)


@place("AttendanceService.InviteParticipant", "AttendanceService.RegisterParticipant",
       "AttendanceService.RemoveParticipant", "CalendarService.ExportCalendar")
def _(walk):
    walk.by_name("AttendanceService.InviteParticipant", ["meetings"], lambda n: W.InviteParticipantRequest(
        meeting=n, participant={"display_name": "A guest"}), of_secretariat(walk), DENIED, acts=True)
    walk.by_name("AttendanceService.RegisterParticipant", ["meetings"], lambda n: W.RegisterParticipantRequest(meeting=n),
                 lambda role, n: bool(role.person), DENIED, acts=True)
    walk.by_name("AttendanceService.RemoveParticipant", ["participants"], lambda n: W.RemoveParticipantRequest(name=n),
                 of_secretariat(walk), DENIED, acts=True)

    def right(role, name, answer):
        walk.check.assertIn(walk.world.meetings[name], Z.CalendarFile.FromString(answer.body).content)
    walk.by_name("CalendarService.ExportCalendar", ["meetings"], lambda n: Z.ExportCalendarRequest(name=n), right=right)


@place("MeetingRecordService.GetRecord", "MeetingRecordService.OpenRecord", "MeetingRecordService.ListRecordComments",
       "MeetingRecordService.CheckRecord", "MeetingRecordService.SaveRecord", "MeetingRecordService.AdoptRecord",
       "MeetingRecordService.SetAsideFindings", "MeetingRecordService.CommentOnRecord")
def _(walk):
    kinds, named = ["meetings/record"], lambda kind: lambda n: kind(name=n)
    # Nobody is named to preside: the process's chair does.
    presides = lambda role, n: bool(role.person) and role.party == CHAIRS[walk.world.objects[n].process]
    saves = lambda role, n: presides(role, n) or of_secretariat(walk)(role, n)

    def right(role, name, answer):
        walk.check.assertEqual(U.MeetingRecord.FromString(answer.body).texts[0].text, walk.world.meetings[name])
    service = "MeetingRecordService."
    walk.by_name(service + "GetRecord", kinds, named(U.GetRecordRequest), right=right)
    walk.by_name(service + "OpenRecord", kinds, named(U.GetRecordRequest), acts=True)
    walk.by_name(service + "ListRecordComments", kinds, named(U.ListRecordCommentsRequest))
    walk.by_name(service + "CommentOnRecord", kinds, lambda n: U.CommentOnRecordRequest(name=n, comment={"text": "t"}),
                 acts=True)
    walk.by_name(service + "CheckRecord", kinds, named(U.CheckRecordRequest), saves, DENIED)
    walk.by_name(service + "AdoptRecord", kinds, named(U.AdoptRecordRequest), saves, DENIED, acts=True)
    walk.by_name(service + "SetAsideFindings", kinds, lambda n: U.SetAsideFindingsRequest(name=n, because="t"), presides,
                 DENIED, acts=True)
    walk.by_name(service + "SaveRecord", ["meetings"], lambda n: U.SaveRecordRequest(
        meeting=n, record=dict(texts=[dict(language="en", text="t")])), saves, DENIED, acts=True)


@place("StructureService.ExportStructures", "StructureService.ListStructures")
def _(walk):
    walk.by_name("StructureService.ExportStructures", ["dataflows", "provisions"],
                 lambda n: X.ExportStructuresRequest(name=n, format=X.SDMX_ML_2_1))
    walk.listed("StructureService.ListStructures", lambda kind: X.ListStructuresRequest(collection=kind),
                ["dataflows", "provisions"],
                lambda _, kind: [n for n in walk.world.objects if kind_of(n) == kind],
                lambda body: {row.name for row in X.ListStructuresReply.FromString(body).rows})


@place("StructureService.CheckStructures", "StructureService.ImportStructures")
def _(walk):
    """Who keeps a process may bring its dataflows; to all others a hidden one is as one that never was."""
    urn = "urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure=ENTENTE:ASYLUM_APPLICATIONS(1.0)"

    def request(name):
        agency, flow = name.removeprefix("dataflows/").split(".")
        return X.ImportStructuresRequest(process="processes/" + agency.lower(), content=json.dumps({"data": {"dataflows": [
            {"id": flow, "agencyID": agency, "version": "1.0", "name": "Walked", "description": name, "structure": urn}]}}).encode())
    for name in [n for n in walk.world.objects if kind_of(n) == "dataflows"]:
        walk.absent.clear()
        for role in walk.world.roles:
            keeps = walk.world.secretariat(role, walk.world.objects[name].process)
            for method in ("StructureService.CheckStructures", "StructureService.ImportStructures"):
                if keeps and method.endswith("ImportStructures"):
                    continue
                answer = walk.ask(role, method, request(name))
                if keeps:
                    walk.check.assertTrue(answer.ok, f"{name} as {role.account}: {answer}")
                elif walk.world.sees(role, name):
                    walk.check.assertEqual(answer.code, "PERMISSION_DENIED", f"{name} as {role.account}: {answer}")
                else:
                    walk.check.assertFalse(answer.ok, answer)


# Methods whose whole walk is in an own test below: they end what the others stand on.
OWN = {"SessionService.SignIn", "SessionService.SignOut", "SessionService.StepUp", "SessionService.ChangePassword",
       "SessionService.RedeemCode", "SessionService.CreateApplicationPassword"}


class Everybody(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        global A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P, Q, R, S, T, U, V, W, X, Y, Z, DK
        cls.folder = tempfile.TemporaryDirectory()
        small_network.make_messages(cls.folder.name)
        from entente.v1 import access_pb2 as A, account_pb2 as C, circulations_pb2 as Q, directory_pb2 as M
        from entente.v1 import comparison_pb2 as K, documents_pb2 as D, ledger_pb2 as L
        from entente.v1 import evidence_pb2 as R, mapping_pb2 as B
        from entente.v1 import options_pb2 as O, session_pb2 as S, statistics_pb2 as T
        from entente.v1 import notices_pb2 as N, retention_pb2 as Y, search_pb2 as F, structures_pb2 as X
        from entente.v1 import history_pb2 as H, reciprocity_pb2 as P
        from entente.v1 import consents_pb2 as J, sealing_pb2 as E
        from entente.v1 import meetings_pb2 as G
        from entente.v1 import exemptions_pb2 as V, process_life_pb2 as I
        from entente.v1 import attendance_pb2 as W, calendars_pb2 as Z, meeting_records_pb2 as U
        from entente.v1 import drafts_pb2 as DK
        cls.net = SmallNetwork()
        cls.world = World(cls.net)
        cls.methods = cls.reflected()

    @classmethod
    def tearDownClass(cls):
        cls.world.close()
        cls.net.stop()
        cls.net.remove()
        cls.folder.cleanup()

    def setUp(self):
        if self._testMethodName < "test_4":  # by which some are gone
            self.world.stay_fresh()

    @classmethod
    def reflected(cls):
        """The methods that the daemon says it has, as descriptors."""
        from google.protobuf import descriptor_pool
        from grpc.reflection.v1 import reflection_pb2 as R
        role = cls.world.roles[0]
        ask = role.channel.stream_stream("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
                                         request_serializer=R.ServerReflectionRequest.SerializeToString,
                                         response_deserializer=R.ServerReflectionResponse.FromString)
        reply = next(ask(iter([R.ServerReflectionRequest(list_services="")]), timeout=60))
        methods = {}
        for service in reply.list_services_response.service:
            if service.name.startswith("grpc."):
                continue
            for method in descriptor_pool.Default().FindServiceByName(service.name).methods:
                methods[f"{service.name.removeprefix('entente.v1.')}.{method.name}"] = method
        return methods

    def registered(self, method):
        return self.world.roles[0].ask(method, b"").code != "UNIMPLEMENTED"

    def test_0_every_method_has_a_rule_and_a_place(self):
        self.assertGreater(len(self.methods), 50)
        placed = set(PLACES) | OWN
        self.assertEqual([m for m in self.methods if m not in placed], [], "give them a place in PLACES")
        self.assertEqual([m for m in placed if m not in self.methods], [], "they are registered no more")
        for name, method in self.methods.items():
            self.assertNotEqual(method.GetOptions().Extensions[O.rule].who, O.WHO_UNSPECIFIED, name)

    def test_1_nobody_without_a_session_is_answered(self):
        anna, thief = self.world.by_account["anna"], Caller(self.net, "sven")
        try:
            for name, method in self.methods.items():
                if method.GetOptions().Extensions[O.rule].who != O.WHO_SIGNED_IN:
                    continue
                faces = set()
                named = [f.name for f in method.input_type.fields if f.type == f.TYPE_STRING and
                         f.label != f.LABEL_REPEATED]
                requests = [b""] + [method.input_type._concrete_class(**{field: value}).SerializeToString()
                                    for field in named for value in ("persons/swe.anna", "persons/qqq.qqqq")]
                # No token, garbage, a token of another's certificate, one of the right form.
                for token in ("", "x", anna.token, "A" * 43):
                    thief.token = token
                    for request in requests:
                        answer = thief.ask(name, request)
                        self.assertEqual(answer.code, "UNAUTHENTICATED", f"{name}: {answer}")
                        faces.add(answer.face())
                self.assertEqual(len(faces), 1, name)
        finally:
            thief.close()

    def test_1_a_stranger_gets_no_byte_of_http(self):
        for protocol in ("h2", "http/1.1"):
            context = ssl.create_default_context(cafile=self.net.dir + "/ca.pem")
            context.set_alpn_protocols([protocol])
            got = b""
            try:
                raw = socket.create_connection(("127.0.0.1", self.net.port), timeout=20)
                with context.wrap_socket(raw, server_hostname="localhost") as line:
                    line.sendall(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n" if protocol == "http/1.1" else
                                 b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0")
                    got = line.recv(1000)
            except (ssl.SSLError, ConnectionError):
                pass
            self.assertEqual(got, b"")

    def test_2_every_method_as_every_role_over_every_object(self):
        walk = Walk(self.world, self)
        walk.doors = doors.Doors(self.net, self.methods, self)
        self.addCleanup(walk.doors.close)
        size = lambda: self.net.metric("entente_ledger_entries_total")
        for method, place in {place: method for method, place in PLACES.items()}.items():
            self.world.stay_fresh()
            before = size()
            with self.subTest(place):
                method(walk)
            # What is refused leaves no entry; application passwords, two certificates and everybody's own settings
            # are made on the way.
            if not place.startswith(("SessionService", "CertificateService", "NoticeService")):
                # A mapping is kept and deleted by its own party: two entries, whose readers are tried below.
                self.assertEqual(size() - before, 2 if place.startswith("MappingService") else 0, place)
        print(f"{walk.calls} calls as {len(self.world.roles)} roles over {len(self.world.objects)} objects; "
              f"{sum(walk.allowed_acts.values())} that act and are allowed are tried below")
        unary = {method for method in PLACES if method not in small_network.STREAMS | TELLS_ALL}
        self.assertEqual(sorted(unary - walk.doors.tried), [], "never asked by Connect")

    def test_2_a_page_token_is_its_callers_and_its_lists(self):
        self.walk = Walk(self.world, self)
        listing = {"DirectoryService.ListParties": (M.ListPartiesRequest, M.ListPartiesReply, {}, "anna", "nora"),
                   "DirectoryService.SearchPersons": (M.SearchPersonsRequest, M.SearchPersonsReply, {}, "anna", "nora"),
                   "DirectoryService.ListOffices": (M.ListOfficesRequest, M.ListOfficesReply,
                                                    {"process": "processes/alpha"}, "anna", "nora"),
                   "DirectoryService.ListParticipations": (M.ListParticipationsRequest, M.ListParticipationsReply,
                                                           {"process": "processes/alpha"}, "anna", "nora"),
                   "AccountService.ListAccounts": (C.ListAccountsRequest, C.ListAccountsReply,
                                                   {"party": "parties/SWE"}, "lars", "nick"),
                   "CertificateService.ListCertificates": (C.ListCertificatesRequest, C.ListCertificatesReply,
                                                           {"party": "parties/SWE"}, "anna", "sven")}
        tokens = {}
        for method, (request, reply, of, mine, _) in listing.items():
            answer = self.did(mine, method, request(page_size=1, **of))
            tokens[method] = reply.FromString(answer.body).next_page_token
            self.assertTrue(tokens[method], method)
            self.did(mine, method, request(page_size=1, page_token=tokens[method], **of))
        for method, (request, _, of, mine, others) in listing.items():
            foreign = dict(of, party="parties/NOR") if others == "nick" else of
            asked = [(others, foreign, tokens[method]), (mine, of, "AAAA"), (mine, of, tokens[method][:-2] + "AA")]
            asked += [(mine, of, token) for other, token in tokens.items() if other != method]
            for account, where, token in asked:
                answer = self.did(account, method, request(page_size=1, page_token=token, **where), "INVALID_ARGUMENT")
                self.assertIn(b"PAGE_TOKEN_INVALID", answer.face())

    def tool(self, account, scope):
        made = S.CreateApplicationPasswordReply.FromString(self.did(
            account, "SessionService.CreateApplicationPassword",
            S.CreateApplicationPasswordRequest(scope=scope, label="a tool")).body)
        tool = doors.Tool(self.net, account, account, made.password)
        self.addCleanup(tool.close)
        return tool

    def test_2_the_address_books_hold_whom_the_rpcs_show(self):
        self.walk = Walk(self.world, self)
        world, shown = self.world, 0
        for role in world.roles:
            if not role.person:
                continue
            tool = self.tool(role.account, S.SCOPE_DIRECTORY)
            for process in CHAIRS:
                of = "processes/" + process
                wanted = {person for person in world.persons if world.sees(role, of) and world.sees(role, person) and
                          holds(world, role, person, lambda office: office.process == of)}
                _, books = tool.face("PROPFIND", "/carddav/books/", Depth="1")
                self.assertEqual(f"/books/{process}/".encode() in books, bool(wanted), role.account)
                _, cards = tool.face("PROPFIND", f"/carddav/books/{process}/", Depth="1")
                found = {"persons/" + name.decode() for name in re.findall(rb"/([a-z0-9._-]+)\.vcf<", cards)}
                self.assertEqual(found, wanted, f"{process} as {role.account}")
                shown += len(found)
                for person in world.persons:
                    name = person.split("/")[1]
                    status, face = tool.face("GET", f"/carddav/books/{process}/{name}.vcf", name)
                    self.assertEqual(status, 200 if person in wanted else 404, f"{person} as {role.account}")
                    if person not in wanted:
                        nobody = re.sub("[a-z]", "q", name)
                        self.assertEqual(face, tool.face("GET", f"/carddav/books/{process}/{nobody}.vcf", nobody)[1])
                for word in world.hidden[role]:
                    self.assertNotIn(word, books + cards, role.account)
        self.assertGreater(shown, 50)

    def test_2_the_calendars_hold_the_meetings_that_the_rpcs_show(self):
        self.walk = Walk(self.world, self)
        world, shown = self.world, 0
        ids_in = lambda face: {"meetings/" + one.decode() for one in re.findall(rb"/([0-9a-f]{32})\.ics<", face)}
        for role in world.roles:
            tool = self.tool(role.account, S.SCOPE_CALENDAR)
            _, calendars = tool.face("PROPFIND", "/caldav/calendars/", Depth="1")
            for process in CHAIRS:
                sees = world.sees(role, "processes/" + process)
                self.assertEqual(f"/calendars/{process}/".encode() in calendars, sees, role.account)
                answer = self.walk.ask(role, "MeetingService.ListMeetings", G.ListMeetingsRequest(
                    process="processes/" + process, page_size=1000))
                wanted = {one.name for one in G.ListMeetingsReply.FromString(answer.body).meetings}
                _, listed = tool.face("PROPFIND", f"/caldav/calendars/{process}/", Depth="1")
                _, file = tool.face("GET", f"/calendars/{process}.ics")
                self.assertEqual(ids_in(listed), wanted if sees else set(), f"{process} as {role.account}")
                for meeting in [name for name in world.objects if kind_of(name) == "meetings"]:
                    name = meeting.split("/")[1]
                    self.assertEqual(name.encode() in file, sees and meeting in wanted, f"{meeting} as {role.account}")
                    status, face = tool.face("GET", f"/caldav/calendars/{process}/{name}.ics", name)
                    self.assertEqual(status, 200 if sees and meeting in wanted else 404, f"{meeting} as {role.account}")
                    shown += status == 200
                    if status == 404:
                        nothing = "0" * 32
                        self.assertEqual(face, tool.face("GET", f"/caldav/calendars/{process}/{nothing}.ics", nothing)[1])
                for word in world.hidden[role]:
                    self.assertNotIn(word, calendars + listed + file, role.account)
        self.assertGreater(shown, 5)

    def test_2_the_tools_of_sdmx_get_what_the_rpcs_show(self):
        self.walk = Walk(self.world, self)
        rows = "".join(f"ALPHA:ASYLUM(1.0),A,SWE,AFG,_T,_T,N,{year},{value},A,F\n"
                       for year, value in (("2018", 608), ("2019", 679)))
        content = ("DATAFLOW,FREQ,REF_AREA,CITIZEN,SEX,AGE,APPLICATION,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS\n" +
                   rows).encode()
        name = dict(upload_id="tools")
        self.did("anna", "StatisticsService.BeginUpload", T.BeginUploadRequest(
            dataflow="dataflows/ALPHA.ASYLUM", action=T.REPLACE, format=T.SDMX_CSV, **name))
        self.did("anna", "StatisticsService.SendPiece", T.SendPieceRequest(content=content, **name))
        done = self.did("anna", "StatisticsService.FinishUpload", T.FinishUploadRequest(
            sha256=hashlib.sha256(content).digest(), **name))
        upload = T.UploadReport.FromString(done.body).name
        self.world.objects[upload] = self.world.objects["dataflows/ALPHA.ASYLUM"]
        self.walk.by_name("EvidenceService.GetUpload", ["uploads"], lambda n: R.GetUploadRequest(name=n))
        # A figure and its evidence are for the same people; hidden or not there, the words are the same.
        figure = lambda citizen: R.GetFigureRequest(dataflow="dataflows/ALPHA.ASYLUM", period="2019",
                                                    key=["A", "SWE", citizen, "_T", "_T", "N"])
        for role in self.world.roles:
            answer = self.walk.ask(role, "EvidenceService.GetFigure", figure("AFG"))
            if self.world.sees(role, "dataflows/ALPHA.ASYLUM"):
                self.assertIn("not signed row by row", answer.message, role.account)
                self.assertEqual(self.walk.ask(role, "EvidenceService.GetFigure", figure("SYR")).code, "NOT_FOUND")
            else:
                self.assertFalse(answer.ok, role.account)
                self.assertEqual(answer.message, self.walk.ask(role, "EvidenceService.GetFigure", figure("SYR")).message)
        answered = 0
        for role in self.world.roles:
            if not role.person:
                continue
            tool = self.tool(role.account, S.SCOPE_STATISTICS)
            for flow in [name for name in self.world.objects if kind_of(name) == "dataflows"]:
                agency, ident = flow.split("/")[1].split(".")
                never = re.sub("[A-Z]", "Q", ident)
                for path in ("/sdmx/2.1/data/{a},{i},1.0/all", "/sdmx/3.0/data/dataflow/{a}/{i}/1.0/*"):
                    status, face = tool.face("GET", path.format(a=agency, i=ident), ident)
                    context = f"{flow} as {role.account}: {face}"
                    if flow == "dataflows/ALPHA.ASYLUM" and self.world.sees(role, flow):
                        self.assertEqual((status, b"679" in face), (200, True), context)
                        answered += 1
                    else:
                        self.assertEqual(face, tool.face("GET", path.format(a=agency, i=never), never)[1], context)
                        self.assertIn(status, (204, 404), context)
                self.asks_for_structures(role, tool, flow)
            # All that there is at once is what there is one by one.
            everything = tool.ask("GET", "/sdmx/3.0/data/*", Accept="text/csv")[1]
            self.assertEqual(b"ALPHA:ASYLUM(1.0)" in everything, self.world.sees(role, "dataflows/ALPHA.ASYLUM"))
            for word in self.world.hidden[role]:
                self.assertNotIn(word, everything, role.account)
        self.assertGreater(answered, 5)

    def asks_for_structures(self, role, tool, flow):
        """What is said of a dataflow, of what it holds and of its schema: to who may not see it as if it never was."""
        agency, ident = flow.split("/")[1].split(".")
        never = re.sub("[A-Z]", "Q", ident)
        for path in ("/sdmx/2.1/dataflow/{a}/{i}?references=all", "/sdmx/3.0/structure/dataflow/{a}/{i}/+",
                     "/sdmx/2.1/schema/dataflow/{a}/{i}/1.0", "/sdmx/2.1/provisionagreement/{a}/{i}_SWE",
                     "/sdmx/2.1/contentconstraint/{a}/{i}_ACTUAL", "/sdmx/2.1/availableconstraint/{a},{i}"):
            status, face = tool.face("GET", path.format(a=agency, i=ident), ident)
            context = f"{path} of {flow} as {role.account}: {face}"
            if self.world.sees(role, flow) and (flow == "dataflows/ALPHA.ASYLUM" or "onstraint" not in path):
                reported = f"{flow}/provisions/SWE" in self.world.objects
                self.assertEqual(status, 200 if reported or "provision" not in path else 404, context)
            else:
                self.assertEqual(face, tool.face("GET", path.format(a=agency, i=never), never)[1], context)
                self.assertIn(status, (204, 404), context)

    def did(self, account, method, request, code="OK"):
        answer = self.walk.ask(self.world.by_account[account], method, request)
        self.assertEqual(answer.code, code, f"{method} as {account}: {answer}")
        return answer

    def test_3_who_may_act_does_and_one_entry_each_is_seen_by_those_who_see_what_it_names(self):
        self.walk = Walk(self.world, self)
        anna = "persons/swe.anna"
        entries = lambda: self.net.metric("entente_ledger_entries_total")
        before = entries()
        self.did("anna", "DirectoryService.ConfirmPerson", M.ConfirmPersonRequest(name=anna))
        self.did("anna", "DirectoryService.ConfirmPerson", M.ConfirmPersonRequest(name="persons/swe.sven"))
        person = M.Person.FromString(self.did("anna", "DirectoryService.GetPerson", M.GetPersonRequest(name=anna)).body)
        stale = M.Person.FromString(person.SerializeToString())
        person.title = "Adviser"
        self.did("anna", "DirectoryService.UpdatePerson", M.UpdatePersonRequest(person=person))
        self.did("anna", "DirectoryService.UpdatePerson", M.UpdatePersonRequest(person=stale), "ABORTED")
        made = M.Person(name="persons/swe.nils", party="parties/SWE", given_name="Nils", family_name="New",
                        display_name="Nils New")
        self.did("anna", "DirectoryService.CreatePerson", M.CreatePersonRequest(person=made, process="processes/alpha"))
        pens = {account: signing.Signer(self.net, account, small_network.NAME + "/ledger") for account in ("anna", "nora")}

        def appoint(account, office, person, code="OK"):
            request = M.AppointRequest(office="offices/" + office, person=person, capacity=M.DEPUTY)
            pens[account].beginning(request, self.world.offices[request.office], M.DEPUTY)
            return M.Appointment.FromString(self.did(account, "DirectoryService.Appoint", request, code).body)

        def end(account, appointment):
            request = pens[account].end(M.EndAppointmentRequest(), self.world.offices[appointment.office], appointment)
            self.did(account, "DirectoryService.EndAppointment", request)

        def hand_over(account, office, person, code="OK"):
            request = M.HandOverRequest(office="offices/" + office, person=person)
            pens[account].beginning(request, self.world.offices[request.office])
            self.did(account, "DirectoryService.HandOver", request, code)
        appointed = appoint("anna", "swe.alpha.focal-point", made.name)
        guard = Guard("SWE", "alpha", "swe.nils", frozenset(process_audience("alpha", "SWE")))
        self.world.objects.update({made.name: guard, appointed.name: guard})
        end("anna", appointed)
        # Who keeps a party's certificates does not keep its accounts.
        deputy = appoint("anna", "swe.certificate-officer", "persons/swe.sven")
        self.world.objects[deputy.name] = Guard("SWE", "", "swe.sven", frozenset({"party/SWE"}))
        self.did("sven", "SessionService.GetSession", S.GetSessionRequest())
        appoint("anna", "swe.security-officer", "persons/swe.sven", "FAILED_PRECONDITION")
        hand_over("anna", "swe.security-officer", "persons/swe.sven", "FAILED_PRECONDITION")
        end("anna", deputy)
        # The session that held the duty ends with it: asked above, so that it surely held it.
        self.did("sven", "SessionService.GetSession", S.GetSessionRequest(), "UNAUTHENTICATED")
        # To the present holder: changes nothing, and names an entry that its holder has narrowed.
        hand_over("nora", "nor.alpha.focal-point", "persons/nor.nora")
        self.assertEqual(entries() - before, 9)
        self.assertTrue(self.world.by_account["sven"].sign_in().ok)
        spare = "parties/SWE/accounts/spare"
        code = C.AccountCode.FromString(self.did("lars", "AccountService.ResetAccount",
                                                 C.ResetAccountRequest(name=spare)).body)
        self.assertFalse(code.awaits_approval)
        self.did("lars", "AccountService.UnlockAccount", C.UnlockAccountRequest(name=spare))
        self.did("spare", "SessionService.GetSession", S.GetSessionRequest(), "UNAUTHENTICATED")
        # The code of another account opens nothing; the own one does.
        fresh = "en helt annan sak"
        self.did("sven", "SessionService.RedeemCode", S.RedeemCodeRequest(code=code.code, new_password=fresh),
                 "UNAUTHENTICATED")
        self.did("spare", "SessionService.RedeemCode", S.RedeemCodeRequest(code=code.code, new_password=fresh))
        self.assertTrue(self.world.by_account["spare"].sign_in(fresh).ok)
        self.did("lars", "AccountService.EndAccount", C.EndAccountRequest(name=spare))
        self.did("spare", "SessionService.GetSession", S.GetSessionRequest(), "UNAUTHENTICATED")
        self.assertEqual(self.world.by_account["spare"].sign_in(fresh).code, "UNAUTHENTICATED")
        # A duty beyond the party: the reset waits for a second person, who is neither who asked nor the holder.
        ines = "parties/IGC/accounts/ines"
        code = C.AccountCode.FromString(self.did("otto", "AccountService.ResetAccount",
                                                 C.ResetAccountRequest(name=ines)).body)
        self.assertTrue(code.awaits_approval)
        for account in ("otto", "ines", "bea", "lars", "anna"):
            self.assertIn(self.walk.ask(self.world.by_account[account], "AccountService.ApproveReset",
                                        C.ApproveResetRequest(name=ines)).code, ("NOT_FOUND", "PERMISSION_DENIED"))
        self.did("ines", "SessionService.GetSession", S.GetSessionRequest())
        self.did("igor", "AccountService.ApproveReset", C.ApproveResetRequest(name=ines))
        self.did("ines", "SessionService.GetSession", S.GetSessionRequest(), "UNAUTHENTICATED")
        made = C.AccountCode.FromString(self.did("lars", "AccountService.CreateAccount", C.CreateAccountRequest(
            party="parties/SWE", account_id="newer", kind=2)).body)
        self.assertEqual(made.account.name, "parties/SWE/accounts/newer")
        # The list in force is not taken twice; the next one is, made where the operator's folder is not.
        present = C.PublishRevocationListRequest(party="parties/SWE", crl_der=crl_der(self.net.path, "SWE"))
        self.did("eva", "CertificateService.PublishRevocationList", present, "FAILED_PRECONDITION")
        elsewhere = self.net.path / "elsewhere"
        shutil.copytree(self.net.path / "authorities", elsewhere / "authorities")
        shutil.copy(self.net.path / "network", elsewhere)
        small_network.do(small_network.CA, "--dir", elsewhere, "crl", "SWE")
        self.did("eva", "CertificateService.PublishRevocationList", C.PublishRevocationListRequest(
            party="parties/SWE", crl_der=crl_der(elsewhere, "SWE")))
        # Every entry of all this, and to whom it is told.
        self.world.roles = [role for role in self.world.roles if role.account not in ("spare", "ines")]
        PLACES["LedgerService.GetEntry"](self.walk)

    def test_4_sessions_are_stepped_up_changed_and_ended_by_their_own(self):
        self.walk = Walk(self.world, self)
        self.did("ivan", "SessionService.StepUp", S.StepUpRequest(password="not this one"), "UNAUTHENTICATED")
        self.did("ivan", "SessionService.StepUp", S.StepUpRequest(password=small_network.PASSWORD))
        other = Caller(self.net, "ivan")
        self.assertTrue(other.sign_in().ok)
        self.did("ivan", "SessionService.ChangePassword", S.ChangePasswordRequest(
            old_password=small_network.PASSWORD, new_password="password"), "INVALID_ARGUMENT")
        self.did("ivan", "SessionService.ChangePassword", S.ChangePasswordRequest(
            old_password=small_network.PASSWORD, new_password="en helt annan sak"))
        self.assertEqual(other.ask("SessionService.GetSession", S.GetSessionRequest()).code, "UNAUTHENTICATED")
        self.did("ivan", "SessionService.GetSession", S.GetSessionRequest())
        self.assertTrue(other.sign_in("en helt annan sak").ok)
        name = S.Session.FromString(other.ask("SessionService.GetSession", S.GetSessionRequest()).body).name
        self.did("ivan", "SessionService.EndSession", S.EndSessionRequest(name=name))
        self.assertEqual(other.ask("SessionService.GetSession", S.GetSessionRequest()).code, "UNAUTHENTICATED")
        self.did("ivan", "SessionService.SignOut", S.SignOutRequest())
        self.did("ivan", "SessionService.SignOut", S.SignOutRequest(), "UNAUTHENTICATED")
        other.close()

    def test_5_every_row_is_as_its_entry_left_it_and_every_object_as_the_ledger_says(self):
        self.net.stop()
        for verb in ("fsck", "ledger"):
            told = self.net.entented(verb)
            self.assertEqual(told.returncode, 0, told.stdout + told.stderr)
        self.assertGreater(int(told.stdout.split(" rows as they were left")[0].split()[-1]), 500, told.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
