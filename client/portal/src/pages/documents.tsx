// The library: what the reader may see, narrowed by words and by facets. Facets count what is shown and nothing else.
import { useMemo, useState } from 'preact/hooks';
import { Document_State, type Document } from '../gen/entente/v1/documents_pb';
import type { SearchReply_Found } from '../gen/entente/v1/search_pb';
import { collator, formatDay, formatNumber, languageName, t } from '../i18n';
import { folded } from '../lib/ask';
import { when } from '../lib/clock';
import { allDocuments, handlingName, kindName, languagesOf, titleOf, toneOfHandling } from '../lib/documents';
import { searchDocuments } from '../lib/found';
import { lastPart, partyName, processName, textIn } from '../lib/names';
import { parties } from '../lib/people';
import { go, linkTo, type Place } from '../lib/router';
import { me } from '../lib/session';
import type { Party } from '../lib/types';
import { useCall } from '../lib/use-call';
import { PassageOf } from '../ui/also';
import { Badge, Button, Failed, Field, LinkButton, PageTitle, Waiting } from '../ui/basic';

interface Facet {
  id: string;
  title: string;
  of: (document: Document) => string[];
  name: (value: string) => string;
}
type Known = Map<string, Party>;

// Values stand in the address as they are here: names of things.
function facets(known: Known): Facet[] {
  return [
    { id: 'process', title: t('process'), of: (one) => [lastPart(one.process)], name: processName },
    { id: 'kind', title: t('kind'), of: (one) => [String(one.kind)], name: (value) => kindName(Number(value)) },
    { id: 'from', title: t('originator'), of: (one) => [lastPart(one.originator)], name: (value) => partyName(value, known.get(`parties/${value}`)) },
    { id: 'handling', title: t('handling'), of: (one) => [String(one.visibility?.handling ?? 0)], name: (value) => handlingName(Number(value)) },
    { id: 'language', title: t('language'), of: (one) => one.contents.map((content) => content.language), name: languageName },
    { id: 'topic', title: t('topic'), of: (one) => one.topics, name: (value) => value },
    { id: 'country', title: t('countries'), of: (one) => one.countries, name: (value) => partyName(value, known.get(`parties/${value}`)) },
    { id: 'year', title: t('year'), of: (one) => one.createdAt ? [String(when(one.createdAt).getUTCFullYear())] : [], name: (value) => value },
  ];
}

let looked = '';
const SHOWN = 200;

export function DocumentsPage({ place }: { place: Place }) {
  const asked = useCall('library', async () => ({ all: await allDocuments(), known: await parties() }));
  const [query, setQuery] = useState(looked);
  const known = asked.data?.known ?? new Map<string, Party>();
  const sides = facets(known);
  const chosen = (facet: Facet) => (place.query.get(facet.id) ?? '').split('+').filter(Boolean);
  const fits = (document: Document, facet: Facet) => {
    const wanted = chosen(facet);
    return wanted.length === 0 || facet.of(document).some((one) => wanted.includes(one));
  };
  const wanted = query.trim();
  // By what the list says, and by the full text, which the server searches: first what fits best.
  const texts = useCall(wanted.length < 2 ? null : `texts ${wanted}`, async (signal) => ({ wanted, reply: await searchDocuments(wanted, signal) }));
  const hits = texts.data?.wanted === wanted ? texts.data.reply : undefined;
  const passages = useMemo(() => new Map(hits?.found.map((one) => [one.name, one]) ?? []), [hits]);
  const worded = useMemo(() => {
    const words = folded(wanted).split(/\s+/).filter(Boolean);
    const named = (asked.data?.all ?? []).filter((one) => {
      const text = folded([titleOf(one), textIn(one.abstract), ...one.topics, processName(one.process), kindName(one.kind), partyName(one.originator)].join(' '));
      return words.every((word) => text.includes(word)) || passages.has(one.name);
    });
    const percent = (one: Document) => passages.get(one.name)?.percent ?? 0;
    return wanted === '' ? named : named.sort((a, b) => percent(b) - percent(a));
  }, [asked.data, wanted, passages]);
  const shown = worded.filter((one) => sides.every((facet) => fits(one, facet)));
  const toggle = (facet: Facet, value: string) => {
    const next = new URLSearchParams(place.query);
    const now = chosen(facet);
    const then = now.includes(value) ? now.filter((one) => one !== value) : [...now, value];
    then.length > 0 ? next.set(facet.id, then.join('+')) : next.delete(facet.id);
    go(linkTo(['documents'], Object.fromEntries(next)), 'replace');
  };
  const narrowed = [...place.query.keys()].length > 0;
  return (
    <section class="page">
      <PageTitle aside={!me()?.session.readOnly && <LinkButton icon="upload" kind="primary" href={linkTo(['bring'])}>{t('bring_document')}</LinkButton>}>{t('documents')}</PageTitle>
      {asked.error !== undefined && <Failed error={asked.error} retry={asked.retry} />}
      {!asked.data && asked.loading && <Waiting lines={6} />}
      {asked.data && (
        <div class="explorer library">
          <form class="card" onSubmit={(event) => event.preventDefault()}>
            <Field label={t('find_document')}>{(props) => <input {...props} type="search" value={query} autocomplete="off" onInput={(event) => { looked = event.currentTarget.value; setQuery(looked); }} />}</Field>
            {sides.map((facet) => <FacetBox key={facet.id} facet={facet} chosen={chosen(facet)} toggle={toggle}
              among={worded.filter((one) => sides.every((other) => other === facet || fits(one, other)))} />)}
            {narrowed && <Button kind="quiet" onClick={() => go(linkTo(['documents']), 'replace')}>{t('choose_all')}</Button>}
          </form>
          <div>
            <p class="quiet-text" role="status">{t('n_documents', { n: shown.length })}</p>
            {texts.error !== undefined && <Failed error={texts.error} retry={texts.retry} />}
            {shown.length === 0 && (hits?.suggestions.length ?? 0) > 0 && <p>{t('perhaps')} {hits?.suggestions.map((one) => <Button key={one} kind="quiet" onClick={() => { looked = one; setQuery(one); }}>{one}</Button>)}</p>}
            {hits?.building && <p class="quiet-text">{t('index_building')}</p>}
            {asked.data.all.length === 0 && <p>{t('no_documents')}</p>}
            <ul class="people papers">{shown.slice(0, SHOWN).map((one) => <DocumentRow key={one.name} document={one} known={known} found={passages.get(one.name)} />)}</ul>
            {shown.length > SHOWN && <p class="quiet-text">{t('more_by_search', { n: shown.length - SHOWN, all: formatNumber(shown.length) })}</p>}
          </div>
        </div>
      )}
    </section>
  );
}

function FacetBox({ facet, among, chosen, toggle }: { facet: Facet; among: Document[]; chosen: string[]; toggle: (facet: Facet, value: string) => void }) {
  const counts = new Map<string, number>(chosen.map((one) => [one, 0]));
  for (const document of among) for (const value of facet.of(document)) counts.set(value, (counts.get(value) ?? 0) + 1);
  if (counts.size < 2 && chosen.length === 0) return null; // it would tell nothing apart
  const rows = [...counts].sort((a, b) => collator().compare(facet.name(a[0]), facet.name(b[0])));
  return (
    <details class="picker" open={chosen.length > 0 || rows.length <= 6}>
      <summary><span>{facet.title}</span></summary>
      <ul class="bare" aria-label={facet.title}>
        {rows.map(([value, count]) => <li key={value}><label><input type="checkbox" checked={chosen.includes(value)} onChange={() => toggle(facet, value)} /> {facet.name(value)} <small class="quiet-text">{formatNumber(count)}</small></label></li>)}
      </ul>
    </details>
  );
}

export function DocumentRow({ document, known, found }: { document: Document; known: Known; found?: SearchReply_Found | undefined }) {
  const gone = document.state !== Document_State.CURRENT;
  return (
    <li>
      <a class="name" href={linkTo(['document', lastPart(document.name)])}><bdi>{titleOf(document)}</bdi></a>
      <span class="where">{formatDay(when(document.createdAt))}</span>
      <span class="what">{[kindName(document.kind), processName(document.process), partyName(document.originator, known.get(document.originator)), languagesOf(document)].filter(Boolean).join(' · ')}</span>
      <span>{gone ? <Badge tone="neutral">{t('taken_back')}</Badge> : <Badge tone={toneOfHandling(document.visibility?.handling ?? 0)}>{handlingName(document.visibility?.handling ?? 0)}</Badge>}</span>
      {found && <PassageOf found={found} />}
    </li>
  );
}
