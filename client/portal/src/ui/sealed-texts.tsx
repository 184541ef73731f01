// A confidential document: sealed by its sender, opened here with an office's key, and labelled for what that is worth.
import { useState } from 'preact/hooks';
import { Content_Status, type Content, type Document } from '../gen/entente/v1/documents_pb';
import { currentLanguage, formatMoment, languageName, t } from '../i18n';
import { allPages } from '../lib/api';
import { base64 } from '../lib/ledger';
import { proveHand, proveRoster, sealing, soundCheckpoint } from '../lib/prove';
import { documents, formatBytes } from '../lib/documents';
import { lastPart, plainly } from '../lib/names';
import { isFromThisMachine } from '../lib/place';
import { officeKeys } from '../lib/office-keys';
import { linkTo } from '../lib/router';
import { openBody, openEnvelope, openShared, SealError, type Manifest } from '../lib/sealed';
import { useCall } from '../lib/use-call';
import { Badge, Button, Failed, Notice, saveFile, Waiting } from './basic';
import { Preview } from './preview';

const PAGE_BYTES_MAX = 256_000_000; // opened in memory

interface Opened {
  manifest: Manifest;
  signer: string;
  text: Uint8Array;
}

// A receipt first, then the envelope, then the sealed bytes; nothing is shown before all of it has held.
async function openSealed(document: Document, content: Content, signal: AbortSignal): Promise<Opened> {
  const keys = await officeKeys();
  if (keys.length === 0) throw new SealError(t('no_office_key'));
  if (Number(content.bytes) > PAGE_BYTES_MAX) throw new SealError(t('too_large_to_show'));
  const reading = await documents.openDocument({ name: document.name, language: content.language }, { signal });
  const envelopes = await allPages((pageToken) => sealing.listEnvelopes({ name: reading.name, pageToken }, { signal }), (reply) => reply.envelopes);
  for (const envelope of envelopes) {
    const key = keys.find((one) => envelope.recipients.some((to) => lastPart(to.certificate) === one.certificate));
    if (!key) continue;
    const { manifest, signer } = await openEnvelope(envelope.cms, key, document.name);
    // As the client library does: whose hand it was, and to whom it was sealed, proved before a word of it is shown.
    const checkpoint = await soundCheckpoint();
    if (manifest.network !== checkpoint.origin || manifest.originator !== document.originator || manifest.language !== content.language || BigInt(manifest.revision) > document.revision)
      throw new SealError('the envelope is of another document');
    // What was shared on was sealed by another office's hand, and bears its originator's within.
    const party = manifest.sharedFrom ? manifest.sealedBy.slice(0, manifest.sealedBy.indexOf('/accounts/')) : manifest.originator;
    const translated = content.status !== Content_Status.ORIGINAL ? manifest.sealedBy.slice(0, manifest.sealedBy.indexOf('/accounts/')) : party;
    await proveHand(signer, manifest.sealedBy, translated, checkpoint);
    await proveRoster(manifest.network, envelope.recipients, base64(manifest.rosterSha256));
    if (manifest.sharedFrom) {
      const before = await openShared(manifest);
      await proveHand(before.signer, before.manifest.sealedBy, content.status === Content_Status.ORIGINAL ? before.manifest.originator : translated, checkpoint);
    }
    const parts: Uint8Array[] = [];
    for await (const part of documents.readContent({ name: reading.name }, { signal })) parts.push(part.content);
    const body = new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
    return { manifest, signer, text: await openBody(manifest, body) };
  }
  throw new SealError(t('not_sealed_to_you'));
}

export function SealedTexts({ document }: { document: Document }) {
  const [open, setOpen] = useState('');
  return (
    <section class="card texts" aria-label={t('texts')}>
      <h2>{t('texts')}</h2>
      <Notice tone="warn" title={t('sealed_title')}>{isFromThisMachine() ? t('sealed_hint_local') : t('sealed_hint')}</Notice>
      <ul class="bare rows">
        {document.contents.map((one) => (
          <li key={one.language}><span><strong>{languageName(one.language)}</strong><br /><small class="quiet-text">{formatBytes(Number(one.bytes))}</small></span>
            <Button icon="shield" aria-pressed={open === one.language} onClick={() => setOpen(open === one.language ? '' : one.language)}>{open === one.language ? t('close') : t('open_sealed')}</Button></li>
        ))}
      </ul>
      {document.contents.filter((one) => one.language === open).map((one) => <OpenedText key={one.language} document={document} content={one} />)}
    </section>
  );
}

function OpenedText({ document, content }: { document: Document; content: Content }) {
  const asked = useCall(`sealed ${document.name} ${document.revision} ${content.language}`, (signal) => openSealed(document, content, signal));
  if (asked.error instanceof SealError) return <Notice tone="bad" title={t('does_not_open')} action={<Button onClick={asked.retry}>{t('try_again')}</Button>}>{asked.error.message} <a href={linkTo(['account'])}>{t('office_keys')}</a></Notice>;
  if (asked.error !== undefined) return <Failed error={asked.error} retry={asked.retry} />;
  if (!asked.data) return <Waiting lines={4} />;
  const { manifest, signer, text } = asked.data;
  const title = plainly(manifest.title?.byLanguage?.[currentLanguage()] ?? Object.values(manifest.title?.byLanguage ?? {})[0] ?? '') || plainly(manifest.fileName);
  return (
    <article class="opened" aria-label={title}>
      <h3><bdi>{title}</bdi></h3>
      <p><Badge tone="good">{t('seal_held')}</Badge> <small>{t('sealed_by', { who: lastPart(manifest.sealedBy), when: formatMoment(new Date(manifest.sealedAt)) })}</small></p>
      <p class="quiet-text fingerprint"><small>{t('signer_checked')} <code>{signer}</code></small></p>
      <p class="actions"><Button icon="download" onClick={() => saveFile(plainly(manifest.fileName) || 'document', 'application/octet-stream', new Blob([text as BlobPart]))}>{t('save_copy')}</Button></p>
      <Preview bytes={text} mediaType={manifest.mediaType} title={title} />
    </article>
  );
}
