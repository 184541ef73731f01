// What else the one box finds: bodies, documents by their full text, collections of figures, and the terms of their
// lists. What is short is asked for once and looked through here; documents are searched by the server.
import { createClient } from '@connectrpc/connect';
import { SearchService, type SearchReply_Found } from '../gen/entente/v1/search_pb';
import { collator } from '../i18n';
import { allPages, directory, transport } from './api';
import { folded } from './ask';
import { codesOf, conceptTitle, dataflows, structureOf } from './structures';
import { lastPart, partyName, plainly, processName, textIn } from './names';
import { processes } from './people';
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
    const lists = await Promise.all(all.map((one) => allPages((pageToken) => directory.listBodies({ process: one.name, pageSize: 1000, pageToken }), (reply) => reply.bodies)));
    return lists.flat().map((one) => {
      const process = one.name.split('/')[1] ?? '';
      const title = plainly(one.title) || lastPart(one.name);
      const chair = one.chair ? partyName(one.chair) : '';
      return { id: one.name, title, detail: [processName(process), chair].filter(Boolean).join(' · '), link: linkTo(['process', process]), words: folded(`${title} ${one.name.replaceAll('/', ' ')} ${chair}`) };
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

// The concepts that figures are told by and the codes of their lists, each once: where it leads to, its figures stand.
function terms(): Promise<Row[]> {
  return once('found terms', async () => {
    const flows = (await dataflows()).filter((one) => one.dataflow).sort((a, b) => Number(b.observations > 0n) - Number(a.observations > 0n)).slice(0, FLOWS_MAX);
    const rows = new Map<string, Row>();
    for (const set of await Promise.all(flows.map((one) => structureOf(one.dataflow?.name ?? '').catch(() => undefined)))) {
      if (!set) continue;
      const { dataflow, structure, lists } = set;
      for (const dimension of structure.dimensions) {
        // What the figures are told by (`Citizenship`), once; then the codes that it can take.
        const concept = conceptTitle(set.set, structure, dimension.conceptId);
        if (!rows.has(concept)) rows.set(concept, { id: concept, title: concept, detail: textIn(dataflow.title), link: linkTo(['statistics', lastPart(dataflow.name)]), words: folded(`${concept} ${dimension.conceptId}`) });
        const list = lists.get(dimension.codelist);
        const spoken = new Map(list?.items.map((one) => [one.id, Object.values(one.title?.byLanguage ?? {}).join(' ')]));
        for (const code of codesOf(list, dimension.role)) {
          const id = `${dimension.codelist} ${dimension.id} ${code.id}`;
          if (rows.has(id)) continue;
          rows.set(id, { id, title: code.title, detail: `${conceptTitle(set.set, structure, dimension.conceptId)} · ${textIn(dataflow.title)}`,
            link: linkTo(['statistics', lastPart(dataflow.name)], { [dimension.id]: code.id }), words: folded(`${code.title} ${code.id} ${spoken.get(code.id) ?? ''}`) });
        }
      }
    }
    return [...rows.values()];
  });
}

export interface Groups {
  bodies: Row[];
  documents: SearchReply_Found[];
  collections: Row[];
  terms: Row[];
}
const EACH = 5;

// The beginnings of words are enough, as with persons; whole words before beginnings, short titles first.
function fitting(rows: Row[], query: string): Row[] {
  const words = folded(query).split(/\s+/).filter(Boolean);
  const starts = words.map((one) => new RegExp(`(^|[^\\p{L}\\p{N}])${one.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`, 'u'));
  const rank = (row: Row) => Number(folded(row.title) !== words.join(' ')) * 1000 + row.title.length;
  return rows.filter((row) => starts.every((start) => start.test(row.words))).sort((a, b) => rank(a) - rank(b) || collator().compare(a.title, b.title)).slice(0, EACH);
}

export async function find(query: string, process: string, signal: AbortSignal): Promise<Groups> {
  const words = query.trim().split(/\s+/).map((one) => /^[\p{L}\p{N}]{2,}$/u.test(one) ? `${one}*` : one).join(' ');
  const [groups, flows, codes, papers] = await Promise.all([bodies(), collections(), terms(),
    search.search({ query: words, process, pageSize: EACH }, { signal })]);
  const here = (row: Row) => process === '' || row.id.startsWith(`${process}/`);
  return { bodies: fitting(groups.filter(here), query), documents: papers.found, collections: process === '' ? fitting(flows, query) : [], terms: process === '' ? fitting(codes, query) : [] };
}

// Documents by their full text, as many as a page shows.
export async function searchDocuments(query: string, signal: AbortSignal) {
  return search.search({ query, pageSize: 200 }, { signal });
}
