"""Notices through a real SMTP server (aiosmtpd) with STARTTLS, from the daemon's configuration to the letter: who is
written to, and that no letter says what was sent. BUILD names the build folder."""
import email
import email.policy
import hashlib
import itertools
import pathlib
import queue
import ssl
import tempfile
import unittest

import small_network
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from network import free_port
from small_network import Caller, MovedNetwork

SECRETS = ["secret title", "secret note", "paper.txt", "secret content"]


class Box:
    """What the relay took, and whom it turns away."""

    def __init__(self):
        self.letters, self.later = queue.Queue(), set()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.later:
            self.later.discard(address)
            return "451 later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.letters.put((session, envelope))
        return "250 OK"

    def letter(self, wait=60):
        session, envelope = self.letters.get(timeout=wait)
        return session, envelope, email.message_from_bytes(envelope.content, policy=email.policy.default)


class MailNetwork(MovedNetwork):
    """Its relay is reached by name with STARTTLS and a password."""

    def start(self):
        self.box = Box()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.dir + "/server/cert.pem", self.dir + "/server/key.pem")
        self.relay = Controller(
            self.box, hostname="127.0.0.1", port=free_port(), tls_context=context, require_starttls=True,
            auth_required=True, authenticator=lambda server, session, envelope, mechanism, data: AuthResult(
                success=(data.login, data.password) == (b"entente", b"a relay's password")))
        self.relay.start()
        (self.path / "relay-password").write_text("a relay's password\n")
        self.config.write_text(self.config.read_text() + (
            f'mail {{ relay: "smtp://localhost:{self.relay.port}" from: "entente@igc.example" user: "entente"\n'
            f'  password_file: "relay-password" digest_hour: 6 ca_file: "ca.pem" portal: "https://localhost:{self.port}" }}\n'))
        super().start()

    def stop(self):
        super().stop()
        self.relay.stop()


class Notices(unittest.TestCase):
    uploads = itertools.count()

    @classmethod
    def setUpClass(cls):
        global D, N, Q
        cls.folder = tempfile.TemporaryDirectory()
        small_network.make_messages(cls.folder.name)
        from entente.v1 import circulations_pb2 as Q, documents_pb2 as D, notices_pb2 as N
        cls.net = MailNetwork()
        quiet = ("igor", "sven", "lars", "eva", "spare", "nick")
        cls.who = {account: Caller(cls.net, account) for account in ("ines", "anna", "nora", "machine", *quiet)}
        for one in cls.who.values():
            assert one.sign_in().ok
        for account in quiet:
            cls.choose(account, N.NoticeSettings.NEVER)

    @classmethod
    def tearDownClass(cls):
        for one in cls.who.values():
            one.close()
        cls.net.stop()
        cls.net.remove()
        cls.folder.cleanup()

    @classmethod
    def choose(cls, account, delivery, language=""):
        answer = cls.who[account].ask("NoticeService.SetNoticeSettings", N.SetNoticeSettingsRequest(
            settings=dict(delivery=delivery, language=language)))
        assert answer.ok, answer
        return N.NoticeSettings.FromString(answer.body)

    def bring(self, content=b"secret content"):
        ines = self.who["ines"]
        upload = f"upload-{next(self.uploads)}"
        for method, request in [
                ("BeginContent", D.BeginContentRequest(
                    upload_id=upload, content=D.Content(language="en", file_name="paper.txt", media_type="text/plain",
                                                        bytes=len(content)),
                    document=D.Document(kind=D.Document.STUDY, process="processes/alpha",
                                        title={"by_language": {"en": "secret title"}},
                                        visibility={"handling": 3, "audience": {"any_of": [
                                            "process/alpha/members", "process/alpha/secretariat"]}}))),
                ("SendContent", D.SendContentRequest(upload_id=upload, content=content)),
                ("FinishContent", D.FinishContentRequest(upload_id=upload, sha256=hashlib.sha256(content).digest()))]:
            answer = ines.ask("DocumentService." + method, request)
            self.assertTrue(answer.ok, answer)
        return D.Document.FromString(answer.body).name

    def circulate(self, **more):
        paper = self.bring()
        answer = self.who["ines"].ask("CirculationService.Circulate", Q.CirculateRequest(circulation=dict(
            documents=[paper], note={"by_language": {"en": "secret note"}}, **more)))
        self.assertTrue(answer.ok, answer)
        return Q.Circulation.FromString(answer.body).name

    def received(self, count):
        """The next letters, each with who got it; there are no others."""
        out = []
        for _ in range(count):
            try:
                session, envelope, letter = self.net.box.letter()
            except queue.Empty:
                self.fail(f"{len(out)} of {count} letters came; the server says:\n" + self.log()[-2_000:])
            self.assertIsNotNone(session.ssl, "the line was not closed to others")
            self.assertEqual(envelope.mail_from, "entente@igc.example")
            self.assertEqual(envelope.rcpt_tos, [letter["To"].addresses[0].addr_spec])
            for secret in SECRETS:
                self.assertNotIn(secret, letter.as_string())
                self.assertNotIn(secret, letter.get_content())
            out.append((envelope.rcpt_tos[0].split("@")[0], letter))
        self.assertTrue(self.net.box.letters.empty())
        return out

    def log(self):
        return "".join(path.read_text(errors="replace") for path in pathlib.Path(self.net.dir).glob("*log*"))

    def letters(self, count):
        return dict(self.received(count))

    def test_who_can_see_it_is_told_at_once_in_their_language(self):
        settings = self.choose("nora", N.NoticeSettings.AT_ONCE, "fr")
        self.assertEqual((settings.address, settings.language, settings.sends), ("nora@nor.example.org", "fr", True))
        name = self.circulate(ask=Q.Circulation.COMMENT, deadline={"seconds": 4102444800})
        letters = self.letters(2)
        self.assertEqual(set(letters), {"anna", "nora"})  # not the sender, not who said never, no observer, no stranger
        self.assertEqual(letters["anna"]["Subject"], "ALPHA: for comment")
        self.assertEqual(letters["anna"]["Auto-Submitted"], "auto-generated")
        self.assertEqual(letters["nora"]["Subject"], "ALPHA : pour commentaires")
        self.assertIn("IGC (ines) sent you something in ALPHA, for comment (until 2100-01-01 00:00 UTC).",
                      letters["anna"].get_content())
        self.assertIn(f"https://localhost:{self.net.port}/#/circulation/{name.split('/')[1]}", letters["anna"].get_content())
        # Who is done is not reminded; what is taken back is not told.
        answer = self.who["anna"].ask("CirculationService.Respond", Q.RespondRequest(
            name=name, response=dict(kind=Q.Response.ACKNOWLEDGE)))
        self.assertTrue(answer.ok, answer)
        self.assertTrue(self.who["ines"].ask("CirculationService.Remind", Q.RemindRequest(name=name)).ok)
        self.assertIn("vous rappelle", self.letters(1)["nora"].get_content())

    def test_a_digest_comes_at_its_hour_to_who_has_chosen_it_and_at_once_goes_on_for_others(self):
        self.choose("nora", N.NoticeSettings.DAILY, "fr")
        self.addCleanup(self.choose, "nora", N.NoticeSettings.AT_ONCE, "fr")
        first, second = self.circulate(), self.circulate(ask=Q.Circulation.COMMENT)
        self.assertEqual([who for who, _ in self.received(2)], ["anna"] * 2)
        # The hour is the next that comes at six; what comes then wakes the mailer.
        now = self.net.now()
        self.net.pass_by((now - 6 * 3_600) // 86_400 * 86_400 + 30 * 3_600 - now + 1)
        self.bring(b"secret content, the next morning")
        letters = self.letters(1)
        self.assertEqual(letters["nora"]["Subject"], "En attente : 2")
        for name in (first, second):
            self.assertIn("#/circulation/" + name.split("/")[1], letters["nora"].get_content())
        # Another day without anything new is a day without a letter.
        self.net.pass_by(86_400)
        self.bring(b"secret content, a day later")
        third = self.circulate()
        self.assertEqual(set(self.letters(1)), {"anna"})
        self.assertTrue(self.who["nora"].ask("CirculationService.Respond", Q.RespondRequest(
            name=third, response=dict(kind=Q.Response.ACKNOWLEDGE))).ok)

    def test_what_silence_has_adopted_is_told_whoever_can_see_it_the_sender_too(self):
        name = self.circulate(ask=Q.Circulation.APPROVAL_BY_SILENCE, deadline={"seconds": self.net.now() + 3_600})
        self.letters(2)
        self.assertTrue(self.who["nora"].ask("CirculationService.Respond", Q.RespondRequest(
            name=name, response=dict(kind=Q.Response.ACKNOWLEDGE))).ok)
        self.net.pass_by(3_601)
        letters = self.letters(3)
        self.assertEqual(set(letters), {"ines", "anna", "nora"})
        self.assertEqual(letters["anna"]["Subject"], "ALPHA: adopted by silence")
        self.assertIn("What IGC (ines) sent in ALPHA is adopted: nobody has broken the silence.", letters["anna"].get_content())
        self.assertIn("#/circulation/" + name.split("/")[1], letters["ines"].get_content())

    def test_a_relay_that_says_later_is_asked_again(self):
        self.net.box.later.add("anna@swe.example.org")
        self.circulate()
        self.assertEqual(set(self.letters(2)), {"anna", "nora"})

    def test_a_program_is_written_to_by_nobody(self):
        answer = self.who["machine"].ask("NoticeService.SetNoticeSettings", N.SetNoticeSettingsRequest(
            settings=dict(delivery=N.NoticeSettings.DAILY)))
        self.assertEqual(answer.code, "FAILED_PRECONDITION")
        answer = self.who["machine"].ask("NoticeService.GetNoticeSettings", N.GetNoticeSettingsRequest())
        self.assertEqual(N.NoticeSettings.FromString(answer.body).delivery, N.NoticeSettings.NEVER)

    def test_the_log_names_no_address(self):
        self.assertNotIn("example.org", self.log())


if __name__ == "__main__":
    unittest.main()
