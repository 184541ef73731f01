// The first journey: from the address to the telephone of the right person.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { open, origin, passwordOf, quit, signIn, violations } from './browser.mjs';

after(quit);

test('the page and its files come with the headers that keep it to its server', async () => {
  const context = await open('anna.lindqvist');
  const page = await context.newPage();
  const files = [];
  page.on('response', (response) => files.push(response));
  await page.goto(origin);
  await page.getByLabel('Password').waitFor();
  assert.ok(files.length >= 3);
  for (const response of files) {
    const headers = await response.allHeaders();
    assert.match(headers['content-security-policy'], /default-src 'none'.*require-trusted-types-for 'script'/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.equal(headers['cross-origin-opener-policy'], 'same-origin');
    const hashed = response.url().includes('/assets/');
    assert.equal(headers['cache-control'], hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    if (/\.(js|css)$/.test(response.url())) assert.equal(headers['content-encoding'], 'br');
  }
  // What the policy is for: neither markup nor code can be made of a string.
  const refused = await page.evaluate(() => {
    const tries = [() => { document.body.innerHTML = '<p>x</p>'; }, () => { document.createElement('script').src = 'x.js'; }, () => { (0, eval)('1'); }];
    // In the page's own time, not in the debugger's, which may do what the page may not.
    return new Promise((resolve) => setTimeout(() => resolve(tries.map((attempt) => { try { attempt(); return 'done'; } catch (error) { return error.name; } }))));
  });
  assert.deepEqual(refused, ['TypeError', 'TypeError', 'EvalError']);
  context.faults = context.faults.filter((one) => !/trusted|eval|policy/i.test(one));
  assert.deepEqual(context.faults, []);
  await context.close();
});

test('the first page is under 150 KB over the line, nothing of it cached; how fast it stands and answers is recorded', async (t) => {
  const context = await open('anna.lindqvist');
  const page = await signIn(context, 'anna.lindqvist');
  const filled = async () => {
    await page.locator('.card').filter({ hasText: 'What is new' }).locator('li').first().waitFor();
    await page.locator('.mail li').first().waitFor();
    await page.locator('.reports li').first().waitFor();
  };
  await filled();
  const debug = await context.newCDPSession(page);
  await debug.send('Network.enable');
  await debug.send('Network.setCacheDisabled', { cacheDisabled: true });
  let bytes = 0;
  debug.on('Network.loadingFinished', (event) => { bytes += event.encodedDataLength; });
  const calls = [];
  page.on('request', (request) => { if (request.method() === 'POST') calls.push(`${new URL(request.url()).pathname} ${request.postDataBuffer()?.toString('base64') ?? ''}`); });
  const listed = page.waitForResponse(/MeetingService\/ListMeetings$/);
  await page.reload();
  await filled();
  await page.waitForLoadState('networkidle');
  assert.ok(bytes < 150_000, `${bytes} octets`);
  // Nothing is asked for twice, and of the next meetings none by itself: their list says what stands there.
  assert.deepEqual(calls.filter((one, at) => calls.indexOf(one) !== at), []);
  const next = (await (await listed).body()).toString('latin1');
  assert.match(next, /meetings\/[0-9a-f]{32}/);
  const alone = calls.filter((one) => /GetMeeting /.test(one)).map((one) => Buffer.from(one.split(' ')[1], 'base64').toString('latin1').slice(2));
  assert.deepEqual(alone.filter((name) => next.includes(name)), []);
  assert.ok(bytes > 50_000, 'all of it was counted');
  // On a machine four times slower. Recorded and not judged: a test's verdict hangs on no machine's speed (tests/bench/portal measures).
  await debug.send('Emulation.setCPUThrottlingRate', { rate: 4 });
  await debug.send('Network.setCacheDisabled', { cacheDisabled: false });
  await page.addInitScript(() => {
    globalThis.measured = { paint: 0, shift: 0, answer: 0 };
    new PerformanceObserver((list) => { for (const one of list.getEntries()) measured.paint = one.startTime; }).observe({ type: 'largest-contentful-paint', buffered: true });
    new PerformanceObserver((list) => { for (const one of list.getEntries()) if (!one.hadRecentInput) measured.shift += one.value; }).observe({ type: 'layout-shift', buffered: true });
    new PerformanceObserver((list) => { for (const one of list.getEntries()) if (one.interactionId) measured.answer = Math.max(measured.answer, one.duration); }).observe({ type: 'event', durationThreshold: 16, buffered: true });
  });
  await page.reload();
  await filled();
  await page.getByRole('searchbox').pressSequentially('switz');
  await page.locator('.people .name').first().waitFor();
  const { paint, shift, answer } = await page.evaluate(() => measured);
  assert.ok(paint > 0, 'it was measured');
  t.diagnostic(`four times slower: largest paint ${paint.toFixed(0)} ms, layout shift ${shift.toFixed(3)}, slowest answer to a letter ${answer.toFixed(0)} ms, ${(bytes / 1000).toFixed(0)} kB`);
  assert.deepEqual(context.faults, []);
  await context.close();
});

test('a wrong password is refused in words, the right one opens, and no script can read the session', async () => {
  const context = await open('anna.lindqvist', { expected: [/status of 401/] });
  const page = await context.newPage();
  await page.goto(origin);
  await page.getByLabel('Password').fill('not the password');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('do not open an account').waitFor();
  const replies = [];
  page.on('response', async (response) => { if (response.url().endsWith('/SignIn')) replies.push({ headers: await response.allHeaders(), body: await response.body() }); });
  await page.getByLabel('Password').fill(passwordOf('anna.lindqvist'));
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Whom or what are you looking for?' }).waitFor();
  const [cookie] = await context.cookies();
  assert.deepEqual({ name: cookie.name, httpOnly: cookie.httpOnly, secure: cookie.secure, sameSite: cookie.sameSite, path: cookie.path, expires: cookie.expires },
    { name: '__Host-entente', httpOnly: true, secure: true, sameSite: 'Strict', path: '/', expires: -1 });
  assert.equal(await page.evaluate(() => document.cookie), '');
  assert.ok(replies[0].body.indexOf(cookie.value) < 0, 'the token is in no body');
  const kept = await page.evaluate(() => JSON.stringify(localStorage) + JSON.stringify(sessionStorage));
  assert.ok(!kept.includes(cookie.value) && !/lindqvist/i.test(kept));
  // Another site's page, and a page of ours that does not say that it is one, open nothing with it.
  const ask = (headers) => page.evaluate(async (more) => (await fetch('/entente.v1.SessionService/GetSession', {
    method: 'POST', body: '{}', headers: { 'content-type': 'application/json', ...more } })).status, headers);
  assert.equal(await ask({}), 401);
  assert.equal(await ask({ 'entente-browser': '1' }), 200);
  const other = await context.request.post(origin + '/entente.v1.SessionService/GetSession', { data: {}, headers: {
    cookie: `__Host-entente=${cookie.value}`, 'entente-browser': '1', origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' } });
  assert.equal(other.status(), 401);
  // The session outlives a reload and ends with its holder's word, in every tab.
  await page.reload();
  await page.getByText('Anna Lindqvist').first().waitFor();
  const second = await context.newPage();
  await second.goto(origin);
  await second.getByText('Anna Lindqvist').first().waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByText('You are signed out.').waitFor();
  await second.getByText('You are signed out.').waitFor();
  assert.equal(await ask({ 'entente-browser': '1' }), 401);
  assert.deepEqual(context.faults, []);
  await context.close();
});

test('a few letters show the person to call, with telephone, time there and office history', async () => {
  const context = await open('anna.lindqvist', { permissions: ['clipboard-read', 'clipboard-write'] });
  const page = await signIn(context, 'anna.lindqvist');
  await page.getByRole('searchbox').pressSequentially('switz labour', { delay: 20 });
  const row = page.getByRole('list').first().getByRole('listitem').first();
  await row.getByRole('link', { name: 'Call ' }).waitFor();
  const card = page.getByRole('complementary');
  await card.getByText('Switzerland').waitFor(); // what was found by the first letters has gone
  const call = card.getByRole('link', { name: /^Call .* at \+/ }).first();
  assert.match(await call.getAttribute('href'), /^tel:\+\d+$/);
  assert.match(await card.getByRole('link', { name: 'Mail to ' }).getAttribute('href'), /^mailto:.+@che\.example\.org$/);
  await card.getByText('There it is').waitFor();
  await card.getByText('German').waitFor();
  await card.getByText('Office history').click();
  await card.getByRole('group').getByText(/^since /i).first().waitFor(); // and who held it before
  await card.getByRole('button', { name: 'Copy Telephone' }).click();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^\+[\d ]+$/);
  const saved = page.waitForEvent('download');
  await card.getByRole('button', { name: 'Save as vCard' }).click();
  assert.match((await saved).suggestedFilename(), /\.vcf$/);
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press('Escape');
  // By the keyboard alone: down to the first name, and to the page of the person.
  await page.getByRole('searchbox').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.getByRole('heading', { name: 'Office history' }).waitFor();
  await page.locator('.timeline li').first().waitFor();
  assert.deepEqual(await violations(page), []);
  assert.ok(!page.url().includes('labour'), 'what was looked for stands in no address');
  await page.goBack();
  assert.equal(await page.getByRole('searchbox').inputValue(), 'switz labour');
  await page.getByRole('searchbox').fill('zurich zzzz');
  await page.getByText('Nobody is found by these words.').waitFor();
  await page.getByRole('searchbox').fill('switz zzzz');
  await page.getByRole('heading', { name: 'Without “zzzz”' }).waitFor();
  assert.deepEqual(context.faults, []);
  await context.close();
});
