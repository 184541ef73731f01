// Sealing (docs/sealing.md), by WebCrypto alone: a body in chunks, the envelope for the offices'
// certificates. `entente` and stock openssl open what this makes. No call is made here.
import { DATA } from './cms';
import { integer, octetString, oidOf, sequence, setOf, tlv } from './der';
import { concat, sha256 } from './octets';
import { child, readDer } from './pkcs12';
import { keyIdentifierOf, SealError, type Manifest } from './sealed';

const CHUNK = 65_536;
const TAG = 16;
const RECIPIENTS_MAX = 500;
const AUTH_ENVELOPED = '2a864886f70d0109100117';
const EC_KEY = '2a8648ce3d0201';
const AES_256_GCM = '60864801650304012e';
const AES_256_WRAP = '60864801650304012d';
const ECDH_SHA256 = '2b8104010b01'; // dhSinglePass-stdDH-sha256kdf-scheme

export function toBase64(octets: Uint8Array): string {
  let text = '';
  for (const one of octets) text += String.fromCharCode(one);
  return btoa(text);
}

export interface SealedBody {
  key: Uint8Array;
  nonce: Uint8Array;
  sealed: Uint8Array;
}

// Under a key of its own, that seals nothing else.
export async function sealBody(text: Uint8Array): Promise<SealedBody> {
  if (text.length === 0) throw new SealError('there is nothing to seal');
  const key = crypto.getRandomValues(new Uint8Array(32));
  const nonce = crypto.getRandomValues(new Uint8Array(7));
  const secret = await crypto.subtle.importKey('raw', key as BufferSource, 'AES-GCM', false, ['encrypt']);
  const chunks = Math.ceil(text.length / CHUNK);
  const sealed = new Uint8Array(text.length + chunks * TAG);
  const iv = new Uint8Array(12);
  iv.set(nonce);
  for (let number = 0; number < chunks; ++number) {
    new DataView(iv.buffer).setUint32(7, number);
    iv[11] = number === chunks - 1 ? 1 : 0;
    const chunk = text.subarray(number * CHUNK, (number + 1) * CHUNK);
    sealed.set(new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv, tagLength: TAG * 8 }, secret, chunk as BufferSource)), number * (CHUNK + TAG));
  }
  return { key, nonce, sealed };
}

// RFC 5753: a key of this one agreement wraps the content's key for one certificate.
async function recipientInfo(certificate: Uint8Array, contentKey: CryptoKey): Promise<Uint8Array> {
  const fields = child(readDer(certificate)[0], 0).children;
  const spki = fields[(fields[0]?.tag === 0xa0 ? 1 : 0) + 5];
  if (!spki) throw new SealError('a certificate has no key');
  const theirs = await crypto.subtle.importKey('spki', spki.whole as BufferSource, { name: 'ECDH', namedCurve: 'P-256' }, false, []);
  const mine = await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits']) as CryptoKeyPair;
  const shared = new Uint8Array(await crypto.subtle.deriveBits({ name: 'ECDH', public: theirs }, mine.privateKey, 256));
  const wrap = sequence(oidOf(AES_256_WRAP));
  const info = sequence(wrap, tlv(0xa2, octetString(Uint8Array.of(0, 0, 1, 0))));
  const kek = await sha256(concat(shared, Uint8Array.of(0, 0, 0, 1), info));
  const wrapping = await crypto.subtle.importKey('raw', kek as BufferSource, 'AES-KW', false, ['wrapKey']);
  const wrapped = new Uint8Array(await crypto.subtle.wrapKey('raw', contentKey, wrapping, 'AES-KW'));
  const point = new Uint8Array(await crypto.subtle.exportKey('raw', mine.publicKey));
  return tlv(0xa1, integer(Uint8Array.of(3)), tlv(0xa0, tlv(0xa1, sequence(oidOf(EC_KEY)), tlv(0x03, Uint8Array.of(0), point))), sequence(oidOf(ECDH_SHA256), wrap),
    sequence(sequence(tlv(0xa0, octetString(keyIdentifierOf(certificate))), octetString(wrapped))));
}

// CMS AuthEnvelopedData for all of the certificates.
export async function sealEnvelope(content: Uint8Array, certificates: readonly Uint8Array[]): Promise<Uint8Array> {
  if (certificates.length === 0 || certificates.length > RECIPIENTS_MAX) throw new SealError('there is nobody to seal to, or too many');
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt']);
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const both = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce, tagLength: TAG * 8 }, key, content as BufferSource));
  const recipients = await Promise.all(certificates.map((one) => recipientInfo(one, key)));
  const algorithm = sequence(oidOf(AES_256_GCM), sequence(octetString(nonce), integer(Uint8Array.of(TAG))));
  const data = sequence(integer(Uint8Array.of(0)), setOf(0x31, ...recipients), sequence(oidOf(DATA), algorithm, tlv(0x80, both.subarray(0, -TAG))), octetString(both.subarray(-TAG)));
  return sequence(oidOf(AUTH_ENVELOPED), tlv(0xa0, data));
}

export interface RosterEntry {
  office: string;
  certificate: string;
}
export async function rosterDigest(origin: string, entries: readonly RosterEntry[]): Promise<Uint8Array> {
  const lines = entries.map((one) => `${one.office} ${one.certificate}`).sort((a, b) => a < b ? -1 : 1);
  return sha256(new TextEncoder().encode(['entente/roster/1', origin, ...lines].join('\n')));
}

export function manifestText(manifest: Manifest): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(manifest));
}
export async function bodyOf(text: Uint8Array): Promise<{ body: SealedBody; said: Pick<Manifest, 'key' | 'nonce' | 'chunkBytes' | 'bytes' | 'sha256' | 'sealedSha256'>; digest: Uint8Array }> {
  const body = await sealBody(text);
  const digest = await sha256(body.sealed);
  return { body, digest, said: { key: toBase64(body.key), nonce: toBase64(body.nonce), chunkBytes: CHUNK, bytes: String(text.length), sha256: toBase64(await sha256(text)), sealedSha256: toBase64(digest) } };
}
