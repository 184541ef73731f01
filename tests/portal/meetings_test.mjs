// Meetings: found in a calendar, looked at with agenda and papers, answered, taken along; each sees their own part.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { LINE_LOST, open, origin, quit, signIn, typedAndKept, violations, without } from './browser.mjs';

let context;
let page;
before(async () => {
  // 403: how many others can see it is told to its keepers only.
  context = await open('anna.lindqvist', { expected: [/status of 403/] });
  page = await signIn(context, 'anna.lindqvist');
});
after(async () => {
  await quit(); // first: an open browser would hold the run for ever
  assert.deepEqual(context.faults, []);
});
const row = (title) => page.locator('.meetings > li').filter({ hasText: title });
async function goTo(place) {
  await page.goto(`${origin}/${place}`);
  await page.locator('h1').first().waitFor();
}

test('the calendar shows what comes, what was, and a month; a cancelled one says so, and a hostile title is only text', async () => {
  await page.getByRole('link', { name: 'Meetings', exact: true }).click();
  await row('Working Group on Returns').getByText('Fri, 14 March 2031 at 09:30').waitFor();
  // Eastern summer time has begun on the 9th, Sweden's has not.
  await row('Working Group on Returns').getByText(/by your clock: Fri, 14 March 2031 at 14:30/).waitFor();
  await row('<b>Steering</b> Group').getByText('Day not settled').waitFor();
  await row('Round on <data>').getByText('Cancelled').waitFor();
  assert.equal(await row('Round of 2021').count(), 0);
  assert.deepEqual(await violations(page), []);
  await page.getByRole('button', { name: 'Past' }).click();
  await row('Round of 2021').waitFor();
  assert.equal(await page.locator('.meetings > li').count(), 1);
  await page.goto(`${origin}/#/meetings?view=month&month=2031-03`);
  await page.getByRole('heading', { name: 'March 2031' }).waitFor();
  const days = async (title) => page.locator('.month td').filter({ hasText: title }).locator('time').evaluateAll((all) => all.map((one) => one.dateTime));
  await page.locator('.month a').first().waitFor();
  assert.deepEqual(await days('Working Group on Returns'), ['2031-03-14', '2031-03-15']);
  assert.deepEqual(await days('Steering'), ['2031-03-28', '2031-03-29']);
  assert.deepEqual(await violations(page), []);
  await page.getByRole('button', { name: 'Month after' }).click();
  await page.getByRole('heading', { name: 'April 2031' }).waitFor();
  await page.locator('.month a.cancelled').waitFor();
  assert.match(page.url(), /month=2031-04/);
});

test('my next meetings and the invitation that waits for my word stand on the first page', async () => {
  await goTo('#/');
  const next = page.locator('.my-next');
  await next.getByRole('link', { name: 'Working Group on Returns' }).waitFor();
  const waiting = page.locator('.invitations li').filter({ hasText: 'Working Group on Returns' });
  await waiting.getByText('Will you come?').waitFor();
  assert.deepEqual(await violations(page), []);
  await waiting.getByRole('button', { name: 'I come' }).click();
  await waiting.waitFor({ state: 'detached' });
  await next.getByText('comes', { exact: true }).waitFor();
});

test('a meeting shows both clocks, its agenda with papers, and who comes; I change my mind and back', async () => {
  await goTo('#/');
  await page.locator('.my-next').getByRole('link', { name: 'Working Group on Returns' }).click();
  await page.getByRole('heading', { level: 1, name: 'Working Group on Returns' }).waitFor();
  await page.getByText('America/New_York').waitFor();
  await page.getByText('Chatham House rule').waitFor();
  const agenda = page.locator('.agenda');
  assert.deepEqual(await agenda.locator('h3').allTextContents(), ['1. Opening', '2. Returns in 2026']);
  await agenda.getByText('09:30 · 15 minutes · led by Switzerland').waitFor();
  await agenda.getByRole('link', { name: 'Returns in 2026' }).waitFor();
  await agenda.getByRole('link', { name: 'Agenda of the spring meeting' }).waitFor();
  const comes = page.locator('.attendance');
  await comes.getByText('Prof. Ada Example').waitFor();
  assert.deepEqual(await violations(page), []);
  const mine = page.locator('.my-part');
  await mine.getByRole('button', { name: 'I do not come after all' }).click();
  await mine.getByText('does not come', { exact: true }).waitFor();
  await mine.getByRole('button', { name: 'I come' }).click();
  await mine.getByText('comes', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Who can see this' }).click();
  await page.getByText(/You can see it because you are: .*members of IGC/).waitFor();
  await agenda.getByRole('link', { name: 'Agenda of the spring meeting' }).click();
  await page.getByRole('heading', { level: 1, name: 'Agenda of the spring meeting' }).waitFor();
  await page.goBack();
  await page.getByRole('heading', { level: 1, name: 'Working Group on Returns' }).waitFor();
});

test('a focal point registers somebody of the own party, and takes it back', async () => {
  const comes = page.locator('.attendance');
  await comes.getByText('Register somebody of my party').click();
  await comes.getByLabel('Person').selectOption({ label: 'Eva Sandberg' });
  await comes.getByLabel('Role').selectOption({ label: 'Head of delegation' });
  await comes.getByRole('button', { name: 'Register', exact: true }).click();
  const eva = comes.getByRole('listitem').filter({ hasText: 'Eva Sandberg' }).filter({ hasText: 'Head of delegation' });
  await eva.getByText('comes', { exact: true }).waitFor();
  await eva.getByRole('button', { name: 'Remove Eva Sandberg' }).click();
  await eva.waitFor({ state: 'detached' });
});

test('it is taken along as iCalendar: the time and the zone, and nobody’s name', async () => {
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save to my calendar' }).click();
  const file = await saved;
  assert.equal(file.suggestedFilename(), '2031-03-14-igc.ics');
  const text = readFileSync(await file.path(), 'utf8');
  assert.match(text, /^BEGIN:VCALENDAR\r\n/);
  assert.match(text, /DTSTART;TZID=America\/New_York:20310314T093000/);
  assert.doesNotMatch(text, /Ada Example|ATTENDEE/);
  await goTo('#/meetings');
  await row('Working Group on Returns').waitFor();
  const all = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save to my calendar' }).click();
  const whole = readFileSync(await (await all).path(), 'utf8');
  assert.ok(whole.split('BEGIN:VEVENT').length - 1 >= 2);
});

test('a process’s page has its calendar', async () => {
  await goTo('#/process/igc');
  await row('Working Group on Returns').waitFor();
  await page.locator('section').filter({ has: page.getByRole('heading', { name: 'Calendar' }) }).getByRole('link', { name: 'Month' }).click();
  await page.getByRole('combobox', { name: 'In which process' }).waitFor();
  assert.match(page.url(), /process=igc/);
});

test('who was asked to one item sees that item and nothing else; to who was not asked there is no meeting', async () => {
  const theirs = await open('samira.haddad');
  const observer = await signIn(theirs, 'samira.haddad', '/#/meetings');
  await observer.locator('.meetings > li').first().waitFor();
  assert.deepEqual(await observer.locator('.meetings .name').allTextContents(), ['Working Group on Returns']);
  await observer.locator('.meetings .name').click();
  await observer.getByText('You are asked to single items').waitFor();
  assert.deepEqual(await observer.locator('.agenda h3').allTextContents(), ['Returns in 2026']);
  assert.equal(await observer.locator('.papers-of-item').count(), 0);
  const address = observer.url();
  assert.equal((await observer.content()).includes('Ada Example'), false);
  assert.deepEqual(await violations(observer), []);
  assert.deepEqual(theirs.faults, []);
  await theirs.close();
  const others = await open('kamon.wongsakul', { expected: [/status of 404/] });
  const stranger = await signIn(others, 'kamon.wongsakul', address.slice(origin.length));
  await stranger.getByText('It does not exist, or not for you.').waitFor();
  assert.deepEqual(others.faults, []);
  await others.close();
});

test('the secretariat asks a guest to one item', async () => {
  const theirs = await open('helena.brandt');
  const keeper = await signIn(theirs, 'helena.brandt', '/#/meetings');
  await keeper.getByRole('link', { name: 'Working Group on Returns' }).first().click();
  const comes = keeper.locator('.attendance');
  await comes.getByText('Ask to the meeting').first().click();
  await comes.getByLabel('Or a guest, by name').fill('Dr <i>Guest</i>');
  await comes.getByLabel('Role').selectOption({ label: 'Guest' });
  await comes.getByRole('checkbox', { name: /Returns in 2026/ }).check();
  await comes.getByRole('button', { name: 'Ask to the meeting' }).click();
  await comes.getByRole('listitem').filter({ hasText: 'Dr <i>Guest</i>' }).getByText('for 1 item').waitFor();
  assert.deepEqual(await violations(keeper), []);
  assert.deepEqual(theirs.faults, []);
  await theirs.close();
});

test('the secretariat plans a meeting with its agenda and papers, told who will see it, asks a delegation, changes it and cancels it', async () => {
  const theirs = await open('helena.brandt', { expected: [/status of 400/, /status of 40[39]/, /status of 412/] });
  let keeper = await signIn(theirs, 'helena.brandt', '/#/meetings');
  await keeper.getByRole('link', { name: 'Plan a meeting' }).click();
  await keeper.getByLabel('Title', { exact: true }).first().fill('Round on <i>visas</i>');
  await keeper.getByLabel('Begins', { exact: true }).first().fill('2032-05-04T10:00');
  await keeper.getByLabel('Ends', { exact: true }).fill('2032-05-04T09:00');
  await keeper.getByText('The end is before the beginning.').waitFor();
  await keeper.getByLabel('Ends', { exact: true }).fill('2032-05-04T17:00');
  await keeper.getByLabel('Time zone').fill('Europe/Nowhere');
  await keeper.getByLabel('Where').fill('Montréal');
  await keeper.getByLabel('Presides').selectOption({ label: 'Switzerland' });
  await keeper.getByRole('button', { name: 'Add an item' }).click();
  const item = (n) => keeper.getByRole('group', { name: `Item ${n}` });
  await item(1).getByLabel('Title', { exact: true }).fill('What was agreed');
  await item(1).getByLabel('Minutes').fill('30');
  await item(1).getByLabel('Papers').selectOption({ label: 'Agenda of the spring meeting' });
  await keeper.getByRole('button', { name: 'Add an item' }).click();
  await item(2).getByLabel('Title', { exact: true }).fill('Welcome');
  await typedAndKept(keeper, () => keeper.getByRole('button', { name: 'Move Welcome up' }).click());
  assert.equal(await item(1).getByLabel('Title', { exact: true }).inputValue(), 'Welcome');
  await keeper.locator('.who-will-see').getByText(/\d+ people can see this/).waitFor();
  assert.deepEqual(await violations(keeper), []);
  // Refused by the server: it says what is wrong, and everything stands as it was typed, even after the tab was closed.
  await keeper.getByRole('button', { name: /^Plan it: \d+ people will see it/ }).click();
  await keeper.getByRole('alert').getByText('time_zone').waitFor();
  await keeper.close();
  keeper = await theirs.newPage();
  await keeper.goto(`${origin}/#/plan`);
  await keeper.getByText('What you had typed and not saved is here again.').waitFor();
  assert.equal(await keeper.getByRole('group', { name: 'Item 2' }).getByLabel('Title', { exact: true }).inputValue(), 'What was agreed');
  await keeper.getByLabel('Time zone').fill('America/Toronto');
  await keeper.getByRole('button', { name: /^Plan it: \d+ people will see it/ }).click();
  await keeper.getByRole('heading', { level: 1, name: 'Round on <i>visas</i>' }).waitFor();
  const agenda = keeper.locator('.agenda');
  assert.deepEqual(await agenda.locator('h3').allTextContents(), ['1. Welcome', '2. What was agreed']);
  await agenda.getByRole('link', { name: 'Agenda of the spring meeting' }).waitFor();
  await keeper.getByText('Tue, 4 May 2032 at 10:00').or(keeper.getByText(/Tue, 4 May 2032, 10:00/)).first().waitFor();
  const comes = keeper.locator('.attendance');
  await comes.getByText('Ask to the meeting').first().click();
  await comes.getByLabel('Party').selectOption({ label: 'Sweden' });
  await comes.getByRole('button', { name: 'Ask to the meeting' }).click();
  await comes.getByRole('heading', { name: 'Sweden' }).waitFor();
  // Changed in two tabs: the second is told, and keeps what it has typed.
  const second = await theirs.newPage();
  const id = keeper.url().split('/').pop();
  for (const tab of [keeper, second]) {
    await tab.goto(`${origin}/#/plan/${id}`);
    await tab.locator('.who-will-see').getByText(/\d+ people can see this/).waitFor();
    assert.equal(await tab.getByRole('group', { name: 'Item 2' }).getByLabel('Minutes').inputValue(), '30');
  }
  await keeper.getByLabel('Where').fill('Toronto');
  await keeper.getByRole('button', { name: 'Save' }).click();
  await keeper.getByText('Toronto', { exact: true }).waitFor();
  await second.getByLabel('Title', { exact: true }).first().fill('Round on visas');
  await second.getByRole('button', { name: 'Save' }).click();
  await second.getByText('Somebody else changed this meanwhile.').waitFor();
  assert.equal(await second.getByLabel('Title', { exact: true }).first().inputValue(), 'Round on visas');
  await second.getByRole('button', { name: 'Keep mine over the newest' }).click();
  await second.getByRole('button', { name: 'Save' }).click();
  await second.getByRole('heading', { level: 1, name: 'Round on visas' }).waitFor();
  await second.getByRole('link', { name: 'Change the meeting' }).click();
  await second.getByRole('button', { name: 'Cancel the meeting' }).click();
  const asks = second.getByRole('dialog', { name: 'Cancel the meeting' });
  await asks.getByLabel('Why').fill('no <quorum>');
  assert.deepEqual(await violations(second), []);
  await asks.getByRole('button', { name: 'Cancel the meeting' }).click();
  await second.getByText('no <quorum>').waitFor();
  assert.equal(await second.getByRole('link', { name: 'Change the meeting' }).count(), 0);
  assert.deepEqual(theirs.faults, []);
  await theirs.close();
  // Who does not keep it is not offered it, and not shown the form.
  await goTo(`#/plan/${id}`);
  await page.getByText('You may see this, but not change it.').waitFor();
  await goTo('#/meetings');
  assert.equal(await page.getByRole('link', { name: 'Plan a meeting' }).count(), 0);
});

test('a meeting whose answer was lost is not planned twice, and one that ends at midnight takes no other day', async () => {
  const theirs = await open('helena.brandt', { expected: [...LINE_LOST, /ERR_FAILED/, /status of 40[39]/] });
  const keeper = await signIn(theirs, 'helena.brandt', '/#/plan');
  await keeper.getByLabel('Title', { exact: true }).first().fill('An evening on "\u05d0\u05d1"');
  await keeper.getByLabel('Begins', { exact: true }).first().fill('2033-02-28T18:00');
  await keeper.getByLabel('Ends', { exact: true }).fill('2033-03-01T00:00');
  await keeper.getByLabel('Time zone').fill('Pacific/Auckland');
  await keeper.getByLabel('Presides').selectOption({ label: 'Switzerland' });
  await keeper.locator('.who-will-see').getByText(/\d+ people can see this/).waitFor();
  await keeper.route('**/CreateMeeting', async (route) => { await route.fetch(); await route.abort(); });
  const plan = keeper.getByRole('button', { name: /^Plan it: \d+ people will see it/ });
  await plan.click();
  await keeper.getByText('The server cannot be reached.').waitFor();
  await keeper.unroute('**/CreateMeeting');
  await plan.dblclick();
  await keeper.getByRole('heading', { level: 1, name: 'An evening on' }).waitFor();
  await keeper.goto(`${origin}/#/meetings?view=month&month=2033-02`);
  await keeper.locator('.month').waitFor();
  assert.deepEqual(await keeper.locator('.month td').filter({ hasText: 'An evening' }).locator('time').evaluateAll((all) => all.map((one) => one.dateTime)), ['2033-02-28']);
  assert.equal(await keeper.locator('.month li').filter({ hasText: 'An evening' }).count(), 1);
  assert.deepEqual(theirs.faults, []);
  await theirs.close();
});

test('a draft is written for the chair first; the names in it are found, one is mended, one set aside, and it is adopted', async () => {
  const theirs = await open('helena.brandt');
  const keeper = await signIn(theirs, 'helena.brandt', '/#/meetings');
  await keeper.getByRole('link', { name: 'Working Group on Returns' }).first().click();
  await keeper.getByRole('button', { name: 'Write the record' }).click();
  await typedAndKept(keeper, () => keeper.getByLabel('What was said').fill('The group <i>met</i>.\nSweden asked for figures.\nThe Swiss Style guide was used.'));
  await keeper.locator('.who-will-see').getByText(/\d+ (person|people) can see this/).waitFor();
  assert.deepEqual(await violations(keeper), []);
  // What was typed is there again after the tab was closed.
  await keeper.reload();
  await keeper.getByRole('button', { name: 'Write the record' }).click();
  await keeper.getByText('What you had typed and not saved is here again.').waitFor();
  await keeper.getByRole('button', { name: 'Save the draft' }).click();
  const text = keeper.locator('.record-lines');
  await text.locator('mark').filter({ hasText: 'Sweden' }).waitFor();
  assert.deepEqual(await text.locator('li').allTextContents(), ['The group <i>met</i>.', 'Sweden asked for figures.', 'The Swiss Style guide was used.']);
  assert.deepEqual(await violations(keeper), []);
  const address = keeper.url().slice(origin.length);
  await goTo(address.slice(1));
  await page.getByRole('heading', { level: 1, name: 'Working Group on Returns' }).waitFor();
  assert.equal(await page.locator('.meeting-record').count(), 0);
  await keeper.getByRole('button', { name: 'Change the draft' }).click();
  await keeper.getByLabel('What was said').fill('The group <i>met</i>.\nOne asked for figures.\nThe Swiss Style guide was used.');
  await keeper.getByRole('button', { name: 'Save the draft' }).click();
  await keeper.getByText('revision 2').waitFor();
  assert.deepEqual(theirs.faults, []);
  await theirs.close();

  const chairs = await open('reto.ammann', { expected: LINE_LOST });
  const chair = await signIn(chairs, 'reto.ammann', address);
  await chair.locator('.record-lines mark').filter({ hasText: 'Swiss' }).waitFor();
  assert.ok(await chair.getByRole('button', { name: 'Adopt the record' }).isDisabled());
  await chair.getByLabel('Comment on the draft').fill('<b>Right</b>.');
  await chair.getByLabel('Line', { exact: true }).fill('2');
  await chair.getByRole('button', { name: 'Send the comment' }).click();
  await chair.locator('.comments .said').getByText('<b>Right</b>.').waitFor();
  await chair.locator('.findings').getByRole('checkbox').check();
  await chair.locator('.findings').getByLabel('Why').fill('the title of a book');
  await without(() => chair.getByRole('button', { name: 'Set 1 place aside' }).click(), chair.locator('.findings'));
  await chair.locator('.findings').getByText('the title of a book').waitFor();
  assert.deepEqual(await violations(chair), []);
  await chair.getByRole('button', { name: 'Adopt the record' }).click();
  await without(() => chair.getByRole('button', { name: 'Adopt revision 2' }).click(), chair.getByRole('dialog', { name: 'Adopt the record' }));
  await chair.locator('.meeting-record').getByText(/^Adopted /).waitFor();
  assert.equal(await chair.getByRole('button', { name: 'Change the draft' }).count(), 0);
  assert.deepEqual(chairs.faults, []);
  await chairs.close();

  await page.reload();
  await page.locator('.meeting-record').getByText(/^Adopted /).waitFor();
  await page.locator('.record-lines').getByText('One asked for figures.').waitFor();
});

test('a restricted record is opened with a receipt, and only when one asks', async () => {
  context.expected.push(/status of 400/);
  await goTo('#/meetings?view=past');
  await page.getByRole('link', { name: 'Round of 2021' }).click();
  const record = page.locator('.meeting-record');
  await record.getByText('opening it leaves a receipt').waitFor();
  assert.equal(await page.getByText('It asks for figures by autumn.').count(), 0);
  await record.getByRole('button', { name: 'Read' }).click();
  await record.getByText('It asks for figures by autumn.').waitFor();
  await record.getByText('Decision: Figures by autumn').waitFor();
  // The checkpoint that has the entry is signed within a second or so.
  const ledger = page.getByRole('button', { name: 'What the ledger says' });
  for (let tries = 0; tries < 60 && await page.getByText('meetings.record.read').count() === 0; ++tries) {
    if (await ledger.getAttribute('aria-expanded') === 'true') await ledger.click();
    await page.waitForTimeout(250);
    await ledger.click();
    await page.locator('.record-panel .card').waitFor();
  }
  await page.getByText('meetings.record.read').first().waitFor();
  assert.deepEqual(await violations(page), []);
});
