// The reader's certificate file and its password, for one signature.
import { useRef } from 'preact/hooks';
import { t } from '../i18n';
import { KeyFileError, signerOf, type Signer } from '../lib/pkcs12';
import { me } from '../lib/session';
import { Field } from './basic';

export interface KeyFile {
  file: { current: HTMLInputElement | null };
  password: { current: HTMLInputElement | null };
  chosen: () => boolean;
  signer: () => Promise<Signer>; // KeyFileError: what the file is not
}

export function useKeyFile(): KeyFile {
  const file = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  return {
    file, password,
    chosen: () => (file.current?.files?.length ?? 0) > 0,
    signer: async () => {
      const chosen = file.current?.files?.[0];
      if (!chosen) throw new KeyFileError('not chosen');
      return signerOf(new Uint8Array(await chosen.arrayBuffer()), password.current?.value ?? '', me()?.session.certificate ?? '');
    },
  };
}

export function KeyFields({ use, error, required = false }: { use: KeyFile; error: string; required?: boolean }) {
  return (
    <>
      <Field label={t('key_file')} hint={t('key_file_hint')} error={error || undefined}>{(props) => <input {...props} ref={use.file} type="file" accept=".p12,.pfx" required={required} />}</Field>
      <Field label={t('key_password')}>{(props) => <input {...props} ref={use.password} type="password" autocomplete="off" />}</Field>
    </>
  );
}
