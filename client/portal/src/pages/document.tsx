// One document: its text in each language, before the eyes or taken along; who can see it, who has opened it.
import { useEffect, useState } from 'preact/hooks';
import { Document_State, type Content, type Document } from '../gen/entente/v1/documents_pb';
import { Handling } from '../gen/entente/v1/types_pb';
import { HeldDuty_Duty } from '../gen/entente/v1/session_pb';
import { formatDay, formatMoment, languageName, listed, t } from '../i18n';
import { isNotFound } from '../lib/api';
import { when } from '../lib/clock';
import { documents, formatBytes, handlingName, kindName, leavesReceipt, read, textStatus, titleOf, toneOfHandling } from '../lib/documents';
import { hex } from '../lib/ledger';
import { lastPart, partyName, plainly, processName, textIn } from '../lib/names';
import { concat } from '../lib/octets';
import { parties } from '../lib/people';
import { linkTo, linkToRecord, type Place } from '../lib/router';
import { holds, me } from '../lib/session';
import type { Party } from '../lib/types';
import { useCall } from '../lib/use-call';
import { Badge, Button, Failed, LinkButton, Notice, PageTitle, saveFile, Waiting } from '../ui/basic';
import { Board } from '../ui/board';
import { later } from '../ui/later';
import { Preview } from '../ui/preview';
import { RecordPanel } from '../ui/record-panel';

const SealedTexts = later(() => import('../ui/sealed-texts').then((one) => one.SealedTexts), <Waiting lines={4} />);
type Known = Map<string, Party>;
const SHOWN_BYTES_MAX = 64_000_000; // what a page draws; larger is taken along

export function DocumentPage({ place }: { place: Place }) {
  const name = 'documents/' + (place.parts[1] ?? '');
  const asked = useCall(name, async () => ({ document: await documents.getDocument({ name }), known: await parties() }));
  if (!asked.data) {
    return asked.error === undefined ? <Waiting lines={8} />
      : <section class="page"><h1 tabIndex={-1}>{isNotFound(asked.error) ? t('error_not_found') : t('document')}</h1><Failed error={asked.error} retry={asked.retry} /></section>;
  }
  const { document, known } = asked.data;
  const mine = document.originator === me()?.session.party;
  const keeps = mine || holds(HeldDuty_Duty.SECRETARIAT, document.process);
  const current = document.state === Document_State.CURRENT;
  const readOnly = me()?.session.readOnly === true;
  const maySend = document.originatorControl ? mine : keeps;
  return (
    <section class="page document-page">
      <PageTitle above={<a href={linkTo(['documents'])}>{t('documents')}</a>}
        aside={!readOnly && current && <>{maySend && <LinkButton kind="primary" icon="mail" href={linkTo(['send', lastPart(name)])}>{t('send_around')}</LinkButton>}
          {mine && <LinkButton icon="upload" href={linkTo(['bring', lastPart(name)])}>{t('bring_text')}</LinkButton>}</>}>
        <bdi>{titleOf(document)}</bdi>
      </PageTitle>
      <p class="actions">
        <Badge tone={toneOfHandling(document.visibility?.handling ?? 0)}>{handlingName(document.visibility?.handling ?? 0)}</Badge>
        <Badge>{kindName(document.kind)}</Badge>
        {document.originatorControl && <Badge tone="warn">{t('originator_control')}</Badge>}
        {document.onHold && <Badge tone="warn">{t('on_hold')}</Badge>}
      </p>
      {document.state === Document_State.WITHDRAWN && <Notice tone="warn" title={t('withdrawn_document')}>{document.withdrawnBecause && plainly(document.withdrawnBecause)}</Notice>}
      {document.state === Document_State.DESTROYED && <Notice tone="warn" title={t('destroyed_document')} />}
      {textIn(document.abstract) !== '' && <p class="lead"><bdi>{plainly(textIn(document.abstract))}</bdi></p>}
      <Facts document={document} known={known} />
      {current && document.contents.length > 0 && (document.visibility?.handling === Handling.CONFIDENTIAL ? <SealedTexts document={document} /> : <Texts document={document} />)}
      <Revisions document={document} />
      {keeps && <Board name={name} known={known} />}
      <RecordPanel name={name} />
    </section>
  );
}

function Facts({ document, known }: { document: Document; known: Known }) {
  const { embargoUntil, expiresAt } = document.visibility ?? {};
  return (
    <dl class="facts">
      <dt>{t('process')}</dt><dd><a href={linkToRecord(document.process)}>{processName(document.process)}</a>{document.body !== '' && ` · ${lastPart(document.body)}`}</dd>
      <dt>{t('originator')}</dt><dd>{partyName(document.originator, known.get(document.originator))}</dd>
      <dt>{t('brought')}</dt><dd>{formatMoment(when(document.createdAt))}</dd>
      {document.topics.length > 0 && <><dt>{t('topic')}</dt><dd>{listed(document.topics.map(plainly))}</dd></>}
      {document.countries.length > 0 && <><dt>{t('countries')}</dt><dd>{listed(document.countries.map((one) => partyName(one, known.get(`parties/${one}`))))}</dd></>}
      {embargoUntil && <><dt>{t('embargo_until')}</dt><dd>{formatMoment(when(embargoUntil))}</dd></>}
      {expiresAt && <><dt>{t('seen_until')}</dt><dd>{formatMoment(when(expiresAt))}</dd></>}
      {document.retainUntil && <><dt>{t('kept_until')}</dt><dd>{formatDay(when(document.retainUntil))}</dd></>}
    </dl>
  );
}

// The language versions; one is opened, and a second beside it.
function Texts({ document }: { document: Document }) {
  const [open, setOpen] = useState<string[]>([]);
  const toggle = (language: string) => setOpen((now) => now.includes(language) ? now.filter((one) => one !== language) : [...now.slice(-1), language]);
  const receipt = leavesReceipt(document);
  return (
    <section aria-label={t('texts')}>
      <section class="card texts">
        <h2>{t('texts')}</h2>
        {receipt && <Notice tone="warn">{t('receipt_hint')}</Notice>}
        <ul class="bare rows">
          {document.contents.map((one) => (
            <li key={one.language}>
              <span><strong>{languageName(one.language)}</strong> <Badge>{textStatus(one.status)}</Badge><br />
                <small class="quiet-text"><bdi>{plainly(one.fileName)}</bdi> · {formatBytes(Number(one.bytes))} · SHA-256 <code class="digest" title={hex(one.sha256)}>{hex(one.sha256).slice(0, 16)}…</code></small></span>
              <span class="actions">
                <Button icon="eye" aria-pressed={open.includes(one.language)} onClick={() => toggle(one.language)}>{open.includes(one.language) ? t('close') : t('read')}</Button>
              </span>
            </li>
          ))}
        </ul>
        {document.contents.length > 1 && <p class="quiet-text">{t('side_by_side_hint')}</p>}
      </section>
      {open.length > 0 && <div class={open.length > 1 ? 'side-by-side two' : 'side-by-side'}>
        {open.map((language) => {
          const content = document.contents.find((one) => one.language === language);
          return content && <Opened key={language} document={document} content={content} />;
        })}
      </div>}
    </section>
  );
}

function Opened({ document, content }: { document: Document; content: Content }) {
  const [share, setShare] = useState(0);
  const title = `${titleOf(document)} (${languageName(content.language)})`;
  // Fetched once and held while it stands open: each opening of what is restricted leaves a receipt.
  const asked = useCall(`read ${document.name} ${document.revision} ${content.language}`, (signal) => read(document, content, signal, setShare));
  const got = asked.data;
  const size = got?.bytes.reduce((sum, one) => sum + one.length, 0) ?? 0;
  return (
    <article class="card opened" aria-label={title}>
      <h3><bdi>{title}</bdi></h3>
      {asked.error !== undefined && <Failed error={asked.error} retry={asked.retry} />}
      {!got && asked.loading && <><progress max={1} value={share} aria-label={t('loading')} /><Waiting /></>}
      {got && <>
        {got.mark !== '' && <p class="mark"><Badge tone="warn">{t('copy_n', { n: got.copy })}</Badge> <small><bdi>{got.mark}</bdi></small></p>}
        <p class="actions"><Button icon="download" onClick={() => saveFile(plainly(content.fileName) || 'document', 'application/octet-stream', new Blob(got.bytes as BlobPart[]))}>{t('save_copy')}</Button></p>
        {size > SHOWN_BYTES_MAX ? <Notice>{t('too_large_to_show')}</Notice> : <Preview bytes={whole(got.bytes)} mediaType={got.content.mediaType} title={title} />}
      </>}
    </article>
  );
}

// A copy's bytes end to end, once.
const joined = new WeakMap<readonly Uint8Array[], Uint8Array>();
function whole(parts: readonly Uint8Array[]): Uint8Array {
  const found = joined.get(parts);
  if (found) return found;
  const all = concat(...parts);
  joined.set(parts, all);
  return all;
}

const REVISIONS_SHOWN = 50;

function Revisions({ document }: { document: Document }) {
  const [open, setOpen] = useState(false);
  const newest = Number(document.revision);
  const asked = useCall(open ? `revisions ${document.name} ${newest}` : null, async (signal) => {
    const numbers = Array.from({ length: Math.min(newest, REVISIONS_SHOWN) }, (_, index) => newest - index);
    const all = await Promise.all(numbers.map((number) => documents.getDocument({ name: `${document.name}/revisions/${number}` }, { signal })
      .catch((error: unknown) => { if (isNotFound(error)) return undefined; throw error; })));
    return all.filter((one): one is Document => one !== undefined);
  });
  useEffect(() => setOpen(false), [document.name]);
  if (newest < 2) return null;
  return (
    <details class="card revisions" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t('n_revisions', { n: newest })}</summary>
      {asked.error !== undefined && <Failed error={asked.error} retry={asked.retry} />}
      {!asked.data && asked.loading && <Waiting />}
      <ol class="timeline">{asked.data?.map((one, index) => (
        <li key={String(one.revision)} class={index === 0 ? 'present' : 'past'}>
          <span class="when">{formatMoment(when(one.recordedAt))} · {t('revision_n', { n: Number(one.revision) })}</span>
          <span><bdi>{titleOf(one)}</bdi> · {handlingName(one.visibility?.handling ?? 0)} · {one.contents.map((content) => `${languageName(content.language)} ${hex(content.sha256).slice(0, 8)}`).join(', ')}
            {one.recordedBy && ` · ${t('by', { who: lastPart(one.recordedBy) })}`}</span>
        </li>
      ))}</ol>
    </details>
  );
}
