"""Every rpc, as every role, over every object of a small world, compared with what an oracle says that shares nothing
with server/policy: what is visible is answered; what is hidden is answered byte for byte as what never was.

Methods come from the daemon by reflection. One without a place fails by name: give it one in walk/, in the file of its
room.
No answer, whatever the method, may hold a name, a number or an address that its caller may not see."""
import hashlib
import re
import secrets
import shutil
import socket
import ssl
import unittest

import doors
import signing
import small_network
from small_network import CHAIRS, Caller, SmallNetwork
# Each room gives its methods their places.
from walk import access, directory, documents, identity, ledger, meetings, statistics
from walk.directory import holds
from walk.identity import crl_der
from walk.walk import PLACES, TELLS_ALL, Walk
from walk.world import Guard, World, kind_of, process_audience
from entente.v1 import account_pb2 as C, directory_pb2 as M, evidence_pb2 as R, ledger_pb2 as L, meetings_pb2 as G
from entente.v1 import options_pb2 as O, session_pb2 as S, statistics_pb2 as T

# Methods whose whole walk is in an own test below: they end what the others stand on.
OWN = {"SessionService.SignIn", "SessionService.SignOut", "SessionService.StepUp", "SessionService.ChangePassword",
       "SessionService.RedeemCode", "SessionService.CreateApplicationPassword"}


class Everybody(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.net = SmallNetwork()
        cls.world = World(cls.net)
        cls.methods = cls.reflected()

    @classmethod
    def tearDownClass(cls):
        cls.world.close()
        cls.net.stop()
        cls.net.remove()

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
            rule = method.GetOptions().Extensions[O.rule]
            self.assertNotEqual(rule.who, O.WHO_UNSPECIFIED, name)
            self.assertEqual(bool(rule.enters), rule.acts and not rule.hashes, f"{name}: which entry does it leave?")

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
        """What is done is proved in the reply: an entry of the caller's, of the kind that the method's rule says."""
        caller = self.world.by_account[account]
        caller.binding = binding = secrets.token_bytes(32)
        answer = self.walk.ask(caller, method, request)
        caller.binding = None
        self.assertEqual(answer.code, code, f"{method} as {account}: {answer}")
        kinds = self.methods[method].GetOptions().Extensions[O.rule].enters
        proofs = [value for name, value in answer.initial if name == "entente-proof-bin"]
        self.assertEqual(len(proofs), bool(kinds) and answer.ok, method)
        for proof in map(L.ActProof.FromString, proofs):
            self.assertIn(f"/accounts/{account}".encode(), proof.canonical, method)
            self.assertTrue(any(kind.encode() in proof.canonical for kind in kinds), f"{method}: {proof.canonical}")
            blinding = hashlib.sha256(proof.inner + binding).digest()
            leaf = hashlib.sha256(b"\0" + hashlib.sha256(blinding + proof.canonical).digest()).digest()
            self.assertEqual(leaf, proof.receipt.leaf_hash, method)
            self.assertGreater(int(proof.receipt.checkpoint.split("\n")[1]), proof.receipt.entry_index, method)
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
