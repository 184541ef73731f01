// screenshots.mjs OUT: each page at three widths, light, dark and in Arabic, as PNG files to be looked at. With the
// environment of tests/portal/browser.mjs: PORTAL, NETWORK, PORT.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { open, origin, quit, signIn } from '../../../tests/portal/browser.mjs';

const out = process.argv[2];
const only = process.argv[3] ?? '';
mkdirSync(out, { recursive: true });
const ME = 'anna.lindqvist';
const PAGES = {
  home: '#/', found: '#/?', person: '#/person/che.reto.ammann', processes: '#/processes', process: '#/process/igc', matrix: '#/matrix', roster: '#/roster/igc',
  documents: '#/documents', inbox: '#/inbox/all', paper: '#/documents >> Returns in 2026', circulation: '#/inbox/all >> Returns in 2026',
  meetings: '#/meetings', month: '#/meetings?view=month&month=2031-03', meeting: '#/meetings >> Working Group',
  statistics: '#/statistics', figures: '#/statistics/IGC.ASYLUM?CITIZEN=AFG%2BSYR', flow: '#/statistics/IGC.ASYLUM?view=flow', account: '#/account', design: '#/design',
};
const LOOKS = { light: {}, dark: { colorScheme: 'dark' }, arabic: { locale: 'ar' } };
for (const [look, options] of Object.entries(LOOKS)) {
  for (const width of [360, 820, 1440]) {
    const context = await open(ME, { viewport: { width, height: 900 }, locale: 'en-GB', ...options, });
    const page = look === 'arabic' ? await inEnglishFirst(context) : await signIn(context, ME);
    for (const [name, place] of Object.entries(PAGES)) {
      if (!name.includes(only)) continue;
      const [address, link] = place.split(' >> ');
      await page.goto(`${origin}/${address}`);
      await page.waitForTimeout(900);
      if (link) { // names are made anew with each network: gone to by their link
        await page.locator('main').getByRole('link').filter({ hasText: look === 'arabic' ? /Returns/ : link }).first().click();
        await page.waitForTimeout(700);
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
}
await quit();

async function inEnglishFirst(context) {
  const first = await context.newPage();
  await first.goto(origin);
  await first.evaluate(() => localStorage.setItem('entente.language', 'en'));
  await first.close();
  const page = await signIn(context, ME);
  await page.locator('.preferences select').first().selectOption('ar');
  return page;
}
