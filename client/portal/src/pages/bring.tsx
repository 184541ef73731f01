// Bringing a document: what it is, who will be able to see it (told while one chooses), signed where the key is at hand.
import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { useRef, useState } from 'preact/hooks';
import type { Reckoning } from '../gen/entente/v1/access_pb';
import { Content_Status, Document_Kind, type Document, type Document_Silence } from '../gen/entente/v1/documents_pb';
import { Handling, VisibilitySchema } from '../gen/entente/v1/types_pb';
import { collator, currentLanguage, formatMoment, formatNumber, languageName, t } from '../i18n';
import { when } from '../lib/clock';
import { documents, formatBytes, handlingName, kindName, KINDS_TO_CHOOSE, textStatus, titleOf } from '../lib/documents';
import { hex } from '../lib/ledger';
import { processName } from '../lib/names';
import { isFromThisMachine } from '../lib/place';
import { proveRecipients, type Recipients } from '../lib/prove';
import { SealError } from '../lib/sealed';
import { KeyFileError } from '../lib/pkcs12';
import { processes } from '../lib/people';
import { bring, bringSealed, CONTENT_BYTES_MAX, endedBy, mediaTypeOf } from '../lib/send';
import { go, linkTo, linkToRecord, type Place } from '../lib/router';
import { me } from '../lib/session';
import { useCall } from '../lib/use-call';
import { useDraft } from '../lib/use-draft';
import { AudienceFields, WhoWillSee, type Chosen } from '../ui/audience';
import { Button, Dialog, Failed, Field, Notice, PageTitle, Waiting } from '../ui/basic';
import { KeyFields, useKeyFile } from '../ui/key-fields';
import { Restored } from '../ui/restored';
import { SealedTo } from '../ui/sealed-to';

interface Form {
  process: string;
  kind: Document_Kind;
  title: string;
  abstract: string;
  topics: string;
  language: string;
  status: Content_Status;
  handling: Handling;
  control: boolean;
  embargo: string; // a local time, as the browser's field has it
  expires: string;
  audience: Chosen;
}
const LANGUAGES = ['en', 'fr', 'es', 'ru', 'de', 'ar', 'pt', 'it', 'zh', 'ja', 'ko', 'th', 'vi', 'id', 'tr', 'uk', 'fa', 'nl', 'sv'];
const HANDLINGS = [Handling.OPEN, Handling.LIMITED, Handling.RESTRICTED, Handling.CONFIDENTIAL];
const STATUSES = [Content_Status.ORIGINAL, Content_Status.OFFICIAL_TRANSLATION, Content_Status.COURTESY_TRANSLATION];

function empty(): Form {
  const process = me()?.session.duties.find((one) => one.process !== '')?.process ?? '';
  const id = process.replace('processes/', '');
  return { process, kind: Document_Kind.BACKGROUND_PAPER, title: '', abstract: '', topics: '', language: currentLanguage(), status: Content_Status.ORIGINAL, handling: Handling.LIMITED,
    control: false, embargo: '', expires: '', audience: { anyOf: process === '' ? [] : [`process/${id}/members`, `process/${id}/secretariat`], noneOf: [] } };
}
const instant = (local: string) => local === '' ? {} : timestampFromDate(new Date(local));
function visibilityOf(form: Form) {
  return create(VisibilitySchema, { audience: form.audience, handling: form.handling,
    ...(form.embargo && { embargoUntil: instant(form.embargo) }), ...(form.expires && { expiresAt: instant(form.expires) }) });
}

// `bring`: a new one. `bring/<id>`: another language, or another text in the same one, of what is there.
export function BringPage({ place }: { place: Place }) {
  const of = place.parts[1];
  const asked = useCall(`bring ${of ?? ''}`, async () => ({
    all: [...await processes()].sort((a, b) => collator().compare(a.shortName, b.shortName)),
    document: of ? await documents.getDocument({ name: `documents/${of}` }) : undefined }));
  if (!asked.data) return asked.error === undefined ? <Waiting lines={8} /> : <section class="page"><h1 tabIndex={-1}>{t('bring_document')}</h1><Failed error={asked.error} retry={asked.retry} /></section>;
  const { all, document } = asked.data;
  return (
    <section class="page bring">
      <PageTitle above={<a href={linkTo(['documents'])}>{t('documents')}</a>}>{document ? t('bring_text') : t('bring_document')}</PageTitle>
      {document && <p class="lead"><a href={linkToRecord(document.name)}><bdi>{titleOf(document)}</bdi></a></p>}
      <BringForm processes={all.map((one) => one.name)} there={document} />
    </section>
  );
}

function BringForm({ processes: all, there }: { processes: string[]; there: Document | undefined }) {
  const of = there?.name ?? '';
  const draft = useDraft(of === '' ? 'bring' : `bring ${of}`, empty);
  const { form } = draft;
  const [file, setFile] = useState<File>();
  const [over, setOver] = useState(false);
  const [readers, setReaders] = useState<Reckoning>();
  const [share, setShare] = useState<number>();
  const [error, setError] = useState<unknown>();
  const [fileError, setFileError] = useState('');
  const [recipients, setRecipients] = useState<Recipients>();
  const [sealError, setSealError] = useState('');
  const [ending, setEnding] = useState<Document_Silence[]>();
  const key = useKeyFile();
  const picker = useRef<HTMLInputElement>(null);
  const change = (part: Partial<Form>) => {
    draft.change(part);
    setRecipients(undefined);
  };
  const take = (one: File | undefined) => {
    if (!one) return;
    setFile(one);
    if (form.title === '' && (of === '' || confidential)) change({ title: one.name.replace(/\.[^.]*$/, '').replace(/[_-]+/g, ' ') });
  };
  const confidential = (there ? there.visibility?.handling : form.handling) === Handling.CONFIDENTIAL;
  // Of a silence that ends with it the sender is told before a byte is sent, and says that it may: `agreed`.
  const mayEnd = async (agreed: Document_Silence[], file: File) => {
    const ends = of === '' ? [] : await endedBy(of, form.language, file);
    if (ends.every((one) => agreed.some((known) => known.circulation === one.circulation))) return true;
    setEnding(ends);
    setShare(undefined);
    return false;
  };
  const send = async (agreed: Document_Silence[]) => {
    if (!file || file.size > CONTENT_BYTES_MAX) return;
    setEnding(undefined);
    setError(undefined);
    setFileError('');
    setSealError('');
    setShare(0);
    try {
      const signer = key.chosen() ? await key.signer() : undefined;
      const text = (words: string) => ({ byLanguage: words.trim() === '' ? {} : { [form.language]: words.trim() } });
      const document = of !== '' ? { name: of } : { kind: form.kind, title: text(form.title), abstract: text(form.abstract), topics: form.topics.split(',').map((one) => one.trim()).filter(Boolean),
        process: form.process, visibility: visibilityOf(form), originatorControl: form.control };
      if (confidential) {
        if (!signer) throw new KeyFileError('not chosen');
        const proven = there?.visibility ? await proveRecipients(there.visibility, { document: of }) : await proveRecipients(visibilityOf(form), { process: form.process });
        // Told office by office who will be able to open it; sent at the second word only.
        if (hexOf(proven) !== (recipients && hexOf(recipients))) {
          setRecipients(proven);
          setShare(undefined);
          return;
        }
        if (!(await mayEnd(agreed, file))) return;
        const said = there ? { ...document, title: text(form.title), abstract: text(form.abstract) } : document;
        const sent = await bringSealed({ document: said, content: { language: form.language, status: form.status, fileName: file.name, mediaType: mediaTypeOf(file), bytes: BigInt(file.size) } }, file, signer, proven, setShare, there);
        await draft.settle();
        go(linkToRecord(sent.document.name), 'replace');
        return;
      }
      if (!(await mayEnd(agreed, file))) return;
      const sent = await bring({ document, content: { language: form.language, status: form.status, fileName: file.name, mediaType: mediaTypeOf(file), bytes: BigInt(file.size) } }, file, signer, setShare);
      await draft.settle();
      go(linkToRecord(sent.document.name), 'replace');
    } catch (failure) {
      if (failure instanceof SealError) setSealError(failure.message);
      else if (failure instanceof KeyFileError) setFileError(t('key_file_wrong', { why: failure.message }));
      else setError(failure);
      setShare(undefined);
    }
  };
  const busy = share !== undefined;
  return (<>
    <form class="columns" onSubmit={(event) => { event.preventDefault(); void send([]); }}>
      <div class="card">
        <Restored of={draft} />
        <div class={over ? 'drop over' : 'drop'} onDragOver={(event) => { event.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)}
          onDrop={(event) => { event.preventDefault(); setOver(false); take(event.dataTransfer?.files[0]); }}>
          <p>{file ? <><bdi>{file.name}</bdi> · {formatBytes(file.size)}</> : t('drop_document')}</p>
          <input ref={picker} type="file" class="unseen" tabIndex={-1} aria-label={t('upload_choose')} onChange={(event) => take(event.currentTarget.files?.[0])} />
          <Button icon="upload" onClick={() => picker.current?.click()}>{t('upload_choose')}</Button>
        </div>
        {file && file.size > CONTENT_BYTES_MAX && <Notice tone="bad">{t('too_large_to_bring')}</Notice>}
        <div class="periods">
          <Field label={t('language')}>{(props) => <select {...props} value={form.language} onChange={(event) => change({ language: event.currentTarget.value })}>{LANGUAGES.map((one) => <option key={one} value={one}>{languageName(one)}</option>)}</select>}</Field>
          <Field label={t('text_is')}>{(props) => <select {...props} value={form.status} onChange={(event) => change({ status: Number(event.currentTarget.value) })}>{STATUSES.map((one) => <option key={one} value={one}>{textStatus(one)}</option>)}</select>}</Field>
        </div>
        {(of === '' || confidential) && <Field label={t('title')}>{(props) => <input {...props} required dir="auto" maxLength={300} value={form.title} onInput={(event) => change({ title: event.currentTarget.value })} />}</Field>}
        {of === '' && <>
          <div class="periods">
            <Field label={t('process')}>{(props) => <select {...props} required value={form.process} onChange={(event) => change({ process: event.currentTarget.value, audience: { anyOf: [], noneOf: [] } })}>
              <option value="">{t('choose')}</option>{all.map((one) => <option key={one} value={one}>{processName(one)}</option>)}</select>}</Field>
            <Field label={t('kind')}>{(props) => <select {...props} value={form.kind} onChange={(event) => change({ kind: Number(event.currentTarget.value) })}>{KINDS_TO_CHOOSE.map((one) => <option key={one} value={one}>{kindName(one)}</option>)}</select>}</Field>
          </div>
          <Field label={t('abstract')}>{(props) => <textarea {...props} rows={3} dir="auto" maxLength={8_000} value={form.abstract} onInput={(event) => change({ abstract: event.currentTarget.value })} />}</Field>
          <Field label={t('topics')} hint={t('between_commas')}>{(props) => <input {...props} dir="auto" value={form.topics} onInput={(event) => change({ topics: event.currentTarget.value })} />}</Field>
        </>}
      </div>
      <div class="card">
        {of === '' ? <>
          <Field label={t('handling')} hint={form.handling === Handling.RESTRICTED ? t('restricted_hint') : undefined}>{(props) => <select {...props} value={form.handling} onChange={(event) => change({ handling: Number(event.currentTarget.value) })}>{HANDLINGS.map((one) => <option key={one} value={one}>{handlingName(one)}</option>)}</select>}</Field>
          <AudienceFields process={form.process} chosen={form.audience} choose={(audience) => change({ audience })} />
          <details open={form.embargo !== '' || form.expires !== '' || form.control}>
            <summary>{t('more_conditions')}</summary>
            <div class="periods">
              <Field label={t('embargo_until')}>{(props) => <input {...props} type="datetime-local" value={form.embargo} onInput={(event) => change({ embargo: event.currentTarget.value })} />}</Field>
              <Field label={t('seen_until')}>{(props) => <input {...props} type="datetime-local" value={form.expires} onInput={(event) => change({ expires: event.currentTarget.value })} />}</Field>
            </div>
            <label><input type="checkbox" checked={form.control} onChange={(event) => change({ control: event.currentTarget.checked })} /> {t('originator_control')}</label>
          </details>
          <WhoWillSee visibility={visibilityOf(form)} process={form.process} told={setReaders} />
        </> : <p>{t('same_audience')}</p>}
        {confidential && <Notice tone="warn" title={t('sealed_title')}>{isFromThisMachine() ? t('seal_hint_local') : t('seal_hint')}</Notice>}
        {recipients && <SealedTo recipients={recipients} />}
        {sealError !== '' && <Notice tone="bad" title={t('not_sealed')}>{sealError}</Notice>}
        <details open={confidential || undefined}><summary>{t('sign_it')}</summary><p class="quiet-text">{t('sign_it_hint')}</p><KeyFields use={key} error={fileError} required={confidential} /></details>
        {error !== undefined && <Failed error={error} />}
        {busy && <progress max={1} value={share} aria-label={t('bring_document')} />}
        <div class="actions">
          <Button kind="primary" type="submit" busy={busy} disabled={!file || (of === '' && !readers) || ((of === '' || confidential) && form.title.trim() === '')}>
            {confidential ? recipients ? t('seal_to_n', { n: recipients.offices.length }) : t('prove_offices') : of !== '' || !readers ? t('bring_it') : t('bring_it_to', { n: readers.people, all: formatNumber(readers.people) })}</Button>
          <Button onClick={() => { void draft.settle(); go(linkTo(['documents'])); }}>{t('cancel')}</Button>
        </div>
      </div>
    </form>
    {ending && <Dialog title={t('ends_silence')} close={() => setEnding(undefined)}>
      {ending.map((one) => <p key={one.circulation}>{t('ends_silence_until', { when: formatMoment(when(one.deadline)) })}</p>)}
      <div class="actions"><Button kind="danger" onClick={() => void send(ending)}>{t('bring_it_all_the_same')}</Button><Button onClick={() => setEnding(undefined)}>{t('cancel')}</Button></div>
    </Dialog>}
  </>);
}

const hexOf = (recipients: Recipients) => hex(recipients.digest);
