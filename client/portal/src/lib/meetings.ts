// Meetings: asked for, and said in the reader's words. What a clock there says stays what it is; the reader's own
// time stands beside it where that is another.
import { createClient } from '@connectrpc/connect';
import { useEffect, useState } from 'preact/hooks';
import { AttendanceService } from '../gen/entente/v1/attendance_pb';
import { CalendarService } from '../gen/entente/v1/calendars_pb';
import { MeetingService, Meeting_Level, Meeting_State, Participant_Role, Participant_State, type Meeting, type Participant } from '../gen/entente/v1/meetings_pb';
import { HeldDuty_Duty } from '../gen/entente/v1/session_pb';
import { locale, t } from '../i18n';
import type { MessageKey } from '../i18n/en';
import { allPages, transport } from './api';
import { when } from './clock';
import { lastPart, plainly, textIn } from './names';
import { holds, me, whenSignedOut } from './session';
import { forget, once } from './use-call';

export const meetings = createClient(MeetingService, transport);
export const attendance = createClient(AttendanceService, transport);
const calendars = createClient(CalendarService, transport);

type Wanted = Parameters<typeof meetings.listMeetings>[0];
export function listMeetings(wanted: Wanted, signal?: AbortSignal): Promise<Meeting[]> {
  return allPages((pageToken) => meetings.listMeetings({ ...wanted, pageSize: 200, pageToken }, signal ? { signal } : {}), (reply) => reply.meetings, 2_000);
}
export const calendarOf = (name: string) => calendars.exportCalendar({ name });
export const calendarOfList = (list: Wanted) => calendars.exportCalendar({ list });

export function titleOfMeeting(meeting: Meeting): string {
  return plainly(textIn(meeting.title)) || t('meeting');
}

const LEVELS: Record<Meeting_Level, MessageKey | undefined> = {
  [Meeting_Level.LEVEL_UNSPECIFIED]: undefined,
  [Meeting_Level.TECHNICAL]: 'level_technical',
  [Meeting_Level.SENIOR_OFFICIALS]: 'level_senior_officials',
  [Meeting_Level.MINISTERIAL]: 'level_ministerial',
};
const ROLES: Record<Participant_Role, MessageKey> = {
  [Participant_Role.ROLE_UNSPECIFIED]: 'role_delegate',
  [Participant_Role.HEAD_OF_DELEGATION]: 'role_head',
  [Participant_Role.DELEGATE]: 'role_delegate',
  [Participant_Role.OBSERVER]: 'status_observer',
  [Participant_Role.GUEST]: 'role_guest',
  [Participant_Role.SECRETARIAT]: 'secretariat',
  [Participant_Role.INTERPRETER]: 'role_interpreter',
};
export const ROLES_TO_CHOOSE = [Participant_Role.DELEGATE, Participant_Role.HEAD_OF_DELEGATION, Participant_Role.OBSERVER, Participant_Role.GUEST, Participant_Role.SECRETARIAT,
  Participant_Role.INTERPRETER] as const;
const STATES: Record<Participant_State, MessageKey> = {
  [Participant_State.STATE_UNSPECIFIED]: 'part_invited',
  [Participant_State.INVITED]: 'part_invited',
  [Participant_State.REGISTERED]: 'part_registered',
  [Participant_State.DECLINED]: 'part_declined',
  [Participant_State.REMOVED]: 'part_removed',
};
export function levelName(level: Meeting_Level): string {
  const key = LEVELS[level];
  return key ? t(key) : '';
}
export const roleName = (role: Participant_Role) => t(ROLES[role] ?? 'role_delegate');
export const stateName = (state: Participant_State) => t(STATES[state] ?? 'part_invited');
export function toneOfState(state: Participant_State): 'neutral' | 'good' | 'accent' {
  return state === Participant_State.REGISTERED ? 'good' : state === Participant_State.INVITED ? 'accent' : 'neutral';
}

// What a wall clock says, as an instant of UTC that is only ever written as UTC.
export function civil(local: string): Date {
  return new Date(/T/.test(local) ? `${local.slice(0, 16)}:00Z` : `${local}T00:00:00Z`);
}
export function isWholeDays(meeting: Meeting): boolean {
  return !meeting.startsLocal.includes('T');
}

const DAY: Intl.DateTimeFormatOptions = { weekday: 'short', day: 'numeric', month: 'long', year: 'numeric' };
const CLOCK: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit' };
function range(from: Date, to: Date, options: Intl.DateTimeFormatOptions): string {
  const format = new Intl.DateTimeFormat(locale(), options);
  return to > from ? format.formatRange(from, to) : format.format(from);
}

// `Fri 14 March 2031, 09:30 – Sat 15 March 2031, 13:00`, as the clock there says.
export function timeOf(meeting: Meeting): string {
  return range(civil(meeting.startsLocal), civil(meeting.endsLocal || meeting.startsLocal), { ...DAY, ...(isWholeDays(meeting) ? {} : CLOCK), timeZone: 'UTC' });
}

// The same by the reader's own clock; empty if both say the same, or days are whole.
export function timeHere(meeting: Meeting): string {
  if (isWholeDays(meeting) || !meeting.startsAt) return '';
  const from = when(meeting.startsAt);
  const ahead = civil(meeting.startsLocal).getTime() - from.getTime();
  if (ahead === -from.getTimezoneOffset() * 60_000) return '';
  return range(from, when(meeting.endsAt), { ...DAY, ...CLOCK });
}
export function clockOf(local: string): string {
  return new Intl.DateTimeFormat(locale(), { ...CLOCK, timeZone: 'UTC' }).format(civil(local));
}

// The civil days that it takes, `2031-03-14`: what ends at midnight takes nothing of the day that begins then.
const DAYS_MAX = 367; // as the server has it: within a year, the first and the last with it
export function daysOf(meeting: Meeting): string[] {
  const first = meeting.startsLocal.slice(0, 10);
  const ends = meeting.endsLocal || first;
  const last = (ends > `${first}T24` && ends.endsWith('T00:00') ? new Date(civil(ends).getTime() - 1).toISOString() : ends).slice(0, 10);
  const days: string[] = [];
  for (let at = civil(first); days.length < DAYS_MAX && at.toISOString().slice(0, 10) <= last; at = new Date(at.getTime() + 86_400_000)) days.push(at.toISOString().slice(0, 10));
  return days;
}

export function isOver(meeting: Meeting, now = new Date()): boolean {
  return meeting.endsAt !== undefined && when(meeting.endsAt) < now;
}
export function registers(meeting: Meeting, now = new Date()): boolean {
  if (meeting.state === Meeting_State.CANCELLED) return false;
  const until = meeting.registrationUntil ?? meeting.startsAt;
  return until === undefined || now < when(until);
}

// What stands of me there: my own part, and else what my party was asked as a whole.
export function myPart(meeting: Meeting): Participant | undefined {
  const person = me()?.session.person ?? '';
  return meeting.participants.find((one) => person !== '' && one.person === person);
}
export function myDelegation(meeting: Meeting): Participant | undefined {
  const party = me()?.session.party ?? '';
  return meeting.participants.find((one) => party !== '' && one.party === party && one.person === '' && one.displayName === '');
}
// Who says who of the own party comes: its focal points in the process, and the head of its delegation.
export function actsForParty(meeting: Meeting): boolean {
  const party = me()?.session.party ?? '';
  return holds(HeldDuty_Duty.FOCAL_POINT, meeting.process, party) || myPart(meeting)?.role === Participant_Role.HEAD_OF_DELEGATION;
}
// An invitation that nobody has answered, and that is mine to answer.
export function asksMe(meeting: Meeting): boolean {
  if (!registers(meeting)) return false;
  const mine = myPart(meeting);
  if (mine) return mine.state === Participant_State.INVITED;
  const party = me()?.session.party ?? '';
  return myDelegation(meeting)?.state === Participant_State.INVITED && holds(HeldDuty_Duty.FOCAL_POINT, meeting.process, party) &&
    !meeting.participants.some((one) => one.party === party && one.state === Participant_State.REGISTERED);
}

// My next ones, with who of my party takes part: the start page shows few, and asks for them once.
const NEXT = 6;
const listeners = new Set<() => void>();
export function nextOfMine(): Promise<Meeting[]> {
  return once('meetings mine', async () => (await meetings.listMeetings({ mine: true, upcoming: true, pageSize: NEXT })).meetings);
}
export function meetingChanged(): void {
  forget('meetings mine');
  for (const listener of listeners) listener();
}
whenSignedOut(() => forget('meetings mine'));

export function useMyNext(): { data: Meeting[] | undefined; error: unknown; retry: () => void } {
  const [state, setState] = useState<{ data?: Meeting[]; error?: unknown }>({});
  const [attempt, setAttempt] = useState(0);
  const retry = () => setAttempt((n) => n + 1);
  useEffect(() => {
    listeners.add(retry);
    return () => void listeners.delete(retry);
  }, []);
  useEffect(() => {
    let gone = false;
    nextOfMine().then((data) => { if (!gone) setState({ data }); }, (error: unknown) => { if (!gone) setState((before) => ({ ...before, error })); });
    return () => { gone = true; };
  }, [attempt]);
  return { data: state.data, error: state.error, retry };
}

export async function comes(meeting: Meeting, declines = false, participant: { person?: string; role?: Participant_Role } = {}): Promise<void> {
  await attendance.registerParticipant({ meeting: meeting.name, participant, declines });
  meetingChanged();
}

export function fileNameOf(meeting: Meeting): string {
  return `${meeting.startsLocal.slice(0, 10)}-${lastPart(meeting.process)}.ics`;
}
