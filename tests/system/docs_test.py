"""What the pages say is there: every link, file, verb, package and room; and the README's first session is true.

Run by CTest with BUILD set to the build folder."""
import glob, os, re, shlex, sys, unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from network import ENTENTE, ENTENTED, TOP, Network, read, run

PAGES = [TOP + "/README.md", *sorted(glob.glob(TOP + "/docs/**/*.md", recursive=True))]
FOLDERS = ("certs", "client", "cmake", "deploy", "docs", "proto", "server", "tests")


def blocks(text, kinds):
    """Code blocks fenced with one of `kinds`, and without fences the indented ones where `kinds` has ''."""
    yield from (b for kind, b in re.findall(r"^```(\w*)\n(.*?)^```", text, re.S | re.M) if kind in kinds)
    if "" in kinds:
        yield from re.findall(r"(?:^    \S.*\n)+", text, re.M)


def verbs(program, path=()):
    shown = run(program, *path, "--help").stdout
    below = re.search(r"^Subcommands:\n((?:  .*\n)+)", shown, re.M)
    names = re.findall(r"^  (\S+)", below.group(1), re.M) if below else []
    return {name: verbs(program, (*path, name)) for name in names}


class Pages(unittest.TestCase):
    def each(self):
        self.assertGreater(len(PAGES), 10)
        for page in PAGES:
            yield page, read(page)

    def test_every_relative_link_leads_somewhere(self):
        for page, text in self.each():
            for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
                if "://" not in target:
                    there = os.path.join(os.path.dirname(page), target)
                    self.assertTrue(os.path.exists(there), f"{page}: {target}")

    def test_every_file_that_is_named_is_there(self):
        named = 0
        for page, text in self.each():
            for word in re.findall(r"`((?:%s)/[\w./+-]+)`" % "|".join(FOLDERS), text):
                named += 1
                self.assertTrue(os.path.exists(f"{TOP}/{word}"), f"{page}: {word}")
        self.assertGreater(named, 40)

    def test_every_verb_that_is_named_is_one(self):
        known = {"entente": verbs(ENTENTE), "entented": verbs(ENTENTED)}
        seen = 0
        for _, text in self.each():
            inline = re.findall(r"`((?:entente|entented) [^`\n]*)`", text)
            shown = "\n".join(blocks(text, ("sh", "console", "")))
            typed = re.findall(r"^(?:\$ |    )?((?:entente|entented) .*)$", shown, re.M)
            for command in inline + typed:
                words = shlex.split(command, comments=True)
                level = known[words[0]]
                rest = [w for w in words[1:] if not w.startswith("-")]
                if "--profile" in words[:2]:
                    rest = rest[1:]
                while level and rest:
                    self.assertIn(rest[0], level, command)
                    level = level[rest.pop(0)]
                    seen += 1
        self.assertGreater(seen, 40)

    def test_every_block_for_the_shell_parses(self):
        for _, text in self.each():
            for block in blocks(text, ("sh",)):
                parsed = run("bash", "-n", "-c", block)
                self.assertEqual(parsed.stderr, "")

    def test_the_two_commands_of_the_readme_know_what_is_said_of_them(self):
        text = read(TOP + "/README.md")
        self.assertIn("    deploy/demo ", text)
        for command in re.findall(r"`((?:deploy|tests)/\w+ --\w[\w-]*)`", text):
            program, option = command.split()
            self.assertIn(option, run(f"{TOP}/{program}", "--help").stdout)


class Dependencies(unittest.TestCase):
    page = read(TOP + "/docs/dependencies.md")

    def packages(self, name):
        return {line.split()[0] for line in read(f"{TOP}/deploy/packages/{name}.txt").splitlines()
                if line.strip() and not line.startswith("#")}

    def listed(self, heading):
        part = self.page.split("## " + heading)[1].split("\n## ")[0]
        cells = re.findall(r"^\| (`.*?`) \|", part, re.M)
        return {package for cell in cells for package in re.findall(r"`([^`]+)`", cell)}

    def test_what_is_installed_is_what_is_explained(self):
        self.assertEqual(self.listed("To build and run"), self.packages("build"))
        self.assertEqual(self.listed("To test"), self.packages("test"))
        self.assertEqual(self.listed("To endure"), self.packages("endure"))

    def test_what_cmake_finds_comes_from_a_package_that_is_explained(self):
        comes_from = {"Threads": "build-essential", "OpenSSL": "libssl-dev", "Protobuf": "libprotobuf-dev",
                      "ZLIB": "zlib1g-dev", "PkgConfig": "pkg-config", "libnghttp2": "libnghttp2-dev", "libzstd": "libzstd-dev",
                      "libsodium": "libsodium-dev", "icu-uc": "libicu-dev", "icu-i18n": "libicu-dev",
                      "rocksdb": "librocksdb-dev", "spdlog": "libspdlog-dev", "CLI11": "libcli11-dev",
                      "Boost": "libboost1.81-dev", "Catch2": "catch2", "rapidcheck": "librapidcheck-dev",
                      "roaring": "libroaring-dev", "expat": "libexpat1-dev", "EXPAT": "libexpat1-dev",
                      "benchmark": "libbenchmark-dev", "jemalloc": "libjemalloc-dev", "libqpdf": "libqpdf-dev", "libcurl": "libcurl4-openssl-dev"}
        text = read(TOP + "/cmake/Dependencies.cmake")
        found = re.findall(r"find_package\((\w+)", text)
        for line in re.findall(r"pkg_check_modules\(\w+ (.*)\)", text):
            found += [word for word in line.split() if word not in ("REQUIRED", "IMPORTED_TARGET", "QUIET")]
        found += re.findall(r"find_library\(\w+ (\w+)", text)
        for name in found:
            self.assertIn(comes_from.get(name), self.listed("To build and run"), name)


class Architecture(unittest.TestCase):
    def test_every_room_is_on_the_page(self):
        page = read(TOP + "/docs/architecture.md")
        for parent in ("server", "client"):
            for made in glob.glob(f"{TOP}/{parent}/*/CMakeLists.txt"):
                self.assertIn(f"`{os.path.relpath(os.path.dirname(made), TOP)}`", page)


class FirstSession(unittest.TestCase):
    def test_the_first_session_of_the_readme_is_what_happens(self):
        net = Network()
        self.addCleanup(net.remove)
        net.start()
        (session,) = blocks(read(TOP + "/README.md"), ("console",))
        for part in re.split(r"^\$ ", session, flags=re.M)[1:]:
            command, shown = part.split("\n", 1)
            done = net.entente(*shlex.split(command)[1:])
            mask = lambda text: re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME", text)
            answer = mask(done.stdout + done.stderr)
            for line in mask(shown).splitlines():
                self.assertIn(line, answer.splitlines(), command)


if __name__ == "__main__":
    unittest.main(verbosity=2)
