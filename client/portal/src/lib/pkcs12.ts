// The private key of a `.p12` file, as `entente-ca bundle` and openssl 3 make it (PBES2: PBKDF2 with SHA-256, AES-256-CBC),
// for one signature: it is read in the page, used, and forgotten; it is neither kept nor sent. The key that the browser
// itself shows to the server is out of every page's reach.
interface Node {
  tag: number;
  body: Uint8Array;
  children: Node[];
}

export class KeyFileError extends Error {}

function read(octets: Uint8Array, depth = 0): Node[] {
  if (depth > 24) throw new KeyFileError('nested too deeply');
  const nodes: Node[] = [];
  for (let at = 0; at < octets.length;) {
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
    nodes.push({ tag, body, children: (tag & 0x20) !== 0 ? read(body, depth + 1) : [] });
  }
  return nodes;
}
const child = (node: Node | undefined, ...path: number[]): Node => {
  for (const index of path) node = node?.children[index];
  if (!node) throw new KeyFileError('of no known form');
  return node;
};
const oid = (node: Node) => [...node.body].map((one) => one.toString(16).padStart(2, '0')).join('');
const number = (node: Node) => node.body.reduce((sum, one) => sum * 256 + one, 0);

const DATA = '2a864886f70d010701';
const SHROUDED_KEY = '2a864886f70d010c0a0102';
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

// The key for ECDSA on P-256. KeyFileError says in English what the file is or is not.
export async function keyOf(file: Uint8Array, password: string): Promise<CryptoKey> {
  const safes = read(child(read(file)[0], 1, 1, 0).body)[0]; // PFX -> authSafe -> its content
  for (const info of safes?.children ?? []) {
    if (oid(child(info, 0)) !== DATA) continue; // certificates lie in the encrypted one
    for (const bag of read(child(info, 1, 0).body)[0]?.children ?? []) {
      if (oid(child(bag, 0)) !== SHROUDED_KEY) continue;
      const sealed = child(bag, 1, 0);
      const plain = await decrypted(child(sealed, 0), child(sealed, 1).body, password);
      return crypto.subtle.importKey('pkcs8', plain as BufferSource, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
    }
  }
  throw new KeyFileError('without a private key');
}

// ECDSA with SHA-256, as DER: WebCrypto gives the two numbers end to end.
export async function signed(key: CryptoKey, lines: readonly string[]): Promise<Uint8Array> {
  const octets = new TextEncoder().encode(lines.join('\n'));
  const raw = new Uint8Array(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, octets));
  const integer = (half: Uint8Array) => {
    let from = 0;
    while (from < half.length - 1 && half[from] === 0) ++from;
    const digits = [...half.subarray(from)];
    if ((digits[0] as number) >= 0x80) digits.unshift(0);
    return [2, digits.length, ...digits];
  };
  const both = [...integer(raw.subarray(0, raw.length / 2)), ...integer(raw.subarray(raw.length / 2))];
  return Uint8Array.from([0x30, both.length, ...both]);
}
