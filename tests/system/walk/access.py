"""The walks of who sees what, said aloud."""
import time

from entente.v1 import access_pb2 as A
from walk.directory import keeps_office
from walk.walk import place
from walk.world import kind_of


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
