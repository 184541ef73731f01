// One meeting in a list, and the reader's next ones on the start page.
import { Meeting_State, type Meeting } from '../gen/entente/v1/meetings_pb';
import { t } from '../i18n';
import { asksMe, civil, comes, isOver, myPart, stateName, timeHere, timeOf, titleOfMeeting, toneOfState, useMyNext } from '../lib/meetings';
import { lastPart, plainly, processName, textIn } from '../lib/names';
import { linkTo } from '../lib/router';
import { useState } from 'preact/hooks';
import { locale } from '../i18n';
import { Badge, Button, Failed, Waiting } from './basic';

export function linkToMeeting(meeting: Meeting): string {
  return linkTo(['meeting', lastPart(meeting.name)]);
}

export function StateOf({ meeting }: { meeting: Meeting }) {
  if (meeting.state === Meeting_State.CANCELLED) return <Badge tone="bad">{t('meeting_cancelled')}</Badge>;
  return meeting.state === Meeting_State.TENTATIVE ? <Badge tone="warn">{t('meeting_tentative')}</Badge> : null;
}

// The day as a leaf of a calendar: what one looks for with one's eyes. The words beside it say the same.
function Leaf({ meeting }: { meeting: Meeting }) {
  const day = civil(meeting.startsLocal);
  const part = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale(), { timeZone: 'UTC', ...options }).format(day);
  return <span class="leaf" aria-hidden="true"><small>{part({ month: 'short' })}</small><strong>{part({ day: 'numeric' })}</strong></span>;
}

export function MeetingRow({ meeting }: { meeting: Meeting }) {
  const here = timeHere(meeting);
  const mine = myPart(meeting);
  return (
    <li class={isOver(meeting) ? 'over' : meeting.state === Meeting_State.CANCELLED ? 'cancelled' : ''}>
      <Leaf meeting={meeting} />
      <span class="about">
        <a class="name" href={linkToMeeting(meeting)}><bdi>{titleOfMeeting(meeting)}</bdi></a>
        <span class="when">{timeOf(meeting)}{here !== '' && <small class="quiet-text"> · {t('by_your_clock', { when: here })}</small>}</span>
        <span class="what">{[processName(meeting.process), meeting.body && lastPart(meeting.body)].filter(Boolean).join(' · ')}{textIn(meeting.place) !== '' && <> · <bdi>{plainly(textIn(meeting.place))}</bdi></>}</span>
      </span>
      <span class="actions"><StateOf meeting={meeting} />{mine && <Badge tone={toneOfState(mine.state)}>{stateName(mine.state)}</Badge>}
        {meeting.inPart && <Badge>{t('in_part')}</Badge>}</span>
    </li>
  );
}

export function MyNext() {
  const asked = useMyNext();
  return (
    <section class="card my-next">
      <h2>{t('my_next_meetings')}</h2>
      {asked.error !== undefined && <Failed error={asked.error} retry={asked.retry} />}
      {!asked.data && asked.error === undefined && <Waiting />}
      {asked.data?.length === 0 && <p class="quiet-text">{t('no_meetings')}</p>}
      {asked.data && asked.data.length > 0 && <ul class="bare meetings">{asked.data.slice(0, 4).map((one) => <MeetingRow key={one.name} meeting={one} />)}</ul>}
      <p><a href={linkTo(['meetings'])}>{t('calendar')}</a></p>
    </section>
  );
}

// Invitations that want a word: part of what is due.
export function Invitations() {
  const asked = useMyNext();
  const [error, setError] = useState<unknown>();
  const waiting = asked.data?.filter(asksMe) ?? [];
  const answer = (meeting: Meeting, declines: boolean) => { setError(undefined); return comes(meeting, declines).catch(setError); };
  if (waiting.length === 0 && error === undefined) return null;
  return (
    <>
      {error !== undefined && <Failed error={error} />}
      <ul class="bare rows invitations">
        {waiting.map((one) => (
          <li key={one.name}>
            <span>{t('due_invitation')} <a href={linkToMeeting(one)}><bdi>{titleOfMeeting(one)}</bdi></a> <small class="quiet-text">{timeOf(one)}</small></span>
            <span class="actions"><Button onClick={() => answer(one, false)}>{t('i_come')}</Button><Button kind="quiet" onClick={() => answer(one, true)}>{t('i_do_not_come')}</Button></span>
          </li>
        ))}
      </ul>
    </>
  );
}
