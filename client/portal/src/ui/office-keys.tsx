// On my account: the offices whose sealed documents this browser opens.
import { useRef, useState } from 'preact/hooks';
import { formatCivil, t } from '../i18n';
import { bringOfficeKey, forgetOfficeKey, officeKeys } from '../lib/office-keys';
import { lastPart } from '../lib/names';
import { KeyFileError } from '../lib/pkcs12';
import { useCall } from '../lib/use-call';
import { Button, Failed, Field, Waiting } from './basic';

export function OfficeKeysCard() {
  const asked = useCall('office keys', officeKeys);
  const file = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState('');
  const bring = async (event: SubmitEvent) => {
    event.preventDefault();
    const chosen = file.current?.files?.[0];
    if (!chosen) return;
    setBusy(true);
    setWrong('');
    try {
      await bringOfficeKey(new Uint8Array(await chosen.arrayBuffer()), password.current?.value ?? '');
      (event.target as HTMLFormElement).reset();
      asked.retry();
    } catch (failure) {
      setWrong(t('key_file_wrong', { why: failure instanceof KeyFileError ? failure.message : String(failure) }));
    }
    setBusy(false);
  };
  return (
    <section class="card">
      <h2>{t('office_keys')}</h2>
      <p class="quiet-text">{t('office_keys_hint')}</p>
      {asked.error !== undefined && <Failed error={asked.error} retry={asked.retry} />}
      {!asked.data && asked.loading && <Waiting lines={1} />}
      <ul class="bare rows">{asked.data?.map((one) => (
        <li key={one.certificate}><span><strong>{lastPart(one.name)}</strong><br /><small class="quiet-text">{t('span_until', { until: formatCivil(one.ends) })}</small></span>
          <Button onClick={() => void forgetOfficeKey(one.certificate).then(asked.retry)}>{t('forget_key')}</Button></li>
      ))}</ul>
      <form onSubmit={bring}>
        <Field label={t('office_key_file')} error={wrong || undefined}>{(props) => <input {...props} ref={file} type="file" accept=".p12,.pfx" required />}</Field>
        <Field label={t('key_password')}>{(props) => <input {...props} ref={password} type="password" autocomplete="off" />}</Field>
        <Button type="submit" busy={busy}>{t('bring_key')}</Button>
      </form>
    </section>
  );
}
