// All tokens and components on one page: who changes one sees what it does to all.
import { useState } from 'preact/hooks';
import { t } from '../i18n';
import type { Place } from '../lib/router';
import { Badge, Breakable, Button, CopyButton, Dialog, Failed, Field, LinkButton, Notice, PageTitle, Waiting } from '../ui/basic';
import { Icon, PATHS, type IconName } from '../ui/icons';

const COLOURS = ['ink', 'ink-quiet', 'paper', 'surface', 'sunken', 'line', 'line-strong', 'accent', 'accent-ink', 'accent-soft', 'warm', 'good', 'good-soft', 'warn', 'warn-soft', 'bad', 'bad-soft'];
const KINDS = ['primary', 'plain', 'quiet', 'danger'] as const;
const TONES = ['neutral', 'good', 'warn', 'bad'] as const;

export function DesignPage(_: { place: Place }) {
  const [open, setOpen] = useState(false);
  return (
    <section class="page design" lang="en" dir="ltr">
      <PageTitle>Tokens and components</PageTitle>
      <div class="columns even">
        <section class="card"><h2>Colours</h2><ul class="bare swatch-list">{COLOURS.map((one) => <li key={one}><svg viewBox="0 0 10 10" aria-hidden="true"><rect width="10" height="10" rx="2" style={{ fill: `var(--${one})` }} /></svg> <code>--{one}</code></li>)}</ul></section>
        <section class="card"><h2>Type</h2><p class="sample h1">Heading one</p><h2>Heading two</h2><h3>Heading three</h3><p>Text. <a href="#/design">A link.</a> <span class="quiet-text">Quiet.</span> <code>code</code></p><p><Breakable text="somebody.with.a.long.name@ministry.of.the.interior.example.org" /></p><p dir="rtl" lang="ar">نص من اليمين</p></section>
        <section class="card"><h2>Buttons</h2><div class="actions">{KINDS.map((one) => <Button key={one} kind={one} icon="check">{one}</Button>)}<LinkButton href="#/design" icon="search">link</LinkButton><Button busy>busy</Button><Button onClick={() => setOpen(true)}>dialog</Button><CopyButton text="copied" label={t('copy_what', { what: 'x' })} /></div></section>
        <section class="card"><h2>Badges</h2><div class="actions">{TONES.map((one) => <Badge key={one} tone={one}>{one}</Badge>)}<Badge tone="accent">accent</Badge></div></section>
        <section class="card"><h2>Notices</h2>{TONES.map((one) => <Notice key={one} tone={one} title={one}>What it is about.</Notice>)}<Failed error={new Error('what was said')} retry={() => undefined} /></section>
        <section class="card"><h2>Fields</h2><Field label="Label" hint="A hint">{(props) => <input {...props} />}</Field><Field label="Wrong" error="What is wrong with it">{(props) => <input {...props} value="x" />}</Field><Field label="Choice">{(props) => <select {...props}><option>One</option></select>}</Field></section>
        <section class="card"><h2>Marks</h2><div class="actions">{(Object.keys(PATHS) as IconName[]).map((one) => <span key={one} title={one}><Icon name={one} /></span>)}</div></section>
        <section class="card"><h2>Waiting</h2><Waiting /></section>
      </div>
      {open && <Dialog title="A dialog" close={() => setOpen(false)}><p>It holds the focus and gives it back.</p><Button onClick={() => setOpen(false)}>Close it</Button></Dialog>}
    </section>
  );
}
