// One thing that was sent around: the note, the papers, what is asked and until when; the reader's word to it, what
// others have said, and to its sender who has opened it.
import { useState } from 'preact/hooks';
import { Circulation_Ask, Circulation_Outcome, Response_Kind, type Circulation, type Response } from '../gen/entente/v1/circulations_pb';
import { HeldDuty_Duty } from '../gen/entente/v1/session_pb';
import { formatMoment, languageName, t } from '../i18n';
import type { MessageKey } from '../i18n/en';
import { isNotFound } from '../lib/api';
import { when } from '../lib/clock';
import { askName, circulations, outcomeName, titleOf } from '../lib/documents';
import { hex } from '../lib/ledger';
import { lastPart, partyName, plainly, processName, textIn } from '../lib/names';
import { namesIn, parties } from '../lib/people';
import { linkTo, linkToRecord, type Place } from '../lib/router';
import { holds, me } from '../lib/session';
import type { Party } from '../lib/types';
import { useCall } from '../lib/use-call';
import { useDraft } from '../lib/use-draft';
import { Badge, Button, Dialog, Failed, Field, Notice, PageTitle, Waiting } from '../ui/basic';
import { PersonLink } from '../ui/board';
import { Countdown } from '../ui/countdown';
import { RecordPanel } from '../ui/record-panel';
import { DocumentRow } from './documents';
import { partyOfAccount, subjectOf } from './inbox';

type Known = Map<string, Party>;
const SAID: Record<Response_Kind, MessageKey> = {
  [Response_Kind.KIND_UNSPECIFIED]: 'said_comment',
  [Response_Kind.ACKNOWLEDGE]: 'said_acknowledged',
  [Response_Kind.COMMENT]: 'said_comment',
  [Response_Kind.BREAK_SILENCE]: 'said_broke',
  [Response_Kind.DONE]: 'said_done',
};

export function CirculationPage({ place }: { place: Place }) {
  const name = 'circulations/' + (place.parts[1] ?? '');
  const asked = useCall(name, async () => {
    const [circulation, { responses }, known] = await Promise.all([circulations.getCirculation({ name }), circulations.listResponses({ name }), parties()]);
    return { circulation, responses, known, names: await namesIn(circulation.process) };
  });
  if (!asked.data) {
    return asked.error === undefined ? <Waiting lines={8} />
      : <section class="page"><h1 tabIndex={-1}>{isNotFound(asked.error) ? t('error_not_found') : t('circulation')}</h1><Failed error={asked.error} retry={asked.retry} /></section>;
  }
  const { circulation: one, responses, known, names } = asked.data;
  const from = partyOfAccount(one.sender);
  const mine = from === me()?.session.party;
  const note = plainly(textIn(one.note));
  return (
    <section class="page circulation-page">
      <PageTitle above={<a href={linkTo(['inbox'])}>{t('inbox')}</a>}><bdi>{subjectOf(one)}</bdi></PageTitle>
      <p class="actions"><Badge tone="accent">{askName(one.ask)}</Badge>{one.recalledAt && <Badge tone="warn">{t('recalled')}</Badge>}
        <span class="quiet-text">{t('sent_by', { who: partyName(from, known.get(from)), when: formatMoment(when(one.sentAt)) })} · <a href={linkToRecord(one.process)}>{processName(one.process)}</a></span></p>
      <Deadline one={one} />
      {note !== '' && <blockquote class="note"><p dir="auto">{note}</p></blockquote>}
      <h2>{t('papers')}</h2>
      <ul class="people papers">{one.shown.map((document) => <DocumentRow key={document.name} document={document} known={known} />)}</ul>
      <Sent one={one} />
      {!mine && !one.recalledAt && !me()?.session.readOnly && <MyWord one={one} after={asked.retry} />}
      <Said responses={responses} known={known} names={names} />
      {(mine || holds(HeldDuty_Duty.SECRETARIAT, one.process)) && <Recipients one={one} known={known} names={names} mine={mine} after={asked.retry} />}
      <RecordPanel name={name} />
    </section>
  );
}

function Deadline({ one }: { one: Circulation }) {
  const adopted = one.outcome === Circulation_Outcome.ADOPTED;
  const settled = adopted || one.outcome === Circulation_Outcome.SILENCE_BROKEN || one.outcome === Circulation_Outcome.LAPSED;
  if (!one.deadline || (one.recalledAt && !settled)) return null;
  return (
    <Notice tone={adopted ? 'good' : settled ? 'warn' : 'neutral'}
      title={settled ? outcomeName(one.outcome) : one.ask === Circulation_Ask.APPROVAL_BY_SILENCE ? t('silence_until') : t('answer_until')}>
      {!settled && <Countdown until={when(one.deadline)} />}
      {settled && formatMoment(when(one.deadline))}
      {one.ask === Circulation_Ask.APPROVAL_BY_SILENCE && !settled && <p>{t('silence_hint')}</p>}
    </Notice>
  );
}

// What a silence adopts, or has: the texts as they were sent, whatever the documents hold now.
function Sent({ one }: { one: Circulation }) {
  if (one.sent.length === 0) return null;
  const titles = new Map(one.shown.map((document) => [document.name, titleOf(document)]));
  return (
    <section class="card texts">
      <h2>{one.outcome === Circulation_Outcome.ADOPTED ? t('text_adopted') : t('text_as_sent')}</h2>
      <ul class="bare rows">
        {one.sent.map((sent) => (
          <li key={sent.name}><span><bdi>{titles.get(sent.name.split('/revisions/')[0] ?? '')}</bdi> {sent.changed && <Badge tone="warn">{t('text_changed')}</Badge>}
            {sent.texts.map((text) => <small key={text.language} class="quiet-text"><br />{languageName(text.language)} · SHA-256 <code class="digest" title={hex(text.sha256)}>{hex(text.sha256).slice(0, 16)}…</code></small>)}</span></li>
        ))}
      </ul>
    </section>
  );
}

// Acknowledge, comment, break the silence, say that it is done. What is typed outlasts a closed tab.
function MyWord({ one, after }: { one: Circulation; after: () => void }) {
  const draft = useDraft(`comment ${one.name}`, () => ({ text: '' }));
  const { text } = draft.form;
  const [busy, setBusy] = useState(0);
  const [error, setError] = useState<unknown>();
  const [breaking, setBreaking] = useState(false);
  const say = async (kind: Response_Kind, words = '') => {
    setBusy(kind);
    setError(undefined);
    try {
      await circulations.respond({ name: one.name, response: { kind, text: words } });
      if (words !== '') draft.discard();
      setBreaking(false);
      after();
    } catch (failure) {
      setError(failure);
    }
    setBusy(0);
  };
  const silent = one.ask === Circulation_Ask.APPROVAL_BY_SILENCE && one.outcome === Circulation_Outcome.PENDING;
  return (
    <section class="card my-word">
      <h2>{t('my_word')}</h2>
      <p class="actions">
        {one.acknowledgedAt ? <Badge tone="good">{t('acknowledged_at', { when: formatMoment(when(one.acknowledgedAt)) })}</Badge>
          : <Button kind="primary" icon="check" busy={busy === Response_Kind.ACKNOWLEDGE} onClick={() => say(Response_Kind.ACKNOWLEDGE)}>{t('acknowledge')}</Button>}
        {one.ask === Circulation_Ask.ACTION && <Button icon="check" busy={busy === Response_Kind.DONE} onClick={() => say(Response_Kind.DONE)}>{t('it_is_done')}</Button>}
        {silent && <Button kind="danger" icon="warning" onClick={() => setBreaking(true)}>{t('break_silence')}</Button>}
      </p>
      <form onSubmit={(event) => { event.preventDefault(); if (text.trim() !== '') void say(Response_Kind.COMMENT, text.trim()); }}>
        <Field label={t('comment')} hint={t('comment_hint')}>{(props) => <textarea {...props} rows={4} dir="auto" maxLength={16_000} value={text} onInput={(event) => draft.change({ text: event.currentTarget.value })} />}</Field>
        <Button type="submit" busy={busy === Response_Kind.COMMENT} disabled={text.trim() === ''}>{t('send_comment')}</Button>
      </form>
      {error !== undefined && !breaking && <Failed error={error} />}
      {breaking && (
        <Dialog title={t('break_silence')} close={() => setBreaking(false)}>
          <p>{t('break_silence_hint')}</p>
          <Field label={t('why')}>{(props) => <textarea {...props} rows={4} dir="auto" maxLength={16_000} value={text} onInput={(event) => draft.change({ text: event.currentTarget.value })} />}</Field>
          {error !== undefined && <Failed error={error} />}
          <div class="actions"><Button kind="danger" busy={busy === Response_Kind.BREAK_SILENCE} onClick={() => say(Response_Kind.BREAK_SILENCE, text.trim())}>{t('break_silence')}</Button>
            <Button onClick={() => setBreaking(false)}>{t('cancel')}</Button></div>
        </Dialog>
      )}
    </section>
  );
}

function Said({ responses, known, names }: { responses: Response[]; known: Known; names: Map<string, string> }) {
  if (responses.length === 0) return null;
  return (
    <section class="card">
      <h2>{t('what_was_said')}</h2>
      <ol class="timeline">
        {responses.map((one) => (
          <li key={String(one.number)} class={one.kind === Response_Kind.BREAK_SILENCE ? 'present broken' : 'present'}>
            <span class="when">{formatMoment(when(one.recordedAt))} · {partyName(one.party, known.get(one.party))}</span>
            <span>{one.person ? <PersonLink name={one.person} names={names} /> : lastPart(one.account)} {t(SAID[one.kind])}</span>
            {one.text !== '' && <p class="said" dir="auto">{plainly(one.text)}</p>}
          </li>
        ))}
      </ol>
    </section>
  );
}

// To the sender and the secretariat: who has opened it, acknowledged, commented, and who has not.
function Recipients({ one, known, names, mine, after }: { one: Circulation; known: Known; names: Map<string, string>; mine: boolean; after: () => void }) {
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState('');
  const act = async (what: 'remind' | 'recall') => {
    setBusy(what);
    setError(undefined);
    await circulations[what]({ name: one.name }).then(after, setError);
    setBusy('');
  };
  const opened = one.recipients.filter((row) => row.openedAt).length;
  const waits = one.ask !== Circulation_Ask.APPROVAL_BY_SILENCE || one.outcome === Circulation_Outcome.PENDING; // of a silence that is over nobody is reminded
  const rows = [...one.recipients].sort((a, b) => Number(Boolean(b.openedAt)) - Number(Boolean(a.openedAt)) || (a.party < b.party ? -1 : 1));
  const mark = (yes: boolean, words: string) => yes ? words : <span class="quiet-text" aria-label={t('not_yet')}>–</span>;
  return (
    <section class="card board">
      <h2>{t('circulation_board')}</h2>
      <p>{t('opened_of', { n: opened, all: one.recipients.length + one.recipientsUnnamed })}
        {one.remindedAt && ` · ${t('reminded_at', { when: formatMoment(when(one.remindedAt)) })}`}</p>
      <meter min={0} max={Math.max(1, one.recipients.length)} value={opened} aria-label={t('opened_of', { n: opened, all: one.recipients.length })} />
      <div class="scroll" tabIndex={0} role="region" aria-label={t('circulation_board')}>
        <table class="sheet">
          <thead><tr><th scope="col">{t('person')}</th><th scope="col">{t('party')}</th><th scope="col">{t('opened')}</th><th scope="col">{t('acknowledged')}</th><th scope="col">{t('answers')}</th></tr></thead>
          <tbody>{rows.map((row) => (
            <tr key={row.person}><th scope="row"><PersonLink name={row.person} names={names} /></th><td>{partyName(row.party, known.get(row.party))}</td>
              <td>{mark(Boolean(row.openedAt), formatMoment(when(row.openedAt)))}</td><td>{mark(Boolean(row.acknowledgedAt), formatMoment(when(row.acknowledgedAt)))}</td>
              <td>{row.brokeSilence && <Badge tone="bad">{t('said_broke')}</Badge>}{row.done && <Badge tone="good">{t('said_done')}</Badge>}{row.comments > 0 && <Badge>{t('n_comments', { n: row.comments })}</Badge>}
                {!row.brokeSilence && !row.done && row.comments === 0 && mark(false, '')}</td></tr>
          ))}</tbody>
        </table>
      </div>
      {one.recipientsUnnamed > 0 && <p class="quiet-text">{t('n_unnamed', { n: one.recipientsUnnamed })}</p>}
      {error !== undefined && <Failed error={error} />}
      {mine && !one.recalledAt && <p class="actions">{waits && <Button icon="mail" busy={busy === 'remind'} onClick={() => act('remind')}>{t('remind')}</Button>}
        <Button kind="danger" busy={busy === 'recall'} onClick={() => act('recall')}>{t('recall')}</Button></p>}
    </section>
  );
}
