// What else the one box finds: bodies, documents by their full text, collections of figures, and the terms of their
// lists. What is short is asked for once and looked through here; documents are searched by the server.
import { createClient } from '@connectrpc/connect';
import { SearchService, type SearchReply_Found } from '../gen/entente/v1/search_pb';
import type { Dataflow, Dimension } from '../gen/entente/v1/statistics_pb';
import { collator } from '../i18n';
import { transport } from './api';
import { folded } from './ask';
import { statistics } from './figures';
import { codesOf, conceptTitle, dataflows } from './structures';
import { lastPart, partyName, plainly, processName, textIn } from './names';
import { bodiesOf, processes } from './people';
import { linkTo } from './router';
import { once } from './use-call';

const search = createClient(SearchService, transport);

export interface Row {
  id: string;
  title: string;
  detail: string;
  link: string;
  words: string; // folded, what it is found by
}

function bodies(): Promise<Row[]> {
  return once('found bodies', async () => {
    const all = await processes();
    const lists = await Promise.all(all.map((one) => bodiesOf(one.name)));
    return lists.flat().map((one) => {
      const process = one.name.split('/')[1] ?? '';
      const title = plainly(one.title) || lastPart(one.name);
      const chair = one.chair ? partyName(one.chair) : '';
      return { id: one.name, title, detail: [processName(process), chair].filter(Boolean).join(' · '), link: linkTo(['roster', process, lastPart(one.name)]), words: folded(`${title} ${one.name.replaceAll('/', ' ')} ${chair}`) };
    });
  });
}

function collections(): Promise<Row[]> {
  return once('found dataflows', async () => (await dataflows()).flatMap(({ dataflow }) => dataflow ? [{
    id: dataflow.name, title: textIn(dataflow.title), detail: `${processName(dataflow.process)} · ${lastPart(dataflow.name)}`, link: linkTo(['statistics', lastPart(dataflow.name)]),
    words: folded(`${Object.values(dataflow.title?.byLanguage ?? {}).join(' ')} ${dataflow.name} ${dataflow.process}`),
  }] : []));
}

const FLOWS_MAX = 12;

// A part of a structure by its name, once: many collections share their lists, and the lists are most of the octets.
const part = (name: string) => once(`part ${name}`, () => statistics.getStructure({ name }));
// Long work in pieces: whoever types is answered between two of them.
const breath = () => new Promise<void>((resolve) => { setTimeout(resolve); });

interface Told {
  dimension: Dimension;
  concept: string;
  flow: Dataflow;
}
async function dimensionsOf(flow: Dataflow): Promise<Told[]> {
  const structure = (await part(flow.dataStructure)).dataStructures[0];
  if (!structure) return [];
  const schemes = await part(structure.conceptScheme);
  return structure.dimensions.map((dimension) => ({ dimension, concept: conceptTitle(schemes, structure, dimension.conceptId), flow }));
}

// The codes of a list as they are looked for: folded once, whatever number of collections tells figures by them.
async function wordsOf(told: Told): Promise<{ id: string; title: string; words: string }[]> {
  const { codelist, role } = told.dimension;
  if (codelist === '') return [];
  return once(`found codes ${codelist} ${role}`, async () => {
    const list = (await part(codelist)).codelists[0];
    const spoken = new Map(list?.items.map((one) => [one.id, Object.values(one.title?.byLanguage ?? {}).join(' ')]));
    const rows = [];
    for (const [index, code] of codesOf(list, role).entries()) {
      if (index % 100 === 99) await breath();
      rows.push({ ...code, words: folded(`${code.title} ${code.id} ${spoken.get(code.id) ?? ''}`) });
    }
    return rows;
  });
}

// The concepts that figures are told by and the codes of their lists, each once: where it leads to, its figures stand.
function terms(): Promise<Row[]> {
  return once('found terms', async () => {
    const flows = (await dataflows()).flatMap((one) => one.dataflow ? [{ flow: one.dataflow, any: one.observations > 0n }] : []);
    const first = flows.sort((a, b) => Number(b.any) - Number(a.any)).slice(0, FLOWS_MAX);
    const rows = new Map<string, Row>();
    for (const told of (await Promise.all(first.map(({ flow }) => dimensionsOf(flow)))).flat()) {
      const { dimension, concept, flow } = told;
      const title = textIn(flow.title);
      // What the figures are told by (`Citizenship`), once; then the codes that it can take.
      if (!rows.has(concept)) rows.set(concept, { id: concept, title: concept, detail: title, link: linkTo(['statistics', lastPart(flow.name)]), words: folded(`${concept} ${dimension.conceptId}`) });
      for (const code of await wordsOf(told)) {
        const id = `${dimension.codelist} ${dimension.id} ${code.id}`;
        if (!rows.has(id)) rows.set(id, { id, title: code.title, detail: `${concept} · ${title}`, link: linkTo(['statistics', lastPart(flow.name)], { [dimension.id]: code.id }), words: code.words });
      }
      await breath();
    }
    return [...rows.values()];
  });
}

export interface Groups {
  bodies: Row[];
  documents: SearchReply_Found[];
  collections: Row[];
}
const EACH = 5;

// The beginnings of words are enough, as with persons; whole words before beginnings, short titles first.
function fitting(rows: Row[], query: string): Row[] {
  const words = folded(query).split(/\s+/).filter(Boolean);
  const starts = words.map((one) => new RegExp(`(^|[^\\p{L}\\p{N}])${one.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`, 'u'));
  const whole = words.join(' ');
  const ranked = rows.filter((row) => starts.every((start) => start.test(row.words))).map((row) => ({ row, rank: Number(folded(row.title) !== whole) * 1000 + row.title.length }));
  return ranked.sort((a, b) => a.rank - b.rank || collator().compare(a.row.title, b.row.title)).slice(0, EACH).map((one) => one.row);
}

export async function find(query: string, process: string, signal: AbortSignal): Promise<Groups> {
  const words = query.trim().split(/\s+/).map((one) => /^[\p{L}\p{N}]{2,}$/u.test(one) ? `${one}*` : one).join(' ');
  const [groups, flows, papers] = await Promise.all([bodies(), collections(), search.search({ query: words, process, pageSize: EACH }, { signal })]);
  const here = (row: Row) => process === '' || row.id.startsWith(`${process}/`);
  return { bodies: fitting(groups.filter(here), query), documents: papers.found, collections: process === '' ? fitting(flows, query) : [] };
}
// Terms belong to no process.
export async function findTerms(query: string): Promise<Row[]> {
  return fitting(await terms(), query);
}

// Documents by their full text, as many as a page shows.
export async function searchDocuments(query: string, signal: AbortSignal) {
  return search.search({ query, pageSize: 200 }, { signal });
}
