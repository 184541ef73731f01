"""The walks of sessions, accounts, certificates and a person's own settings."""
import re
import ssl

from small_network import ACCOUNTS
from entente.v1 import account_pb2 as C, drafts_pb2 as DK, notices_pb2 as N, session_pb2 as S
from walk.walk import parties, place, processes
from walk.world import CERTIFICATE_OFFICER


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
            # Of a party that takes no part in it (no more, or no longer) the secretariat says nothing either.
            for party in ("parties/FRA", "parties/ERI", "parties/NZL"):
                if (process, party) == ("processes/betaa", "parties/FRA"):
                    continue
                of = lambda p: C.ProposeAnchorRequest(party=p, process=process, der=root, signature=b"none")
                answer = walk.ask(role, "CertificateService.ProposeAnchor", of(party))
                walk.is_absent(role, "CertificateService.ProposeAnchor", party, of, answer)
        answer = walk.ask(role, "CertificateService.ApproveAnchor", C.ApproveAnchorRequest(
            name="parties/NOR/anchorProposals/" + "ab" * 32, digest=b"\xab" * 32, signature=b"none"))
        walk.check.assertEqual(answer.code, "NOT_FOUND", answer)
