"""Reads what Entente exports with programs that are not Entente: Python's csv and html.parser, and vobject.

readers_test.py WRITE_SAMPLES
"""
import csv
import html.parser
import pathlib
import subprocess
import sys
import tempfile

import vobject


def read_expected(folder):
    people = []
    for line in (folder / "expected.txt").read_text().split("\n")[:-1]:
        *texts, offices = line.split(" ")
        uid, display, given, family, institution, title, contacts = (
            bytes.fromhex(text).decode() for text in texts)
        people.append(dict(uid=uid, display=display, given=given, family=family, institution=institution,
                           title=title, contacts=contacts.split("|")[:-1], offices=int(offices)))
    return people


def check(condition, *what):
    if not condition:
        sys.exit(f"FAILED: {what}")


def check_csv(folder, people):
    with open(folder / "people.csv", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    check(len(rows) == sum(person["offices"] for person in people), "rows", len(rows))
    at = 0
    for person in people:
        for _ in range(person["offices"]):
            row = rows[at]
            at += 1
            for cell in row.values():
                check(not cell or cell[0] not in "=+-@\t\r", "a formula", cell)
            guarded = row["name"]
            if guarded.startswith("'") and guarded.lstrip("'")[:1] in ("=", "+", "-", "@"):
                guarded = guarded[1:]
            check(guarded == person["display"], row["name"], person["display"])
    print(f"csv: {len(rows)} rows read by Python's csv")


def check_vcards(folder, name, people, version):
    text = (folder / name).read_text(encoding="utf-8", newline="") if sys.version_info >= (3, 13) else (
        (folder / name).read_bytes().decode("utf-8"))
    for line in text.split("\r\n"):
        check(len(line.encode()) <= 75, "a line longer than 75 octets", line)
    cards = list(vobject.readComponents(text))
    check(len(cards) == len(people), name, len(cards), len(people))
    for card, person in zip(cards, people):
        check(card.version.value == version, card.version.value)
        check(card.uid.value == person["uid"], card.uid.value, person["uid"])
        check(card.contents["fn"][0].value == person["display"], card.fn.value, person["display"])
        for part in ("given", "family"):
            value = getattr(card.n.value, part)
            value = value if isinstance(value, str) else ",".join(value)
            check(value == person[part], part, value, person[part])
        if person["institution"]:
            check(card.org.value[-1] == person["institution"], card.org.value, person["institution"])
        if person["title"]:
            check(card.title.value == person["title"], card.title.value, person["title"])
        found = [item.value for kind in ("email", "tel") for item in card.contents.get(kind, [])]
        check(sorted(found) == sorted(person["contacts"]), found, person["contacts"])
    print(f"{name}: {len(cards)} cards read by vobject")


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.tags, self.text = [], set(), []

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        for name, _ in attributes:
            check(name in ("lang", "charset", "colspan", "class", "dir"), "attribute", tag, name)
        if tag not in ("br", "meta"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        check(self.open and self.open.pop() == tag, "closing", tag)

    def handle_data(self, data):
        self.text.append(data)


def check_list(folder, people):
    page = Page()
    page.feed((folder / "list.html").read_text(encoding="utf-8"))
    page.close()
    check(not page.open, "left open", page.open)
    check(page.tags <= set("html head meta title style body h1 p br table thead tbody tr th td b footer".split()),
          "tags", page.tags)
    whole = " ".join("".join(page.text).split())  # as a page shows white space
    plain = (folder / "list.txt").read_text(encoding="utf-8")
    for person in people:
        shown = " ".join(person["display"].split())
        check(shown in whole, "not on the page", shown)
        check(shown in plain, "not in the text", shown)
    print(f"list: {len(people)} people on the page and in the text")


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        subprocess.run([sys.argv[1], name], check=True)
        people = read_expected(folder)
        check(len(people) > 500, "people", len(people))
        check_csv(folder, people)
        check_vcards(folder, "people-4.vcf", people, "4.0")
        check_vcards(folder, "people-3.vcf", people, "3.0")
        check_list(folder, people)


main()
