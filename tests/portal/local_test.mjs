// `entente portal`: the same pages from the ministry's own machine, in a browser that has no certificate; its calls are
// made by the machine's own client. What must open nothing is tried first.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { network, open, passwordOf, quit, violations } from './browser.mjs';

const ME = 'reto.ammann';
const program = join(process.env.PORTAL, '../cli/entente');
let served;
let link;
let at;
let context;
let page;
before(async () => {
  served = spawn(program, ['--profile', ME, 'portal', '--port', '0'], { env: { ...process.env, XDG_CONFIG_HOME: join(network, 'config') }, stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: served.stdout })) {
    link = /http:\S+/.exec(line)?.[0];
    if (link) break;
  }
  at = new URL(link).origin;
  context = await open(ME, { at, clientCertificates: undefined, expected: [/status of (401|403)/] });
});
after(async () => {
  served.kill('SIGTERM');
  await quit();
  const code = await new Promise((resolve) => served.exitCode === null ? served.once('exit', resolve) : resolve(served.exitCode));
  assert.equal(code, 0, 'it ends when it is asked to');
  assert.deepEqual(context.faults, []);
});

// As a program that is no browser may ask: any host, any origin.
function ask(path, headers, method = 'GET') {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: new URL(link).port, path, method, headers }, (reply) => {
      let body = '';
      reply.on('data', (piece) => { body += piece; });
      reply.on('end', () => resolve({ status: reply.statusCode, headers: reply.headers, body }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

test('without the link, under another name, or from another page nothing is served', async () => {
  const { host } = new URL(link);
  assert.equal((await ask('/', { host })).status, 403);
  assert.equal((await ask('/', { host: `rebound.example:${new URL(link).port}` })).status, 421);
  assert.equal((await ask('/entente.v1.SessionService/GetSession', { host, origin: 'https://evil.example', 'entente-browser': '1' }, 'POST')).status, 403);
  // Only this machine reaches it.
  const listening = readFileSync(`/proc/${served.pid}/net/tcp`, 'utf8').split('\n').filter((line) => line.includes(`:${Number(new URL(link).port).toString(16).toUpperCase().padStart(4, '0')} `) && line.includes(' 0A '));
  assert.equal(listening.length, 1);
  assert.match(listening[0], /^\s*\d+: 0100007F:/);
});

test('the link opens the portal, signed in by this machine’s profile, and says where its pages are from', async () => {
  page = await context.newPage();
  await page.goto(link);
  await page.getByRole('heading', { name: 'Whom or what are you looking for?' }).waitFor();
  await page.getByText('Pages from this machine').waitFor();
  assert.equal(page.url(), `${at}/`);
  assert.deepEqual(await violations(page), []);
  // No script can read what opens it, and the link is used up.
  assert.equal(await page.evaluate(() => document.cookie), '');
  const again = await context.newPage();
  assert.equal((await again.goto(link)).status(), 403);
  await again.close();
  const reply = await page.evaluate(async () => (await fetch('/')).headers.get('content-security-policy'));
  assert.match(reply, /^default-src 'none'; script-src 'self';/);
});

test('a page of another user’s program on this machine is not shown what opens the portal', async () => {
  const shown = [];
  const other = createServer((asked, reply) => {
    shown.push({ host: asked.headers.host, cookie: asked.headers.cookie });
    reply.setHeader('content-type', 'text/html');
    // A lure that goes on by itself, so that the second request is a page's own.
    reply.end(asked.url === '/lure' ? '<!doctype html><title>a</title><link rel="icon" href="data:,"><script>location = "/on"</script>' : '<!doctype html><title>b</title><link rel="icon" href="data:,">');
  });
  await new Promise((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address();
  context.expected.push(new RegExp(`asked elsewhere: http://[^/]*:${port}/`));
  const lured = await context.newPage();
  for (const name of ['entente.localhost', 'localhost', '127.0.0.1', `evil.${new URL(at).hostname}`]) {
    await lured.goto(`http://${name}:${port}/lure`);
    await lured.waitForURL('**/on');
  }
  assert.ok(shown.length >= 8);
  assert.deepEqual(shown.filter(({ cookie }) => cookie), []);
  await lured.close();
  other.close();
  // By a name that it cannot guess: under the portal's own it would be shown the cookie.
  assert.match(new URL(at).hostname, /^entente-[0-9a-f]{32}\.localhost$/);
});

test('started anew it has the same name, by which a browser keeps what was typed', async () => {
  const again = spawn(program, ['--profile', ME, 'portal', '--port', '0'], { env: { ...process.env, XDG_CONFIG_HOME: join(network, 'config') }, stdio: ['ignore', 'pipe', 'inherit'] });
  let second;
  for await (const line of createInterface({ input: again.stdout })) {
    second = /http:\S+/.exec(line)?.[0];
    if (second) break;
  }
  again.kill('SIGTERM');
  assert.equal(new URL(second).hostname, new URL(at).hostname);
});

test('a person is found, a restricted paper read, figures seen and taken along', async () => {
  await page.getByRole('searchbox').fill('lindqvist');
  await page.locator('.people .name').filter({ hasText: 'Anna Lindqvist' }).waitFor();
  await page.getByRole('link', { name: 'Documents', exact: true }).click();
  await page.getByRole('link', { name: 'Returns in 2026', exact: true }).click();
  await page.getByRole('listitem').filter({ hasText: 'English' }).getByRole('button', { name: 'Read' }).click();
  await page.getByText(/RESTRICTED - copy \d+ .* for Reto Ammann/).first().waitFor();
  await page.locator('.textLayer').getByText('Returns in 2026').waitFor();
  await page.goto(`${at}/#/statistics/IGC.ASYLUM`);
  await page.locator('.long-table tbody tr').first().waitFor();
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'XLSX' }).click();
  assert.equal(readFileSync(await (await saved).path()).subarray(0, 2).toString(), 'PK');
  await page.getByText('This query as a program').click();
  await page.getByText(`https://localhost:${process.env.PORT}/sdmx/`).first().waitFor();
});

test('what the server refuses is said as it says it; signed out, the password opens it again', async () => {
  await page.goto(`${at}/#/document/0123456789abcdef0123456789abcdef`);
  context.expected.push(/status of 404/);
  await page.getByText('It does not exist, or not for you.').waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByText('This machine’s profile has the certificate.').waitFor();
  await page.getByLabel('Password').fill('wrong password');
  await page.keyboard.press('Enter');
  await page.getByText('Certificate and password together do not open an account.').waitFor();
  await page.getByLabel('Password').fill(passwordOf(ME));
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
  const seen = await page.evaluate(async () => {
    const reply = await fetch('/entente.v1.SessionService/GetSession', { method: 'POST', body: new Uint8Array(), headers: { 'content-type': 'application/proto', 'entente-browser': '1' } });
    return { status: reply.status, cookies: document.cookie };
  });
  assert.deepEqual(seen, { status: 200, cookies: '' });
});
