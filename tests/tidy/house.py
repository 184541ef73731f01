#!/usr/bin/env python3
"""Reads every file of the project and holds it to the rules of the house.

    house.py [--rule NAME]     all rules, or one; prints `file:line: what is wrong`, exits 1 if anything is

Rules: walls (includes only go down), foreign (one room a foreign library), bans (what the style forbids),
columns, names (plain ones, of files that hold something), secrets (no key, no binary, no path of a machine), limits (each
one that is named is held somewhere), tables (each has a number of its own, in its room's range, and a row in
docs/key-layout.md), included (a source includes what declares the functions that it calls). Each rule is first tried on a line that breaks it: a check that cannot fail is no check.
"""
import argparse
import functools
import pathlib
import re
import subprocess
import sys

from included import Sources

TOP = pathlib.Path(__file__).resolve().parents[2]

# Each room and the rooms whose headers it may include. A room sees itself; nothing else is seen.
CONTRACT = {"proto/contract", "proto"}
FORMATS = {"proto/formats"}
PAGES = {"proto/pages"}
WORDS = {"proto/words"}
HELPERS = {"proto/helpers"}
BELOW_IDENTITY = CONTRACT | {"server/store", "server/policy"}
BELOW_DOMAIN = BELOW_IDENTITY | {"server/net", "server/dav", "server/identity", "server/ledger"}
DOMAINS = ("directory", "statistics", "documents", "notices", "meetings", "requests", "plans", "terms")
WALLS = {
    "proto/contract": CONTRACT,
    "proto/formats": CONTRACT,
    "proto/pages": CONTRACT,
    "proto/words": CONTRACT,
    "proto/helpers": CONTRACT,
    "server/net": CONTRACT | PAGES,
    "server/dav": CONTRACT | {"server/net"},
    "server/store": CONTRACT,
    "server/ops": CONTRACT,
    "server/policy": CONTRACT,
    "server/ledger": BELOW_IDENTITY | {"server/net"},
    # Every act of a session stands in the ledger.
    "server/identity": BELOW_IDENTITY | {"server/net", "server/ledger"},
    **{f"server/{room}": BELOW_DOMAIN for room in DOMAINS},
    "server/statistics": BELOW_DOMAIN | FORMATS,
    "server/documents": BELOW_DOMAIN | WORDS | HELPERS,
    "server/meetings": BELOW_DOMAIN | WORDS,
    "client/lib": CONTRACT | FORMATS | PAGES | WORDS | HELPERS,
    "client/cli": CONTRACT | {"client/lib"},
}
# A foreign library's headers, and the rooms that may name them; the wall is where its types stop.
FOREIGN = {
    r"nghttp2/": {"proto/contract"},
    r"rocksdb/": {"server/store"},
    r"boost/(asio|beast)": {"server/net", "client/lib"},
    r"openssl/ssl": {"server/net", "client/lib"},
    r"sodium": {"proto/contract", "server/store", "server/identity"},
    r"CLI/": {"client/cli", "server"},
    r"unicode/": {"server/identity", "server/directory", "server/meetings", "server/documents", "proto/formats", "proto/words"},
    r"(roaring|zstd)": {"server/statistics", "tests"},
    r"(qpdf|poppler)": {"server/documents"},
    r"libstemmer": {"proto/words"},
    r"expat": {"server/dav", "server/documents", "proto/formats"},
    r"curl/": {"server/notices"},
    r"spdlog/": {"server/ops"},
}
# What no file of ours says, where it may after all, and what to say instead.
BANS = [
    (r"\bco_await\b.*[{]", set(), "no brace in a co_await expression: g++ 12 destroys the temporary twice"),
    (r"\bco_await\b[^;]*\[[^\]]*\w[^\]]*\]\s*\(", set(), "no capture in a co_await expression (g++ 12)"),
    (r"\.detach\(\)", set(), "nothing is detached"),
    (r"(?<![\w>]\()\bnew [A-Za-z_:]+[({;]", set(), "no `new` but as the one argument of an owner; else std::make_unique"),
    (r"\bdelete [a-z_]+;", set(), "no `delete`"),
    (r"\b(system_clock|steady_clock|high_resolution_clock)::now\(", {"proto/contract/clock.cc", "client/", "tests/"},
     "no clock but the one passed in"),
    (r"\b(std::rand|srand|random_device|mt19937)\b", {"tests/"}, "no entropy but the one passed in"),
    (r"\b(gets|strcpy|strcat|sprintf|vsprintf|system|popen)\(", {"tests/"}, "a function that no bounds hold"),
    (r"\b(TODO|FIXME)\b", set(), "finish it, or write it down in an issue"),
    (r"using namespace (?!std::chrono;|std::string_view_literals|std::chrono_literals|std::string_literals)",
     {"tests/"}, "no using-directive"),
]
COLUMNS = 100
LIMITS = "proto/contract/limits.h"
SOURCES = (".cc", ".h")


def tracked():
    out = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=TOP, check=True, capture_output=True)
    return [name for name in out.stdout.decode().split("\0") if name and (TOP / name).is_file()]


def room_of(name):
    parts = name.split("/")
    return "/".join(parts[:2]) if parts[0] in ("server", "client", "proto") and len(parts) > 2 else parts[0]


def lines_of(name):
    return (TOP / name).read_text(encoding="utf-8").split("\n")


def walls(name, lines):
    room = room_of(name)
    if room not in WALLS:
        return  # main.cc and daemon.cc wire everything; tests look everywhere.
    for number, line in enumerate(lines, 1):
        found = re.match(r'\s*#include "((?:server|client|proto|tests)/[^"]+)"', line)
        if found and (there := room_of(found[1])) != room and there not in WALLS[room] \
                and not found[1].startswith("proto/contract/"):
            yield number, f"{room} does not know {there}"


def foreign(name, lines):
    room = room_of(name)
    if not name.startswith(("server/", "client/", "proto/")):
        return
    for number, line in enumerate(lines, 1):
        found = re.match(r"\s*#include <([^>]+)>", line)
        for pattern, rooms in FOREIGN.items():
            if found and re.match(pattern, found[1]) and room not in rooms:
                yield number, f"<{found[1]}> is known only in {', '.join(sorted(rooms))}"


def code_of(line):
    """The line without strings and comments."""
    return re.sub(r"//.*", "", re.sub(r'"(\\.|[^"\\])*"', '""', line))


def bans(name, lines):
    for number, line in enumerate(lines, 1):
        if "NOLINT" in line:
            continue
        for pattern, excepted, instead in BANS:
            text = line if pattern.startswith(r"\b(TODO") else code_of(line)
            if re.search(pattern, text) and not any(name.startswith(place) for place in excepted):
                yield number, instead


def columns(name, lines):
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS:
            yield number, f"{len(line)} columns; at most {COLUMNS}"
        if line != line.rstrip():
            yield number, "blanks at the end"


def names(name, lines):
    if not re.fullmatch(r"[\w./+@-]+", name, re.ASCII):
        yield 1, "is no name for a file: letters, digits and . _ + @ - alone"
    if not any(lines):
        yield 1, "holds nothing"


KEY = re.compile("-----BEGIN [A-Z ]*PRIVATE" + " KEY-----")
MACHINE = re.compile(r"(?<![\w.$}])/(home|root|work|Users)/\w+")


def secrets(name, lines):
    for number, line in enumerate(lines, 1):
        if KEY.search(line):
            yield number, "a private key is never committed"
        if MACHINE.search(line):
            yield number, "a path of one machine"


@functools.cache
def held():
    """Every word of our sources beside the list of limits."""
    sources = [name for name in tracked() if name.endswith(SOURCES) and name.startswith(("server/", "client/", "proto/"))]
    return {word for name in sources if name != LIMITS for word in re.findall(r"\w+", (TOP / name).read_text())}


def limits(name, lines):
    if name != LIMITS:
        return
    for number, line in enumerate(lines, 1):
        found = re.match(r"inline constexpr \S+ (\w+)", line)
        if found and found[1] not in held():
            yield number, f"`{found[1]}` is named, and nothing holds it"


@functools.cache
def layout():
    """docs/key-layout.md: room -> its range of table numbers, and all numbers that have a row."""
    text = (TOP / "docs/key-layout.md").read_text()
    ranges = {room: range(int(low, 16), int(high, 16) + 1)
              for low, high, room in re.findall(r"^\| (0x\w\w)-(0x\w\w) \| (\w+) \|", text, re.M)}
    rows = {int(number, 16) for row in re.findall(r"^\| (0x\w\w[^|]*)\|", text, re.M) for number in re.findall(r"0x\w\w", row)}
    return ranges, rows


taken = {}  # a table's number -> where it is taken


def tables(name, lines):
    if name.startswith("tests/"):
        return
    ranges, rows = layout()
    for number, line in enumerate(lines, 1):
        for table, digits in re.findall(r"\bTable (\w+)\{(0x[0-9a-f]{2})\}", line):
            at, room = int(digits, 16), name.split("/")[1] if name.startswith("server/") else ""
            if at not in ranges.get(room, ()):
                yield number, f"`{table}` is {digits}, which is not in its room's range"
            if at not in rows:
                yield number, f"`{table}` has no row in docs/key-layout.md"
            if taken.setdefault(at, table) != table:
                yield number, f"`{table}` takes {digits}, which is `{taken[at]}`'s"


@functools.cache
def sources():
    return Sources({name: "\n".join(lines_of(name)) for name in tracked() if name.endswith(SOURCES)})


def included(name, lines):
    if not name.endswith(".cc"):
        return
    known = sources()
    if name not in known.texts:  # the line that breaks the rule
        known = Sources({**known.texts, name: "\n".join(lines)})
    for number, word, header in known.missing(name):
        yield number, f"`{word}` is declared in {header}, which is not included: alone this is not compiled"


RULES = {"walls": walls, "foreign": foreign, "bans": bans, "columns": columns, "names": names, "secrets": secrets,
         "limits": limits, "tables": tables, "included": included}
# One file that breaks each rule: (name, line).
BROKEN = {
    "walls": ("server/policy/x.cc", '#include "server/store/store.h"'),
    "foreign": ("server/policy/x.cc", "#include <rocksdb/db.h>"),
    "bans": ("server/net/x.cc", "  co_await f({.a = 1});"),
    "columns": ("server/net/x.cc", "x" * (COLUMNS + 1)),
    "names": ("docs/two words.md", "x"),
    "secrets": ("docs/x.md", "-----BEGIN EC PRIVATE" + " KEY-----"),
    "tables": ("server/policy/x.cc", "constexpr Table nobodys_table{0xef};"),
    "included": ("client/lib/x.cc", "ENTENTE_TRY_VOID(write_whole(path, text));"),
    "limits": (LIMITS, "inline constexpr int nobody_asks_for_" + "it_max = 1;"),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rule", choices=sorted(RULES))
    chosen = [parser.parse_args().rule] if parser.parse_args().rule else sorted(RULES)
    for rule in chosen:
        name, line = BROKEN[rule]
        if not list(RULES[rule](name, [line])):
            sys.exit(f"the rule `{rule}` finds nothing where it should")
    taken.clear()
    files, wrong = 0, 0
    for name in tracked():
        try:
            lines = lines_of(name)
        except UnicodeDecodeError:
            if "/corpus/" not in name:
                print(f"{name}: is binary, and so is not read by anyone who reviews")
                wrong += 1
            continue
        files += 1
        for rule in chosen:
            if rule in ("walls", "foreign", "bans", "columns", "limits", "tables", "included") and not name.endswith(SOURCES):
                continue
            for number, what in RULES[rule](name, lines):
                print(f"{name}:{number}: {what}")
                wrong += 1
    print(f"{files} files, {len(chosen)} rules, {wrong} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
