// Every page of the router: narrow, dark and from the right; at 200 % zoom, light, in the language of the longest words;
// without a violation of WCAG 2.2 AA. A page that is not in the table is noticed.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { call, open, origin, quit, signIn, violations } from './browser.mjs';

// 403: how many others can see something is told to its keepers only. 404: the page that is nowhere. 400: a receipt first.
const EXPECTED = [/status of 40[034]/];
const WHO = { member: 'anna.lindqvist', keeper: 'helena.brandt' };
const seen = {}; // by who: the page
let places;
before(async () => {
  for (const [who, account] of Object.entries(WHO)) seen[who] = await signIn(await open(account, { expected: EXPECTED, guarded: true, viewport: { width: 320, height: 640 }, colorScheme: 'dark' }), account);
  places = await table();
});
after(async () => {
  const faults = Object.values(seen).flatMap((page) => page.context().faults);
  await quit();
  assert.deepEqual(faults, []);
});

// As a focal point sees them, and as the secretariat does, which has more to do. Names are made anew with each network.
async function table() {
  const named = (all, title) => all.find((one) => Object.values(one.title?.byLanguage ?? {}).includes(title)).name.split('/')[1];
  const { documents } = await call(seen.keeper, 'DocumentService/ListDocuments', { process: 'processes/igc', pageSize: 200 });
  const { meetings } = await call(seen.keeper, 'MeetingService/ListMeetings', { process: 'processes/igc', pageSize: 200 });
  const { circulations } = await call(seen.member, 'CirculationService/ListInbox', { pageSize: 100 });
  const paper = named(documents, 'Returns in 2026');
  const meeting = named(meetings, 'Working Group on Returns');
  const circulation = circulations.find((one) => one.documents?.includes(`documents/${paper}`)).name.split('/')[1];
  return {
    member: ['#/', '#/person/swe.anna.lindqvist', '#/person/che.reto.ammann', '#/processes', '#/process/mtm', '#/roster/igc', '#/roster/igc/nobody', '#/matrix', '#/office/swe.igc.focal-point', '#/documents', `#/document/${paper}`,
      `#/document/${named(documents, '<script>alert(1)</script> لم شمل الأسرة')}`, '#/inbox', '#/inbox/all', `#/circulation/${circulation}`, '#/meetings', '#/meetings?view=month&month=2031-03', '#/meetings?view=past',
      `#/meeting/${meeting}`, `#/meeting/${named(meetings, 'Round of 2021')}`, '#/profile/igc/SWE', '#/statistics', '#/statistics/IGC.ASYLUM', ...['bars', 'multiples', 'heat', 'flow'].map((one) => `#/statistics/IGC.ASYLUM?view=${one}`),
      '#/statistics/IGC.ASYLUM?view=compare&CITIZEN=AFG&REF_AREA=SWE%2BCHE', '#/design', '#/account', '#/nowhere', '#/person/nobody', '#/document/nothing'],
    keeper: ['#/bring', `#/bring/${paper}`, `#/send/${paper}`, `#/document/${paper}`, `#/circulation/${circulation}`, '#/plan', `#/plan/${meeting}`, `#/meeting/${meeting}`, '#/process/igc'],
  };
}

test('no page of the router is left out', () => {
  const source = readFileSync(fileURLToPath(new URL('../../client/portal/src/app.tsx', import.meta.url)), 'utf8');
  const now = [...source.match(/const PAGES[^;]*;/)[0].matchAll(/(\w+|''): \w+Page\b/g)].map(([, name]) => name.replace("''", ''));
  const later = [...source.matchAll(/^ {2}(\w+): \(\) => import\(/gm)].map(([, name]) => name);
  assert.ok(now.length >= 2 && later.length >= 18, `${now.length} and ${later.length} pages found in the router`);
  const visited = new Set(Object.values(places).flat().map((place) => place.slice(2).split(/[/?]/)[0]));
  assert.deepEqual([...now, ...later].filter((name) => !visited.has(name)), []);
});

test('the page of the design shows every token and every component', () => {
  const read = (path) => readFileSync(fileURLToPath(new URL(`../../client/portal/src/${path}`, import.meta.url)), 'utf8');
  const shown = read('pages/design.tsx');
  const components = [...read('ui/basic.tsx').matchAll(/^export function ([A-Z]\w+)/gm)].map(([, name]) => name);
  const colours = [...read('styles/tokens.css').matchAll(/^ {2}--([\w-]+): light-dark\(#/gm)].map(([, name]) => name);
  assert.ok(components.length >= 10 && colours.length >= 15);
  assert.deepEqual([...components.filter((one) => !shown.includes(`<${one}`)), ...colours.filter((one) => !shown.includes(`'${one}'`))], []);
});

test('who wants no motion sees none', async () => {
  const page = seen.member;
  await page.goto(`${origin}/#/design`);
  await page.locator('.design .bone').first().waitFor();
  const moving = () => page.evaluate(() => document.getAnimations().length);
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  assert.ok(await moving() > 0);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.locator('.top nav a').first().hover();
  assert.equal(await moving(), 0);
});

const language = (page, tag) => page.locator('.preferences select').first().selectOption(tag);
// As wide as it is, and on a desk.
async function everyWidth(page, measure) {
  const found = await page.evaluate(measure);
  const size = page.viewportSize();
  for (const width of [820, 1440]) {
    await page.setViewportSize({ ...size, width });
    found.push(...(await page.evaluate(measure)).map((one) => `at ${width}: ${one}`));
  }
  await page.setViewportSize(size);
  return found;
}
// What is wrong of all of them, so that one run tells all.
async function wrong(check, skipped = /^$/) {
  const found = [];
  for (const [who, page] of Object.entries(seen)) {
    for (const place of places[who].filter((one) => !skipped.test(one))) {
      await page.goto(`${origin}/${place}`);
      await page.locator('h1').first().waitFor();
      await page.locator('.waiting:not(.design .waiting)').first().waitFor({ state: 'detached' });
      const over = await everyWidth(page, () => {
        const edge = document.documentElement.clientWidth;
        const wider = document.documentElement.scrollWidth - edge;
        const out = [...document.querySelectorAll('main *')].filter((one) => { const box = one.getBoundingClientRect(); return box.right > edge + 1 || box.left < -1; });
        return wider <= 0 ? [] : [`${wider} px too wide: ${out.at(-1)?.outerHTML.slice(0, 160)}`];
      });
      found.push(...[...over, ...await check(page)].map((what) => `${who} ${place}: ${what}`));
    }
  }
  return found;
}

test('every page fits 320 pixels and holds WCAG 2.2 AA, dark and from the right', async () => {
  for (const page of Object.values(seen)) await language(page, 'ar');
  assert.deepEqual(await wrong((page) => violations(page)), []);
});

test('every page fits at 200 % zoom, in the longest words, light, with the way out in reach', async () => {
  for (const page of Object.values(seen)) {
    await language(page, 'de');
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 640, height: 450 }); // 1280 pixels at 200 %
  }
  assert.deepEqual(await wrong(async (page) => {
    await page.getByRole('button', { name: 'Abmelden' }).waitFor();
    return violations(page, ['color-contrast', 'target-size']);
  }, /view=(bars|multiples|heat)/), []);
});
