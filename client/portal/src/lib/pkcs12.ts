// The private key and the certificates of a `.p12` file, as `entente-ca bundle` and openssl 3 make it (PBES2: PBKDF2 with
// SHA-256, AES-256-CBC), for one signature: read in the page, used, and forgotten; neither kept nor sent. The key that the
// browser itself shows to the server is out of every page's reach.
import { integer, sequence } from './der';
import { hex } from './ledger';
import { sha256 } from './octets';

export interface Node {
  tag: number;
  whole: Uint8Array; // with tag and length
  body: Uint8Array;
  children: Node[];
}

export class KeyFileError extends Error {}

export function readDer(octets: Uint8Array, depth = 0): Node[] {
  if (depth > 24) throw new KeyFileError('nested too deeply');
  const nodes: Node[] = [];
  for (let at = 0; at < octets.length;) {
    const from = at;
    const tag = octets[at++] as number;
    let length = octets[at++];
    if (length === undefined) throw new KeyFileError('cut short');
    if (length > 0x80) {
      const size = length & 0x7f;
      if (size > 4) throw new KeyFileError('too large');
      length = 0;
      for (let i = 0; i < size; ++i) length = length * 256 + (octets[at++] ?? 0);
    } else if (length === 0x80) {
      throw new KeyFileError('of no known form');
    }
    const body = octets.subarray(at, at + length);
    if (body.length !== length) throw new KeyFileError('cut short');
    at += length;
    nodes.push({ tag, whole: octets.subarray(from, at), body, children: (tag & 0x20) !== 0 ? readDer(body, depth + 1) : [] });
  }
  return nodes;
}
export const child = (node: Node | undefined, ...path: number[]): Node => {
  for (const index of path) node = node?.children[index];
  if (!node) throw new KeyFileError('of no known form');
  return node;
};
export const oid = (node: Node) => [...node.body].map((one) => one.toString(16).padStart(2, '0')).join('');
const number = (node: Node) => node.body.reduce((sum, one) => sum * 256 + one, 0);

const DATA = '2a864886f70d010701';
const ENCRYPTED_DATA = '2a864886f70d010706';
const SHROUDED_KEY = '2a864886f70d010c0a0102';
const CERTIFICATE_BAG = '2a864886f70d010c0a0103';
const PBES2 = '2a864886f70d01050d';
const AES_256_CBC = '60864801650304012a';
const HMAC_SHA256 = '2a864886f70d0209';

async function decrypted(algorithm: Node, sealed: Uint8Array, password: string): Promise<Uint8Array> {
  if (oid(child(algorithm, 0)) !== PBES2) throw new KeyFileError('of an older kind; make it anew with openssl 3');
  const derive = child(algorithm, 1, 0, 1);
  const cipher = child(algorithm, 1, 1);
  const iterations = number(child(derive, 1));
  const hash = derive.children.at(-1);
  if (oid(child(cipher, 0)) !== AES_256_CBC || !hash || oid(child(hash, 0)) !== HMAC_SHA256 || iterations > 5_000_000) throw new KeyFileError('of no known kind');
  const base = await crypto.subtle.importKey('raw', new TextEncoder().encode(password), 'PBKDF2', false, ['deriveKey']);
  const key = await crypto.subtle.deriveKey({ name: 'PBKDF2', hash: 'SHA-256', salt: child(derive, 0).body as BufferSource, iterations }, base, { name: 'AES-CBC', length: 256 }, false, ['decrypt']);
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-CBC', iv: child(cipher, 1).body as BufferSource }, key, sealed as BufferSource));
  } catch {
    throw new KeyFileError('not opened by this password');
  }
}

export interface Signer {
  key: CryptoKey; // ECDSA on P-256
  certificate: Uint8Array; // DER, the one whose SHA-256 was asked for
}

// The octets (PKCS #8) of the key, and the certificates beside it. KeyFileError says in English what the file is or is not.
export async function openKeyFile(file: Uint8Array, password: string): Promise<{ key: Uint8Array; certificates: Uint8Array[] }> {
  const safes = readDer(child(readDer(file)[0], 1, 1, 0).body)[0]; // PFX -> authSafe -> its content
  let key: Uint8Array | undefined;
  const certificates: Uint8Array[] = [];
  for (const info of safes?.children ?? []) {
    let content: Uint8Array;
    if (oid(child(info, 0)) === DATA) {
      content = child(info, 1, 0).body;
    } else if (oid(child(info, 0)) === ENCRYPTED_DATA) {
      const sealed = child(info, 1, 0, 1); // EncryptedData -> EncryptedContentInfo
      content = await decrypted(child(sealed, 1), child(sealed, 2).body, password);
    } else {
      continue;
    }
    for (const bag of readDer(content)[0]?.children ?? []) {
      if (oid(child(bag, 0)) === SHROUDED_KEY) key = await decrypted(child(bag, 1, 0, 0), child(bag, 1, 0, 1).body, password);
      if (oid(child(bag, 0)) === CERTIFICATE_BAG) certificates.push(child(bag, 1, 0, 1, 0).body);
    }
  }
  if (!key) throw new KeyFileError('without a private key');
  return { key, certificates };
}

// The key that belongs to the certificate of this SHA-256 (`certificates/<hexadecimal>` of the session).
export async function signerOf(file: Uint8Array, password: string, certificate: string): Promise<Signer> {
  const { key, certificates } = await openKeyFile(file, password);
  const wanted = certificate.replace('certificates/', '');
  for (const one of certificates) {
    if (hex(await sha256(one)) !== wanted) continue;
    return { key: await crypto.subtle.importKey('pkcs8', key as BufferSource, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']), certificate: one };
  }
  throw new KeyFileError('of another certificate than the one you are signed in with');
}

// ECDSA with SHA-256, as DER: WebCrypto gives the two numbers end to end.
export async function signed(key: CryptoKey, octets: Uint8Array): Promise<Uint8Array> {
  const raw = new Uint8Array(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, octets as BufferSource));
  const half = raw.length / 2;
  return sequence(integer(raw.subarray(0, half)), integer(raw.subarray(half)));
}
