// bench.mjs: how fast the first pages are on a machine four times slower than this one: largest contentful paint,
// interaction to next paint while typing, layout shift, bytes over the line. With the environment of
// tests/portal/browser.mjs: PORTAL, NETWORK, PORT. A measurement, not a test: nothing depends on what it prints.
import { open, origin, passwordOf, quit } from '../../../tests/portal/browser.mjs';

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
await quit();
