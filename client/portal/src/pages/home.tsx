// One page to start: the person to call, as one types.
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { collator, t, useLanguage } from '../i18n';
import { directory } from '../lib/api';
import { inFilters, search } from '../lib/ask';
import { mailLink, partyName, plainly, processName, telephoneLink } from '../lib/names';
import { emails, parties, processes, telephones } from '../lib/people';
import { linkToRecord, type Place } from '../lib/router';
import type { Found, Party } from '../lib/types';
import { useCall } from '../lib/use-call';
import { useSettled } from '../lib/use-settled';
import { officeTitle } from '../lib/words';
import { Badge, Breakable, Failed, Waiting } from '../ui/basic';
import { later } from '../ui/later';

import { Icon } from '../ui/icons';
import { PersonCard } from '../ui/person-card';

// Fetched behind the search, which is what one comes for.
const Due = later(() => import('../ui/due').then((one) => one.Due), <section class="card"><Waiting lines={6} /></section>);
const MyNext = later(() => import('../ui/meeting-row').then((one) => one.MyNext), <section class="card"><Waiting lines={6} /></section>);
const News = later(() => import('../ui/due').then((one) => one.News), <section class="card"><Waiting lines={6} /></section>);

const SETTLED_MS = 60; // after the last letter the persons are asked for
const RESTED_MS = 250; // and what else there is, and more of them than are in sight: whoever still types is answered first
const FIRST_ROWS = 10;
const Also = later(() => import('../ui/also').then((one) => one.Also), <></>);

// What was looked for stays for the way back, in this page's memory and nowhere else.
const memory = { query: '', process: '', chosen: 0 };

export function HomePage(_: { place: Place }) {
  const [query, setQuery] = useState(memory.query);
  const [process, setProcess] = useState(memory.process);
  const [chosen, setChosen] = useState(memory.chosen);
  const language = useLanguage();
  const list = useRef<HTMLElement>(null);
  const box = useRef<HTMLInputElement>(null);
  const ahead = useRef<'' | 'focus' | 'open'>('');
  useLayoutEffect(() => box.current?.focus(), []); // one comes here to type, and types as soon as it is seen
  // Their list is fetched once somebody looks for somebody, or is about to choose one: not with the first view.
  const [choosing, setChoosing] = useState(process !== '');
  const wanted = useSettled(query.trim(), SETTLED_MS);
  const rested = useSettled(query.trim(), RESTED_MS);
  const empty = query.trim() === '' && process === ''; // what is due goes with the first letter, not with its answer
  const known = useCall(choosing || wanted !== '' ? 'home' : null, async () => ({ processes: await processes() }));
  const key = wanted === '' && process === '' ? null : `${process} ${wanted}`;
  const asked = useCall(key, async (signal) => ({ key, understood: await search(wanted, process, await processes(), signal) }));
  // All parties' names are fetched once somebody looks for somebody, not before.
  const names = useCall(key === null ? null : 'parties', parties);
  const understood = key === null ? undefined : asked.data?.understood;
  const found = understood?.reply.found ?? [];
  const whole = useRef<typeof understood>(); // of which all rows are shown
  if (rested === query.trim()) whole.current = understood;
  const rows = whole.current === understood ? found.length : FIRST_ROWS;
  const filters = understood ? inFilters(understood.meaning, process) : [];
  const shown = found[Math.min(chosen, found.length - 1)];
  const choose = (index: number) => { memory.chosen = index; setChosen(index); };
  const typed = (text: string) => { ahead.current = ''; memory.query = text; setQuery(text); choose(0); };
  const toChoose = () => setChoosing(true);
  const sorted = useMemo(() => [...known.data?.processes ?? []].sort((a, b) => collator().compare(a.shortName, b.shortName)), [known.data]);
  // Keys that come before the answer to what was typed mean that answer's first, not what stood there before.
  const settled = query.trim() === wanted && asked.data?.key === key && (names.data !== undefined || names.error !== undefined);
  const pending = query.trim() !== '' && !settled;
  useLayoutEffect(() => { // with the answer, so that no key falls between the two
    const first = list.current?.querySelector<HTMLAnchorElement>('a.name');
    if (!settled || ahead.current === '') return;
    if (ahead.current === 'open') first?.click();
    else first?.focus();
    ahead.current = '';
  }, [settled]);
  const enter = () => {
    if (pending) ahead.current = ahead.current === '' ? 'focus' : 'open';
    else list.current?.querySelector<HTMLAnchorElement>('a.name')?.focus();
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' && document.activeElement === box.current && pending) {
      ahead.current = 'focus';
      event.preventDefault();
      return;
    }
    const links = [...list.current?.querySelectorAll<HTMLAnchorElement>('a.name') ?? []];
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step === 0 || links.length === 0) return;
    const at = links.indexOf(document.activeElement as HTMLAnchorElement);
    if (at + step < 0) document.querySelector<HTMLInputElement>('#search')?.focus();
    else links[Math.min(links.length - 1, at + step)]?.focus();
    event.preventDefault();
  };
  // Made anew when an answer comes, not with each letter: whoever types is answered first.
  const results = useMemo(() => (
    <ul class="people" aria-label={t('people')}>
      {found.slice(0, rows).map((one, index) => one.person && (
        <Row key={one.person.name} found={one} known={names.data} chosen={one === shown} choose={() => choose(index)} />
      ))}
    </ul>
  ), [understood, names.data, shown, language, rows]);
  const beside = useMemo(() => shown?.person && (
    <aside class="beside" aria-label={t('card_of', { name: shown.person.displayName })}>
      <PersonCard key={shown.person.name} person={shown.person} party={names.data?.get(shown.person.party)} offices={shown.offices} linked />
    </aside>
  ), [names.data, shown, language]);
  const below = useMemo(() => empty ? <div class="columns even start"><Due /><MyNext /><News /></div> : rested !== '' && <Also query={rested} process={process} />, [empty, rested, process, language]);
  return (
    <section ref={list} class={empty ? 'page home' : 'page home searching'} onKeyDown={onKey}>
      <h1 tabIndex={-1}>{t('home_title')}</h1>
      <form class="search" role="search" onSubmit={(event) => { event.preventDefault(); enter(); }}>
        <label for="search" class="unseen">{t('search_label')}</label>
        <Icon name="search" />
        <input id="search" type="search" ref={box} value={query} placeholder={t('search_placeholder')} autocomplete="off" spellcheck={false} maxLength={200}
          onInput={(event) => typed(event.currentTarget.value)} />
        <label class="unseen" for="search-process">{t('in_process')}</label>
        <select id="search-process" value={process} onFocus={toChoose} onPointerEnter={toChoose} onChange={(event) => { memory.process = event.currentTarget.value; setProcess(event.currentTarget.value); choose(0); }}>
          <option value="">{t('all_processes')}</option>
          {process !== '' && sorted.length === 0 && <option value={process}>{processName(process)}</option>}
          {sorted.map((one) => <option key={one.name} value={one.name}>{one.shortName || processName(one.name)}</option>)}
        </select>
      </form>
      {empty && below}
      <p class="unseen" role="status">{key !== null && asked.data && !asked.loading ? t('n_found', { n: found.length }) : ''}</p>
      {asked.error !== undefined && <Failed error={asked.error} retry={() => { asked.retry(); if (names.error !== undefined) names.retry(); }} />}
      {!empty && !asked.data && (key === null || asked.loading) && <Waiting lines={4} />}
      {key !== null && asked.data && found.length === 0 && !asked.loading && <Nobody query={wanted} process={process} known={names.data} />}
      {found.length > 0 && <>
        <p class="taken">{filters.map((one) => <Badge key={one} tone="accent">{one}</Badge>)}</p>
        <div class="results" aria-busy={asked.loading}>
          {results}
          {beside}
        </div>
      </>}
      {!empty && asked.error === undefined && below /* on a broken line one word is enough */}
    </section>
  );
}

function Row({ found, known, chosen, choose }: { found: Found; known: Map<string, Party> | undefined; chosen: boolean; choose: () => void }) {
  const person = found.person;
  if (!person) return null;
  const telephone = telephones(person)[0];
  const email = emails(person)[0];
  return (
    <li class={chosen ? 'chosen' : ''} onMouseEnter={choose} onFocusCapture={choose}>
      <a class="name" href={linkToRecord(person.name)}><bdi>{plainly(person.displayName)}</bdi></a>
      <span class="where">{partyName(person.party, known?.get(person.party))}</span>
      <span class="what">{found.offices.map((one) => officeTitle(one)).join(' · ') || plainly(person.title)}</span>
      <span class="reach">
        {telephone && <a href={telephoneLink(telephone.value)} dir="ltr" aria-label={t('call_name', { name: person.displayName, number: telephone.value })}>{plainly(telephone.value)}</a>}
        {email && <a href={mailLink(email.value)} dir="ltr" aria-label={t('mail_to', { name: person.displayName })}><Breakable text={plainly(email.value)} /></a>}
      </span>
    </li>
  );
}

// Nobody by these words: who is found by all of them but one.
function Nobody({ query, process, known }: { query: string; process: string; known: Map<string, Party> | undefined }) {
  const words = query.split(/\s+/);
  const asked = useCall(words.length < 2 ? null : `${process} nearest ${query}`, async (signal) => {
    for (let left = words.length - 1; left >= 0; --left) {
      const fewer = words.filter((_, index) => index !== left).join(' ');
      const { found } = await directory.searchPersons({ query: fewer, process, pageSize: 5 }, { signal });
      if (found.length > 0) return { without: words[left] ?? '', found };
    }
    return undefined;
  });
  const nearest = asked.data;
  return (
    <div class="nobody">
      <p><strong>{t('nobody')}</strong> {t('nobody_hint')}</p>
      {nearest && <>
        <h2>{t('nearest', { word: nearest.without })}</h2>
        <ul class="people">{nearest.found.map((one) => one.person && (
          <Row key={one.person.name} known={known} chosen={false} choose={() => undefined} found={one} />
        ))}</ul>
      </>}
    </div>
  );
}
