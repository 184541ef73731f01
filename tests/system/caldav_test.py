"""vdirsyncer and khal take the meetings home from the real server: with a client certificate and an application
password, in the time of the place, never more than the account sees, and no confidential text. BUILD names the build
folder."""
import json
import pathlib

from dav_reader import Reader, check, plain, told, travel

# Words that stand in papers, descriptions, discreet titles, records and comments, and in no calendar.
SECRETS = ("quorvex", "plimsoth", "zandrith", "wexomil")


class Calendars(Reader):
    """An account with vdirsyncer and khal."""

    def __init__(self, folder, demo, account):
        super().__init__(folder, demo, account, "caldav", "calendar", ".ics")

    def by_khal(self, calendar, zone, day):
        """What khal shows on that day to somebody whose clock is in `zone`."""
        conf = self.folder / f"khal-{zone.replace('/', '-')}.conf"
        conf.write_text(f"""
[calendars]
[[meetings]]
path = {self.folder}/{self.account}.items/{calendar}
readonly = True
[sqlite]
path = {self.folder}/{self.account}-{zone.replace('/', '-')}.db
[locale]
local_timezone = {zone}
default_timezone = {zone}
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
""")
        environment = dict(self.environment, TZ=zone)
        return told("khal", "-c", conf, "list", "--format", "{start-end-time-style} {title} @ {location} {description}",
                    day, "1d", env=environment)


def make_meeting(demo, title, starts, ends, zone, *more):
    """Its name."""
    made = demo.as_("helena.brandt", "--json", "meeting", "create", "--process", "igc", "--title", title, "--level",
                    "technical", "--starts", starts, "--ends", ends, "--zone", zone, "--place", "Geneva",
                    "--chair", "SWE", *more)
    return json.loads(made)["name"]


def id_of(meeting):
    return meeting.split("/")[1]


def time_zones(demo, member):
    """Across the day on which clocks change in one place and not in another, every reader's clock is right."""
    # New York changes on 9 March 2031, Zurich on 30 March: between, they are five hours apart, then six.
    make_meeting(demo, "Before both", "2031-03-07T15:00", "2031-03-07T16:00", "Europe/Zurich")
    make_meeting(demo, "Between the two", "2031-03-14T15:00", "2031-03-14T16:00", "Europe/Zurich")
    make_meeting(demo, "Behind both", "2031-04-04T15:00", "2031-04-04T16:00", "Europe/Zurich")
    make_meeting(demo, "Half an hour off", "2031-03-14T09:30", "2031-03-14T10:30", "Asia/Kolkata")
    make_meeting(demo, "Whole days", "2031-05-12", "2031-05-14", "Pacific/Apia")
    member.sync()
    for day, zone, wanted in (("2031-03-07", "America/New_York", "09:00-10:00 Before both"),
                              ("2031-03-14", "America/New_York", "10:00-11:00 Between the two"),
                              ("2031-04-04", "America/New_York", "09:00-10:00 Behind both"),
                              ("2031-03-14", "Europe/Zurich", "15:00-16:00 Between the two"),
                              ("2031-03-14", "Europe/Zurich", "05:00-06:00 Half an hour off"),
                              ("2031-04-04", "Asia/Kathmandu", "18:45-19:45 Behind both"),
                              ("2031-05-14", "Europe/Zurich", "Whole days")):
        shown = member.by_khal("igc", zone, day)
        check(wanted in shown, f"not `{wanted}` on {day} in {zone}:\n{shown}")
    check("Whole days" not in member.by_khal("igc", "Europe/Zurich", "2031-05-15"), "a day too long")
    print("khal: right in four zones, across two changes of the clock")


def what_is_hidden(member, observer, stranger, meeting):
    """Hidden is as absent, to whoever may not see the meeting, and to whoever has no part in its process."""
    path = f"/caldav/calendars/igc/{id_of(meeting)}.ics"
    nowhere = "/caldav/calendars/igc/" + "0" * 32 + ".ics"
    check(member.ask("GET", path)[0] == 200, "the member has it not")
    hidden, absent = observer.ask("GET", path), observer.ask("GET", nowhere)
    check(plain(hidden) == plain(absent) and hidden[0] == 404, f"hidden {hidden} is not as absent {absent}")
    check(plain(stranger.ask("GET", path)) == plain(hidden), "a stranger is told more or less")
    check(id_of(meeting) not in observer.ask("PROPFIND", "/caldav/calendars/igc/", Depth="1")[1], "it is in the list")
    check(id_of(meeting) not in observer.ask("GET", "/calendars/igc.ics")[1], "it is in the observer's file")
    observer.sync(), stranger.sync()
    check(id_of(meeting) not in str(observer.items("igc")), "the observer's program has it")
    check("igc" not in stranger.collections(), "a stranger has the calendar")


def going(demo, member, meeting):
    """A change reaches the next synchronisation; what the member no longer sees is gone from their calendar."""
    mine = lambda: any(id_of(meeting) in text for text in member.items("igc").values())
    check(mine(), "it is not there yet")
    again = member.sync()
    check("Copying" not in again and "PUT" not in again, "the second time was not quiet\n" + again)
    demo.as_("helena.brandt", "meeting", "change", meeting, "--starts", "2031-06-03T11:00", "--ends", "2031-06-03T12:00")
    member.sync()
    check("11:00-12:00 Working Group" in member.by_khal("igc", "Europe/Zurich", "2031-06-03"), "it was not moved")

    report = ('<D:sync-collection xmlns:D="DAV:"><D:sync-token>{}</D:sync-token><D:sync-level>1</D:sync-level>'
              '<D:prop><D:getetag/></D:prop></D:sync-collection>')
    calendar = "/caldav/calendars/igc/"
    token = member.ask("REPORT", calendar, body=report.format(""))[1].split("<D:sync-token>")[1].split("<")[0]
    demo.as_("helena.brandt", "meeting", "change", meeting, "--to", "party/SWE,secretariat")
    delta = member.ask("REPORT", calendar, body=report.format(token))[1]
    check(delta.count("<D:href>") == 1 and f"{id_of(meeting)}.ics</D:href><D:status>HTTP/1.1 404" in delta,
          "it is not told to be gone\n" + delta)
    member.sync()
    check(not mine(), "it is still in the calendar of who may no longer see it")
    check(len(member.items("igc")) >= 5, "more went than that one")


def journey(demo, member, observer, stranger):
    for bad in (dict(password=""), dict(password="x" * 54)):
        status, _, headers = member.ask("PROPFIND", "/caldav/", Depth="0", **bad)
        check(status == 401 and "Basic" in headers.get("www-authenticate", ""), f"opens with {bad}: {status}")
    check(member.ask("GET", "/calendars.ics", certificate="anna.lindqvist")[0] == 401, "opens on another's certificate")
    status, _, headers = member.ask("PROPFIND", "/.well-known/caldav", Depth="0")
    check(status == 301 and headers.get("location") == "/caldav/", f"well-known: {status} {headers}")
    # Each password opens its own door and no other.
    check(member.ask("PROPFIND", "/carddav/", Depth="0")[0] == 401, "a calendar's password opens the address books")

    demo.as_("helena.brandt", "sign-in")
    meeting = make_meeting(demo, "Working Group on Returns", "2031-06-03T09:30", "2031-06-03T13:00", "Europe/Zurich",
                           "--description", "The quorvex is due")
    demo.as_("helena.brandt", "meeting", "item", "add", meeting, "Returns in 2030")
    demo.as_("helena.brandt", "meeting", "item", "add", meeting, "Case of plimsoth", "--discreet")
    make_meeting(demo, "Talks on zandrith", "2031-06-04T09:30", "2031-06-04T13:00", "Europe/Zurich", "--discreet", "yes")
    record = pathlib.Path(member.folder) / "record.txt"
    record.write_text("It was said that wexomil would follow.\n")
    demo.as_("helena.brandt", "meeting", "record", "save", meeting, record)
    member.sync()
    shown = member.by_khal("igc", "Europe/Zurich", "2031-06-03")
    check("09:30-13:00 Working Group on Returns @ Geneva" in shown and "1. Returns in 2030" in shown, shown)
    everything = str(member.items("igc")) + member.ask("GET", "/calendars/igc.ics")[1]
    check("Returns in 2030" in everything, "the feed is empty")
    for word in SECRETS:
        check(word not in everything, f"{word} left the network:\n{everything}")

    what_is_hidden(member, observer, stranger, meeting)
    time_zones(demo, member)
    going(demo, member, meeting)
    check(member.ask("PUT", "/caldav/calendars/igc/a.ics", body="BEGIN:VCALENDAR")[0] == 403, "a write was taken")
    check(member.ask("POST", "/calendars.ics", body="BEGIN:VCALENDAR")[0] == 405, "a write was taken")
    own = member.ask("GET", "/calendars.ics")
    check(own[0] == 200 and "VEVENT" not in own[1], f"of those to which nobody asked them there are some: {own}")
    check(member.ask("GET", "/calendars.ics", **{"If-None-Match": own[2]["etag"]})[0] == 304, "sent twice")
    demo.as_("reto.ammann", "tool-password", "delete", member.password_name)
    check(member.ask("GET", "/calendars.ics")[0] == 401, "a deleted password opens")
    print("caldav: as the rpcs have it, for member, observer and stranger; nothing confidential left")


travel(journey, Calendars)
