// Offices' keys that were brought into this browser: none can be had out of it again, by no script; a document that was
// sealed to the office is opened here with it. They stay until they are forgotten.
import { hex } from './ledger';
import { sha256 } from './octets';
import { child, KeyFileError, oid, openKeyFile, readDer } from './pkcs12';
import { keyIdentifierOf, type OfficeKey } from './sealed';

export interface Kept extends OfficeKey {
  name: string; // `entente://swe.demo.example/office/swe.igc.focal-point`
  ends: string; // the certificate's end
}

function inStore<T>(mode: IDBTransactionMode, work: (rows: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const opening = indexedDB.open('entente-office-keys', 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('keys', { keyPath: 'certificate' });
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const asked = work(opening.result.transaction('keys', mode).objectStore('keys'));
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    };
  });
}

export function officeKeys(): Promise<Kept[]> {
  return inStore('readonly', (rows) => rows.getAll() as IDBRequest<Kept[]>).catch(() => []);
}
export async function forgetOfficeKey(certificate: string): Promise<void> {
  await inStore('readwrite', (rows) => rows.delete(certificate));
}

// The one name of a certificate, as a URI; empty if it has none.
function uriOf(certificate: Uint8Array): string {
  for (const field of child(readDer(certificate)[0], 0).children) {
    if (field.tag !== 0xa3) continue;
    for (const extension of child(field, 0).children) {
      const value = extension.children.at(-1);
      if (oid(child(extension, 0)) !== '551d11' || !value) continue;
      return new TextDecoder().decode(child(readDer(value.body)[0]).children.find((one) => one.tag === 0x86)?.body ?? new Uint8Array());
    }
  }
  return '';
}
// UTCTime, of this century (RFC 5280, 4.1.2.5): as a day.
function endOf(certificate: Uint8Array): string {
  const validity = child(readDer(certificate)[0], 0).children.find((one) => one.children.length === 2 && one.children.every((time) => time.tag === 0x17));
  const text = new TextDecoder().decode(validity?.children[1]?.body ?? new Uint8Array());
  return text.length >= 6 ? `20${text.slice(0, 2)}-${text.slice(2, 4)}-${text.slice(4, 6)}` : '';
}

// KeyFileError says in English what the file is not.
export async function bringOfficeKey(file: Uint8Array, password: string): Promise<Kept> {
  const { key, certificates } = await openKeyFile(file, password);
  const certificate = certificates.find((one) => /\/office\/[^/]+$/.test(uriOf(one)));
  if (!certificate) throw new KeyFileError('not an office’s');
  const kept: Kept = {
    key: await crypto.subtle.importKey('pkcs8', key as BufferSource, { name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits']),
    certificate: hex(await sha256(certificate)), keyIdentifier: keyIdentifierOf(certificate), name: uriOf(certificate), ends: endOf(certificate),
  };
  key.fill(0);
  await inStore('readwrite', (rows) => rows.put(kept));
  return kept;
}
