// Processes: who takes part, on which day, shared with whom; and what can be trusted of it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { call, network, open, origin, quit, signIn, until, violations } from './browser.mjs';

let context;
let page;
before(async () => {
  context = await open('anna.lindqvist');
  page = await signIn(context, 'anna.lindqvist');
});
after(async () => {
  await quit(); // first: an open browser would hold the run for ever
  assert.deepEqual(context.faults, []);
});

test('the fourteen processes are listed, and one shows its members on a map and as a list on any day', async () => {
  await page.getByRole('link', { name: 'Processes' }).click();
  await page.locator('.tiles li').nth(13).waitFor();
  assert.equal(await page.locator('.tiles li').count(), 14);
  assert.deepEqual(await violations(page), []);
  await page.getByRole('link', { name: 'IGC', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'IGC' }).waitFor();
  const list = page.locator('.groups section').first();
  await list.getByText('Switzerland').waitFor();
  assert.equal(await list.getByRole('listitem').count(), 17);
  assert.equal(await page.locator('.map path.member').count(), 17);
  await page.getByRole('heading', { name: 'Bodies' }).waitFor();
  await page.getByText('Asylum/Refugees').waitFor();
  await page.getByText('Skilled Labour Migration').first().waitFor();
  await page.getByText('IOM', { exact: false }).first().waitFor();
  assert.deepEqual(await violations(page), []);
});

test('a day of the past shows who took part then: New Zealand in the APC until 2003', async () => {
  await page.goto(origin + '/#/process/apc');
  const members = page.locator('.groups section').filter({ has: page.getByRole('heading', { name: 'Member' }) });
  await members.getByText('Australia').waitFor();
  assert.equal(await members.getByText('New Zealand').count(), 0);
  await page.getByLabel('On', { exact: true }).fill('2002-06-01');
  await members.getByText('New Zealand').waitFor();
});

test('a process says what it is for, who observes and who is partner, and beside a name since when, until when and in what group', async () => {
  const group = (status) => page.locator('.groups section').filter({ has: page.getByRole('heading', { name: status, exact: true }) });
  const lines = (title) => page.locator('section.card').filter({ has: page.getByRole('heading', { name: title, exact: true }) }).getByRole('listitem');
  await page.goto(origin + '/#/process/bali');
  await page.getByRole('heading', { level: 1, name: /Bali/ }).waitFor();
  await lines('Goals').getByText('verifying identity and nationality').waitFor();
  await lines('Priorities').getByText('comprehensive and sustainable solutions for refugees').waitFor();
  await group('Observer').getByText('International Centre for Migration Policy Development').waitFor();
  await group('Partner').getByRole('listitem').filter({ hasText: 'High Commissioner for Refugees' }).getByText('Has participant status; in the steering group.').waitFor();
  await page.goto(origin + '/#/process/igad-rcp');
  await group('Partner').getByRole('listitem').filter({ hasText: 'Norway' }).getByText('IGAD Partners Forum').waitFor();
  await page.goto(origin + '/#/process/apc');
  await group('Former').getByRole('listitem').filter({ hasText: 'New Zealand' }).getByText('since 2003').waitFor();
  await page.getByLabel('On', { exact: true }).fill('2002-06-01');
  await group('Member').getByRole('listitem').filter({ hasText: 'New Zealand' }).getByText('until 2003').waitFor();
  await page.locator('.map path.member title').getByText(/^New Zealand: Member, until 2003/).waitFor({ state: 'attached' });
});

test('the overlap of two processes is a number, and the names behind it', async () => {
  await page.goto(origin + '/#/matrix');
  await page.getByRole('button', { name: /^APC and Bali.*: \d+ parties in both$/i }).click();
  await page.locator('.card').getByText('Indonesia').waitFor();
  assert.deepEqual(await violations(page), []);
});

test('the people of a process are one sheet, without the page around it when printed', async () => {
  await page.goto(origin + '/#/roster/igc');
  await page.getByRole('rowheader', { name: 'Reto Ammann' }).waitFor();
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.getByRole('navigation').isVisible(), false);
  assert.equal(await page.getByRole('rowheader', { name: 'Reto Ammann' }).isVisible(), true);
  await page.emulateMedia({ media: null });
  assert.deepEqual(await violations(page), []);
  // On a telephone the number to call is in sight, without pushing the sheet aside.
  await page.setViewportSize({ width: 360, height: 740 });
  const box = await page.getByRole('row', { name: /Reto Ammann/ }).locator('a[href^="tel:"]').first().boundingBox();
  assert.ok(box.x >= 0 && box.x + box.width <= 360, JSON.stringify(box));
  await page.setViewportSize({ width: 1280, height: 900 });
});

test('a body is found, with its chair, and its people are one printed page', async () => {
  const { bodies } = await call(page, 'DirectoryService/ListBodies', { process: 'processes/igc', pageSize: 1000 });
  const entente = (...words) => execFileSync(join(process.env.PORTAL, '../cli/entente'), ['--profile', 'helena.brandt', ...words], { env: { ...process.env, XDG_CONFIG_HOME: join(network, 'config') } });
  entente('sign-in');
  entente('body', 'update', bodies.find((one) => one.title === 'Asylum/Refugees').name, '--chair', 'CHE');
  await page.goto(origin + '/#/process/igc');
  await page.reload();
  const body = page.locator('.bodies li').filter({ hasText: 'Asylum/Refugees' });
  await body.getByText('Chair: Switzerland').waitFor();
  await body.getByRole('link', { name: 'Asylum/Refugees' }).click();
  await page.getByRole('heading', { level: 1, name: /^People of IGC, Asylum\/Refugees/ }).waitFor();
  await page.getByText('Chair: Switzerland').waitFor();
  const people = page.getByRole('rowheader');
  await people.first().waitFor();
  assert.ok(await people.count() > 1 && await people.count() < 40, `${await people.count()} people`);
  for (const office of await page.locator('tbody tr td:nth-child(3)').allTextContents()) assert.match(office, /asylum/i);
  assert.deepEqual(await violations(page), []);
  const paper = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
  assert.equal(paper.match(/\/Type\s*\/Page\b(?!s)/g).length, 1);
});

test('who can see a record stands in words; what the ledger says of it is proved in the page', async () => {
  await page.goto(origin + '/#/person/swe.anna.lindqvist');
  const name = await page.getByRole('heading', { level: 1 }).textContent().catch(() => '');
  if (!/Anna/.test(name)) await page.goto(origin + '/#/person/anna.lindqvist');
  await page.getByRole('button', { name: 'Who can see this' }).click();
  await page.getByText(/\d+ people can see this/).waitFor();
  await page.goto(origin + '/#/account');
  const key = readFileSync(join(network, 'ledger.pub'), 'utf8').trim();
  await page.getByLabel('The ledger’s key').fill('nonsense');
  await page.getByRole('button', { name: 'Keep' }).click();
  await page.getByText('This is no ledger’s key.').waitFor();
  await page.getByLabel('The ledger’s key').fill(key);
  await page.getByRole('button', { name: 'Keep' }).click();
  await page.getByText('signed by the ledger').waitFor();
  await page.getByText(/ends in \d+ days/).waitFor();
  await page.getByText('this one').waitFor();
  assert.deepEqual(await violations(page), []);
  await page.goto(origin + '/#/process/igc');
  await page.getByRole('button', { name: 'What the ledger says' }).click();
  await page.getByText('signed by the ledger').waitFor();
  await page.getByText('continues what you saw last').waitFor();
  // Another ledger's key, and the page says whom not to believe.
  await page.evaluate((of) => localStorage.setItem('entente.ledger-key', of), key.replace(/\+[0-9a-f]{8}\+/, '+00000000+'));
  await page.getByRole('button', { name: 'What the ledger says' }).click();
  await page.getByRole('button', { name: 'What the ledger says' }).click();
  await page.getByText('Do not believe this server.').waitFor();
  await page.evaluate((of) => localStorage.setItem('entente.ledger-key', of), key);
});

test('a proof that is not to be had is no lie, and no proof; that the ledger has shrunk is one', async () => {
  const ask = 'What the ledger says';
  const panel = page.locator('.record-panel');
  const opened = async () => {
    await page.reload();
    await page.getByRole('button', { name: ask }).click();
  };
  const seen = () => page.evaluate(() => localStorage.getItem('entente.ledger-seen'));
  const proofs = '**/*LedgerService/ProveConsistency';
  const checkpoints = '**/*LedgerService/GetCheckpoint';
  await page.goto(origin + '/#/process/igc');
  // An older checkpoint, as a slow line would bring it after a newer one.
  const old = page.waitForResponse(/GetCheckpoint/);
  await opened();
  const older = await (await old).body();
  await panel.getByText('continues what you saw last').waitFor();
  const first = await seen();
  execFileSync(join(process.env.PORTAL, '../cli/entente'), ['--profile', 'anna.lindqvist', 'sign-in'], { env: { ...process.env, XDG_CONFIG_HOME: join(network, 'config') } });
  await until(async () => {
    await opened();
    await panel.getByText('continues what you saw last').waitFor();
    return await seen() !== first;
  }, 'a larger checkpoint');
  const last = await seen();
  // The line breaks, the server is busy: unchecked, and asked for again.
  context.expected.push(/Failed to load resource/);
  await page.evaluate((one) => localStorage.setItem('entente.ledger-seen', one), first);
  for (const failed of [(route) => route.abort(), (route) => route.fulfill({ status: 503, contentType: 'application/json', body: '{"code":"unavailable"}' }), (route) => route.fulfill({ status: 500, contentType: 'application/json', body: '{"code":"data_loss"}' })]) {
    await page.route(proofs, failed);
    await opened();
    await panel.getByRole('button', { name: 'Try again' }).waitFor();
    assert.equal(await page.getByText('Do not believe this server.').count(), 0);
    assert.equal(await panel.getByText('continues what you saw last').count(), 0);
    assert.equal(await seen(), first, 'nothing is kept that was not checked');
    await page.unroute(proofs);
    await panel.getByRole('button', { name: 'Try again' }).click();
    await panel.getByText('continues what you saw last').waitFor();
    assert.equal(await seen(), last);
    await page.evaluate((one) => localStorage.setItem('entente.ledger-seen', one), first);
  }
  // Another panel was faster: an older checkpoint is the beginning of the newer, and does not take its place.
  await page.evaluate((one) => localStorage.setItem('entente.ledger-seen', one), last);
  await page.route(checkpoints, (route) => route.fulfill({ status: 200, contentType: 'application/proto', body: older }));
  await opened();
  await panel.getByText('continues what you saw last').waitFor();
  assert.equal(await seen(), last);
  // A server that was put back says so itself, or has no path to what it showed.
  for (const [status, contentType, body] of [[400, 'application/json', '{"code":"out_of_range"}'], [200, 'application/proto', Buffer.alloc(0)]]) {
    await page.route(proofs, (route) => route.fulfill({ status, contentType, body }));
    await opened();
    await page.getByText('Do not believe this server.').waitFor();
    assert.equal(await seen(), last);
    await page.unroute(proofs);
  }
  await page.unroute(checkpoints);
});

test('my account shows every session of mine, and ends another one: its page asks for the password at its next step', async () => {
  const here = await open('marc.delisle');
  const mine = await signIn(here, 'marc.delisle');
  const there = await open('marc.delisle', { expected: [/status of 401/] });
  const other = await signIn(there, 'marc.delisle');
  await mine.goto(origin + '/#/account');
  const rows = mine.locator('.sessions li');
  await rows.nth(1).waitFor();
  assert.equal(await rows.filter({ hasText: 'this one' }).getByRole('button').count(), 0);
  assert.match(await rows.first().textContent(), /from \S+, .*ends? /i);
  for (let left = await rows.getByRole('button', { name: 'End' }).count(); left > 0; --left) {
    await rows.getByRole('button', { name: 'End' }).first().click();
    await rows.nth(left).waitFor({ state: 'detached' });
  }
  assert.deepEqual(await rows.allTextContents().then((all) => all.map((one) => /this one/.test(one))), [true]);
  await other.goto(origin + '/#/documents'); // not a press: what the page asks by itself may have told it before
  await other.getByRole('dialog', { name: 'Your session has ended' }).getByLabel('Password').waitFor();
  for (const one of [here, there]) {
    assert.deepEqual(one.faults, []);
    await one.close();
  }
});

test('how I am told by mail is chosen on my page, and kept', async () => {
  await page.goto(origin + '/#/account');
  await page.getByText('A notice never says what was sent.').waitFor();
  await page.getByText('This network sends no mail').waitFor(); // the demo has no relay
  for (const [label, choice] of [['When something waits for me', 'Once a day'], ['In this language', 'Français']]) {
    const kept = page.waitForResponse(/SetNoticeSettings/);
    await page.getByLabel(label).selectOption({ label: choice });
    assert.equal((await kept).status(), 200);
  }
  await page.reload();
  await page.getByText('A notice never says what was sent.').waitFor();
  assert.equal(await page.getByLabel('When something waits for me').locator('option:checked').textContent(), 'Once a day');
  assert.equal(await page.getByLabel('In this language').locator('option:checked').textContent(), 'Français');
  assert.deepEqual(await violations(page), []);
});

test('a proof that was bent does not hold', async () => {
  // The server's answers, with one octet of every path changed on their way.
  await page.goto(origin + '/#/process/igc');
  await page.reload();
  await page.evaluate(() => {
    const real = window.fetch;
    window.fetch = async (input, init) => {
      const response = await real(input, init);
      if (!String(input.url ?? input).endsWith('/ProveInclusion')) return response;
      const body = new Uint8Array(await response.arrayBuffer());
      // The first octet of the path's first hash: field 4, 32 octets.
      body[body.findIndex((octet, at) => octet === 0x22 && body[at + 1] === 0x20) + 2] ^= 1;
      return new Response(body, { status: response.status, headers: response.headers });
    };
  });
  await page.getByRole('button', { name: 'What the ledger says' }).click();
  await page.locator('.record-panel .timeline li').first().waitFor();
  await page.getByText('PROOF FAILS').first().waitFor();
});
