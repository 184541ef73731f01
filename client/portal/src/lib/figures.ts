// Figures as pages use them: from the packed columns of a query to rows, and back out to files and programs.
import { createClient } from '@connectrpc/connect';
import { createAsyncIterable } from '@connectrpc/connect/protocol';
import { StatisticsService, type DataStructure, type Dataflow, type Selection } from '../gen/entente/v1/statistics_pb';
import { currentLanguage } from '../i18n';
import { transport } from './api';
import { ComparisonService } from '../gen/entente/v1/comparison_pb';
import { partOf, UNREAD, type Column, type Part } from './observations';

export const statistics = createClient(StatisticsService, transport);
export const comparison = createClient(ComparisonService, transport);

// Words of which many rows say few: each once, and of each row which.
export interface Words {
  words: string[];
  of: Uint32Array;
}
export const wordAt = (column: Words | undefined, row: number): string => column?.words[column.of[row] ?? 0] ?? '';
// Whether not all rows say the same.
export const varies = ({ of }: Words): boolean => of.some((one) => one !== of[0]);

// Column by column, in arrays of numbers: of a hundred thousand figures the browser's collector has none to walk.
export interface Figures {
  dimensions: string[];
  keys: Words[]; // of each dimension: of each series
  ends: Uint32Array; // of each series: after its last figure; it begins where the one before it ends
  series: Uint32Array; // of each figure
  periods: Words;
  values: Float64Array; // NaN: reported without a value
  statuses: Words; // OBS_STATUS; empty: none
  cut: boolean; // there are more than a page can hold
}
export const FIGURES_MAX = 200_000;

function packed(parts: readonly Part[], cut: boolean): Figures {
  const counts = parts.flatMap((one) => [...one.counts]);
  const figures = counts.reduce((sum, one) => sum + one, 0);
  const blank = (rows: number): Words => ({ words: [], of: new Uint32Array(rows) });
  const dimensions = parts[0]?.dimensions.map((one) => one.id) ?? [];
  const all: Figures = {
    dimensions, keys: dimensions.map(() => blank(counts.length)), ends: new Uint32Array(counts.length), series: new Uint32Array(figures),
    periods: blank(figures), values: new Float64Array(figures), statuses: blank(figures), cut,
  };
  let end = 0;
  counts.forEach((count, series) => {
    all.series.fill(series, end, end += count);
    all.ends[series] = end;
  });
  let [series, from] = [0, 0];
  for (const part of parts) {
    const count = part.values.length;
    all.keys.forEach((one, at) => put(one, series, part.counts.length, part.dimensions[at]));
    put(all.periods, from, count, part.periods);
    put(all.statuses, from, count, part.attributes.find((one) => one.id === 'OBS_STATUS'));
    all.values.set(part.values, from);
    // Not by a power of a tenth: 125 / 100 is 1.25, 125 * 0.01 is not.
    part.exponents.forEach((exponent, at) => { all.values[from + at] = exponent < 0 ? (part.values[at] ?? 0) / 10 ** -exponent : (part.values[at] ?? 0) * 10 ** exponent; });
    for (const at of part.missing) all.values[from + at] = NaN;
    series += part.counts.length;
    from += count;
  }
  return all;
}

// Each part has words of its own.
function put(into: Words, from: number, count: number, column: Column | undefined): void {
  const places = new Map(into.words.map((word, place) => [word, place]));
  const placeOf = (column?.dictionary ?? ['']).map((word) => {
    if (!places.has(word)) places.set(word, into.words.push(word) - 1);
    return places.get(word) ?? 0;
  });
  for (let at = 0; at < count; ++at) into.of[from + at] = placeOf[column?.codes[at] ?? 0] ?? 0;
}

export interface Query {
  dataflow: string;
  selections: Selection[] | { dimension: string; values: string[] }[];
  startPeriod: string;
  endPeriod: string;
}

export async function figures(query: Query, signal: AbortSignal): Promise<Figures> {
  const parts: Part[] = [];
  let count = 0;
  const asked = createAsyncIterable([{ ...query, selections: query.selections.map(({ dimension, values }) => ({ dimension, values })) }]);
  const { message: messages } = await transport.stream(UNREAD, signal, undefined, undefined, asked);
  for await (const message of messages) {
    const part = partOf(message.$unknown ?? []);
    parts.push(part);
    count += part.values.length;
    if (count >= FIGURES_MAX) return packed(parts, true);
  }
  return packed(parts, false);
}

// A cell of CSV (RFC 4180); what a spreadsheet would take for a formula is disarmed.
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

// SDMX-CSV 1.0, which the network's own upload reads back.
export function toCsv(dataflow: Dataflow, all: Figures): string {
  const id = dataflow.name.replace('dataflows/', '').replace(/\.([^.]*)$/, ':$1') + `(${dataflow.version})`;
  const lines = [['DATAFLOW', ...all.dimensions, 'TIME_PERIOD', 'OBS_VALUE', 'OBS_STATUS'].join(',')];
  all.values.forEach((value, at) => lines.push([id, ...all.keys.map((one) => cell(wordAt(one, all.series[at] ?? 0))), cell(wordAt(all.periods, at)), Number.isNaN(value) ? '' : String(value), cell(wordAt(all.statuses, at))].join(',')));
  return lines.join('\r\n') + '\r\n';
}

// A word of somebody else's within an address: nothing of it ends the address, nor the quotes in which `asCode` puts it.
const escaped = (text: string): string => encodeURIComponent(text).replaceAll("'", '%27');

// The query as SDMX REST 2.1 has it: dimensions in the structure's order, free ones empty. It is pasted into programs, and its
// codes and periods may be whatever somebody wrote into a link, its names whatever the server says: each is escaped.
export function restPath(dataflow: Dataflow, structure: DataStructure, query: Query): string {
  const [, agency = '', id = ''] = /^dataflows\/(.*)\.([^.]*)$/.exec(dataflow.name) ?? [];
  const chosen = new Map(query.selections.map((one) => [one.dimension, one.values]));
  const key = structure.dimensions.map((one) => (chosen.get(one.id) ?? []).map(escaped).join('+')).join('.');
  const period = [query.startPeriod && `startPeriod=${escaped(query.startPeriod)}`, query.endPeriod && `endPeriod=${escaped(query.endPeriod)}`].filter(Boolean).join('&');
  return `/sdmx/2.1/data/${escaped(agency)},${escaped(id)}/${key}${period && `?${period}`}`;
}

// The same query by the network's SDMX service, in a form for other programs. Its faults are text, not calls' errors.
export const FORMS = {
  XLSX: { accept: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', ending: 'xlsx' },
  'SDMX-ML': { accept: 'application/vnd.sdmx.structurespecificdata+xml;version=2.1', ending: 'xml' },
  'SDMX-JSON': { accept: 'application/vnd.sdmx.data+json;version=2.0.0', ending: 'json' },
} as const;
export async function asForm(path: string, form: keyof typeof FORMS): Promise<Blob> {
  const reply = await fetch(path, { headers: { accept: FORMS[form].accept, 'accept-language': currentLanguage(), 'entente-browser': '1' }, credentials: 'same-origin', cache: 'no-store', redirect: 'error' });
  if (!reply.ok) throw new Error(`${reply.status} ${(await reply.text()).slice(0, 300)}`);
  return reply.blob();
}

export function asCode(kind: 'curl' | 'R' | 'Python', address: string): string {
  if (kind === 'curl') {
    return `curl --cert cert.pem --key key.pem --cacert ca.pem -u "$ACCOUNT:$TOOL_PASSWORD" \\\n  -H 'Accept: application/vnd.sdmx.data+csv' '${address}'`;
  }
  if (kind === 'R') {
    return `library(httr); library(rsdmx)\nfile <- tempfile(fileext = ".xml")\nanswer <- GET("${address}", write_disk(file),\n  authenticate(Sys.getenv("ACCOUNT"), Sys.getenv("TOOL_PASSWORD")), add_headers(Accept = "application/xml"),\n` +
      `  config(sslcert = "cert.pem", sslkey = "key.pem", cainfo = "ca.pem"))\nstop_for_status(answer)\nfigures <- as.data.frame(readSDMX(file, isURL = FALSE))`;
  }
  return `import csv, os, requests\nanswer = requests.get("${address}", cert=("cert.pem", "key.pem"), verify="ca.pem",\n` +
    `    auth=(os.environ["ACCOUNT"], os.environ["TOOL_PASSWORD"]), headers={"Accept": "application/vnd.sdmx.data+csv"})\nanswer.raise_for_status()\nfigures = list(csv.DictReader(answer.text.splitlines()))`;
}
