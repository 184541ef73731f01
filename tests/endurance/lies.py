"""A host that lies, and the stock client: a server with the network's own certificate stands before the real daemon, hands
every call on, and changes answers as a host in bad faith would. For each lie `entente` ends with 7 (do not rely on it) or
shows plainly that nobody vouches, says which lie it is, and is content again once the truth is told.

    lies.py [--only NAME]

What a forger can sign, it signs: some of these lies bear the ledger's own key."""
import argparse
import base64
import contextlib
import hashlib
import os
import pathlib
import re
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))
from liar import Client, Forge, Liar, der_of, digest, path_of, root
from network import do
from sealed_network import SealedNetwork
from small_network import CA, NAME, messages

LEDGER = "/entente.v1.LedgerService/"
SEALING = "/entente.v1.SealingService/"
HAND_OVER = "/entente.v1.DirectoryService/HandOver"


class Lies:
    """Each method whose name begins with `lie_` tells one, and answers what the client said of it."""

    def __init__(self, net, liar):
        global C, E, L, M, T, Y
        from entente.v1 import account_pb2 as C, directory_pb2 as M, ledger_pb2 as L, sealing_pb2 as E
        from entente.v1 import statistics_pb2 as T, types_pb2 as Y
        self.net, self.liar, self.forge, self.made, self.caller = net, liar, Forge(net), 0, None
        self.appointed = False
        self.client = self.fresh()

    def close(self):
        if self.caller is not None:
            self.caller.close()

    def fresh(self, account="anna"):
        """A client that has signed in and seen the truth."""
        self.made += 1
        client = Client(self.net, self.liar.port, account, self.made)
        self.truth()
        client.content("sign-in")
        client.content("ledger", "verify", "--whole")
        return client

    def truth(self):
        self.liar.lie = self.liar.lie_in_stream = self.liar.lie_in_proof = self.liar.ask_else = None
        self.liar.instead = {}

    def on_rows(self, change, *verb):
        """`change(rows)` on what ListEntries answers, while the whole ledger is audited."""
        def lie(path, asked, answer, again):
            if path != LEDGER + "ListEntries":
                return answer
            reply = L.ListEntriesReply.FromString(answer)
            rows = list(reply.rows)
            change(rows)
            del reply.rows[:]
            reply.rows.extend(rows)
            return reply.SerializeToString()
        self.liar.lie = lie
        return self.client.refuses("ledger", "verify", "--whole")

    def lie_dropped(self):
        return self.on_rows(lambda rows: rows.pop(len(rows) // 2))

    def lie_altered(self):
        def alter(rows):
            row = next(row for row in reversed(rows) if row.canonical)
            row.canonical = row.canonical.replace(b"anna", b"sven")
        return self.on_rows(alter)

    def lie_altered_with_its_leaf(self):
        def alter(rows):
            row = next(row for row in reversed(rows) if row.canonical)
            row.canonical = row.canonical.replace(b"anna", b"sven")
            row.leaf_hash = digest(b"\0", digest(row.blinding, row.canonical))
        return self.on_rows(alter)

    def lie_reordered(self):
        def swap(rows):
            rows[2], rows[3] = rows[3], rows[2]
        return self.on_rows(swap)

    def lie_reordered_and_renumbered(self):
        def swap(rows):
            rows[2], rows[3] = rows[3], rows[2]
            rows[2].index, rows[3].index = 2, 3
        return self.on_rows(swap)

    def lie_duplicated(self):
        return self.on_rows(lambda rows: rows.insert(3, rows[2]))

    def lie_cut_short(self):
        return self.on_rows(lambda rows: rows.__delitem__(slice(len(rows) - 3, None)))

    def on_log(self, change):
        """`change(row)` on each row of the newest that is open to the client, while it shows them."""
        def lie(path, asked, answer, again):
            if path != LEDGER + "ListEntries":
                return answer
            reply = L.ListEntriesReply.FromString(answer)
            for row in reply.rows:
                if row.canonical:
                    change(row)
            return reply.SerializeToString()
        self.liar.lie = lie

    def lie_a_log_that_says_otherwise_than_its_leaves(self):
        def alter(row):
            row.canonical = row.canonical.replace(b"anna", b"sven")
            row.leaf_hash = digest(b"\0", digest(row.blinding, row.canonical))
        self.on_log(alter)
        return self.client.refuses("ledger", "log", "--last", "40")

    def lie_a_log_in_other_words(self):
        """The words beside the bytes are not what is proved: the client shows what the bytes say."""
        def alter(row):
            row.entry.kind, row.entry.account = "nothing.to.see", "parties/NOR/accounts/nora"
        for last in (1, 2, 3, 4, 5, 8, 1000):
            self.truth()
            honest = self.client.content("ledger", "log", "--last", last)
            self.on_log(alter)
            assert self.client.content("ledger", "log", "--last", last) == honest
        return honest.splitlines()[-1]

    def lie_a_second_checkpoint_beside_the_one_that_holds(self):
        """The first that is asked for is true; any after it is of a key that is not the ledger's."""
        asked_for = []

        def lie(path, asked, answer, again):
            if path != LEDGER + "GetCheckpoint":
                return answer
            asked_for.append(path)
            shown = L.Checkpoint.FromString(answer)
            if len(asked_for) > 1:
                shown.note = self.forge.note(shown.size + 9, digest(b"another"), os.urandom(32))
            shown.size, shown.root = shown.size + 9, digest(b"another")
            return shown.SerializeToString()
        for verb in (("checkpoint",), ("--json", "checkpoint"), ("export",)):
            self.truth()
            honest = self.client.content("ledger", *verb).splitlines()[:3]
            asked_for.clear()
            self.liar.lie = lie
            assert self.client.content("ledger", *verb).splitlines()[:3] == honest, verb
        return honest[0]

    def leaves(self, size):
        """By one session, however often: an account has sixteen, and the network's own is not to be the one that ends."""
        if self.caller is None:
            from small_network import Caller
            self.caller = Caller(self.net, "anna")
            assert self.caller.sign_in().ok
        reply = L.ListEntriesReply.FromString(self.caller.ask("LedgerService.ListEntries", L.ListEntriesRequest(
            to=size, page_size=1_000)).body)
        assert len(reply.rows) == size, (len(reply.rows), size)
        return [row.leaf_hash for row in reply.rows]

    def size(self):
        return int(self.client.content("ledger", "checkpoint").splitlines()[1])

    def shows(self, note, rows=None):
        """Every checkpoint is `note`."""
        size, top = int(note.split("\n")[1]), base64.b64decode(note.split("\n")[2])

        def lie(path, asked, answer, again):
            if path == LEDGER + "GetCheckpoint":
                return L.Checkpoint(note=note, size=size, root=top).SerializeToString()
            if path == LEDGER + "ListEntries" and rows:
                return rows(asked, again)
            if path == LEDGER + "ProveConsistency":
                proof = L.ConsistencyProof.FromString(answer)
                proof.checkpoint = note
                return proof.SerializeToString()
            return answer
        self.liar.lie = lie

    def lie_rolled_back(self):
        size = self.size()
        self.shows(self.forge.note(size - 4, root(self.leaves(size)[:size - 4])))
        return self.client.refuses("ledger", "verify")

    def lie_another_history_of_the_same_size(self):
        size = self.size()
        leaves = self.leaves(size)
        leaves[3] = digest(b"another")
        self.shows(self.forge.note(size, root(leaves)))
        return self.client.refuses("ledger", "verify")

    def lie_another_history_that_grows(self):
        size = self.size()
        leaves = self.leaves(size)
        leaves[3] = digest(b"another")
        self.shows(self.forge.note(size + 1, root(leaves + [digest(b"more")])))
        return self.client.refuses("ledger", "verify")

    def lie_two_truths_to_two_clients(self):
        """A fork that is whole in itself: who sees it first believes it, and refuses the truth afterwards."""
        other, size = self.fresh("sven"), self.size()
        for seen in pathlib.Path(other.home).glob("entente/state/*/*"):
            if seen.name != "token":
                seen.unlink()
        leaves = self.leaves(size)
        leaves[3] = digest(b"another")

        def rows(asked, again):
            reply = L.ListEntriesReply.FromString(again(LEDGER + "ListEntries", asked))
            for row in reply.rows:
                if row.index == 3:
                    row.leaf_hash, row.canonical, row.blinding = leaves[3], b"", b""
                    row.ClearField("entry")
            return reply.SerializeToString()
        self.shows(self.forge.note(size, root(leaves)), rows)
        other.content("ledger", "verify", "--whole")
        self.truth()
        return other.refuses("ledger", "verify")

    def lie_by_another_key(self):
        size = self.size()
        self.shows(self.forge.note(size, root(self.leaves(size)), seed=os.urandom(32)))
        return self.client.refuses("ledger", "verify")

    def lie_not_signed_at_all(self):
        note = self.forge.note(5, digest())
        self.shows(note[:note.index("—")])
        return self.client.refuses("ledger", "verify")

    def lie_a_receipt_for_another_leaf(self):
        return self.on_receipt(lambda receipt: setattr(receipt, "leaf_hash", digest(b"another")))

    def lie_a_receipt_with_another_path(self):
        return self.on_receipt(lambda receipt: receipt.inclusion_path.__setitem__(0, digest(b"another")))

    def lie_a_receipt_of_another_place(self):
        return self.on_receipt(lambda receipt: setattr(receipt, "entry_index", receipt.entry_index - 1))

    def on_receipt(self, change):
        """An act whose receipt has a proof: a hand-over to the present holder."""
        def lie(path, asked, answer, again):
            if path != HAND_OVER:
                return answer
            reply = M.HandOverReply.FromString(answer)
            if not reply.receipt.checkpoint:  # the checkpoint has not come yet: the liar makes the proof itself
                size = reply.receipt.entry_index + 1
                leaves = self.leaves_at_least(size)
                reply.receipt.inclusion_path[:] = path_of(reply.receipt.entry_index, leaves)
                reply.receipt.checkpoint = self.forge.note(size, root(leaves))
            change(reply.receipt)
            return reply.SerializeToString()
        self.liar.lie = lie
        return self.client.refuses("office", "hand-over", "swe.alpha.focal-point", "swe.anna")

    def on_hand_over_thrown_away(self, receipt_of):
        """The host does nothing, and answers as if it had: `receipt_of(asked, again)` is what it gives for it."""
        self.truth()

        def lie(path, asked, answer, again):
            if path != HAND_OVER:
                return answer
            request, reply = M.HandOverRequest.FromString(asked), M.HandOverReply()
            reply.begun.name, reply.begun.office, reply.begun.person = request.name, request.office, request.person
            reply.begun.span.since, reply.begun.signature = request.since, request.signature
            reply.receipt.CopyFrom(receipt_of(again))
            return reply.SerializeToString()
        self.liar.lie, self.liar.instead = lie, {HAND_OVER: b""}
        try:
            return self.client.refuses("office", "hand-over", "swe.alpha.focal-point", "swe.sven")
        finally:
            self.liar.instead = {}

    def lie_an_act_thrown_away_with_an_invented_receipt(self):
        return self.on_hand_over_thrown_away(lambda again: Y.Receipt(entry_index=10_000, leaf_hash=os.urandom(32)))

    def lie_an_act_thrown_away_with_the_receipt_of_another(self):
        """A true one, of an act of the same account, whose checkpoint is still to come."""
        def last_own(again):
            rows = L.ListEntriesReply.FromString(again(LEDGER + "ListEntries", L.ListEntriesRequest(
                page_size=1_000).SerializeToString())).rows
            row = next(row for row in reversed(rows) if row.entry.account.endswith("/anna"))
            return Y.Receipt(entry_index=row.index, leaf_hash=row.leaf_hash)
        return self.on_hand_over_thrown_away(last_own)

    # Acts of several rooms, as a ministry does them, and by which call.
    CONFIRM = "/entente.v1.DirectoryService/ConfirmPerson"
    ACTS = {CONFIRM: ("person", "confirm", "swe.anna"),
            "/entente.v1.DirectoryService/Appoint": ("office", "appoint", "swe.alpha.focal-point", "swe.lars", "--as", "acting"),
            "/entente.v1.NoticeService/SetNoticeSettings": ("notices", "--delivery", "daily"),
            "/entente.v1.StatisticsService/FinishUpload": ("stats", "upload", "thrown.csv", "--to", "ALPHA.ASYLUM"),
            "/entente.v1.SessionService/SignOut": ("sign-out",)}

    def on_act_thrown_away(self, path, proof):
        """The host does nothing, answers as if it had, and shows `proof(again)`."""
        self.liar.lie, self.liar.instead = lambda path, asked, answer, again: answer, {path: b""}
        self.liar.lie_in_proof = lambda asked, true, again: proof(again) if asked == path else true
        said = self.client.refuses(*self.ACTS[path])
        self.truth()
        return said

    def lie_acts_thrown_away(self):
        """Whatever it is that was acknowledged."""
        file = self.net.write("thrown.csv", (
            "DATAFLOW,FREQ,REF_AREA,CITIZEN,SEX,AGE,APPLICATION,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS\n"
            "ALPHA:ASYLUM(1.0),A,SWE,SYR,_T,_T,N,2018,77,A,F\n").encode())
        self.ACTS = {path: [file if word == "thrown.csv" else word for word in verb] for path, verb in self.ACTS.items()}
        for path in self.ACTS:
            said = self.on_act_thrown_away(path, lambda again: None)
            assert "does not prove that it entered it" in said, said
        self.client = self.fresh()  # SignOut was one of them: the client keeps no token of it
        return said

    def lie_an_act_thrown_away_with_the_proof_of_an_earlier_one(self):
        self.truth()
        self.client.content(*self.ACTS[self.CONFIRM])
        said = self.on_act_thrown_away(self.CONFIRM, lambda again: self.liar.proofs[self.CONFIRM])
        assert "was not made for it" in said, said
        return said

    def lie_an_act_thrown_away_with_the_proof_of_another(self):
        """Of the same account and a moment ago: the host has done something else in its name."""
        confirm = M.ConfirmPersonRequest(name="persons/swe.anna").SerializeToString()
        said = self.on_act_thrown_away("/entente.v1.NoticeService/SetNoticeSettings", lambda again: again(self.CONFIRM, confirm)[1])
        assert "another act than was asked for" in said and "directory.person.confirm" in said, said
        return said

    def lie_an_act_thrown_away_with_the_proof_of_the_same_on_another(self):
        """Two at once, of one profile: one is done, and its proof is shown for both."""
        confirm = M.ConfirmPersonRequest(name="persons/swe.sven").SerializeToString()
        said = self.on_act_thrown_away(self.CONFIRM, lambda again: again(self.CONFIRM, confirm)[1])
        assert "another act than was asked for" in said and "persons/swe.sven" in said, said
        return said

    def lie_an_old_proof_to_a_client_that_has_seen_nothing(self):
        """A new profile: any entry of the account and the kind is one that it had not seen."""
        self.truth()
        self.client.content(*self.ACTS[self.CONFIRM])
        proof = self.liar.proofs[self.CONFIRM]
        self.made += 1
        used, self.client = self.client, Client(self.net, self.liar.port, "anna", self.made)
        try:
            self.client.content("sign-in")
            return self.on_act_thrown_away(self.CONFIRM, lambda again: proof)
        finally:
            self.client = used

    def lie_another_content_than_was_sent(self):
        """The host keeps another text under the document's name, and truly enters that."""
        from entente.v1 import documents_pb2 as D
        sent, kept = b"we object to paragraph 4", b"we accept    paragraph 4"
        paper = self.net.write("objection.txt", sent)
        rewritten = []

        def ask_else(path, asked):
            if path.endswith("/SendContent"):
                rewritten.append(asked)
                return asked.replace(sent, kept)
            if not path.endswith("/FinishContent"):
                return asked
            finish = D.FinishContentRequest.FromString(asked)
            finish.sha256 = digest(kept)
            finish.ClearField("signature")
            finish.ClearField("signer_certificate_sha256")
            return finish.SerializeToString()
        self.truth()
        self.liar.ask_else = ask_else
        said = self.client.refuses("document", "upload", paper, "--process", "alpha", "--to", "members,secretariat", "--handling",
                                   "limited", "--yes")
        assert len(rewritten) == 1 and "another content than was sent" in said, said
        return said

    def on_proof(self, change):
        """`change(proof)` on what proves an act that was done."""
        def lie(path, proof, again):
            if proof is None:
                return proof
            shown = L.ActProof.FromString(proof)
            change(shown)
            return shown.SerializeToString()
        self.truth()
        self.liar.lie_in_proof = lie
        return self.client.refuses(*self.ACTS[self.CONFIRM])

    def lie_a_proof_whose_entry_was_altered(self):
        def alter(proof):
            assert b"anna" in proof.canonical
            proof.canonical = proof.canonical.replace(b"anna", b"sven")
        return self.on_proof(alter)

    def lie_a_proof_under_a_checkpoint_of_another_key(self):
        def sign(proof):
            lines = proof.receipt.checkpoint.split("\n")
            proof.receipt.checkpoint = self.forge.note(int(lines[1]), base64.b64decode(lines[2]), os.urandom(32))
        return self.on_proof(sign)

    def lie_a_proof_in_a_ledger_that_does_not_continue_the_one_seen(self):
        return self.on_proof(lambda proof: proof.consistency_path.append(os.urandom(32)))

    def leaves_at_least(self, size):
        for _ in range(100):
            try:
                return self.leaves(size)
            except AssertionError:
                time.sleep(0.1)
        raise AssertionError("no checkpoint came")

    def deputy(self):
        if not self.appointed:
            self.client.content("office", "appoint", "swe.alpha.focal-point", "swe.sven", "--as", "deputy")
            self.appointed = True

    def lie_an_appointment_by_another(self):
        """The signature of one appointment under another: the look-up says that nobody vouches for it."""
        self.truth()
        self.deputy()
        who = ("who", "--in", "SWE", "--process", "alpha", "--office", "focal-point")
        vouched = re.compile(r"deputy.* anna *$", re.M)
        honest = self.client.content(*who)
        assert vouched.search(honest), honest

        def lie(path, asked, answer, again):
            if path != "/entente.v1.DirectoryService/WhoAnswers":
                return answer
            reply = M.WhoAnswersReply.FromString(answer)
            for one in reply.answers:
                one.appointment.person = one.person.name = "persons/swe.lars"
            return reply.SerializeToString()
        self.liar.lie = lie
        return self.client.refuses(*who)

    def lie_another_certificate(self):
        """The signer's certificate is another official's, of the same party."""
        self.truth()
        self.deputy()
        certificate = lambda account: der_of(self.net.credentials(account)[0])

        def lie(path, asked, answer, again):
            if path != "/entente.v1.CertificateService/GetCertificate":
                return answer
            return answer.replace(certificate("anna"), certificate("sven"))
        self.liar.lie = lie
        return self.client.refuses("office", "history", "swe.alpha.focal-point")

    def lie_an_old_answer_to_a_new_upload(self):
        """The host throws a file away and shows the report of one that it kept."""
        self.truth()
        rows = ("DATAFLOW,FREQ,REF_AREA,CITIZEN,SEX,AGE,APPLICATION,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS\n"
                "ALPHA:ASYLUM(1.0),A,SWE,AFG,_T,_T,N,2020,{},A,F\n")
        old, new = self.net.path / "old.csv", self.net.path / "new.csv"
        old.write_text(rows.format(1))
        new.write_text(rows.format(2))
        reports = []

        def listen(path, asked, answer, again):
            if path == "/entente.v1.StatisticsService/FinishUpload":
                reports.append(answer)
                return reports[0]
            return answer
        self.liar.lie = listen
        self.client.content("stats", "upload", old, "--to", "ALPHA.ASYLUM")
        return self.client.refuses("stats", "upload", new, "--to", "ALPHA.ASYLUM")

    # --- of what is sealed ---

    UPLOAD = ("--process", "alpha", "--to", "members,secretariat", "--handling", "confidential", "--yes")

    def on_roster(self, change, other=lambda path, answer: answer, more=()):
        """`change(roster)` on the offices that the server names, while something is to be sealed: as UPLOAD, and `more`, say."""
        paper = self.net.write("paper.txt", b"for members only")
        def entered():
            """The last entries by their numbers, once what was done stands under a checkpoint."""
            while True:
                log = self.client.content("ledger", "log", "--last", "40")
                time.sleep(1.5)
                if log == self.client.content("ledger", "log", "--last", "40"):
                    return {line.split()[0]: line for line in log.splitlines()}
        before = entered()

        def lie(path, asked, answer, again):
            if path != SEALING + "GetRoster":
                return other(path, answer)
            roster = E.Roster.FromString(answer)
            self.asked, self.again = E.GetRosterRequest.FromString(asked), again
            change(roster.recipients)
            return roster.SerializeToString()
        self.liar.lie = lie
        said = self.client.refuses("document", "upload", paper, *self.UPLOAD, *more)
        self.truth()
        # Others may have signed in meanwhile; of documents there is nothing new.
        done = [line for entry, line in entered().items() if entry not in before and " documents." in line]
        assert not done, f"something was done all the same: {done}"
        return said

    def lie_a_ghost_from_outside_the_audience(self):
        """An office that there is, with a certificate of its own, and that the sender did not mean."""
        def add(recipients):
            ghost = recipients.add()
            ghost.CopyFrom(recipients[0])
            ghost.office, ghost.party = "offices/fra.betaa.focal-point", "parties/FRA"
        return self.on_roster(add)

    def lie_a_ghost_whom_the_sender_has_excluded(self):
        """An office of the audience, with its own certificate: it would be meant, had the sender not said otherwise."""
        def add(recipients):
            assert not any(one.party == "parties/NOR" for one in recipients), recipients
            del self.asked.draft.visibility.audience.none_of[:]
            whole = E.Roster.FromString(self.again(SEALING + "GetRoster", self.asked.SerializeToString()))
            recipients.add().CopyFrom(next(one for one in whole.recipients if one.party == "parties/NOR"))
        said = self.on_roster(add, more=("--not-to", "party/NOR"))
        assert "excluded" in said, said
        return said

    def lie_a_ghost_with_the_hosts_certificate(self):
        """A certificate that the host made itself, under the name of a member's office."""
        folder = self.net.path / "ghost"
        folder.mkdir(exist_ok=True)
        do("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
           "/CN=ghost", "-addext", "keyUsage=critical,keyAgreement", "-addext",
           f"subjectAltName=URI:entente://nor.{NAME}/office/nor.alpha.focal-point", "-keyout", folder / "key.pem", "-out",
           folder / "cert.pem")
        der = der_of(folder / "cert.pem")
        name = "certificates/" + hashlib.sha256(der).hexdigest()

        def swap(recipients):
            next(one for one in recipients if "nor." in one.office).certificate = name

        def show(path, answer):
            if path != "/entente.v1.CertificateService/GetCertificate" or answer:
                return answer
            return C.Certificate(name=name, party="parties/NOR", office="offices/nor.alpha.focal-point", profile=3, der=der,
                                 entry_index=3).SerializeToString()
        self.liar.instead = {"/entente.v1.CertificateService/GetCertificate": name.encode()}
        try:
            return self.on_roster(swap, show)
        finally:
            self.liar.instead = {}

    def lie_another_offices_certificate(self):
        def swap(recipients):
            theirs = next(one for one in recipients if "swe." in one.office).certificate
            next(one for one in recipients if "nor." in one.office).certificate = theirs
        return self.on_roster(swap)

    def sealed(self, text):
        return self.net.send(self.net.write("sealed.txt", text))

    def on_envelopes(self, name, change):
        def lie(path, asked, answer, again):
            if path != SEALING + "ListEnvelopes":
                return answer
            reply = E.ListEnvelopesReply.FromString(answer)
            change(reply)
            return reply.SerializeToString()
        self.liar.lie = lie
        said = self.client.refuses("document", "get", name, "--out", self.net.path / "believed.txt")
        assert not (self.net.path / "believed.txt").exists(), "it was opened all the same"
        self.truth()
        self.client.content("document", "get", name, "--out", self.net.path / "opened.txt")
        return said

    def lie_a_copy_without_its_receipt(self):
        """Who opens what is sealed has its receipt, or knows that there is none."""
        from entente.v1 import documents_pb2
        name, out = self.sealed(b"read and not told"), self.net.path / "untold.txt"

        def lie(path, asked, answer, again):
            if not path.endswith("/OpenDocument"):
                return answer
            reading = documents_pb2.Reading.FromString(answer)
            reading.ClearField("receipt")
            return reading.SerializeToString()
        self.liar.lie = lie
        said = self.client.refuses("document", "get", name, "--out", out)
        assert "without its receipt" in said and not out.exists(), said
        return said

    def lie_a_roster_of_another_day(self):
        name = self.sealed(b"to three offices")
        return self.on_envelopes(name, lambda reply: reply.envelopes[0].recipients.pop())

    def lie_another_documents_envelope(self):
        import sealed_pieces
        sealed_pieces.made.append(True)  # main made the messages
        other = sealed_pieces.pieces(self.net, "anna", self.sealed(b"another"))[0]
        return self.on_envelopes(self.sealed(b"this"), lambda reply: setattr(reply.envelopes[0], "cms", other))

    def lie_an_envelope_that_was_changed(self):
        def change(reply):
            reply.envelopes[0].cms = reply.envelopes[0].cms[:-1] + bytes([reply.envelopes[0].cms[-1] ^ 1])
        return self.on_envelopes(self.sealed(b"unchanged"), change)

    def on_content(self, handling, change):
        """`change(part)` on each piece of a document that is fetched; true, it is as it was sent."""
        from entente.v1 import documents_pb2
        self.truth()
        self.made += 1
        sent = self.net.write(f"content-{self.made}.txt", b"paragraph 4 stands " * 20_000)
        said = self.net.as_("document", "upload", sent, "--process", "alpha", "--to", "members,secretariat", "--handling", handling,
                            "--yes", account="ines")
        name, out = re.search("documents/[0-9a-f]{32}", said)[0], self.net.path / f"fetched-{self.made}.txt"

        def lie(message):
            part = documents_pb2.ContentPart.FromString(message)
            change(part)
            return part.SerializeToString()
        self.liar.lie_in_stream = lie
        refused = self.client.refuses("document", "get", name, "--out", out)
        assert not out.exists(), "it stands there all the same"
        self.truth()
        self.client.content("document", "get", name, "--out", out)
        assert out.read_bytes().startswith(sent.read_bytes())
        return refused

    def lie_a_content_that_was_changed(self):
        def change(part):
            part.content = part.content.replace(b"paragraph 4 stands", b"paragraph 4 falls!")
        return self.on_content("limited", change)

    def on_content_and_its_digest(self, handling):
        other = b"paragraph 4 falls! " * 20_000

        def change(part):
            whole = len(other)
            begin, end = min(part.offset, whole), min(part.offset + len(part.content), whole)
            part.content = other[begin:end] + part.content[end - begin:]
            if part.sha256:
                part.sha256 = digest(other)
        return self.on_content(handling, change)

    def lie_a_content_that_was_changed_with_its_digest(self):
        return self.on_content_and_its_digest("limited")

    def lie_a_restricted_content_that_was_changed_with_its_digest(self):
        return self.on_content_and_its_digest("restricted")

    def lie_a_true_receipt_of_another_upload(self):
        """The host throws a file away and proves, truly, that another one is in the ledger."""
        self.truth()
        rows = ("DATAFLOW,FREQ,REF_AREA,CITIZEN,SEX,AGE,APPLICATION,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS\n"
                "ALPHA:ASYLUM(1.0),A,SWE,AFG,_T,_T,N,2021,{},A,F\n")
        files = [self.net.path / "first.csv", self.net.path / "second.csv"]
        for number, file in enumerate(files):
            file.write_text(rows.format(number + 1))
        receipts = []

        def listen(path, asked, answer, again):
            if path != "/entente.v1.StatisticsService/FinishUpload":
                return answer
            report = T.UploadReport.FromString(answer)
            receipts.append(report.receipt)
            report.receipt.CopyFrom(receipts[0])
            return report.SerializeToString()
        self.liar.lie = listen
        self.client.content("stats", "upload", files[0], "--to", "ALPHA.ASYLUM")
        return self.client.refuses("stats", "upload", files[1], "--to", "ALPHA.ASYLUM")

    def signed_figure(self, year, confidentiality):
        """A figure, 1234, brought in and proved: what proves it again."""
        self.truth()
        file = self.net.path / f"signed {year}.csv"
        file.write_text("DATAFLOW,FREQ,REF_AREA,CITIZEN,SEX,AGE,APPLICATION,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS\n"
                        f"ALPHA:ASYLUM(1.0),A,SWE,ERI,_T,_T,N,{year},1234,A,{confidentiality}\n")
        self.client.content("stats", "upload", file, "--to", "ALPHA.ASYLUM")
        which = ("stats", "prove", "ALPHA.ASYLUM", "--where", "CITIZEN=ERI", "--at", year)
        assert "1234" in self.client.content(*which)
        return which

    def lie_another_figure_than_was_signed(self):
        """The host alters a figure wherever it shows it; what the party signed, it cannot."""
        which = self.signed_figure("2019", "F")

        def lie(path, asked, answer, again):
            return answer.replace(b"1234", b"4321") if path == "/entente.v1.EvidenceService/GetFigure" else answer
        self.liar.lie = lie
        return self.client.refuses(*which)

    def lie_a_confidential_figure_as_a_free_one(self):
        """The host shows as free what its party signed as confidential on its own word."""
        which = self.signed_figure("2018", "C")

        def lie(path, asked, answer, again):
            if path != "/entente.v1.StatisticsService/Query":
                return answer
            shown = T.Observations.FromString(answer)
            for column in shown.attributes:
                if column.id == "CONF_STATUS":
                    column.dictionary[:] = ["F"]
            return shown.SerializeToString()
        self.liar.lie = lie
        return self.client.refuses(*which)

    def lie_under_an_anchor_of_the_hosts_own(self):
        """No lie is told: the operator makes a second root for a party, lists it, and enters an office's certificate under
        it as any other. What holds to the party's own root goes on, and nothing is sealed to the ghost."""
        self.client.content("office", "history", "nor.alpha.focal-point")  # the party is met
        rogue, trust = self.net.path / "rogue", self.net.path / "trust/NOR"
        ca = self.net.path / "rogue-ca"
        ca.write_text(pathlib.Path(CA).read_text().replace("CN=root of", "CN=second root of"))
        ca.chmod(0o700)
        for words in (("init", "--network", NAME), ("party", "NOR"),
                      ("issue", "NOR", "office", "nor.alpha.focal-point", "--out", rogue / "ghost")):
            do(ca, "--dir", rogue, *words)
        own_root = hashlib.sha256(der_of(trust / "anchor.pem")).hexdigest()
        own = {name: (trust / name).read_text() for name in ("crl.pem", "anchor.pem")}

        def put(name, text):
            self.net.write("passing.pem", text.encode()).rename(trust / name)
        try:
            for name, text in own.items():
                put(name, text + (rogue / "trust/NOR" / name).read_text())
            time.sleep(2)  # the folder is looked at five times a second
            put("issued/ghost.pem", (rogue / "ghost/cert.pem").read_text())
            self.net.entered(rogue / "ghost/cert.pem")
            said = self.client.refuses("document", "upload", self.net.write("paper.txt", b"for members only"), *self.UPLOAD)
            second = hashlib.sha256(der_of(rogue / "trust/NOR/anchor.pem")).hexdigest()
            assert "nor.alpha.focal-point" in said and second in said, said
            self.client.content("office", "history", "nor.alpha.focal-point")
            self.client.content("anchor", "confirm", "NOR", own_root)
            self.client.refuses("document", "upload", self.net.write("paper.txt", b"for members only"), *self.UPLOAD)
        finally:
            (trust / "issued/ghost.pem").unlink(missing_ok=True)
            for name, text in own.items():
                put(name, text)
        return said

    def witnesses(self):
        """What the client shows of each: whose it is, how far it looked, when."""
        lines = self.client.content("ledger", "witnesses").splitlines()[1:]
        return {line.split()[0]: line.split()[1:] for line in lines}

    def lie_a_cosignature_that_none_made(self):
        """By a key that the host has made up: it says who looked, and when, and nobody did."""
        self.truth()
        looked = self.witnesses()["nor.example/witness"]
        assert looked[0] == "parties/NOR" and len(looked) == 3, looked

        def lie(path, asked, answer, again):
            if path != LEDGER + "ListCosignatures":
                return answer
            note = L.Checkpoint.FromString(again(LEDGER + "GetCheckpoint", b"")).note
            note = "".join(line for line in note.splitlines(True) if not re.match("— .*/witness ", line))
            name, key = "nor.example/witness", b"\4" + os.urandom(32)
            key_id = digest(f"{name}\n".encode() + key)[:4]
            line = base64.b64encode(key_id + int(time.time()).to_bytes(8, "big") + os.urandom(64)).decode()
            return L.ListCosignaturesReply(cosignatures=[L.Cosignature(
                witness=name, witness_key=f"{name}+{key_id.hex()}+{base64.b64encode(key).decode()}", party="parties/NOR",
                note=note + f"— {name} {line}\n", size=int(note.split("\n")[1]), time={"seconds": int(time.time())})],
                ).SerializeToString()
        self.liar.lie = lie
        shown = self.witnesses()
        assert set(map(tuple, shown.values())) == {(f"parties/{party}", "never") for party in self.net.witness_keys}, shown
        return " ".join(shown["nor.example/witness"])

    def lie_a_witness_who_looked_later_than_it_did(self):
        """The cosignature is true, and what the host says beside it is not."""
        self.truth()
        looked = self.witnesses()

        def lie(path, asked, answer, again):
            if path != LEDGER + "ListCosignatures":
                return answer
            reply = L.ListCosignaturesReply.FromString(answer)
            for one in reply.cosignatures:
                one.time.seconds += 3600
                one.size += 1000
            return reply.SerializeToString()
        self.liar.lie = lie
        assert self.witnesses() == looked
        return " ".join(looked["nor.example/witness"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only")
    options = parser.parse_args()
    failed = []
    with messages(), SealedNetwork() as net, contextlib.closing(Liar(net)) as liar, contextlib.ExitStack() as every:
        lies = every.enter_context(contextlib.closing(Lies(net, liar)))
        names = [name for name in dir(Lies) if name.startswith("lie_") and options.only in (None, name[4:])]
        for name in names:
            lies.truth()
            try:
                print(f"{name[4:]}: {getattr(lies, name)()}", flush=True)
                lies.truth()
                lies.client.content("ledger", "verify")  # a lie leaves nothing behind
            except AssertionError as error:
                failed.append(name)
                print(f"{name[4:]}: FAILED: {error}", flush=True)
        print(f"{len(names) - len(failed)} of {len(names)} lies refused")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
