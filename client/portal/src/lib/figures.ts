// Figures as pages use them: from the packed columns of a query to rows, and back out to files and programs.
import { createClient } from '@connectrpc/connect';
import { StatisticsService, type DataStructure, type Dataflow, type Observations, type Selection } from '../gen/entente/v1/statistics_pb';
import { currentLanguage } from '../i18n';
import { transport } from './api';
import { ComparisonService } from '../gen/entente/v1/comparison_pb';

export const statistics = createClient(StatisticsService, transport);
export const comparison = createClient(ComparisonService, transport);

export interface Series {
  key: string[]; // in the order of `Figures.dimensions`
  from: number; // its figures: `from` up to `end`
  end: number;
}
// Column by column: a hundred thousand figures are five arrays, not as many objects for the browser's collector to walk.
export interface Figures {
  dimensions: string[];
  series: Series[];
  keys: string[][]; // of each figure, as of its series
  periods: string[];
  values: number[]; // NaN: reported without a value
  statuses: string[]; // OBS_STATUS; empty: none
  cut: boolean; // there are more than a page can hold
}
export const FIGURES_MAX = 200_000;

export function unpack(message: Observations, into: Figures): void {
  into.dimensions = message.dimensions.map((one) => one.id);
  const status = message.attributes.find((one) => one.id === 'OBS_STATUS');
  const missing = new Set(message.missing);
  let at = 0;
  message.counts.forEach((count, series) => {
    const key = message.dimensions.map((one) => one.dictionary[one.codes[series] ?? 0] ?? '');
    into.series.push({ key, from: into.values.length, end: into.values.length + count });
    for (const end = at + count; at < end; ++at) {
      const exponent = message.exponents[at] ?? 0;
      const whole = Number(message.values[at] ?? 0n);
      into.keys.push(key);
      into.periods.push(message.periods?.dictionary[message.periods.codes[at] ?? 0] ?? '');
      // Not by a power of a tenth: 125 / 100 is 1.25, 125 * 0.01 is not.
      into.values.push(missing.has(at) ? NaN : exponent < 0 ? whole / 10 ** -exponent : whole * 10 ** exponent);
      into.statuses.push(status?.dictionary[status.codes[at] ?? 0] ?? '');
    }
  });
}

export interface Query {
  dataflow: string;
  selections: Selection[] | { dimension: string; values: string[] }[];
  startPeriod: string;
  endPeriod: string;
}

export async function figures(query: Query, signal: AbortSignal): Promise<Figures> {
  const all: Figures = { dimensions: [], series: [], keys: [], periods: [], values: [], statuses: [], cut: false };
  for await (const message of statistics.query({ ...query, selections: query.selections.map(({ dimension, values }) => ({ dimension, values })) }, { signal })) {
    unpack(message, all);
    if (all.values.length >= FIGURES_MAX) return { ...all, cut: true };
  }
  return all;
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
  all.values.forEach((value, at) => lines.push([id, ...(all.keys[at] ?? []).map(cell), all.periods[at], Number.isNaN(value) ? '' : String(value), cell(all.statuses[at] ?? '')].join(',')));
  return lines.join('\r\n') + '\r\n';
}

// The query as SDMX REST 2.1 has it: dimensions in the structure's order, free ones empty.
export function restPath(dataflow: Dataflow, structure: DataStructure, query: Query): string {
  const [, agency = '', id = ''] = /^dataflows\/(.*)\.([^.]*)$/.exec(dataflow.name) ?? [];
  const chosen = new Map(query.selections.map((one) => [one.dimension, one.values]));
  const key = structure.dimensions.map((one) => (chosen.get(one.id) ?? []).join('+')).join('.');
  const period = [query.startPeriod && `startPeriod=${query.startPeriod}`, query.endPeriod && `endPeriod=${query.endPeriod}`].filter(Boolean).join('&');
  return `/sdmx/2.1/data/${agency},${id}/${key}${period && `?${period}`}`;
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
