// The line is lost in the midst of every form, and the session ends in long ones: the page says so, nothing that was typed or
// chosen is lost, and the same button does it once the line is back.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { call, draftsIn, LINE_LOST, network, offline, open, origin, passwordOf, quit, signIn, until, valuesOf, without } from './browser.mjs';

let members; // a focal point's browser
let member;
let keepers; // the secretariat's
let keeper;
before(async () => {
  members = await open('anna.lindqvist', { expected: LINE_LOST });
  member = await signIn(members, 'anna.lindqvist');
  keepers = await open('helena.brandt', { expected: LINE_LOST });
  keeper = await signIn(keepers, 'helena.brandt');
});
after(async () => {
  await quit(); // first: an open browser would hold the run for ever
  assert.deepEqual([...members.faults, ...keepers.faults], []);
});

const file = (name) => ({ name, mimeType: 'text/plain', buffer: Buffer.from('Some text.\n') });
const chooseFile = (page) => page.getByLabel('Choose a file', { exact: true }).and(page.locator('input'));

test('signing in', async () => {
  const other = await open('emily.tremblay', { expected: LINE_LOST });
  const page = await other.newPage();
  await page.goto(origin);
  await page.getByLabel('Password').fill(passwordOf('emily.tremblay'));
  await without(() => page.getByRole('button', { name: 'Sign in' }).click(), page.locator('form'));
  // The words of another language, which are fetched when they are chosen.
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
  await offline(other, async () => {
    await page.locator('.preferences select').first().selectOption('ru');
    await page.locator('.preferences').getByText('The server cannot be reached.').waitFor();
  });
  await page.locator('.preferences select').first().selectOption('ru');
  await page.getByRole('button', { name: 'Выйти' }).waitFor();
  await page.locator('.preferences select').first().selectOption('en');
  // And out again.
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
  await without(() => page.getByRole('button', { name: 'Sign out' }).click(), page.locator('.me'));
  await page.getByText('You are signed out.').or(page.getByLabel('Password')).first().waitFor();
  assert.deepEqual(other.faults, []);
  await other.close();
});

test('looking for somebody', async () => {
  const box = member.getByRole('searchbox');
  const failed = member.locator('.page.home .notice.bad');
  const looked = async (words) => {
    await offline(members, async () => {
      await box.fill(words);
      await failed.getByText('The server cannot be reached.').waitFor();
      // Said once, however much is looked for besides, and a while later.
      await member.waitForTimeout(1_000);
      assert.equal(await failed.count(), 1);
      assert.equal(await box.inputValue(), words);
    });
    await failed.getByRole('button', { name: 'Try again' }).click();
    await member.locator('.people li').filter({ hasText: 'Reto Ammann' }).getByText('Switzerland').waitFor();
    await failed.waitFor({ state: 'detached' });
  };
  await looked('ammann'); // before anything was found, and behind it
  await looked('ammann switz');
});

test('an entry, in every script', async () => {
  const words = 'Προϊσταμένη · 課長 · ผู้อำนวยการ · निदेशक · ዳይሬክተር · מנהלת · مديرة · Начальник · ղեկավար · დირექტორი';
  await member.goto(`${origin}/#/person/swe.anna.lindqvist`);
  await member.getByRole('button', { name: 'Change the entry' }).click();
  const form = member.getByRole('form', { name: 'Change the entry' });
  await form.getByLabel('Title', { exact: true }).fill(words);
  await without(() => form.getByRole('button', { name: 'Save' }).click(), form);
  await member.locator('.person-card').getByText(words).waitFor();
});

test('handing over an office', async () => {
  const { offices } = await call(member, 'DirectoryService/ListOffices', { party: 'parties/SWE', pageSize: 1000 });
  const { office, appointments } = offices.findLast((one) => one.office.process === 'processes/igc' && one.office.kind !== 'FOCAL_POINT');
  await member.goto(`${origin}/#/office/${office.name.split('/')[1]}`);
  await member.getByRole('button', { name: 'Hand over' }).click();
  const dialog = member.getByRole('dialog', { name: 'Hand over' });
  const held = new Set(appointments?.map((one) => one.person));
  await dialog.getByLabel('Next holder').locator('option').nth(2).waitFor({ state: 'attached' });
  const next = (await dialog.getByLabel('Next holder').locator('option').evaluateAll((all) => all.map((one) => one.value))).find((one) => one !== '' && !held.has(one));
  await dialog.getByLabel('Next holder').selectOption(next);
  await dialog.getByLabel('Your certificate file').setInputFiles(join(network, 'credentials/anna.lindqvist/bundle.p12'));
  await dialog.getByLabel('Password of the file').fill(passwordOf('anna.lindqvist'));
  await without(() => dialog.getByRole('button', { name: 'Sign and hand over' }).click(), dialog);
  await member.getByText('Handed over. The ledger has it.').waitFor();
});

test('bringing a document, and sending it around', async () => {
  await keeper.goto(`${origin}/#/bring`);
  await chooseFile(keeper).setInputFiles(file('broken_line.txt'));
  await keeper.getByLabel('What it is about').fill('Written while the line broke');
  const bring = keeper.getByRole('button', { name: /^Bring it: / });
  await bring.waitFor();
  await without(() => bring.click(), keeper.locator('main form'));
  await keeper.getByRole('heading', { level: 1, name: 'broken line' }).waitFor();
  await keeper.getByRole('link', { name: 'Send it around' }).click();
  await keeper.getByLabel('Covering note').fill('Written while the line broke, too');
  const send = keeper.getByRole('button', { name: /^Send to \d+ people/ });
  await send.waitFor();
  await without(() => send.click(), keeper.locator('main form'));
  await keeper.getByRole('heading', { name: 'Who has opened it, and who has not' }).waitFor();
});

test('a word on what was sent', async () => {
  await member.goto(`${origin}/#/inbox/all`);
  await member.locator('.mail li').filter({ hasText: 'broken line' }).getByRole('link').first().click();
  const word = member.locator('.my-word');
  await word.getByRole('button', { name: 'Acknowledge', exact: true }).waitFor();
  await without(() => word.getByRole('button', { name: 'Acknowledge', exact: true }).click(), word);
  await word.getByRole('button', { name: 'Acknowledge', exact: true }).waitFor({ state: 'detached' });
  await word.getByLabel('Comment').fill('Said while the line broke');
  await without(() => word.getByRole('button', { name: 'Send the comment' }).click(), word);
  await member.locator('.said').getByText('Said while the line broke').waitFor();
});

test('planning a meeting, the session ended besides; asking to it; its record', async () => {
  await keeper.goto(`${origin}/#/plan`);
  await keeper.getByLabel('Title', { exact: true }).fill('Planned on a bad line');
  await keeper.getByLabel('Begins', { exact: true }).fill('2033-05-04T10:00');
  await keeper.getByLabel('Ends', { exact: true }).fill('2033-05-04T17:00');
  const plan = keeper.getByRole('button', { name: /^Plan it: / });
  await plan.waitFor();
  const form = keeper.locator('main form');
  const before = await valuesOf(form);
  await offline(keepers, async () => {
    await plan.click();
    await form.getByText('The server cannot be reached.').first().waitFor();
    assert.deepEqual(await valuesOf(form), before);
  });
  const out = () => call(keeper, 'SessionService/SignOut', {});
  const again = async () => {
    await keeper.getByRole('dialog', { name: 'Your session has ended' }).getByLabel('Password').fill(passwordOf('helena.brandt'));
    await keeper.keyboard.press('Enter');
  };
  await out();
  await plan.click();
  await again();
  await keeper.getByRole('heading', { level: 1, name: 'Planned on a bad line' }).waitFor();
  const comes = keeper.locator('.attendance');
  await comes.getByText('Ask to the meeting').first().click();
  await comes.getByLabel('Or a guest, by name').fill('Dr Broken Line');
  await without(() => comes.getByRole('button', { name: 'Ask to the meeting' }).click(), comes);
  await comes.getByText('Dr Broken Line').waitFor();
  await keeper.getByRole('button', { name: 'Write the record' }).click();
  await keeper.getByLabel('What was said').fill('A long record, written while the line broke and the session ended.');
  await keeper.locator('.who-will-see').getByText(/can see this/).waitFor();
  const save = keeper.getByRole('button', { name: 'Save the draft' });
  const record = keeper.locator('.write-record');
  const written = await valuesOf(record);
  await offline(keepers, async () => {
    await save.click();
    await record.getByText('The server cannot be reached.').first().waitFor();
    assert.deepEqual(await valuesOf(record), written);
  });
  await out();
  await save.click();
  await again();
  await keeper.locator('.record-lines').getByText('A long record, written while the line broke and the session ended.').waitFor();
  const comments = keeper.getByRole('region', { name: 'What was said' });
  await comments.getByLabel('Comment on the draft').fill('Said to it while the line broke');
  await without(() => comments.getByRole('button', { name: 'Send the comment' }).click(), comments);
  await comments.locator('.said').getByText('Said to it while the line broke').waitFor();
});

test('how the network writes to me', async () => {
  await member.goto(`${origin}/#/account`);
  const card = member.locator('section.card').filter({ hasText: 'E-mail notices' });
  const when = card.getByRole('combobox').first();
  await when.waitFor();
  const other = (await when.locator('option').evaluateAll((all) => all.map((one) => one.value))).find((one) => one !== '0');
  await offline(members, async () => {
    await when.selectOption(other);
    await card.getByText('The server cannot be reached.').waitFor();
    assert.equal(await when.inputValue(), other);
  });
  await card.getByRole('button', { name: 'Try again' }).click();
  await card.getByText('The server cannot be reached.').waitFor({ state: 'detached' });
  await member.reload();
  await when.waitFor();
  assert.equal(await when.inputValue(), other);
});

test('trying and sending figures', async () => {
  const demo = fileURLToPath(new URL('../../deploy/statistics/demo/', import.meta.url));
  await member.goto(`${origin}/#/statistics/IGC.POPULATION`);
  await chooseFile(member).waitFor({ state: 'attached' });
  await offline(members, async () => {
    await chooseFile(member).setInputFiles({ name: 'population.csv', mimeType: 'text/csv', buffer: readFileSync(demo + 'population-swe.csv') });
    await member.locator('.upload').getByText('The server cannot be reached.').waitFor();
  });
  // The file is not chosen anew.
  await member.locator('.upload').getByRole('button', { name: 'Try again' }).click();
  await member.getByText(/figures, no fault/).waitFor();
  const upload = member.locator('.upload');
  await upload.getByLabel('Your certificate file').setInputFiles(join(network, 'credentials/anna.lindqvist/bundle.p12'));
  await upload.getByLabel('Password of the file').fill(passwordOf('anna.lindqvist'));
  await without(() => upload.getByRole('button', { name: 'Sign and report' }).click(), upload);
  await member.getByText(/figures are reported/).waitFor();
});

// Each: whose tab, where, how the form is opened there, its field and what is typed or chosen in it; the draft's name.
const HERE_AGAIN = 'What you had typed and not saved is here again.';
async function formsOf() {
  const { offices } = await call(member, 'DirectoryService/ListOffices', { party: 'parties/SWE', pageSize: 1000 });
  const office = offices.find((one) => one.office.process === 'processes/igc' && one.office.kind === 'FOCAL_POINT').office.name;
  const { meetings } = await call(keeper, 'MeetingService/ListMeetings', { process: 'processes/igc', pageSize: 200 });
  const meeting = meetings.find((one) => Object.values(one.title?.byLanguage ?? {})[0] === 'Planned on a bad line').name;
  const { documents } = await call(keeper, 'DocumentService/ListDocuments', { process: 'processes/igc', pageSize: 200 });
  const paper = documents.find((one) => Object.values(one.title?.byLanguage ?? {})[0] === 'broken line').name;
  const { circulations } = await call(member, 'CirculationService/ListInbox', { pageSize: 100 });
  const circulation = circulations.find((one) => one.documents.includes(paper)).name;
  const press = (name) => (page) => page.getByRole('button', { name, exact: true }).click();
  // What was half-typed unfolds by itself when it is back, maybe just before the press, which then folds it.
  const unfold = (words) => async (page) => {
    const summary = page.locator('summary').getByText(words, { exact: true });
    const isOpen = () => summary.evaluate((one) => one.closest('details').open);
    await until(async () => { if (!await isOpen()) await summary.click(); return isOpen(); }, words);
  };
  const nothing = () => undefined;
  return [
    [members, '#/person/swe.anna.lindqvist', press('Change the entry'), 'Title', 'Half a title', 'person persons/swe.anna.lindqvist'],
    [members, `#/${office.replace('offices', 'office')}`, press('Hand over'), 'Next holder', 1, `hand over ${office}`],
    [members, `#/${circulation.replace('circulations', 'circulation')}`, nothing, 'Comment', 'Half a comment', `comment ${circulation}`],
    [members, `#/${meeting.replace('meetings', 'meeting')}`, unfold('Register somebody of my party'), 'Person', 1, `register ${meeting}`],
    [keepers, `#/${meeting.replace('meetings', 'meeting')}`, unfold('Ask to the meeting'), 'Or a guest, by name', 'Half a guest', `invite ${meeting}`],
    [keepers, `#/${meeting.replace('meetings', 'meeting')}`, nothing, 'Comment on the draft', 'Half a word', `record comment ${meeting}/record`],
    [keepers, `#/${meeting.replace('meetings', 'meeting')}`, press('Change the draft'), 'What was said', 'Half a record', `record ${meeting}`],
    [keepers, `#/${meeting.replace('meetings', 'plan')}`, press('Cancel the meeting'), 'Why', 'Half a reason', `cancel ${meeting}`],
    [keepers, `#/${meeting.replace('meetings', 'plan')}`, nothing, 'Where', 'Half a place', `plan ${meeting}`],
    [keepers, '#/plan', nothing, 'Title', 'Half a meeting', 'plan'],
    [keepers, `#/${paper.replace('documents', 'send')}`, nothing, 'Covering note', 'Half a note', `send ${paper}`],
    [keepers, `#/${paper.replace('documents', 'bring')}`, nothing, 'Language', 'fr', `bring ${paper}`],
  ];
}
const keptAs = (page, name) => until(async () => (await draftsIn(page)).some((one) => one.name === name), `a draft of ${name}`);
const goneAs = (page, name) => until(async () => !(await draftsIn(page)).some((one) => one.name === name), `no draft of ${name}`);

test('what was half-typed in any form outlasts a closed tab, and is thrown away at a word', async () => {
  for (const [context, place, opened, label, typed, name] of await formsOf()) {
    const field = (tab) => tab.locator('main').getByLabel(label, { exact: true }).and(tab.locator('input, textarea, select')).first();
    const first = await context.newPage();
    await first.goto(`${origin}/${place}`);
    await first.locator('h1').waitFor();
    await opened(first);
    const select = await field(first).evaluate((one) => one.tagName === 'SELECT');
    if (typeof typed === 'number') await field(first).locator('option').nth(typed).waitFor({ state: 'attached' });
    await (select ? field(first).selectOption(typeof typed === 'number' ? { index: typed } : typed) : field(first).fill(typed));
    const value = await field(first).inputValue();
    await keptAs(first, name);
    await first.close();
    const second = await context.newPage();
    await second.goto(`${origin}/${place}`);
    await second.locator('h1').waitFor();
    await opened(second);
    await until(async () => await field(second).inputValue() === value, name);
    if (await second.getByText(HERE_AGAIN).count() > 0) { // a comment just stands where it was typed
      await second.getByRole('button', { name: 'Discard it' }).first().click();
      await until(async () => await field(second).inputValue() !== value, name);
      await goneAs(second, name); // or the next form of that page finds it
    }
    await second.close();
  }
});

// A new form without a draft is noticed here. Beside each that has none, why.
const WITHOUT_DRAFT = { 'pages/sign-in': 'a password', 'pages/home': 'a question, kept in the page', 'pages/statistics': 'the choice stands in the address', 'pages/meetings': 'a filter', 'pages/documents': 'a filter',
  'pages/profile': 'a filter', 'pages/process': 'a filter', 'pages/design': 'a sample', 'pages/account': 'kept at once, or a public key', 'ui/office-keys': 'a file and its password', 'ui/upload': 'a file and its password', 'ui/sealed-texts': 'a file and its password', 'ui/key-fields': 'a file and its password',
  'ui/code-picker': 'a filter', 'ui/audience': 'of the form around it', 'ui/agenda-fields': 'of the form around it', 'ui/change': 'of the form around it', 'ui/notices-card': 'kept at once' };
test('every form of the portal holds a draft', () => {
  const source = fileURLToPath(new URL('../../client/portal/src/', import.meta.url));
  const files = readdirSync(source, { recursive: true }).filter((one) => one.endsWith('.tsx'));
  const bare = files.filter((one) => { const text = readFileSync(join(source, one), 'utf8'); return /<(form|textarea)\b|<input\b(?![^>]*type="(checkbox|range|file)")/.test(text) && !text.includes('useDraft('); }).map((one) => one.replace('.tsx', ''));
  assert.deepEqual(bare.filter((one) => !WITHOUT_DRAFT[one]), []);
});

test('what was half-typed is there on the way back and forth, and in a second tab', async () => {
  await keeper.goto(`${origin}/#/documents`);
  await keeper.getByRole('link', { name: 'Bring a document' }).click();
  await keeper.getByLabel('Title', { exact: true }).fill('Half a title');
  await keptAs(keeper, 'bring');
  await keeper.goBack();
  await keeper.locator('.papers li').first().waitFor();
  await keeper.goForward();
  await keeper.getByText(HERE_AGAIN).waitFor();
  assert.equal(await keeper.getByLabel('Title', { exact: true }).inputValue(), 'Half a title');
  const second = await keepers.newPage();
  await second.goto(`${origin}/#/bring`);
  await second.getByText(HERE_AGAIN).waitFor();
  assert.equal(await second.getByLabel('Title', { exact: true }).inputValue(), 'Half a title');
  // What stays in this browser is in no place that a script could read as text.
  const kept = await second.evaluate(async () => {
    const rows = await new Promise((resolve) => { const opening = indexedDB.open('entente-drafts'); opening.onsuccess = () => { const all = opening.result.transaction('rows').objectStore('rows').getAll(); all.onsuccess = () => resolve(all.result); }; });
    const text = rows.map((one) => one.bytes ? new TextDecoder().decode(one.bytes) : '').join();
    return JSON.stringify({ ...localStorage }) + JSON.stringify({ ...sessionStorage }) + text + location.href;
  });
  assert.ok(!kept.includes('Half a title'));
  await second.getByRole('button', { name: 'Cancel' }).click();
  await second.locator('.papers li').first().waitFor();
});

// What is one press, or only looked at, on a line that breaks: it says so where it was pressed, and does it once the line is back.
// Each: where, within what it is said, what is pressed, and what stands there then.
const again = (box) => () => box.getByRole('button', { name: 'Try again' }).first().click();
async function pressed(page, place, within, press, done, retries = false) {
  if (place !== '') {
    await page.goto(`${origin}/${place}`);
    await page.locator('h1').first().waitFor();
  }
  const box = page.locator(within).first();
  await press(box).waitFor();
  await without(() => press(box).click(), box, retries ? again(box) : undefined);
  await done(box);
  assert.equal(await box.getByText('The server cannot be reached.').count(), 0, `${place} ${within}`);
}
const button = (name) => (box) => box.getByRole('button', { name, exact: true }).first();
const gone = (...words) => (box) => box.getByText(...words).first().waitFor({ state: 'detached' });
const there = (...words) => (box) => box.getByText(...words).first().waitFor();

test('coming to a meeting, registering another, taking them off, changing the meeting, cancelling it', async () => {
  const { meetings } = await call(keeper, 'MeetingService/ListMeetings', { process: 'processes/igc', pageSize: 200 });
  const id = meetings.find((one) => Object.values(one.title?.byLanguage ?? {})[0] === 'Planned on a bad line').name.split('/')[1];
  await keeper.goto(`${origin}/#/meeting/${id}`);
  const asks = keeper.locator('.attendance');
  await asks.getByText('Ask to the meeting').first().click();
  await asks.getByLabel('Party').selectOption({ label: 'Sweden' });
  await without(() => asks.getByRole('button', { name: 'Ask to the meeting' }).click(), asks);
  await asks.getByRole('heading', { name: 'Sweden' }).waitFor();
  // Asked on the first page, changed on the meeting's.
  await member.goto(`${origin}/#/processes`);
  await member.goto(`${origin}/#/`);
  const due = member.locator('section.card').filter({ hasText: 'Due from me' });
  const mine = due.locator('.invitations li').filter({ hasText: 'Planned on a bad line' });
  await mine.waitFor();
  await without(() => mine.getByRole('button', { name: 'I come' }).click(), due);
  await mine.waitFor({ state: 'detached' });
  await pressed(member, `#/meeting/${id}`, '.my-part', button('I do not come after all'), there('does not come', { exact: true }));
  const comes = member.locator('.attendance');
  await comes.getByText('Register somebody of my party').click();
  await comes.getByLabel('Person').selectOption({ label: 'Eva Sandberg' });
  await without(() => comes.getByRole('button', { name: 'Register', exact: true }).click(), comes);
  const eva = comes.getByRole('listitem').filter({ hasText: 'Eva Sandberg' });
  await eva.waitFor();
  await without(() => eva.getByRole('button', { name: 'Remove Eva Sandberg' }).click(), comes);
  await eva.waitFor({ state: 'detached' });
  await pressed(member, '', '.page', button('Save to my calendar'), () => undefined);
  await keeper.goto(`${origin}/#/plan/${id}`);
  await keeper.locator('.who-will-see').getByText(/can see this/).waitFor();
  await keeper.getByRole('button', { name: 'Add an item' }).waitFor();
  await keeper.getByLabel('Presides').waitFor();
  await keeper.getByLabel('Where').fill('On a better line');
  await without(() => keeper.getByRole('button', { name: 'Save', exact: true }).click(), keeper.locator('main form'));
  await keeper.getByText('On a better line', { exact: true }).waitFor();
  await keeper.getByRole('link', { name: 'Change the meeting' }).click();
  await keeper.getByRole('button', { name: 'Cancel the meeting' }).click();
  const dialog = keeper.getByRole('dialog', { name: 'Cancel the meeting' });
  await dialog.getByLabel('Why').fill('the line');
  await without(() => dialog.getByRole('button', { name: 'Cancel the meeting' }).click(), dialog);
  await keeper.getByText('the line', { exact: true }).waitFor();
});

test('saying that it is done, breaking a silence, reminding, taking back', async () => {
  const { documents } = await call(keeper, 'DocumentService/ListDocuments', { process: 'processes/igc', pageSize: 200 });
  const paper = documents.find((one) => Object.values(one.title?.byLanguage ?? {})[0] === 'broken line').name;
  const entente = (...words) => execFileSync(join(process.env.PORTAL, '../cli/entente'), ['--profile', 'helena.brandt', ...words], { env: { ...process.env, XDG_CONFIG_HOME: join(network, 'config') }, encoding: 'utf8' });
  entente('sign-in');
  const sent = (...words) => /circulations\/([0-9a-f]{32})/.exec(entente('circulate', paper, ...words))[1];
  const action = sent('--for', 'action');
  const silence = sent('--for', 'approval-by-silence', '--deadline', '2099-01-02T12:00:00Z');
  await pressed(member, `#/circulation/${action}`, '.my-word', button('It is done'), () => member.getByText('has done it').waitFor());
  await member.goto(`${origin}/#/circulation/${silence}`);
  await member.getByRole('button', { name: 'Break the silence' }).click();
  const dialog = member.getByRole('dialog', { name: 'Break the silence' });
  await dialog.getByLabel('Why').fill('The line broke, the silence too.');
  await without(() => dialog.getByRole('button', { name: 'Break the silence' }).click(), dialog);
  await member.locator('.said').getByText('The line broke, the silence too.').waitFor();
  await pressed(keeper, `#/circulation/${action}`, '.board', button('Remind'), there(/reminded /));
  await pressed(keeper, '', '.board', button('Take it back'), () => keeper.getByText('recalled').first().waitFor());
});

test('reading, proving, confirming, saving a card, choosing figures and taking them along', async () => {
  const { documents } = await call(member, 'DocumentService/ListDocuments', { process: 'processes/igc', pageSize: 200 });
  const paper = documents.find((one) => Object.values(one.title?.byLanguage ?? {})[0] === 'broken line').name.split('/')[1];
  await pressed(member, `#/document/${paper}`, '[aria-label="Texts"]', button('Read'), there('Some text.'), true);
  await pressed(member, '', '.record-panel', button('Who can see this'), there(/You can see it because/), true);
  await pressed(member, '', '.record-panel', button('What the ledger says'), there('documents.document.create'), true);
  await pressed(member, '#/person/swe.anna.lindqvist', '.person-card', button('Still right'), there(/Confirmed this minute/));
  await pressed(member, '', '.person-card', button('Save as vCard'), () => undefined);
  await pressed(member, '#/statistics/IGC.ASYLUM', '[aria-label="Take along"]', button('XLSX'), () => undefined);
  const explorer = member.locator('.explorer');
  await member.locator('.long-table tbody tr').nth(1).waitFor();
  await offline(members, async () => {
    await member.getByRole('button', { name: 'Compare parties', exact: true }).click();
    await explorer.getByText('The server cannot be reached.').first().waitFor();
  });
  await again(explorer)();
  await member.getByRole('region', { name: 'Compare parties' }).waitFor();
});

test('the session’s end in words over the page, the line lost besides', async () => {
  await member.goto(`${origin}/#/processes`);
  await member.locator('.tiles li').first().waitFor();
  await call(member, 'SessionService/SignOut', {});
  await member.goto(`${origin}/#/documents`);
  const dialog = member.getByRole('dialog', { name: 'Your session has ended' });
  await dialog.getByLabel('Password').fill(passwordOf('anna.lindqvist'));
  await without(() => dialog.getByRole('button', { name: 'Sign in' }).click(), dialog);
  await dialog.waitFor({ state: 'detached' });
  await member.locator('.papers li').first().waitFor();
});
