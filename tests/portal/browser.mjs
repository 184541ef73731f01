// A real browser before the real server, as one of its accounts, and what every page is held to: it logs no error, asks
// nothing of anyone but its server, and breaks no rule of its policy. `page.faults` must be empty at the end.
//
// PORTAL: the folder of the built portal, whose node_modules hold playwright and axe. NETWORK: the network's folder.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.env.PORTAL, 'package.json'));
const { chromium } = require('playwright-core');
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export const network = process.env.NETWORK;
export const origin = `https://localhost:${process.env.PORT}`;

const PROGRAM = { executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] };
let browser;
export async function launch(...words) {
  browser ??= await chromium.launch({ ...PROGRAM, args: [...PROGRAM.args, ...words] });
  return browser;
}
export async function quit() {
  await browser?.close();
  browser = undefined;
}

export function passwordOf(account) {
  return readFileSync(join(network, 'credentials', account, 'password'), 'utf8').trim();
}

// What each answer of the server must bear: a file of the pages their policy, all else that it is neither kept nor taken
// for a page or a script. What is missing, in words.
const POLICY = /^default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types entente-worker$/;
export function bare(path, headers) {
  const wanted = { 'x-content-type-options': /^nosniff$/, 'cross-origin-resource-policy': /^same-origin$/ };
  if (path === '/' || path.startsWith('/assets/') || path.startsWith('/pdf/')) {
    Object.assign(wanted, { 'content-security-policy': POLICY, 'referrer-policy': /^no-referrer$/, 'cross-origin-opener-policy': /^same-origin$/, 'cross-origin-embedder-policy': /^require-corp$/,
      'x-frame-options': /^DENY$/, 'cache-control': path.startsWith('/assets/') ? /^public, max-age=31536000, immutable$/ : /^no-cache$/ });
  } else {
    // Tools keep figures and ask whether they still hold; the page asks its browser to keep nothing.
    wanted['cache-control'] = path.startsWith('/sdmx/') ? /^no-store$|^private, no-cache$/ : /\bno-store\b/;
  }
  return Object.entries(wanted).filter(([name, holds]) => !holds.test(headers[name] ?? '')).map(([name]) => `${path}: ${name}: ${headers[name]}`);
}

// A browser of its own with the account's certificate. `expected`: faults that a journey means to bring about; `at`: the
// only server that its pages may ask; `guarded`: every answer must bear what `bare` wants (where no test makes up answers);
// `profile`: a folder that the browser keeps what it keeps in.
export async function open(account, { expected = [], at = origin, guarded = false, profile, ...options } = {}) {
  const folder = join(network, 'credentials', account);
  const asked = {
    ignoreHTTPSErrors: true,
    clientCertificates: [{ origin, certPath: join(folder, 'cert.pem'), keyPath: join(folder, 'key.pem') }],
    locale: 'en-GB', timezoneId: 'Europe/Stockholm', reducedMotion: 'reduce', viewport: { width: 1280, height: 900 }, ...options,
  };
  const context = profile ? await chromium.launchPersistentContext(profile, { ...PROGRAM, ...asked }) : await (await launch()).newContext(asked);
  context.setDefaultTimeout(Number(process.env.WAIT_MS ?? 15_000));
  context.faults = [];
  context.expected = expected;
  const fault = (what) => { if (!context.expected.some((one) => one.test(what))) context.faults.push(what); };
  context.on('console', (message) => { if (message.type() === 'error' || message.type() === 'warning') fault(`logged: ${message.text()}`); });
  context.on('weberror', (error) => fault(`threw: ${error.error()}`));
  context.on('request', (request) => { if (!request.url().replace(/^blob:/, '').startsWith(`${at}/`)) fault(`asked elsewhere: ${request.url()}`); });
  if (guarded) context.on('response', (response) => { if (!response.url().startsWith('blob:')) for (const what of bare(new URL(response.url()).pathname, response.headers())) fault(`unguarded: ${what}`); });
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber} ${event.sample}`));
  });
  return context;
}

export async function signIn(context, account, to = '/') {
  const page = await context.newPage();
  await page.goto(origin + to);
  await page.getByLabel('Password').fill(passwordOf(account));
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
  return page;
}

// What a browser says by itself of a line that is cut: `expected` of a journey that cuts it.
export const LINE_LOST = [/ERR_INTERNET_DISCONNECTED/, /Failed to load resource/];
// All that was typed and chosen there.
export const valuesOf = async (form) => form.locator('input:not([type=file]), textarea, select').evaluateAll((all) => all.map((one) => one.type === 'checkbox' ? one.checked : one.value));

// Without a line as long as `act` takes: it is back whatever becomes of that, so that one test's fault is one test's.
export async function offline(context, act) {
  await context.setOffline(true);
  try {
    await act();
  } finally {
    await context.setOffline(false);
  }
}

// Does what `act` does without a line: said in words within `form`, where no other call speaks, and all that was typed and
// chosen there is as it was; then, with one, what `again` does.
export async function without(act, form, again = act) {
  const before = await valuesOf(form);
  await offline(form.page().context(), async () => {
    await act();
    await form.getByText('The server cannot be reached.').first().waitFor();
    assert.deepEqual(await valuesOf(form), before);
  });
  await again();
}

// Until `holds` answers yes. (A page's `waitForFunction` takes a promise for a yes.)
export async function until(holds, what = '') {
  const end = Date.now() + Number(process.env.WAIT_MS ?? 15_000);
  while (!await holds()) {
    assert.ok(Date.now() < end, `it never came to ${what || holds}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

// The drafts that the browser keeps: of what, and since when; nobody else can read more of them.
export function draftsIn(page) {
  return page.evaluate(() => new Promise((resolve) => {
    const opening = indexedDB.open('entente-drafts', 2);
    opening.onupgradeneeded = () => opening.transaction.abort();
    opening.onerror = () => resolve([]);
    opening.onsuccess = () => {
      const rows = [];
      const walk = opening.result.transaction('rows').objectStore('rows').openCursor();
      walk.onsuccess = () => {
        const at = walk.result;
        if (at) {
          rows.push({ name: String(at.key).replace(/^draft /, ''), at: at.value.at });
          at.continue();
        } else {
          opening.result.close();
          resolve(rows);
        }
      };
    };
  }));
}
// What `type` types, and then until it is kept, which is a moment after the last letter: nothing newer comes any more.
export async function typedAndKept(page, type) {
  const since = Date.now();
  await type();
  let newest = 0;
  let looks = 0;
  await until(async () => {
    const now = Math.max(0, ...(await draftsIn(page)).map((one) => one.at));
    looks = now >= since && now === newest ? looks + 1 : 0;
    newest = now;
    return looks >= 10;
  }, 'a draft');
}

// One call of the page's own session, as JSON.
export function call(page, method, message) {
  return page.evaluate(async ([method, body]) => (await fetch(`/entente.v1.${method}`, { method: 'POST', body, headers: { 'content-type': 'application/json', 'entente-browser': '1' } })).json(), [method, JSON.stringify(message)]);
}

// Drags a file over a place and drops it there.
export async function drop(place, name, type, text) {
  const dataTransfer = await place.page().evaluateHandle(([name, type, text]) => { const data = new DataTransfer(); data.items.add(new File([text], name, { type })); return data; }, [name, type, text]);
  for (const event of ['dragenter', 'dragover', 'drop']) await place.dispatchEvent(event, { dataTransfer });
}

// Presses Tab until what has the focus bears the words; each stop must be in sight.
export async function tabTo(page, words) {
  for (let presses = 0; presses < 120; ++presses) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const one = document.activeElement;
      const box = one.getBoundingClientRect();
      const style = getComputedStyle(one);
      const label = one.getAttribute('aria-label') ?? (one.labels?.length ? one.labels[0].textContent : one.textContent);
      return { text: (label ?? '').trim(), seen: one === document.body || (style.outlineStyle !== 'none' && box.bottom > 0 && box.top < innerHeight) };
    });
    assert.ok(at.seen, `the focus on \`${at.text}\` cannot be seen`);
    if (words.test(at.text)) return;
  }
  assert.fail(`no Tab comes to ${words}`);
}

// axe's rules for WCAG 2.2 AA, run outside of the page's own policy: evaluated by the debugger, not by the page. `only`: of them.
export async function violations(page, only = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']) {
  if (!await page.evaluate(() => 'axe' in globalThis)) await page.evaluate(axeSource);
  const result = await page.evaluate((runOnly) => globalThis.axe.run(document, { runOnly, resultTypes: ['violations'] }), only);
  return result.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 200)).join(' | ')}`);
}
