// Sending documents around: the note, what is asked and until when, to whom; and, before it goes, who will be able to see it.
import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { useState } from 'preact/hooks';
import type { Reckoning } from '../gen/entente/v1/access_pb';
import { Circulation_Ask } from '../gen/entente/v1/circulations_pb';
import { Document_State, type Document } from '../gen/entente/v1/documents_pb';
import { Handling, VisibilitySchema } from '../gen/entente/v1/types_pb';
import { currentLanguage, formatNumber, t } from '../i18n';
import { isNotFound } from '../lib/api';
import { allDocuments, askName, ASKS_TO_CHOOSE, circulations, documents, titleOf } from '../lib/documents';
import { lastPart } from '../lib/names';
import { go, linkTo, linkToRecord, type Place } from '../lib/router';
import { useCall } from '../lib/use-call';
import { useDraft } from '../lib/use-draft';
import { AudienceFields, WhoWillSee, type Chosen } from '../ui/audience';
import { Button, Failed, Field, PageTitle, Waiting } from '../ui/basic';
import { Restored } from '../ui/restored';

interface Form {
  note: string;
  ask: Circulation_Ask;
  deadline: string;
  others: string[];
  audience: Chosen;
}

export function SendPage({ place }: { place: Place }) {
  const name = 'documents/' + (place.parts[1] ?? '');
  const asked = useCall(`send ${name}`, async () => {
    const document = await documents.getDocument({ name });
    const beside = (await allDocuments()).filter((one) => one.process === document.process && one.name !== name && one.state === Document_State.CURRENT);
    return { document, beside };
  });
  if (!asked.data) return asked.error === undefined ? <Waiting lines={8} /> : <section class="page"><h1 tabIndex={-1}>{isNotFound(asked.error) ? t('error_not_found') : t('send_around')}</h1><Failed error={asked.error} retry={asked.retry} /></section>;
  const { document, beside } = asked.data;
  return (
    <section class="page bring">
      <PageTitle above={<a href={linkToRecord(name)}><bdi>{titleOf(document)}</bdi></a>}>{t('send_around')}</PageTitle>
      <SendForm document={document} beside={beside} />
    </section>
  );
}

function SendForm({ document, beside }: { document: Document; beside: Document[] }) {
  const draft = useDraft(`send ${document.name}`, (): Form => ({ note: '', ask: Circulation_Ask.INFORMATION, deadline: '', others: [],
    audience: { anyOf: document.visibility?.audience?.anyOf ?? [], noneOf: document.visibility?.audience?.noneOf ?? [] } }));
  const { form, change } = draft;
  const [readers, setReaders] = useState<Reckoning>();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const silent = form.ask === Circulation_Ask.APPROVAL_BY_SILENCE;
  const visibility = create(VisibilitySchema, { audience: form.audience, handling: Handling.LIMITED });
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      const sent = await circulations.circulate({ circulation: { process: document.process, documents: [document.name, ...form.others], ask: form.ask, visibility,
        note: { byLanguage: form.note.trim() === '' ? {} : { [currentLanguage()]: form.note.trim() } }, ...(form.deadline && { deadline: timestampFromDate(new Date(form.deadline)) }) } });
      await draft.settle();
      go(linkTo(['circulation', lastPart(sent.name)]), 'replace');
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <form class="columns" onSubmit={submit}>
      <div class="card">
        <Restored of={draft} />
        <Field label={t('note')}>{(props) => <textarea {...props} rows={5} dir="auto" maxLength={16_000} value={form.note} onInput={(event) => change({ note: event.currentTarget.value })} />}</Field>
        <div class="periods">
          <Field label={t('asked_for')} hint={silent ? t('silence_hint') : undefined}>{(props) => <select {...props} value={form.ask} onChange={(event) => change({ ask: Number(event.currentTarget.value) })}>{ASKS_TO_CHOOSE.map((one) => <option key={one} value={one}>{askName(one)}</option>)}</select>}</Field>
          <Field label={t('deadline')}>{(props) => <input {...props} type="datetime-local" required={silent} value={form.deadline} onInput={(event) => change({ deadline: event.currentTarget.value })} />}</Field>
        </div>
        {beside.length > 0 && <fieldset><legend>{t('with_these')}</legend>
          <ul class="bare boxes">{beside.slice(0, 40).map((one) => <li key={one.name}><label><input type="checkbox" checked={form.others.includes(one.name)}
            onChange={() => change({ others: form.others.includes(one.name) ? form.others.filter((other) => other !== one.name) : [...form.others, one.name] })} /> <bdi>{titleOf(one)}</bdi></label></li>)}</ul></fieldset>}
      </div>
      <div class="card">
        <AudienceFields process={document.process} chosen={form.audience} choose={(audience) => change({ audience })} />
        <p class="quiet-text">{t('each_their_own')}</p>
        <WhoWillSee visibility={visibility} process={document.process} told={setReaders} />
        {error !== undefined && <Failed error={error} />}
        <div class="actions">
          <Button kind="primary" icon="mail" type="submit" busy={busy} disabled={!readers}>{readers ? t('send_to_n', { n: readers.people, all: formatNumber(readers.people) }) : t('send_around')}</Button>
          <Button onClick={() => { void draft.settle(); go(linkToRecord(document.name)); }}>{t('cancel')}</Button>
        </div>
      </div>
    </form>
  );
}
