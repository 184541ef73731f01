// A confidential document: sealed by its sender, opened here with an office's key, and labelled for what that is worth.
import { useState } from 'preact/hooks';
import type { Content, Document } from '../gen/entente/v1/documents_pb';
import { currentLanguage, formatMoment, languageName, t } from '../i18n';
import { isUnreachable } from '../lib/api';
import { formatBytes } from '../lib/documents';
import { lastPart, plainly } from '../lib/names';
import { openSealed, proveShare, share, type Sharing } from '../lib/opened';
import { KeyFileError } from '../lib/pkcs12';
import { isFromThisMachine } from '../lib/place';
import { linkTo } from '../lib/router';
import { SealError } from '../lib/sealed';
import { me } from '../lib/session';
import { useCall } from '../lib/use-call';
import { Badge, Button, Failed, Notice, saveFile, Waiting } from './basic';
import { KeyFields, useKeyFile } from './key-fields';
import { SealedTo } from './sealed-to';
import { Preview } from './preview';

export function SealedTexts({ document }: { document: Document }) {
  const [open, setOpen] = useState('');
  const [sharing, setSharing] = useState('');
  return (
    <section class="card texts" aria-label={t('texts')}>
      <h2>{t('texts')}</h2>
      <Notice tone="warn" title={t('sealed_title')}>{isFromThisMachine() ? t('sealed_hint_local') : t('sealed_hint')}</Notice>
      <ul class="bare rows">
        {document.contents.map((one) => (
          <li key={one.language}><span><strong>{languageName(one.language)}</strong><br /><small class="quiet-text">{formatBytes(Number(one.bytes))}</small></span>
            <span class="actions"><Button icon="shield" aria-pressed={open === one.language} onClick={() => setOpen(open === one.language ? '' : one.language)}>{open === one.language ? t('close') : t('open_sealed')}</Button>
              {!me()?.session.readOnly && <Button kind="quiet" aria-pressed={sharing === one.language} onClick={() => setSharing(sharing === one.language ? '' : one.language)}>{t('share_on')}</Button>}</span></li>
        ))}
      </ul>
      {document.contents.filter((one) => one.language === open).map((one) => <OpenedText key={one.language} document={document} content={one} />)}
      {document.contents.filter((one) => one.language === sharing).map((one) => <ShareOn key={one.language} document={document} content={one} />)}
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

// To whom it goes is proved and told first; a second word sends.
function ShareOn({ document, content }: { document: Document; content: Content }) {
  const key = useKeyFile();
  const [ready, setReady] = useState<Sharing>();
  const [shared, setShared] = useState<number>();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const step = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const signer = await key.signer();
      if (ready) {
        await share(document, ready, signer);
        setShared(ready.recipients.offices.length);
        setReady(undefined);
      } else {
        const next = await proveShare(document, content);
        if (next.recipients.offices.length === 0) setShared(0);
        else setReady(next);
      }
    } catch (failure) {
      // A line that broke takes back nothing that was proved.
      if (!isUnreachable(failure)) setReady(undefined);
      setError(failure);
    }
    setBusy(false);
  };
  if (shared !== undefined) return <Notice tone="good">{shared === 0 ? t('shared_with_all') : t('shared_to_n', { n: shared })}</Notice>;
  return (
    <form class="small-form share-on" aria-label={t('share_on')} onSubmit={(event) => { event.preventDefault(); void step(); }}>
      <p class="quiet-text">{t('share_on_hint')}</p>
      <KeyFields use={key} error={error instanceof KeyFileError ? t('key_file_wrong', { why: error.message }) : ''} required />
      {ready && <SealedTo recipients={ready.recipients} />}
      {error instanceof SealError && <Notice tone="bad" title={t('not_sealed')}>{error.message} <a href={linkTo(['account'])}>{t('office_keys')}</a></Notice>}
      {error !== undefined && !(error instanceof SealError) && !(error instanceof KeyFileError) && <Failed error={error} />}
      <Button type="submit" kind="primary" busy={busy}>{ready ? t('seal_to_n', { n: ready.recipients.offices.length }) : t('prove_offices')}</Button>
    </form>
  );
}
