// The small components that every page is made of; `#/design` shows them all.
import { Fragment, type ComponentChildren, type JSX } from 'preact';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { t } from '../i18n';
import { isNotFound } from '../lib/api';
import { inWords } from '../lib/errors';
import { Icon, type IconName } from './icons';

type Kind = 'primary' | 'quiet' | 'plain' | 'danger';

// While it is busy it keeps the focus, and does nothing: who works by keyboard is not thrown out of the form.
export function Button({ kind = 'plain', icon, busy = false, children, ...rest }:
  { kind?: Kind; icon?: IconName; busy?: boolean; children: ComponentChildren } & Omit<JSX.ButtonHTMLAttributes<HTMLButtonElement>, 'icon'>) {
  return (
    <button type="button" {...rest} class={`button ${kind} ${rest.class ?? ''}`} aria-busy={busy || undefined} aria-disabled={busy || undefined}
      {...(busy && { onClick: (event: Event) => event.preventDefault() })}>
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  );
}

export function LinkButton({ kind = 'plain', icon, children, ...rest }:
  { kind?: Kind; icon?: IconName; children: ComponentChildren } & Omit<JSX.AnchorHTMLAttributes<HTMLAnchorElement>, 'icon'>) {
  return <a {...rest} class={`button ${kind} ${rest.class ?? ''}`}>{icon && <Icon name={icon} />}<span>{children}</span></a>;
}

export function Badge({ tone = 'neutral', children }: { tone?: 'neutral' | 'good' | 'warn' | 'bad' | 'accent'; children: ComponentChildren }) {
  return <span class={`badge ${tone}`}>{children}</span>;
}

export function Notice({ tone = 'neutral', title, children, action }:
  { tone?: 'neutral' | 'good' | 'warn' | 'bad'; title?: string; children?: ComponentChildren; action?: ComponentChildren }) {
  return (
    <div class={`notice ${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      {title && <strong>{title}</strong>}
      {children && <div>{children}</div>}
      {action && <div class="actions">{action}</div>}
    </div>
  );
}

// What went wrong, in the reader's words, with the way on.
export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  const words = inWords(error);
  // What is not there will not be there the next time either.
  if (isNotFound(error)) return <Notice action={<LinkButton href="#/" icon="search">{t('nav_find')}</LinkButton>}>{words.detail}</Notice>;
  return (
    <Notice tone="bad" title={words.title} action={retry && <Button onClick={retry}>{t('try_again')}</Button>}>
      {words.detail}
    </Notice>
  );
}

export function Waiting({ lines = 3 }: { lines?: number }) {
  return (
    <div class="waiting" role="status">
      <span class="unseen">{t('loading')}</span>
      {Array.from({ length: lines }, (_, i) => <div key={i} class="bone" />)}
    </div>
  );
}

// `autocomplete`: a browser keeps what is typed into a field for the next time and for its way back, on its disk; not here.
export function Field({ label, hint, error, children }:
  { label: string; hint?: string | undefined; error?: string | undefined; children: (props: { id: string; autocomplete: 'off'; 'aria-describedby'?: string; 'aria-invalid'?: 'true' }) => ComponentChildren }) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ');
  return (
    <div class={error ? 'field wrong' : 'field'}>
      <label for={id}>{label}</label>
      {hint && <small id={`${id}-hint`}>{hint}</small>}
      {children({ id, autocomplete: 'off', ...(described ? { 'aria-describedby': described } : {}), ...(error ? { 'aria-invalid': 'true' as const } : {}) })}
      {error && <small id={`${id}-error`} class="error">{error}</small>}
    </div>
  );
}

// An address that is longer than its line goes on before an `@` or after a dot, not in the middle of a word.
export function Breakable({ text }: { text: string }) {
  return <>{text.split(/(?=@)|(?<=[.\-_/])/).map((part, index) => index === 0 ? part : <Fragment key={index}><wbr />{part}</Fragment>)}</>;
}

// A dialog of the browser's own: it holds the focus, gives it back, and closes on Escape.
export function Dialog({ title, close, children, mandatory = false }:
  { title: string; close: () => void; children: ComponentChildren; mandatory?: boolean }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    const shown = dialog.current;
    shown?.showModal();
    return () => {
      shown?.close(); // while it is open, nothing behind it takes the focus
      before?.focus?.();
    };
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby={id} onCancel={(event) => { event.preventDefault(); if (!mandatory) close(); }}>
      <header>
        <h2 id={id}>{title}</h2>
        {!mandatory && <button type="button" class="button quiet square" aria-label={t('close')} onClick={close}><Icon name="close" /></button>}
      </header>
      {children}
    </dialog>
  );
}

export function CopyButton({ text, label, words }: { text: string; label: string; words?: string }) {
  const [done, setDone] = useState<'' | 'copied' | 'failed'>('');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setDone('copied');
    } catch {
      setDone('failed');
    }
    setTimeout(() => setDone(''), 2_500);
  };
  return (
    <>
      <button type="button" class={words ? 'button plain' : 'button quiet square'} onClick={copy} aria-label={label} title={label}>
        <Icon name={done === 'copied' ? 'check' : 'copy'} />{words && <span>{words}</span>}
      </button>
      <span class="unseen" role="status">{done === 'copied' ? t('copied') : done === 'failed' ? t('copy_failed') : ''}</span>
    </>
  );
}

// A file that the page has made, handed to the reader.
export function saveFile(name: string, type: string, content: BlobPart): void {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

export function PageTitle({ children, aside, above }: { children: ComponentChildren; aside?: ComponentChildren; above?: ComponentChildren }) {
  return (
    <header class="page-title">
      {above && <p class="above">{above}</p>}
      <h1 tabIndex={-1}>{children}</h1>
      {aside && <div class="actions">{aside}</div>}
    </header>
  );
}
