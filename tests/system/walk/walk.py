"""One walk through the world: each answer is held against the oracle, and against what its caller may not know. A method
has its walk by `place`."""
import collections
import re

from small_network import CHAIRS, PARTIES
from walk.world import kind_of

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


PLACES = {}


def place(*methods):
    def put(walk):
        for method in methods:
            PLACES[method] = walk
        return walk
    return put


DENIED = "PERMISSION_DENIED"


def parties():
    return ["parties/" + code for code, _, _ in PARTIES]


def processes():
    return ["processes/" + process for process in CHAIRS]


def of_secretariat(walk):
    return lambda role, name: walk.world.secretariat(role, walk.world.objects[name].process)
