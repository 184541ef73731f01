// Bad input and bad days: long answers, hostile names, slow lines, two tabs, the way back, a server that goes and comes
// again, a certificate that is revoked in the middle of a page. No journey ends in a blank page.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { observations } from './observations.mjs';
import { launch, network, offline, open, origin, passwordOf, quit, signIn, until } from './browser.mjs';

const require = createRequire(join(process.env.PORTAL, 'package.json'));
const ME = 'anna.lindqvist';
let context;
let page;
before(async () => {
  // Playwright shows the certificate for the browser; where it speaks HTTP/2 and the server goes away, Node 18 may end the whole
  // run with an assertion of its own (crypto_tls.cc, `!current_write_`).
  await launch('--disable-http2');
  context = await open(ME, { expected: [/ERR_(INTERNET_DISCONNECTED|CONNECTION|EMPTY|NETWORK)/, /Failed to load resource/] });
  page = await signIn(context, ME);
});
after(async () => {
  await quit(); // first: an open browser would hold the run for ever
  assert.deepEqual(context.faults, []);
});

test('the way back goes through every page to where one was, and two tabs do not disturb each other', async () => {
  for (const place of ['#/processes', '#/process/igc', '#/documents', '#/inbox/all', '#/statistics']) {
    await page.goto(`${origin}/${place}`);
    await page.locator('h1').first().waitFor();
  }
  const second = await context.newPage();
  await second.goto(`${origin}/#/documents`);
  await second.locator('.papers li').first().waitFor();
  const heads = [];
  for (let steps = 0; steps < 4; ++steps) {
    await page.goBack();
    await page.locator('h1').first().waitFor();
    heads.push(await page.locator('h1').first().textContent());
  }
  assert.deepEqual(heads, ['Inbox', 'Documents', 'IGC', 'Processes']);
  assert.equal(await second.locator('h1').textContent(), 'Documents');
  await second.close();
});

test('a hostile name neither runs nor turns the line round', async () => {
  await page.goto(`${origin}/#/`);
  // As a server that was taken over might send it: the page does not rely on the server's refusal.
  await page.route('**/SearchPersons', async (route) => {
    const reply = await route.fetch({ headers: { ...route.request().headers() } });
    const body = Buffer.from(await reply.body());
    const name = Buffer.from('Reto Ammann');
    const at = body.indexOf(name);
    if (at >= 0) Buffer.from('\u202e<b>x</b>').copy(body, at); // eleven octets, as the name has
    await route.fulfill({ response: reply, body });
  });
  await page.getByRole('searchbox').fill('ammann');
  await page.locator('.people .name').first().waitFor();
  const name = await page.locator('.people .name').first().textContent();
  assert.match(name, /^\ufffd<b>x<\/b>$/);
  assert.equal(await page.locator('.people b').count(), 0);
  await page.unroute('**/SearchPersons');
  await page.getByRole('searchbox').fill('');
});

test('over a line as slow as 3G the first page can be used, and says that it is loading meanwhile', async () => {
  const slow = await open(ME);
  const theirs = await slow.newPage();
  const debug = await slow.newCDPSession(theirs);
  await debug.send('Network.enable');
  await debug.send('Network.emulateNetworkConditions', { offline: false, latency: 300, downloadThroughput: 1_600_000 / 8, uploadThroughput: 750_000 / 8 });
  const from = Date.now();
  await theirs.goto(origin);
  await theirs.getByLabel('Password').fill(passwordOf(ME));
  assert.ok(Date.now() - from < 15_000);
  await theirs.keyboard.press('Enter');
  // Over the same line: what is due, the person to call, and a meeting's page.
  await theirs.getByRole('heading', { name: 'Due from me' }).waitFor({ timeout: 60_000 });
  await theirs.locator('.mail li').first().waitFor({ timeout: 60_000 });
  await theirs.getByRole('searchbox').fill('ammann');
  await theirs.locator('.people .name').filter({ hasText: 'Reto Ammann' }).waitFor({ timeout: 60_000 });
  await theirs.getByRole('link', { name: 'Meetings', exact: true }).click();
  // A page that is on its way says so.
  await theirs.locator('.waiting, .meetings').first().waitFor();
  await theirs.locator('.meetings .name').first().waitFor({ timeout: 60_000 });
  assert.deepEqual(slow.faults, []);
  await slow.close();
});

test('an answer that comes late pushes nothing aside that is already there', async () => {
  for (const [name, there] of [['Documents', '.papers li'], ['Inbox', '.mail li'], ['Meetings', '.meetings li'], ['Statistics', '.flows li']]) {
    await page.goto(`${origin}/#/account`);
    await page.reload();
    await page.getByRole('heading', { level: 1 }).waitFor();
    let go;
    const held = new Promise((resolve) => { go = resolve; });
    await page.route('**/*Service/*', async (route) => { await held; await route.continue(); });
    await page.getByRole('navigation').getByRole('link', { name, exact: true }).click();
    await page.locator('main .waiting').first().waitFor();
    await page.evaluate(() => {
      globalThis.moved = { all: [], seen: new PerformanceObserver((list) => moved.all.push(...list.getEntries())) };
      moved.seen.observe({ type: 'layout-shift' });
    });
    go();
    await page.locator(there).first().waitFor();
    const sum = await page.evaluate(async () => {
      for (let frames = 0; frames < 3; ++frames) await new Promise((resolve) => requestAnimationFrame(resolve));
      // Whoever pressed just before: on a slow line it would have been long ago.
      return [...moved.all, ...moved.seen.takeRecords()].reduce((sum, one) => sum + one.value, 0);
    });
    assert.ok(sum < 0.05, `${name}: a shift of ${sum.toFixed(3)}`);
    await page.unroute('**/*Service/*');
  }
});

test('the network is lost on the way to every page: it says so, is never blank, and goes on when one tries again', async () => {
  const other = await open(ME, { expected: [/ERR_INTERNET_DISCONNECTED/, /Failed to load resource/] });
  const theirs = await signIn(other, ME);
  await theirs.locator('.mail li').first().waitFor();
  for (const place of ['#/processes', '#/process/igc', '#/documents', '#/inbox/all', '#/meetings', '#/statistics', '#/matrix', '#/bring', '#/account']) {
    await offline(other, async () => {
      await theirs.evaluate((to) => { location.hash = to; }, place);
      await theirs.getByRole('alert').first().waitFor();
      await theirs.getByRole('navigation').waitFor();
    });
    for (let tries = 0; tries < 20 && await theirs.getByRole('alert').count() > 0; ++tries) {
      await theirs.getByRole('button', { name: 'Try again' }).first().click();
      await theirs.waitForTimeout(300);
    }
    assert.equal(await theirs.getByRole('alert').count(), 0, place);
    await theirs.locator('main h1').waitFor();
  }
  assert.deepEqual(other.faults, []);
  await other.close();
});

test('a page that was opened before the portal was renewed starts anew where it is, when a file of its program is no more', async () => {
  const other = await open(ME, { expected: [/Failed to load resource/] });
  const theirs = await signIn(other, ME);
  await theirs.locator('.mail li').first().waitFor();
  let asked = false; // for the page that is there now
  await theirs.route('**/assets/documents-*.js', (route) => asked ? route.continue() : route.fulfill({ status: 404 }));
  await theirs.route((url) => url.href === `${origin}/`, (route) => {
    if (asked) return route.continue();
    asked = true;
    return route.fulfill({ status: 200, contentType: 'text/html', body: '<script type="module" src="./assets/index-renewed.js"></script>' });
  });
  const anew = theirs.waitForEvent('load');
  await theirs.evaluate(() => { location.hash = '#/documents'; });
  await anew;
  await theirs.locator('.papers li').first().waitFor();
  assert.deepEqual(other.faults, []);
  await other.close();
});

test('a session that ended in the middle of a long form is asked for over it, and what was typed is sent', async () => {
  const other = await open('helena.brandt', { expected: [/status of 401/] });
  const theirs = await signIn(other, 'helena.brandt', '/#/bring');
  await theirs.getByLabel('Choose a file', { exact: true }).and(theirs.locator('input')).setInputFiles({ name: 'long.txt', mimeType: 'text/plain', buffer: Buffer.from('x') });
  await theirs.getByLabel('Title', { exact: true }).fill('A long form');
  await theirs.getByRole('button', { name: /^Bring it: / }).waitFor();
  await theirs.evaluate(() => fetch('/entente.v1.SessionService/SignOut', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json', 'entente-browser': '1' } }));
  await theirs.getByRole('button', { name: /^Bring it: / }).click();
  const dialog = theirs.getByRole('dialog', { name: 'Your session has ended' });
  await dialog.getByLabel('Password').fill(passwordOf('helena.brandt'));
  await theirs.keyboard.press('Enter');
  await theirs.getByRole('heading', { level: 1, name: 'A long form' }).waitFor();
  assert.deepEqual(other.faults, []);
  await other.close();
});

// Of 200 citizenships, five ages, two sexes, five decisions and ten years: reported by the command line, answered by the server.
function manyFigures() {
  const codes = require('i18n-iso-countries/codes.json').map((one) => one[1]).slice(0, 200);
  const lines = ['DATAFLOW,FREQ,REF_AREA,CITIZEN,SEX,AGE,DECISION,TIME_PERIOD,OBS_VALUE,OBS_STATUS'];
  for (const citizen of codes) {
    for (const sex of ['F', 'M']) for (const age of ['Y0T4', 'Y5T11', 'Y12T17', 'Y18T59', 'Y_GE60']) for (const decision of ['_T', 'REC', 'OTH', 'REJ', 'CLO']) for (let year = 2016; year < 2026; ++year) {
      lines.push(`IGC:DECISIONS(1.0),A,SWE,${citizen},${sex},${age},${decision},${year},${lines.length},A`);
    }
  }
  return lines.join('\n') + '\n';
}

test('an answer of 100,000 rows is a table that scrolls from the first to the last, with no more in the page than is in sight', async (t) => {
  const file = join(network, 'many.csv');
  writeFileSync(file, manyFigures());
  const entente = (...words) => execFileSync(join(process.env.PORTAL, '../cli/entente'), ['--profile', 'statistics-upload', ...words], { env: { ...process.env, XDG_CONFIG_HOME: join(network, 'config') } });
  entente('sign-in');
  entente('stats', 'upload', file, '--to', 'IGC.DECISIONS');
  await page.goto(`${origin}/#/statistics/IGC.DECISIONS?view=line`);
  const table = page.locator('.long-table');
  const row = (index) => table.locator(`tr[aria-rowindex="${index}"]`);
  await table.locator('table[aria-rowcount="100001"]').waitFor();
  const frames = await table.evaluate(async (box) => {
    const gaps = [];
    let last = performance.now();
    for (let step = 0; step < 60; ++step) {
      box.scrollTop += 3_000 + step * 800;
      await new Promise((resolve) => requestAnimationFrame(resolve));
      const now = performance.now();
      gaps.push(now - last);
      last = now;
    }
    box.scrollTop = box.scrollHeight;
    return { longest: Math.max(...gaps), rows: box.querySelectorAll('tbody tr:not([aria-hidden])').length };
  });
  t.diagnostic(`100,000 rows: the longest frame ${frames.longest.toFixed(0)} ms`);
  assert.ok(frames.rows < 120, `${frames.rows} rows in the page`);
  await row(100_001).waitFor();
  // Each of the figures is there once: the least is in the first row of them, the greatest in the last.
  const shown = async (index) => Number((await row(index).locator('td').last().textContent()).replace(/\D/g, ''));
  const last = await shown(100_001);
  await table.evaluate((box) => { box.scrollTop = 0; });
  const first = await shown(2);
  assert.ok(first >= 1 && last <= 100_000 && first !== last, `${first} to ${last}`);
  await page.getByText('100,000 figures').waitFor();
  // And it is narrowed, in the same page, to one of them.
  await page.goto(`${origin}/#/statistics/IGC.DECISIONS?view=line&CITIZEN=AFG&SEX=F&AGE=Y0T4&DECISION=REC&from=2020&to=2020`);
  await table.locator('table[aria-rowcount="2"]').waitFor();
});

test('a map of 10,000 arcs is drawn', async (t) => {
  const codes = require('i18n-iso-countries/codes.json').map((one) => one[1]);
  const body = await observations(codes, 100, 2);
  await page.route('**/*StatisticsService/Query', (route) => route.fulfill({ status: 200, contentType: 'application/connect+proto', body }));
  await page.goto(`${origin}/#/statistics/IGC.ASYLUM?view=flow`);
  await page.reload();
  await page.locator('.flow-map canvas').waitFor();
  const spent = await page.evaluate(async () => {
    const slider = document.querySelector('.flow-map input[type=range]');
    const from = performance.now();
    slider.value = '0';
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    return performance.now() - from;
  });
  t.diagnostic(`10,000 arcs: drawn in ${spent.toFixed(0)} ms`);
  assert.equal(await page.locator('.flow-map output').textContent(), '2015');
  // What goes over the map's edge comes in at the other, and nothing stands beside the globe.
  const inked = await page.locator('.flow-map canvas').evaluate((canvas) => {
    const { data, width, height } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const share = (left, right, top, bottom) => {
      const [x0, x1, y0, y1] = [left * width, right * width, top * height, bottom * height].map(Math.round);
      let some = 0;
      for (let y = y0; y < y1; ++y) for (let x = x0; x < x1; ++x) some += Number(data[4 * (y * width + x) + 3] > 0);
      return some / ((x1 - x0) * (y1 - y0));
    };
    return { west: share(0.02, 0.05, 0.45, 0.55), east: share(0.95, 0.98, 0.45, 0.55), beside: [share(0, 0.03, 0.1, 0.25), share(0.97, 1, 0.1, 0.25)] };
  });
  assert.deepEqual(inked.beside, [0, 0]);
  assert.ok(inked.west > 0.2 && inked.east > 0.2, JSON.stringify(inked));
  // Beside it the dozen largest, the largest first.
  const told = (await page.locator('.flow-map ol li').allTextContents()).map((one) => Number(one.split(': ')[1].replace(/\D/g, '')));
  assert.equal(told.length, 12);
  assert.deepEqual(told, [...told].sort((a, b) => b - a));
  await page.unroute('**/*StatisticsService/Query');
});

test('a server that goes and comes again: the page says so, keeps what was typed, and goes on', async () => {
  await page.goto(`${origin}/#/inbox/all`);
  await page.locator('.mail li').filter({ hasText: 'Returns in 2026' }).getByRole('link').first().click();
  await page.getByLabel('Comment', { exact: true }).fill('Typed before the server went.');
  const wanted = join(network, 'restart.wanted');
  writeFileSync(wanted, '');
  while (existsSync(wanted)) await new Promise((resolve) => setTimeout(resolve, 50));
  await page.getByRole('button', { name: 'Send the comment' }).click();
  const dialog = page.getByRole('dialog', { name: 'Your session has ended' });
  // The first call may meet the line that broke; the second meets the server that knows no session any more.
  await dialog.or(page.getByText('The server cannot be reached.')).first().waitFor();
  if (!await dialog.isVisible()) await page.getByRole('button', { name: 'Send the comment' }).dispatchEvent('click'); // the dialog may come over it meanwhile
  await dialog.getByLabel('Password').fill(passwordOf(ME));
  await page.keyboard.press('Enter');
  await page.locator('.said').getByText('Typed before the server went.').waitFor();
});

test('a certificate that is revoked in the middle of a page ends in words, not in a blank page', async () => {
  const party = 'DEU';
  const account = 'katrin.vogt';
  const other = await open(account, { expected: [/Failed to load resource|ERR_/] });
  const theirs = await signIn(other, account);
  const ca = fileURLToPath(new URL('../../certs/ca', import.meta.url));
  execFileSync(ca, ['--dir', network, 'revoke', party, 'person', account]);
  execFileSync(ca, ['--dir', network, 'crl', party, '--days', '30']);
  const refused = theirs.getByRole('alert').filter({ hasText: 'The server cannot be reached.' });
  await until(() => theirs.evaluate(async () => {
    try {
      const reply = await fetch('/entente.v1.SessionService/GetSession', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json', 'entente-browser': '1' } });
      return !reply.ok;
    } catch {
      return true;
    }
  }), 'a refused call');
  await theirs.getByRole('link', { name: 'Processes' }).click();
  await refused.or(theirs.getByRole('dialog', { name: 'Your session has ended' })).first().waitFor();
  await theirs.getByRole('navigation').waitFor();
  assert.deepEqual(other.faults, []);
  await other.close();
});
