// Documents: found, read in the page under the reader's own name, sent around, answered; and who has opened them.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { network, open, origin, quit, signIn, tabTo, typedAndKept, violations } from './browser.mjs';

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
const names = () => page.locator('.papers .name').allTextContents();

test('the library is narrowed by words and by facets, and a hostile title is only text', async () => {
  await page.getByRole('link', { name: 'Documents', exact: true }).click();
  await page.locator('.papers li').nth(3).waitFor();
  assert.ok((await names()).some((one) => one.includes('<script>alert(1)</script>')));
  assert.deepEqual(await violations(page), []);
  await page.getByLabel('Title, topic, process, party').fill('spring');
  await page.waitForFunction(() => document.querySelectorAll('.papers li').length === 1);
  await page.getByLabel('Title, topic, process, party').fill('');
  await page.getByRole('list', { name: 'From' }).getByRole('checkbox', { name: /^Sweden/ }).check();
  await page.waitForFunction(() => document.querySelectorAll('.papers li').length === 1);
  assert.deepEqual(await names(), ['Not what it says']);
  assert.match(page.url(), /from=SWE/);
  await page.getByRole('list', { name: 'From' }).getByRole('checkbox', { name: /^Sweden/ }).uncheck();
});

test('a restricted paper is opened in the page: a receipt, a numbered copy with the reader’s name, its text to be read aloud', async () => {
  await page.getByRole('link', { name: 'Returns in 2026', exact: true }).click();
  await page.getByText('Opening it leaves a receipt').waitFor();
  await page.getByRole('listitem').filter({ hasText: 'English' }).getByRole('button', { name: 'Read' }).click();
  const english = page.getByRole('article', { name: 'Returns in 2026 (English)' });
  await english.getByText(/RESTRICTED - copy \d+ .* for Reto Ammann/).first().waitFor();
  await english.locator('.textLayer').getByText('Returns in 2026').waitFor();
  await english.locator('.textLayer').getByText(/for Reto Ammann/).first().waitFor();
  const drawn = await english.locator('canvas').first().evaluate((canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return data.some((one, at) => at % 4 < 3 && one < 100);
  });
  assert.ok(drawn, 'the page is drawn');
  // Its French beside it, which leaves a receipt of its own.
  await page.getByRole('listitem').filter({ hasText: 'French' }).getByRole('button', { name: 'Read' }).click();
  const french = page.getByRole('article', { name: 'Returns in 2026 (French)' });
  await french.locator('.textLayer').getByText('Les retours en 2026').waitFor();
  const [left, right] = [await english.boundingBox(), await french.boundingBox()];
  assert.ok(left.x + left.width <= right.x && Math.abs(left.y - right.y) < 2, `not side by side: ${JSON.stringify([left, right])}`);
  assert.deepEqual(await violations(page), []);
  const saved = page.waitForEvent('download');
  await english.getByRole('button', { name: 'Save this copy' }).click();
  const file = await saved;
  assert.equal(file.suggestedFilename(), 'returns.pdf');
  assert.equal(readFileSync(await file.path()).subarray(0, 5).toString(), '%PDF-');
  await page.getByRole('button', { name: 'What the ledger says' }).click();
  await page.getByText('documents.document.read').first().waitFor();
});

test('a page that says it is a PDF is told to be none, and does not run', async () => {
  await page.goto(`${origin}/#/documents`);
  await page.getByRole('link', { name: 'Not what it says' }).click();
  await page.getByRole('button', { name: 'Read' }).click();
  await page.getByText('This is not the PDF that it says it is.').waitFor();
  await page.locator('pre').getByText('I am a page').waitFor();
  assert.equal(await page.title(), 'Entente');
});

test('what was sent stands in the inbox with its deadline, and is acknowledged and commented on', async () => {
  await page.getByRole('navigation').getByRole('link', { name: 'Inbox' }).click();
  const row = page.locator('.mail li').filter({ hasText: 'Returns in 2026' });
  await row.getByText('for comment').waitFor();
  await row.getByText(/days .* left/).waitFor();
  assert.deepEqual(await violations(page), []);
  await row.getByRole('link').click();
  await page.getByText('For Thursday’s meeting').or(page.getByText('For Thursday\'s meeting')).first().waitFor();
  await page.getByRole('button', { name: 'Acknowledge' }).click();
  await page.getByText(/^acknowledged /).first().waitFor();
  await typedAndKept(page, () => page.getByLabel('Comment', { exact: true }).fill('Paragraph 4 <b>goes</b> too far.'));
  // Typed and not sent: it is there again after the tab was closed.
  await page.reload();
  await page.getByLabel('Comment', { exact: true }).waitFor();
  await page.waitForFunction(() => document.querySelector('textarea').value.includes('goes'));
  await page.getByRole('button', { name: 'Send the comment' }).click();
  await page.locator('.said').getByText('Paragraph 4 <b>goes</b> too far.').waitFor();
  assert.deepEqual(await violations(page), []);
});

test('a silence procedure shows its countdown and is broken with a reason', async () => {
  await page.getByRole('navigation').getByRole('link', { name: 'Inbox' }).click();
  await page.locator('.mail li').filter({ hasText: 'Agenda of the spring meeting' }).getByRole('link').click();
  await page.getByText('Adopted, unless somebody breaks the silence before:').waitFor();
  await page.locator('.countdown').getByText(/\d days \d+ h left/).waitFor();
  await page.getByRole('button', { name: 'Break the silence' }).click();
  const dialog = page.getByRole('dialog', { name: 'Break the silence' });
  await dialog.getByLabel('Why').fill('Item 3 is missing.');
  assert.deepEqual(await violations(page), []);
  await dialog.getByRole('button', { name: 'Break the silence' }).click();
  await page.getByText('silence broken').waitFor();
  await page.locator('.said').getByText('Item 3 is missing.').waitFor();
});

test('the secretariat sees on one board who has opened, acknowledged, commented, and who has not', async () => {
  const other = await open('helena.brandt');
  const theirs = await signIn(other, 'helena.brandt');
  await theirs.getByRole('link', { name: 'Inbox' }).click();
  await theirs.getByRole('button', { name: 'Sent by my party' }).click();
  await theirs.locator('.mail li').filter({ hasText: 'Returns in 2026' }).getByRole('link').click();
  await theirs.getByText(/^1 of \d+ have opened it/).waitFor();
  const row = theirs.getByRole('row', { name: /Reto Ammann/ });
  assert.match(await row.textContent(), /Switzerland.*1 comment/);
  await theirs.getByRole('button', { name: 'Remind' }).waitFor();
  assert.deepEqual(await violations(theirs), []);
  await theirs.locator('.papers').getByRole('link', { name: 'Returns in 2026' }).click();
  await theirs.getByRole('region', { name: 'Who has opened it' }).getByRole('row', { name: /Reto Ammann/ }).waitFor();
  await theirs.getByText(/can see it and have not opened it/).waitFor();
  assert.deepEqual(await violations(theirs), []);
  // What silence would have adopted was broken: it can be taken back, and nobody is to be reminded of it.
  await theirs.goto(`${origin}/#/inbox/sent`);
  await theirs.locator('.mail li').filter({ hasText: 'Agenda of the spring meeting' }).getByRole('link').click();
  await theirs.getByText('silence broken').waitFor();
  await theirs.getByRole('button', { name: 'Take it back' }).waitFor();
  assert.equal(await theirs.getByRole('button', { name: 'Remind' }).count(), 0);
  assert.deepEqual(other.faults, []);
  await other.close();
});

const entente = (...words) => execFileSync(join(process.env.PORTAL, '../cli/entente'), ['--profile', 'helena.brandt', ...words], { env: { ...process.env, XDG_CONFIG_HOME: join(network, 'config') }, encoding: 'utf8' });

// The daemon looks a few times a second whether what a silence adopts still stands.
async function untilLapsed(circulation) {
  const shown = page.getByText('not adopted: changed, withdrawn or destroyed before the deadline');
  for (let tries = 0; tries < 50 && !(await shown.isVisible()); tries += 1) {
    await page.goto(`${origin}/#/inbox`);
    await page.goto(`${origin}/#/circulation/${circulation}`);
    await page.getByRole('button', { name: 'Acknowledge' }).waitFor();
  }
  await shown.waitFor();
}

test('a silence whose paper was withdrawn says that nothing is adopted, and asks for nothing any more', async () => {
  entente('sign-in');
  const file = join(network, 'withdrawn.txt');
  writeFileSync(file, 'To be withdrawn.\n');
  const paper = /documents\/[0-9a-f]{32}/.exec(entente('document', 'upload', file, '--process', 'igc', '--to', 'members,secretariat', '--yes'))[0];
  const sent = /circulations\/([0-9a-f]{32})/.exec(entente('circulate', paper, '--for', 'approval-by-silence', '--deadline', '2099-01-02T12:00:00Z'))[1];
  entente('document', 'withdraw', paper, '--because', 'a mistake', '--lapse-silence');
  await untilLapsed(sent);
  assert.equal(await page.getByRole('button', { name: 'Break the silence' }).count(), 0);
  assert.equal(await page.locator('.countdown').count(), 0);
  assert.deepEqual(await violations(page), []);
  assert.match(entente('circulation', 'show', sent), /approval-by-silence until .*: lapsed \(changed, withdrawn or destroyed\)/);
});

// The secretariat brings another text, by the keyboard alone: told what ends with it, it turns back, and then does it.
async function secondTextInThePage(paper) {
  const other = await open('helena.brandt');
  const tab = await signIn(other, 'helena.brandt', `/#/${paper.replace('documents', 'bring')}`);
  const begun = [];
  tab.on('request', (request) => { if (request.url().endsWith('/BeginContent')) begun.push(request.url()); });
  const give = (name, text) => tab.getByLabel('Choose a file', { exact: true }).and(tab.locator('input')).setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });
  const submit = async () => {
    await tabTo(tab, /^Bring it$/);
    await tab.keyboard.press('Enter');
  };
  const told = tab.getByRole('dialog', { name: 'This ends a silence' });
  // A translation that was not sent, and the same bytes, end nothing: of them nobody is told.
  await tab.locator('main').getByLabel('Language', { exact: true }).selectOption('fr');
  await give('premier.txt', 'Le premier texte.\n');
  await submit();
  await tab.getByText('2 revisions').waitFor();
  await tab.goto(`${origin}/#/${paper.replace('documents', 'bring')}`);
  await give('same.txt', 'The first text.\n');
  await submit();
  await tab.getByText('3 revisions').waitFor();
  assert.equal(begun.length, 2);
  await tab.goto(`${origin}/#/${paper.replace('documents', 'bring')}`);
  await give('second.txt', 'The second text.\n');
  await tab.getByLabel('This text is').selectOption({ label: 'official translation' });
  await submit();
  await told.getByText(/^A silence on this text runs until .*2099.*\. Bringing another text ends it, and nothing is adopted\. Bring it all the same\?$/).waitFor();
  assert.deepEqual(await violations(tab), []);
  await tab.keyboard.press('Escape');
  await told.waitFor({ state: 'detached' });
  // Nothing was sent, and nothing of what was chosen is gone.
  assert.equal(begun.length, 2);
  assert.equal(await tab.getByRole('button', { name: 'Bring it' }).evaluate((one) => one === document.activeElement), true);
  assert.equal(await tab.getByLabel('This text is').locator('option:checked').textContent(), 'official translation');
  await tab.locator('.drop').getByText('second.txt').waitFor();
  await submit();
  await told.waitFor();
  await tabTo(tab, /^Bring it all the same$/);
  await tab.keyboard.press('Enter');
  await tab.getByText('4 revisions').waitFor();
  assert.equal(begun.length, 3);
  assert.deepEqual(other.faults, []);
  await other.close();
}

test('a silence shows the text that it stands on, and lapses once that is another', async () => {
  const file = join(network, 'changed.txt');
  writeFileSync(file, 'The first text.\n');
  const paper = /documents\/[0-9a-f]{32}/.exec(entente('document', 'upload', file, '--process', 'igc', '--to', 'members,secretariat', '--yes'))[0];
  const sent = /circulations\/([0-9a-f]{32})/.exec(entente('circulate', paper, '--for', 'approval-by-silence', '--deadline', '2099-01-02T12:00:00Z'))[1];
  const digest = createHash('sha256').update('The first text.\n').digest('hex');
  assert.match(entente('circulation', 'show', sent), new RegExp(`sent was ${paper}/revisions/1, en, SHA-256 ${digest}`));
  await page.goto(`${origin}/#/circulation/${sent}`);
  await page.getByRole('heading', { name: 'Text as it was sent' }).waitFor();
  await page.locator(`code[title="${digest}"]`).waitFor();
  assert.equal(await page.getByText('The document has another text now').count(), 0);
  await secondTextInThePage(paper);
  await untilLapsed(sent);
  await page.getByText('The document has another text now').waitFor();
  await page.locator(`code[title="${digest}"]`).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Break the silence' }).count(), 0);
  assert.deepEqual(await violations(page), []);
  assert.match(entente('circulation', 'show', sent), /the document has another text now/);
  assert.throws(() => entente('circulation', 'remind', sent), /the silence has ended/);
});

test('what is not for the reader is not found, and the page says no more', async () => {
  const other = await open('anna.lindqvist', { expected: [/status of 404/] });
  const theirs = await signIn(other, 'anna.lindqvist', `/#/document/${'f'.repeat(32)}`);
  await theirs.getByRole('heading', { name: 'Nothing is here' }).waitFor();
  await theirs.getByText('It does not exist, or not for you.').waitFor();
  assert.deepEqual(other.faults, []);
  await other.close();
});
