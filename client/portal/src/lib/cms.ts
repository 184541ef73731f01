// A detached signature over a text (CMS SignedData, RFC 5652), as the command line makes it and
// `openssl cms -verify -binary` reads it: one signer, SHA-256, ECDSA, the certificate beside it.
import { integer, octetString, oidOf, sequence, setOf, tlv, utcTime } from './der';
import { sha256 } from './octets';
import { child, readDer, signed, type Signer } from './pkcs12';

const SIGNED_DATA = '2a864886f70d010702';
const DATA = '2a864886f70d010701';
const CONTENT_TYPE = '2a864886f70d010903';
const MESSAGE_DIGEST = '2a864886f70d010904';
const SIGNING_TIME = '2a864886f70d010905';
const SHA_256 = '608648016503040201';
const ECDSA_SHA256 = '2a8648ce3d040302';

export interface Signature {
  signature: Uint8Array;
  signerCertificateSha256: Uint8Array;
}

export async function signDetached(signer: Signer, text: string, now = new Date()): Promise<Signature> {
  const version = integer(Uint8Array.of(1));
  const digestAlgorithm = sequence(oidOf(SHA_256));
  const attribute = (name: string, value: Uint8Array) => sequence(oidOf(name), tlv(0x31, value));
  const attributes = [
    attribute(CONTENT_TYPE, oidOf(DATA)),
    attribute(SIGNING_TIME, utcTime(now)),
    attribute(MESSAGE_DIGEST, octetString(await sha256(new TextEncoder().encode(text)))),
  ];
  // Signed is the SET itself; in the message it stands under a tag of its own (RFC 5652, 5.4).
  const signature = await signed(signer.key, setOf(0x31, ...attributes));
  const fields = child(readDer(signer.certificate)[0], 0).children;
  const first = fields[0]?.tag === 0xa0 ? 1 : 0; // a version, or none
  const serial = fields[first]?.whole ?? new Uint8Array();
  const issuer = fields[first + 2]?.whole ?? new Uint8Array();
  const signerInfo = sequence(version, sequence(issuer, serial), digestAlgorithm, setOf(0xa0, ...attributes), sequence(oidOf(ECDSA_SHA256)), octetString(signature));
  const content = sequence(version, tlv(0x31, digestAlgorithm), sequence(oidOf(DATA)), tlv(0xa0, signer.certificate), tlv(0x31, signerInfo));
  return { signature: sequence(oidOf(SIGNED_DATA), tlv(0xa0, content)), signerCertificateSha256: await sha256(signer.certificate) };
}
