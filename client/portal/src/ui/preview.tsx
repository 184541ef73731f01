// A document's bytes before the eyes: what they are is decided by themselves, not by what they are called.
import { t } from '../i18n';
import { looksLike } from '../lib/documents';
import { plainly } from '../lib/names';
import { Notice, Waiting } from './basic';
import { later } from './later';

const PdfView = later(() => import('./pdf-view').then((one) => one.PdfView), <Waiting lines={6} />);
const TEXT_BYTES_MAX = 1_000_000;

export function Preview({ bytes, mediaType, title }: { bytes: Uint8Array; mediaType: string; title: string }) {
  const kind = looksLike([bytes]);
  if (kind === 'pdf') return <PdfView bytes={bytes} label={title} />;
  return (
    <>
      {/pdf/i.test(mediaType) && <Notice tone="warn" title={t('type_lies')}>{t('type_lies_hint')}</Notice>}
      {kind === 'text' ? <pre class="code text" dir="auto" tabIndex={0}>{plainly(new TextDecoder().decode(bytes.subarray(0, TEXT_BYTES_MAX)))}</pre> : <Notice>{t('not_shown')}</Notice>}
    </>
  );
}
