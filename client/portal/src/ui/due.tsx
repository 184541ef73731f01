// What waits for the reader, and what has happened that they may see: below the search, where nobody has typed yet.
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Reminder_Kind, type Reminder } from '../gen/entente/v1/directory_pb';
import { Calendar_State } from '../gen/entente/v1/comparison_pb';
import { formatAgo, formatCivil, listed, t } from '../i18n';
import type { MessageKey } from '../i18n/en';
import { allPages, directory, isNotFound, ledger } from '../lib/api';
import { decodeEntry, type Entry } from '../lib/ledger';
import { comparison } from '../lib/figures';
import { meetings, nextOfMine, titleOfMeeting, useMyNext } from '../lib/meetings';
import { lastPart, partyName, plainly, processName, textIn } from '../lib/names';
import { hasPage, linkTo, linkToRecord } from '../lib/router';
import { me } from '../lib/session';
import { dataflows } from '../lib/structures';
import { useCall } from '../lib/use-call';
import { circulations, documents, inbox, titleOf, waitsForMe } from '../lib/documents';
import { partiesNamed } from '../lib/people';
import { CirculationRow, partyOfAccount, subjectOf } from '../pages/inbox';
import { Badge, Button, Failed, Waiting } from './basic';
import { Invitations } from './meeting-row';

const KINDS = { [Reminder_Kind.KIND_UNSPECIFIED]: 'due_confirm', [Reminder_Kind.CONFIRM_OWN]: 'due_confirm_own', [Reminder_Kind.CONFIRM_OTHER]: 'due_confirm',
  [Reminder_Kind.ANSWER_CONTACT_TEST]: 'due_contact_test' } as const;

const SHOWN = 5;
const REPORTS_SHOWN = 6;

// What was sent and wants a word, the nearest deadline first. `none`: what stands there if there is nothing.
// `there`: told once they stand, so that nothing above what is read moves it.
function Waits({ none, there }: { none: VNode | false; there: () => void }) {
  const asked = useCall('waits', async () => {
    const rows = (await inbox()).filter(waitsForMe);
    const by = (one: (typeof rows)[number]) => Number(one.deadline?.seconds ?? 1n << 50n);
    return { rows: rows.sort((a, b) => by(a) - by(b)), known: await partiesNamed(rows.slice(0, SHOWN).map((one) => partyOfAccount(one.sender))) };
  });
  useEffect(() => { if (asked.data || asked.error !== undefined) there(); }, [asked.data, asked.error]);
  if (asked.error !== undefined) return <Failed error={asked.error} retry={asked.retry} />;
  if (!asked.data) return <Waiting />;
  const { rows, known } = asked.data;
  if (rows.length === 0) return none || null;
  return (
    <>
      <ul class="people mail">{rows.slice(0, SHOWN).map((one) => <CirculationRow key={one.name} circulation={one} known={known} mine={false} />)}</ul>
      {rows.length > SHOWN && <p><a href={linkTo(['inbox'])}>{t('n_circulations', { n: rows.length })}</a></p>}
    </>
  );
}

// What the reader's party has to report, and has not: what is late first.
function Reports() {
  const party = me()?.session.party ?? '';
  const invitations = useMyNext(); // stand above
  const asked = useCall(party === '' ? null : `calendar ${party}`, async () => {
    const rows = (await comparison.getCalendar({ party })).rows
      .filter((one) => one.state === Calendar_State.DUE || one.state === Calendar_State.LATE).sort((a, b) => b.state - a.state || (a.dueOn < b.dueOn ? -1 : 1));
    const known = new Map(rows.length === 0 ? [] : (await dataflows()).flatMap(({ dataflow }) => dataflow ? [[dataflow.name, dataflow] as const] : []));
    return rows.slice(0, REPORTS_SHOWN).map((row) => ({ row, flow: known.get(row.dataflow) }));
  });
  if (asked.error !== undefined) return <Failed error={asked.error} retry={asked.retry} />;
  if (!asked.data || asked.data.length === 0 || (!invitations.data && invitations.error === undefined)) return null;
  return (
    <ul class="bare rows reports">
      {asked.data.map(({ row: one, flow }) => (
        <li key={`${one.dataflow} ${one.area} ${one.period}`}>
          <span>{t('report_figures')} <a href={linkToRecord(one.dataflow)}>{textIn(flow?.title) || lastPart(one.dataflow)}</a>
            {' '}<small class="quiet-text">{flow && `${processName(flow.process)} · `}{one.period}</small></span>
          {one.state === Calendar_State.LATE ? <Badge tone="bad">{t('late_days', { n: one.daysLate })}</Badge> : <Badge>{formatCivil(one.dueOn)}</Badge>}
        </li>
      ))}
    </ul>
  );
}

export function Due() {
  const asked = useCall('reminders', () => allPages((pageToken) => directory.listReminders({ pageSize: 1000, pageToken }), (reply) => reply.reminders));
  const [error, setError] = useState<unknown>();
  const [stands, setStands] = useState(false);
  const answer = async (one: Reminder) => {
    setError(undefined);
    const act = one.kind === Reminder_Kind.ANSWER_CONTACT_TEST ? directory.answerContactTest({ name: one.object }) : directory.confirmPerson({ name: one.object });
    await act.then(() => asked.set(asked.data?.filter((other) => other !== one) ?? []), setError);
  };
  return (
    <section class="card">
      <h2>{t('due')}</h2>
      <Waits none={asked.data?.length === 0 && <p class="quiet-text">{t('nothing_due')}</p>} there={() => setStands(true)} />
      {stands && <><Invitations /><Reports /></>}
      {asked.error !== undefined && <Failed error={asked.error} retry={asked.retry} />}
      {error !== undefined && <Failed error={error} />}
      {!asked.data && asked.loading && <Waiting />}
      <ul class="bare rows">
        {stands && asked.data?.slice(0, 12).map((one) => (
          <li key={one.object + one.kind}>
            <span>{t(KINDS[one.kind])} <a href={linkToRecord(one.person)}>{lastPart(one.person)}</a></span>
            <Button onClick={() => answer(one)}>{one.kind === Reminder_Kind.ANSWER_CONTACT_TEST ? t('it_reaches_me') : t('still_right')}</Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

// What such an object is called: a paper and a body by its title, what was sent by its papers', all else by its id.
async function calledBy(name: string): Promise<string> {
  const [collection = '', id = ''] = name.split('/');
  try {
    if (collection === 'documents') return titleOf(await documents.getDocument({ name: `documents/${id}` }));
    if (collection === 'meetings') return titleOfMeeting((await nextOfMine()).find((one) => one.name === name) ?? await meetings.getMeeting({ name }));
    if (name.includes('/bodies/')) return `${processName(`processes/${id}`)}, ${plainly((await directory.getBody({ name })).title) || lastPart(name)}`;
    if (collection === 'processes') return processName(name);
    if (collection === 'circulations') return subjectOf(await circulations.getCirculation({ name: `circulations/${id}` }));
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  return id || name;
}

const ACTS: Record<string, MessageKey> = {
  'documents.document.create': 'act_brought', 'documents.document.revise': 'act_changed', 'documents.document.withdraw': 'act_withdrawn', 'documents.document.destroy': 'act_destroyed',
  'documents.circulation.send': 'act_sent', 'documents.circulation.respond': 'act_answered', 'documents.circulation.recall': 'act_recalled', 'documents.circulation.remind': 'act_reminded', 'documents.circulation.adopt': 'outcome_adopted', 'documents.circulation.lapse': 'outcome_lapsed',
  'statistics.upload': 'act_figures', 'meetings.meeting.create': 'act_planned', 'meetings.meeting.update': 'act_changed', 'meetings.meeting.cancel': 'act_cancelled',
  'meetings.participant.invite': 'act_invited', 'meetings.participant.register': 'act_registered', 'meetings.record.save': 'act_record', 'meetings.record.adopt': 'act_adopted', 'meetings.record.comment': 'act_answered',
  'directory.person.update': 'act_changed', 'directory.person.confirm': 'act_confirmed', 'directory.office.hand_over': 'act_handed_over',
};
// An act that has no words of its own is at least something new, or a change.
const actInWords = (kind: string) => t(ACTS[kind] ?? (/\.(create|define|import|put|propose)$/.test(kind) ? 'act_new' : 'act_changed'));

const PIECE = 12n; // entries asked for at once: their proofs come along, so no more than are mostly enough

export function News() {
  const asked = useCall('news', async () => {
    const { size } = await ledger.getCheckpoint({});
    const found: Entry[] = [];
    // The newest that can be seen, of what others did.
    for (let to = size; to > 0n && size - to < 1_000n && found.length < 8;) {
      const from = to > PIECE ? to - PIECE : 0n;
      const { rows } = await ledger.listEntries({ from, to, pageSize: Number(PIECE) });
      found.push(...rows.reverse().flatMap((row) => row.entry ? decodeEntry(row.canonical) ?? [] : [])
        .filter((one) => one.account !== me()?.session.account && !/^(session|identity|network|ledger|operator)\.|\.read$/.test(one.kind) && one.object !== ''));
      to = from;
    }
    // Of one thing what happened last.
    const last = found.filter((one, index) => found.findIndex((other) => other.object === one.object) === index);
    // Each is asked for once: of a meeting there is news of each who comes.
    const titles = new Map<string, Promise<string>>();
    const titleFor = (object: string) => {
      const thing = object.includes('/bodies/') ? object : object.split('/', 2).join('/');
      const title = titles.get(thing) ?? calledBy(thing);
      titles.set(thing, title);
      return title;
    };
    return Promise.all(last.slice(0, 8).map(async (entry) => ({ entry, title: await titleFor(entry.object) })));
  });
  return (
    <section class="card">
      <h2>{t('news')}</h2>
      {asked.error !== undefined && <Failed error={asked.error} retry={asked.retry} />}
      {!asked.data && asked.loading && <Waiting />}
      {asked.data?.length === 0 && <p class="quiet-text">{t('no_news')}</p>}
      <ul class="bare rows news">
        {asked.data?.map(({ entry: one, title }) => (
          <li key={String(one.index)}>
            <span>{hasPage(one.object) ? <a href={linkToRecord(one.object)}><bdi>{title}</bdi></a> : <bdi>{title}</bdi>} <small class="quiet-text">{actInWords(one.kind)}</small></span>
            <small class="quiet-text">{listed([...one.party ? [partyName(one.party)] : [], formatAgo(one.time)])}</small>
          </li>
        ))}
      </ul>
    </section>
  );
}
