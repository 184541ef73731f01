// Bringing a document and sending it around: who will see it is told before, in words; what was typed outlasts the tab.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { drop, network, open, origin, quit, signIn, typedAndKept, violations } from './browser.mjs';

const ME = 'helena.brandt';
let context;
let page;
before(async () => {
  context = await open(ME);
  page = await signIn(context, ME);
});
after(async () => {
  await quit(); // first: an open browser would hold the run for ever
  assert.deepEqual(context.faults, []);
});

// The fields of a protobuf message that hold octets, by number.
function fields(octets) {
  const found = {};
  const number = (at) => {
    let value = 0;
    for (let shift = 0; ; shift += 7, ++at) {
      value += (octets[at] & 0x7f) * 2 ** shift;
      if (octets[at] < 0x80) return [value, at + 1];
    }
  };
  for (let at = 0; at < octets.length;) {
    const [tag, size] = [octets[at] >> 3, number(at + 1)];
    assert.equal(octets[at] & 7, 2);
    found[tag] = octets.subarray(size[1], size[1] + size[0]);
    at = size[1] + size[0];
  }
  return found;
}

const text = Buffer.from('Questions to the states, first draft.\n');

test('who will see a document is told in words while one chooses, and changes with each choice', async () => {
  await page.goto(`${origin}/#/documents`);
  await page.getByRole('link', { name: 'Bring a document' }).click();
  await drop(page.locator('.drop'), 'first_draft.txt', 'text/plain', text.toString());
  assert.equal(await page.getByLabel('Title', { exact: true }).inputValue(), 'first draft');
  const told = page.getByRole('region', { name: 'Who will be able to see it' });
  await told.getByText(/\d+ people can see this – .*17 states/).waitFor();
  const all = await told.locator('strong').textContent();
  await page.getByLabel('Handling').selectOption({ label: 'Restricted' });
  await told.getByText('Each who opens it leaves a receipt.').waitFor();
  await page.getByText('But not', { exact: true }).first().click();
  await page.locator('details').filter({ hasText: 'But not' }).getByLabel('and this party:').selectOption({ label: 'Switzerland' });
  await told.getByText('not: Switzerland').waitFor();
  await told.getByText('16 states').waitFor();
  assert.notEqual(await told.locator('strong').textContent(), all);
  assert.deepEqual(await violations(page), []);
});

test('a half-filled form is there again after the tab was closed, without its file', async () => {
  await typedAndKept(page, () => page.getByLabel('What it is about').fill('What is asked of the states'));
  await page.close();
  page = await context.newPage();
  await page.goto(`${origin}/#/bring`);
  await page.getByText('What you had typed and not saved is here again.').waitFor();
  assert.equal(await page.getByLabel('What it is about').inputValue(), 'What is asked of the states');
  await page.getByRole('region', { name: 'Who will be able to see it' }).getByText('not: Switzerland').waitFor();
});

test('it is brought, signed in the page with the certificate’s file, and openssl finds the signature right', async () => {
  await page.getByLabel('Choose a file', { exact: true }).and(page.locator('input')).setInputFiles({ name: 'first_draft.txt', mimeType: 'text/plain', buffer: text });
  await page.getByLabel('Title', { exact: true }).fill('Questions to the states');
  await page.getByText('Sign it in your party’s name').click();
  const folder = join(network, 'credentials', ME);
  await page.getByLabel('Your certificate file').setInputFiles(join(network, 'credentials', 'reto.ammann', 'bundle.p12'));
  await page.getByLabel('Password of the file').fill(readFileSync(join(network, 'credentials', 'reto.ammann', 'password'), 'utf8').trim());
  const submit = page.getByRole('button', { name: /^Bring it: \d+ people will see it/ });
  await submit.click();
  await page.getByText('of another certificate than the one you are signed in with').waitFor();
  await page.getByLabel('Your certificate file').setInputFiles(join(folder, 'bundle.p12'));
  await page.getByLabel('Password of the file').fill(readFileSync(join(folder, 'password'), 'utf8').trim());
  const finished = page.waitForRequest((request) => request.url().endsWith('/FinishContent'));
  await submit.click();
  const sent = fields((await finished).postDataBuffer());
  await page.getByRole('heading', { level: 1, name: 'Questions to the states' }).waitFor();
  const digest = createHash('sha256').update(text).digest();
  assert.deepEqual(sent[2], digest);
  const manifest = ['entente-document/1', '', 'processes/igc', sent[1].toString(), 'en', 'first_draft.txt', 'text/plain', String(text.length), digest.toString('hex'), ''].join('\n');
  const place = mkdtempSync(join(tmpdir(), 'entente-cms-'));
  try {
    writeFileSync(join(place, 'signature.der'), sent[3]);
    writeFileSync(join(place, 'manifest'), manifest);
    const out = execFileSync('openssl', ['cms', '-verify', '-binary', '-inform', 'DER', '-in', join(place, 'signature.der'), '-content', join(place, 'manifest'),
      '-CAfile', join(network, 'trust', 'IGC', 'anchor.pem'), '-partial_chain', '-purpose', 'any'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    assert.equal(out.replaceAll('\r', ''), manifest);
  } finally {
    rmSync(place, { recursive: true });
  }
});

test('it is sent around with a note and a deadline, to people whose number stands on the button', async () => {
  await page.getByRole('link', { name: 'Send it around' }).click();
  await page.getByLabel('Covering note').fill('Please answer by Friday.');
  await page.getByLabel('What is asked').selectOption({ label: 'for action' });
  await page.getByLabel('Until').fill('2098-05-01T12:00');
  assert.deepEqual(await violations(page), []);
  const button = page.getByRole('button', { name: /^Send to \d+ people/ });
  const told = Number(/\d+/.exec(await button.textContent())[0]);
  assert.ok(told > 50, `${told} people`);
  await button.click();
  await page.getByRole('heading', { name: 'Who has opened it, and who has not' }).waitFor();
  await page.getByText(`0 of ${told}`).or(page.getByText(/^0 of \d+ have opened it/)).first().waitFor();
  const other = await open('anna.lindqvist');
  const theirs = await signIn(other, 'anna.lindqvist', '/#/inbox');
  await theirs.getByRole('link', { name: 'Questions to the states' }).click();
  await theirs.getByText('Please answer by Friday.').waitFor();
  await theirs.getByRole('button', { name: 'It is done' }).click();
  await theirs.getByText('has done it').waitFor();
  assert.deepEqual(other.faults, []);
  await other.close();
  // Whom it was kept from finds nothing of it.
  const kept = await open('reto.ammann');
  const away = await signIn(kept, 'reto.ammann', '/#/inbox/all');
  await away.locator('.mail li').first().waitFor();
  assert.equal(await away.getByText('Questions to the states').count(), 0);
  assert.deepEqual(kept.faults, []);
  await kept.close();
});

test('the sender reminds, and takes it back', async () => {
  await page.getByRole('button', { name: 'Remind' }).click();
  await page.getByText(/reminded /).waitFor();
  await page.getByRole('button', { name: 'Take it back' }).click();
  await page.getByText('recalled').first().waitFor();
});
