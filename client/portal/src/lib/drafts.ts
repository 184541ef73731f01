// What somebody has typed and not sent yet outlasts a closed tab: encrypted in this browser until it is sent, the holder
// signs out, or twelve hours are over. The key is of the account and comes from the server; it stands in a page's memory
// and nowhere else, so that nothing on this disk opens what lies beside it: a draft may be of what is restricted.
import { createClient } from '@connectrpc/connect';
import { DraftService } from '../gen/entente/v1/drafts_pb';
import { QUIET, transport } from './api';
import { me, whenSignedIn, whenSignedOut } from './session';

const HOURS_MAX = 12;
const VERSION = 2; // of the store

// One act after another: what is dropped is not written again by what was under way.
let last: Promise<unknown> = Promise.resolve();
function inOrder<T>(work: () => Promise<T>): Promise<T> {
  const next = last.then(work, work);
  last = next.catch(() => undefined);
  return next;
}

function database(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open('entente-drafts', VERSION);
    asked.onupgradeneeded = () => {
      for (const before of asked.result.objectStoreNames) asked.result.deleteObjectStore(before); // had its key beside it
      asked.result.createObjectStore('rows');
    };
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

const drafts = createClient(DraftService, transport);
let held: { account: string; key: Promise<CryptoKey> } | undefined;
// Asked for as the session is entered, so that a form finds its draft as it opens; and again if that failed.
function keyOf(account: string): Promise<CryptoKey> {
  if (held?.account !== account) {
    const key = drafts.getDraftKey({}, { headers: { [QUIET]: '1' } })
      .then((reply) => crypto.subtle.importKey('raw', reply.key as BufferSource, 'AES-GCM', false, ['encrypt', 'decrypt']));
    const mine = { account, key };
    key.catch(() => { if (held === mine) held = undefined; });
    held = mine;
  }
  return held.key;
}

interface Sealed {
  at: number;
  nonce: Uint8Array;
  bytes: ArrayBuffer;
}
// Bound to what it is a draft of, and to the account besides.
const bound = (account: string, name: string) => new TextEncoder().encode(`${account} ${name}`);

export function keepDraft(name: string, draft: unknown): Promise<void> {
  return inOrder(() => keep(name, draft));
}
async function keep(name: string, draft: unknown): Promise<void> {
  try {
    const account = me()?.session.account ?? '';
    const nonce = crypto.getRandomValues(new Uint8Array(12));
    const bytes = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce, additionalData: bound(account, name) }, await keyOf(account), new TextEncoder().encode(JSON.stringify(draft)));
    const sealed: Sealed = { at: Date.now(), nonce, bytes };
    await inStore('readwrite', (rows) => rows.put(sealed, `draft ${name}`));
  } catch { /* nothing is kept here now: the draft lasts as long as the page */ }
}

export function findDraft<T>(name: string): Promise<T | undefined> {
  return inOrder(() => find<T>(name));
}
async function find<T>(name: string): Promise<T | undefined> {
  try {
    const account = me()?.session.account ?? '';
    const key = keyOf(account);
    const sealed = await inStore('readonly', (rows) => rows.get(`draft ${name}`)) as Sealed | undefined;
    if (!sealed || Date.now() - sealed.at > HOURS_MAX * 3_600_000) return undefined;
    const bytes = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: sealed.nonce as BufferSource, additionalData: bound(account, name) }, await key, sealed.bytes);
    return JSON.parse(new TextDecoder().decode(bytes)) as T;
  } catch {
    return undefined;
  }
}

export function dropDraft(name: string): Promise<void> {
  return inOrder(() => inStore('readwrite', (rows) => rows.delete(`draft ${name}`)).catch(() => undefined));
}

whenSignedIn(() => void keyOf(me()?.session.account ?? '').catch(() => undefined));
whenSignedOut(() => {
  held = undefined;
  void inOrder(() => inStore('readwrite', (rows) => rows.clear()).catch(() => undefined));
});
