"""The walks of documents, circulation, search and retention."""
import re

from entente.v1 import circulations_pb2 as Q, consents_pb2 as J, documents_pb2 as D
from entente.v1 import retention_pb2 as Y, sealing_pb2 as E, search_pb2 as F
from walk.statistics import is_reciprocal
from walk.walk import DENIED, of_secretariat, parties, place, processes
from walk.world import Guard, kind_of, process_audience


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
