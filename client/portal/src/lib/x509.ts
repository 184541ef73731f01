// Certificates as far as the page checks them: whose they are, what they are for, and that a party's own authority has
// signed them. The network's are ECDSA on P-256 or P-384 with one name, an URI.
import { child, oid, readDer, type Node } from './pkcs12';
import { same } from './ledger';

const ECDSA: Record<string, string> = { '2a8648ce3d040302': 'SHA-256', '2a8648ce3d040303': 'SHA-384' };
const CURVES: Record<string, { name: string; size: number }> = { '2a8648ce3d030107': { name: 'P-256', size: 32 }, '2b81040022': { name: 'P-384', size: 48 } };
const KEY_USAGE = '551d0f';
const ALT_NAME = '551d11';
const BASIC_CONSTRAINTS = '551d13';
const KEY_AGREEMENT = 4; // bits from the left (RFC 5280, 4.2.1.3)
const KEY_CERT_SIGN = 5;

export interface X509 {
  signed: Uint8Array; // what the issuer signed
  algorithm: string;
  signature: Uint8Array;
  issuer: Uint8Array;
  subject: Uint8Array;
  spki: Node;
  begins: Date;
  ends: Date;
  uri: string; // empty if it has another name beside it, or none
  usage: number[]; // the bits that are set
  isAuthority: boolean;
}

function timeOf(node: Node): Date {
  const text = new TextDecoder().decode(node.body);
  const full = node.tag === 0x17 ? (Number(text.slice(0, 2)) < 50 ? '20' : '19') + text : text;
  const found = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(full);
  return found ? new Date(`${found[1]}-${found[2]}-${found[3]}T${found[4]}:${found[5]}:${found[6]}Z`) : new Date(NaN);
}

export function readCertificate(der: Uint8Array): X509 {
  const whole = readDer(der)[0];
  const tbs = child(whole, 0);
  const at = child(tbs, 0).tag === 0xa0 ? 1 : 0; // a version, or none
  const extensions = new Map<string, Node>();
  for (const one of tbs.children.find((field) => field.tag === 0xa3)?.children[0]?.children ?? []) {
    const value = one.children.at(-1);
    const inside = value && readDer(value.body)[0];
    if (inside) extensions.set(oid(child(one, 0)), inside);
  }
  const names = extensions.get(ALT_NAME)?.children ?? [];
  const bits = extensions.get(KEY_USAGE)?.body ?? new Uint8Array();
  const usage = [...bits.subarray(1)].flatMap((octet, index) => [0, 1, 2, 3, 4, 5, 6, 7].flatMap((bit) => (octet & (0x80 >> bit)) !== 0 ? [index * 8 + bit] : []));
  return {
    signed: tbs.whole, algorithm: oid(child(whole, 1, 0)), signature: child(whole, 2).body.subarray(1), issuer: child(tbs, at + 2).whole, subject: child(tbs, at + 4).whole, spki: child(tbs, at + 5),
    begins: timeOf(child(tbs, at + 3, 0)), ends: timeOf(child(tbs, at + 3, 1)),
    uri: names.length === 1 && names[0]?.tag === 0x86 ? new TextDecoder().decode(names[0].body) : '', usage,
    isAuthority: (extensions.get(BASIC_CONSTRAINTS)?.children[0]?.body[0] ?? 0) !== 0,
  };
}

// Whether `signature` (ECDSA, DER) over `octets` is by the key of a certificate.
export async function holdsUnder(spki: Node, hash: string, signature: Uint8Array, octets: Uint8Array): Promise<boolean> {
  const curve = CURVES[oid(child(spki, 0, 1))];
  if (!curve) return false;
  const raw = new Uint8Array(2 * curve.size);
  const numbers = child(readDer(signature)[0]).children;
  if (numbers.length !== 2) return false;
  for (const [index, one] of numbers.entries()) {
    const digits = one.body.subarray(Math.max(0, one.body.length - curve.size));
    raw.set(digits, (index + 1) * curve.size - digits.length);
  }
  const key = await crypto.subtle.importKey('spki', spki.whole as BufferSource, { name: 'ECDSA', namedCurve: curve.name }, false, ['verify']);
  return crypto.subtle.verify({ name: 'ECDSA', hash }, key, raw as BufferSource, octets as BufferSource);
}

// Whether one of the anchors has signed it. `when`: both must hold on it; undefined asks for no day.
export async function isUnder(leaf: X509, anchors: readonly Uint8Array[], when?: Date): Promise<boolean> {
  const inForce = (one: X509) => when === undefined || (one.begins <= when && when <= one.ends);
  const hash = ECDSA[leaf.algorithm];
  if (!hash || !inForce(leaf)) return false;
  for (const der of anchors) {
    const anchor = readCertificate(der);
    if (!anchor.isAuthority || !anchor.usage.includes(KEY_CERT_SIGN) || !inForce(anchor) || !same(anchor.subject, leaf.issuer)) continue;
    if (await holdsUnder(anchor.spki, hash, leaf.signature, leaf.signed)) return true;
  }
  return false;
}

// Every name of a party's certificates begins so: `entente://swe.`.
const homeOf = (party: string) => `entente://${party.slice(party.indexOf('/') + 1).toLowerCase()}.`;

// Of a person or program of the party, who signs acts; it may have ended since.
export async function isOfParty(der: Uint8Array, party: string, anchors: readonly Uint8Array[]): Promise<boolean> {
  const leaf = readCertificate(der);
  return leaf.uri.startsWith(homeOf(party)) && /\/(person|program)\//.test(leaf.uri) && isUnder(leaf, anchors);
}

// Of the office, to be sealed to today.
export async function isOfOffice(der: Uint8Array, party: string, office: string, anchors: readonly Uint8Array[], when: Date): Promise<boolean> {
  const leaf = readCertificate(der);
  const home = homeOf(party);
  const path = leaf.uri.startsWith(home) ? leaf.uri.indexOf('/', home.length) : -1;
  return path > 0 && leaf.uri.slice(path) === `/office/${office.slice(office.indexOf('/') + 1)}` && leaf.usage.length === 1 && leaf.usage[0] === KEY_AGREEMENT && isUnder(leaf, anchors, when);
}
