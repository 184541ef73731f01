// Above a form that was half-typed before: so it is said, and may be thrown away.
import { t } from '../i18n';
import type { Draft } from '../lib/use-draft';
import { Button, Notice } from './basic';

export function Restored({ of }: { of: Pick<Draft<object>, 'restored' | 'discard'> }) {
  return of.restored ? <Notice action={<Button onClick={of.discard}>{t('discard_draft')}</Button>}>{t('draft_restored')}</Notice> : null;
}
