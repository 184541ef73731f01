// The calendar: what comes, what was, and one month at a time; taken along as iCalendar.
import { useState } from 'preact/hooks';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Meeting_State, type Meeting } from '../gen/entente/v1/meetings_pb';
import { HeldDuty_Duty } from '../gen/entente/v1/session_pb';
import { collator, locale, t } from '../i18n';
import { calendarOfList, civil, clockOf, daysOf, isOver, isWholeDays, listMeetings, titleOfMeeting } from '../lib/meetings';
import { processName } from '../lib/names';
import { today } from '../lib/participations';
import { processes } from '../lib/people';
import { go, linkTo, type Place } from '../lib/router';
import { holds, me } from '../lib/session';
import { useCall } from '../lib/use-call';
import { Button, Failed, LinkButton, PageTitle, saveFile, Waiting } from '../ui/basic';
import { linkToMeeting, MeetingRow } from '../ui/meeting-row';

const VIEWS = ['upcoming', 'month', 'past'] as const;
type View = (typeof VIEWS)[number];
const DAY_MS = 86_400_000;

// Everything that is chosen stands in the address: names of processes and a month, nothing that somebody typed.
export function MeetingsPage({ place }: { place: Place }) {
  const view: View = VIEWS.find((one) => one === place.query.get('view')) ?? 'upcoming';
  const said = place.query.get('month') ?? '';
  const month = /^\d{4}-(0[1-9]|1[0-2])$/.test(said) ? said : today().slice(0, 7);
  const process = place.query.get('process') ?? '';
  const mine = place.query.get('mine') === '1';
  const to = (change: Record<string, string>) => {
    const query = Object.fromEntries(Object.entries({ view, month, process, mine: mine ? '1' : '', ...change }).filter(([key, value]) => value !== '' && !(key === 'month' && (change['view'] ?? view) !== 'month')));
    go(linkTo(['meetings'], query), 'replace');
  };
  const filter = { process: process === '' ? '' : `processes/${process}`, mine };
  const key = `meetings ${view} ${view === 'month' ? month : ''} ${process} ${mine}`;
  const asked = useCall(key, async (signal) => ({ key, all: await listMeetings({ ...filter, ...spanOf(view, month) }, signal), known: await processes() }));
  const ready = asked.data?.key === key ? asked.data : undefined;
  const shown = ready?.all.filter((one) => view !== 'past' || isOver(one));
  return (
    <section class="page meetings-page">
      <PageTitle aside={<>{holds(HeldDuty_Duty.SECRETARIAT) && !me()?.session.readOnly && <LinkButton kind="primary" href={linkTo(['plan'])}>{t('plan_meeting')}</LinkButton>}
        <TakeAlong list={{ ...filter, ...(view === 'upcoming' ? { upcoming: true } : {}) }} /></>}>{t('meetings')}</PageTitle>
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <div class="choice" role="group" aria-label={t('calendar')}>
          {VIEWS.map((one) => <Button key={one} aria-pressed={view === one} onClick={() => to({ view: one })}>{t(`meetings_${one}`)}</Button>)}
        </div>
        <label class="check"><input type="checkbox" checked={mine} onChange={(event) => to({ mine: event.currentTarget.checked ? '1' : '' })} /> {t('only_mine')}</label>
        <label><span class="unseen">{t('in_process')}</span>
          <select value={process} onChange={(event) => to({ process: event.currentTarget.value })}>
            <option value="">{t('all_processes')}</option>
            {[...asked.data?.known ?? []].sort((a, b) => collator().compare(a.shortName, b.shortName)).map((one) => <option key={one.name} value={one.name.split('/')[1]}>{one.shortName || processName(one.name)}</option>)}
          </select></label>
      </form>
      {view === 'month' && <MonthHead month={month} to={(next) => to({ month: next })} />}
      {asked.error !== undefined && <Failed error={asked.error} retry={asked.retry} />}
      {!ready && asked.loading && <Waiting lines={6} />}
      {shown && <p class="unseen" role="status">{t('n_meetings', { n: shown.length })}</p>}
      {shown && view === 'month' && <Month month={month} meetings={shown} />}
      {shown?.length === 0 && view !== 'month' && <p>{t('no_meetings')}</p>}
      {shown && shown.length > 0 && view !== 'month' && <ul class="bare card meetings">{shown.map((one) => <MeetingRow key={one.name} meeting={one} />)}</ul>}
    </section>
  );
}

// A month there may reach into days before and after it here.
function spanOf(view: View, month: string) {
  if (view === 'upcoming') return { upcoming: true };
  if (view === 'past') return { until: timestampFromDate(new Date()) };
  const first = civil(`${month}-01`).getTime();
  return { since: timestampFromDate(new Date(first - DAY_MS)), until: timestampFromDate(new Date(first + 33 * DAY_MS)) };
}

function TakeAlong({ list }: { list: Parameters<typeof calendarOfList>[0] }) {
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const [leftOut, setLeftOut] = useState('');
  const take = async () => {
    setBusy(true);
    setError(undefined);
    await calendarOfList(list).then((file) => { saveFile('entente.ics', 'text/calendar', file.content); setLeftOut(file.leftOut); }, setError);
    setBusy(false);
  };
  return (
    <>
      <Button icon="download" busy={busy} onClick={take}>{t('save_calendar')}</Button>
      {leftOut !== '' && <small class="quiet-text" role="status" lang="en" dir="auto">{leftOut}</small>}
      {error !== undefined && <Failed error={error} />}
    </>
  );
}

function otherMonth(month: string, step: number): string {
  const [year = 2000, at = 1] = month.split('-').map(Number);
  return new Date(Date.UTC(year, at - 1 + step, 1)).toISOString().slice(0, 7);
}

function MonthHead({ month, to }: { month: string; to: (month: string) => void }) {
  const name = new Intl.DateTimeFormat(locale(), { timeZone: 'UTC', month: 'long', year: 'numeric' }).format(civil(`${month}-01`));
  return (
    <div class="month-head">
      <h2 aria-live="polite">{name}</h2>
      <span class="actions">
        <Button onClick={() => to(otherMonth(month, -1))}>{t('month_before')}</Button>
        <Button onClick={() => to(today().slice(0, 7))}>{t('this_month')}</Button>
        <Button onClick={() => to(otherMonth(month, 1))}>{t('month_after')}</Button>
      </span>
    </div>
  );
}

// 1 Monday to 7 Sunday, as the reader's language begins its weeks.
function firstWeekday(): number {
  try {
    const of = new Intl.Locale(locale()) as Intl.Locale & { getWeekInfo?: () => { firstDay: number }; weekInfo?: { firstDay: number } };
    return of.getWeekInfo?.().firstDay ?? of.weekInfo?.firstDay ?? 1;
  } catch {
    return 1;
  }
}

function Month({ month, meetings }: { month: string; meetings: Meeting[] }) {
  const first = civil(`${month}-01`);
  const weekday = first.getUTCDay() === 0 ? 7 : first.getUTCDay();
  const start = first.getTime() - ((weekday - firstWeekday() + 7) % 7) * DAY_MS;
  const weeks = [0, 1, 2, 3, 4, 5].map((week) => [0, 1, 2, 3, 4, 5, 6].map((day) => new Date(start + (week * 7 + day) * DAY_MS)))
    .filter((week) => week.some((day) => day.toISOString().startsWith(month)));
  const on = new Map<string, Meeting[]>();
  for (const one of meetings) for (const day of daysOf(one)) on.set(day, [...on.get(day) ?? [], one]);
  const format = (day: Date, options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale(), { timeZone: 'UTC', ...options }).format(day);
  const here = weeks.flat().some((day) => day.toISOString().startsWith(month) && on.has(day.toISOString().slice(0, 10)));
  return (
    <>
      {!here && <p class="quiet-text">{t('no_meetings')}</p>}
      <table class="month">
        <thead><tr>{(weeks[0] ?? []).map((day) => <th key={day.getTime()} scope="col"><abbr title={format(day, { weekday: 'long' })}>{format(day, { weekday: 'short' })}</abbr></th>)}</tr></thead>
        <tbody>{weeks.map((week) => (
          <tr key={week[0]?.getTime()}>{week.map((day) => {
            const name = day.toISOString().slice(0, 10);
            const all = on.get(name) ?? [];
            return (
              <td key={name} class={[name.startsWith(month) ? '' : 'other', name === today() ? 'today' : '', all.length === 0 ? 'free' : ''].filter(Boolean).join(' ')}>
                <time dateTime={name}><span class="short">{format(day, { day: 'numeric' })}</span><span class="long">{format(day, { weekday: 'long', day: 'numeric', month: 'long' })}</span></time>
                {all.length > 0 && <ul class="bare">{all.map((one) => (
                  <li key={one.name}><a href={linkToMeeting(one)} class={one.state === Meeting_State.CANCELLED ? 'cancelled' : one.state === Meeting_State.TENTATIVE ? 'tentative' : ''}>
                    {!isWholeDays(one) && one.startsLocal.startsWith(name) && <span class="clock">{clockOf(one.startsLocal)} </span>}<bdi>{titleOfMeeting(one)}</bdi>
                    {one.state === Meeting_State.CANCELLED && <span class="unseen"> ({t('meeting_cancelled')})</span>}</a></li>
                ))}</ul>}
              </td>
            );
          })}</tr>
        ))}</tbody>
      </table>
    </>
  );
}
