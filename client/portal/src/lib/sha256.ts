// SHA-256 (FIPS 180-4) without a promise for each digest: of the tens of thousands of short texts that a tree is made of,
// the browser's own would take longer to answer than to hash.
const ROUNDS = new Uint32Array([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);
const START = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];
const BLOCK = 64;
const LENGTH = 8; // octets, at the end of the last block

const state = new Int32Array(8);
const words = new Int32Array(64);

function take(octets: Uint8Array, at: number): void {
  for (let i = 0; i < 16; ++i, at += 4) words[i] = octets[at]! << 24 | octets[at + 1]! << 16 | octets[at + 2]! << 8 | octets[at + 3]!;
  for (let i = 16; i < 64; ++i) {
    const x = words[i - 15]!;
    const y = words[i - 2]!;
    words[i] = words[i - 16]! + words[i - 7]! + ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10);
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
  for (let i = 0; i < 64; ++i) {
    const one = h + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + (e & f ^ ~e & g) + ROUNDS[i]! + words[i]! | 0;
    const two = ((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + (a & b ^ a & c ^ b & c) | 0;
    h = g; g = f; f = e; e = d + one | 0; d = c; c = b; b = a; a = one + two | 0;
  }
  state[0]! += a; state[1]! += b; state[2]! += c; state[3]! += d; state[4]! += e; state[5]! += f; state[6]! += g; state[7]! += h;
}

// The digest of the first `size` octets of `message`, to `out` at `at`. `message` has room behind them for what fills the last
// block: 72 octets.
export function sha256Into(message: Uint8Array, size: number, out: Uint8Array, at: number): void {
  const end = Math.ceil((size + 1 + LENGTH) / BLOCK) * BLOCK;
  message.fill(0, size, end);
  message[size] = 0x80;
  const view = new DataView(message.buffer, message.byteOffset);
  view.setUint32(end - LENGTH, Math.floor(size / 0x2000_0000));
  view.setUint32(end - 4, size << 3);
  state.set(START);
  for (let block = 0; block < end; block += BLOCK) take(message, block);
  const told = new DataView(out.buffer, out.byteOffset);
  for (let i = 0; i < 8; ++i) told.setInt32(at + 4 * i, state[i]!);
}

export function sha256Of(octets: Uint8Array): Uint8Array {
  const message = new Uint8Array(octets.length + BLOCK + LENGTH);
  message.set(octets);
  const out = new Uint8Array(32);
  sha256Into(message, octets.length, out, 0);
  return out;
}
