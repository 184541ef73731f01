// A real browser before the real server, as one of its accounts, and what every page is held to: it logs no error, asks
// nothing of anyone but its server, and breaks no rule of its policy. `page.faults` must be empty at the end.
//
// PORTAL: the folder of the built portal, whose node_modules hold playwright and axe. NETWORK: the network's folder.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.env.PORTAL, 'package.json'));
const { chromium } = require('playwright-core');
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export const network = process.env.NETWORK;
export const origin = `https://localhost:${process.env.PORT}`;

let browser;
export async function launch() {
  browser ??= await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
  return browser;
}
export async function quit() {
  await browser?.close();
  browser = undefined;
}

export function passwordOf(account) {
  return readFileSync(join(network, 'credentials', account, 'password'), 'utf8').trim();
}

// A browser of its own with the account's certificate. `expected`: faults that a journey means to bring about; `at`: the
// only server that its pages may ask.
export async function open(account, { expected = [], at = origin, ...options } = {}) {
  const folder = join(network, 'credentials', account);
  const context = await (await launch()).newContext({
    ignoreHTTPSErrors: true,
    clientCertificates: [{ origin, certPath: join(folder, 'cert.pem'), keyPath: join(folder, 'key.pem') }],
    locale: 'en-GB', timezoneId: 'Europe/Stockholm', reducedMotion: 'reduce', viewport: { width: 1280, height: 900 }, ...options,
  });
  context.setDefaultTimeout(Number(process.env.WAIT_MS ?? 15_000));
  context.faults = [];
  context.expected = expected;
  const fault = (what) => { if (!context.expected.some((one) => one.test(what))) context.faults.push(what); };
  context.on('console', (message) => { if (message.type() === 'error' || message.type() === 'warning') fault(`logged: ${message.text()}`); });
  context.on('weberror', (error) => fault(`threw: ${error.error()}`));
  context.on('request', (request) => { if (!request.url().replace(/^blob:/, '').startsWith(`${at}/`)) fault(`asked elsewhere: ${request.url()}`); });
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

// axe's rules for WCAG 2.2 AA, run outside of the page's own policy: evaluated by the debugger, not by the page.
export async function violations(page) {
  await page.evaluate(axeSource);
  const result = await page.evaluate(() => globalThis.axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  }));
  return result.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 200)).join(' | ')}`);
}
