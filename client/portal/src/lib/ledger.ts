// The ledger's proofs, checked here by this page's own code (docs/ledger-format.md): the entry's bytes lead to its leaf,
// the leaf by its path to the root of a checkpoint, the checkpoint bears the ledger's signature and continues the one
// that this browser saw last. What the page's own server could still do, docs/portal.md says.
import { Code, ConnectError } from '@connectrpc/connect';
import type { LedgerRow } from '../gen/entente/v1/ledger_pb';
import { ledger } from './api';
import { sha256 } from './octets';

export interface Checkpoint {
  origin: string;
  size: bigint;
  root: Uint8Array;
  signed: 'yes' | 'no' | 'no key'; // by the key that this browser was given
  continues: 'yes' | 'no' | 'first';
}

// Whether this browser may build on it: signed by the ledger's key where it has one, continuing what it saw last.
export const isSound = (one: Checkpoint): boolean => one.signed !== 'no' && one.continues !== 'no';

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, index) => octet === b[index]);
}
export function hex(octets: Uint8Array): string {
  return [...octets].map((one) => one.toString(16).padStart(2, '0')).join('');
}
export function base64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
}

// RFC 9162 section 2.1.3.2.
export async function includes(leaf: Uint8Array, index: bigint, size: bigint, path: Uint8Array[], root: Uint8Array): Promise<boolean> {
  if (index >= size) return false;
  let node = index;
  let last = size - 1n;
  let hash = leaf;
  for (const sibling of path) {
    if (last === 0n) return false;
    if ((node & 1n) === 1n || node === last) {
      hash = await sha256(NODE, sibling, hash);
      while ((node & 1n) === 0n && node !== 0n) {
        node >>= 1n;
        last >>= 1n;
      }
    } else {
      hash = await sha256(NODE, hash, sibling);
    }
    node >>= 1n;
    last >>= 1n;
  }
  return last === 0n && same(hash, root);
}

// RFC 9162 section 2.1.4.2.
export async function continues(oldSize: bigint, oldRoot: Uint8Array, size: bigint, root: Uint8Array, path: Uint8Array[]): Promise<boolean> {
  if (oldSize > size) return false;
  if (size === 0n && !same(root, await sha256())) return false;
  if (oldSize === size) return path.length === 0 && same(oldRoot, root);
  if (oldSize === 0n) return path.length === 0 && same(oldRoot, await sha256());
  const hashes = (oldSize & (oldSize - 1n)) === 0n ? [oldRoot, ...path] : [...path];
  if (hashes.length === 0) return false;
  let node = oldSize - 1n;
  let last = size - 1n;
  while ((node & 1n) === 1n) {
    node >>= 1n;
    last >>= 1n;
  }
  let before = hashes[0] as Uint8Array;
  let after = before;
  for (const hash of hashes.slice(1)) {
    if (last === 0n) return false;
    if ((node & 1n) === 1n || node === last) {
      before = await sha256(NODE, hash, before);
      after = await sha256(NODE, hash, after);
      while ((node & 1n) === 0n && node !== 0n) {
        node >>= 1n;
        last >>= 1n;
      }
    } else {
      after = await sha256(NODE, after, hash);
    }
    node >>= 1n;
    last >>= 1n;
  }
  return last === 0n && same(before, oldRoot) && same(after, root);
}

// What is kept between visits is public: the ledger's key, and size and root of the checkpoint seen last.
const KEY = 'entente.ledger-key';
const SEEN = 'entente.ledger-seen';
function kept(name: string): string {
  try {
    return localStorage.getItem(name) ?? '';
  } catch {
    return '';
  }
}
export function ledgerKey(): string {
  return kept(KEY);
}
export function keepLedgerKey(text: string): boolean {
  if (text !== '' && !parseKey(text)) return false;
  localStorage.setItem(KEY, text);
  return true;
}

function parseKey(text: string): { name: string; id: string; octets: Uint8Array } | undefined {
  const found = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text.trim());
  if (!found) return undefined;
  try {
    const octets = base64(found[3] as string);
    return octets.length === 33 && octets[0] === 1 ? { name: found[1] as string, id: found[2] as string, octets: octets.slice(1) } : undefined;
  } catch {
    return undefined;
  }
}

async function signedBy(note: string, text: string): Promise<'yes' | 'no' | 'no key'> {
  const key = parseKey(ledgerKey());
  if (!key) return 'no key';
  const subtle = await crypto.subtle.importKey('raw', key.octets, 'Ed25519', false, ['verify']).catch(() => undefined);
  if (!subtle) return 'no key';
  for (const line of note.slice(text.length + 1).split('\n')) {
    if (!line.startsWith(`— ${key.name} `)) continue;
    const octets = base64(line.split(' ')[2] ?? '');
    if (hex(octets.slice(0, 4)) === key.id && await crypto.subtle.verify('Ed25519', subtle, octets.slice(4), new TextEncoder().encode(text))) return 'yes';
  }
  return 'no';
}

export async function newestCheckpoint(): Promise<Checkpoint> {
  const { note } = await ledger.getCheckpoint({});
  const end = note.indexOf('\n\n');
  const text = note.slice(0, end + 1);
  const [origin = '', size = '', root = ''] = text.split('\n');
  const checkpoint: Checkpoint = { origin, size: BigInt(size), root: base64(root), signed: await signedBy(note, text), continues: 'first' };
  // Another ledger's: what it continues does not matter, and a proof that never comes must not keep that from being said.
  if (checkpoint.signed === 'no') return checkpoint;
  // Another panel or tab may go on while this one waits for a proof: then it is held against what that one saw, too.
  let seen: string;
  do {
    seen = kept(SEEN);
    if (seen !== '') checkpoint.continues = await agrees(seen, checkpoint) ? 'yes' : 'no';
  } while (kept(SEEN) !== seen);
  if (checkpoint.continues !== 'no' && (seen === '' || checkpoint.size > BigInt(seen.split(' ')[0] ?? ''))) {
    try {
      localStorage.setItem(SEEN, `${size} ${root}`);
    } catch { /* storage is forbidden: each visit is the first */ }
  }
  return checkpoint;
}

// Whether the smaller of the two is the beginning of the larger. A call that fails proves nothing, neither way, and throws:
// then the page believes nothing of this ledger until it has asked again. But that a ledger is not as large as what it showed
// before is an answer, and its own.
async function agrees(seen: string, shown: Checkpoint): Promise<boolean> {
  const [size = '', root = ''] = seen.split(' ');
  const before = { size: BigInt(size), root: base64(root) };
  const [small, large] = shown.size < before.size ? [shown, before] : [before, shown];
  try {
    const path = small.size === large.size ? [] : (await ledger.proveConsistency({ oldSize: small.size, size: large.size })).path;
    return await continues(small.size, small.root, large.size, large.root, path);
  } catch (error) {
    if (error instanceof ConnectError && error.code === Code.OutOfRange) return false;
    throw error;
  }
}

// An entry as its own bytes say it.
export interface Entry {
  index: bigint;
  time: Date;
  account: string;
  party: string;
  kind: string;
  object: string;
  touched: string[];
}

export function decodeEntry(octets: Uint8Array): Entry | undefined {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  if (decoder.decode(octets.slice(0, 16)) !== 'entente/entry/1\n') return undefined;
  let at = 32;
  const text = () => {
    const length = view.getUint32(at);
    at += 4 + length;
    return decoder.decode(octets.slice(at - length, at));
  };
  const [account, party, , kind, object] = [text(), text(), text(), text(), text()] as const;
  const count = view.getUint32(at);
  at += 4;
  const touched = Array.from({ length: count }, text);
  return { index: view.getBigUint64(16), time: new Date(Number(view.getBigUint64(24) / 1000n)), account, party, kind, object, touched };
}

export interface Proved {
  entry: Entry;
  holds: boolean;
}

// The entries about `name`, newest first, each proved against `checkpoint`. Looks back over the last `most` entries.
export async function entriesAbout(name: string, checkpoint: Checkpoint, most = 10_000n): Promise<Proved[]> {
  const rows: LedgerRow[] = [];
  for (let to = checkpoint.size; to > 0n && checkpoint.size - to < most && rows.length < 8;) {
    const from = to > 1_000n ? to - 1_000n : 0n;
    const page: LedgerRow[] = [];
    for (let next = from; next < to;) {
      const reply = await ledger.listEntries({ from: next, to, pageSize: 1000 });
      page.push(...reply.rows);
      if (reply.next <= next) break;
      next = reply.next;
    }
    rows.push(...page.reverse().filter((one) => one.entry && (one.entry.object === name || one.entry.object.startsWith(`${name}/`) || one.entry.touched.includes(name))));
    to = from;
  }
  return (await Promise.all(rows.slice(0, 8).map((row) => prove(row, checkpoint)))).flatMap((one) => one ?? []);
}

// One entry by its number, if it stands in the ledger under this checkpoint.
export async function provedEntry(index: bigint, checkpoint: Checkpoint): Promise<Entry | undefined> {
  const row = await ledger.getEntry({ name: `ledger/entries/${index}` });
  const proved = row.index === index ? await prove(row, checkpoint) : undefined;
  return proved?.holds ? proved.entry : undefined;
}

async function prove(row: LedgerRow, checkpoint: Checkpoint): Promise<Proved | undefined> {
  const entry = decodeEntry(row.canonical);
  if (!entry) return undefined;
  const leaf = await sha256(LEAF, await sha256(row.blinding, row.canonical));
  const proof = await ledger.proveInclusion({ index: row.index, size: checkpoint.size });
  const holds = entry.index === row.index && await includes(leaf, row.index, checkpoint.size, proof.path, checkpoint.root);
  return { entry, holds };
}
