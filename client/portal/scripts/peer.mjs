// What the bench measures alike in our page and in a peer's, and the peer: a page of its own with the same 100,000 rows in
// ag-grid-community and the same 10,000 arcs over the same land in ECharts. Grid and map alone, with nothing around them: no
// page of figures with both was found that runs by itself. Fetched by tests/bench/portal, for the bench and nothing else.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { launch } from '../../../tests/portal/browser.mjs';

const SLOWER = 4;
const STEPS = 120;
export const ms = (value) => `${value.toFixed(0).padStart(4)} ms`;

export async function slowed(page) {
  const debug = await page.context().newCDPSession(page);
  await debug.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
  return debug;
}

// From one frame to the next while `box` is scrolled in leaps, so that each frame shows rows that none has shown, and how much
// processor time the page's main thread took. Then once more with Chromium's own trace, which takes time itself: what the
// longest frame was made of, and how long the collector of garbage stopped the page.
export async function scrolled(page, box) {
  const debug = await page.context().newCDPSession(page);
  await debug.send('Performance.enable', { timeDomain: 'threadTicks' });
  const spent = async () => (await debug.send('Performance.getMetrics')).metrics.find((one) => one.name === 'TaskDuration').value * 1_000;
  const before = await spent();
  const frames = await leaps(page, box);
  const each = (await spent() - before) / STEPS;
  await debug.send('Performance.disable');
  const browser = page.context().browser();
  await browser.startTracing(page, { categories: ['devtools.timeline', 'blink.user_timing', 'v8', 'cppgc'] });
  await leaps(page, box);
  const { longest, work, stops } = made(JSON.parse(String(await browser.stopTracing())).traceEvents);
  return `frames: median ${ms(frames[STEPS / 2])}, longest ${ms(frames.at(-1))}, over 50 ms: ${frames.filter((one) => one > 50).length} of ${STEPS}; main thread ${each.toFixed(1)} ms a frame; ` +
    `traced: main thread ${work.toFixed(0)} ms in the one with most, collector stopped it ${stops.length} times, ${ms(Math.max(0, ...stops))} at most; longest of ${longest}`;
}

// How long each frame was, the shortest first; from the top to the end.
async function leaps(page, box) {
  await page.locator(box).evaluate((box) => { box.scrollTop = 0; });
  await page.waitForTimeout(500);
  return page.locator(box).evaluate(async (box, steps) => {
    const gaps = [];
    let last = performance.now();
    performance.mark('frame');
    for (let step = 0; step < steps; ++step) {
      box.scrollTop += 3_000 + step * 400;
      await new Promise((resolve) => requestAnimationFrame(resolve));
      const now = performance.now();
      gaps.push(now - last);
      last = now;
      performance.mark('frame');
    }
    return gaps.sort((a, b) => a - b);
  }, STEPS);
}

// Of a trace with a mark at each frame: what the longest frame was made of, how much processor time the one with most took
// (which says more than its length where others use the machine), and each stop of the collector in any; in ms. Without
// `cppgc` the walk through the page's elements bears the name of V8's step around it, EPHEMERON_MARKING.
function made(events) {
  const marks = events.filter((one) => one.name === 'frame' && one.cat.includes('user_timing')).sort((a, b) => a.ts - b.ts);
  const tasks = events.filter((one) => one.ph === 'X' && one.pid === marks[0].pid && one.tid === marks[0].tid && one.ts >= marks[0].ts && one.ts < marks.at(-1).ts).sort((a, b) => a.ts - b.ts || b.dur - a.dur);
  const stops = [];
  const around = [];
  const works = marks.map(() => 0); // processor time of each frame
  let frame = 0;
  for (const one of tasks) {
    one.own = one.dur;
    while (around.length > 0 && around.at(-1).ts + around.at(-1).dur <= one.ts) around.pop();
    while (marks[frame + 1].ts <= one.ts) ++frame;
    if (around.length > 0) around.at(-1).own -= one.dur;
    else works[frame] += (one.tdur ?? 0) / 1_000;
    if (isCollecting(one) && !around.some(isCollecting)) stops.push(one.dur / 1_000);
    around.push(one);
  }
  const frames = marks.slice(1).map((end, at) => ({ from: marks[at].ts, to: end.ts })).sort((a, b) => (b.to - b.from) - (a.to - a.from));
  const parts = new Map();
  for (const one of tasks) if (one.ts >= frames[0].from && one.ts < frames[0].to) parts.set(one.name, (parts.get(one.name) ?? 0) + one.own / 1_000);
  return { stops, work: Math.max(...works), longest: [...parts].sort((a, b) => b[1] - a[1]).slice(0, 4).map(([name, took]) => `${name} ${took.toFixed(0)}`).join(', ') };
}
const isCollecting = ({ name }) => /GC/.test(name);

// From what is done to the frame after the one in which `canvas` is there.
export function untilDrawn(page, act, canvas, value) {
  return page.evaluate(`(${async (work, canvas, value) => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const from = performance.now();
    work(value);
    do await frame(); while (!document.querySelector(canvas));
    await frame();
    return performance.now() - from;
  }})(${act}, ${JSON.stringify(canvas)}, ${JSON.stringify(value)})`);
}

export async function newPeer(folder, codes, areas, periods) {
  const require = createRequire(join(process.env.PORTAL, 'package.json'));
  const names = require('i18n-iso-countries/langs/en.json').countries;
  const alpha2 = new Map(require('i18n-iso-countries/codes.json').map(([two, three]) => [three, two]));
  const atlas = (name) => JSON.parse(readFileSync(join(process.env.PORTAL, 'src/atlas', name), 'utf8'));
  const [land, places] = [atlas('land.json'), atlas('places.json')];
  const world = require('topojson-client').feature(land, land.objects.countries);
  for (const one of world.features) one.properties = { name: String(one.id) };
  const called = (code) => [names[alpha2.get(code)] ?? code].flat()[0];
  const data = { world, origins: codes.slice(-areas).map((one) => [called(one), places[one]?.slice(1)]), to: codes.slice(0, areas).map((one) => [called(one), places[one]?.slice(1)]), periods };
  const files = {
    '/': '<!doctype html><meta charset="utf-8"><style>#box { width: 620px; height: 544px }</style><div id="box"></div><script src="/grid.js"></script><script src="/charts.js"></script>',
    '/grid.js': readFileSync(join(folder, 'node_modules/ag-grid-community/dist/ag-grid-community.min.js')),
    '/charts.js': readFileSync(join(folder, 'node_modules/echarts/dist/echarts.min.js')),
  };
  const server = createServer((request, reply) => {
    reply.writeHead(request.url in files ? 200 : 404, { 'content-type': request.url === '/' ? 'text/html' : 'text/javascript' });
    reply.end(files[request.url] ?? '');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const context = await (await launch()).newContext({ viewport: { width: 1280, height: 900 } });
  const fresh = async () => {
    const page = await context.newPage();
    await slowed(page);
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    await page.evaluate((data) => { globalThis.data = data; }, data);
    return page;
  };
  return {
    async rows() {
      const page = await fresh();
      await page.evaluate(() => {
        const rowData = data.to.flatMap(([to]) => data.origins.flatMap(([from]) => Array.from({ length: data.periods }, (_, at) => ({ period: String(2015 + at), to, from, value: 1 + at }))));
        agGrid.createGrid(document.querySelector('#box'), { rowData, rowHeight: 32, columnDefs: [{ field: 'period' }, { field: 'to' }, { field: 'from' }, { field: 'value' }] });
      });
      await page.locator('.ag-row').first().waitFor({ timeout: 120_000 });
      await page.waitForTimeout(2_000);
      return scrolled(page, '.ag-body-viewport, .ag-grid-viewport, .ag-center-cols-viewport');
    },
    async arcs() {
      const page = await fresh();
      const first = await untilDrawn(page, () => {
        const flows = (at) => data.to.flatMap(([, to], i) => data.origins.flatMap(([, from], j) => to?.length && from?.length ? [{ coords: [from, to], value: 1 + (i * 100 + j + at) % 5_000 }] : []));
        echarts.registerMap('world', data.world);
        const chart = echarts.init(document.querySelector('#box'));
        globalThis.show = (at) => chart.setOption({ animation: false, geo: { map: 'world' }, series: [{ type: 'lines', coordinateSystem: 'geo', lineStyle: { curveness: 0.2, opacity: 0.4, width: 0.6 }, data: flows(at) }] });
        show(0);
      }, '#box canvas');
      await page.waitForTimeout(1_000);
      const period = async (at) => ms(await untilDrawn(page, (at) => show(at), '#box canvas', at));
      return `first drawing ${ms(first)}, a period ${await period(1)}, ${await period(2)}, ${await period(3)}`;
    },
    async close() {
      await context.close();
      server.close();
    },
  };
}
