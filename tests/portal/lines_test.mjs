// The line is lost in the midst of every form, and the session ends in long ones: the page says so, nothing that was typed or
// chosen is lost, and the same button does it once the line is back.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { network, open, origin, passwordOf, quit, signIn } from './browser.mjs';

const EXPECTED = [/ERR_INTERNET_DISCONNECTED/, /Failed to load resource/];
let members; // a focal point's browser
let member;
let keepers; // the secretariat's
let keeper;
before(async () => {
  members = await open('anna.lindqvist', { expected: EXPECTED });
  member = await signIn(members, 'anna.lindqvist');
  keepers = await open('helena.brandt', { expected: EXPECTED });
  keeper = await signIn(keepers, 'helena.brandt');
});
after(async () => {
  await quit(); // first: an open browser would hold the run for ever
  assert.deepEqual([...members.faults, ...keepers.faults], []);
});

// Does what `act` does without a line: said in words within `form`, where no other call speaks, and all that was typed and
// chosen there is as it was; then with one.
async function without(act, form) {
  const page = form.page();
  const before = await valuesOf(form);
  await page.context().setOffline(true);
  try {
    await act();
    await form.getByText('The server cannot be reached.').first().waitFor();
    assert.deepEqual(await valuesOf(form), before);
  } finally {
    await page.context().setOffline(false);
  }
  await act();
}
const valuesOf = async (form) => form.locator('input:not([type=file]), textarea, select').evaluateAll((all) => all.map((one) => one.type === 'checkbox' ? one.checked : one.value));
const file = (name) => ({ name, mimeType: 'text/plain', buffer: Buffer.from('Some text.\n') });
const chooseFile = (page) => page.getByLabel('Choose a file', { exact: true }).and(page.locator('input'));

test('signing in', async () => {
  const other = await open('emily.tremblay', { expected: EXPECTED });
  const page = await other.newPage();
  await page.goto(origin);
  await page.getByLabel('Password').fill(passwordOf('emily.tremblay'));
  await without(() => page.getByRole('button', { name: 'Sign in' }).click(), page.locator('form'));
  // And out again.
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
  await without(() => page.getByRole('button', { name: 'Sign out' }).click(), page.locator('.me'));
  await page.getByText('You are signed out.').or(page.getByLabel('Password')).first().waitFor();
  assert.deepEqual(other.faults, []);
  await other.close();
});

test('looking for somebody', async () => {
  await member.getByRole('searchbox').fill('ammann');
  await member.locator('.people .name').first().waitFor();
  await members.setOffline(true);
  await member.getByRole('searchbox').fill('ammann switz');
  // The search's own notice: those of what else is found may still speak of the letters before.
  const failed = member.locator('.page.home > .notice.bad');
  await failed.getByText('The server cannot be reached.').waitFor();
  assert.equal(await member.getByRole('searchbox').inputValue(), 'ammann switz');
  await members.setOffline(false);
  await failed.getByRole('button', { name: 'Try again' }).click();
  await member.locator('.people .name').filter({ hasText: 'Reto Ammann' }).waitFor();
});

test('an entry, in every script', async () => {
  const words = 'Προϊσταμένη · 課長 · ผู้อำนวยการ · निदेशक · ዳይሬክተር · מנהלת · مديرة · Начальник · ղեկավար · დირექტორი';
  await member.goto(`${origin}/#/person/swe.anna.lindqvist`);
  await member.getByRole('button', { name: 'Change the entry' }).click();
  const form = member.getByRole('form', { name: 'Change the entry' });
  await form.getByLabel('Title', { exact: true }).fill(words);
  await without(() => form.getByRole('button', { name: 'Save' }).click(), form);
  await member.locator('.person-card').getByText(words).waitFor();
});

test('handing over an office', async () => {
  const offices = await member.evaluate(async () => (await (await fetch('/entente.v1.DirectoryService/ListOffices', { method: 'POST', body: '{"party":"parties/SWE","pageSize":1000}', headers: { 'content-type': 'application/json', 'entente-browser': '1' } })).json()).offices);
  const { office, appointments } = offices.findLast((one) => one.office.process === 'processes/igc' && one.office.kind !== 'FOCAL_POINT');
  await member.goto(`${origin}/#/office/${office.name.split('/')[1]}`);
  await member.getByRole('button', { name: 'Hand over' }).click();
  const dialog = member.getByRole('dialog', { name: 'Hand over' });
  const held = new Set(appointments?.map((one) => one.person));
  await dialog.getByLabel('Next holder').locator('option').nth(2).waitFor({ state: 'attached' });
  const next = (await dialog.getByLabel('Next holder').locator('option').evaluateAll((all) => all.map((one) => one.value))).find((one) => one !== '' && !held.has(one));
  await dialog.getByLabel('Next holder').selectOption(next);
  await dialog.getByLabel('Your certificate file').setInputFiles(join(network, 'credentials/anna.lindqvist/bundle.p12'));
  await dialog.getByLabel('Password of the file').fill(passwordOf('anna.lindqvist'));
  await without(() => dialog.getByRole('button', { name: 'Sign and hand over' }).click(), dialog);
  await member.getByText('Handed over. The ledger has it.').waitFor();
});

test('bringing a document, and sending it around', async () => {
  await keeper.goto(`${origin}/#/bring`);
  await chooseFile(keeper).setInputFiles(file('broken_line.txt'));
  await keeper.getByLabel('What it is about').fill('Written while the line broke');
  const bring = keeper.getByRole('button', { name: /^Bring it: / });
  await bring.waitFor();
  await without(() => bring.click(), keeper.locator('main form'));
  await keeper.getByRole('heading', { level: 1, name: 'broken line' }).waitFor();
  await keeper.getByRole('link', { name: 'Send it around' }).click();
  await keeper.getByLabel('Covering note').fill('Written while the line broke, too');
  const send = keeper.getByRole('button', { name: /^Send to \d+ people/ });
  await send.waitFor();
  await without(() => send.click(), keeper.locator('main form'));
  await keeper.getByRole('heading', { name: 'Who has opened it, and who has not' }).waitFor();
});

test('a word on what was sent', async () => {
  await member.goto(`${origin}/#/inbox/all`);
  await member.locator('.mail li').filter({ hasText: 'broken line' }).getByRole('link').first().click();
  const word = member.locator('.my-word');
  await word.getByRole('button', { name: 'Acknowledge', exact: true }).waitFor();
  await without(() => word.getByRole('button', { name: 'Acknowledge', exact: true }).click(), word);
  await word.getByRole('button', { name: 'Acknowledge', exact: true }).waitFor({ state: 'detached' });
  await word.getByLabel('Comment').fill('Said while the line broke');
  await without(() => word.getByRole('button', { name: 'Send the comment' }).click(), word);
  await member.locator('.said').getByText('Said while the line broke').waitFor();
});

test('planning a meeting, the session ended besides; asking to it; its record', async () => {
  await keeper.goto(`${origin}/#/plan`);
  await keeper.getByLabel('Title', { exact: true }).fill('Planned on a bad line');
  await keeper.getByLabel('Begins', { exact: true }).fill('2033-05-04T10:00');
  await keeper.getByLabel('Ends', { exact: true }).fill('2033-05-04T17:00');
  const plan = keeper.getByRole('button', { name: /^Plan it: / });
  await plan.waitFor();
  const form = keeper.locator('main form');
  const before = await valuesOf(form);
  await keepers.setOffline(true);
  await plan.click();
  await form.getByText('The server cannot be reached.').first().waitFor();
  assert.deepEqual(await valuesOf(form), before);
  await keepers.setOffline(false);
  const out = () => keeper.evaluate(() => fetch('/entente.v1.SessionService/SignOut', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json', 'entente-browser': '1' } }));
  const again = async () => {
    await keeper.getByRole('dialog', { name: 'Your session has ended' }).getByLabel('Password').fill(passwordOf('helena.brandt'));
    await keeper.keyboard.press('Enter');
  };
  await out();
  await plan.click();
  await again();
  await keeper.getByRole('heading', { level: 1, name: 'Planned on a bad line' }).waitFor();
  const comes = keeper.locator('.attendance');
  await comes.getByText('Ask to the meeting').first().click();
  await comes.getByLabel('Or a guest, by name').fill('Dr Broken Line');
  await without(() => comes.getByRole('button', { name: 'Ask to the meeting' }).click(), comes);
  await comes.getByText('Dr Broken Line').waitFor();
  await keeper.getByRole('button', { name: 'Write the record' }).click();
  await keeper.getByLabel('What was said').fill('A long record, written while the line broke and the session ended.');
  await keeper.locator('.who-will-see').getByText(/can see this/).waitFor();
  const save = keeper.getByRole('button', { name: 'Save the draft' });
  const record = keeper.locator('.write-record');
  const written = await valuesOf(record);
  await keepers.setOffline(true);
  await save.click();
  await record.getByText('The server cannot be reached.').first().waitFor();
  assert.deepEqual(await valuesOf(record), written);
  await keepers.setOffline(false);
  await out();
  await save.click();
  await again();
  await keeper.locator('.record-lines').getByText('A long record, written while the line broke and the session ended.').waitFor();
});

test('trying and sending figures', async () => {
  const demo = fileURLToPath(new URL('../../deploy/statistics/demo/', import.meta.url));
  await member.goto(`${origin}/#/statistics/IGC.POPULATION`);
  await chooseFile(member).waitFor({ state: 'attached' });
  await members.setOffline(true);
  await chooseFile(member).setInputFiles({ name: 'population.csv', mimeType: 'text/csv', buffer: readFileSync(demo + 'population-swe.csv') });
  await member.locator('.upload').getByText('The server cannot be reached.').waitFor();
  await members.setOffline(false);
  // The file is not chosen anew.
  await member.locator('.upload').getByRole('button', { name: 'Try again' }).click();
  await member.getByText(/figures, no fault/).waitFor();
  const upload = member.locator('.upload');
  await upload.getByLabel('Your certificate file').setInputFiles(join(network, 'credentials/anna.lindqvist/bundle.p12'));
  await upload.getByLabel('Password of the file').fill(passwordOf('anna.lindqvist'));
  await without(() => upload.getByRole('button', { name: 'Sign and report' }).click(), upload);
  await member.getByText(/figures are reported/).waitFor();
});

test('what was half-typed is there on the way back and forth, and in a second tab', async () => {
  await keeper.goto(`${origin}/#/documents`);
  await keeper.getByRole('link', { name: 'Bring a document' }).click();
  await keeper.getByLabel('Title', { exact: true }).fill('Half a title');
  await keeper.waitForTimeout(1_000); // the draft is written a moment after the last letter
  await keeper.goBack();
  await keeper.locator('.papers li').first().waitFor();
  await keeper.goForward();
  await keeper.getByText('What you had typed and not saved is here again.').waitFor();
  assert.equal(await keeper.getByLabel('Title', { exact: true }).inputValue(), 'Half a title');
  const second = await keepers.newPage();
  await second.goto(`${origin}/#/bring`);
  await second.getByText('What you had typed and not saved is here again.').waitFor();
  assert.equal(await second.getByLabel('Title', { exact: true }).inputValue(), 'Half a title');
  // What stays in this browser is in no place that a script could read as text.
  const kept = await second.evaluate(async () => {
    const rows = await new Promise((resolve) => { const opening = indexedDB.open('entente-drafts'); opening.onsuccess = () => { const all = opening.result.transaction('rows').objectStore('rows').getAll(); all.onsuccess = () => resolve(all.result); }; });
    const text = rows.map((one) => one.bytes ? new TextDecoder().decode(one.bytes) : '').join();
    return JSON.stringify({ ...localStorage }) + JSON.stringify({ ...sessionStorage }) + text + location.href;
  });
  assert.ok(!kept.includes('Half a title'));
  await second.getByRole('button', { name: 'Cancel' }).click();
  await second.locator('.papers li').first().waitFor();
});
