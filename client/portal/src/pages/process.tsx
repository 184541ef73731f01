// One process: who takes part, on any day; its bodies, chairs, goals and history.
import { useMemo, useState } from 'preact/hooks';
import { Process_Status, type Body, type Participation, type Process } from '../gen/entente/v1/directory_pb';
import { collator, formatCivil, formatList, t } from '../i18n';
import { directory, isNotFound } from '../lib/api';
import { lastPart, partyName, processName } from '../lib/names';
import { holdsOn, participationsOf, processStatus, spanInWords, standingOn, Status, statusName, today, toneOf } from '../lib/participations';
import { bodiesOf, parties } from '../lib/people';
import { linkTo, type Place } from '../lib/router';
import type { Party } from '../lib/types';
import { useCall } from '../lib/use-call';
import { Badge, Failed, LinkButton, PageTitle, Waiting } from '../ui/basic';
import { CountryMap } from '../ui/map';
import { listMeetings } from '../lib/meetings';
import { chairsOf } from '../lib/words';
import { MeetingRow } from '../ui/meeting-row';
import { RecordPanel } from '../ui/record-panel';

type Known = Map<string, Party>;

export function ProcessPage({ place }: { place: Place }) {
  const name = 'processes/' + (place.parts[1] ?? '');
  const asked = useCall(name, async () => {
    const [process, members, bodies, known] = await Promise.all([
      directory.getProcess({ name }), participationsOf(name),
      bodiesOf(name), parties()]);
    return { process, members, bodies, known };
  });
  if (!asked.data) {
    return asked.error === undefined ? <Waiting lines={8} />
      : <section class="page"><h1 tabIndex={-1}>{isNotFound(asked.error) ? t('error_not_found') : t('process')}</h1><Failed error={asked.error} retry={asked.retry} /></section>;
  }
  const { process, members, bodies, known } = asked.data;
  return (
    <section class="page process-page">
      <PageTitle above={<a href={linkTo(['processes'])}>{t('processes')}</a>}
        aside={<LinkButton icon="print" href={linkTo(['roster', lastPart(name)])}>{t('printable_list')}</LinkButton>}>
        {process.shortName || processName(name)}
      </PageTitle>
      <p class="lead"><bdi>{process.longName}</bdi></p>
      <Summary process={process} known={known} />
      <Members members={members} known={known} />
      <MeetingsOf process={name} />
      {bodies.length > 0 && <Bodies bodies={bodies} known={known} />}
      <div class="columns even">
        <Lines title={t('goals')} lines={process.goals} />
        <Lines title={t('priorities')} lines={process.priorities} />
        <Lines title={t('areas')} lines={process.areas} />
        <Chairs process={process} known={known} />
        {process.events.length > 0 && (
          <section class="card"><h2>{t('history')}</h2>
            <ol class="timeline">{process.events.map((one) => <li key={one.date + one.what}><span class="when">{formatCivil(one.date)}</span><span>{one.what}</span></li>)}</ol>
          </section>
        )}
      </div>
      <RecordPanel name={name} />
      <p class="quiet-text source">{[process.asOf && t('as_of', { when: formatCivil(process.asOf) }), process.source, ...process.doubts].filter(Boolean).join(' · ')}</p>
    </section>
  );
}

function Summary({ process, known }: { process: Process; known: Known }) {
  const chair = process.chairs.find((one) => one.current);
  return (
    <dl class="facts">
      <dt>{t('state_of_process')}</dt>
      <dd><Badge tone={process.status === Process_Status.ACTIVE ? 'good' : 'neutral'}>{processStatus(process.status)}</Badge></dd>
      {process.established !== '' && <><dt>{t('established')}</dt><dd>{process.established}</dd></>}
      {process.region !== '' && <><dt>{t('region')}</dt><dd><bdi>{process.region}</bdi></dd></>}
      {process.secretariat !== '' && <><dt>{t('secretariat')}</dt><dd><bdi>{process.secretariat}</bdi></dd></>}
      {chair && <><dt>{t('chair')}</dt><dd>{partyName(chair.party, known.get(chair.party))}{chair.theme !== '' && <> – <bdi>{chair.theme}</bdi></>}</dd></>}
    </dl>
  );
}

// Its calendar: what comes next; the whole of it is the calendar's page.
function MeetingsOf({ process }: { process: string }) {
  const asked = useCall(`meetings of ${process}`, (signal) => listMeetings({ process, upcoming: true }, signal));
  return (
    <section class="card">
      <h2>{t('calendar')}</h2>
      {asked.error !== undefined && <Failed error={asked.error} retry={asked.retry} />}
      {!asked.data && asked.loading && <Waiting lines={1} />}
      {asked.data?.length === 0 && <p class="quiet-text">{t('no_meetings')}</p>}
      {asked.data && asked.data.length > 0 && <ul class="bare meetings">{asked.data.slice(0, 4).map((one) => <MeetingRow key={one.name} meeting={one} />)}</ul>}
      <p><a href={linkTo(['meetings'], { view: 'month', process: lastPart(process) })}>{t('meetings_month')}</a> · <a href={linkTo(['meetings'], { view: 'past', process: lastPart(process) })}>{t('meetings_past')}</a></p>
    </section>
  );
}

const ORDER = [Status.MEMBER, Status.OBSERVER, Status.PARTNER, Status.INVITED, Status.SUSPENDED, Status.FORMER];

function Members({ members, known }: { members: Participation[]; known: Known }) {
  const [day, setDay] = useState(today());
  const rows = useMemo(() => members.flatMap((one) => {
    const standing = standingOn(one, day);
    return standing ? [{ party: one.party, standing, name: partyName(one.party, known.get(one.party)) }] : [];
  }).sort((a, b) => collator().compare(a.name, b.name)), [members, day, known]);
  const marks = useMemo(() => rows.map((row) => ({ code: lastPart(row.party), tone: toneOf(row.standing.status),
    words: `${statusName(row.standing.status)}, ${spanInWords(row.standing.span)}` })), [rows]);
  const groups = ORDER.map((status) => ({ status, rows: rows.filter((row) => row.standing.status === status) })).filter((one) => one.rows.length > 0);
  return (
    <section class="card members">
      <header>
        <h2>{t('who_takes_part')}</h2>
        <label>{t('on_day')} <input type="date" value={day} min="1980-01-01" max="2100-01-01" onChange={(event) => setDay(event.currentTarget.value || today())} /></label>
      </header>
      <CountryMap marks={marks} label={t('map_of', { n: rows.length })} />
      <p class="legend">{groups.map(({ status, rows: of }) => <span key={status} class={`key ${toneOf(status)}`}>{statusName(status)} ({of.length})</span>)}</p>
      <p class="quiet-text"><small>{t('borders')}</small></p>
      {groups.length === 0 && <p>{t('nobody_that_day')}</p>}
      <div class="groups">
        {groups.map(({ status, rows: of }) => (
          <section key={status}>
            <h3>{statusName(status)}</h3>
            <ul class="bare">
              {of.map((row) => (
                <li key={row.party}>
                  <span>{row.name}</span> <small class="quiet-text">{[spanKnown(row.standing.span) ? spanInWords(row.standing.span) : '', row.standing.group,
                    ...row.standing.activities, row.standing.note].filter(Boolean).join(' · ')}</small>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
    </section>
  );
}

function spanKnown(span: { since: string; until: string } | undefined): boolean {
  return Boolean(span?.since || span?.until);
}

function Bodies({ bodies, known }: { bodies: Body[]; known: Known }) {
  const day = today();
  return (
    <section class="card">
      <h2>{t('bodies')}</h2>
      <ul class="bare bodies">
        {bodies.filter((one) => holdsOn(one.span, day)).map((body) => (
          <li key={body.name}>
            <h3><a href={linkTo(['roster', lastPart(body.name.split('/bodies/')[0] ?? ''), lastPart(body.name)])}>{body.title || lastPart(body.name)}</a> {body.adHoc && <Badge>{t('ad_hoc')}</Badge>}</h3>
            <p class="quiet-text">{[chairsOf(body, known), body.members.length > 0 && t('members_are', { who: formatList(body.members.map((one) => partyName(one, known.get(one)))) }), body.note].filter(Boolean).join(' · ')}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Chairs({ process, known }: { process: Process; known: Known }) {
  const all = [...process.chairs].reverse();
  if (all.length === 0) return null;
  return (
    <section class="card">
      <h2>{t('chairs')}</h2>
      <ol class="timeline">
        {all.map((one, index) => (
          <li key={index} class={one.current ? 'present' : 'past'}>
            <span class="when">{one.term || spanInWords(one.span)}</span>
            <span>{partyName(one.party, known.get(one.party))}{one.theme !== '' && <> – <bdi>{one.theme}</bdi></>}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Lines({ title, lines }: { title: string; lines: string[] }) {
  if (lines.length === 0) return null;
  return <section class="card"><h2>{title}</h2><ul class="lines">{lines.map((one) => <li key={one}><bdi>{one}</bdi></li>)}</ul></section>;
}
