// DER, written: what signatures are made of.
import { concat } from './octets';

export function tlv(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const size = parts.reduce((sum, one) => sum + one.length, 0);
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : size < 0x1_0000 ? [0x82, size >> 8, size & 0xff] : [0x83, size >> 16, (size >> 8) & 0xff, size & 0xff];
  return concat(Uint8Array.of(tag, ...length), ...parts);
}
export const sequence = (...parts: Uint8Array[]) => tlv(0x30, ...parts);
export const oidOf = (hexadecimal: string) => tlv(0x06, Uint8Array.from(hexadecimal.match(/../g) ?? [], (one) => parseInt(one, 16)));
export const octetString = (octets: Uint8Array) => tlv(0x04, octets);

// A number without sign, as few octets as do.
export function integer(octets: Uint8Array): Uint8Array {
  let from = 0;
  while (from < octets.length - 1 && octets[from] === 0) ++from;
  const digits = octets.subarray(from);
  return tlv(0x02, (digits[0] as number) >= 0x80 ? Uint8Array.of(0) : new Uint8Array(), digits);
}

// SET OF, its elements in the order that DER wants (X.690, 11.6).
export function setOf(tag: number, ...elements: Uint8Array[]): Uint8Array {
  const before = (a: Uint8Array, b: Uint8Array) => {
    for (let at = 0; at < Math.min(a.length, b.length); ++at) if (a[at] !== b[at]) return (a[at] as number) - (b[at] as number);
    return a.length - b.length;
  };
  return tlv(tag, ...[...elements].sort(before));
}

export function utcTime(when: Date): Uint8Array {
  return tlv(0x17, new TextEncoder().encode(when.toISOString().replace(/^\d\d|[-:T]|\.\d+/g, '')));
}
