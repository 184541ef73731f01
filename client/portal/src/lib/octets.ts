// Octets end to end, and their digest.
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, one) => sum + one.length, 0));
  let at = 0;
  for (const one of parts) {
    all.set(one, at);
    at += one.length;
  }
  return all;
}

export async function sha256(...parts: readonly Uint8Array[]): Promise<Uint8Array> {
  const all = parts.length === 1 && parts[0] ? parts[0] : concat(...parts);
  return new Uint8Array(await crypto.subtle.digest('SHA-256', all as BufferSource));
}
