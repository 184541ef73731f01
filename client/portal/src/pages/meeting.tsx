// One meeting: when by both clocks, the agenda with its papers, whether I come, who else does, and its record.
import { useState } from 'preact/hooks';
import { Meeting_Attribution, Meeting_State, Participant_State, type AgendaItem, type Meeting } from '../gen/entente/v1/meetings_pb';
import { formatList, formatMoment, formatNumber, t } from '../i18n';
import { isNotFound } from '../lib/api';
import { when } from '../lib/clock';
import { handlingName, titleOf, toneOfHandling } from '../lib/documents';
import { asksMe, calendarOf, clockOf, comes, fileNameOf, isOver, levelName, meetings, myDelegation, myPart, registers, roleName, stateName, timeHere, timeOf,
  titleOfMeeting, toneOfState } from '../lib/meetings';
import { lastPart, partyName, plainly, processName, textIn } from '../lib/names';
import { namesIn, parties } from '../lib/people';
import { linkTo, linkToRecord, type Place } from '../lib/router';
import { me } from '../lib/session';
import type { Party } from '../lib/types';
import { useCall } from '../lib/use-call';
import { Attendance } from '../ui/attendance';
import { Badge, Button, Failed, LinkButton, Notice, PageTitle, saveFile, Waiting } from '../ui/basic';
import { later } from '../ui/later';
import { StateOf } from '../ui/meeting-row';
import { RecordPanel } from '../ui/record-panel';

const MeetingRecordPanel = later(() => import('../ui/meeting-record').then((one) => one.MeetingRecordPanel), <Waiting />);

export interface Shown {
  meeting: Meeting;
  known: Map<string, Party>;
  names: Map<string, string>; // of persons, as far as the reader may see their entries
}

export function MeetingPage({ place }: { place: Place }) {
  const name = 'meetings/' + (place.parts[1] ?? '');
  const asked = useCall(name, async () => {
    const meeting = await meetings.getMeeting({ name });
    const [known, names] = await Promise.all([parties(), namesIn(meeting.process)]);
    return { meeting, known, names };
  });
  if (!asked.data) {
    return asked.error === undefined ? <Waiting lines={8} />
      : <section class="page"><h1 tabIndex={-1}>{isNotFound(asked.error) ? t('error_not_found') : t('meeting')}</h1><Failed error={asked.error} retry={asked.retry} /></section>;
  }
  const { meeting } = asked.data;
  return (
    <section class="page meeting-page">
      <PageTitle above={<a href={linkTo(['meetings'])}>{t('meetings')}</a>} aside={<>{meeting.keeps && meeting.state !== Meeting_State.CANCELLED && !me()?.session.readOnly && <LinkButton href={linkTo(['plan', lastPart(meeting.name)])}>{t('change_meeting')}</LinkButton>}<TakeAlong meeting={meeting} /></>}><bdi>{titleOfMeeting(meeting)}</bdi></PageTitle>
      <p class="actions">
        <StateOf meeting={meeting} />
        {isOver(meeting) && <Badge>{t('meeting_over')}</Badge>}
        {levelName(meeting.level) !== '' && <Badge>{levelName(meeting.level)}</Badge>}
        {!meeting.inPart && <Badge tone="accent">{meeting.attribution === Meeting_Attribution.ATTRIBUTED ? t('attributed') : t('chatham_house')}</Badge>}
        {meeting.discreet && <Badge tone="warn">{t('discreet')}</Badge>}
      </p>
      {asked.error !== undefined && <Failed error={asked.error} retry={asked.retry} />}
      {meeting.state === Meeting_State.CANCELLED && <Notice tone="bad" title={t('meeting_cancelled')}>{meeting.cancelledBecause && <bdi>{plainly(meeting.cancelledBecause)}</bdi>}</Notice>}
      {meeting.inPart && <Notice>{t('in_part_hint')}</Notice>}
      {textIn(meeting.description) !== '' && <p class="lead"><bdi>{plainly(textIn(meeting.description))}</bdi></p>}
      <div class="columns">
        <div>
          <Facts shown={asked.data} />
          <Agenda shown={asked.data} />
          {!meeting.inPart && <MeetingRecordPanel key={name} shown={asked.data} after={asked.retry} />}
        </div>
        <div>
          <MyPart meeting={meeting} after={asked.retry} />
          <Attendance shown={asked.data} after={asked.retry} />
        </div>
      </div>
      <RecordPanel name={name} />
    </section>
  );
}

// A party, or the person who does it.
export function Who({ name, shown: { known, names } }: { name: string; shown: Shown }) {
  if (!name.startsWith('persons/')) return <>{partyName(name, known.get(name))}</>;
  return names.has(name) ? <a href={linkToRecord(name)}><bdi>{names.get(name)}</bdi></a> : <>{lastPart(name)}</>;
}

function Facts({ shown }: { shown: Shown }) {
  const { meeting } = shown;
  const here = timeHere(meeting);
  return (
    <dl class="facts">
      <dt>{t('meeting_when')}</dt><dd><strong>{timeOf(meeting)}</strong><br /><small class="quiet-text">{meeting.timeZone}{here !== '' && <> · {t('by_your_clock', { when: here })}</>}</small></dd>
      {textIn(meeting.place) !== '' && <><dt>{t('meeting_place')}</dt><dd><bdi>{plainly(textIn(meeting.place))}</bdi></dd></>}
      <dt>{t('process')}</dt><dd><a href={linkToRecord(meeting.process)}>{processName(meeting.process)}</a>{meeting.body !== '' && ` · ${lastPart(meeting.body)}`}</dd>
      {meeting.chairs.length > 0 && <><dt>{t('presides')}</dt><dd>{meeting.chairs.map((one, index) => <span key={one}>{index > 0 && ', '}<Who name={one} shown={shown} /></span>)}</dd></>}
      {meeting.topics.length > 0 && <><dt>{t('topic')}</dt><dd>{formatList(meeting.topics.map(plainly))}</dd></>}
      {meeting.registrationUntil && <><dt>{t('registration_until')}</dt><dd>{formatMoment(when(meeting.registrationUntil))}</dd></>}
    </dl>
  );
}

function TakeAlong({ meeting }: { meeting: Meeting }) {
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const take = async () => {
    setBusy(true);
    setError(undefined);
    await calendarOf(meeting.name).then((file) => saveFile(fileNameOf(meeting), 'text/calendar', file.content), setError);
    setBusy(false);
  };
  return <><Button icon="download" busy={busy} onClick={take}>{t('save_calendar')}</Button>{error !== undefined && <Failed error={error} />}</>;
}

function Agenda({ shown }: { shown: Shown }) {
  const { meeting } = shown;
  return (
    <section class="card agenda">
      <h2>{t('agenda')}</h2>
      {meeting.agenda.length === 0 && <p class="quiet-text">{t('no_agenda')}</p>}
      <ol class="bare">{meeting.agenda.map((one) => <Item key={one.id} item={one} shown={shown} />)}</ol>
    </section>
  );
}

function Item({ item, shown }: { item: AgendaItem; shown: Shown }) {
  const papers = item.documents.flatMap((name) => shown.meeting.documents.find((one) => one.name === name) ?? []);
  const facts = [item.startsLocal && clockOf(item.startsLocal), item.minutes > 0 && t('n_minutes', { n: item.minutes })].filter(Boolean).join(' · ');
  return (
    <li>
      <h3>{item.number > 0 && <span class="number">{formatNumber(item.number)}. </span>}<bdi>{plainly(textIn(item.title))}</bdi></h3>
      {(facts !== '' || item.lead !== '') && <p class="quiet-text">{facts}{item.lead !== '' && <>{facts !== '' && ' · '}{t('led_by')} <Who name={item.lead} shown={shown} /></>}</p>}
      {papers.length > 0 && <ul class="bare papers-of-item" aria-label={t('documents')}>{papers.map((one) => (
        <li key={one.name}><a href={linkToRecord(one.name)}><bdi>{titleOf(one)}</bdi></a> <Badge tone={toneOfHandling(one.visibility?.handling ?? 0)}>{handlingName(one.visibility?.handling ?? 0)}</Badge></li>
      ))}</ul>}
    </li>
  );
}

// Whether I come: asked, answered, and changed again as long as registration is open.
function MyPart({ meeting, after }: { meeting: Meeting; after: () => void }) {
  const [busy, setBusy] = useState('');
  const [error, setError] = useState<unknown>();
  if ((me()?.session.person ?? '') === '' || me()?.session.readOnly) return null;
  const mine = myPart(meeting);
  const state = mine?.state;
  const say = async (declines: boolean) => {
    setBusy(declines ? 'no' : 'yes');
    setError(undefined);
    await comes(meeting, declines).then(after, setError);
    setBusy('');
  };
  const open = registers(meeting);
  const comesNow = state === Participant_State.REGISTERED;
  return (
    <section class="card my-part">
      <h2>{t('do_i_come')}</h2>
      <p aria-live="polite">
        {mine ? <><Badge tone={toneOfState(mine.state)}>{stateName(mine.state)}</Badge> {roleName(mine.role)}</>
          : myDelegation(meeting) ? t('delegation_asked') : t('not_registered')}
        {mine && mine.items.length > 0 && <> · {t('for_items', { n: mine.items.length })}</>}
      </p>
      {error !== undefined && <Failed error={error} />}
      {open ? (
        <p class="actions">
          {!comesNow && <Button kind={asksMe(meeting) ? 'primary' : 'plain'} icon="check" busy={busy === 'yes'} onClick={() => say(false)}>{t('i_come')}</Button>}
          {state !== Participant_State.DECLINED && (mine !== undefined || asksMe(meeting)) && <Button kind="quiet" busy={busy === 'no'} onClick={() => say(true)}>{comesNow ? t('i_do_not_come_after_all') : t('i_do_not_come')}</Button>}
        </p>
      ) : <p class="quiet-text">{t('registration_closed')}</p>}
    </section>
  );
}
