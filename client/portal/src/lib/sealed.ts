// What is confidential, opened in the page with an office's key (docs/sealing.md): the envelope by ECDH and AES key wrap, the
// signed manifest in it, the body chunk by chunk. Nothing is released before its tag has held. Whose hand it was, and to whom it
// was sealed, lib/prove.ts checks.
import { hex, same } from './ledger';
import { integer, octetString, sequence, tlv } from './der';
import { concat, sha256 } from './octets';
import { child, oid, readDer, type Node } from './pkcs12';

export class SealError extends Error {}

const AUTH_ENVELOPED = '2a864886f70d0109100117'; // id-ct-authEnvelopedData
const SIGNED_DATA = '2a864886f70d010702';
const AES_256_GCM = '60864801650304012e';
const AES_256_WRAP = '60864801650304012d';
const ECDH_SHA256 = '2b8104010b01'; // dhSinglePass-stdDH-sha256kdf-scheme
const MESSAGE_DIGEST = '2a864886f70d010904';
const ENVELOPE_BYTES_MAX = 131_072;
const RECIPIENTS_MAX = 500;
const TAG = 16;

export interface OfficeKey {
  key: CryptoKey; // ECDH on P-256; not to be had out of the browser
  certificate: string; // SHA-256, hexadecimal
  keyIdentifier: Uint8Array; // the certificate's subject key identifier
}
export interface Manifest {
  format: string;
  network: string;
  document: string;
  revision: string;
  language: string;
  originator: string;
  title?: { byLanguage?: Record<string, string> };
  abstract?: { byLanguage?: Record<string, string> };
  fileName: string;
  mediaType: string;
  key: string;
  nonce: string;
  chunkBytes: number;
  bytes: string;
  sha256: string;
  sealedSha256: string;
  rosterSha256: string;
  sealedBy: string;
  sealedAt: string;
  sharedFrom?: string; // the envelope's inside before it was shared on
}

const unbase64 = (text: string) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));

// The key that an office's certificate was issued for, and how an envelope names it (RFC 5280, 4.2.1.2).
export function keyIdentifierOf(certificate: Uint8Array): Uint8Array {
  for (const field of child(readDer(certificate)[0], 0).children) {
    if (field.tag !== 0xa3) continue;
    for (const extension of child(field, 0).children) {
      if (oid(child(extension, 0)) !== '551d0e') continue;
      const value = extension.children.at(-1);
      if (value) return child(readDer(value.body)[0]).body;
    }
  }
  throw new SealError('the certificate has no key identifier');
}

// RFC 5753, 7.1.4 and X9.63: one block of SHA-256 is the key.
async function unwrapped(recipients: Node, office: OfficeKey): Promise<CryptoKey> {
  for (const info of recipients.children.slice(0, RECIPIENTS_MAX)) {
    if (info.tag !== 0xa1) continue;
    const parts = info.children;
    const algorithm = parts.find((one) => one.tag === 0x30 && one.children[0]?.tag === 0x06);
    const keys = parts.find((one) => one.tag === 0x30 && one.children[0]?.tag === 0x30);
    if (!algorithm || !keys || oid(child(algorithm, 0)) !== ECDH_SHA256 || oid(child(algorithm, 1, 0)) !== AES_256_WRAP) continue;
    const mine = keys.children.find((one) => child(one, 0).tag === 0xa0 && same(child(one, 0, 0).body, office.keyIdentifier));
    if (!mine) continue;
    const point = child(parts[1], 0, 1).body.subarray(1); // behind the count of unused bits
    const ephemeral = await crypto.subtle.importKey('raw', point as BufferSource, { name: 'ECDH', namedCurve: 'P-256' }, false, []);
    const shared = new Uint8Array(await crypto.subtle.deriveBits({ name: 'ECDH', public: ephemeral }, office.key, 256));
    const ukm = parts.find((one, index) => index > 1 && one.tag === 0xa1);
    const info9 = sequence(child(algorithm, 1).whole, ...(ukm ? [tlv(0xa0, child(ukm, 0).whole)] : []), tlv(0xa2, octetString(Uint8Array.of(0, 0, 1, 0))));
    const kek = await sha256(concat(shared, Uint8Array.of(0, 0, 0, 1), info9));
    const wrapping = await crypto.subtle.importKey('raw', kek as BufferSource, 'AES-KW', false, ['unwrapKey']);
    return crypto.subtle.unwrapKey('raw', child(mine, 1).body as BufferSource, wrapping, 'AES-KW', 'AES-GCM', false, ['decrypt']);
  }
  throw new SealError('it is not sealed to this office');
}

async function gcm(key: CryptoKey, nonce: Uint8Array, sealed: Uint8Array): Promise<Uint8Array> {
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: nonce as BufferSource, tagLength: TAG * 8 }, key, sealed as BufferSource));
  } catch {
    throw new SealError('it was changed on its way, or is not what it says');
  }
}

// The message that the envelope holds, and the certificate by whose key it was signed: the signature has been found right.
async function verified(octets: Uint8Array): Promise<{ content: Uint8Array; signer: Uint8Array }> {
  const message = readDer(octets)[0];
  if (oid(child(message, 0)) !== SIGNED_DATA) throw new SealError('it is not signed');
  const data = child(message, 1, 0);
  const content = child(data, 2, 1, 0).body;
  const signer = child(data.children.find((one) => one.tag === 0xa0), 0).whole;
  const info = child(data.children.at(-1), 0);
  const attributes = info.children.find((one) => one.tag === 0xa0);
  const signature = info.children.findLast((one) => one.tag === 0x04);
  const digest = attributes?.children.find((one) => oid(child(one, 0)) === MESSAGE_DIGEST);
  if (!attributes || !signature || !digest || !same(child(digest, 1, 0).body, await sha256(content))) throw new SealError('its signature is of something else');
  const spki = child(readDer(signer)[0], 0).children.find((one) => one.tag === 0x30 && one.children[1]?.tag === 0x03);
  if (!spki) throw new SealError('its signer has no key');
  const key = await crypto.subtle.importKey('spki', spki.whole as BufferSource, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify']);
  // DER's two numbers, end to end, 32 octets each.
  const raw = concat(...child(readDer(signature.body)[0]).children.map((one) => {
    const out = new Uint8Array(32);
    const digits = one.body.subarray(Math.max(0, one.body.length - 32));
    out.set(digits, 32 - digits.length);
    return out;
  }));
  const signed = tlv(0x31, attributes.body);
  if (!await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, raw as BufferSource, signed as BufferSource)) throw new SealError('its signature does not hold');
  return { content, signer };
}

export interface Opened {
  manifest: Manifest;
  signer: string; // SHA-256 of the signer's certificate, hexadecimal
  enclosed: Uint8Array; // the signed message that the envelope holds
}

// The manifest of an envelope for `document`. SealError says in English what does not hold.
export async function openEnvelope(envelope: Uint8Array, office: OfficeKey, document: string): Promise<Opened> {
  if (envelope.length > ENVELOPE_BYTES_MAX) throw new SealError('the envelope is too large');
  const message = readDer(envelope)[0];
  if (oid(child(message, 0)) !== AUTH_ENVELOPED) throw new SealError('this is no envelope');
  const data = child(message, 1, 0);
  const recipients = data.children.find((one) => one.tag === 0x31);
  const at = data.children.findIndex((one) => one.tag === 0x30);
  const content = data.children[at];
  const mac = data.children.findLast((one) => one.tag === 0x04);
  if (!recipients || !content || !mac || mac.body.length !== TAG || data.children.length !== at + 2) throw new SealError('the envelope is of no known form');
  const algorithm = child(content, 1);
  const nonce = child(algorithm, 1, 0).body;
  const tagLength = child(algorithm, 1, 1);
  if (oid(child(algorithm, 0)) !== AES_256_GCM || nonce.length !== 12 || !same(tagLength.whole, integer(Uint8Array.of(TAG)))) throw new SealError('the envelope is of no known form');
  const sealed = child(content, 2);
  const key = await unwrapped(recipients, office);
  const enclosed = await gcm(key, nonce, concat(sealed.body, mac.body));
  const { content: text, signer } = await verified(enclosed);
  const manifest = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text)) as Manifest;
  if (manifest.format !== 'entente-sealed/1' || manifest.document !== document) throw new SealError('the envelope is of another document');
  return { manifest, signer: hex(await sha256(signer)), enclosed };
}

// What an envelope that was shared on says it was before: signed, and the same but for roster and hand.
export async function openShared(now: Manifest): Promise<Omit<Opened, 'enclosed'>> {
  const { content, signer } = await verified(unbase64(now.sharedFrom ?? ''));
  const manifest = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content)) as Manifest;
  const bare = ({ rosterSha256: _r, sealedBy: _b, sealedAt: _a, sharedFrom: _f, title, abstract, ...rest }: Manifest) =>
    JSON.stringify([Object.entries(rest).sort(), ...[title, abstract].map((text) => Object.entries(text?.byLanguage ?? {}).sort())]);
  if (manifest.sharedFrom || bare(manifest) !== bare(now)) throw new SealError('what was shared on is not what its originator sealed');
  return { manifest, signer: hex(await sha256(signer)) };
}

// The body, whole: no chunk missing, twice or out of place, and of the length and digest that the manifest says.
export async function openBody(manifest: Manifest, body: Uint8Array): Promise<Uint8Array> {
  const size = Number(manifest.bytes);
  const chunks = Math.ceil(size / manifest.chunkBytes);
  if (!(size > 0) || manifest.chunkBytes !== 65_536 || body.length !== size + chunks * TAG) throw new SealError('the body is not as long as it should be');
  const key = await crypto.subtle.importKey('raw', unbase64(manifest.key) as BufferSource, 'AES-GCM', false, ['decrypt']);
  const nonce = new Uint8Array(12);
  nonce.set(unbase64(manifest.nonce).subarray(0, 7));
  const out = new Uint8Array(size);
  for (let number = 0; number < chunks; ++number) {
    new DataView(nonce.buffer).setUint32(7, number);
    nonce[11] = number === chunks - 1 ? 1 : 0;
    out.set(await gcm(key, nonce, body.subarray(number * (manifest.chunkBytes + TAG), (number + 1) * (manifest.chunkBytes + TAG))), number * manifest.chunkBytes);
  }
  if (!same(await sha256(out), unbase64(manifest.sha256))) throw new SealError('the document is not the one that was sealed');
  return out;
}
