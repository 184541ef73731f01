// bench.mjs: how fast the first pages are on a machine four times slower than this one: largest contentful paint,
// interaction to next paint while typing, layout shift, bytes over the line, frames of a long table, a map of 10,000 arcs. With the environment of
// tests/portal/browser.mjs: PORTAL, NETWORK, PORT; `tests/bench/portal` makes them. A measurement, not a test: nothing depends on what it prints.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { open, origin, passwordOf, quit } from '../../../tests/portal/browser.mjs';
import { observations } from '../../../tests/portal/observations.mjs';

const ME = 'anna.lindqvist';
const context = await open(ME);
const page = await context.newPage();
const debug = await context.newCDPSession(page);
await debug.send('Network.enable');
await debug.send('Emulation.setCPUThrottlingRate', { rate: 4 });
let bytes = 0;
debug.on('Network.loadingFinished', (event) => { bytes += event.encodedDataLength; });
await page.addInitScript(() => {
  globalThis.measured = { lcp: 0, cls: 0, inp: 0 };
  new PerformanceObserver((list) => { for (const one of list.getEntries()) measured.lcp = one.startTime; }).observe({ type: 'largest-contentful-paint', buffered: true });
  new PerformanceObserver((list) => { for (const one of list.getEntries()) if (!one.hadRecentInput) measured.cls += one.value; }).observe({ type: 'layout-shift', buffered: true });
  new PerformanceObserver((list) => { for (const one of list.getEntries()) if (one.interactionId) measured.inp = Math.max(measured.inp, one.duration); }).observe({ type: 'event', durationThreshold: 16, buffered: true });
});
const row = (what, { lcp, inp, cls }) => console.log(`${what.padEnd(24)} LCP ${lcp.toFixed(0).padStart(5)} ms   INP ${inp.toFixed(0).padStart(4)} ms   CLS ${cls.toFixed(3)}   ${(bytes / 1000).toFixed(0).padStart(4)} kB`);

await page.goto(origin);
await page.getByLabel('Password').waitFor();
await page.waitForTimeout(1_000);
row('sign-in, nothing cached', await page.evaluate(() => measured));
await page.getByLabel('Password').fill(passwordOf(ME));
await page.keyboard.press('Enter');
await page.locator('#search').waitFor();
await page.reload();
await page.locator('#search').waitFor();
await page.waitForTimeout(1_500);
row('first page', await page.evaluate(() => measured));
await page.locator('#search').pressSequentially('switz labour', { delay: 60 });
await page.waitForTimeout(1_500);
row('twelve letters typed', await page.evaluate(() => measured));
await page.goto(origin + '/#/process/igc');
await page.locator('.map').waitFor();
await page.waitForTimeout(1_500);
row('a process with its map', await page.evaluate(() => measured));
// A hundred thousand rows and ten thousand arcs: of an answer made for it.
const require = createRequire(join(process.env.PORTAL, 'package.json'));
const body = await observations(require('i18n-iso-countries/codes.json').map((one) => one[1]), 100, 10);
await page.route('**/*StatisticsService/Query', (route) => route.fulfill({ status: 200, contentType: 'application/connect+proto', body }));
await page.goto(origin + '/#/statistics/IGC.ASYLUM?view=line');
await page.reload();
const table = page.locator('.long-table');
await table.locator('table[aria-rowcount="100001"]').waitFor({ timeout: 120_000 });
await page.waitForTimeout(2_000);
const frames = await table.evaluate(async (box) => {
  const gaps = [];
  let last = performance.now();
  for (let step = 0; step < 120; ++step) {
    box.scrollTop += 3_000 + step * 400;
    await new Promise((resolve) => requestAnimationFrame(resolve));
    const now = performance.now();
    gaps.push(now - last);
    last = now;
  }
  return gaps.sort((a, b) => a - b);
});
console.log(`100,000 rows scrolled      frames: median ${frames[60].toFixed(0)} ms, longest ${frames.at(-1).toFixed(0)} ms, over 50 ms: ${frames.filter((one) => one > 50).length} of ${frames.length}`);
await page.getByRole('button', { name: 'Flow map', exact: true }).click();
await page.locator('.flow-map canvas').waitFor();
const spent = [];
for (const year of ['0', '3', '6']) {
  spent.push(await page.evaluate(async (value) => {
    const slider = document.querySelector('.flow-map input[type=range]');
    const from = performance.now();
    slider.value = value;
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    return performance.now() - from;
  }, year));
}
console.log(`10,000 arcs drawn          ${spent.map((one) => one.toFixed(0)).join(', ')} ms`);
await quit();
