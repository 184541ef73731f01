import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { t } from '../i18n';
import { isFromThisMachine } from '../lib/place';
import { signIn } from '../lib/session';
import { Button, Failed, Field, Notice } from '../ui/basic';

// The password alone: the certificate that the browser showed says whose it is.
export function SignInForm({ done }: { done?: () => void }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const input = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => input.current?.focus(), []); // before it is seen: no key goes elsewhere
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const password = input.current?.value ?? '';
    if (password === '') return input.current?.focus();
    setBusy(true);
    setError(undefined);
    try {
      await signIn(password);
      done?.();
    } catch (failure) {
      setError(failure);
      setBusy(false);
      input.current?.select();
    }
  };
  return (
    <form class="sign-in-form" onSubmit={submit}>
      <Field label={t('password')} hint={t('password_hint')}>
        {(props) => <input {...props} ref={input} type="password" autocomplete="current-password" required maxLength={256} />}
      </Field>
      {error !== undefined && <Failed error={error} />}
      <Button kind="primary" type="submit" busy={busy}>{t('sign_in')}</Button>
    </form>
  );
}

export function SignInPage({ ended, preferences }: { ended: boolean; preferences: ComponentChildren }) {
  return (
    <>
      <header class="top bare"><span class="brand">Entente</span>{preferences}</header>
      <main class="alone sign-in">
        <h1>{t('sign_in_title')}</h1>
        <p class="lead">{isFromThisMachine() ? t('sign_in_lead_local') : t('sign_in_lead')}</p>
        {ended && <Notice>{t('signed_out')}</Notice>}
        <SignInForm />
        <p class="aside">{t('sign_in_help')}</p>
      </main>
    </>
  );
}
