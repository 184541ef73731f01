// For everyone: six languages, both directions, by keyboard alone. (Narrow, dark, at 200 % zoom: pages_test.mjs.)
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { call, network, open, origin, passwordOf, quit, signIn, tabTo, violations } from './browser.mjs';

after(quit);
const ME = 'anna.lindqvist';

const language = (page, tag) => page.locator('.preferences select').first().selectOption(tag);

// The catalogues as the pages have them.
const require = createRequire(join(process.env.PORTAL, 'package.json'));
const { transformSync } = require('esbuild');
async function catalogue(language) {
  const path = fileURLToPath(new URL(`../../client/portal/src/i18n/${language}.ts`, import.meta.url));
  const { code } = transformSync(readFileSync(path, 'utf8'), { loader: 'ts', format: 'esm' });
  const made = await import('data:text/javascript;base64,' + Buffer.from(code).toString('base64'));
  return made.messages ?? made.en;
}

test('every catalogue says all, with every gap to fill, in every form that its language has', async () => {
  const en = await catalogue('en');
  const gaps = (text) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
  for (const language of ['fr', 'es', 'ru', 'de', 'ar']) {
    const messages = await catalogue(language);
    assert.deepEqual(Object.keys(messages).sort(), Object.keys(en).sort(), language);
    // Millions and fractions are `many` and `other` in French and Spanish: `other` serves.
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories.filter((one) => !(one === 'many' && ['fr', 'es'].includes(language)));
    for (const [key, message] of Object.entries(messages)) {
      if (typeof en[key] === 'string') {
        assert.deepEqual(gaps(message), gaps(en[key]), `${language} ${key}`);
        assert.ok(message.length > 0);
        continue;
      }
      for (const form of forms) assert.ok(message[form], `${language} ${key} ${form}`);
      const others = gaps(en[key].other).filter((one) => one !== '{n}');
      for (const text of Object.values(message)) for (const gap of others) assert.ok(text.includes(gap) || /\{n\}|[^{]/.test(text), `${language} ${key} ${gap}`);
    }
  }
});

test('the reader’s language is taken from the browser, can be changed, and turns the page where it runs from the right', async () => {
  const context = await open(ME, { locale: 'fr-FR' });
  const page = await context.newPage();
  await page.goto(origin);
  await page.getByRole('heading', { name: 'Connexion' }).waitFor();
  await page.getByLabel('Mot de passe').fill(passwordOf(ME));
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Qui ou que cherchez-vous ?' }).waitFor();
  await language(page, 'ar');
  await page.getByRole('heading', { name: 'عمّن أو عمّ تبحث؟' }).waitFor();
  assert.deepEqual(await page.evaluate(() => [document.documentElement.dir, document.documentElement.lang]), ['rtl', 'ar']);
  await page.getByRole('searchbox').fill('ammann');
  const number = page.locator('.people .reach a').first();
  await number.waitFor();
  // A number runs from the left in any language, its plus sign first.
  assert.equal(await number.evaluate((one) => getComputedStyle(one).direction), 'ltr');
  assert.deepEqual(await violations(page), []);
  await language(page, 'de');
  await page.getByRole('heading', { name: 'Wen oder was suchen Sie?' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Wen oder was suchen Sie?' }).waitFor();
  assert.deepEqual(context.faults, []);
  await context.close();
});

test('from the address to a saved card by the keyboard alone, the focus always in sight, however slow the machine', async () => {
  const context = await open(ME);
  const page = await context.newPage();
  // What can be seen can be typed into: eight times slower, a moment between the two is long enough to lose a key in.
  await (await context.newCDPSession(page)).send('Emulation.setCPUThrottlingRate', { rate: 8 });
  await page.goto(origin);
  await page.getByLabel('Password').waitFor();
  await page.keyboard.type(passwordOf(ME));
  await page.keyboard.press('Enter');
  await page.locator('#search').waitFor();
  await page.keyboard.type('ammann');
  await page.locator('.people .name').first().waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Reto Ammann' }).and(page.locator(':focus')).waitFor();
  await tabTo(page, /^Save as vCard$/);
  const saved = page.waitForEvent('download');
  await page.keyboard.press('Enter');
  assert.match((await saved).suggestedFilename(), /\.vcf$/);
  assert.deepEqual(context.faults, []);
  await context.close();
});

test('a page whose title comes late is read from it on, unless the reader has gone elsewhere meanwhile', async () => {
  const context = await open(ME);
  const page = await signIn(context, ME);
  const come = async (name, meanwhile) => {
    let go = () => {};
    const held = new Promise((resolve) => { go = resolve; });
    await page.route(new RegExp(`/assets/${name.toLowerCase()}-`), async (route) => { await held; await route.continue(); });
    await tabTo(page, new RegExp(`^${name}$`));
    await page.keyboard.press('Enter');
    await page.locator('main .waiting').first().waitFor();
    // The page before goes, and its title with it; what is held cannot bring the next one's.
    await page.locator('h1').waitFor({ state: 'detached' });
    await meanwhile();
    go();
    return page.getByRole('heading', { level: 1, name });
  };
  await (await come('Meetings', async () => {})).and(page.locator(':focus')).waitFor();
  await (await come('Statistics', () => page.keyboard.press('Tab'))).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.textContent.trim()), 'Processes'); // which stands beside it
  assert.deepEqual(context.faults, []);
  await context.close();
});

test('a document is found, read and closed by the keyboard alone', async () => {
  const context = await open(ME);
  const page = await signIn(context, ME);
  await page.locator('.mail li').first().waitFor();
  await tabTo(page, /^Documents$/);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Documents' }).waitFor();
  await page.locator('.papers li').first().waitFor();
  await tabTo(page, /^Agenda of the spring meeting$/);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Agenda of the spring meeting' }).waitFor();
  await tabTo(page, /^Read$/);
  await page.keyboard.press('Enter');
  await page.locator('.textLayer').getByText('Agenda of the spring meeting').waitFor();
  await page.keyboard.press('Enter'); // the same button closes
  await page.locator('.textLayer').first().waitFor({ state: 'detached' });
  assert.deepEqual(context.faults, []);
  await context.close();
});

test('a document is sent around by the keyboard alone', async () => {
  const context = await open('helena.brandt');
  const page = await signIn(context, 'helena.brandt', '/#/documents');
  await page.locator('.papers li').first().waitFor();
  await tabTo(page, /^Agenda of the spring meeting$/);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Agenda of the spring meeting' }).waitFor();
  await tabTo(page, /^Send it around$/);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Send it around' }).waitFor();
  await page.getByRole('button', { name: /^Send to \d+ people$/ }).waitFor();
  await tabTo(page, /^Covering note/);
  await page.keyboard.type('Typed and sent without a mouse');
  await tabTo(page, /^Send to \d+ people$/);
  await page.keyboard.press('Enter');
  await page.getByText('Typed and sent without a mouse').waitFor();
  assert.match(page.url(), /#\/circulation\//);
  assert.deepEqual(context.faults, []);
  await context.close();
});

test('a meeting is found in the calendar and answered by the keyboard alone', async () => {
  const context = await open('reto.ammann');
  const page = await signIn(context, 'reto.ammann', '/#/meetings');
  await page.locator('.meetings > li').first().waitFor();
  await tabTo(page, /^Working Group on Returns$/);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Working Group on Returns' }).waitFor();
  await tabTo(page, /^I come$/);
  await page.keyboard.press('Enter');
  await page.locator('.my-part').getByText('comes', { exact: true }).waitFor();
  assert.deepEqual(context.faults, []);
  await context.close();
});

test('a meeting is planned by the keyboard alone', async () => {
  const context = await open('helena.brandt');
  const page = await signIn(context, 'helena.brandt', '/#/meetings');
  await page.locator('.meetings > li').first().waitFor();
  await tabTo(page, /^Plan a meeting$/);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Plan a meeting' }).waitFor();
  await page.getByRole('button', { name: /^Plan it: / }).waitFor();
  await tabTo(page, /^Title$/);
  await page.keyboard.type('Planned without a mouse');
  await tabTo(page, /^Begins$/);
  // Day and month, in whichever order the browser has them, and year; the hour, the minute and perhaps its half of the day stand a Tab further.
  await page.keyboard.type('05052033');
  await page.keyboard.press('Tab');
  await page.keyboard.type('1000a');
  await tabTo(page, /^Add an item$/);
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.activeElement.closest('.agenda-fields') !== null); // its title has the focus
  await page.keyboard.type('An item of the agenda');
  await tabTo(page, /^Plan it: /);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Planned without a mouse' }).waitFor();
  await page.getByText(/Thu, 5 May 2033( at|,) 10:00/).first().waitFor();
  assert.deepEqual(await page.locator('.agenda h3').allTextContents(), ['1. An item of the agenda']);
  assert.deepEqual(context.faults, []);
  await context.close();
});

test('figures are found, chosen, drawn and taken along by the keyboard alone', async () => {
  const context = await open(ME);
  const page = await signIn(context, ME, '/#/statistics');
  await page.getByRole('link', { name: 'Asylum applications' }).first().waitFor();
  await tabTo(page, /^Find a collection of figures$/);
  await page.keyboard.type('igc asylum app');
  await tabTo(page, /^Asylum applications$/);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Asylum applications' }).waitFor();
  const table = page.locator('.long-table table');
  await table.waitFor();
  const all = await table.getAttribute('aria-rowcount');
  await tabTo(page, /^Citizenship/);
  await page.keyboard.press('Enter');
  await tabTo(page, /^Search in .*itizen/);
  await page.keyboard.type('afgh');
  await tabTo(page, /^Afghanistan/);
  await page.keyboard.press('Space');
  await page.waitForFunction((before) => document.querySelector('.long-table table')?.getAttribute('aria-rowcount') !== before, all);
  await tabTo(page, /^Heat map$/);
  await page.keyboard.press('Enter');
  await page.locator('.chart svg [data-mark=cell] rect').first().waitFor();
  await tabTo(page, /^CSV$/);
  const saved = page.waitForEvent('download');
  await page.keyboard.press('Enter');
  assert.match(readFileSync(await (await saved).path(), 'utf8'), /,AFG,/);
  assert.deepEqual(context.faults, []);
  await context.close();
});

// By the keyboard; the dialog that chooses a file is the browser's, not the page's.
async function sign(page, words) {
  await tabTo(page, /^Your certificate file/);
  await page.getByLabel('Your certificate file').setInputFiles(join(network, 'credentials', ME, 'bundle.p12'));
  await tabTo(page, /^Password of the file/);
  await page.keyboard.type(passwordOf(ME));
  await tabTo(page, words);
  await page.keyboard.press('Enter');
}

test('figures are reported for the first time by the keyboard alone: a fault is read beside its line, mended, and they are signed', async () => {
  const context = await open(ME);
  const page = await signIn(context, ME, '/#/statistics/IGC.DECISIONS');
  const file = page.getByLabel('Choose a file', { exact: true }).and(page.locator('input'));
  const rows = (sex) => ({ name: 'first.csv', mimeType: 'text/csv', buffer: Buffer.from(`DATAFLOW,FREQ,REF_AREA,CITIZEN,SEX,AGE,DECISION,TIME_PERIOD,OBS_VALUE,OBS_STATUS\nIGC:DECISIONS(1.0),A,SWE,AFG,${sex},Y0T4,REC,2016,12,A\n`) });
  await page.getByText('No figures that you may see fit this.').waitFor();
  await tabTo(page, /^Choose a file$/);
  await file.setInputFiles(rows('X'));
  await page.getByRole('row', { name: /SEX/ }).waitFor();
  await tabTo(page, /^Fault$/); // the table of faults can be gone through
  await page.keyboard.press('Shift+Tab');
  await file.setInputFiles(rows('F'));
  await page.getByText('1 figure, no fault').waitFor();
  await sign(page, /^Sign and report$/);
  await page.getByText(/1 figure .*reported/).waitFor();
  assert.deepEqual(context.faults, []);
  await context.close();
});

test('an office is handed over by the keyboard alone', async () => {
  const context = await open(ME);
  const page = await signIn(context, ME);
  const { offices } = await call(page, 'DirectoryService/ListOffices', { party: 'parties/SWE', pageSize: 1000 });
  const { office, appointments } = offices.filter((one) => one.office.process === 'processes/igc' && one.office.kind !== 'FOCAL_POINT').at(-2);
  await page.goto(`${origin}/#/office/${office.name.split('/')[1]}`);
  await page.getByRole('button', { name: 'Hand over' }).waitFor();
  await tabTo(page, /^Hand over$/);
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Hand over' });
  const next = dialog.getByLabel('Next holder');
  await next.locator('option').nth(2).waitFor({ state: 'attached' });
  await tabTo(page, /^Next holder/);
  const held = new Set(['', ...appointments?.map((one) => one.person) ?? []]);
  do await page.keyboard.press('ArrowDown'); while (held.has(await next.inputValue()));
  const name = await next.inputValue();
  await sign(page, /^Sign and hand over$/);
  await page.getByText('Handed over. The ledger has it.').waitFor();
  const after = await call(page, 'DirectoryService/ListOffices', { party: 'parties/SWE', pageSize: 1000 });
  assert.equal(after.offices.find((one) => one.office.name === office.name).appointments.find((one) => one.capacity === 'HOLDER').person, name);
  assert.deepEqual(context.faults, []);
  await context.close();
});
