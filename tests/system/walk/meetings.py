"""The walks of meetings, their records and calendars."""
from small_network import CHAIRS
from entente.v1 import attendance_pb2 as W, calendars_pb2 as Z, meeting_records_pb2 as U, meetings_pb2 as G
from walk.documents import of_kind
from walk.walk import DENIED, of_secretariat, place, processes


@place("MeetingService.GetMeeting", "MeetingService.UpdateMeeting", "MeetingService.CancelMeeting",
       "MeetingService.UpdateSeries")
def _(walk):
    def right(role, name, answer):
        shown = G.Meeting.FromString(answer.body)
        walk.check.assertEqual(shown.title.by_language["en"], walk.world.meetings[name])
        walk.check.assertEqual(shown.keeps, walk.world.secretariat(role, walk.world.objects[name].process))
    walk.by_name("MeetingService.GetMeeting", ["meetings"], lambda n: G.GetMeetingRequest(name=n), right=right)
    for method, kind, request_of in [
            ("UpdateMeeting", "meetings", lambda n: G.UpdateMeetingRequest(meeting={"name": n})),
            ("CancelMeeting", "meetings", lambda n: G.CancelMeetingRequest(name=n)),
            ("UpdateSeries", "meetingSeries", lambda n: G.UpdateSeriesRequest(series={"name": n}))]:
        walk.by_name("MeetingService." + method, [kind], request_of, of_secretariat(walk), DENIED, acts=True)


@place("MeetingService.ListMeetings", "MeetingService.ListSeries")
def _(walk):
    for method, kind, request, reply, field in [
            ("ListMeetings", "meetings", G.ListMeetingsRequest, G.ListMeetingsReply, "meetings"),
            ("ListSeries", "meetingSeries", G.ListSeriesRequest, G.ListSeriesReply, "series")]:
        walk.listed("MeetingService." + method, lambda p: request(process=p), [""] + processes(),
                    lambda _, p: [n for n in of_kind(walk, kind) if p in ("", "processes/" + walk.world.objects[n].process)],
                    lambda body: {one.name for one in getattr(reply.FromString(body), field)})


@place("MeetingService.CreateMeeting", "MeetingService.CreateSeries")
def _(walk):
    title = {"by_language": {"en": "t"}}
    walk.by_name("MeetingService.CreateMeeting", ["processes"], lambda n: G.CreateMeetingRequest(meeting=dict(
        process=n, title=title, level=1, time_zone="Europe/Zurich", starts_local="2027-03-14", ends_local="2027-03-14")),
        lambda role, n: walk.world.secretariat(role, n[10:]), DENIED, acts=True)
    walk.by_name("MeetingService.CreateSeries", ["processes"], lambda n: G.CreateSeriesRequest(
        series=dict(process=n, title=title)), lambda role, n: walk.world.secretariat(role, n[10:]), DENIED, acts=True)


@place("AttendanceService.InviteParticipant", "AttendanceService.RegisterParticipant",
       "AttendanceService.RemoveParticipant", "CalendarService.ExportCalendar")
def _(walk):
    walk.by_name("AttendanceService.InviteParticipant", ["meetings"], lambda n: W.InviteParticipantRequest(
        meeting=n, participant={"display_name": "A guest"}), of_secretariat(walk), DENIED, acts=True)
    walk.by_name("AttendanceService.RegisterParticipant", ["meetings"], lambda n: W.RegisterParticipantRequest(meeting=n),
                 lambda role, n: bool(role.person), DENIED, acts=True)
    walk.by_name("AttendanceService.RemoveParticipant", ["participants"], lambda n: W.RemoveParticipantRequest(name=n),
                 of_secretariat(walk), DENIED, acts=True)

    def right(role, name, answer):
        walk.check.assertIn(walk.world.meetings[name], Z.CalendarFile.FromString(answer.body).content)
    walk.by_name("CalendarService.ExportCalendar", ["meetings"], lambda n: Z.ExportCalendarRequest(name=n), right=right)


@place("MeetingRecordService.GetRecord", "MeetingRecordService.OpenRecord", "MeetingRecordService.ListRecordComments",
       "MeetingRecordService.CheckRecord", "MeetingRecordService.SaveRecord", "MeetingRecordService.AdoptRecord",
       "MeetingRecordService.SetAsideFindings", "MeetingRecordService.CommentOnRecord")
def _(walk):
    kinds, named = ["meetings/record"], lambda kind: lambda n: kind(name=n)
    # Nobody is named to preside: the process's chair does.
    presides = lambda role, n: bool(role.person) and role.party == CHAIRS[walk.world.objects[n].process]
    saves = lambda role, n: presides(role, n) or of_secretariat(walk)(role, n)

    def right(role, name, answer):
        walk.check.assertEqual(U.MeetingRecord.FromString(answer.body).texts[0].text, walk.world.meetings[name])
    service = "MeetingRecordService."
    walk.by_name(service + "GetRecord", kinds, named(U.GetRecordRequest), right=right)
    walk.by_name(service + "OpenRecord", kinds, named(U.GetRecordRequest), acts=True)
    walk.by_name(service + "ListRecordComments", kinds, named(U.ListRecordCommentsRequest))
    walk.by_name(service + "CommentOnRecord", kinds, lambda n: U.CommentOnRecordRequest(name=n, comment={"text": "t"}),
                 acts=True)
    walk.by_name(service + "CheckRecord", kinds, named(U.CheckRecordRequest), saves, DENIED)
    walk.by_name(service + "AdoptRecord", kinds, named(U.AdoptRecordRequest), saves, DENIED, acts=True)
    walk.by_name(service + "SetAsideFindings", kinds, lambda n: U.SetAsideFindingsRequest(name=n, because="t"), presides,
                 DENIED, acts=True)
    walk.by_name(service + "SaveRecord", ["meetings"], lambda n: U.SaveRecordRequest(
        meeting=n, record=dict(texts=[dict(language="en", text="t")])), saves, DENIED, acts=True)
