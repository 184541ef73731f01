"""vdirsyncer and khard take the directory home from the real server: with a client certificate and an application
password, and never more than the account sees. BUILD names the build folder."""
from dav_reader import Reader, check, plain, told, travel

ANNA = "swe.anna.lindqvist"


class AddressBooks(Reader):
    """An account with vdirsyncer and khard."""

    def __init__(self, folder, demo, account):
        super().__init__(folder, demo, account, "carddav", "directory", ".vcf")

    def names_by_khard(self, book):
        conf = self.folder / "khard.conf"
        conf.write_text(f"[addressbooks]\n[[{book}]]\npath = {self.folder}/{self.account}.items/{book}\n"
                        "[general]\n[vcard]\n")
        return told("khard", "-c", conf, "list", "--parsable", env=self.environment).strip().split("\n")


def card_of(reader, book, person):
    found = [text for text in reader.items(book).values() if person in text]
    return found[0] if found else ""


def journey(demo, member, observer, stranger):
    # Refused before anything is looked at: no password, a wrong one, another's certificate.
    status, _, headers = member.ask("PROPFIND", "/carddav/", password="", Depth="0")
    check(status == 401 and "Basic" in headers.get("www-authenticate", ""), f"no password: {status} {headers}")
    check(member.ask("PROPFIND", "/carddav/", password="x" * 54, Depth="0")[0] == 401, "a wrong password opens")
    foreign = member.ask("GET", f"/carddav/books/igc/{ANNA}.vcf", certificate="anna.lindqvist")
    check(foreign[0] == 401, "a password opens on another's certificate")
    status, _, headers = member.ask("PROPFIND", "/.well-known/carddav", Depth="0")
    check(status == 301 and headers.get("location") == "/carddav/", f"well-known: {status} {headers}")

    # Everything that the member sees, in address books; khard reads every card.
    member.sync()
    igc = member.items("igc")
    check(len(igc) >= 16, f"only {len(igc)} cards in igc")
    check(len(member.names_by_khard("igc")) == len(igc), "khard does not list every card")
    print(f"member: {sorted(member.collections())}, {len(igc)} cards in igc, all read by khard")
    again = member.sync()
    check("Copying" not in again and "PUT" not in again, "the second time was not quiet\n" + again)

    # As policy has it: the mobile is for members; who has no part finds neither book nor card.
    observer.sync()
    check("+46 70 174 06" in card_of(member, "igc", ANNA), "the member misses the mobile number")
    check(card_of(observer, "igc", ANNA) != "", "the observer misses the card")
    check("+46 70 174 06" not in card_of(observer, "igc", ANNA), "the observer sees a mobile number for members")
    stranger.sync()
    check("igc" not in stranger.collections(), "a stranger has the book")
    hidden = stranger.ask("GET", f"/carddav/books/igc/{ANNA}.vcf")
    absent = stranger.ask("GET", "/carddav/books/none/nobody.vcf")
    check(plain(hidden) == plain(absent) and hidden[0] == 404, f"hidden {hidden} is not as absent {absent}")

    # Read only.
    check(member.ask("PUT", f"/carddav/books/igc/{ANNA}.vcf", body="BEGIN:VCARD")[0] == 403, "a write was taken")

    # A change reaches the next synchronisation of who sees it.
    demo.as_("anna.lindqvist", "sign-in")
    demo.as_("anna.lindqvist", "person", "telephone", ANNA, "+46 8 465 004 77")
    changed = member.sync()
    check("+46 8 465 004 77" in card_of(member, "igc", ANNA).replace("tel:", ""), "the new number did not come\n" + changed)

    # The sync report names what changed and nothing else; another caller's token is none.
    report = ('<D:sync-collection xmlns:D="DAV:"><D:sync-token>{}</D:sync-token><D:sync-level>1</D:sync-level>'
              '<D:prop><D:getetag/></D:prop></D:sync-collection>')
    first = member.ask("REPORT", "/carddav/books/igc/", body=report.format(""))[1]
    token = first.split("<D:sync-token>")[1].split("<")[0]
    quiet = member.ask("REPORT", "/carddav/books/igc/", body=report.format(token))[1]
    check("<D:href>" not in quiet, "something changed while nothing did\n" + quiet)
    demo.as_("anna.lindqvist", "person", "telephone", ANNA, "+46 8 465 004 78")
    delta = member.ask("REPORT", "/carddav/books/igc/", body=report.format(token))[1]
    check(delta.count("<D:href>") == 1 and ANNA in delta, "not just the one card\n" + delta)
    check(observer.ask("REPORT", "/carddav/books/igc/", body=report.format(token))[0] == 403,
          "another caller's token was taken")

    # A password deleted opens nothing, at once.
    demo.as_("reto.ammann", "tool-password", "delete", member.password_name)
    check(member.ask("PROPFIND", "/carddav/", Depth="0")[0] == 401, "a deleted password opens")
    print("carddav: as the rpcs have it, for member, observer and stranger")


travel(journey, AddressBooks)
