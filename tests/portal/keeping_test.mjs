// Entries kept by those who may; nothing typed is lost, whatever happens meanwhile.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { network, offline, open, origin, passwordOf, quit, signIn, typedAndKept, violations } from './browser.mjs';

const ME = 'anna.lindqvist';
let context;
let page;
let own;

// A call as the page makes it.
const call = (method, body) => page.evaluate(async ([path, message]) => {
  const response = await fetch('/entente.v1.' + path, { method: 'POST', body: JSON.stringify(message), headers: { 'content-type': 'application/json', 'entente-browser': '1' } });
  return response.json();
}, [method.replace('.', '/'), body]);

before(async () => {
  context = await open(ME, { expected: [/status of 40[0139]/, /ERR_INTERNET_DISCONNECTED/] });
  page = await signIn(context, ME);
  own = (await call('SessionService.GetSession', {})).person;
});
after(async () => {
  await quit(); // first: an open browser would hold the run for ever
  assert.deepEqual(context.faults, []);
});

const title = () => page.getByLabel('Title', { exact: true });
async function edit() {
  await page.goto(`${origin}/#/person/${own.split('/')[1]}`);
  await page.getByRole('button', { name: 'Change the entry' }).click();
  await title().waitFor();
}

test('what was typed and not saved is there again after the tab was closed, and legible nowhere else', async () => {
  await edit();
  assert.deepEqual(await violations(page), []);
  await typedAndKept(page, () => title().fill('Adviser, half-written'));
  const kept = await page.evaluate(() => JSON.stringify(localStorage) + JSON.stringify(sessionStorage));
  assert.ok(!kept.includes('half-written'));
  await page.close();
  page = await context.newPage();
  await page.goto(origin);
  await edit();
  await page.getByText('is here again').waitFor();
  assert.equal(await title().inputValue(), 'Adviser, half-written');
});

test('a line that breaks leaves the form as it is; a session that ended is asked for over it, and the call goes on', async () => {
  const hostile = '<img src=x onerror=alert(1)> Адвисер مستشار';
  await title().fill(hostile);
  await offline(context, async () => {
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The server cannot be reached.').waitFor();
    assert.equal(await title().inputValue(), hostile);
  });
  await call('SessionService.SignOut', {});
  await page.getByRole('button', { name: 'Save' }).click();
  const dialog = page.getByRole('dialog', { name: 'Your session has ended' });
  await dialog.getByLabel('Password').fill(passwordOf(ME));
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Anna Lindqvist' }).waitFor();
  await page.getByText(hostile).waitFor();
  assert.equal(await page.locator('main img').count(), 0);
});

test('somebody else’s change is told, and not overwritten unless one says so', async () => {
  await edit();
  await title().fill('Mine');
  const there = await call('DirectoryService.GetPerson', { name: own });
  await call('DirectoryService.UpdatePerson', { person: { ...there, title: 'Theirs' } });
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Somebody else changed this meanwhile.').waitFor();
  assert.equal(await title().inputValue(), 'Mine');
  await page.getByRole('button', { name: 'Keep mine over the newest' }).click();
  await page.getByText('Somebody else changed this meanwhile.').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Mine', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Still right' }).click();
  await page.getByText(/Confirmed this minute/).waitFor();
});

test('an office is handed over in one step, signed in the page with the certificate’s file', async () => {
  const { offices } = await call('DirectoryService.ListOffices', { party: 'parties/SWE' });
  const { office } = offices.find((one) => one.office.kind === 'BODY_CONTACT' && one.office.process === 'processes/igc') ??
    offices.find((one) => one.office.process === 'processes/igc' && one.office.kind !== 'FOCAL_POINT');
  const { found } = await call('DirectoryService.SearchPersons', { party: 'parties/SWE', pageSize: 1000 });
  const holders = new Set(offices.find((one) => one.office.name === office.name).appointments?.map((one) => one.person));
  const next = found.find((one) => !holders.has(one.person.name) && one.person.name !== own && !(one.offices ?? []).some((other) => /OFFICER|FOCAL/.test(other.kind))).person;
  await page.goto(`${origin}/#/office/${office.name.split('/')[1]}`);
  await page.getByRole('button', { name: 'Hand over' }).click();
  const dialog = page.getByRole('dialog', { name: 'Hand over' });
  await dialog.getByLabel('Next holder').selectOption(next.name);
  const folder = join(network, 'credentials', ME);
  await dialog.getByLabel('Your certificate file').setInputFiles(join(folder, 'bundle.p12'));
  await dialog.getByLabel('Password of the file').fill('wrong');
  await dialog.getByRole('button', { name: 'Sign and hand over' }).click();
  await dialog.getByText('not opened by this password').waitFor();
  assert.deepEqual(await violations(page), []);
  await dialog.getByLabel('Password of the file').fill(readFileSync(join(folder, 'password'), 'utf8').trim());
  // The ledger is not the one that this browser saw: the key signs nothing that names it.
  const seen = await page.evaluate(() => localStorage.getItem('entente.ledger-seen'));
  await page.evaluate(() => localStorage.setItem('entente.ledger-seen', `1 ${btoa('\0'.repeat(32))}`));
  let sent = 0;
  await page.route('**/*DirectoryService/HandOver', (route) => { sent += 1; return route.continue(); });
  await dialog.getByRole('button', { name: 'Sign and hand over' }).click();
  await dialog.getByText('Do not believe this server.').waitFor();
  assert.equal(sent, 0);
  await page.evaluate((one) => (one === null ? localStorage.removeItem('entente.ledger-seen') : localStorage.setItem('entente.ledger-seen', one)), seen);
  await dialog.getByRole('button', { name: 'Sign and hand over' }).click();
  await page.getByText('Handed over. The ledger has it.').waitFor();
  assert.equal(sent, 1);
  await page.unroute('**/*DirectoryService/HandOver');
  await page.locator('.timeline li.present').getByText(next.displayName).waitFor();
  const after = await call('DirectoryService.ListOffices', { party: 'parties/SWE' });
  const [held] = after.offices.find((one) => one.office.name === office.name).appointments;
  assert.equal(held.person, next.name);
  assert.ok(held.signature, 'the party has signed it');
});
