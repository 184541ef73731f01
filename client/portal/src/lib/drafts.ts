// What somebody has typed and not sent yet outlasts a closed tab: encrypted in this browser under a key that no script
// can export, until it is sent, the holder signs out, or twelve hours are over. A thief of the disk finds no text.
import { me, whenSignedOut } from './session';

const HOURS_MAX = 12;

// One act after another: what is dropped is not written again by what was under way.
let last: Promise<unknown> = Promise.resolve();
function inOrder<T>(work: () => Promise<T>): Promise<T> {
  const next = last.then(work, work);
  last = next.catch(() => undefined);
  return next;
}

function database(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open('entente-drafts', 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore('rows');
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}
async function inStore<T>(mode: IDBTransactionMode, work: (rows: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const open = await database();
  try {
    return await new Promise<T>((resolve, reject) => {
      const asked = work(open.transaction('rows', mode).objectStore('rows'));
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    });
  } finally {
    open.close();
  }
}

async function key(): Promise<CryptoKey> {
  const found = await inStore('readonly', (rows) => rows.get('key')) as CryptoKey | undefined;
  if (found) return found;
  const made = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  await inStore('readwrite', (rows) => rows.put(made, 'key'));
  return made;
}

interface Sealed {
  at: number;
  nonce: Uint8Array;
  bytes: ArrayBuffer;
}
// Bound to the account: another's draft does not open.
const bound = (name: string) => new TextEncoder().encode(`${me()?.session.account ?? ''} ${name}`);

export function keepDraft(name: string, draft: unknown): Promise<void> {
  return inOrder(() => keep(name, draft));
}
async function keep(name: string, draft: unknown): Promise<void> {
  try {
    const nonce = crypto.getRandomValues(new Uint8Array(12));
    const bytes = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce, additionalData: bound(name) }, await key(), new TextEncoder().encode(JSON.stringify(draft)));
    const sealed: Sealed = { at: Date.now(), nonce, bytes };
    await inStore('readwrite', (rows) => rows.put(sealed, `draft ${name}`));
  } catch { /* this browser keeps nothing: the draft lasts as long as the page */ }
}

export function findDraft<T>(name: string): Promise<T | undefined> {
  return inOrder(() => find<T>(name));
}
async function find<T>(name: string): Promise<T | undefined> {
  try {
    const sealed = await inStore('readonly', (rows) => rows.get(`draft ${name}`)) as Sealed | undefined;
    if (!sealed || Date.now() - sealed.at > HOURS_MAX * 3_600_000) return undefined;
    const bytes = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: sealed.nonce as BufferSource, additionalData: bound(name) }, await key(), sealed.bytes);
    return JSON.parse(new TextDecoder().decode(bytes)) as T;
  } catch {
    return undefined;
  }
}

export function dropDraft(name: string): Promise<void> {
  return inOrder(() => inStore('readwrite', (rows) => rows.delete(`draft ${name}`)).catch(() => undefined));
}

whenSignedOut(() => void inOrder(() => inStore('readwrite', (rows) => rows.clear()).catch(() => undefined)));
