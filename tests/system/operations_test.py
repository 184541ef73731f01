"""What operators meet: the real daemon on a real network, asked, filled, rotated, rolled back and stopped.

Run by CTest with BUILD set to the build folder. Skips by name what the machine does not allow."""
import base64, glob, hashlib, http.client, json, os, pathlib, re, shutil, socket, ssl, subprocess, sys, threading, time, unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from network import ENTENTE, ENTENTED, TOP, Network, do, eventually, read, run, write

CANARY = "zq7canary"


class Operations(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.net = Network()

    @classmethod
    def tearDownClass(cls):
        cls.net.remove()

    def setUp(self):
        if self.net.daemon is None:
            self.net.start()

    def test_metrics_pass_the_tools_of_those_who_collect_them(self):
        status, text = self.net.get("/metrics")
        self.assertEqual(status, 200)
        checked = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, capture_output=True)
        self.assertEqual((checked.returncode, checked.stdout + checked.stderr), (0, ""))
        from prometheus_client.openmetrics.parser import text_string_to_metric_families
        _, open_text = self.net.get("/metrics", "application/openmetrics-text; version=1.0.0")
        names = {family.name for family in text_string_to_metric_families(open_text)}
        self.assertIn("entente_calls", names)
        self.assertIn("entente_ledger_entries", names)

    def test_every_metric_is_explained_in_the_runbook(self):
        runbook = read(TOP + "/docs/runbook.md")
        for line in self.net.get("/metrics")[1].splitlines():
            if line.startswith("# TYPE "):
                self.assertIn(f"`{line.split(' ')[2]}`", runbook)

    def test_calls_and_failures_are_counted(self):
        before = self.net.metric("entente_calls_total"), self.net.metric("entente_calls_failed_total")
        handshakes = self.net.metric("entente_handshakes_failed_total")
        self.assertEqual(self.net.entente("sign-in", account="reto.ammann").returncode, 0)
        self.assertEqual(self.net.entente("sign-out", account="reto.ammann").returncode, 0)
        self.assertEqual(self.net.entente("whoami", account="reto.ammann").returncode, 3)
        self.assertGreater(self.net.metric("entente_calls_total"), before[0])
        self.assertGreater(self.net.metric("entente_calls_failed_total"), before[1])
        run("curl", "-sk", f"https://localhost:{self.net.port}/")
        eventually("the failed handshake is counted",
                   lambda: self.net.metric("entente_handshakes_failed_total") > handshakes)

    def test_the_limits_of_the_configuration_bind(self):
        import ssl
        self.net.stop()
        self.net.write_config("keys/root.key", limits="{ connections_per_certificate: 1 }")
        self.net.start()
        mine = self.net.dir + "/credentials/reto.ammann"
        context = ssl.create_default_context(cafile=self.net.dir + "/ca.pem")
        context.load_cert_chain(mine + "/cert.pem", mine + "/key.pem")
        context.set_alpn_protocols(["h2"])
        with context.wrap_socket(socket.create_connection(("127.0.0.1", self.net.port)),
                                 server_hostname="localhost") as line:
            self.assertTrue(line.recv(9), "the one line is served")
            self.assertNotEqual(self.net.entente("sign-in", account="reto.ammann").returncode, 0)
        self.assertGreater(self.net.metric('entente_limits_met_total{limit="account"}'), 0)
        eventually("there is room again", lambda: self.net.entente("sign-in", account="reto.ammann").returncode == 0)
        self.net.stop()
        self.net.write_config("keys/root.key")

    def test_a_page_that_others_could_reach_is_not_opened(self):
        self.net.stop()
        self.net.write_config("keys/root.key", operations_address='"0.0.0.0"')
        refused = run(ENTENTED, "serve", "--config", self.net.config)
        self.net.write_config("keys/root.key")
        self.assertEqual(refused.returncode, 3)
        self.assertIn("loopback", refused.stderr)

    def test_readiness_falls_when_the_store_cannot_write_and_comes_back(self):
        if not self.net.own_disk:
            self.skipTest("needs root and mount to fill a disk of its own")
        self.assertEqual(self.net.get("/ready"), (200, "ready\n"))
        self.assertEqual(self.net.entente("sign-in").returncode, 0)
        stopped = self.said_of_room("takes no writes")
        confirm = ("person", "confirm", "swe.anna.lindqvist")
        paper = os.urandom(2_500_000)
        brings = self.bring_until_the_disk_is_full(paper)
        next(brings)
        room = shutil.disk_usage(self.net.dir + "/disk").free
        with open(self.net.dir + "/disk/filler", "wb") as filler:
            os.posix_fallocate(filler.fileno(), 0, room - (40 << 20))
        try:
            eventually("not ready on a full disk", lambda: self.net.get("/ready")[0] == 503)
            eventually("it is logged", lambda: self.said_of_room("takes no writes") == stopped + 1)
            self.assertEqual(self.net.metric("entente_store_writable"), 0)
            self.assertEqual(self.net.metric("entente_ready"), 0)
            self.assertEqual(self.net.get("/live")[0], 200)
            # What would be written is refused in words, and nothing of it is kept; what reads goes on.
            entries = self.net.metric("entente_ledger_entries_total")
            refused = self.net.entente(*confirm)
            self.assertEqual((refused.returncode, refused.stdout), (6, ""))
            self.assertIn("takes no writes", refused.stderr)
            self.assertIn("Reto", self.net.as_("anna.lindqvist", "who", "--in", "CHE", "--process", "igc"))
            next(brings)
            self.assertEqual(self.net.metric("entente_ledger_entries_total"), entries)
        finally:
            os.unlink(self.net.dir + "/disk/filler")
        eventually("ready again once there is room", lambda: self.net.get("/ready")[0] == 200)
        self.assertEqual(self.net.metric("entente_store_writable"), 1)
        eventually("that is logged too", lambda: self.said_of_room("takes writes again") == stopped + 1)
        self.assertEqual(self.said_of_room("takes no writes"), stopped + 1)
        self.assertEqual(self.net.entente(*confirm).returncode, 0)
        name = next(brings)
        self.net.as_("anna.lindqvist", "document", "get", name, "--out", self.net.dir + "/copy.bin")
        with open(self.net.dir + "/copy.bin", "rb") as copy:
            self.assertEqual(copy.read(), paper)

    def said_of_room(self, words):
        """How many lines of the log say so, each with why: how many bytes are free."""
        return len(re.findall(rf'event=store\.event .*the store {words}: \d+ bytes are free in ', self.net.logged()))

    def bring_until_the_disk_is_full(self, paper):
        """A document that began to come; refused in words while the disk is full; brought to its end from where it stood."""
        file = self.net.dir + "/paper.bin"
        with open(file, "wb") as out:
            out.write(paper)
        upload = ("document", "upload", file, "--process", "igc", "--to", "members", "--handling", "limited", "--yes")
        said = {"uploadId": "interrupted", "content": {"language": "en", "fileName": "paper.bin", "bytes": len(paper),
                                                       "mediaType": "application/octet-stream"},
                "document": {"process": "processes/igc", "kind": "OTHER", "title": {"byLanguage": {"en": "Interrupted"}},
                             "visibility": {"handling": "HANDLING_LIMITED", "audience": {"anyOf": ["process/igc/members"]}}}}
        begin = lambda: self.ask("anna.lindqvist", "DocumentService/BeginContent", said)
        piece = lambda at: self.ask("anna.lindqvist", "DocumentService/SendContent", {
            "uploadId": "interrupted", "offset": at, "content": base64.b64encode(paper[at:at + 1_000_000]).decode()})
        self.assertEqual(begin()[0], 200)
        self.assertEqual(piece(0)[0], 200)
        # Room is made scarce now.
        yield
        for _ in range(2):
            code, answer = piece(1_000_000)
            self.assertEqual((code, answer["code"]), (429, "resource_exhausted"), answer)
            self.assertIn("takes no writes", answer["message"])
        refused = self.net.entente(*upload)  # at its first chunk, behind the words of who will see it
        self.assertEqual(refused.returncode, 6)
        self.assertNotIn("documents/", refused.stdout)
        self.assertIn("takes no writes", refused.stderr)
        yield
        self.assertEqual(begin()[1]["offset"], "1000000")
        self.assertEqual([piece(at)[0] for at in (1_000_000, 2_000_000)], [200, 200])
        kept = self.ask("anna.lindqvist", "DocumentService/FinishContent", {
            "uploadId": "interrupted", "sha256": base64.b64encode(hashlib.sha256(paper).digest()).decode()})
        self.assertEqual(kept[0], 200, kept)
        self.assertIn("documents/", self.net.as_("anna.lindqvist", *upload))  # once refused, the same command brings it
        yield kept[1]["name"]

    def ask(self, account, method, message):
        """One call as JSON: its status and answer."""
        own = f"{self.net.dir}/credentials/{account}/"
        context = ssl.create_default_context(cafile=self.net.dir + "/ca.pem")
        context.load_cert_chain(own + "cert.pem", own + "key.pem")
        line = http.client.HTTPSConnection("localhost", self.net.port, context=context, timeout=60)
        line.request("POST", "/entente.v1." + method, json.dumps(message), {
            "Content-Type": "application/json",
            "Authorization": "Bearer " + read(f"{self.net.dir}/config/entente/state/{account}/token").strip()})
        answer = line.getresponse()
        said = json.loads(answer.read())
        line.close()
        return answer.status, said

    def test_a_clock_that_jumps_ends_no_session_revives_none_and_turns_no_entry_back(self):
        shim = self.net.dir + "/moved_clock.so"
        do("cc", "-O2", "-shared", "-fPIC", "-o", shim, TOP + "/tests/support/moved_clock.c")

        def jump(seconds):
            with open(self.net.dir + "/clock", "wb" if seconds is None else "r+b") as clock:
                clock.write(int(seconds or 0).to_bytes(8, "little", signed=True))
        kept = {self.net.dir + "/disk/store": self.net.dir + "/store of now",
                self.net.dir + "/config": self.net.dir + "/config of now"}
        self.net.stop()
        for path, copy in kept.items():
            shutil.copytree(path, copy)
        jump(None)
        now, day = int(time.time()), 86_400
        summer = now // day * day + 5 * day  # a zone's, that lasts for a day; no zone says what day it is to the ledger
        first, last = (time.gmtime(at).tm_yday for at in (summer, summer + day))
        zone = f"TZ=CET-1CEST,J{min(first, 365)}/2,J{min(last, 365)}/3"
        self.net.start("env", zone, "LD_PRELOAD=" + shim, f"MOVED_CLOCK={self.net.dir}/clock")
        anna = lambda *verb: self.net.entente(*verb).returncode
        reto = lambda *verb: self.net.entente(*verb, account="reto.ammann").returncode
        confirm = ("person", "confirm", "swe.anna.lindqvist")
        self.assertEqual((anna("sign-in"), reto("sign-in")), (0, 0))
        token = glob.glob(self.net.dir + "/config/entente/state/*reto*/token")[0]
        dead = read(token)
        self.assertEqual(reto("sign-out"), 0)
        for by in (3 * day, 0, -10 * day, 0):
            jump(by)
            write(token, dead)
            lines = self.net.metric("entente_handshakes_failed_total")
            if by < 0:  # nobody's certificate has begun
                self.assertEqual((anna("whoami"), reto("whoami")), (6, 6))
                self.assertGreater(self.net.metric("entente_handshakes_failed_total"), lines)
            else:
                self.assertEqual((anna("whoami"), reto("whoami"), anna(*confirm)), (0, 3, 0), by)
            self.assertEqual(self.net.get("/live")[0], 200)
        # In 1970 nobody is in office yet, in 2100 every certificate has ended: so have sessions, and they stay ended.
        for by in (-now, 4_102_444_800 - now):
            jump(by)
            self.assertEqual((anna("whoami"), self.net.get("/live")[0]), (6, 200))

            def ended():  # once the watcher has gone round, which it does five times a second
                jump(by)
                time.sleep(0.5)
                jump(0)
                return anna("whoami") == 3
            eventually("its session has ended", ended)
            self.assertEqual((anna("whoami"), reto("whoami")), (3, 3), by)
            self.assertEqual(anna("sign-in"), 0)
        jump(3 * day - 3_600)
        self.assertEqual(anna("sign-in"), 0)
        # Summer begins, a second is counted twice, summer ends: each a moment before and after, and once more that moment.
        for edge in (summer + 3_600, summer + day, summer + day + 3_600):
            for off in (-2, 1, 0):
                jump(edge + off - int(time.time()))
                self.assertEqual((anna("whoami"), anna(*confirm)), (0, 0), edge + off)
        checked = self.net.entented("ledger")
        self.assertEqual((checked.returncode, checked.stderr), (0, ""))
        log = lambda: re.findall(r"\d{4}-\d\d-\d\dT[\d:.]+Z", self.net.as_("anna.lindqvist", "ledger", "log", "--last", "20"))
        ends = time.strftime("%Y-%m-%dT01:00", time.gmtime(summer + day))
        eventually("the last entry is under a checkpoint", lambda: log()[-1].startswith(ends))
        self.assertEqual(log(), sorted(log()))
        self.net.stop()
        # Days behind its own last entry it does not start.
        behind = run(ENTENTED, "serve", "--config", self.net.config)
        self.assertEqual(behind.returncode, 7)
        self.assertIn("the clock is behind the ledger's last entry", behind.stderr)
        self.assertRegex(behind.stderr, r"last entry at \S+Z, clock says \S+Z")
        self.assertIn("start when it has reached that time", behind.stderr)
        self.assertIn("7 the clock is behind", run(ENTENTED, "--help").stdout)
        unit = read(TOP + "/deploy/entented.service")
        self.assertIn("7", re.search(r"^RestartPreventExitStatus=(.*)$", unit, re.M).group(1).split())
        for path, copy in kept.items():
            shutil.rmtree(path)
            shutil.move(copy, path)

    def test_readiness_falls_at_the_drain_before_the_daemon_is_gone(self):
        seen = []
        done = threading.Event()

        def watch():
            while not done.is_set():
                try:
                    seen.append(self.net.get("/ready")[0])
                except OSError:
                    seen.append(None)

        import ssl
        who = self.net.dir + "/credentials/anna.lindqvist"
        context = ssl.create_default_context(cafile=self.net.dir + "/ca.pem")
        context.load_cert_chain(who + "/cert.pem", who + "/key.pem")
        context.set_alpn_protocols(["http/1.1"])
        # A call whose body is still on its way holds the drain open.
        plain = socket.create_connection(("localhost", self.net.port))
        with context.wrap_socket(plain, server_hostname="localhost") as line:
            calls = self.net.metric("entente_calls_total")
            line.sendall(b"POST /entente.v1.SessionService/GetSession HTTP/1.1\r\nhost: localhost\r\n"
                         b"content-type: application/json\r\ncontent-length: 2\r\n\r\n{")
            eventually("the call is under way", lambda: self.net.metric("entente_calls_total") > calls)
            watcher = threading.Thread(target=watch)
            watcher.start()
            eventually("ready is seen", lambda: 200 in seen)
            code = self.net.stop()
            done.set()
            watcher.join()
        self.assertEqual(code, 0)
        self.assertIn(503, seen)
        self.assertNotIn(200, seen[seen.index(503):])

    def test_the_key_of_the_network_is_rotated_while_the_daemon_works(self):
        rotated = self.net.entented("rotate", "network")
        self.assertEqual((rotated.returncode, rotated.stderr), (0, ""))
        eventually("everything is sealed anew", lambda: self.net.metric("entente_store_reseal_pending") == 0)
        self.assertIn("event=store.resealed", self.net.logged())
        self.assertEqual(self.net.entented("fsck").returncode, 0)
        self.assertEqual(self.net.entented("rotate", "process/nowhere").returncode, 1)
        self.assertEqual(self.net.entented("rotate", "document/" + "0" * 32).returncode, 1)
        for wrong in (("kitchen",), ("root",), ("root", "--new-key-file", "a", "--new-passphrase-file", "b")):
            refused = self.net.entented("rotate", *wrong)
            self.assertEqual((refused.returncode, refused.stderr.count("must be")), (2, 1), refused.stderr)

    def test_the_command_line_says_which_certificate_does_not_hold_and_why(self):
        mine = self.net.dir + "/credentials/lars.nyberg"
        ca = lambda *words: do(TOP + "/certs/ca", "--dir", self.net.dir, *words)

        def said(server=f"localhost:{self.net.port}", root=self.net.dir + "/ca.pem", **more):
            home = {**os.environ, "XDG_CONFIG_HOME": self.net.dir + "/another config", **more}
            do(ENTENTE, "profile", "add", "another", "--server", server, "--root", root, "--certificate", mine + "/cert.pem",
               "--key", mine + "/key.pem", "--password-file", mine + "/password", "--ledger-key",
               read(self.net.dir + "/ledger.pub").strip(), env=home)
            done = run(ENTENTE, "--profile", "another", "sign-in", env=home)
            shutil.rmtree(self.net.dir + "/another config")
            return done.returncode, done.stderr

        self.assertEqual(said(), (0, ""))
        code, told = said(server=f"127.1:{self.net.port}")  # an old spelling of 127.0.0.1, which no certificate has
        self.assertEqual(code, 6)
        self.assertIn(f"cannot trust `127.1:{self.net.port}`: its certificate is not for the name `127.1`", told)
        code, told = said(server="localhost:1")
        self.assertEqual(code, 6)
        self.assertIn("cannot reach `localhost:1`: Connection refused\n  check the network", told)
        code, told = said(root=self.net.dir + "/trust/SWE/anchor.pem")
        self.assertEqual(code, 6)
        self.assertIn("its certificate was not issued by the root that the profile names", told)
        shim, clock = self.net.dir + "/client_clock.so", self.net.dir + "/client clock"
        do("cc", "-O2", "-shared", "-fPIC", "-o", shim, TOP + "/tests/support/moved_clock.c")
        for years, word in ((50, "has ended"), (-50, "has not begun")):
            with open(clock, "wb") as file:
                file.write((years * 31_557_600).to_bytes(8, "little", signed=True))
            code, told = said(LD_PRELOAD=shim, MOVED_CLOCK=clock)
            self.assertEqual(code, 6)
            self.assertIn("its certificate " + word, told)
        ca("revoke", "SWE", "person", "lars.nyberg")
        ca("crl", "SWE", "--days", "30")
        eventually("it is refused", lambda: said()[0] != 0)
        code, told = said()
        self.assertEqual(code, 6)
        self.assertIn(f"`localhost:{self.net.port}` refused your certificate: it was revoked, or is not of a party of that", told)
        self.assertIn("ask your party's certificate officer", told)
        self.assertNotIn("network and", told)

    def test_a_new_root_key_opens_the_store_and_the_old_one_no_more(self):
        rows, ring = self.net.dir + "/rows.older root", self.net.dir + "/keyring.older root"
        self.assertEqual(self.net.entented("backup", "--to", rows, "--keyring-to", ring).returncode, 0)
        rotated = self.net.entented("rotate", "root", "--new-key-file", self.net.dir + "/keys/new root.key")
        self.assertEqual((rotated.returncode, rotated.stderr), (0, ""))
        self.assertIn("take a backup; keep the old one as long as a copy of the keyring from before", rotated.stdout)
        self.net.stop()
        refused = run(ENTENTED, "serve", "--config", self.net.config)
        self.assertEqual(refused.returncode, 5)
        self.assertIn("root key", refused.stderr)
        self.net.write_config("keys/new root.key")
        self.net.start()
        # A copy of the keyring from before is opened by the key from before, as the runbook says.
        verify = lambda: self.net.entented("verify", "--from", rows, "--keyring", ring).returncode
        self.assertEqual(verify(), 5)
        self.net.write_config("keys/root.key")
        self.assertEqual(verify(), 0)
        self.net.write_config("keys/new root.key")
        # And back, without a daemon.
        self.net.stop()
        again = self.net.entented("rotate", "root", "--new-key-file", self.net.dir + "/keys/root.key")
        self.assertEqual((again.returncode, again.stderr), (0, ""))
        self.net.write_config("keys/root.key")
        self.assertEqual(self.net.entented("rotate", "network").stdout, "rotated\n")
        self.net.start()

    def test_the_ledger_is_read_whole_while_the_daemon_works_and_without_it(self):
        for _ in range(2):
            checked = self.net.entented("ledger")
            self.assertEqual((checked.returncode, checked.stderr), (0, ""))
            self.assertIn("; 0 problems", checked.stdout)
            self.net.stop()
        self.assertEqual(self.net.entented("fsck").returncode, 0)

    def test_an_older_copy_put_in_place_is_told_by_its_exit_code(self):
        store = self.net.dir + "/disk/store"
        self.net.stop()
        shutil.copytree(store + "/rows", self.net.dir + "/older")
        self.net.start()
        self.assertEqual(self.net.entente("sign-in").returncode, 0)
        self.assertEqual(self.net.entente("person", "confirm", "swe.anna.lindqvist").returncode, 0)
        eventually("the head has followed", lambda: self.net.metric("entente_ledger_checkpoint_entries") ==
                   self.net.metric("entente_ledger_entries_total"))
        self.net.stop()
        shutil.move(store + "/rows", self.net.dir + "/newer")
        shutil.move(self.net.dir + "/older", store + "/rows")
        behind = run(ENTENTED, "serve", "--config", self.net.config)
        self.assertEqual(behind.returncode, 4, behind.stderr)
        self.assertIn("behind its own head", behind.stderr)
        shutil.rmtree(store + "/rows")
        shutil.move(self.net.dir + "/newer", store + "/rows")

    def test_a_backup_is_verified_and_restored_by_the_runbooks_commands(self):
        rows, ring = self.net.dir + "/rows.backup", self.net.dir + "/keyring.copy"
        self.assertEqual(self.net.entented("backup", "--to", rows, "--keyring-to", ring).returncode, 0)
        self.assertEqual(self.net.entented("verify", "--from", rows).returncode, 0)
        whole = self.net.entented("verify", "--from", rows, "--keyring", ring)
        self.assertEqual(whole.returncode, 0)
        self.assertIn("every row opened", whole.stdout)
        config = self.net.dir + "/restored.textproto"
        write(config, read(self.net.config).replace('"disk/store"', '"restored"'))
        restored = run(ENTENTED, "restore", "--config", config, "--from", rows, "--keyring", ring)
        self.assertEqual((restored.returncode, restored.stderr), (0, ""))
        checked = run(ENTENTED, "ledger", "--config", config)
        self.assertEqual(checked.returncode, 0, checked.stderr)
        with open(rows, "r+b") as f:
            f.seek(-200, 2)
            f.write(b"torn")
        self.assertEqual(self.net.entented("verify", "--from", rows).returncode, 1)

    def test_a_killed_daemon_starts_again_and_answers_on_its_socket(self):
        self.net.daemon.kill()
        self.net.daemon.wait()
        self.net.start()
        self.assertEqual(self.net.entented("ledger").returncode, 0)

    def test_a_renewed_server_certificate_is_taken_without_a_restart(self):
        before = self.net.metric("entente_server_certificate_end_seconds")
        made = run(TOP + "/certs/ca", "--dir", self.net.dir, "server", "--host", "localhost", "--days", "30")
        self.assertEqual(made.returncode, 0, made.stderr)
        eventually("the new end is told",
                   lambda: self.net.metric("entente_server_certificate_end_seconds") != before)
        self.assertIn("event=server.certificate.renewed", self.net.logged())
        self.assertEqual(self.net.entente("sign-in").returncode, 0)

    def test_a_server_certificate_that_cannot_be_taken_is_told_once_and_tried_until_it_can(self):
        path, written = pathlib.Path(self.net.dir) / "server/cert.pem", (2_000_000_000, 2_000_000_000)
        whole, log = path.read_bytes(), lambda word: self.net.logged().count("event=server.certificate." + word)
        renewed, refused = log("renewed"), log("refused")

        def replace(content):
            path.with_suffix(".new").write_bytes(content)
            os.utime(path.with_suffix(".new"), written)
            path.with_suffix(".new").rename(path)
        replace(whole[:100])
        eventually("it is told", lambda: log("refused") > refused)
        self.assertEqual(self.net.entente("sign-in").returncode, 0)  # by the old one
        # The same file, as far as its time tells.
        replace(whole)
        eventually("it is taken", lambda: log("renewed") > renewed)
        self.assertEqual((log("renewed"), log("refused")), (renewed + 1, refused + 1))
        self.assertEqual(self.net.entente("sign-in").returncode, 0)

    def test_a_second_daemon_does_not_take_the_store_or_the_socket(self):
        ballast = self.net.dir + "/disk/store/ballast"
        eventually("the ballast is there", lambda: os.path.exists(ballast))
        second = run(ENTENTED, "serve", "--config", self.net.config)
        self.assertEqual(second.returncode, 1)
        self.assertIn("entented: another entented has this store open", second.stderr)
        self.assertTrue(os.path.exists(ballast))
        self.assertEqual(self.net.entented("ledger").returncode, 0)

    def test_a_daemon_that_cannot_say_that_it_serves_ends(self):
        self.net.stop()
        config = self.net.dir + "/unready.textproto"
        write(config, re.sub('ready_file: "[^"]*"', 'ready_file: "nowhere/ready"', read(self.net.config)))
        ended = run(ENTENTED, "serve", "--config", config)
        self.assertEqual(ended.returncode, 1, ended.stdout + ended.stderr)
        self.assertIn("cannot write the `ready_file`", ended.stderr)

    def test_a_wrong_configuration_is_told_before_anything_is_opened(self):
        good = read(self.net.config)
        config = self.net.dir + "/wrong.textproto"
        for wrong, told in [("prot: 1\n", "`prot`; did you mean `port`?"), ('workers: "x"\n', "Expected integer"),
                            ('trust: "nowhere"\n', "")]:
            write(config, good + wrong)
            refused = run(ENTENTED, "check", "--config", config)
            self.assertEqual(refused.returncode, 3, wrong)
            self.assertIn(told, refused.stderr)
            self.assertRegex(refused.stderr, rf"\n  {good.count(chr(10)) + 1}:\d+: ")
        write(config, good.replace('"keys/ledger.key"', '"keys/nothing.key"'))
        refused = run(ENTENTED, "check", "--config", config)
        self.assertEqual(refused.returncode, 3)
        self.assertRegex(refused.stderr, r"\n  \d+:1: `ledger_key_file` names `.*nothing.key`, which is no file")
        self.assertEqual(run(ENTENTED, "check", "--config", self.net.dir + "/none").returncode, 3)
        self.assertEqual(self.net.entented("check").returncode, 0)
        self.assertEqual(run(ENTENTED, "dance").returncode, 2)
        # Definitions that are not there, or hold nothing.
        write(config, good.replace('"disk/store"', '"another"'))
        os.makedirs(self.net.dir + "/empty", exist_ok=True)
        write(self.net.dir + "/empty/bali.textproto", "")
        for folder, told in [("nowhere", "`nowhere` cannot be listed"), (self.net.dir + "/empty", "bali.textproto` cannot be read, or is empty")]:
            refused = run(ENTENTED, "init", "--config", config, "--definitions", folder, "--demo-data", TOP + "/deploy/demo-data",
                          "--credentials", self.net.dir + "/credentials")
            self.assertEqual(refused.returncode, 3, refused.stderr)
            self.assertIn(told, refused.stderr)
            self.assertFalse(os.path.exists(self.net.dir + "/another"))

    def test_a_network_is_made_whole_or_not_at_all(self):
        config, credentials, store = (self.net.dir + "/" + name for name in ("made.textproto", "some credentials", "made"))
        write(config, read(self.net.config).replace('"disk/store"', '"made"'))
        shutil.copytree(self.net.dir + "/credentials", credentials)
        ledger_key = read(self.net.dir + "/ledger.pub")
        init = lambda: run(ENTENTED, "init", "--config", config, "--definitions", TOP + "/deploy/processes", "--demo-data",
                           TOP + "/deploy/demo-data", "--credentials", credentials)
        password = credentials + "/reto.ammann/password"
        os.rename(password, password + ".later")
        refused = init()
        self.assertEqual(refused.returncode, 3, refused.stderr)
        self.assertIn("reto.ammann/password` cannot be read", refused.stderr)
        self.assertFalse(os.path.exists(store))
        # What is found late, that the password is too short, leaves nothing either.
        write(password, "short\n")
        refused = init()
        self.assertNotEqual(refused.returncode, 0)
        self.assertFalse(os.path.exists(store))
        os.rename(password + ".later", password)
        os.makedirs(store + "/making/rows")  # as an `init` that was killed leaves it
        made = init()
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertNotIn("making", os.listdir(store))
        self.assertEqual(os.stat(store).st_mode & 0o777, 0o700)
        self.assertEqual(read(self.net.dir + "/ledger.pub"), ledger_key)
        checked = run(ENTENTED, "ledger", "--config", config)
        self.assertEqual((checked.returncode, checked.stderr), (0, ""))
        kept = sorted(os.listdir(store))
        again = init()
        self.assertEqual(again.returncode, 3)
        self.assertIn("/made` is not empty: a network is made in an empty folder only", again.stderr)
        self.assertEqual(sorted(os.listdir(store)), kept)

    def test_check_refuses_what_serve_would_and_says_where_it_stands(self):
        self.net.stop()
        config, short, strange = (self.net.dir + "/" + name for name in ("refused.textproto", "short.key", "strange.key"))
        for path, digits in (short, 10), (strange, 64):
            write(path, "5" * digits + "\n")
            os.chmod(path, 0o600)
        good = read(self.net.config)
        server_key = re.search(r'server_key: "(.*)"', good).group(1)
        for field, wrong, told in [
                ("server_key", good.replace(f'"{server_key}"', '"credentials/anna.lindqvist/key.pem"'), "it is not the certificate's key"),
                (r"witnesses\[\d\].key", good + 'witnesses { party: "NOR" key: "nor.example/witness+..." }\n', "name+hash+base64"),
                ("operations_address", good + 'operations_address: "0.0.0.0"\n', "loopback"),
                ("address", re.sub(r'(?m)^address: .*$', 'address: "999.1.1.1"', good), "is not an IP address"),
                ("ledger_key_file", good.replace('"keys/ledger.key"', f'"{short}"'), "the ledger's key cannot be had: a key is 32 bytes")]:
            write(config, wrong)
            said = [run(ENTENTED, verb, "--config", config) for verb in ("check", "serve")]
            self.assertEqual([one.returncode for one in said], [3, 3], said)
            self.assertEqual(said[0].stderr, said[1].stderr)
            self.assertIn(told, said[0].stderr)
            self.assertRegex(said[0].stderr, rf"\n  [1-9]\d*:[1-9]\d*: `{field}` ")
        # Of another key only the store can tell: what it last showed was not signed by it, or is not opened by it.
        empty = self.net.dir + "/empty store"
        os.mkdir(empty)
        store = re.search(r'store: "(.*)"', good).group(1)
        for code, wrong, told in [
                (3, good.replace('"keys/ledger.key"', f'"{strange}"'), "the ledger's key is not the one that signed this store's last checkpoint"),
                (3, re.sub(r'ledger_origin: ".*"', 'ledger_origin: "other.example/ledger"', good), "ledger.pub"),
                (5, good.replace('"keys/root.key"', f'"{strange}"'), "the root key does not open this keyring"),
                (1, good.replace(f'store: "{store}"', f'store: "{empty}"'), "there is no store in `")]:
            write(config, wrong)
            said = [run(ENTENTED, verb, "--config", config) for verb in ("check", "serve")]
            self.assertEqual([one.returncode for one in said], [code, code], said)
            self.assertEqual(said[0].stderr, said[1].stderr)
            self.assertIn(told, said[0].stderr)
        self.net.start()
        self.assertEqual(self.net.entente("sign-in").returncode, 0)  # nothing was signed by the other
        # Beside a daemon too.
        write(config, good.replace('"keys/ledger.key"', f'"{strange}"'))
        self.assertEqual([run(ENTENTED, "check", "--config", one).returncode for one in (config, self.net.config)], [3, 0])

    def test_a_command_whose_keys_systemd_unseals_says_how_it_is_begun(self):
        sealed, keys = self.net.dir + "/sealed.textproto", self.net.dir + "/credentials.unsealed"
        os.makedirs(keys, exist_ok=True)
        for name in ("root", "ledger"):
            shutil.copy(f"{self.net.dir}/keys/{name}.key", f"{keys}/{name}-key")
        write(sealed, re.sub(r'(root|ledger)_key_file: ".*"', r'\1_key_credential: "\1-key"', read(self.net.config)))
        copy, ring = self.net.dir + "/rows.unsealed", self.net.dir + "/keyring.unsealed"
        elsewhere = self.net.dir + "/elsewhere.textproto"
        write(elsewhere, read(sealed).replace('"disk/store"', '"elsewhere"'))
        made = ("--definitions", TOP + "/deploy/processes", "--demo-data", TOP + "/deploy/demo-data", "--credentials", self.net.dir + "/credentials")
        commands = [("check", "--config", sealed), ("backup", "--config", sealed, "--to", copy, "--keyring-to", ring),
                    ("verify", "--config", sealed, "--from", copy, "--keyring", ring), ("fsck", "--config", sealed),
                    ("restore", "--config", elsewhere, "--from", copy, "--keyring", ring), ("init", "--config", elsewhere, *made),
                    ("serve", "--config", sealed)]
        for command in commands:
            refused = run(ENTENTED, *command)
            self.assertEqual(refused.returncode, 5, (command, refused.stderr))
            self.assertIn("the root key cannot be had", refused.stderr)
            self.assertIn("systemd-run --pipe --uid=entente -p LoadCredentialEncrypted=root-key:/etc/entente/root-key.cred", refused.stderr)
        self.assertFalse(os.path.exists(copy))
        # As systemd has it for what it starts; `init` last, for it wants a store that is not there.
        for command in commands[:5]:
            done = run(ENTENTED, *command, env={**os.environ, "CREDENTIALS_DIRECTORY": keys})
            self.assertEqual(done.returncode, 0, (command, done.stderr))
        os.unlink(keys + "/ledger-key")
        refused = run(ENTENTED, *commands[0], env={**os.environ, "CREDENTIALS_DIRECTORY": keys})
        self.assertEqual(refused.returncode, 3)
        self.assertIn("the ledger's key cannot be had: there is no such file", refused.stderr)
        self.assertRegex(refused.stderr, r"\n  \d+:1: `ledger_key_credential` names it")

    def test_nothing_that_callers_said_reaches_the_log(self):
        self.assertEqual(self.net.entente("sign-in").returncode, 0)
        self.net.entente("find", CANARY)
        self.net.entente("who", CANARY, "--in", "CHE")
        self.net.entente("person", "show", "persons/" + CANARY)
        self.net.entente("person", "telephone", "swe.anna.lindqvist", "+46 " + CANARY)
        self.net.entente("password", "redeem", CANARY)
        run("curl", "-sk", f"https://localhost:{self.net.port}/{CANARY}")
        # A certificate that is not one: the trust folder's complaint names the file, not what is in it.
        bad = self.net.dir + "/trust/SWE/issued/bad.pem"
        write(bad, f"-----BEGIN CERTIFICATE-----\n{CANARY}\n-----END CERTIFICATE-----\n")
        eventually("the bad file is complained of", lambda: "bad.pem" in self.net.logged())
        os.unlink(bad)
        passwords = [read(f).strip() for f in glob.glob(self.net.dir + "/credentials/*/password")]
        tokens = [read(f).strip() for f in glob.glob(self.net.dir + "/config/entente/state/*/token")]
        self.assertTrue(passwords and tokens)
        text = self.net.logged()
        for secret in [CANARY, "lindqvist", "Anna", "+46", *passwords, *tokens]:
            self.assertNotIn(secret, text)
        events = [line for line in text.splitlines() if "event=" in line]
        self.assertTrue(events)
        for line in events:
            self.assertRegex(line, r"^\d{4}-\d\d-\d\dT[0-9:.]+Z level=(info|warning|error) event=[a-z.]+"
                                   r"( [a-z_]+=(\"([^\"\\]|\\.)*\"|\S+))*$")


if __name__ == "__main__":
    unittest.main(verbosity=2)
