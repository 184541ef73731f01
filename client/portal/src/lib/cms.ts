// A signature over a text or over octets (CMS SignedData, RFC 5652), as the command line makes it and
// `openssl cms -verify -binary` reads it: one signer, SHA-256, ECDSA, the certificate beside it.
import { integer, octetString, oidOf, sequence, setOf, tlv, utcTime } from './der';
import { sha256 } from './octets';
import { child, readDer, signed, type Signer } from './pkcs12';

export const DATA = '2a864886f70d010701';
const SIGNED_DATA = '2a864886f70d010702';
const CONTENT_TYPE = '2a864886f70d010903';
const MESSAGE_DIGEST = '2a864886f70d010904';
const SIGNING_TIME = '2a864886f70d010905';
const SIGNING_CERTIFICATE = '2a864886f70d010910022f'; // signingCertificateV2
const SHA_256 = '608648016503040201';
const ECDSA_SHA256 = '2a8648ce3d040302';

// `enclosed`: with the content in it and the certificate named in what is signed (CAdES-BES), as `openssl cms -sign
// -nodetach -cades -binary` makes it; else detached from it.
async function signedData(signer: Signer, content: Uint8Array, enclosed: boolean, now: Date): Promise<Uint8Array> {
  const version = integer(Uint8Array.of(1));
  const digestAlgorithm = sequence(oidOf(SHA_256));
  const attribute = (name: string, value: Uint8Array) => sequence(oidOf(name), tlv(0x31, value));
  const attributes = [
    attribute(CONTENT_TYPE, oidOf(DATA)),
    attribute(SIGNING_TIME, utcTime(now)),
    attribute(MESSAGE_DIGEST, octetString(await sha256(content))),
    // SEQUENCE OF ESSCertIDv2, the hash SHA-256 by default (RFC 5035).
    ...(enclosed ? [attribute(SIGNING_CERTIFICATE, sequence(sequence(sequence(octetString(await sha256(signer.certificate))))))] : []),
  ];
  // Signed is the SET itself; in the message it stands under a tag of its own (RFC 5652, 5.4).
  const signature = await signed(signer.key, setOf(0x31, ...attributes));
  const fields = child(readDer(signer.certificate)[0], 0).children;
  const first = fields[0]?.tag === 0xa0 ? 1 : 0; // a version, or none
  const serial = fields[first]?.whole ?? new Uint8Array();
  const issuer = fields[first + 2]?.whole ?? new Uint8Array();
  const signerInfo = sequence(version, sequence(issuer, serial), digestAlgorithm, setOf(0xa0, ...attributes), sequence(oidOf(ECDSA_SHA256)), octetString(signature));
  const about = enclosed ? sequence(oidOf(DATA), tlv(0xa0, octetString(content))) : sequence(oidOf(DATA));
  return sequence(oidOf(SIGNED_DATA), tlv(0xa0, sequence(version, tlv(0x31, digestAlgorithm), about, tlv(0xa0, signer.certificate), tlv(0x31, signerInfo))));
}

export interface Signature {
  signature: Uint8Array;
  signerCertificateSha256: Uint8Array;
}

export async function signDetached(signer: Signer, text: string, now = new Date()): Promise<Signature> {
  return { signature: await signedData(signer, new TextEncoder().encode(text), false, now), signerCertificateSha256: await sha256(signer.certificate) };
}

export function signEnclosed(signer: Signer, content: Uint8Array, now: Date): Promise<Uint8Array> {
  return signedData(signer, content, true, now);
}
