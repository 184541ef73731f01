"""The walks of the directory, and of the life of a process."""
import signing
from small_network import ACCOUNTS, BODIES, CHAIRS, PARTICIPATIONS, PARTIES, mobile
from entente.v1 import directory_pb2 as M, process_life_pb2 as I
from walk.walk import DENIED, of_secretariat, parties, place, processes
from walk.world import CHAIR, FOCAL_POINT, SECRETARIAT, SECURITY_OFFICER


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


def focal_point_of(walk, role, process):
    return walk.world.oracle.has_duty(role.party, role.person, FOCAL_POINT, process)


def founds(walk, role, code, process):
    """Whoever keeps the accounts of a party that takes part in the process and has no focal point there, or is its focal
    point elsewhere: may enter its first."""
    has = lambda person, duty, where: walk.world.oracle.has_duty(role.party, person, duty, where)
    own = [r.person for r in walk.world.roles if r.party == code and r.person]
    return role.party == code and any((process, code, status) in PARTICIPATIONS
                                      for status in ("MEMBER", "OBSERVER", "PARTNER")) and not any(
        has(person, FOCAL_POINT, process) for person in own) and (
            has(role.person, SECURITY_OFFICER, "") or any(has(role.person, FOCAL_POINT, p) for p in CHAIRS))


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
                if may or founds(walk, role, code, process[10:]):
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
                for kind in [M.OTHER_OFFICE] + [M.FOCAL_POINT] * (not founds(walk, role, code, process[10:])):
                    made = [walk.ask(role, "DirectoryService.CreateOffice", M.CreateOfficeRequest(office=M.Office(
                        name=f"offices/{code.lower()}.alpha.{id}", kind=kind, title="An office",
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
