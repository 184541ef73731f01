// A change of a record that others change too: whose revision it is of, and what stands in the form when it is not saved.
import { useState } from 'preact/hooks';
import { t } from '../i18n';
import { reasonOf } from '../lib/api';
import { Button, Failed, Notice } from './basic';

export interface Change<T> {
  base: T; // whose revision the change is of
  busy: boolean;
  error: unknown;
  save: (work: () => Promise<void>) => Promise<void>;
  overTheirs: () => Promise<void>; // what was typed, now of the newest
}

export function useChange<T>(first: T, newest: () => Promise<T>): Change<T> {
  const [base, setBase] = useState(first);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  // Busy to the end where it succeeds: the form goes away.
  const save = async (work: () => Promise<void>) => {
    setBusy(true);
    setError(undefined);
    await work().catch((failure: unknown) => { setError(failure); setBusy(false); });
  };
  const overTheirs = async () => {
    setBusy(true);
    await newest().then((now) => { setBase(now); setError(undefined); }, setError);
    setBusy(false);
  };
  return { base, busy, error, save, overTheirs };
}

export function NotSaved({ of: { error, overTheirs } }: { of: Pick<Change<unknown>, 'error' | 'overTheirs'> }) {
  if (error === undefined) return null;
  if (reasonOf(error) !== 'REVISION_STALE') return <Failed error={error} />;
  return <Notice tone="warn" title={t('error_stale')} action={<Button onClick={overTheirs}>{t('take_newest')}</Button>}>{t('stale_hint')}</Notice>;
}

// A time zone, typed or chosen of all that the browser knows.
export function ZoneInput({ value, typed, ...props }: { id: string; required?: boolean; value: string; typed: (zone: string) => void }) {
  return (
    <>
      <input {...props} list="zones" dir="ltr" value={value} onInput={(event) => typed(event.currentTarget.value)} />
      <datalist id="zones">{Intl.supportedValuesOf('timeZone').map((zone) => <option key={zone} value={zone} />)}</datalist>
    </>
  );
}
