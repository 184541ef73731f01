// Who will be able to open it, each proved: an office's holder changes, the office stays.
import { t } from '../i18n';
import { lastPart, partyName } from '../lib/names';
import type { Recipients } from '../lib/prove';
import { Notice } from './basic';

export function SealedTo({ recipients }: { recipients: Recipients }) {
  return (
    <section class="who-will-see" aria-label={t('sealed_to')} aria-live="polite">
      <h2>{t('sealed_to')}</h2>
      <ul class="lines">{recipients.offices.map((one) => <li key={one.certificate}><bdi>{lastPart(one.office)}</bdi>, {partyName(one.party)}</li>)}</ul>
      {recipients.without.length > 0 && <Notice tone="warn" title={t('without_seal')}>{recipients.without.map(lastPart).join(', ')}</Notice>}
    </section>
  );
}
