// What stock openssl has sealed, the page's own code opens; what was bent, cut or meant for another it does not.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createCipheriv, createHash, createPrivateKey, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { network, open, origin, quit, signIn, violations } from './browser.mjs';

globalThis.crypto ??= webcrypto; // Node 18 has it under no name of its own
const require = createRequire(join(process.env.PORTAL, 'package.json'));
const { buildSync, build } = require('esbuild');
const source = fileURLToPath(new URL('../../client/portal/src/lib/sealed.ts', import.meta.url));
// `lib/ledger.ts` brings the calls with it, which want a page: here only two of its plain functions are needed.
const ledger = { name: 'ledger', setup: (to) => { to.onResolve({ filter: /\.\/ledger$/ }, () => ({ path: 'ledger', namespace: 'plain' }));
  to.onLoad({ filter: /.*/, namespace: 'plain' }, () => ({ contents: "export const hex = (o) => [...o].map((x) => x.toString(16).padStart(2, '0')).join(''); export const same = (a, b) => a.length === b.length && a.every((x, i) => x === b[i]);" })); } };
const made = await build({ entryPoints: [source], bundle: true, format: 'esm', write: false, plugins: [ledger] });
const { keyIdentifierOf, openBody, openEnvelope } = await import('data:text/javascript;base64,' + Buffer.from(made.outputFiles[0].contents).toString('base64'));

const place = mkdtempSync(join(tmpdir(), 'entente-sealed-'));
after(async () => {
  rmSync(place, { recursive: true });
  await quit();
});
const at = (name) => join(place, name);
const openssl = (...words) => execFileSync('openssl', words, { cwd: place, stdio: ['ignore', 'pipe', 'ignore'] });
for (const name of ['sender', 'office', 'other']) {
  openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', at(`${name}.key`), '-out', at(`${name}.pem`), '-days', '1', '-subj', `/CN=${name}`);
}
const derOf = (name) => new Uint8Array(new X509Certificate(readFileSync(at(`${name}.pem`))).raw);
async function officeKey(name) {
  const pkcs8 = createPrivateKey(readFileSync(at(`${name}.key`))).export({ type: 'pkcs8', format: 'der' });
  return { key: await crypto.subtle.importKey('pkcs8', pkcs8, { name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits']), certificate: '', keyIdentifier: keyIdentifierOf(derOf(name)) };
}

const DOCUMENT = `documents/${'a'.repeat(32)}`;
const CHUNK = 65_536;
const text = randomBytes(2 * CHUNK + 100);
const key = randomBytes(32);
const nonce = randomBytes(7);
const chunks = [];
for (let number = 0; number * CHUNK < text.length; ++number) {
  const last = (number + 1) * CHUNK >= text.length;
  const cipher = createCipheriv('aes-256-gcm', key, Buffer.concat([nonce, Buffer.from([0, 0, 0, number, last ? 1 : 0])]));
  chunks.push(Buffer.concat([cipher.update(text.subarray(number * CHUNK, (number + 1) * CHUNK)), cipher.final(), cipher.getAuthTag()]));
}
const body = Buffer.concat(chunks);
const digest = (octets) => createHash('sha256').update(octets).digest('base64');
const manifest = { format: 'entente-sealed/1', network: 'demo.example/ledger', document: DOCUMENT, revision: '1', language: 'en', originator: 'parties/SWE', title: { byLanguage: { en: 'For few eyes' } },
  fileName: 'few.txt', mediaType: 'text/plain', key: key.toString('base64'), nonce: nonce.toString('base64'), chunkBytes: CHUNK, bytes: String(text.length), sha256: digest(text), sealedSha256: digest(body),
  rosterSha256: digest(Buffer.from('roster')), sealedBy: 'parties/SWE/accounts/anna', sealedAt: '2026-11-26T12:00:00Z' };
writeFileSync(at('manifest.json'), JSON.stringify(manifest));
// docs/sealing.md: the two commands.
openssl('cms', '-sign', '-nodetach', '-cades', '-binary', '-md', 'sha256', '-in', 'manifest.json', '-signer', 'sender.pem', '-inkey', 'sender.key', '-outform', 'DER', '-out', 'signed.der');
openssl('cms', '-encrypt', '-binary', '-aes-256-gcm', '-aes256-wrap', '-keyid', '-in', 'signed.der', '-outform', 'DER', '-out', 'envelope.der', '-recip', 'other.pem', '-keyopt', 'ecdh_kdf_md:sha256', '-recip', 'office.pem', '-keyopt', 'ecdh_kdf_md:sha256');
const envelope = new Uint8Array(readFileSync(at('envelope.der')));

test('an envelope and a body that openssl and another program made are opened with the office’s key', async () => {
  for (const name of ['office', 'other']) {
    const opened = await openEnvelope(envelope, await officeKey(name), DOCUMENT);
    assert.equal(opened.manifest.title.byLanguage.en, 'For few eyes');
    assert.equal(opened.signer, createHash('sha256').update(derOf('sender')).digest('hex'));
    assert.deepEqual(Buffer.from(await openBody(opened.manifest, new Uint8Array(body))), text);
  }
});

test('who is not among the offices opens nothing, and an envelope of another document is refused', async () => {
  await assert.rejects(async () => openEnvelope(envelope, await officeKey('sender'), DOCUMENT), /not sealed to this office/);
  await assert.rejects(async () => openEnvelope(envelope, await officeKey('office'), `documents/${'b'.repeat(32)}`), /of another document/);
});

test('an envelope bent at any octet does not open', async () => {
  const office = await officeKey('office');
  for (let octet = 0; octet < envelope.length; octet += 1 + Math.floor(envelope.length / 97)) {
    const bent = envelope.slice();
    bent[octet] ^= 1;
    const opened = await openEnvelope(bent, office, DOCUMENT).then((one) => one.manifest, () => undefined);
    // What was bent beside our own recipient is none of ours: the content is whole, or nothing is given.
    if (opened) assert.deepEqual(opened, manifest);
  }
});

test('a body that was bent, cut at a chunk’s end, or put in another order does not open', async () => {
  const fails = (octets) => assert.rejects(() => openBody(manifest, new Uint8Array(octets)));
  const bent = Buffer.from(body);
  bent[CHUNK + 20] ^= 1;
  await fails(bent);
  await fails(body.subarray(0, 2 * (CHUNK + 16)));
  await fails(Buffer.concat([chunks[1], chunks[0], chunks[2]]));
  await fails(Buffer.concat([chunks[0], chunks[0], chunks[2]]));
  await assert.rejects(() => openBody({ ...manifest, sha256: digest(Buffer.from('x')) }, new Uint8Array(body)));
});

// What the page seals, stock openssl opens and finds rightly signed; so does the page itself.
const library = fileURLToPath(new URL('../../client/portal/src/lib', import.meta.url));
const sealer = await build({ stdin: { contents: "export * from './seal'; export { signEnclosed } from './cms';", resolveDir: library, loader: 'ts' }, bundle: true, format: 'esm', write: false, plugins: [ledger] });
const { bodyOf, manifestText, rosterDigest, sealEnvelope, signEnclosed } = await import('data:text/javascript;base64,' + Buffer.from(sealer.outputFiles[0].contents).toString('base64'));

test('what the page seals, stock openssl opens with each office’s key, and finds the signature right', async () => {
  const pkcs8 = createPrivateKey(readFileSync(at('sender.key'))).export({ type: 'pkcs8', format: 'der' });
  const signer = { certificate: derOf('sender'), key: await crypto.subtle.importKey('pkcs8', pkcs8, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']) };
  for (const size of [1, CHUNK, CHUNK + 1]) {
    const clear = new Uint8Array(randomBytes(size));
    const { body: made, said } = await bodyOf(clear);
    const content = manifestText({ ...manifest, ...said });
    const sealed = await sealEnvelope(await signEnclosed(signer, content, new Date()), [derOf('office'), derOf('other')]);
    writeFileSync(at('ours.der'), sealed);
    for (const name of ['office', 'other']) {
      openssl('cms', '-decrypt', '-inform', 'DER', '-in', 'ours.der', '-inkey', `${name}.key`, '-recip', `${name}.pem`, '-binary', '-out', 'ours.signed');
      openssl('cms', '-verify', '-cades', '-inform', 'DER', '-in', 'ours.signed', '-CAfile', 'sender.pem', '-purpose', 'any', '-binary', '-out', 'ours.json');
      assert.deepEqual(readFileSync(at('ours.json')), Buffer.from(content));
      const opened = await openEnvelope(sealed, await officeKey(name), DOCUMENT);
      assert.deepEqual(await openBody(opened.manifest, made.sealed), clear);
    }
    await assert.rejects(async () => openEnvelope(sealed, await officeKey('sender'), DOCUMENT), /not sealed to this office/);
  }
});

test('a roster’s digest is that of its lines, in whatever order they come', async () => {
  const two = [{ office: 'offices/swe.a', certificate: 'certificates/22' }, { office: 'offices/nor.a', certificate: 'certificates/11' }];
  const wanted = createHash('sha256').update('entente/roster/1\ndemo.example/ledger\noffices/nor.a certificates/11\noffices/swe.a certificates/22').digest('hex');
  for (const entries of [two, [...two].reverse()]) assert.equal(Buffer.from(await rosterDigest('demo.example/ledger', entries)).toString('hex'), wanted);
});
