"""What is installed works: the library by both ways to find it, the examples in Python and Java, the packages, the unit.

Run by CTest with BUILD set to the build folder."""
import glob, os, re, shutil, subprocess, sys, tempfile, unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from network import BUILD, ENTENTED, TOP, Network, eventually, read, run, write

EXAMPLES = TOP + "/docs/examples"
PROTOBUF_JAR = "/usr/share/java/protobuf.jar"
PEOPLE = r"(?s)Reto Ammann, .*\n  \+44 20 7946 0103"


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="entente-installed-")
        cls.net = Network()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.addClassCleanup(cls.net.remove)
        cls.net.start()
        cls.prefix = cls.folder.name + "/prefix"
        for component in ("libentente-client-dev", "entente", "entented"):
            done = run("cmake", "--install", BUILD, "--prefix", cls.prefix, "--component", component)
            assert done.returncode == 0, done.stderr

    def who(self, *program, password="password", party="CHE", mine=("cert.pem", "key.pem")):
        account = self.net.dir + "/credentials/anna.lindqvist"
        key = [read(self.net.dir + "/ledger.pub").strip()] if program[0].endswith("lookup") else []
        address = ["localhost", str(self.net.port)] if key else [f"localhost:{self.net.port}"]
        return run(*program, *address, self.net.dir + "/ca.pem", *mine, password, *key, party,
                   "labour migration", cwd=account, env={**os.environ, "PROTO": self.prefix + "/share/entente/proto"})

    def check_example(self, *program, **given):
        found = self.who(*program, **given)
        self.assertEqual((found.returncode, found.stderr), (0, ""))
        self.assertRegex(found.stdout, PEOPLE)
        wrong = self.folder.name + "/wrong"
        write(wrong, "not the password\n")
        refused = self.who(*program, **{**given, "password": wrong})
        self.assertNotEqual(refused.returncode, 0)
        self.assertNotIn("Reto", refused.stdout)

    def test_the_example_is_thirty_lines(self):
        text = read(EXAMPLES + "/lookup.cc").splitlines()
        code = [line for line in text if line.strip() and not line.startswith(("//", "#include"))]
        self.assertLessEqual(len(code), 30)

    def test_the_example_links_the_library_that_cmake_finds(self):
        project = self.folder.name + "/project"
        os.mkdir(project)
        text = read(EXAMPLES + "/README.md")
        named = re.search(r"```cmake\n(.*?)```", text, re.S).group(1)
        write(project + "/CMakeLists.txt", "cmake_minimum_required(VERSION 3.25)\nproject(lookup CXX)\n"
              + named.replace(" lookup.cc", f" {EXAMPLES}/lookup.cc"))
        for command in (["cmake", "-S", project, "-B", project, "-G", "Ninja", "-DCMAKE_PREFIX_PATH=" + self.prefix],
                        ["cmake", "--build", project]):
            done = run(*command)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.check_example(project + "/lookup")

    def test_the_example_links_the_library_that_pkg_config_finds(self):
        text = read(EXAMPLES + "/README.md")
        command = re.search(r"```sh\n(g\+\+ .*?)\n```", text, re.S).group(1)
        (where,) = glob.glob(self.prefix + "/lib/**/pkgconfig", recursive=True)
        folder = self.folder.name + "/plain"
        os.mkdir(folder)
        made = run("bash", "-ec", command.replace("lookup.cc", EXAMPLES + "/lookup.cc", 1), cwd=folder,
                   env={**os.environ, "PKG_CONFIG_PATH": where})
        self.assertEqual(made.returncode, 0, made.stderr)
        self.check_example(folder + "/lookup")

    def test_a_program_in_python_needs_the_proto_files_alone(self):
        self.check_example("/usr/bin/python3", EXAMPLES + "/lookup.py")

    @unittest.skipUnless(shutil.which("javac") and os.path.exists(PROTOBUF_JAR),
                         "needs default-jdk-headless and libprotobuf-java")
    def test_a_program_in_java_needs_the_proto_files_alone(self):
        made, classes = self.folder.name + "/java", self.folder.name + "/classes"
        os.mkdir(made)
        done = run("protoc", "-I", self.prefix + "/share/entente/proto", "--java_out", made,
                   *(f"entente/v1/{name}.proto" for name in ("options", "types", "session", "directory")))
        self.assertEqual(done.returncode, 0, done.stderr)
        done = run("javac", "-cp", PROTOBUF_JAR, "-d", classes, EXAMPLES + "/Lookup.java",
                   *glob.glob(made + "/**/*.java", recursive=True))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.check_example("java", "-cp", classes + ":" + PROTOBUF_JAR, "Lookup", mine=("bundle.p12",))

    def test_the_installed_completion_is_of_this_command_line(self):
        script = read(self.prefix + "/share/bash-completion/completions/entente")
        asked = run("bash", "-c", script + '\nCOMP_WORDS=(entente ledger ""); COMP_CWORD=2; _entente\n'
                    'echo "${COMPREPLY[@]}"')
        self.assertIn("verify", asked.stdout)


class Packages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="entente-packages-")
        cls.addClassCleanup(cls.folder.cleanup)
        made = run("cpack", "-G", "DEB", "--config", BUILD + "/CPackConfig.cmake", "-B", cls.folder.name)
        assert made.returncode == 0, made.stdout + made.stderr
        cls.packages = {os.path.basename(p).split("_")[0]: p for p in glob.glob(cls.folder.name + "/*.deb")}

    def files(self, package):
        lines = run("dpkg-deb", "-c", self.packages[package]).stdout.splitlines()
        return {line.split()[5].lstrip("."): line.split()[0:2] for line in lines}

    def test_there_are_three_packages_with_what_each_needs(self):
        self.assertEqual(set(self.packages), {"entented", "entente", "libentente-client-dev"})
        self.assertIn("/usr/sbin/entented", self.files("entented"))
        self.assertIn("/usr/bin/entente-ca", self.files("entented"))
        self.assertIn("/usr/share/entente/portal/index.html", self.files("entented"))
        self.assertIn("/usr/bin/entente", self.files("entente"))
        self.assertIn("/usr/lib/entente-client/entente-extract", self.files("entente"))
        self.assertIn("/usr/share/entente/local-portal/index.html", self.files("entente"))
        self.assertIn("/usr/include/entente/client/lib/client.h", self.files("libentente-client-dev"))
        depends = run("dpkg-deb", "-f", self.packages["entented"], "Depends").stdout
        for library in ("librocksdb", "libssl3", "libnghttp2", "libprotobuf", "libsodium"):
            self.assertIn(library, depends)

    def test_nothing_of_them_is_writable_by_others_or_runs_as_root(self):
        for package in self.packages:
            for path, (mode, owner) in self.files(package).items():
                self.assertEqual(owner, "root/root", path)
                self.assertNotIn("s", mode, path)
                self.assertEqual(mode[8], "-", path)

    def test_no_key_and_no_demonstration_is_in_them(self):
        for package in self.packages:
            for path in self.files(package):
                self.assertNotRegex(path, r"\.(key|p12|cred)$|password|demo-data")

    def test_what_the_unit_names_is_in_the_package(self):
        files = self.files("entented")
        unit = read(TOP + "/deploy/entented.service")
        programs = set(re.findall(r"^Exec\w+=(/\S+)", unit, re.M))
        self.assertEqual(programs, {"/usr/sbin/entented"})
        self.assertIn("/usr/share/doc/entented/runbook.md", files)
        for path in programs | {"/lib/systemd/system/entented.service"}:
            self.assertTrue(path in files or "/usr" + path in files, path)

    def test_the_packaged_programs_run(self):
        for package in ("entented", "entente"):
            out = self.folder.name + "/out-" + package
            run("dpkg-deb", "-x", self.packages[package], out)
        self.assertEqual(run(self.folder.name + "/out-entente/usr/bin/entente", "--help").returncode, 0)
        self.assertEqual(run(self.folder.name + "/out-entented/usr/sbin/entented", "--help").returncode, 0)

    def test_with_the_package_alone_a_network_is_made_as_the_runbook_says(self):
        out, own = self.folder.name + "/out-alone", self.folder.name + "/alone"
        run("dpkg-deb", "-x", self.packages["entented"], out)
        share, keys, credentials = out + "/usr/share", own + "/unsealed", own + "/first"
        for folder in (own, keys, credentials):
            os.mkdir(folder)

        def ca(*words):
            done = run(out + "/usr/bin/entente-ca", "--dir", own, *words)
            self.assertEqual(done.returncode, 0, done.stderr)

        accounts = read(share + "/doc/entented/accounts.textproto")
        # One person in both offices makes no network.
        both = accounts.replace("office: SECURITY_OFFICER capacity: HOLDER }\n", "office: SECURITY_OFFICER capacity: HOLDER }\n"
                                "    duty { office: CERTIFICATE_OFFICER capacity: HOLDER }\n", 1)
        first = re.findall(r'^  party: "(\w+)" id: "(\S+)" profile: PERSON', accounts, re.M)
        self.assertGreaterEqual(len(first), 4)
        ca("init", "--network", "network.example")
        ca("server", "--host", "network.example")
        for party in sorted({party for party, _ in first}):
            ca("party", party)
        for party, account in first:
            ca("issue", party, "person", account)
            os.mkdir(f"{credentials}/{account}")
            write(f"{credentials}/{account}/password", f"a password of {account}\n")
        # The packaged configuration, in a folder of the test's own; the keys as systemd lays them out for what it starts.
        config = read(share + "/doc/entented/entente.textproto").replace("/var/lib/entente", own).replace("/usr/share", share)
        write(own + "/entente.textproto", config)
        for name in ("root-key", "ledger-key"):
            with open(f"{keys}/{name}", "wb") as key:
                key.write(os.urandom(32))
        runbook = read(share + "/doc/entented/runbook.md")
        ((_, words),) = re.findall(r"^\$run (entented (init .*\\\n.*))$", runbook, re.M)
        where = {"/etc/entente/": own + "/", "/usr/share/": share + "/", "/run/first": credentials, "\\\n": " "}
        for said, here in where.items():
            words = words.replace(said, here)
        entented, unsealed = out + "/usr/sbin/entented", {**os.environ, "CREDENTIALS_DIRECTORY": keys}
        write(own + "/accounts.textproto", both)
        refused = run(entented, *words.split(), env=unsealed)
        self.assertEqual(refused.returncode, 3, refused.stderr)
        self.assertIn("`IGC/first.warden` must not be both security officer and certificate officer", refused.stderr)
        self.assertFalse(os.path.exists(own + "/ledger.pub"))
        # Every party has who resets a lost password, and another for that person's own.
        offices = re.findall(r'^    id: "\S+" party: "(\w+)"$|duty { office: (\w+_OFFICER) ', accounts, re.M)
        held, party = {}, ""
        for of, office in offices:
            party = of or party
            held.setdefault(party, []).extend([office] if office else [])
        for party, officers in held.items():
            self.assertEqual(sorted(officers), ["CERTIFICATE_OFFICER", "SECURITY_OFFICER", "SECURITY_OFFICER"], party)
        write(own + "/accounts.textproto", accounts)
        made = run(entented, *words.split(), env=unsealed)
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertIn(f"  {len(first)} accounts\n", made.stdout)
        self.assertIn(f", {len(first)} persons\n", made.stdout)  # and nobody invented
        self.assertTrue(os.path.exists(own + "/ledger.pub"))
        self.assertEqual(run(entented, "check", "--config", own + "/entente.textproto", env=unsealed).returncode, 0)
        self.assertEqual(run(entented, "fsck", "--config", own + "/entente.textproto", env=unsealed).returncode, 0)

    def test_what_opens_the_store_begins_with_what_unseals_its_keys(self):
        for line in re.findall(r"^.*\bentented (?:init|check|backup|verify|restore|fsck) --config .*$", read(TOP + "/docs/runbook.md"), re.M):
            self.assertTrue(line.startswith("$run "), line)
        (asked,) = re.findall(r'^run="([^"]*)"$', read(TOP + "/docs/runbook.md"), re.M)
        unit = re.findall(r"^(LoadCredentialEncrypted=.*)$", read(TOP + "/deploy/entented.service"), re.M)
        self.assertEqual(re.findall(r"-p (LoadCredentialEncrypted=\S+)", asked), unit)

    def test_lintian_finds_no_error(self):
        if run("sh", "-c", "command -v lintian").returncode != 0:
            self.skipTest("lintian is not installed")
        # Without the library: lintian takes minutes over a static archive.
        checked = run("lintian", "--allow-root", "--fail-on", "error", self.packages["entented"],
                      self.packages["entente"])
        errors = [line for line in checked.stdout.splitlines() if line.startswith("E:")]
        self.assertEqual(errors, [])


class Unit(unittest.TestCase):
    """How much of the machine the daemon could touch, by systemd's own reckoning, and that it lives within it."""
    unit = TOP + "/deploy/entented.service"

    def test_the_exposure_is_at_most_1_5_of_10(self):
        if run("sh", "-c", "command -v systemd-analyze").returncode != 0:
            self.skipTest("systemd-analyze is not installed")
        checked = run("systemd-analyze", "security", "--offline=true", "--threshold=15", self.unit)
        self.assertEqual(checked.returncode, 0, checked.stdout[-400:] + checked.stderr)
        self.assertIn("Overall exposure level", checked.stdout)

    def test_what_does_not_get_better_by_itself_is_not_started_again(self):
        unit = read(self.unit)
        # By systemd.service(5) the status of the main process alone prevents a restart.
        self.assertNotRegex(unit, r"(?m)^ExecStartPre=")
        prevented = set(re.search(r"(?m)^RestartPreventExitStatus=(.*)$", unit).group(1).split())
        self.assertEqual(prevented, {"2", "3", "4", "5", "7"})

    def allowed_calls(self):
        shown = run("systemd-analyze", "syscall-filter", "--no-pager").stdout
        sets, name = {}, None
        for line in shown.splitlines():
            if line.startswith("@"):
                name = line.strip()
                sets[name] = []
            elif line.startswith("    ") and name and not line.strip().startswith("#"):
                sets[name].append(line.strip())

        def members(which):
            return set().union(*[members(m) if m.startswith("@") else {m} for m in sets[which]])

        filters = re.findall(r"^SystemCallFilter=(~?)(.*)$", read(self.unit), re.M)
        allowed = set()
        for sign, groups in filters:
            for group in groups.split():
                named = members(group) if group.startswith("@") else {group}
                allowed = allowed - named if sign else allowed | named
        return allowed | members("@default")

    def test_the_helpers_may_set_the_limits_that_shut_them_in(self):
        if run("sh", "-c", "command -v systemd-analyze").returncode != 0:
            self.skipTest("systemd-analyze is not installed")
        self.assertLessEqual({"prlimit64", "setrlimit", "prctl", "memfd_create", "pidfd_open", "close_range"},
                             self.allowed_calls())

    def test_the_daemon_makes_no_call_that_its_unit_forbids(self):
        for tool in ("strace", "systemd-analyze"):
            if run("sh", "-c", "command -v " + tool).returncode != 0:
                self.skipTest(tool + " is not installed")
        net = Network()
        self.addCleanup(net.remove)
        trace = net.dir + "/trace"
        net.start("strace", "-f", "-qq", "-o", trace, "--seccomp-bpf")
        self.assertEqual(net.entente("sign-in").returncode, 0)
        self.assertEqual(net.entente("person", "confirm", "swe.anna.lindqvist").returncode, 0)
        self.assertEqual(net.entented("rotate", "network").returncode, 0)
        eventually("sealed anew", lambda: net.metric("entente_store_reseal_pending") == 0)
        net.get("/metrics")
        self.assertEqual(net.stop(), 0)
        lines = read(trace).splitlines()
        # The dynamic loader's own first steps and the exec itself are systemd's, before the filter.
        used = {m.group(1) for m in (re.match(r"\d+ +(\w+)\(", line) for line in lines) if m}
        # Refused with EPERM and meant to be: the daemon asks, and goes on without.
        asked_for = {"execve", "prlimit64", "setrlimit"}
        self.assertEqual(used - self.allowed_calls() - asked_for, set())
        self.assertEqual(sum(" execve(" in line for line in lines), 1, "the daemon runs no other program")


if __name__ == "__main__":
    unittest.main(verbosity=2)
