// What stock openssl has sealed, the page's own code opens; what was bent, cut or meant for another it does not.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createCipheriv, createHash, createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { network, open, origin, quit, signIn, violations } from './browser.mjs';

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

// The page before a server that has such a document: its own answers, but for this one document, whose sealed bytes
// are the ones above. (How one gets there is the command line's journey: tests/client.)
test('an office’s key is brought into the browser, opens what is sealed to it, and no script gets it out', async () => {
  const account = 'anna.lindqvist';
  const folder = mkdtempSync(join(tmpdir(), 'entente-office-'));
  writeFileSync(join(folder, 'words'), 'office words\n');
  const ca = fileURLToPath(new URL('../../certs/ca', import.meta.url));
  const id = `swe.portal.${randomBytes(4).toString('hex')}`;
  for (const words of [['issue', 'SWE', 'office', id], ['bundle', 'SWE', 'office', id, '--password-file', join(folder, 'words')]])
    execFileSync(ca, ['--dir', network, ...words, '--out', folder], { stdio: 'ignore' });
  const certificate = new X509Certificate(readFileSync(join(folder, 'cert.pem')));
  const envelopeOf = at('for-office.der');
  openssl('cms', '-encrypt', '-binary', '-aes-256-gcm', '-aes256-wrap', '-keyid', '-in', 'signed.der', '-outform', 'DER', '-out', envelopeOf, '-recip', join(folder, 'cert.pem'), '-keyopt', 'ecdh_kdf_md:sha256');
  const schemas = buildSync({ stdin: { contents: "export { create, toBinary } from '@bufbuild/protobuf'; export * from './src/gen/entente/v1/documents_pb'; export { ListEnvelopesReplySchema } from './src/gen/entente/v1/sealing_pb';",
    resolveDir: process.env.PORTAL, loader: 'ts' }, bundle: true, format: 'esm', write: false });
  const { create, toBinary, DocumentSchema, ReadingSchema, ContentPartSchema, ListEnvelopesReplySchema } = await import('data:text/javascript;base64,' + Buffer.from(schemas.outputFiles[0].contents).toString('base64'));
  const octets = (schema, init) => Buffer.from(toBinary(schema, create(schema, init)));
  const frame = (flags, message) => Buffer.concat([Buffer.from([flags, message.length >>> 24, message.length >>> 16 & 255, message.length >>> 8 & 255, message.length & 255]), message]);
  const context = await open(account);
  const page = await signIn(context, account, '/#/account');
  const card = page.locator('section.card').filter({ hasText: 'Offices’ keys' });
  await card.getByLabel('The office’s file').setInputFiles(join(folder, 'bundle.p12'));
  await card.getByLabel('Password of the file').fill('office words');
  await card.getByRole('button', { name: 'Bring the key' }).click();
  await card.getByText(id).waitFor();
  assert.deepEqual(await violations(page), []);
  const taken = await page.evaluate(async () => {
    const rows = await new Promise((resolve) => { const opening = indexedDB.open('entente-office-keys'); opening.onsuccess = () => { const all = opening.result.transaction('keys').objectStore('keys').getAll(); all.onsuccess = () => resolve(all.result); }; });
    return Promise.all(['pkcs8', 'jwk'].map((form) => crypto.subtle.exportKey(form, rows[0].key).then(() => 'out', (error) => error.name)));
  });
  assert.deepEqual(taken, ['InvalidAccessError', 'InvalidAccessError']);
  const unary = (message) => (route) => route.fulfill({ status: 200, contentType: 'application/proto', body: message });
  await page.route('**/*.DocumentService/GetDocument', unary(octets(DocumentSchema, { name: DOCUMENT, revision: 1n, state: 1, process: 'processes/igc', originator: 'parties/CHE', visibility: { handling: 4 },
    contents: [{ language: 'en', bytes: BigInt(body.length) }] })));
  await page.route('**/*.DocumentService/OpenDocument', unary(octets(ReadingSchema, { name: `${DOCUMENT}/readings/1`, copyNumber: 1n })));
  await page.route('**/*.SealingService/ListEnvelopes', unary(octets(ListEnvelopesReplySchema, { envelopes: [{ cms: readFileSync(envelopeOf), recipients: [{ certificate: `certificates/${createHash('sha256').update(certificate.raw).digest('hex')}` }] }] })));
  let sent = body;
  await page.route('**/*.DocumentService/ReadContent', (route) => route.fulfill({ status: 200, contentType: 'application/connect+proto', body: Buffer.concat([frame(0, octets(ContentPartSchema, { content: sent })), frame(2, Buffer.from('{}'))]) }));
  await page.goto(`${origin}/#/document/${'a'.repeat(32)}`);
  await page.getByRole('heading', { level: 1, name: /^Sealed document/ }).waitFor();
  await page.getByText('but not from its operator, who serves this page').waitFor();
  await page.getByRole('button', { name: 'Open with the office’s key' }).click();
  const opened = page.getByRole('article', { name: 'For few eyes' });
  await opened.getByText('seal and signature hold').waitFor();
  assert.deepEqual(await violations(page), []);
  const saved = page.waitForEvent('download');
  await opened.getByRole('button', { name: 'Save this copy' }).click();
  const file = await saved;
  assert.equal(file.suggestedFilename(), 'few.txt');
  assert.deepEqual(readFileSync(await file.path()), text);
  // A server that gives other bytes gets nothing shown.
  sent = Buffer.from(body);
  sent[5] ^= 1;
  await page.getByRole('button', { name: 'Close' }).click();
  await page.getByRole('button', { name: 'Open with the office’s key' }).click();
  await page.getByText('it was changed on its way').waitFor();
  await page.goto(`${origin}/#/account`);
  await card.getByRole('button', { name: 'Forget it' }).click();
  await card.getByText(id).waitFor({ state: 'detached' });
  assert.deepEqual(context.faults, []);
  await context.close();
  rmSync(folder, { recursive: true });
});
