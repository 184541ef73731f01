// Figures: found, chosen, drawn, compared, taken along; and a file tried before it is sent.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { drop, network, open, origin, quit, signIn, until, violations } from './browser.mjs';
import { observations } from './observations.mjs';

const demo = fileURLToPath(new URL('../../deploy/statistics/demo/', import.meta.url));
const require = createRequire(join(process.env.PORTAL, 'package.json'));
let context;
let page;
before(async () => {
  context = await open('anna.lindqvist', { permissions: ['clipboard-read', 'clipboard-write'] });
  page = await signIn(context, 'anna.lindqvist');
});
after(async () => {
  await quit(); // first: an open browser would hold the run for ever
  assert.deepEqual(context.faults, []);
});

const entente = (account, ...verb) => execFileSync(join(process.env.PORTAL, '../cli/entente'), ['--profile', account, ...verb],
  { env: { ...process.env, XDG_CONFIG_HOME: join(network, 'config') }, encoding: 'utf8' });

// What the command line proves, which checks each step; the checkpoint over what was just entered is signed within a second.
async function proven(account, ...words) {
  entente(account, 'sign-in'); // a journey before this one may have ended its session
  for (let tries = 1; ; ++tries) {
    try {
      return JSON.parse(entente(account, '--json', 'stats', 'prove', ...words));
    } catch (error) {
      if (tries === 20) throw error;
      await page.waitForTimeout(500);
    }
  }
}

// A program as the page writes it, as an official would run it: beside the certificate, the password in the environment. What
// each says: how many figures, and their sum.
function ran(file, program, command, ...words) {
  const folder = mkdtempSync(join(tmpdir(), 'program-'));
  try {
    const mine = join(network, 'credentials/anna.lindqvist');
    for (const one of ['cert.pem', 'key.pem']) copyFileSync(join(mine, one), join(folder, one));
    copyFileSync(join(network, 'ca.pem'), join(folder, 'ca.pem'));
    writeFileSync(join(folder, file), program);
    const env = { ...process.env, ACCOUNT: 'anna.lindqvist', TOOL_PASSWORD: toolPassword() };
    return execFileSync(command, [...words, file], { cwd: folder, env, encoding: 'utf8' }).trim();
  } finally {
    rmSync(folder, { recursive: true });
  }
}
let password;
function toolPassword() {
  if (!password) entente('anna.lindqvist', 'sign-in'); // a journey before this one may have ended its session
  password ??= entente('anna.lindqvist', 'tool-password', 'create', 'statistics', '--label', 'programs').split('\n')[1];
  return password;
}
const inShell = (code) => {
  const [heading, ...rows] = ran('query.sh', code, 'bash').split(/\r?\n/);
  const at = heading.split(',').indexOf('OBS_VALUE');
  return `${rows.length} ${rows.reduce((sum, row) => sum + Number(row.split(',')[at]), 0)}`;
};
const inR = (code) => ran('query.R', `suppressMessages({${code}\n})\ncat(nrow(figures), sum(as.numeric(figures$obsValue)))\n`, 'Rscript');
const inPython = (code) => ran('query.py', `${code}\nprint(len(figures), sum(int(one["OBS_VALUE"]) for one in figures))\n`, '/usr/bin/python3');

const saved = async (name) => {
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name, exact: true }).click();
  return readFileSync(await (await download).path());
};

test('a collection is found and its figures stand in a table and a chart, chosen from long lists by search', async () => {
  await page.getByRole('link', { name: 'Statistics' }).click();
  await page.getByLabel('Find a collection of figures').fill('igc asylum app');
  await page.getByRole('link', { name: 'Asylum applications' }).click();
  const table = page.getByRole('region', { name: 'Asylum applications' });
  await table.getByRole('cell', { name: 'Afghanistan' }).first().waitFor();
  await page.locator('.chart svg[role=img] circle').first().waitFor();
  const all = Number(await table.locator('table').getAttribute('aria-rowcount'));
  await page.locator('summary', { hasText: 'itizen' }).click();
  await page.getByRole('searchbox', { name: /^Search in .*itizen/ }).fill('afgh');
  await page.getByRole('checkbox', { name: /Afghanistan/ }).check();
  await page.waitForFunction((before) => Number(document.querySelector('.long-table table').ariaRowCount ?? document.querySelector('.long-table table').getAttribute('aria-rowcount')) < before, all);
  assert.match(page.url(), /CITIZEN=AFG/);
  assert.deepEqual(await violations(page), []);
});

test('lines, bars, small multiples, heat map and flow map are drawn', async () => {
  for (const [name, mark] of [['Bars', '[data-mark=bar] rect'], ['Small multiples', '[data-mark=line] path'], ['Heat map', '[data-mark=cell] rect'], ['Lines', '[data-mark=dot] circle']]) {
    await page.getByRole('button', { name, exact: true }).click();
    await page.locator(`.chart svg ${mark}`).first().waitFor();
  }
  // Small multiples stand by country, each with the same lines.
  await page.getByRole('button', { name: 'Small multiples', exact: true }).click();
  await page.locator('.chart svg [data-mark=text]').getByText('Sweden', { exact: true }).waitFor();
  assert.deepEqual((await page.locator('.chart svg [data-mark=text] text').allTextContents()).sort(), ['Sweden', 'Switzerland']);
  assert.ok((await page.locator('.swatches li').allTextContents()).every((one) => /Afghanistan/.test(one) || !/Sweden|Switzerland/.test(one)));
  await page.getByRole('button', { name: 'Flow map', exact: true }).click();
  await page.getByText(/Afghanistan → Sweden/).waitFor();
  const drawn = await page.locator('canvas').evaluate((canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return data.some((one) => one > 0);
  });
  assert.ok(drawn);
  // It is drawn anew where the colours change: in the dark, and on paper, which is light.
  const land = () => page.locator('canvas').evaluate((canvas) => {
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d'); // a canvas that is read often is drawn otherwise
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    const seen = new Map();
    for (let at = 0; at < data.length; at += 4) if (data[at + 3] === 255) seen.set(data[at], (seen.get(data[at]) ?? 0) + 1);
    return [...seen].sort((a, b) => b[1] - a[1])[0][0]; // the red of most of it
  });
  assert.ok(await land() > 200);
  await page.emulateMedia({ colorScheme: 'dark' });
  await until(async () => await land() < 60, 'a dark map');
  await page.emulateMedia({ media: 'print' });
  await until(async () => await land() > 200, 'a light map on paper');
  await page.emulateMedia({ media: null, colorScheme: null });
  await until(async () => await land() > 200, 'a light map');
  // Taken along larger as PNG, and as SVG: an arc to each destination, over the land.
  assert.equal((await saved('PNG')).readUInt32BE(16), 1920);
  const map = (await saved('SVG')).toString();
  assert.match(map, /^<svg [^>]*xmlns=[^>]*><title>[^<]*\d{4}[^<]*<\/title>/);
  assert.ok(map.match(/<path d="M[\d.,]+Q/g).length > 0 && map.match(/<circle /g).length === 2, 'two states report');
  const period = await page.locator('output').textContent();
  await page.getByRole('slider').press('ArrowLeft');
  assert.notEqual(await page.locator('output').textContent(), period);
  assert.deepEqual(await violations(page), []);
});

test('states stand side by side, and a gap is a gap', async () => {
  await page.getByRole('button', { name: 'Compare parties', exact: true }).click();
  const table = page.getByRole('region', { name: 'Compare parties' });
  await table.getByRole('columnheader', { name: /Sweden/ }).waitFor();
  assert.deepEqual(await violations(page), []);
});

test('what two ministries say of their own figures stands at the cells that it qualifies, also where there is no figure', async () => {
  await page.goto(`${origin}/#/statistics/IGC.ASYLUM?view=compare&CITIZEN=AFG&REF_AREA=SWE%2BCHE`);
  const table = page.getByRole('region', { name: 'Compare parties' });
  await table.locator('sup').first().waitFor();
  const areas = (await table.locator('thead th.numeric').allTextContents()).map((one) => one.trim());
  const rows = await table.locator('tbody tr').evaluateAll((all) => all.map((row) => ({ text: row.textContent, cells: [...row.querySelectorAll('td.numeric')].map((cell) => [...cell.querySelectorAll('sup')].map((one) => one.textContent).join()) })));
  const notes = (await page.locator('li[id^="note-"]').allTextContents()).map((one) => one.trim());
  const numberOf = (words) => notes.find((one) => one.includes(words))?.split(' ')[0];
  assert.deepEqual([...areas].sort(), ['Sweden', 'Switzerland']);
  const said = { swe: numberOf('applied in Sweden before'), che: numberOf('applied in Switzerland before'), all: numberOf('All kinds of procedure') };
  assert.equal(new Set(Object.values(said)).size, 3);
  for (const { text, cells } of rows) {
    const repeat = /Repeat/.test(text);
    const qualified = { Sweden: repeat ? said.swe : '', Switzerland: [...repeat ? [said.che] : [], said.all].sort().join() };
    assert.deepEqual(cells, areas.map((area) => qualified[area]), text);
  }
  assert.ok(rows.some((one) => /Repeat/.test(one.text)) && rows.some((one) => !/Repeat/.test(one.text)));
  // The number leads to its words, and the states differ on what is covered: read that before comparing.
  await table.getByRole('link', { name: `Note ${said.all}`, exact: true }).first().click();
  assert.match(await page.evaluate(() => document.activeElement.textContent), /COVERAGE: All kinds of procedure and all instances, summed\.$/);
  await page.locator('.notice.warn').filter({ hasText: 'COVERAGE' }).waitFor();
  assert.deepEqual(await violations(page), []);
});

// The same of a hostile server: words that would be markup, a cell with two notes. As the server numbers them.
test('words of a note that would be markup are words, whoever sends them', async () => {
  const { buildSync } = require('esbuild');
  const made = buildSync({ stdin: { contents: "export { create, toBinary } from '@bufbuild/protobuf'; export { ComparisonSchema } from './src/gen/entente/v1/statistics_pb';", resolveDir: process.env.PORTAL, loader: 'ts' },
    bundle: true, format: 'esm', write: false });
  const { create, toBinary, ComparisonSchema } = await import('data:text/javascript;base64,' + Buffer.from(made.outputFiles[0].contents).toString('base64'));
  const note = (conceptId, text) => ({ conceptId, text: { byLanguage: { en: text } } });
  const body = Buffer.from(toBinary(ComparisonSchema, create(ComparisonSchema, {
    dimensions: ['CITIZEN'], areas: ['SWE', 'CHE'], warnings: ['COVERAGE'],
    rows: [{ key: ['AFG'], period: '2019', cells: [{ value: '679', notes: [1] }, { value: '', gap: 'not reported', notes: [2, 3] }] }, { key: ['AFG'], period: '2020', cells: [{ value: '700' }, { value: '12', notes: [3] }] }],
    notes: [{ area: 'SWE', notes: [note('COVERAGE', 'First-time applicants only.')] }, { area: 'CHE', notes: [note('BREAK', 'New register in 2019.'), note('COVERAGE', 'With <b>reopened</b> cases.')] }],
  })));
  await page.route('**/*StatisticsService/CompareParties', (route) => route.fulfill({ status: 200, contentType: 'application/proto', body }));
  await page.goto(`${origin}/#/statistics/IGC.ASYLUM?view=compare&CITIZEN=AFG`);
  await page.reload();
  const table = page.getByRole('region', { name: 'Compare parties' });
  await table.getByText('679').waitFor();
  const marks = await table.locator('tbody tr').evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll('td.numeric')].map((cell) => [...cell.querySelectorAll('sup')].map((one) => one.textContent))));
  assert.deepEqual(marks, [[['1'], ['2', '3']], [[], ['3']]]);
  await table.getByRole('link', { name: 'Note 3' }).first().click();
  assert.match(await page.evaluate(() => document.activeElement.textContent), /^3 COVERAGE: With <b>reopened<\/b> cases\.$/);
  assert.deepEqual(await violations(page), []);
  await page.unroute('**/*StatisticsService/CompareParties');
});

test('one state stands on one page: what it reports, how old it is, what others report on it', async () => {
  await page.goto(`${origin}/#/statistics`);
  await page.getByRole('link', { name: 'One state on one page' }).click();
  await page.getByRole('heading', { level: 1, name: 'Sweden' }).waitFor();
  const section = page.locator('section.card').filter({ hasText: 'Asylum applications' }).first();
  await section.locator('.figure strong').waitFor();
  await section.locator('.bars li').first().waitFor();
  assert.deepEqual(await violations(page), []);
  await page.getByLabel('Party', { exact: true }).selectOption({ label: 'Switzerland' });
  await page.getByRole('heading', { level: 1, name: 'Switzerland' }).waitFor();
  assert.match(page.url(), /#\/profile\/igc\/CHE$/);
  await page.goto(`${origin}/#/statistics/IGC.ASYLUM?CITIZEN=AFG`);
});

test('what is seen is taken along as CSV, SVG and PNG, as a link, and as a program', async () => {
  await page.getByRole('button', { name: 'Lines', exact: true }).click();
  const csv = (await saved('CSV')).toString();
  assert.match(csv.split('\r\n')[0], /^DATAFLOW,.*TIME_PERIOD,OBS_VALUE,OBS_STATUS$/);
  assert.match(csv, /IGC:ASYLUM\(1\.0\),A,SWE,AFG,/);
  assert.match((await saved('SVG')).toString(), /^<svg [^>]*xmlns=/);
  assert.equal((await saved('PNG')).subarray(1, 4).toString(), 'PNG');
  // By the network's own SDMX service, with the session of the page.
  assert.equal((await saved('XLSX')).subarray(0, 2).toString(), 'PK');
  assert.match((await saved('SDMX-ML')).toString(), /StructureSpecificData[^]*CITIZEN="AFG"/);
  const json = JSON.parse((await saved('SDMX-JSON')).toString());
  assert.ok(json.data.dataSets[0].series || json.data.dataSets[0].observations);
  await page.getByRole('button', { name: 'Copy Link' }).click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), page.url());
  await page.getByText('This query as a program').click();
  await page.getByText(/^curl [^]*\/sdmx\/2\.1\/data\/IGC,ASYLUM\/\.*AFG/).waitFor();
  const figures = csv.trim().split('\r\n').slice(1).map((row) => Number(row.split(',').at(-2)));
  const wanted = `${figures.length} ${figures.reduce((sum, one) => sum + one, 0)}`;
  // Each of the three as it stands, with a tool password of this account, says the same figures.
  for (const [kind, run] of [['curl', inShell], ['R', inR], ['Python', inPython]]) {
    const code = await page.locator('details > div', { has: page.locator('h3', { hasText: new RegExp(`^${kind}\\b`) }) }).locator('pre').textContent();
    assert.equal(run(code), wanted, kind);
  }
});

test('a link puts nothing into the programs to paste but codes, and periods that stay within the address', async () => {
  const mark = join(tmpdir(), `entente-pasted-${process.pid}`);
  const hostile = [`';touch ${mark};'`, `"+__import__("os").system("touch ${mark}")+"`, `");system("touch ${mark}");c("`, `\\";$(touch ${mark})\`touch ${mark}\``];
  const programs = () => page.locator('details > div pre').allTextContents();
  const at = async (query) => {
    await page.goto(`${origin}/#/statistics/IGC.ASYLUM?${new URLSearchParams(query)}`);
    await page.locator('details > div pre').nth(2).waitFor({ state: 'attached' });
  };
  await at({ CITIZEN: 'AFG' });
  await page.reload();
  await page.locator('pre', { hasText: /^curl [^]*\/IGC,ASYLUM\/\.*AFG/ }).waitFor({ state: 'attached' });
  const plain = await programs();
  assert.equal(plain.length, 3);
  for (const [index, words] of hostile.entries()) {
    const [view, title] = [['bars', 'Bars'], ['line', 'Lines']][index % 2];
    await at({ CITIZEN: `AFG+${words}`, SEX: words, view });
    await page.locator('.choice [aria-pressed="true"]').getByText(title, { exact: true }).waitFor(); // the link is taken
    assert.deepEqual(await programs(), plain, words);
  }
  // The server refuses what is no period; what was seen before still stands there, with the link's words.
  context.expected.push(/status of 400/);
  for (const words of hostile) {
    await at({ CITIZEN: 'AFG', to: words });
    const escaped = `endPeriod=${encodeURIComponent(words).replaceAll("'", '%27')}`;
    await page.locator('pre', { hasText: escaped }).first().waitFor({ state: 'attached' });
    const [curl, ...others] = await programs();
    for (const one of others) assert.match(one, /"https:[^"'\\\s]+endPeriod=[^"'\\\s]+"/);
    ran('query.sh', curl, 'bash');
    assert.equal(existsSync(mark), false, words);
  }
  await page.goto(`${origin}/#/statistics/IGC.ASYLUM?CITIZEN=AFG`);
});

test('a file is tried before it is sent: each fault beside its line, with what was perhaps meant', async () => {
  const good = readFileSync(demo + 'asylum-swe.csv', 'utf8');
  const bad = good.replace(/,AFG,/, ',AFX,').replace(/(\n[^\n]*){3}$/, (tail) => tail.replace(/,(\d+)(,[^,\n]*)*$/, ',many$2'));
  const choose = page.getByLabel('Choose a file', { exact: true }).and(page.locator('input'));
  await choose.setInputFiles({ name: 'bad.csv', mimeType: 'text/csv', buffer: Buffer.from(bad) });
  const row = page.getByRole('row', { name: /AFX/ }).first();
  await row.waitFor();
  assert.match(await row.textContent(), /CITIZEN.*AFG/);
  // Dropped on the page, as from a folder.
  await drop(page.locator('.upload .drop'), 'good.csv', 'text/csv', good);
  await page.getByText(/figures, no fault/).waitFor();
  assert.deepEqual(await violations(page), []);
  // What was tried is sent, signed in the party's name.
  const folder = join(network, 'credentials', 'anna.lindqvist');
  await page.getByLabel('Your certificate file').setInputFiles(join(folder, 'bundle.p12'));
  await page.getByLabel('Password of the file').fill(readFileSync(join(folder, 'password'), 'utf8').trim());
  await page.getByRole('button', { name: 'Sign and report' }).click();
  await page.getByText(/figures are reported/).waitFor();
  // Another party, which may see the free figures of that file and no other, proves by whom one of them was given: row by row.
  const [, , area, citizen, sex, age, application, period] = good.split('\n')[1].split(',');
  const where = [`REF_AREA=${area}`, `CITIZEN=${citizen}`, `SEX=${sex}`, `AGE=${age}`, `APPLICATION=${application}`].flatMap((one) => ['--where', one]);
  const proof = await proven('reto.ammann', 'IGC.ASYLUM', ...where, '--at', period);
  assert.equal(proof.upload.account, 'parties/SWE/accounts/anna.lindqvist');
  assert.match(proof.manifest, /^entente-upload\/2\n/);
});

test('of a long table only the rows in sight are in the page, and a reader of the screen hears how many there are', async () => {
  await page.goto(`${origin}/#/statistics/IGC.ASYLUM`);
  const table = page.locator('.long-table table');
  await page.waitForFunction(() => Number(document.querySelector('.long-table table')?.getAttribute('aria-rowcount')) > 100);
  const all = Number(await table.getAttribute('aria-rowcount'));
  const rows = () => table.locator('tbody tr:not([aria-hidden])').count();
  assert.ok(await rows() < all - 30, `${await rows()} of ${all} rows in the page`);
  assert.equal(await page.locator('.picker li').count(), 0); // nor the items of lists that nobody has opened
  // It stands beside the chart, and no column is behind the figure's.
  await page.locator('.chart svg').first().waitFor();
  assert.ok(await page.evaluate(() => {
    const [chart, table] = ['.chart', '.long-table'].map((one) => document.querySelector(one).getBoundingClientRect());
    return chart.right <= table.left && chart.top < table.bottom;
  }));
  assert.equal(await page.locator('.long-table.wide').count(), 0);
  await page.locator('.long-table').evaluate((box) => { box.scrollTop = box.scrollHeight; });
  await table.locator(`tr[aria-rowindex="${all}"]`).waitFor();
  assert.ok(await rows() < all - 30);
  // Each in its place, in the order that a reader of the screen hears them, whichever way and however far one goes.
  const box = page.locator('.long-table');
  const words = (index) => table.locator(`tr[aria-rowindex="${index}"]`).getByRole('cell').allTextContents();
  const before = await words(all);
  for (const to of [0, 32, 65, 400, 96, 1e9, 1_900, 0, 1e9]) {
    await box.evaluate((box, to) => { box.scrollTop = to; }, to);
    // Once one rests, what is in sight is there, each row once, and those around it too.
    await until(() => box.evaluate(async (box) => {
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      const [first, last] = [Math.floor(box.scrollTop / 32), Math.floor((box.scrollTop + box.clientHeight - 32) / 32) - 1];
      const rows = [...box.querySelectorAll('tbody tr')].map((row) => ({ index: Number(row.getAttribute('aria-rowindex')) - 2, top: row.offsetTop }));
      return rows[0].index <= first && rows.at(-1).index >= last && rows.every(({ index, top }, at) => index === rows[0].index + at && top === index * 32);
    }), `rows in their order at ${to}`);
  }
  assert.deepEqual(await words(all), before);
  assert.equal(before.length, await table.getByRole('columnheader').count());
  // On a telephone too the figure is in sight, however many columns tell what it is of.
  await page.setViewportSize({ width: 360, height: 900 });
  await page.locator('.long-table.wide').waitFor();
  assert.ok(await box.evaluate((box) => {
    const [from, to] = [box.getBoundingClientRect().left, box.getBoundingClientRect().right];
    return [...box.querySelectorAll('.numeric')].every((one) => one.getBoundingClientRect().left >= from && one.getBoundingClientRect().right <= to);
  }));
  await page.setViewportSize({ width: 1280, height: 900 });
});

test('what one sees of a long table while one leaps through it is what stands there when one rests', async () => {
  const codes = require('i18n-iso-countries/codes.json').map((one) => one[1]);
  const body = await observations(codes, 11, 10, (index) => index === 3 ? '2018\nor so' : String(2015 + index)); // no word of a row ends its line
  await page.route('**/*StatisticsService/Query', (route) => route.fulfill({ status: 200, contentType: 'application/connect+proto', body }));
  const box = page.locator('.long-table');
  // In the frame after a scroll, and when one rests, which comes when the test says so: the words in sight and where each stands,
  // whether rows hold them or the lines of a leap.
  const seen = (act) => box.evaluate(async (box, [to, across]) => {
    if (to === undefined) rest();
    else box.scrollTop = to;
    if (across !== undefined) box.scrollLeft = across;
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const leap = box.querySelector('.leap');
    const place = (text, from, to) => {
      const range = new Range();
      range.setStart(text, from);
      range.setEnd(text, to);
      const { left, right, top, bottom } = range.getBoundingClientRect();
      return { text: text.data.slice(from, to).replace(/\s/g, ' '), at: [left, right, top, bottom] };
    };
    const lines = (text) => {
      let from = 0;
      return text.data.split('\n').map((line) => place(text, from, (from += line.length + 1) - 1));
    };
    const texts = leap ? [...leap.cells].flatMap((cell) => lines(cell.firstChild)) : [...box.querySelectorAll('tbody td')].map((cell) => place(cell.firstChild, 0, cell.firstChild.length));
    const [head, foot] = [box.querySelector('thead').getBoundingClientRect().bottom, box.getBoundingClientRect().bottom];
    const words = texts.filter(({ at }) => at[3] > head && at[2] < foot).sort((a, b) => Math.round(a.at[2] - b.at[2]) || a.at[0] - b.at[0]);
    const parted = Math.max(words[0].at[2] - head, ...words.slice(1).map(({ at }, before) => at[2] - words[before].at[2]), foot - words.at(-1).at[3]);
    return { leaps: Boolean(leap), words, full: parted <= 33 };
  }, act);
  for (const [language, width, wide] of [['en', 1200, false], ['en', 360, true], ['ar', 1200, false], ['ar', 360, true]]) {
    await page.setViewportSize({ width, height: 900 });
    await page.goto(`${origin}/#/statistics/IGC.ASYLUM`);
    await page.locator('header.top select').first().selectOption(language);
    await page.locator(`html[lang="${language}"]`).waitFor();
    await page.reload();
    await page.locator('.long-table table[aria-rowcount="1211"]').waitFor();
    await until(async () => await box.evaluate((box) => box.scrollWidth > box.clientWidth + 1 && box.classList.contains('wide')) === wide, `a table ${wide ? 'wider than' : 'within'} its box`);
    await page.evaluate(() => {
      const [later, never] = [setTimeout, clearTimeout];
      const waiting = new Map();
      let last = 0;
      globalThis.setTimeout = (work, after, ...words) => after === 100 ? waiting.set(--last, work) && last : later(work, after, ...words);
      globalThis.clearTimeout = (id) => { if (!waiting.delete(id)) never(id); };
      globalThis.rest = () => { for (const work of waiting.values()) work(); waiting.clear(); };
    });
    const across = language === 'ar' ? -40 : 40;
    let at = 0;
    for (const [to, leaps, sideways] of [[5_017, true], [1e9, true], [333, true, across], [333 + 37, true], [2_000, true, 0], [2_000 + 13 * 32, true]]) {
      const leapt = await seen([to, sideways]);
      const where = `${language}, ${width} px, ${at} to ${to}`;
      assert.equal(leapt.leaps, leaps, where);
      assert.ok(leapt.full && leapt.words.length >= 4 * 14, `${where}: ${leapt.words.length} words`);
      if (to === 333) { at = to; continue; } // and on, before one rests
      const rested = await seen([]);
      assert.equal(rested.leaps, false, where);
      assert.deepEqual(leapt.words.map(({ text }) => text), rested.words.map(({ text }) => text), where);
      leapt.words.forEach(({ text, at }, word) => at.forEach((one, side) => assert.ok(Math.abs(one - rested.words[word].at[side]) < 1, `${where}: \`${text}\` at ${at}, at rest ${rested.words[word].at}`)));
      at = to;
    }
    // A small scroll moves rows.
    const before = await seen([]);
    const after = await seen([2_000 + 15 * 32]);
    assert.deepEqual([before.leaps, after.leaps, after.full], [false, false, true]);
  }
  await page.unroute('**/*StatisticsService/Query');
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.locator('header.top select').first().selectOption('en');
  await page.reload();
});

test('on paper stand the figures and not what chooses them, each row once and whole', async () => {
  await page.goto(`${origin}/#/statistics/IGC.ASYLUM`);
  const table = page.locator('.long-table table');
  await page.waitForFunction(() => Number(document.querySelector('.long-table table')?.getAttribute('aria-rowcount')) > 100);
  const all = Number(await table.getAttribute('aria-rowcount')) - 1;
  await page.locator('.long-table').evaluate((box) => { box.scrollTop = 2_000; });
  // As the browser has it when it begins to print; a PDF of it is made below.
  await page.emulateMedia({ media: 'print' });
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
  const rows = await table.locator('tbody tr').evaluateAll((rows) => rows.map((row) => ({ index: Number(row.getAttribute('aria-rowindex')) - 2, top: row.getBoundingClientRect().top, height: row.getBoundingClientRect().height,
    cut: [...row.cells].some((cell) => cell.scrollWidth > cell.clientWidth + 1) })));
  assert.deepEqual(rows.map(({ index }) => index), Array.from({ length: Math.min(all, 1_000) }, (_, at) => at));
  assert.ok(rows.every(({ top, height, cut }, at) => height > 0 && !cut && (at === 0 || top >= rows[at - 1].top + rows[at - 1].height - 1)));
  for (const one of ['.explorer > form', '.choice', '.upload']) assert.equal(await page.locator(one).isVisible(), false, one);
  await page.emulateMedia({ media: null });
  await page.evaluate(() => dispatchEvent(new Event('afterprint')));
  assert.ok(await table.locator('tbody tr').count() < 40);
  const sheets = (await page.pdf({ preferCSSPageSize: true })).toString('latin1').match(/\/Type\s*\/Page\b(?!s)/g).length;
  assert.ok(sheets > 1 + Math.min(all, 1_000) / 100 && sheets < 60, `${sheets} sheets of ${all} rows`);
  assert.ok(await table.locator('tbody tr').count() < 40);
});

test('a printed table that stops before its end says so, where it stops; one that is whole says nothing', async () => {
  const words = page.getByText('These are the first 1,000 figures; choose less to see all of it.', { exact: true });
  const printed = async (act) => {
    await page.emulateMedia({ media: 'print' });
    await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
    await act();
    await page.evaluate(() => dispatchEvent(new Event('afterprint')));
    await page.emulateMedia({ media: null });
  };
  const codes = require('i18n-iso-countries/codes.json').map((one) => one[1]);
  for (const [areas, periods, cut] of [[11, 10, true], [10, 10, false]]) {
    const body = await observations(codes, areas, periods);
    await page.route('**/*StatisticsService/Query', (route) => route.fulfill({ status: 200, contentType: 'application/connect+proto', body }));
    await page.goto(`${origin}/#/statistics/IGC.ASYLUM`);
    await page.reload();
    const rows = page.locator('.long-table tbody tr');
    await page.locator(`.long-table table[aria-rowcount="${areas * areas * periods + 1}"]`).waitFor();
    assert.equal(await words.isVisible(), false, 'on a screen, where all can be scrolled to');
    await printed(async () => {
      assert.equal(await rows.count(), 1_000);
      assert.equal(await words.isVisible(), cut);
      const last = await rows.last().boundingBox();
      if (cut) assert.ok((await words.boundingBox()).y >= last.y + last.height - 1, 'under the last row');
    });
    // On the paper itself, not only in the page that it is made of.
    const text = execFileSync('pdftotext', ['-', '-'], { input: await page.pdf({ preferCSSPageSize: true }), encoding: 'utf8', maxBuffer: 1 << 24 }).replace(/\s+/g, ' ');
    assert.equal(text.includes('These are the first 1,000 figures; choose less to see all of it.'), cut);
    await page.unroute('**/*StatisticsService/Query');
  }
  await page.reload(); // to the network's own figures
});

test('in another language the names of countries and columns are that language’s at once', async () => {
  await page.goto(`${origin}/#/statistics/IGC.ASYLUM`);
  const table = page.locator('.long-table table');
  await table.waitFor();
  await page.locator('.long-table').evaluate((box) => { box.scrollTop = box.scrollHeight; });
  await table.getByText('Sweden').first().waitFor();
  await page.locator('header.top select').first().selectOption('fr');
  await table.getByText('Suède').first().waitFor();
  await table.getByRole('columnheader', { name: 'Période' }).waitFor();
  assert.equal(await table.getByText('Sweden').count(), 0);
  await page.locator('header.top select').first().selectOption('en');
  await table.getByText('Sweden').first().waitFor();
});

// Last, for its figures are by sex, and the page of the tests before it has no such choice.
test('an originator is told, before sending and behind it, what is held back and what is learnt all the same', async () => {
  const [heading, one] = readFileSync(demo + 'asylum-swe.csv', 'utf8').split('\n');
  const columns = heading.split(',');
  const row = (sex, period, value, free) => one.split(',').map((cell, at) => ({ SEX: sex, TIME_PERIOD: period, OBS_VALUE: value, OBS_STATUS: 'A', CONF_STATUS: free })[columns[at]] ?? cell).join(',');
  const file = (...rows) => [heading, ...rows, ''].join('\n');
  const published = join(mkdtempSync(join(tmpdir(), 'published-')), 'published.csv');
  writeFileSync(published, file(row('_T', '1961', '30', 'F'), row('F', '1961', '20', 'F')));
  entente('statistics-upload', 'sign-in');
  entente('statistics-upload', 'stats', 'upload', published, '--to', 'IGC.ASYLUM', '--publish-totals');
  rmSync(dirname(published), { recursive: true });
  await drop(page.locator('.upload .drop'), 'parts.csv', 'text/csv', file(
    row('M', '1961', '10', 'C'), row('_T', '1962', '30', 'F'), row('F', '1962', '20', 'F'), row('M', '1962', '10', 'C')));
  const told = async () => {
    const card = page.locator('.card.upload');
    const held = card.locator('.notice', { hasText: '1 free figure is held back from the audience' });
    await held.waitFor();
    assert.match(await held.locator('li').textContent(), /AFG\._T\._T\.N 1962, for it would give away A\.SWE\.AFG\.M\./);
    const given = card.locator('.notice.warn', { hasText: '1 confidential figure is learnt by the audience all the same' });
    assert.match(await given.locator('li').textContent(), /AFG\.M\._T\.N 1961/);
  };
  await page.getByText(/figures, no fault/).waitFor();
  await told();
  assert.deepEqual(await violations(page), []);
  const folder = join(network, 'credentials', 'anna.lindqvist');
  await page.getByLabel('Your certificate file').setInputFiles(join(folder, 'bundle.p12'));
  await page.getByLabel('Password of the file').fill(readFileSync(join(folder, 'password'), 'utf8').trim());
  await page.getByRole('button', { name: 'Sign and report' }).click();
  await page.getByText(/figures are reported/).waitFor();
  await told();
});
