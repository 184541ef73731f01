"""The command line, run as people and programs run it: every verb's help, every exit code, JSON, completion.

Run by CTest with BUILD set to the build folder. With it set, `command_line_test.py --write` makes
docs/command-line.md anew."""
import json, os, pty, re, resource, shlex, signal, stat, subprocess, sys, tempfile, unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))
from network import ENTENTE, ENTENTED, TOP, Network, eventually, free_port, read, run, write

REFERENCE = TOP + "/docs/command-line.md"


def help_of(program, path):
    shown = run(program, *path, "--help")
    assert shown.returncode == 0, (path, shown.stderr)
    return re.sub(r"\n {20,}(?=\S)", "  ", shown.stdout)  # what is explained on a line of its own


def tree(program, path=()):
    """Every verb below `path`, each with its help; groups before their verbs."""
    text = help_of(program, path)
    if path:
        yield path, text
    below = re.search(r"^Subcommands:\n((?:  .*\n)+)", text, re.M)
    for line in below.group(1).splitlines() if below else []:
        if name := re.match(r"  (\S+)", line):
            yield from tree(program, (*path, name.group(1)))


def is_group(text):
    return "Subcommands:" in text


def example_of(text):
    found = re.search(r"^Example:\n((?:  .*\n?)+)", text, re.M)
    return [line.strip() for line in found.group(1).splitlines()] if found else []


def reference():
    """docs/command-line.md, from what the programs say of themselves."""
    out = ["# The command line", "",
           "Made from the programs' own `--help` by `tests/client/command_line_test.py --write`; a test compares.", ""]
    for program, name in ((ENTENTE, "entente"), (ENTENTED, "entented")):
        top = help_of(program, ())
        codes = re.search(r"^Exit codes: ((?:.|\n  )*)", top, re.M).group(1)
        out += [f"## `{name}`", "", "| ends with | meaning |", "|---|---|"]
        for code in " ".join(codes.split()).rstrip(".").split("; "):
            number, meaning = code.split(" ", 1)
            out.append(f"| {number} | {meaning} |")
        out.append("")
        if name == "entente":
            out += ["`--profile NAME` takes another profile than the current one; `--json` prints answers as JSON (one",
                    "line, names as in the `.proto` files). Both may stand before or behind the verb. Answers go to",
                    "standard output, errors to standard error. What is printed has nothing in it that steers a terminal or turns a line",
                    "round: that is shown as `<U+202E>`, in a pipe too, for a pager hands it on; what is for programs (JSON, CSV, what",
                    "`export` and `--as` print) is so at a terminal only. A file that is made (`--out`, `--annotate`, `--save`) is whole or not",
                    "there, and its owner's alone (mode 0600); a pipe or a device is written into.", ""]
        for path, text in tree(program):
            if is_group(text):
                continue
            out += [f"### `{name} {' '.join(path)}`", "", text.splitlines()[0] + ".", ""]
            options = re.findall(r"^  (?!-h,--help|--help-all)(\S.*?)(?:(?:  +|(?<=REQUIRED) )(.*))?$",
                                 "\n".join(re.findall(r"^(?:Positionals|Options):\n((?:  .*\n)*)", text, re.M)), re.M)
            out += [f"- `{option}`: {meaning}" for option, meaning in options]
            out += [""] if options else []
            out += ["```sh", *example_of(text), "```", ""]
    return "\n".join(out)


class Help(unittest.TestCase):
    def test_every_verb_has_an_example_of_itself(self):
        for program, name in ((ENTENTE, "entente"), (ENTENTED, "entented")):
            verbs = [(path, text) for path, text in tree(program) if not is_group(text)]
            self.assertGreater(len(verbs), 5)
            for path, text in verbs:
                with self.subTest(verb=" ".join(path)):
                    examples = example_of(text)
                    self.assertTrue(examples, "no example")
                    for example in examples:
                        self.assertIn(f"{name} {' '.join(path)}", example)

    def test_every_example_uses_options_that_there_are(self):
        for program, name in ((ENTENTE, "entente"), (ENTENTED, "entented")):
            for path, text in tree(program):
                for example in [] if is_group(text) else example_of(text):
                    words = [word for word in shlex.split(example) if word.startswith("--")]
                    for word in words:
                        self.assertRegex(text, rf"(?m)^  (?:\S+,)?{re.escape(word)}\b", example)

    def test_every_option_and_verb_is_explained(self):
        for program in (ENTENTE, ENTENTED):
            for path, text in tree(program):
                for line in re.findall(r"^  (--?\S+.*)$", text, re.M):
                    if "entente" not in line:
                        self.assertRegex(line, r"(  |REQUIRED )\S", f"{path}: `{line}` is not explained")

    def test_the_exit_codes_are_those_of_the_code(self):
        for program, source in ((ENTENTE, "client/cli/output.h"), (ENTENTED, "server/verbs.h")):
            codes = re.search(r"enum class Exit : int \{(.*?)\};", read(f"{TOP}/{source}"), re.S).group(1)
            numbers = set(re.findall(r"= (\d+),", codes))
            told = re.search(r"^Exit codes: ((?:.|\n  )*)", help_of(program, ()), re.M).group(1)
            self.assertEqual(set(re.findall(r"(?:^|; |;\s+)(\d+) ", told)), numbers)

    def test_the_reference_is_what_the_programs_say(self):
        self.assertEqual(read(REFERENCE), reference(), "write it anew: tests/client/command_line_test.py --write")


class Used(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.net = Network()
        cls.addClassCleanup(cls.net.remove)
        cls.net.start()
        assert cls.net.entente("sign-in").returncode == 0
        cls.environment = {**os.environ, "XDG_CONFIG_HOME": cls.net.dir + "/config"}

    def ends(self, code, *verb, account="anna.lindqvist"):
        done = self.net.entente(*verb, account=account)
        self.assertEqual(done.returncode, code, f"{verb}: {done.stdout}{done.stderr}")
        # Errors say so on standard error and nothing else on standard output.
        if code >= 2:
            self.assertEqual(done.stdout, "", verb)
            self.assertNotEqual(done.stderr, "", verb)
        return done

    def profile(self, name, **changes):
        known = self.net.dir + "/config/entente/profiles/"
        text = read(known + "anna.lindqvist.textproto")
        for key, value in changes.items():
            text = re.sub(rf"(?m)^{key}:.*\n", "", text) + (f'{key}: "{value}"\n' if value is not None else "")
        write(known + name + ".textproto", text)
        return name

    def test_each_exit_code_is_met(self):
        self.ends(0, "whoami")
        self.ends(1, "find", "nobodyofthisname")
        self.assertIn("the nearest", self.ends(1, "who", "astronomy", "--in", "CHE").stdout)
        self.ends(2, "dance")
        self.ends(2, "person", "show")
        self.ends(2, "access", "preview", "abolish", "parties/SWE")
        # A word that is no office narrows nothing: it is named, with those that are.
        for verb in (("find", "--office", "chairman", "--in", "SWE"), ("who", "--office", "chairman", "--in", "SWE"),
                     ("office", "create", "swe.x", "--in", "SWE", "--process", "igc", "--kind", "chairman", "--title", "X")):
            self.assertRegex(self.ends(2, *verb).stderr, "`chairman` is none of focal-point, .*, other")
        self.assertIn("--person is missing", self.ends(2, "account", "create", "SWE", "new.one").stderr)
        self.assertIn("entente sign-in", self.ends(3, "whoami", account="paulo.mendes").stderr)
        self.ends(4, "person", "show", "persons/swe.nobody")
        self.ends(4, "whoami", account="no-such-profile")
        self.ends(5, "person", "confirm", "che.reto.ammann")
        self.ends(6, "whoami", account=self.profile("nowhere", server=f"localhost:{free_port()}"))
        self.ends(8, "access", "on", "31 February", "persons/swe.anna.lindqvist")

    def test_a_document_that_is_due_has_the_title_that_it_has_elsewhere(self):
        self.ends(0, "sign-in", account="helena.brandt")
        self.ends(0, "document", "keep", "igc", "--kind", "other", "--days", "365", account="helena.brandt")
        paper = self.net.dir + "/due.txt"
        write(paper, "soon to go")
        self.ends(0, "document", "upload", paper, "--process", "igc", "--kind", "other", "--title", "de=Ein Zettel", "--title",
                  "en=A slip", "--to", "members,secretariat", "--language", "en", "--yes", account="helena.brandt")
        due = self.ends(0, "document", "due", "igc", "--within", "36500", account="helena.brandt").stdout
        self.assertIn("A slip", due)
        self.assertNotIn("Zettel", due)

    def test_a_server_of_another_root_is_not_asked_for_anything(self):
        other = self.net.dir + "/other-root.pem"
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
            "/CN=other", "-keyout", self.net.dir + "/other.key", "-out", other)
        self.ends(6, "sign-in", account=self.profile("foreign", server_root=other))

    def test_a_ledger_under_another_key_is_not_believed(self):
        key = read(self.net.dir + "/ledger.pub").strip()
        from_other_network = "other" + key[key.index("."):]
        # A key whose hash is its own, but which signed nothing here.
        made = run("/usr/bin/python3", "-c",
                   "import base64,hashlib,os;k=b'\\x01'+os.urandom(32);n='demo.example/ledger';"
                   "h=hashlib.sha256(n.encode()+b'\\n'+k).digest()[:4].hex();"
                   "print(n+'+'+h+'+'+base64.b64encode(k).decode())")
        state = self.net.dir + "/state-of-another-key"
        name = self.profile("doubter", ledger_key=made.stdout.strip(), state_dir=state)
        self.ends(0, "sign-in", account=name)
        self.assertIn("do not rely", self.ends(7, "ledger", "verify", account=name).stderr)
        self.ends(7, "ledger", "checkpoint", account=name)
        self.ends(8, "whoami", account=self.profile("misspelt", ledger_key=from_other_network))

    def test_a_proof_holds_under_a_verifier_that_shares_no_code_with_ours(self):
        files = {name: f"{self.net.dir}/{name}" for name in ("proof.json", "seen", "other")}

        def verified(proof, *old):
            write(files["proof.json"], json.dumps(proof))
            return run("/usr/bin/python3", TOP + "/docs/examples/verify_proof.py", files["proof.json"],
                       read(self.net.dir + "/ledger.pub").strip(), *old)

        def refused(proof, *old):
            done = verified(proof, *old)
            self.assertEqual(done.returncode, 1, f"{proof}: {done.stdout}")
            self.assertTrue(done.stderr.startswith("REFUSED: "), done.stderr)
        proved = lambda *verb: json.loads(self.ends(0, "ledger", *verb).stdout)
        write(files["seen"], self.ends(0, "ledger", "checkpoint").stdout)
        seen = int(read(files["seen"]).splitlines()[1])
        self.ends(0, "sign-in")
        eventually("the ledger has grown", lambda: int(proved("prove-entry", "0")["size"]) > seen)
        growth = proved("prove-growth", str(seen))
        self.assertIn(f"continue the {seen} seen", verified(growth, files["seen"]).stdout)
        entries = [proved("prove-entry", str(entry)) for entry in (0, 1, seen // 2, seen - 1)]
        for proof in entries:
            self.assertTrue(verified(proof).stdout.startswith("holds: "), proof)
        bent = lambda text: text[:9] + ("A" if text[9] != "A" else "B") + text[10:]
        for proof, old in [(entries[2], ()), (growth, (files["seen"],))]:
            path = proof["path"]
            for at in range(len(path)):
                refused({**proof, "path": path[:at] + [bent(path[at])] + path[at + 1:]}, *old)
            refused({**proof, "path": path[:-1]}, *old)
            refused({**proof, "path": path + path[:1]}, *old)
            refused({**proof, "checkpoint": proof["checkpoint"].replace("\n", "\n1", 1)}, *old)
        refused({**entries[2], "index": str(seen // 2 + 1)})
        refused({**entries[2], "leafHash": bent(entries[2]["leafHash"])})
        refused({**entries[2], "index": growth["size"]})
        write(files["other"], growth["checkpoint"])  # not what was seen then
        refused(growth, files["other"])

    def test_every_answer_comes_as_json(self):
        verbs = [("whoami",), ("sessions", "list"), ("who", "--in", "CHE"), ("find", "amman"), ("process", "list"),
                 ("process", "show", "igc"), ("process", "members", "apc"), ("process", "bodies", "igc"),
                 ("person", "show", "swe.anna.lindqvist"), ("office", "list", "--process", "igc"),
                 ("office", "history", "swe.igc.focal-point"), ("ledger", "log"), ("profile", "show"),
                 ("tool-password", "list")]
        for verb in verbs:
            with self.subTest(verb=" ".join(verb)):
                done = self.net.entente("--json", *verb)
                if done.returncode == 4:
                    continue  # not there in this network; what is printed then is no answer
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(len(done.stdout.splitlines()), 1)
                self.assertIsInstance(json.loads(done.stdout), dict)
        self.assertEqual(json.loads(self.net.entente("whoami", "--json").stdout)["party"], "parties/SWE")

    def test_json_says_no_by_the_same_exit_code_as_the_words(self):
        self.assertEqual(self.net.entente("--json", "find", "nobodyofthisname").returncode, 1)
        self.assertEqual(self.net.entente("--json", "who", "astronomy", "--in", "CHE").returncode, 1)

    def test_completion_knows_every_verb_at_its_place(self):
        for shell in ("bash", "zsh"):
            self.assertIn("complete", self.net.entente("completion", shell).stdout)
        self.ends(2, "completion", "fish")
        script = self.net.entente("completion", "bash").stdout
        places = {}
        for path, text in tree(ENTENTE):
            places.setdefault(path[:-1], []).append(path[-1])
        asked = script + "\n"
        for path in places:
            words = " ".join(shlex.quote(w) for w in ("entente", *path, ""))
            asked += f'COMP_WORDS=({words}); COMP_CWORD={len(path) + 1}; _entente; echo "${{COMPREPLY[*]}}"\n'
        answers = run("bash", "-c", asked).stdout.splitlines()
        for path, answer in zip(places, answers, strict=True):
            self.assertLessEqual(set(places[path]), set(answer.split(" ")), path)

    def test_profiles_are_made_chosen_shown_and_removed(self):
        home = {**os.environ, "XDG_CONFIG_HOME": self.net.dir + "/fresh"}
        entente = lambda *verb: run(ENTENTE, *verb, env=home)
        none = entente("whoami")
        self.assertEqual(none.returncode, 4)
        self.assertIn("entente profile add", none.stderr)
        where = ("--root", "ca.pem", "--certificate", "c.pem", "--key", "k.pem")
        made = entente("profile", "add", "one", "--server", "one.example:1", *where)
        self.assertEqual(made.returncode, 0)
        self.assertIn("without --ledger-key nothing", made.stderr)
        for file in ("ca.pem", "c.pem", "k.pem"):
            self.assertIn(f"/{file}` cannot be read; until it can, nothing works", made.stderr)
        for server in ("one.example:99999", "one.example:x", ":1"):
            self.assertEqual(entente("profile", "add", "wrong", "--server", server, *where).returncode, 8, server)
        self.assertEqual(entente("profile", "add", "two", "--server", "two.example:2", *where).returncode, 0)
        self.assertEqual(entente("profile", "list").stdout, "* one\n  two\n")
        self.assertEqual(entente("profile", "use", "two").returncode, 0)
        self.assertIn("two.example:2", entente("profile", "show").stdout)
        self.assertIn("one.example:1", entente("--profile", "one", "profile", "show").stdout)
        chosen = run(ENTENTE, "profile", "show", env={**home, "ENTENTE_PROFILE": "one"})
        self.assertIn("one.example:1", chosen.stdout)
        self.assertEqual(entente("profile", "add", "../three", "--server", "x:1", *where).returncode, 8)
        self.assertEqual(entente("profile", "use", "four").returncode, 4)
        self.assertIn("`one`, `two`", entente("profile", "use", "four").stderr)
        self.assertEqual(entente("profile", "remove", "two").returncode, 0)
        self.assertEqual(entente("profile", "list").stdout, "  one\n")
        kept = self.net.dir + "/fresh/entente/profiles/one.textproto"
        self.assertEqual(stat.S_IMODE(os.stat(kept).st_mode), 0o600)
        write(kept, read(kept) + "pasword_file: \"x\"\n")
        broken = entente("--profile", "one", "whoami")
        self.assertEqual(broken.returncode, 8)
        self.assertRegex(broken.stderr, r"line 5, column \d+: .*pasword_file")

    def test_a_word_that_is_no_verb_is_named_beside_what_there_is(self):
        for line, told in ((("document", "open", "5f0c"), "`open` is no verb of `entente document`; there are upload, show, list, get,"),
                           (("documents",), "`documents` is no verb of `entente`; there are sign-in, sign-out,"),
                           (("meeting", "record"), "`entente meeting record` needs a verb; there are "),
                           ((), "`entente` needs a verb; there are sign-in,")):
            refused = run(ENTENTE, *line)
            self.assertEqual((refused.returncode, refused.stdout), (2, ""), refused)
            self.assertTrue(refused.stderr.startswith(told), refused.stderr)
        self.assertIn("--body requires --process", self.ends(2, "meeting", "list", "--body", "wg-data").stderr)

    def test_what_is_destroyed_for_ever_is_shown_and_asked_for_before(self):
        with tempfile.TemporaryDirectory() as folder:
            write(folder + "/note.txt", "a note")
            send = ("document", "upload", folder + "/note.txt", "--process", "igc", "--kind", "other", "--title", "Of no use",
                    "--handling", "limited", "--to", "members", "--yes")
            # What nobody could ever read is not taken.
            self.assertIn("expires_at` is over already", self.ends(8, *send, "--expires", "2020-01-01").stderr)
            paper = re.search(r"documents/[0-9a-f]{32}", self.ends(0, *send).stdout).group()
        self.assertIn("which are `en`", self.ends(8, "document", "get", paper, "--language", "fr").stderr)
        asked = self.ends(1, "document", "destroy", paper).stdout
        self.assertIn("Of no use", asked)
        self.assertIn("nothing was destroyed; `--yes` destroys without asking", asked)
        self.assertIn("limited", self.ends(0, "document", "show", paper).stdout)
        self.ends(0, "document", "destroy", paper, "--yes")
        shown = self.ends(0, "document", "show", paper).stdout
        self.assertIn("destroyed by", shown)
        self.assertNotIn("unspecified", shown)
        self.assertIn("was destroyed", self.ends(5, "circulate", paper, "--note", "look").stderr)

    def test_a_password_is_not_asked_for_where_nobody_can_answer(self):
        name = self.profile("no-terminal", password_file=None, state_dir=self.net.dir + "/state-no-terminal")
        self.assertIn("password_file", self.ends(5, "sign-in", account=name).stderr)

    def test_a_day_named_as_deadline_is_the_whole_of_it(self):
        keeper = "helena.brandt"
        self.ends(0, "sign-in", account=keeper)
        text = self.net.dir + "/until.txt"
        write(text, "For that day.\n")
        said = self.ends(0, "document", "upload", text, "--process", "igc", "--to", "members,secretariat", "--yes", "--title", "Until",
                         "--expires", "2099-06-01", account=keeper).stdout
        paper = re.search(r"documents/[0-9a-f]{32}", said).group()
        shown = json.loads(self.ends(0, "--json", "document", "show", paper, account=keeper).stdout)
        self.assertEqual(shown["visibility"]["expires_at"], "2099-06-01T00:00:00Z")
        for given, meant in (("2099-01-02", "2099-01-03T00:00Z"), ("2099-01-02T20:00:00-05:00", "2099-01-03T01:00Z")):
            for how in (("--dry-run",), ()):
                said = self.ends(0, "circulate", paper, "--for", "comment", "--deadline", given, *how, account=keeper).stdout
                self.assertIn(f"comment until {meant}", said)
        said = self.ends(0, "meeting", "create", "--process", "igc", "--title", "Data", "--level", "technical", "--starts", "2099-03-14T09:30",
                         "--ends", "2099-03-14T13:00", "--zone", "Europe/Zurich", "--registration-until", "2099-03-01", account=keeper).stdout
        self.assertIn("registration until 2099-03-02T00:00Z", said)

    def test_who_ends_a_silence_is_told_so_and_says_that_it_may(self):
        keeper = "helena.brandt"
        self.ends(0, "sign-in", account=keeper)
        first, second = self.net.dir + "/first.txt", self.net.dir + "/second.txt"
        write(first, "The first text.\n")
        write(second, "The second text.\n")

        def sent_round():
            """A document, and the silence that runs on it."""
            said = self.ends(0, "document", "upload", first, "--process", "igc", "--to", "members,secretariat", "--yes",
                             "--title", f"Of {len(papers)}", account=keeper).stdout
            papers.append(re.search(r"documents/[0-9a-f]{32}", said).group())
            said = self.ends(0, "circulate", papers[-1], "--for", "approval-by-silence", "--deadline", "2099-01-02T12:00:00Z",
                             account=keeper).stdout
            return papers[-1], re.search(r"circulations/[0-9a-f]{32}", said).group()

        def ends(silence, what, *verb):
            said = self.ends(1, *verb, account=keeper).stdout
            self.assertIn(f"a silence on this text runs until 2099-01-02T12:00Z ({silence}): {what} ends it, and nothing is adopted",
                          said)
            self.assertIn("nothing was changed; `--lapse-silence` does it without asking", said)
            self.assertEqual(said.count("a silence on this text"), 1)
            self.assertIn("pending", self.ends(0, "circulation", "show", silence, account=keeper).stdout)
            self.ends(0, *verb, "--lapse-silence", account=keeper)
            if what != hides:  # which ends it at its deadline
                eventually("it lapses", lambda: "lapsed" in self.ends(0, "circulation", "show", silence, account=keeper).stdout)

        papers, hides = [], "an expiry before it, or an embargo until then,"
        paper, silence = sent_round()
        # What was not sent ends nothing, nor does what is said of it, or a word about what would be done.
        self.ends(0, "document", "upload", second, "--of", paper, "--language", "fr", "--status", "courtesy-translation",
                  "--yes", account=keeper)
        self.ends(0, "document", "update", paper, "--topic", "return", account=keeper)
        self.ends(0, "document", "upload", first, "--of", paper, "--yes", account=keeper)  # the same bytes
        shown = self.ends(0, "--json", "document", "show", paper, account=keeper).stdout
        self.assertEqual(json.loads(shown)["silences"], [
            {"circulation": silence, "deadline": "2099-01-02T12:00:00Z", "languages": ["en"]}])
        self.assertIn("another text ends it", self.ends(0, "document", "upload", second, "--of", paper, "--dry-run", account=keeper).stdout)
        ends(silence, "another text", "document", "upload", second, "--of", paper, "--yes")
        ends(sent_round()[1], "a withdrawal", "document", "withdraw", papers[-1])
        ends(sent_round()[1], "its destruction", "document", "destroy", papers[-1], "--yes")
        ends(sent_round()[1], hides, "document", "update", papers[-1], "--expires", "2098-12-31")
        ends(sent_round()[1], hides, "document", "update", papers[-1], "--embargo", "2099-01-03")
        self.ends(4, "document", "withdraw", "f" * 32, account=keeper)
        # At a terminal it is asked; nothing but a yes is one.
        for answer, code in (("\n", 1), ("yes\n", 0)):
            near, far = pty.openpty()
            os.write(near, answer.encode())
            done = run(ENTENTE, "--profile", keeper, "document", "withdraw", papers[-1], env=self.environment, stdin=far)
            os.close(near)
            os.close(far)
            self.assertIn("do it all the same? [y/N]", done.stdout)
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)

    def raw(self, *verb, account="anna.lindqvist", **more):
        """As `ends`, with the octets as they are, and with what else subprocess knows."""
        more = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "timeout": 300, **more}
        return subprocess.run([ENTENTE, "--profile", account, *verb], env=self.environment, check=False, **more)

    def test_nothing_that_a_server_says_steers_the_terminal(self):
        steering = "a\x1b[2J\u202e\u009bb"
        shown = "a<U+001B>[2J<U+202E><U+009B>b"
        self.assertIn(shown, self.ends(4, "person", "show", "persons/" + steering).stderr)
        # Nor what is printed without a thought of it, to a pager or to the terminal itself.
        with tempfile.TemporaryDirectory() as folder:
            out = f"{folder}/{steering}.csv"
            self.assertIn(shown, self.ends(0, "export", "--process", "igc", "--out", out).stdout)
            near, far = pty.openpty()
            self.assertEqual(self.raw("export", "--process", "igc", "--out", out, stdout=far).returncode, 0)
            os.close(far)
            self.assertIn(shown, os.read(near, 65536).decode())
            os.close(near)

    def test_what_programs_read_comes_to_them_byte_for_byte(self):
        with tempfile.TemporaryDirectory() as folder:
            for form in ("csv", "vcard"):
                self.ends(0, "export", "--process", "igc", "--as", form, "--out", folder + "/file")
                with open(folder + "/file", "rb") as kept:
                    self.assertEqual(self.raw("export", "--process", "igc", "--as", form).stdout, kept.read())

    def test_a_lost_answer_is_not_said_to_be_given(self):
        for verb in (("whoami",), ("--json", "whoami"), ("export", "--process", "igc"), ("ledger", "export"), ("--help",)):
            with self.subTest(verb=" ".join(verb)), open("/dev/full", "wb") as full:
                done = self.raw(*verb, stdout=full)
                self.assertEqual(done.returncode, 9, done.stderr)
                self.assertIn(b"the answer cannot be written: No space left on device", done.stderr)
        # Whoever closes the pipe wants no more, and is told no more.
        for ignores, code in ((False, -signal.SIGPIPE), (True, 0)):
            near, far = os.pipe()
            os.close(near)
            ignore = (lambda: signal.signal(signal.SIGPIPE, signal.SIG_IGN)) if ignores else None
            done = self.raw("--json", "whoami", stdout=far, restore_signals=not ignores, preexec_fn=ignore)
            os.close(far)
            self.assertEqual((done.returncode, done.stderr), (code, b""))

    def test_a_file_that_is_made_is_its_owners_alone_and_whole_or_not_there(self):
        keeper = "helena.brandt"
        self.ends(0, "sign-in", account=keeper)
        with tempfile.TemporaryDirectory() as folder:
            paper, out = folder + "/paper.txt", folder + "/out"
            write(paper, "The paper.\n" * 50_000)
            said = self.ends(0, "document", "upload", paper, "--process", "igc", "--to", "members,secretariat", "--yes",
                             "--handling", "restricted", account=keeper).stdout
            name = re.search(r"documents/[0-9a-f]{32}", said).group()
            made = (("document", "get", name), ("export", "--process", "igc"), ("meeting", "calendar"))

            def small_disk():
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (65536, resource.RLIM_INFINITY))
            for verb in made:
                with self.subTest(verb=" ".join(verb)):
                    done = self.raw(*verb, "--out", out, account=keeper, umask=0o022)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertEqual(stat.S_IMODE(os.stat(out).st_mode), 0o600)
                    os.unlink(out)
                    nowhere = self.ends(8, *verb, "--out", folder + "/nowhere/out", account=keeper)
                    self.assertIn("cannot be written", nowhere.stderr)
            write(out, "before\n")
            done = self.raw(*made[0], "--out", out, account=keeper, preexec_fn=small_disk)
            self.assertEqual(done.returncode, 8, done.stderr)
            self.assertEqual(read(out), "before\n")
            self.assertEqual(sorted(os.listdir(folder)), ["out", "paper.txt"])
            # Where there was no file to be, no copy was opened: before this one two were, of the first and what did not fit.
            self.assertIn("your copy is number 3;", self.ends(0, *made[0], "--out", out, account=keeper).stdout)
            # What is no file stays what it is, and gets what comes.
            pipe = folder + "/pipe"
            os.mkfifo(pipe)
            end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
            done = self.raw("export", "--process", "igc", "--out", pipe, account=keeper)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertTrue(stat.S_ISFIFO(os.stat(pipe).st_mode))
            self.assertTrue(os.read(end, 65536))
            os.close(end)

    def test_a_file_of_figures_is_not_overwritten_by_what_is_wrong_with_it(self):
        with tempfile.TemporaryDirectory() as folder:
            figures, link = folder + "/figures.csv", folder + "/link.csv"
            write(figures, "no,figures\n1,2\n")
            os.symlink(figures, link)
            for annotated in (figures, folder + "/./figures.csv", link):
                refused = self.ends(8, "stats", "upload", figures, "--to", "IGC.ASYLUM", "--dry-run", "--annotate", annotated)
                self.assertIn("is the file itself", refused.stderr)
            self.assertEqual(read(figures), "no,figures\n1,2\n")


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        write(REFERENCE, reference())
    else:
        unittest.main(verbosity=2)
