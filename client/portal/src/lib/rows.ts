// What a party signs of a file, row by row, so that whoever may see one figure can prove it and nobody guess another: the
// rows as this page reads them itself, salted hashes of them in trees, and the manifest that names the root over these. The
// bytes are those of docs/statistics.md ("Who supplied a figure"); the client library does the same (client/lib/rows.cc).
import { concat } from './octets';
import { sha256Into, sha256Of } from './sha256';

const DIGEST = 32;
const ROWS_MAX = 1 << 16; // of a tree
const BYTES_MAX = 4 << 20; // of its rows
const TREES_MAX = 1 << 12;
const SLICE_MS = 12; // of work, before the page may answer its reader again

export interface Columns {
  dimensions: readonly string[];
  measure: string;
  attributes: readonly string[];
  texts: readonly string[]; // of the attributes those without codes: no label stands behind one
}
const namesOf = (columns: Columns) => ['ACTION', ...columns.dimensions, 'TIME_PERIOD', columns.measure || 'OBS_VALUE', ...columns.attributes];
const inQuotes = (cell: string) => /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
const withoutLabel = (cell: string) => cell.split(': ', 1)[0] ?? '';
export const columnsOf = (columns: Columns) => namesOf(columns).map(inQuotes).join(',');

// Where the row that begins `text` ends, its line feed included; 0: it is not whole yet. A quote opens at the beginning of a
// cell, and one that follows another is doubled (proto/formats/csv_reader.cc).
function endOfRow(text: string, from: number): number {
  let quoted = false;
  for (let at = from; ; ) {
    const quote = text.indexOf('"', at);
    const end = quoted ? -1 : text.indexOf('\n', at);
    if (end >= 0 && (quote < 0 || end < quote)) return end + 1;
    if (quote < 0) return 0;
    const before = quote === from ? ',' : text[quote - 1];
    quoted = !quoted && (before === ',' || before === '"' || before === '\n');
    at = quote + 1;
  }
}

function cellsOf(row: string): string[] {
  if (!row.includes('"')) return row.split(',');
  const cells: string[] = [];
  for (let at = 0; at <= row.length; ) {
    if (row[at] !== '"') {
      const end = row.indexOf(',', at);
      cells.push(row.slice(at, end < 0 ? row.length : end));
      at = (end < 0 ? row.length : end) + 1;
      continue;
    }
    let cell = '';
    for (++at; ; ++at) {
      const quote = row.indexOf('"', at);
      if (quote < 0) throw new Error('a quote is opened and not closed');
      cell += row.slice(at, quote);
      at = quote + 1;
      if (row[at] !== '"') break;
      cell += '"';
    }
    cells.push(cell);
    ++at;
  }
  return cells;
}

// The texts of a file's rows, one piece of the file at a time. Requires: the server has found no fault in it.
async function* textsOf(file: Blob, columns: Columns): AsyncGenerator<string[]> {
  const reader = file.stream().pipeThrough(new TextDecoderStream('utf-8', { fatal: true })).getReader();
  const names = namesOf(columns);
  let sources: { at: number; labelled: boolean }[] | undefined;
  for (let rest = ''; ; ) {
    const { value, done } = await reader.read();
    const text = rest + (value ?? '');
    const rows: string[] = [];
    let at = 0;
    for (let end; (end = endOfRow(text, at) || (done ? text.length : 0)) > at; at = end) {
      const row = text.slice(at, end).replace(/\r?\n$/, '').replace(/\r$/, '');
      if (row === '') continue;
      const cells = cellsOf(row);
      if (sources) {
        rows.push(sources.map((one) => inQuotes(one.labelled ? withoutLabel(cells[one.at] ?? '') : cells[one.at] ?? '')).join(','));
      } else {
        const headings = cells.map(withoutLabel);
        sources = names.map((name) => ({ name, at: headings.lastIndexOf(name) })).map(({ name, at: place }) => ({ at: place, labelled: !columns.texts.includes(name) && (cells[place]?.includes(': ') ?? false) }));
      }
    }
    rest = text.slice(at);
    yield rows;
    if (done) return;
  }
}

const utf8 = (text: string) => new TextEncoder().encode(text);
function derive(seed: Uint8Array, word: string, number: number): Uint8Array {
  const digits = new Uint8Array(8);
  new DataView(digits.buffer).setBigUint64(0, BigInt(number));
  return sha256Of(concat(seed, utf8(word), digits));
}
async function octetsOf(seed: Uint8Array, word: string, number: number, count: number): Promise<Uint8Array> {
  const key = await crypto.subtle.importKey('raw', derive(seed, word, number) as BufferSource, 'AES-CTR', false, ['encrypt']);
  return new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-CTR', counter: new Uint8Array(16), length: 64 }, key, new Uint8Array(count)));
}

let since = performance.now();
async function breathe(): Promise<void> {
  if (performance.now() - since < SLICE_MS) return;
  await new Promise((go) => setTimeout(go));
  since = performance.now();
}

// Digests in ascending order: by their first 37 bits, each in a number with its place, then what few have these in common.
function sorted(digests: Uint8Array): Uint8Array {
  const count = digests.length / DIGEST;
  const view = new DataView(digests.buffer, digests.byteOffset);
  const keys = Float64Array.from({ length: count }, (_, i) => (view.getUint32(i * DIGEST) * 32 + (view.getUint8(i * DIGEST + 4) >> 3)) * ROWS_MAX + i).sort();
  const digest = (at: number) => { const place = keys[at]! % ROWS_MAX; return digests.subarray(place * DIGEST, (place + 1) * DIGEST); };
  const comesAfter = (a: Uint8Array, b: Uint8Array) => { const at = a.findIndex((octet, i) => octet !== b[i]); return at >= 0 && a[at]! > b[at]!; };
  for (let i = 1; i < count; ++i)
    for (let at = i; at > 0 && Math.floor(keys[at - 1]! / ROWS_MAX) === Math.floor(keys[at]! / ROWS_MAX) && comesAfter(digest(at - 1), digest(at)); --at)
      [keys[at - 1], keys[at]] = [keys[at]!, keys[at - 1]!];
  const out = new Uint8Array(digests.length);
  for (let i = 0; i < count; ++i) out.set(digest(i), i * DIGEST);
  return out;
}

// The root over digests, a power of two of them (RFC 9162).
async function rootOf(leaves: Uint8Array): Promise<Uint8Array> {
  const level = sorted(leaves);
  const node = new Uint8Array(2 * 64 + 72);
  for (let count = level.length / DIGEST; count > 1; count /= 2) {
    for (let i = 0; i < count; i += 2) {
      node[0] = 1;
      node.set(level.subarray(i * DIGEST, (i + 2) * DIGEST), 1);
      sha256Into(node, 1 + 2 * DIGEST, level, i / 2 * DIGEST);
      if (i % 1024 === 0) await breathe();
    }
  }
  return level.slice(0, DIGEST);
}

async function treeOf(seed: Uint8Array, number: number, rows: readonly Uint8Array[]): Promise<Uint8Array> {
  const salts = await octetsOf(seed, 'salt', number, rows.length * DIGEST);
  const leaves = new Uint8Array(ROWS_MAX * DIGEST);
  leaves.set(await octetsOf(seed, 'none', number, (ROWS_MAX - rows.length) * DIGEST), rows.length * DIGEST);
  const most = rows.reduce((size, row) => Math.max(size, row.length), 0);
  const leaf = new Uint8Array(1 + DIGEST + most + 2 * 72);
  for (const [i, row] of rows.entries()) {
    leaf[0] = 0;
    leaf.set(salts.subarray(i * DIGEST, (i + 1) * DIGEST), 1);
    leaf.set(row, 1 + DIGEST);
    sha256Into(leaf, 1 + DIGEST + row.length, leaves, i * DIGEST);
    if (i % 1024 === 0) await breathe();
  }
  return rootOf(leaves);
}

// The roots of a file's trees, one tree's rows held at a time.
export async function rootsOf(file: Blob, columns: Columns, seed: Uint8Array): Promise<Uint8Array[]> {
  const roots: Uint8Array[] = [];
  let rows: Uint8Array[] = [];
  let bytes = 0;
  for await (const texts of textsOf(file, columns)) {
    for (const text of texts) {
      const row = utf8(text);
      if (rows.length === ROWS_MAX || (rows.length !== 0 && bytes + row.length > BYTES_MAX)) {
        roots.push(await treeOf(seed, roots.length, rows));
        rows = [];
        bytes = 0;
      }
      rows.push(row);
      bytes += row.length;
    }
  }
  roots.push(await treeOf(seed, roots.length, rows));
  return roots;
}

// The root over the trees' roots: it is what is signed.
export async function forestOf(roots: readonly Uint8Array[], seed: Uint8Array): Promise<Uint8Array> {
  return rootOf(concat(...roots, await octetsOf(seed, 'tree', 0, (TREES_MAX - roots.length) * DIGEST)));
}

// What hides the text over the whole file in the one over its rows.
export function hiddenBehind(seed: Uint8Array, words: string): Uint8Array {
  return sha256Of(concat(derive(seed, 'file', 0), utf8(words)));
}
