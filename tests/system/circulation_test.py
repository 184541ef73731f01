"""Circulation at the real port: a draft that the chair sees before the others, news exactly once and in order while lines
break and the daemon is killed, silence that adopts on the hour or lapses, an embargo that ends. BUILD names the build folder."""
import hashlib
import itertools
import random
import tempfile
import threading
import unittest

import small_network
from network import eventually
from small_network import Caller, MovedNetwork

EACH, KILLS = 40, 2  # so many circulations of each of two senders, while the daemon is killed so often
HOUR = 3_600
# The troika has three offices, each of a party that sits not in it as a whole; the steering group two parties.
small_network.PARTICIPATIONS.append(("alpha", "FIN", "MEMBER"))
small_network.BODIES.extend([("alpha", "troika", []), ("alpha", "steering", ["SWE", "FIN"])])
small_network.ACCOUNTS.extend([("SWE", "saga", "BODY_CONTACT", "alpha", "troika"), ("NOR", "nils", "BODY_CONTACT", "alpha", "troika"),
                               ("FIN", "frida", "BODY_CONTACT", "alpha", "troika")])
TROIKA, OTHERS = ("saga", "nils", "frida"), ("anna", "sven", "finn", "nora", "uma", "fleur")


class Watcher(threading.Thread):
    """Hears the news of one account over lines that break after every few; what each line brought stands behind the last."""

    def __init__(self, net, account, seed, cursor):
        super().__init__(daemon=True)
        self.caller, self.chance = Caller(net, account), random.Random(seed)
        self.heard, self.cursor, self.lines, self.over, self.wrong = [], cursor, 0, False, None
        self.start()

    def run(self):
        import grpc
        while not self.over:
            stream = self.caller.channel.unary_stream("/entente.v1.CirculationService/Watch")
            request = Q.WatchRequest(cursor=self.cursor).SerializeToString()
            call = stream(request, timeout=1, metadata=self.caller.headers())
            self.lines += 1
            try:
                for body in itertools.islice(call, self.chance.randrange(1, 12)):
                    one = Q.News.FromString(body)
                    if one.cursor <= self.cursor:
                        self.wrong = f"{one.cursor} after {self.cursor}"
                    self.cursor = one.cursor
                    self.heard.append((Q.News.Kind.Name(one.kind), one.object))
                call.cancel()
            except grpc.RpcError as error:
                self.caller.heed(error)
                if error.code() == grpc.StatusCode.UNAUTHENTICATED:
                    self.caller.sign_in()
                elif error.code() not in (grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.UNAVAILABLE):
                    self.wrong = str(error)

    def heard_of(self, kind):
        return [name for one, name in self.heard if one == kind]

    def end(self):
        self.over = True
        self.join(20)
        self.caller.close()
        assert not self.is_alive() and self.wrong is None, self.wrong


class Circulations(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        global D, L, Q
        cls.folder = tempfile.TemporaryDirectory()
        small_network.make_messages(cls.folder.name)
        from entente.v1 import circulations_pb2 as Q, documents_pb2 as D, ledger_pb2 as L
        cls.net = MovedNetwork()
        cls.who = {account: Caller(cls.net, account) for account in ("ines", "igor", *TROIKA, *OTHERS)}
        for one in cls.who.values():
            assert one.sign_in().ok

    @classmethod
    def tearDownClass(cls):
        for one in cls.who.values():
            one.close()
        cls.net.stop()
        cls.net.remove()
        cls.folder.cleanup()

    def begin_again(self):
        self.net.start()
        for one in self.who.values():
            eventually("is signed in", lambda: one.sign_in().ok)

    def does(self, account, method, request, reply=None):
        answer = self.who[account].ask(method, request)
        self.assertTrue(answer.ok, answer)
        return reply.FromString(answer.body) if reply else answer

    def bring(self, text, audience, **more):
        return self.upload(text, D.Document(kind=D.Document.STUDY, process="processes/alpha", title={"by_language": {"en": text}},
                                            visibility=dict(handling=2, audience={"any_of": ["process/alpha/" + one for one in audience]},
                                                            **more)))

    def upload(self, text, document, language="en"):
        content = text.encode()
        upload = hashlib.sha256(content).hexdigest()
        self.does("ines", "DocumentService.BeginContent", D.BeginContentRequest(
            upload_id=upload, content=D.Content(language=language, file_name="paper.txt", media_type="text/plain", bytes=len(content)),
            document=document))
        self.does("ines", "DocumentService.SendContent", D.SendContentRequest(upload_id=upload, content=content))
        return self.does("ines", "DocumentService.FinishContent", D.FinishContentRequest(
            upload_id=upload, sha256=hashlib.sha256(content).digest()), D.Document)

    def circulate(self, document, account="ines", **more):
        return self.does(account, "CirculationService.Circulate", Q.CirculateRequest(
            circulation=dict(documents=[document.name], **more)), Q.Circulation)

    def respond(self, account, circulation, kind, **more):
        return self.who[account].ask("CirculationService.Respond", Q.RespondRequest(
            name=circulation.name, response=dict(kind=kind, **more)))

    def see(self, account, circulation):
        return self.does(account, "CirculationService.GetCirculation", Q.GetCirculationRequest(name=circulation.name), Q.Circulation)

    def get(self, account, name):
        return self.who[account].ask("DocumentService.GetDocument", D.GetDocumentRequest(name=name))

    def box(self, account, method="ListInbox", **more):
        request = (Q.ListInboxRequest if method == "ListInbox" else Q.ListOutboxRequest)(page_size=1_000, **more)
        reply = self.does(account, "CirculationService." + method, request, Q.ListCirculationsReply)
        return [one.name for one in reply.circulations]

    def news(self, account, cursor=0):
        """What there is for them after `cursor`, and where it ends."""
        import grpc
        caller, heard = self.who[account], []
        stream = caller.channel.unary_stream("/entente.v1.CirculationService/Watch")
        try:
            for body in stream(Q.WatchRequest(cursor=cursor).SerializeToString(), timeout=0.7, metadata=caller.headers()):
                one = Q.News.FromString(body)
                heard.append((Q.News.Kind.Name(one.kind), one.object))
                cursor = one.cursor
        except grpc.RpcError as error:
            self.assertEqual(error.code(), grpc.StatusCode.DEADLINE_EXCEEDED, error)
        return heard, cursor

    def test_the_chair_sees_a_draft_before_the_others_and_what_it_saw_stays_its_own(self):
        draft = self.bring("a draft", ["chair", "secretariat"])
        early = self.circulate(draft, ask=Q.Circulation.COMMENT, note={"by_language": {"en": "before the others"}})
        self.assertIn(early.name, self.box("nora"))
        self.assertEqual((self.get("anna", draft.name).code, early.name in self.box("anna")), ("NOT_FOUND", False))
        self.assertTrue(self.respond("nora", early, Q.Response.COMMENT, text="paragraph 4").ok)
        wider = D.Document()
        wider.CopyFrom(draft)
        wider.visibility.audience.any_of.append("process/alpha/members")
        self.does("ines", "DocumentService.UpdateDocument", D.UpdateDocumentRequest(document=wider))
        late = self.circulate(draft)
        self.assertEqual([one in self.box("anna") for one in (early.name, late.name)], [False, True])
        self.assertTrue(self.get("anna", draft.name).ok)
        for name in (draft.name + "/revisions/1", early.name):
            method, request = (("DocumentService.GetDocument", D.GetDocumentRequest(name=name)) if "/revisions" in name else
                               ("CirculationService.GetCirculation", Q.GetCirculationRequest(name=name)))
            self.assertEqual(self.who["anna"].ask(method, request).code, "NOT_FOUND", name)
            self.assertTrue(self.who["nora"].ask(method, request).ok, name)
        # What the chair has said of the draft is not told to whom only the later one was sent.
        said = self.does("nora", "CirculationService.ListResponses", Q.ListResponsesRequest(name=early.name), Q.ListResponsesReply)
        self.assertEqual([one.text for one in said.responses], ["paragraph 4"])
        self.assertEqual(self.who["anna"].ask("CirculationService.ListResponses", Q.ListResponsesRequest(name=early.name)).code,
                         "NOT_FOUND")

    def faces(self, account, *names):
        """All that they get who ask for these, with the names taken out of it."""
        asked = [("CirculationService.GetCirculation", Q.GetCirculationRequest(name=name)) if name.startswith("circulations/") else
                 ("DocumentService.GetDocument", D.GetDocumentRequest(name=name)) for name in names]
        asked += [("CirculationService.ListResponses", Q.ListResponsesRequest(name=names[-1])),
                  ("CirculationService.Respond", Q.RespondRequest(name=names[-1], response=dict(kind=Q.Response.ACKNOWLEDGE))),
                  ("DocumentService.OpenDocument", D.OpenDocumentRequest(name=names[0]))]
        return [self.who[account].ask(method, request).face(*names) for method, request in asked]

    def test_a_draft_is_for_the_troika_then_for_the_steering_group_and_till_then_nothing_to_all_others(self):
        draft = self.bring("a draft of three", ["body/troika", "secretariat"])
        absent = ("documents/" + "0a" * 16, "circulations/" + "0b" * 16)
        seen = {"troika": set(TROIKA), "steering": {"saga", "anna", "sven", "finn", "frida"}, "members": {*TROIKA, "anna", "sven", "finn", "nora"}}
        may, sent, wider = set(), [], D.Document()
        cursors = {account: self.news(account)[1] for account in ("anna", "nora")}
        for step, audience in (("troika", "body/troika"), ("steering", "body/steering"), ("members", "members")):
            if sent:
                wider.visibility.audience.any_of.append("process/alpha/" + audience)
                wider.CopyFrom(self.does("ines", "DocumentService.UpdateDocument", D.UpdateDocumentRequest(document=wider), D.Document))
            else:
                wider.CopyFrom(draft)
            may |= seen[step]
            sent.append(self.circulate(draft, ask=Q.Circulation.COMMENT, visibility=dict(handling=2, audience={
                "any_of": ["process/alpha/" + audience, "process/alpha/secretariat"]})))
            self.assertEqual({one.person.split(".")[-1] for one in self.see("ines", sent[-1]).recipients} & {*TROIKA, *OTHERS}, seen[step] - {"finn"}, step)  # whose entry is not hers to see
            for account in (*TROIKA, *OTHERS):
                self.assertEqual(self.get(account, draft.name).ok, account in may, (step, account))
                mine = {one.name for one, to in zip(sent, seen) if account in seen[to]}
                self.assertEqual(set(self.box(account)) & {one.name for one in sent}, mine, (step, account))
                if account in cursors and step == "troika":
                    self.assertEqual(self.news(account, cursors[account])[0], [])
                if account not in may:
                    self.assertEqual(self.faces(account, draft.name, sent[-1].name), self.faces(account, *absent), (step, account))
        # What the troika had first, and what was said of it there, stays its own.
        self.assertTrue(self.respond("nils", sent[0], Q.Response.COMMENT, text="paragraph 4").ok)
        for account in OTHERS:
            for name in (draft.name + "/revisions/1", sent[0].name):
                method, request = (("DocumentService.GetDocument", D.GetDocumentRequest(name=name)) if "/revisions" in name else
                                   ("CirculationService.GetCirculation", Q.GetCirculationRequest(name=name)))
                self.assertEqual(self.who[account].ask(method, request).code, "NOT_FOUND", (account, name))
        said = self.does("frida", "CirculationService.ListResponses", Q.ListResponsesRequest(name=sent[0].name), Q.ListResponsesReply)
        self.assertEqual([one.text for one in said.responses], ["paragraph 4"])

    def test_who_has_received_opened_acknowledged_and_commented(self):
        paper = self.bring("for all", ["members", "secretariat"])
        sent = self.circulate(paper, ask=Q.Circulation.ACTION)
        for account in ("ines", "igor"):  # of one party: what it has sent
            self.assertEqual([sent.name in self.box(account, method) for method in ("ListInbox", "ListOutbox")], [False, True])
        for account, inbox in (("anna", True), ("nora", True), ("uma", False)):
            self.assertEqual([sent.name in self.box(account, method) for method in ("ListInbox", "ListOutbox")], [inbox, False])
        states = lambda: {one.person: (one.HasField("opened_at"), one.HasField("acknowledged_at"), one.comments, one.done)
                          for one in self.see("ines", sent).recipients}
        before = states()
        self.assertEqual(set(before.values()), {(False, False, 0, False)})
        self.assertTrue({"persons/swe.anna", "persons/nor.nora", "persons/swe.sven"} <= set(before) and "persons/unhcr.uma" not in before, before)
        self.does("anna", "DocumentService.OpenDocument", D.OpenDocumentRequest(name=paper.name))
        self.assertTrue(self.respond("nora", sent, Q.Response.COMMENT, text="to the secretariat", audience={
            "any_of": ["process/alpha/secretariat"]}).ok)
        self.assertTrue(self.respond("sven", sent, Q.Response.DONE).ok)
        after = states()
        self.assertEqual([after["persons/" + one] for one in ("swe.anna", "nor.nora", "swe.sven")],
                         [(True, False, 0, False), (False, True, 1, False), (False, True, 0, True)])
        texts = lambda who: [one.text for one in self.does(who, "CirculationService.ListResponses", Q.ListResponsesRequest(
            name=sent.name), Q.ListResponsesReply).responses if one.text]
        self.assertEqual([texts(who) for who in ("ines", "nora", "anna")], [["to the secretariat"]] * 2 + [[]])
        # To a recipient nothing of what others have done.
        self.assertEqual(len(self.see("nora", sent).recipients), 0)
        # A reminder is news to whoever got it; what is recalled is there no longer.
        _, cursor = self.news("anna")
        self.does("ines", "CirculationService.Remind", Q.RemindRequest(name=sent.name))
        self.does("ines", "CirculationService.Recall", Q.RecallRequest(name=sent.name))
        self.assertEqual(self.news("anna", cursor)[0], [("REMINDED", sent.name), ("RECALLED", sent.name)])
        self.assertEqual((len(self.see("anna", sent).documents), sent.name in self.box("anna", waiting=True)), (0, False))
        self.assertEqual(self.respond("anna", sent, Q.Response.ACKNOWLEDGE).code, "FAILED_PRECONDITION")

    def digests(self, account, circulation):
        """By kind of act, the digest that the ledger has of it, as far as the account may see."""
        of, begin, size = {}, 0, L.Checkpoint.FromString(self.does(account, "LedgerService.GetCheckpoint", L.GetCheckpointRequest()).body).size
        while begin < size:
            page = self.does(account, "LedgerService.ListEntries", L.ListEntriesRequest(to=size, page_size=1000, **{"from": begin}), L.ListEntriesReply)
            begin = page.next
            of.update({row.entry.kind.split(".")[-1]: row.entry.object_digest for row in page.rows if row.entry.object == circulation.name})
        return of

    def test_silence_adopts_what_was_sent_on_its_hour_unless_somebody_has_broken_it_or_a_paper_is_changed_or_gone(self):
        paper = self.bring("to be adopted", ["members", "secretariat"])
        silent = dict(ask=Q.Circulation.APPROVAL_BY_SILENCE, deadline={"seconds": self.net.now() + HOUR})
        kept, broken = self.circulate(paper, **silent), self.circulate(paper, **silent)
        self.assertEqual(self.who["uma"].ask("CirculationService.Respond", Q.RespondRequest(name=broken.name, response=dict(
            kind=Q.Response.BREAK_SILENCE, text="no"))).code, "NOT_FOUND")
        self.assertTrue(self.respond("anna", broken, Q.Response.BREAK_SILENCE, text="not paragraph 4").ok)
        outcome = lambda one: Q.Circulation.Outcome.Name(self.see("nora", one).outcome)
        self.assertEqual([outcome(kept), outcome(broken)], ["PENDING", "SILENCE_BROKEN"])
        taken = self.circulate(paper, **silent)
        self.does("ines", "CirculationService.Recall", Q.RecallRequest(name=taken.name))
        torn = self.bring("to be withdrawn", ["members", "secretariat"])
        gone = self.circulate(torn, **silent)
        draft = self.bring("to be revised", ["members", "secretariat"])
        revised = self.circulate(draft, **silent)
        mine = {one.name for one in (kept, broken, taken, gone, revised)}
        everyone = ("ines", "igor", "anna", "nora", "uma")
        cursors = {account: self.news(account)[1] for account in everyone}

        def told():
            heard = {account: self.news(account, cursors[account]) for account in everyone}
            return {account: sorted((kind, name) for kind, name in news if name in mine) for account, (news, _) in heard.items()}
        self.assertEqual(told(), {account: [] for account in everyone})
        # A translation that was not sent comes to one paper, another text to the next, the third is withdrawn; and the hour of the first comes while nobody is there; then the daemon is killed as soon as it has told, and comes again twice.
        self.upload("à adopter", D.Document(name=paper.name), language="fr")
        self.upload("revised", D.Document(name=draft.name))
        self.does("ines", "DocumentService.WithdrawDocument", D.WithdrawDocumentRequest(name=torn.name))
        self.net.daemon.kill()
        self.net.daemon.wait()
        self.net.pass_by(HOUR + 1)
        adopted = {account: [] if account == "uma" else sorted([("ADOPTED", kept.name), ("LAPSED", gone.name), ("LAPSED", revised.name)]) for account in everyone}
        for _ in range(2):
            self.begin_again()
            eventually("it is told", lambda: told() == adopted)
            self.net.daemon.kill()
            self.net.daemon.wait()
        self.begin_again()
        self.assertEqual(told(), adopted)
        self.assertEqual([outcome(one) for one in (kept, broken, taken, gone, revised)], ["ADOPTED", "SILENCE_BROKEN", "OUTCOME_UNSPECIFIED", "LAPSED", "LAPSED"])
        # What was adopted is the text that was sent, in the reply and in the ledger, by a digest that is made anew here.
        shown = self.see("nora", kept)
        text = hashlib.sha256(b"to be adopted")
        self.assertEqual([(one.name, [(each.language, each.sha256) for each in one.texts], one.changed) for one in shown.sent],
                         [(paper.name + "/revisions/1", [("en", text.digest())], False)])
        lines = ["entente-silence/1", shown.sent_salt.hex(), paper.name + "/revisions/1", "en " + text.hexdigest()]
        digest = hashlib.sha256("".join(one + "\n" for one in lines).encode()).digest()
        eventually("it is under a checkpoint", lambda: self.digests("nora", kept) == {"send": digest, "adopt": digest})
        self.assertEqual(self.digests("nora", revised)["lapse"], b"")
        self.assertEqual([one.changed for one in self.see("nora", revised).sent], [True])
        refused = [self.who["ines"].ask("CirculationService.Remind", Q.RemindRequest(name=one.name)) for one in (kept, broken, gone)]
        self.assertEqual([(one.code, one.message.split(": ")[0]) for one in refused], [("FAILED_PRECONDITION", "the silence has ended")] * 3)
        late = self.respond("nora", kept, Q.Response.BREAK_SILENCE, text="late")
        self.assertEqual((late.code, late.message), ("FAILED_PRECONDITION", "the silence has ended: it is adopted"))
        late = self.respond("nora", gone, Q.Response.BREAK_SILENCE, text="late")
        self.assertEqual((late.code, late.message), ("FAILED_PRECONDITION", "the silence has ended: what it would adopt was changed, withdrawn or destroyed before"))
        checked = self.net.entented("ledger")
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def test_what_was_under_an_embargo_is_news_and_in_the_ledger_at_its_hour(self):
        paper = self.bring("early", ["members", "secretariat"], embargo_until={"seconds": self.net.now() + HOUR})
        sent = self.circulate(paper)
        mine = {paper.name, sent.name}
        of_mine = lambda account: [kind for kind, name in self.news(account)[0] if name in mine]
        self.assertEqual((of_mine("igor"), of_mine("anna")), (["DOCUMENT", "SENT"], []))
        self.net.pass_by(HOUR + 1)
        eventually("anna hears of it", lambda: of_mine("anna") == ["DOCUMENT", "SENT"])
        self.assertEqual((of_mine("igor"), of_mine("uma")), (["DOCUMENT", "SENT"], []))
        self.assertIn(sent.name, self.box("anna"))
        checked = self.net.entented("ledger")
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def test_news_come_exactly_once_and_in_order_though_lines_break_and_the_daemon_is_killed(self):
        paper = self.bring("sent again and again", ["members", "secretariat"])
        began = {account: self.news(account)[1] for account in ("anna", "nora", "uma")}
        watchers = {account: Watcher(self.net, account, *one) for account, *one in zip(began, (1, 2, 3), began.values())}
        acknowledged = {"ines": [], "igor": []}
        done = {"ines": 0, "igor": 0}

        def send(account):
            caller = Caller(self.net, account)
            caller.sign_in()
            while done[account] < EACH:
                answer = caller.ask("CirculationService.Circulate", Q.CirculateRequest(circulation=dict(documents=[paper.name])), 10)
                if answer.ok:
                    acknowledged[account].append(Q.Circulation.FromString(answer.body).name)
                elif answer.code == "UNAUTHENTICATED":
                    caller.sign_in()
                done[account] += 1 if answer.ok else 0
            caller.close()
        senders = [threading.Thread(target=send, args=(account,), daemon=True) for account in acknowledged]
        for one in senders:
            one.start()
        for kill in range(1, KILLS + 1):
            eventually("some are sent", lambda: sum(done.values()) > 2 * EACH * kill // (KILLS + 1))
            self.net.daemon.kill()
            self.net.daemon.wait()
            self.net.start()
        for one in senders:
            one.join(120)
        self.assertEqual(done, {"ines": EACH, "igor": EACH})
        last = {names[-1] for names in acknowledged.values()}
        for account in ("anna", "nora"):
            eventually("the last is heard", lambda: last <= set(watchers[account].heard_of("SENT")))
        for one in watchers.values():
            one.end()
        for one in self.who.values():
            one.sign_in()
        anna, nora = (watchers[account].heard_of("SENT") for account in ("anna", "nora"))
        self.assertEqual(len(anna), len(set(anna)), "something was told twice")
        self.assertEqual(anna, nora)
        for names in acknowledged.values():
            self.assertEqual([one for one in anna if one in set(names)], names, "not all, or not in their order")
        # What nobody acknowledged may be there, as many as were under way when it was killed.
        self.assertLessEqual(len(set(anna) - set(sum(acknowledged.values(), []))), len(senders) * KILLS)
        self.assertEqual(watchers["uma"].heard, [])
        self.assertGreater(watchers["anna"].lines, 8)
        # All of it is what is there, and nothing else.
        self.assertTrue(set(anna) <= set(self.box("anna")))
        self.assertEqual([name for kind, name in self.news("anna", began["anna"])[0] if kind == "SENT"], anna)


if __name__ == "__main__":
    unittest.main(verbosity=2)
