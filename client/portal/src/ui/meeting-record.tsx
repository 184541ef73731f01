// The record of a meeting: the draft as far as one may see it, what is said to it, the names that it must not hold, and
// its adoption. Until then nobody takes it for what was agreed.
import { create } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { useState } from 'preact/hooks';
import { MeetingRecord_State, type CheckRecordReply, type MeetingRecord, type RecordComment } from '../gen/entente/v1/meeting_records_pb';
import { Handling, VisibilitySchema } from '../gen/entente/v1/types_pb';
import { currentLanguage, formatMoment, formatNumber, languageName, LANGUAGES, t } from '../i18n';
import { isNotFound } from '../lib/api';
import { when } from '../lib/clock';
import { meetingChanged } from '../lib/meetings';
import { lastPart, partyName, plainly, textIn } from '../lib/names';
import { findingKind, outcomeKind, piecesOf, records, textsOf } from '../lib/records';
import { linkToRecord } from '../lib/router';
import { me } from '../lib/session';
import { useCall } from '../lib/use-call';
import { useDraft } from '../lib/use-draft';
import type { Shown } from '../pages/meeting';
import { AudienceFields, WhoWillSee, type Chosen } from './audience';
import { Badge, Button, Dialog, Failed, Field, Notice, Waiting } from './basic';
import { Restored } from './restored';

export function MeetingRecordPanel({ shown, after }: { shown: Shown; after: () => void }) {
  const { meeting } = shown;
  const name = `${meeting.name}/record`;
  const writes = (meeting.keeps || meeting.presides) && !me()?.session.readOnly;
  const [opening, setOpening] = useState(false);
  const [writing, setWriting] = useState(false);
  const asked = useCall(meeting.hasRecord ? `${name} ${opening}` : null, async () => {
    try {
      return { record: opening ? await records.openRecord({ name }) : await records.getRecord({ name }), sealed: false };
    } catch (error) {
      if (isNotFound(error)) return { record: undefined, sealed: false };
      // What is restricted is opened with a receipt, and only when somebody asks for it.
      if (!opening && error instanceof ConnectError && error.code === Code.FailedPrecondition) return { record: undefined, sealed: true };
      throw error;
    }
  });
  if (!meeting.hasRecord && !writes) return null;
  const record = asked.data?.record;
  const saved = () => { setWriting(false); meetingChanged(); asked.retry(); after(); };
  const sealed = asked.data?.sealed === true;
  const ready = !meeting.hasRecord || (asked.data !== undefined && !sealed);
  return (
    <section class="card meeting-record" aria-label={t('record_of_meeting')}>
      <h2>{t('record_of_meeting')}</h2>
      {asked.error !== undefined && <Failed error={asked.error} retry={asked.retry} />}
      {meeting.hasRecord && !asked.data && asked.loading && <Waiting />}
      {sealed && <Notice tone="warn" action={<Button icon="eye" onClick={() => setOpening(true)}>{t('read')}</Button>}>{t('record_receipt')}</Notice>}
      {ready && !record && !writing && <p class="quiet-text">{t('no_record')}</p>}
      {record && !writing && <Written record={record} shown={shown} writes={writes} after={asked.retry} />}
      {ready && writes && record?.state !== MeetingRecord_State.ADOPTED && !writing &&
        <p class="actions"><Button icon="edit" onClick={() => setWriting(true)}>{record ? t('change_record') : t('write_record')}</Button></p>}
      {writing && <Write record={record} shown={shown} saved={saved} close={() => setWriting(false)} />}
    </section>
  );
}

function Written({ record, shown, writes, after }: { record: MeetingRecord; shown: Shown; writes: boolean; after: () => void }) {
  const [language, setLanguage] = useState(record.texts.find((one) => one.language === currentLanguage())?.language ?? record.texts[0]?.language ?? '');
  const adopted = record.state === MeetingRecord_State.ADOPTED;
  const checks = writes && !adopted && record.chathamHouse;
  const asked = useCall(checks ? `check ${record.name} ${record.revision}` : null, () => records.checkRecord({ name: record.name }));
  const findings = asked.data?.findings.filter((one) => one.language === language) ?? [];
  const lines = textsOf(record, language).split('\n');
  return (
    <>
      <p class="actions">
        {adopted ? <Badge tone="good">{t('record_adopted', { when: formatMoment(when(record.adoptedAt)) })}</Badge> : <Badge tone="warn">{t('record_draft')}</Badge>}
        {adopted && record.adoptedBy !== '' && <small class="quiet-text">{t('by', { who: lastPart(record.adoptedBy) })}</small>}
        <small class="quiet-text">{t('revision_n', { n: Number(record.revision) })}</small>
        {record.visibility?.handling === Handling.RESTRICTED && <Badge tone="warn">{t('handling_restricted')}</Badge>}
      </p>
      {record.texts.length > 1 && <div class="choice" role="group" aria-label={t('language')}>{record.texts.map((one) => <Button key={one.language} aria-pressed={one.language === language} onClick={() => setLanguage(one.language)}>{languageName(one.language)}</Button>)}</div>}
      <ol class="record-lines" dir="auto" lang={language || undefined}>{lines.map((line, index) => (
        <li key={index}><bdi>{piecesOf(plainly(line), findings.filter((one) => one.line === index + 1)).map((piece, at) => piece.found && !piece.found.setAside ? <mark key={at}>{piece.text}</mark> : piece.text)}</bdi></li>
      ))}</ol>
      {record.outcomes.length > 0 && <><h3>{t('outcomes')}</h3><ul class="lines">{record.outcomes.map((one, index) => (
        <li key={index}>{outcomeKind(one.kind)}: {one.document !== '' ? <a href={linkToRecord(one.document)}><bdi>{plainly(textIn(one.title)) || t('document')}</bdi></a> : <bdi>{plainly(textIn(one.title))}</bdi>}</li>
      ))}</ul></>}
      {asked.error !== undefined && <Failed error={asked.error} retry={asked.retry} />}
      {asked.data && <Findings reply={asked.data} record={record} presides={shown.meeting.presides} after={asked.retry} />}
      {!adopted && shown.meeting.presides && !me()?.session.readOnly && <Adopt record={record} open={asked.data?.open ?? 0} after={after} />}
      <Comments record={record} shown={shown} adopted={adopted} />
    </>
  );
}

// Each place that names somebody: to be mended in the text, or set aside by who presides, with the reason.
function Findings({ reply, record, presides, after }: { reply: CheckRecordReply; record: MeetingRecord; presides: boolean; after: () => void }) {
  const draft = useDraft(`set aside ${record.name}`, () => ({ chosen: [] as string[], because: '' }));
  const { because } = draft.form;
  const chosen = draft.form.chosen.filter((key) => reply.findings.some((one) => one.key === key && !one.setAside));
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  if (reply.findings.length === 0) return <Notice tone="good">{t('nothing_found')}</Notice>;
  const aside = async () => {
    setBusy(true);
    setError(undefined);
    await records.setAsideFindings({ name: record.name, keys: chosen, because }).then(() => { draft.discard(); after(); }, setError);
    setBusy(false);
  };
  return (
    <section class="findings" aria-label={t('findings')}>
      <h3>{t('findings')}</h3>
      <p class="quiet-text">{reply.open > 0 ? t('n_findings_open', { n: reply.open }) : t('no_findings_open')}</p>
      <ul class="bare rows">{reply.findings.map((one) => (
        <li key={one.key}>
          <span>{presides && !one.setAside ? <label><input type="checkbox" checked={chosen.includes(one.key)} onChange={() => draft.change({ chosen: chosen.includes(one.key) ? chosen.filter((key) => key !== one.key) : [...chosen, one.key] })} /> <mark>{plainly(one.word)}</mark></label> : <mark>{plainly(one.word)}</mark>}
            {' '}<small class="quiet-text">{findingKind(one.kind)} · {languageName(one.language)} · {t('at_line', { line: formatNumber(one.line) })}</small></span>
          {one.setAside ? <small><Badge tone="good">{t('set_aside')}</Badge> <bdi>{plainly(one.because)}</bdi></small> : <Badge tone="warn">{t('outcome_pending')}</Badge>}
        </li>
      ))}</ul>
      {presides && chosen.length > 0 && <form class="small-form" onSubmit={(event) => { event.preventDefault(); if (because.trim() !== '') void aside(); }}>
        <Field label={t('why')}>{(props) => <input {...props} required dir="auto" maxLength={400} value={because} onInput={(event) => draft.change({ because: event.currentTarget.value })} />}</Field>
        <Button type="submit" busy={busy} disabled={because.trim() === ''}>{t('set_aside_n', { n: chosen.length })}</Button>
      </form>}
      {error !== undefined && <Failed error={error} />}
    </section>
  );
}

function Adopt({ record, open, after }: { record: MeetingRecord; open: number; after: () => void }) {
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const adopt = async () => {
    setBusy(true);
    setError(undefined);
    await records.adoptRecord({ name: record.name, revision: record.revision }).then(() => { setAsking(false); meetingChanged(); after(); }, setError);
    setBusy(false);
  };
  return (
    <p class="actions">
      <Button kind="primary" icon="check" disabled={open > 0} onClick={() => { setError(undefined); setAsking(true); }}>{t('adopt')}</Button>
      {asking && (
        <Dialog title={t('adopt')} close={() => setAsking(false)}>
          <p>{t('adopt_hint')}</p>
          {error !== undefined && <Failed error={error} />}
          <div class="actions"><Button kind="primary" busy={busy} onClick={adopt}>{t('adopt_revision', { n: Number(record.revision) })}</Button><Button onClick={() => setAsking(false)}>{t('cancel')}</Button></div>
        </Dialog>
      )}
    </p>
  );
}

function Comments({ record, shown, adopted }: { record: MeetingRecord; shown: Shown; adopted: boolean }) {
  const draft = useDraft(`record comment ${record.name}`, () => ({ text: '', line: '' }));
  const { text, line } = draft.form;
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const asked = useCall(`comments ${record.name}`, async () => (await records.listRecordComments({ name: record.name })).comments);
  const send = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await records.commentOnRecord({ name: record.name, comment: { text: text.trim(), revision: record.revision, line: Number(line) || 0 } });
      draft.discard();
      asked.retry();
    } catch (failure) {
      setError(failure);
    }
    setBusy(false);
  };
  return (
    <section class="comments" aria-label={t('what_was_said')}>
      {(asked.data?.length ?? 0) > 0 && <h3>{t('what_was_said')}</h3>}
      {asked.error !== undefined && <Failed error={asked.error} retry={asked.retry} />}
      <ol class="timeline">{asked.data?.map((one) => <Comment key={String(one.number)} one={one} shown={shown} />)}</ol>
      {!adopted && !me()?.session.readOnly && <form class="small-form" onSubmit={(event) => { event.preventDefault(); if (text.trim() !== '') void send(); }}>
        <Field label={t('comment_on_record')} hint={t('comment_on_record_hint')}>{(props) => <textarea {...props} rows={3} dir="auto" maxLength={8_000} value={text} onInput={(event) => draft.change({ text: event.currentTarget.value })} />}</Field>
        <Field label={t('upload_line')} hint={t('line_hint')}>{(props) => <input {...props} type="number" min={1} value={line} onInput={(event) => draft.change({ line: event.currentTarget.value })} />}</Field>
        {error !== undefined && <Failed error={error} />}
        <Button type="submit" busy={busy} disabled={text.trim() === ''}>{t('send_comment')}</Button>
      </form>}
    </section>
  );
}

function Comment({ one, shown: { known, names } }: { one: RecordComment; shown: Shown }) {
  return (
    <li class="present">
      <span class="when">{formatMoment(when(one.recordedAt))} · {t('revision_n', { n: Number(one.revision) })}{one.line > 0 && ` · ${t('at_line', { line: formatNumber(one.line) })}`}</span>
      <span><bdi>{names.get(one.person) ?? lastPart(one.person || one.account)}</bdi>, {partyName(one.party, known.get(one.party))}</span>
      <p class="said" dir="auto">{plainly(one.text)}</p>
    </li>
  );
}

interface Form {
  language: string;
  text: string;
  revision: string;
  audience: Chosen;
  restricted: boolean;
}

// The draft or its next revision. What is typed outlasts a closed tab; who will see it stands beside it.
function Write({ record, shown: { meeting }, saved, close }: { record: MeetingRecord | undefined; shown: Shown; saved: () => void; close: () => void }) {
  const language = record?.texts[0]?.language ?? currentLanguage();
  const id = lastPart(meeting.process);
  const revision = String(record?.revision ?? 0n);
  const draft = useDraft(`record ${meeting.name}`, (): Form => ({
    language, text: record ? textsOf(record, language) : '', revision,
    audience: { anyOf: record?.visibility?.audience?.anyOf ?? [`process/${id}/chair`, `process/${id}/secretariat`], noneOf: record?.visibility?.audience?.noneOf ?? [] },
    restricted: record?.visibility?.handling === Handling.RESTRICTED }), (found) => found.revision === revision);
  const { form, change } = draft;
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const visibility = create(VisibilitySchema, { audience: form.audience, handling: form.restricted ? Handling.RESTRICTED : Handling.LIMITED });
  const save = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const others = record?.texts.filter((one) => one.language !== form.language).map(({ language, text }) => ({ language, text })) ?? [];
      await records.saveRecord({ meeting: meeting.name, record: { texts: [{ language: form.language, text: form.text }, ...others], outcomes: record?.outcomes ?? [], revision: record?.revision ?? 0n, visibility } });
      await draft.settle();
      saved();
    } catch (failure) {
      setError(failure);
    }
    setBusy(false);
  };
  const languages = [...new Set([form.language, ...record?.texts.map((one) => one.language) ?? [], ...Object.keys(LANGUAGES)])];
  const speak = (next: string) => change({ language: next, text: record?.texts.find((one) => one.language === next)?.text ?? (next === form.language ? form.text : '') });
  return (
    <form class="small-form write-record" onSubmit={(event) => { event.preventDefault(); if (form.text.trim() !== '') void save(); }}>
      <Restored of={draft} />
      <Field label={t('language')}>{(props) => <select {...props} value={form.language} onChange={(event) => speak(event.currentTarget.value)}>{languages.map((one) => <option key={one} value={one}>{languageName(one)}</option>)}</select>}</Field>
      <Field label={t('record_text')} hint={meeting.attribution === 2 ? undefined : t('chatham_house_hint')}>{(props) => <textarea {...props} rows={12} dir="auto" lang={form.language} required value={form.text} onInput={(event) => change({ text: event.currentTarget.value })} />}</Field>
      <AudienceFields process={meeting.process} chosen={form.audience} choose={(audience) => change({ audience })} />
      <label><input type="checkbox" checked={form.restricted} onChange={(event) => change({ restricted: event.currentTarget.checked })} /> {t('handling_restricted')}: {t('record_restricted_hint')}</label>
      <WhoWillSee visibility={visibility} process={meeting.process} told={() => undefined} />
      {error !== undefined && <Failed error={error} />}
      <div class="actions"><Button type="submit" kind="primary" busy={busy} disabled={form.text.trim() === '' || form.audience.anyOf.length === 0}>{t('save_record')}</Button><Button onClick={close}>{t('cancel')}</Button></div>
    </form>
  );
}
