// Confidential documents between browser and command line, on the real server: what the page seals `entente` opens, what
// `entente` seals the page opens; and neither is sealed to, or shown of, whom only the host vouches for.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { LINE_LOST, network, offline, open, origin, passwordOf, quit, signIn, tabTo, typedAndKept, violations, without } from './browser.mjs';

const folder = mkdtempSync(join(tmpdir(), 'entente-sealing-'));
const program = join(process.env.PORTAL, '../cli/entente');
const entente = (account, ...words) => execFileSync(program, ['--profile', account, ...words], { env: { ...process.env, XDG_CONFIG_HOME: join(network, 'config') }, encoding: 'utf8' });
const SECRET = 'what three delegations said behind a closed door';
let keepers;
let keeper;
before(async () => {
  for (const account of ['helena.brandt', 'reto.ammann', 'anna.lindqvist', 'emily.tremblay']) entente(account, 'sign-in');
  keepers = await open('helena.brandt', { expected: LINE_LOST });
  keeper = await signIn(keepers, 'helena.brandt');
});
after(async () => {
  await quit();
  rmSync(folder, { recursive: true });
  assert.deepEqual(keepers.faults, []);
});

async function fill(page) {
  await page.goto(`${origin}/#/bring`);
  await page.getByLabel('Choose a file', { exact: true }).and(page.locator('input')).setInputFiles({ name: 'closed-door.txt', mimeType: 'text/plain', buffer: Buffer.from(`${SECRET}\n`.repeat(4_000)) });
  await page.getByLabel('Title', { exact: true }).fill('Behind a closed door');
  await page.getByLabel('Handling').selectOption({ label: 'Confidential' });
  await page.getByLabel('Your certificate file').setInputFiles(join(network, 'credentials/helena.brandt/bundle.p12'));
  await page.getByLabel('Password of the file').fill(passwordOf('helena.brandt'));
  await page.locator('.who-will-see').first().getByText(/can see this/).waitFor();
}

test('nothing is sealed to an office of which only the operator says who holds it', async () => {
  await fill(keeper);
  await keeper.getByText('each proved against the ledger').waitFor();
  await keeper.getByRole('button', { name: 'Prove who can open it' }).click();
  await keeper.getByRole('alert').getByText(/nobody of parties\/\w+ has signed who holds/).waitFor();
  assert.deepEqual(await violations(keeper), []);
});

test('sealed in the page, told office by office first, it is opened by the command line, and the server has no word of it', async () => {
  for (const [account, office, person] of [['anna.lindqvist', 'swe.igc.focal-point', 'swe.anna.lindqvist'], ['reto.ammann', 'che.igc.focal-point', 'che.reto.ammann'],
    ['helena.brandt', 'igc.igc.secretariat.helena.brandt', 'igc.helena.brandt']]) entente(account, 'office', 'appoint', office, person, '--as', 'duty');
  // The checkpoint over what was just entered is signed within a second or so.
  const proven = keeper.getByRole('region', { name: 'Sealed to these offices' });
  for (let tries = 0; tries < 20 && await proven.count() === 0; ++tries) {
    await keeper.waitForTimeout(500);
    await keeper.getByRole('button', { name: 'Prove who can open it' }).click();
    await keeper.waitForTimeout(300);
    await keeper.locator('button[type="submit"][aria-busy]').waitFor({ state: 'detached' });
  }
  const offices = await keeper.getByRole('region', { name: 'Sealed to these offices' }).locator('li').allTextContents();
  assert.deepEqual(offices.map((one) => one.split(',')[0]).sort(), ['che.igc.focal-point', 'igc.igc.secretariat.helena.brandt', 'swe.igc.focal-point']);
  assert.deepEqual(await violations(keeper), []);
  const bodies = [];
  keeper.on('request', (request) => { if (request.method() === 'POST') bodies.push(request.postDataBuffer() ?? Buffer.alloc(0)); });
  await without(() => keeper.getByRole('button', { name: 'Seal to 3 offices and send' }).click(), keeper.locator('main form'));
  await keeper.getByRole('heading', { level: 1, name: /^Sealed document/ }).waitFor();
  assert.ok(Buffer.concat(bodies).length > SECRET.length * 4_000);
  for (const word of [SECRET, 'closed-door', 'Behind a closed door']) assert.equal(Buffer.concat(bodies).includes(word), false, word);
  const name = `documents/${keeper.url().split('/').pop()}`;
  const told = entente('reto.ammann', 'document', 'get', name, '--out', join(folder, 'opened.txt'));
  assert.match(told, /Behind a closed door/);
  assert.equal(readFileSync(join(folder, 'opened.txt'), 'utf8'), `${SECRET}\n`.repeat(4_000));
});

test('its next revision is sealed in the page as well, by the keyboard alone, to whom it is for today, and no word of its title leaves', async () => {
  const second = { name: 'second.txt', mimeType: 'text/plain', buffer: Buffer.from(`${SECRET}, mended\n`) };
  // Each is come to by the keyboard; the dialog that chooses a file is the browser's, not the page's.
  const choose = async (words, field, file) => {
    await tabTo(keeper, words);
    await field.setInputFiles(file);
  };
  await tabTo(keeper, /^Bring a text$/);
  await keeper.keyboard.press('Enter');
  await keeper.getByRole('heading', { level: 1, name: 'Bring a text' }).waitFor();
  await tabTo(keeper, /^Title$/);
  await typedAndKept(keeper, () => keeper.keyboard.type('Behind the same door'));
  await keeper.reload();
  // What was typed is here again, in the draft that only this browser can read; the file is not.
  await keeper.getByText('What you had typed and not saved is here again.').waitFor();
  assert.equal(await keeper.getByLabel('Title', { exact: true }).inputValue(), 'Behind the same door');
  await choose(/^Choose a file$/, keeper.getByLabel('Choose a file', { exact: true }).and(keeper.locator('input')), second);
  await choose(/^Your certificate file/, keeper.getByLabel('Your certificate file'), join(network, 'credentials/helena.brandt/bundle.p12'));
  await tabTo(keeper, /^Password of the file/);
  await keeper.keyboard.type(passwordOf('helena.brandt'));
  await tabTo(keeper, /^Prove who can open it$/);
  await without(() => keeper.keyboard.press('Enter'), keeper.locator('main form'), async () => {
    await tabTo(keeper, /^Prove who can open it$/);
    await keeper.keyboard.press('Enter');
  });
  await keeper.getByRole('region', { name: 'Sealed to these offices' }).locator('li').nth(2).waitFor();
  assert.deepEqual(await violations(keeper), []);
  const bodies = [];
  keeper.on('request', (request) => { if (request.method() === 'POST') bodies.push(request.postDataBuffer() ?? Buffer.alloc(0)); });
  await tabTo(keeper, /^Seal to 3 offices and send$/);
  await keeper.keyboard.press('Enter');
  await keeper.getByRole('heading', { level: 1, name: /^Sealed document/ }).waitFor();
  await keeper.getByText('2 revisions').waitFor();
  for (const word of [SECRET, 'second.txt', 'Behind the same door']) assert.equal(Buffer.concat(bodies).includes(word), false, word);
  const name = `documents/${keeper.url().split('/').pop()}`;
  assert.match(entente('reto.ammann', 'document', 'get', name, '--out', join(folder, 'second.txt')), /Behind the same door/);
  assert.equal(readFileSync(join(folder, 'second.txt'), 'utf8'), `${SECRET}, mended\n`);
});

let context;
let page;
let card;
test('sealed by the command line, it is opened in the page, its hand and its recipients proved; a lie about them is not shown', async () => {
  for (const [party, account] of [['swe', 'anna.lindqvist'], ['che', 'reto.ammann'], ['can', 'emily.tremblay']])
    entente(account, 'witness', '--key', join(network, `keys/witness-${party}.key`), '--name', `${party}.example/witness`, '--memory', join(network, `witness-${party}.note`));
  writeFileSync(join(folder, 'record.txt'), `${SECRET}, again\n`);
  const said = entente('helena.brandt', 'document', 'upload', join(folder, 'record.txt'), '--process', 'igc', '--kind', 'meeting-record', '--title', 'Sealed by the command line',
    '--to', 'members,secretariat', '--handling', 'confidential', '--yes');
  const [, id] = /documents\/([0-9a-f]{32})/.exec(said);
  const office = join(network, 'offices/anna.lindqvist/swe.igc.focal-point');
  execFileSync('openssl', ['pkcs12', '-export', '-in', join(office, 'cert.pem'), '-inkey', join(office, 'key.pem'), '-out', join(folder, 'office.p12'), '-passout', 'pass:office words']);
  context = await open('anna.lindqvist', { expected: [/status of 404/, ...LINE_LOST] });
  page = await signIn(context, 'anna.lindqvist', '/#/account');
  card = page.locator('section.card').filter({ hasText: 'Offices’ keys' });
  await card.getByLabel('The office’s file').setInputFiles(join(folder, 'office.p12'));
  await card.getByLabel('Password of the file').fill('office words');
  // A key is brought without a line: it goes nowhere.
  await offline(context, async () => {
    await card.getByRole('button', { name: 'Bring the key' }).click();
    await card.getByText('swe.igc.focal-point').waitFor();
  });
  const taken = await page.evaluate(async () => {
    const rows = await new Promise((resolve) => { const opening = indexedDB.open('entente-office-keys'); opening.onsuccess = () => { const all = opening.result.transaction('keys').objectStore('keys').getAll(); all.onsuccess = () => resolve(all.result); }; });
    return Promise.all(['pkcs8', 'jwk'].map((form) => crypto.subtle.exportKey(form, rows[0].key).then(() => 'out', (error) => error.name)));
  });
  assert.deepEqual(taken, ['InvalidAccessError', 'InvalidAccessError']);
  await page.goto(`${origin}/#/document/${id}`);
  await page.getByText('but not from its operator, who serves this page').waitFor();
  const texts = page.locator('.texts');
  await page.getByRole('button', { name: 'Open with the office’s key' }).waitFor();
  await tabTo(page, /^Open with the office’s key$/);
  await without(() => page.keyboard.press('Enter'), texts, async () => {
    await tabTo(page, /^Try again$/);
    await page.keyboard.press('Enter');
  });
  const opened = page.getByRole('article', { name: 'Sealed by the command line' });
  await opened.getByText('seal and signature hold').waitFor();
  await opened.getByText(`${SECRET}, again`).waitFor();
  assert.deepEqual(await violations(page), []);
  await page.getByRole('button', { name: 'Close' }).click();
  // A server that says it was sealed to others than it was: as one that was taken over might.
  await page.route('**/*.SealingService/ListEnvelopes', async (route) => {
    const reply = await route.fetch();
    const body = Buffer.from(await reply.body());
    const other = body.indexOf('offices/che.igc');
    assert.ok(other > 0);
    body.write('offices/chx.igc', other);
    await route.fulfill({ response: reply, body });
  });
  await page.getByRole('button', { name: 'Open with the office’s key' }).click();
  await page.getByText('the server names other recipients than those to whom it was sealed').waitFor();
  assert.equal(await page.getByText(`${SECRET}, again`).count(), 0);
  await page.unroute('**/*.SealingService/ListEnvelopes');
  await page.getByRole('button', { name: 'Close' }).click();
  // And one that has another's certificate stand for the sender's.
  await page.route('**/*.CertificateService/GetCertificate', (route) => route.fulfill({ status: 404, contentType: 'application/json', body: '{"code":"not_found"}' }));
  await page.getByRole('button', { name: 'Open with the office’s key' }).click();
  await page.getByText('It does not exist, or not for you.').waitFor();
  assert.equal(await page.getByText(`${SECRET}, again`).count(), 0);
  await page.unroute('**/*.CertificateService/GetCertificate');
});

test('who got no envelope gets one from who can open it, by the keyboard alone: proved, told first, and opened by the command line', async () => {
  writeFileSync(join(folder, 'later.txt'), `${SECRET}, later\n`);
  const said = entente('helena.brandt', 'document', 'upload', join(folder, 'later.txt'), '--process', 'igc', '--kind', 'meeting-record', '--title', 'Sealed without one',
    '--to', 'members,secretariat', '--handling', 'confidential', '--without', 'che.igc.focal-point', '--yes');
  const [, id] = /documents\/([0-9a-f]{32})/.exec(said);
  assert.throws(() => entente('reto.ammann', 'document', 'get', id, '--out', join(folder, 'not.txt')));
  await page.goto(`${origin}/#/document/${id}`);
  await page.getByRole('button', { name: 'Share it on' }).waitFor();
  const press = async (words) => { await tabTo(page, words); await page.keyboard.press('Enter'); };
  await press(/^Share it on$/);
  const form = page.getByRole('form', { name: 'Share it on' });
  await tabTo(page, /^Your certificate file/);
  await form.getByLabel('Your certificate file').setInputFiles(join(network, 'credentials/anna.lindqvist/bundle.p12'));
  await tabTo(page, /^Password of the file/);
  await page.keyboard.type(passwordOf('anna.lindqvist'));
  await without(() => press(/^Prove who can open it$/), form);
  await form.getByRole('button', { name: 'Seal to 1 office and send' }).waitFor();
  assert.deepEqual(await form.getByRole('region', { name: 'Sealed to these offices' }).locator('li').allTextContents(), ['che.igc.focal-point, Switzerland']);
  assert.deepEqual(await violations(page), []);
  await without(() => press(/^Seal to 1 office and send$/), form);
  await page.getByText('1 more office can open it now.').waitFor();
  assert.match(entente('reto.ammann', 'document', 'get', id, '--out', join(folder, 'later-opened.txt')), /Sealed without one/);
  assert.equal(readFileSync(join(folder, 'later-opened.txt'), 'utf8'), `${SECRET}, later\n`);
  await page.goto(`${origin}/#/account`);
  await card.getByRole('button', { name: 'Forget it' }).click();
  await card.getByText('swe.igc.focal-point').waitFor({ state: 'detached' });
  assert.deepEqual(context.faults, []);
  await context.close();
});
