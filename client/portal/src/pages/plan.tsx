// A meeting planned, or changed: when and where by the clock there, of whom, what is on the agenda with which papers, and
// who will see it, told while one chooses. Only the secretariat of its process comes here; the server decides.
import { create, toJsonString } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { useState } from 'preact/hooks';
import type { Reckoning } from '../gen/entente/v1/access_pb';
import { MeetingSchema, Meeting_Attribution, Meeting_Level, Meeting_State, type Meeting } from '../gen/entente/v1/meetings_pb';
import { HeldDuty_Duty } from '../gen/entente/v1/session_pb';
import { Handling, VisibilitySchema } from '../gen/entente/v1/types_pb';
import { collator, currentLanguage, formatNumber, LANGUAGES, languageName, t } from '../i18n';
import { when } from '../lib/clock';
import { documents, handlingName, titleOf } from '../lib/documents';
import { hex } from '../lib/ledger';
import { levelName, meetingChanged, meetings, titleOfMeeting } from '../lib/meetings';
import { lastPart, partyName, plainly, processName, textIn } from '../lib/names';
import { participationsOf, standingOn, today } from '../lib/participations';
import { bodiesOf, namesIn, parties } from '../lib/people';
import { go, linkTo, linkToRecord, type Place } from '../lib/router';
import { me } from '../lib/session';
import { useCall } from '../lib/use-call';
import { useDraft } from '../lib/use-draft';
import { AgendaFields, AddTo, type Choices, type ItemForm } from '../ui/agenda-fields';
import { AudienceFields, WhoWillSee, type Chosen } from '../ui/audience';
import { Button, Dialog, Failed, Field, Notice, PageTitle, Waiting } from '../ui/basic';
import { NotSaved, useChange, ZoneInput } from '../ui/change';
import { Restored } from '../ui/restored';

interface Form {
  process: string;
  body: string;
  language: string;
  title: string;
  place: string;
  description: string;
  level: Meeting_Level;
  tentative: boolean;
  wholeDays: boolean;
  starts: string;
  ends: string;
  zone: string;
  chairs: string[];
  topics: string;
  until: string; // the browser's own clock
  attribution: Meeting_Attribution;
  discreet: boolean;
  agenda: ItemForm[];
  audience: Chosen;
  handling: Handling;
  tried: { once: string; said: string } | null; // what was sent, and may have been made though no answer came
}
const LEVELS = [Meeting_Level.TECHNICAL, Meeting_Level.SENIOR_OFFICIALS, Meeting_Level.MINISTERIAL];
const HANDLINGS = [Handling.OPEN, Handling.LIMITED];

const mineToKeep = () => [...new Set(me()?.session.duties.filter((one) => one.duty === HeldDuty_Duty.SECRETARIAT && one.process !== '').map((one) => one.process) ?? [])];
const usualAudience = (process: string): Chosen => ({ anyOf: ['members', 'chair', 'secretariat'].map((one) => `process/${lastPart(process)}/${one}`), noneOf: [] });
// As a field of the browser has it, by the browser's own clock.
function localOf(at: Date): string {
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

// An hour later by the same clock; of a whole day, that day.
function hourAfter(local: string): string {
  return local.includes('T') ? new Date(Date.parse(`${local.slice(0, 16)}Z`) + 3_600_000).toISOString().slice(0, 16) : local;
}

function formOf(meeting: Meeting | undefined): Form {
  // Of what is there, in a language that it is said in: no title is asked for twice.
  const spoken = Object.keys(meeting?.title?.byLanguage ?? {});
  const language = spoken.length === 0 || spoken.includes(currentLanguage()) ? currentLanguage() : spoken.includes('en') ? 'en' : spoken[0] ?? 'en';
  const process = meeting?.process ?? mineToKeep()[0] ?? '';
  const said = (text: Meeting['title']) => text?.byLanguage[language] ?? '';
  return {
    process, body: meeting?.body ?? '', language, title: said(meeting?.title), place: said(meeting?.place), description: said(meeting?.description),
    level: meeting?.level || Meeting_Level.TECHNICAL, tentative: meeting?.state === Meeting_State.TENTATIVE, wholeDays: meeting ? !meeting.startsLocal.includes('T') : false,
    starts: meeting?.startsLocal ?? '', ends: meeting?.endsLocal ?? '', zone: meeting?.timeZone || Intl.DateTimeFormat().resolvedOptions().timeZone, chairs: meeting?.chairs ?? [],
    topics: meeting?.topics.join(', ') ?? '', until: meeting?.registrationUntil ? localOf(when(meeting.registrationUntil)) : '',
    attribution: meeting?.attribution || Meeting_Attribution.CHATHAM_HOUSE, discreet: meeting?.discreet ?? false,
    agenda: meeting?.agenda.map((one) => ({ id: one.id, title: said(one.title), starts: one.startsLocal, minutes: one.minutes === 0 ? '' : String(one.minutes), lead: one.lead, documents: one.documents, discreet: one.discreet })) ?? [],
    audience: meeting?.visibility?.audience ? { anyOf: meeting.visibility.audience.anyOf, noneOf: meeting.visibility.audience.noneOf } : usualAudience(process),
    handling: meeting?.visibility?.handling || Handling.LIMITED,
    tried: null,
  };
}

const visibilityOf = (form: Form) => create(VisibilitySchema, { audience: form.audience, handling: form.handling });

// What was said in other languages stays as it is.
function meetingOf(form: Form, before: Meeting | undefined): Meeting {
  const text = (was: Meeting['title'], words: string) => {
    const { [form.language]: _, ...others } = was?.byLanguage ?? {};
    return { byLanguage: words.trim() === '' ? others : { ...others, [form.language]: words.trim() } };
  };
  const items = new Map(before?.agenda.map((one) => [one.id, one]));
  return create(MeetingSchema, {
    name: before?.name ?? '', revision: before?.revision ?? 0n, process: form.process, body: form.body, series: before?.series ?? '',
    title: text(before?.title, form.title), place: text(before?.place, form.place), description: text(before?.description, form.description),
    level: form.level, state: form.tentative ? Meeting_State.TENTATIVE : Meeting_State.PLANNED, startsLocal: form.starts, endsLocal: form.ends, timeZone: form.zone.trim(), chairs: form.chairs,
    topics: form.topics.split(',').map((one) => one.trim()).filter(Boolean), attribution: form.attribution, discreet: form.discreet, visibility: visibilityOf(form),
    ...(form.until !== '' && { registrationUntil: timestampFromDate(new Date(form.until)) }),
    agenda: form.agenda.map((one) => ({ id: one.id, title: text(items.get(one.id)?.title, one.title), startsLocal: one.starts, minutes: Number(one.minutes) || 0, lead: one.lead, documents: one.documents, discreet: one.discreet })),
  });
}

// `plan`: a new one. `plan/<id>`: what is there, changed.
export function PlanPage({ place }: { place: Place }) {
  const id = place.parts[1];
  const asked = useCall(`plan ${id ?? ''}`, async () => id ? await meetings.getMeeting({ name: `meetings/${id}` }) : null);
  const title = id ? t('change_meeting') : t('plan_meeting');
  if (asked.data === undefined) return asked.error === undefined ? <Waiting lines={8} /> : <section class="page"><h1 tabIndex={-1}>{title}</h1><Failed error={asked.error} retry={asked.retry} /></section>;
  const meeting = asked.data ?? undefined;
  return (
    <section class="page bring plan">
      <PageTitle above={<a href={linkTo(['meetings'])}>{t('meetings')}</a>} aside={meeting && meeting.state !== Meeting_State.CANCELLED && <CancelMeeting meeting={meeting} />}>{title}</PageTitle>
      {meeting && <p class="lead"><a href={linkToRecord(meeting.name)}><bdi>{titleOfMeeting(meeting)}</bdi></a></p>}
      {(meeting ? meeting.keeps : mineToKeep().length > 0) ? <PlanForm meeting={meeting} /> : <Notice tone="warn">{t('error_not_yours')}</Notice>}
    </section>
  );
}

function useChoices(process: string) {
  return useCall(process === '' ? null : `plan of ${process}`, async (): Promise<Choices & { bodies: { name: string; title: string }[] }> => {
    const [members, known, names, papers, bodies] = await Promise.all([participationsOf(process), parties(), namesIn(process), documents.listDocuments({ process, pageSize: 200 }),
      bodiesOf(process)]);
    const day = today();
    const codes = members.filter((one) => standingOn(one, day)).map((one) => one.party);
    return {
      parties: codes.map((name) => ({ name, title: partyName(name, known.get(name)) })).sort((a, b) => collator().compare(a.title, b.title)),
      papers: papers.documents.map((one) => ({ name: one.name, title: titleOf(one) })),
      named: (name) => name.startsWith('persons/') ? names.get(name) ?? lastPart(name) : partyName(name, known.get(name)),
      bodies: bodies.map((one) => ({ name: one.name, title: plainly(one.title) || lastPart(one.name) })),
    };
  });
}

function PlanForm({ meeting }: { meeting: Meeting | undefined }) {
  const changing = useChange(meeting, () => meetings.getMeeting({ name: meeting?.name ?? '' }));
  const { base, busy } = changing;
  const draft = useDraft(meeting ? `plan ${meeting.name}` : 'plan', () => formOf(base));
  const { form, change } = draft;
  const [readers, setReaders] = useState<Reckoning>();
  const choices = useChoices(form.process);
  const done = async (to: string) => {
    await draft.settle();
    go(to, 'replace');
  };
  const inWrongOrder = form.starts !== '' && form.ends !== '' && (form.wholeDays ? form.ends < form.starts : form.ends <= form.starts);
  // The same word for the same meeting, so that it is not made twice; kept with the draft.
  const onceOf = (next: Meeting): string => {
    const said = toJsonString(MeetingSchema, next);
    const tried = form.tried?.said === said ? form.tried : { said, once: hex(crypto.getRandomValues(new Uint8Array(16))) };
    change({ tried });
    return tried.once;
  };
  const save = async (event: SubmitEvent) => {
    event.preventDefault();
    if (inWrongOrder) return;
    await changing.save(async () => {
      const next = meetingOf(form, base);
      const kept = base ? await meetings.updateMeeting({ meeting: next }) : await meetings.createMeeting({ meeting: next, once: onceOf(next) });
      meetingChanged();
      await done(linkToRecord(kept.name));
    });
  };
  const days = (wholeDays: boolean) => {
    const as = (local: string, clock: string) => local === '' ? '' : wholeDays ? local.slice(0, 10) : `${local.slice(0, 10)}T${clock}`;
    change({ wholeDays, starts: as(form.starts, '09:00'), ends: as(form.ends, '17:00'), ...(wholeDays && { agenda: form.agenda.map((one) => ({ ...one, starts: '' })) }) });
  };
  const text = (key: 'title' | 'place' | 'description' | 'topics') => (event: { currentTarget: HTMLInputElement | HTMLTextAreaElement }) => change({ [key]: event.currentTarget.value });
  const speak = (language: string) => {
    const said = (was: Meeting['title']) => was?.byLanguage[language] ?? '';
    const items = new Map(base?.agenda.map((one) => [one.id, one]));
    change(base ? { language, title: said(base.title), place: said(base.place), description: said(base.description), agenda: form.agenda.map((one) => ({ ...one, title: items.has(one.id) ? said(items.get(one.id)?.title) : one.title })) } : { language });
  };
  const time = form.wholeDays ? 'date' : 'datetime-local';
  return (
    <form class="columns" onSubmit={save}>
      <div class="stack"><div class="card">
        <Restored of={draft} />
        <Field label={t('title')} hint={base && !form.title ? textIn(base.title) : undefined}>{(props) => <input {...props} required dir="auto" maxLength={300} value={form.title} onInput={text('title')} />}</Field>
        <div class="periods">
          <Field label={t('process')}>{(props) => <select {...props} required disabled={base !== undefined} value={form.process} onChange={(event) => change({ process: event.currentTarget.value, body: '', chairs: [], agenda: form.agenda.map((one) => ({ ...one, lead: '', documents: [] })), audience: usualAudience(event.currentTarget.value) })}>
            {(base ? [base.process] : mineToKeep()).map((one) => <option key={one} value={one}>{processName(one)}</option>)}</select>}</Field>
          <Field label={t('meeting_body')}>{(props) => <select {...props} disabled={base !== undefined} value={form.body} onChange={(event) => change({ body: event.currentTarget.value })}>
            <option value="">{t('whole_process')}</option>{form.body !== '' && !choices.data && <option value={form.body}>{lastPart(form.body)}</option>}{choices.data?.bodies.map((one) => <option key={one.name} value={one.name}>{one.title}</option>)}</select>}</Field>
          <Field label={t('level')}>{(props) => <select {...props} value={form.level} onChange={(event) => change({ level: Number(event.currentTarget.value) })}>{LEVELS.map((one) => <option key={one} value={one}>{levelName(one)}</option>)}</select>}</Field>
          <Field label={t('language')}>{(props) => <select {...props} value={form.language} onChange={(event) => speak(event.currentTarget.value)}>{[...new Set([form.language, ...Object.keys(LANGUAGES)])].map((one) => <option key={one} value={one}>{languageName(one)}</option>)}</select>}</Field>
        </div>
        <fieldset class="when"><legend>{t('meeting_when')}</legend>
          <p class="quiet-text">{t('clock_there_hint')}</p>
          <div class="periods">
            <Field label={t('begins')}>{(props) => <input {...props} required type={time} value={form.starts} onInput={(event) => change({ starts: event.currentTarget.value, ...(form.ends === '' && { ends: hourAfter(event.currentTarget.value) }) })} />}</Field>
            <Field label={t('ends')} error={inWrongOrder ? t('end_before_begin') : undefined}>{(props) => <input {...props} required type={time} value={form.ends} onInput={(event) => change({ ends: event.currentTarget.value })} />}</Field>
            <Field label={t('time_zone')}>{(props) => <ZoneInput {...props} required value={form.zone} typed={(zone) => change({ zone })} />}</Field>
            <Field label={t('registration_until')}>{(props) => <input {...props} type="datetime-local" value={form.until} onInput={(event) => change({ until: event.currentTarget.value })} />}</Field>
          </div>
          <label class="check"><input type="checkbox" checked={form.wholeDays} onChange={(event) => days(event.currentTarget.checked)} /> {t('whole_days')}</label>
          <label class="check"><input type="checkbox" checked={form.tentative} onChange={(event) => change({ tentative: event.currentTarget.checked })} /> {t('meeting_tentative')}</label>
        </fieldset>
        <Field label={t('meeting_place')}>{(props) => <input {...props} dir="auto" maxLength={300} value={form.place} onInput={text('place')} />}</Field>
        <Field label={t('abstract')}>{(props) => <textarea {...props} rows={3} dir="auto" maxLength={8_000} value={form.description} onInput={text('description')} />}</Field>
        <Field label={t('topics')} hint={t('between_commas')}>{(props) => <input {...props} dir="auto" value={form.topics} onInput={text('topics')} />}</Field>
        {choices.error !== undefined && <Failed error={choices.error} retry={choices.retry} />}
        {choices.data && <AddTo label={t('presides')} all={choices.data.parties} chosen={form.chairs} named={choices.data.named} choose={(chairs) => change({ chairs })} />}
      </div>
      <div class="card">
        {choices.data ? <AgendaFields items={form.agenda} choices={choices.data} timed={!form.wholeDays} choose={(agenda) => change({ agenda })} /> : choices.loading && <Waiting />}
      </div></div>
      <div class="card">
        <Field label={t('record_says')}>{(props) => <select {...props} value={form.attribution} onChange={(event) => change({ attribution: Number(event.currentTarget.value) })}>
          <option value={Meeting_Attribution.CHATHAM_HOUSE}>{t('chatham_house')}</option><option value={Meeting_Attribution.ATTRIBUTED}>{t('attributed')}</option></select>}</Field>
        <label class="check"><input type="checkbox" checked={form.discreet} onChange={(event) => change({ discreet: event.currentTarget.checked })} /> {t('discreet')}</label>
        <Field label={t('handling')}>{(props) => <select {...props} value={form.handling} onChange={(event) => change({ handling: Number(event.currentTarget.value) })}>{HANDLINGS.map((one) => <option key={one} value={one}>{handlingName(one)}</option>)}</select>}</Field>
        <AudienceFields process={form.process} chosen={form.audience} choose={(audience) => change({ audience })} />
        <WhoWillSee visibility={visibilityOf(form)} process={form.process} told={setReaders} />
        <NotSaved of={changing} />
        <div class="actions">
          <Button kind="primary" type="submit" busy={busy} disabled={!readers}>{base || !readers ? t('save') : t('plan_it_for', { n: readers.people, all: formatNumber(readers.people) })}</Button>
          <Button onClick={() => void done(base ? linkToRecord(base.name) : linkTo(['meetings']))}>{t('cancel')}</Button>
        </div>
      </div>
    </form>
  );
}

// It keeps its place, and calendars show it as cancelled.
function CancelMeeting({ meeting }: { meeting: Meeting }) {
  const [asking, setAsking] = useState(false);
  const draft = useDraft(`cancel ${meeting.name}`, () => ({ because: '' }));
  const { because } = draft.form;
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const send = async () => {
    setBusy(true);
    setError(undefined);
    await meetings.cancelMeeting({ name: meeting.name, because: because.trim() }).then(async () => { await draft.settle(); meetingChanged(); go(linkToRecord(meeting.name), 'replace'); }, (failure: unknown) => { setError(failure); setBusy(false); });
  };
  return (
    <>
      <Button kind="danger" onClick={() => setAsking(true)}>{t('cancel_meeting')}</Button>
      {asking && <Dialog title={t('cancel_meeting')} close={() => setAsking(false)}>
        <form class="small-form" onSubmit={(event) => { event.preventDefault(); void send(); }}>
          <Restored of={draft} />
          <p>{t('cancel_meeting_hint')}</p>
          <Field label={t('why')}>{(props) => <input {...props} dir="auto" maxLength={400} value={because} onInput={(event) => draft.change({ because: event.currentTarget.value })} />}</Field>
          {error !== undefined && <Failed error={error} />}
          <div class="actions"><Button kind="danger" type="submit" busy={busy}>{t('cancel_meeting')}</Button><Button onClick={() => setAsking(false)}>{t('close')}</Button></div>
        </form>
      </Dialog>}
    </>
  );
}
