// The one box finds persons, bodies, documents by their text, collections of figures and the terms of their lists.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { open, origin, quit, signIn, violations } from './browser.mjs';

let context;
let page;
before(async () => {
  context = await open('reto.ammann');
  page = await signIn(context, 'reto.ammann');
});
after(async () => {
  await quit(); // first: an open browser would hold the run for ever
  assert.deepEqual(context.faults, []);
});
const group = (name) => page.getByRole('region', { name, exact: true });

test('as one types, groups of what else there is stand below the persons, and each leads there', async () => {
  const asked = [];
  page.on('request', (request) => { if (/GetStructure|ListParties|ListProcesses|ListDataflows/.test(request.url())) asked.push(request.url() + request.postDataBuffer()?.toString('hex')); });
  await page.getByRole('searchbox').pressSequentially('asylum', { delay: 20 });
  assert.match(await group('Bodies').getByRole('link', { name: 'Asylum/Refugees' }).getAttribute('href'), /#\/roster\/igc\/./);
  await group('Statistics').getByRole('link', { name: 'Asylum applications', exact: true }).first().waitFor();
  assert.deepEqual(await violations(page), []);
  await page.getByRole('searchbox').fill('afghan');
  const term = group('Terms').getByRole('link', { name: 'Afghanistan' }).first();
  await term.waitFor();
  assert.match(await term.getAttribute('href'), /#\/statistics\/.*=AFG/);
  // Many collections share their lists: each is fetched once, whatever is typed.
  assert.ok(asked.length > 5);
  assert.deepEqual(asked, [...new Set(asked)]);
  // A concept is a term as well as the codes that it can take.
  await page.getByRole('searchbox').fill('citizenship');
  assert.match(await group('Terms').getByRole('link', { name: 'Citizenship', exact: true }).getAttribute('href'), /#\/statistics\//);
});

test('a document is found by its text, and what fits is marked; a restricted one by its title only', async () => {
  await page.getByRole('searchbox').fill('spring meeting');
  const found = group('Documents').getByRole('listitem').filter({ hasText: 'Agenda of the spring meeting' });
  await found.locator('mark').first().waitFor();
  await page.goto(`${origin}/#/documents`);
  await page.getByLabel('Title, topic, process, party').fill('reunification');
  await page.locator('.papers .passage mark').getByText(/reunification/i).first().waitFor();
  assert.equal(await page.locator('.papers li').count(), 1);
  assert.deepEqual(await violations(page), []);
});

test('the arrow keys go from the box through every group, and Enter opens', async () => {
  await page.goto(`${origin}/#/`);
  await page.getByRole('searchbox').fill('asylum app');
  await group('Statistics').getByRole('link', { name: 'Asylum applications', exact: true }).first().waitFor();
  for (let presses = 0; presses < 40; ++presses) {
    await page.keyboard.press('ArrowDown');
    if (await page.evaluate(() => document.activeElement.textContent === 'Asylum applications')) break;
  }
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Asylum applications' }).waitFor();
});

test('what is not for the reader is found by nobody', async () => {
  const other = await open('anna.lindqvist');
  const theirs = await signIn(other, 'anna.lindqvist');
  await theirs.getByRole('searchbox').fill('zzqx nothing like it');
  await theirs.getByText('Nobody is found by these words.').waitFor();
  assert.equal(await theirs.locator('.also section').count(), 0);
  assert.deepEqual(other.faults, []);
  await other.close();
});
