// bench.mjs: how fast the pages are on a machine four times slower than this one: largest contentful paint, interaction to
// next paint (the first press after each load by itself: nothing of it has run yet), layout shift, bytes over the line, frames
// of a long table, a map of 10,000 arcs; the last two beside well-known npm packages (peer.mjs), if PEER names the folder that
// they are in. With the environment of tests/portal/browser.mjs: PORTAL, NETWORK, PORT; `tests/bench/portal` makes them. A
// measurement, not a test: nothing depends on what it prints.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { open, origin, passwordOf, quit } from '../../../tests/portal/browser.mjs';
import { observations } from '../../../tests/portal/observations.mjs';
import { ms, newPeer, scrolled, slowed, untilDrawn } from './peer.mjs';

const ME = 'anna.lindqvist';
const AREAS = 100;
const PERIODS = 10;
const context = await open(ME);
const page = await context.newPage();
const debug = await slowed(page);
let bytes = 0;
await debug.send('Network.enable');
debug.on('Network.loadingFinished', (event) => { bytes += event.encodedDataLength; });
await page.addInitScript(() => {
  globalThis.measured = { lcp: 0, cls: 0, inp: 0 };
  new PerformanceObserver((list) => { for (const one of list.getEntries()) measured.lcp = one.startTime; }).observe({ type: 'largest-contentful-paint', buffered: true });
  new PerformanceObserver((list) => { for (const one of list.getEntries()) if (!one.hadRecentInput) measured.cls += one.value; }).observe({ type: 'layout-shift', buffered: true });
  new PerformanceObserver((list) => { for (const one of list.getEntries()) if (one.interactionId) measured.inp = Math.max(measured.inp, one.duration); }).observe({ type: 'event', durationThreshold: 16, buffered: true });
});
async function row(what, after) {
  await page.waitForTimeout(1_500);
  const { lcp, inp, cls } = await page.evaluate(() => measured);
  console.log(`${what.padEnd(32)} ${after === 'load' ? `LCP ${ms(lcp)}` : `INP ${ms(inp)}`}   CLS ${cls.toFixed(3)}   ${(bytes / 1000).toFixed(0).padStart(4)} kB so far`);
  await page.evaluate(() => { measured.inp = 0; });
}
// Pressed once the page stands still, and seen through until what it brings is there.
async function press(what, button, then) {
  await button.click();
  await then.first().waitFor();
  await row(what);
}
const link = (name) => page.getByRole('navigation').getByRole('link', { name, exact: true });

await page.goto(origin);
await page.getByLabel('Password').waitFor();
await row('sign-in, nothing cached', 'load');
await page.getByLabel('Password').fill(passwordOf(ME));
await page.keyboard.press('Enter');
await page.locator('#search').waitFor();
await page.waitForTimeout(2_000);
await page.reload();
await page.locator('#search').waitFor();
await row('first page', 'load');
await page.keyboard.press('s');
await row('the first letter typed');
await page.locator('#search').pressSequentially('witz labour', { delay: 60 });
await row('eleven letters more');
for (const [name, there] of [['Documents', '.papers li'], ['Inbox', '.mail li'], ['Meetings', '.meetings li'], ['Statistics', '.flows li'], ['Processes', '.tiles li']]) {
  await press(`first press on ${name}`, link(name), page.locator(there));
}
await press('first press on a process', page.getByRole('link', { name: 'IGC', exact: true }), page.locator('.map path.member'));

// A hundred thousand rows and ten thousand arcs: of an answer made for it. As somebody finds them who was sent the link, in a
// tab of its own; and the rows once more in the tab that has been through the pages above, loaded anew.
const require = createRequire(join(process.env.PORTAL, 'package.json'));
const codes = require('i18n-iso-countries/codes.json').map((one) => one[1]);
const body = await observations(codes, AREAS, PERIODS);
await context.route('**/*StatisticsService/Query', (route) => route.fulfill({ status: 200, contentType: 'application/connect+proto', body }));
async function rows(tab) {
  await tab.locator('.long-table table[aria-rowcount="100001"]').waitFor({ timeout: 120_000 });
  await tab.waitForTimeout(2_000);
  return scrolled(tab, '.long-table');
}
const table = origin + '/#/statistics/IGC.ASYLUM?view=line';
const tab = await context.newPage();
await slowed(tab);
await tab.goto(table);
console.log(`100,000 rows scrolled            ${await rows(tab)}`);
const first = await untilDrawn(tab, () => [...document.querySelectorAll('.choice button')].find((one) => one.textContent.trim() === 'Flow map').click(), '.flow-map canvas');
await tab.waitForTimeout(1_000);
const period = (value) => untilDrawn(tab, (value) => {
  const slider = document.querySelector('.flow-map input[type=range]');
  slider.value = value;
  slider.dispatchEvent(new Event('input', { bubbles: true }));
}, '.flow-map canvas', value);
console.log(`10,000 arcs                      first drawing ${ms(first)}, a period ${ms(await period('0'))}, ${ms(await period('3'))}, ${ms(await period('6'))}`);
await tab.close();
await page.goto(table);
await page.reload();
console.log(`100,000 rows, after those pages  ${await rows(page)}`);

if (process.env.PEER) {
  const peer = await newPeer(process.env.PEER, codes, AREAS, PERIODS);
  console.log(`100,000 rows scrolled, ag-grid   ${await peer.rows()}`);
  console.log(`10,000 arcs, ECharts             ${await peer.arcs()}`);
  await peer.close();
}
await quit();
