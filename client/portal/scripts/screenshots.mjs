// screenshots.mjs OUT: each page at three widths, light, dark and in Arabic, as PNG files to be looked at. With the
// environment of tests/portal/browser.mjs: PORTAL, NETWORK, PORT.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { open, origin, quit, signIn } from '../../../tests/portal/browser.mjs';

const out = process.argv[2];
const only = process.argv[3] ?? '';
mkdirSync(out, { recursive: true });
const ME = 'anna.lindqvist';
const KEEPER = 'helena.brandt';
// As a focal point sees them; then as the secretariat, which has more to do.
const PAGES = {
  home: '#/', found: '#/?', person: '#/person/che.reto.ammann', processes: '#/processes', process: '#/process/igc', matrix: '#/matrix', roster: '#/roster/igc',
  documents: '#/documents', inbox: '#/inbox/all', paper: '#/documents >> Returns in 2026', circulation: '#/inbox/all >> Returns in 2026',
  meetings: '#/meetings', month: '#/meetings?view=month&month=2031-03', meeting: '#/meetings >> Working Group',
  statistics: '#/statistics', figures: '#/statistics/IGC.ASYLUM?CITIZEN=AFG%2BSYR', multiples: '#/statistics/IGC.ASYLUM?view=multiples', flow: '#/statistics/IGC.ASYLUM?view=flow', account: '#/account', design: '#/design',
  compare: '#/statistics/IGC.ASYLUM?view=compare&CITIZEN=AFG&REF_AREA=SWE%2BCHE', profile: '#/profile/igc/SWE', office: '#/office/swe.igc.focal-point', nowhere: '#/nowhere',
};
const KEEPERS = { bring: '#/bring', plan: '#/plan', planned: '#/meetings >> Working Group >> Change the meeting', sending: '#/documents >> Returns in 2026 >> Send it around', board: '#/documents >> Returns in 2026' };
const LOOKS = { light: {}, dark: { colorScheme: 'dark' }, arabic: { locale: 'ar' } };
for (const [look, options] of Object.entries(LOOKS)) {
  for (const width of [360, 820, 1440]) {
    for (const [who, pages] of [[ME, PAGES], [KEEPER, KEEPERS]]) await take(who, pages, look, width, options);
  }
}
await quit();

async function take(who, pages, look, width, options) {
  const chosen = Object.entries(pages).filter(([name]) => name.includes(only));
  if (chosen.length === 0) return;
  const context = await open(who, { viewport: { width, height: 900 }, locale: 'en-GB', ...options, });
  const page = look === 'arabic' ? await inArabic(context, who) : await signIn(context, who);
  for (const [name, place] of chosen) {
    const [address, link, then] = place.split(' >> ');
    await page.goto(`${origin}/${address}`);
    await page.waitForTimeout(900);
    if (link) { // names are made anew with each network: gone to by their link
      await page.locator('main').getByRole('link').filter({ hasText: look === 'arabic' ? /Returns/ : link }).first().click();
      await page.waitForTimeout(700);
      if (then) await page.locator('.page-title .actions a').first().click();
      if (name === 'paper') await page.locator('.texts .rows button').first().click();
      await page.waitForTimeout(900);
    }
    if (name === 'found') {
      await page.locator('#search').fill('switz labour');
      await page.waitForTimeout(700);
    }
    await page.screenshot({ path: join(out, `${name}-${width}-${look}.png`), fullPage: name !== 'roster' });
    if (name === 'found') await page.locator('#search').fill('');
  }
  for (const fault of context.faults) console.log(`${look} ${width}: ${fault}`);
  await context.close();
}

async function inArabic(context, who) {
  const first = await context.newPage();
  await first.goto(origin);
  await first.evaluate(() => localStorage.setItem('entente.language', 'en'));
  await first.close();
  const page = await signIn(context, who);
  await page.locator('.preferences select').first().selectOption('ar');
  return page;
}
