// Safe, a sentence each: the policy bites, no other site's page does anything with the session, a document is never a page,
// and nothing of what is restricted stays in the browser: not in an address, the history, a cache, or any file of its profile.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { bare, call, network, open, origin, passwordOf, quit, signIn, until } from './browser.mjs';

const ME = 'anna.lindqvist';
const folder = mkdtempSync(join(tmpdir(), 'entente-safe-'));
after(async () => {
  await quit(); // first: an open browser would hold the run for ever
  rmSync(folder, { recursive: true });
});
const filesUnder = (place) => readdirSync(place, { withFileTypes: true }).flatMap((one) => one.isDirectory() ? filesUnder(join(place, one.name)) : one.isFile() ? [join(place, one.name)] : []);
const entente = (account, ...words) => execFileSync(join(process.env.PORTAL, '../cli/entente'), ['--profile', account, ...words], { env: { ...process.env, XDG_CONFIG_HOME: join(network, 'config') }, encoding: 'utf8' });

// Each is tried in the page's own time: the debugger may do what the page may not. `refused` by an exception, or by the
// policy's own word on it; `done` is what must not come.
const TRIES = {
  'a script between tags': () => { const one = document.createElement('script'); one.textContent = 'globalThis.ran = 1'; document.head.append(one); },
  'a script from elsewhere': () => { const one = document.createElement('script'); one.src = 'https://elsewhere.example/x.js'; document.head.append(one); },
  'markup of a string': () => { document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="globalThis.ran = 1">'); },
  'a document of a string': () => { new DOMParser().parseFromString('<p>', 'text/html'); },
  'a handler of a string': () => { const one = document.createElement('button'); one.setAttribute('onclick', 'globalThis.ran = 1'); document.body.append(one); one.click(); },
  'code of a string': () => { (0, eval)('globalThis.ran = 1'); },
  'a function of a string': () => { new Function('globalThis.ran = 1')(); },
  'a timer of a string': () => { setTimeout('globalThis.ran = 1'); },
  'an address that is code': () => { const one = document.createElement('a'); one.href = 'javascript:globalThis.ran = 1'; document.body.append(one); one.click(); },
  'a policy that lets all through': () => { trustedTypes.createPolicy('default', { createHTML: (text) => text }); },
  'a worker of a string': () => { new Worker(URL.createObjectURL(new Blob(['1']))); },
  'a style between tags': () => { const one = document.createElement('style'); one.textContent = 'body { color: rgb(1, 2, 3) }'; document.head.append(one); },
  'a style in a tag': () => { document.body.setAttribute('style', 'color: rgb(1, 2, 3)'); },
  'a picture from elsewhere': () => { new Image().src = 'https://elsewhere.example/x.png'; },
  'a sound from elsewhere': () => { new Audio('https://elsewhere.example/x.ogg').load(); },
  'a letter type from elsewhere': () => { document.fonts.add(new FontFace('x', 'url(https://elsewhere.example/x.woff2)')); document.fonts.load('12px x').catch(() => undefined); },
  'a call to elsewhere': () => { void fetch('https://elsewhere.example/').catch(() => undefined); },
  'a line to elsewhere': () => { new WebSocket('wss://elsewhere.example/'); },
  'a beacon to elsewhere': () => { navigator.sendBeacon('https://elsewhere.example/', 'x'); },
  'a frame': () => { const one = document.createElement('iframe'); one.src = location.origin; document.body.append(one); },
  'a plug-in': () => { const one = document.createElement('object'); one.data = `${location.origin}/`; document.body.append(one); },
  'a form that is sent': () => { const one = document.createElement('form'); one.action = '/'; one.method = 'post'; document.body.append(one); one.submit(); },
  'another base': () => { const one = document.createElement('base'); one.href = 'https://elsewhere.example/'; document.head.append(one); },
  'a hint to fetch from elsewhere': () => { const one = document.createElement('link'); one.rel = 'prefetch'; one.href = 'https://elsewhere.example/'; document.head.append(one); },
};

test('the policy refuses every way to run, show, send or frame what is not this server’s', async () => {
  const context = await open(ME, { guarded: true, expected: [/policy: |Content Security Policy|TrustedHTML|TrustedScript|trusted|asked elsewhere: https:..elsewhere.example/i] });
  const page = await signIn(context, ME);
  // The debugger hears of a call also where the policy has stopped it: by nothing else may one to elsewhere end.
  const ends = [];
  context.on('requestfailed', (request) => { if (request.url().includes('elsewhere.example')) ends.push(request.failure().errorText); });
  context.on('requestfinished', (request) => { if (request.url().includes('elsewhere.example')) ends.push('answered'); });
  const all = `{${Object.entries(TRIES).map(([what, attempt]) => `${JSON.stringify(what)}: ${attempt}`).join()}}`;
  const told = await page.evaluate(`(${async (tries) => {
    const words = {};
    for (const [what, attempt] of Object.entries(tries)) {
      words[what] = await new Promise((resolve) => {
        const heard = (event) => { removeEventListener('securitypolicyviolation', heard); resolve(`refused: ${event.effectiveDirective}`); };
        addEventListener('securitypolicyviolation', heard);
        setTimeout(() => {
          try { attempt(); } catch (error) { removeEventListener('securitypolicyviolation', heard); resolve(`refused: ${error.name}`); }
        });
        setTimeout(() => { removeEventListener('securitypolicyviolation', heard); resolve('done'); }, 2_000);
      });
    }
    return { words, ran: globalThis.ran, base: document.baseURI, colour: getComputedStyle(document.body).color };
  }})(${all})`);
  assert.deepEqual(Object.entries(told.words).filter(([, one]) => !one.startsWith('refused')), []);
  assert.equal(told.ran, undefined);
  assert.deepEqual(ends.filter((one) => one !== 'csp'), []);
  assert.ok(told.base.startsWith(origin));
  assert.notEqual(told.colour, 'rgb(1, 2, 3)');
  assert.deepEqual(context.faults, []);
  await context.close();
});

test('what is built has no inline script or style, and names no address to load from', () => {
  const site = join(process.env.PORTAL, 'site');
  const html = readFileSync(join(site, 'index.html'), 'utf8');
  assert.deepEqual(html.match(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:/gi) ?? [], []);
  for (const [, address] of html.matchAll(/(?:src|href)="([^"]*)"/g)) assert.match(address, /^\.?\/?assets\//);
  // No browser offers to send these pages, or what is typed into them, to those who translate and mend it.
  assert.match(html, /<html [^>]*translate="no"[^>]*spellcheck="false"/);
  // Names of formats, which nothing is asked of; and of a licence, in a comment.
  const names = /^https?:\/\/(www\.w3\.org|www\.xfa\.org\/schema|ns\.adobe\.com|www\.apache\.org\/licenses|github\.com\/zloirock\/core-js|a\b|x\b|foo\.bar|example\.com)/;
  const found = filesUnder(site).filter((one) => /\.(html|m?js|css|svg)$/.test(one)).flatMap((one) => readFileSync(one, 'utf8').match(/\b(?:https?|wss?):\/\/[\w./:-]+/g) ?? []);
  assert.ok(found.length > 5);
  assert.deepEqual([...new Set(found)].filter((one) => !names.test(one)), []);
});

// A page of another server on the same host, so that the browser takes it for the same site and the cookie goes along: all
// that stands between it and the session is what the server looks at.
test('another site’s page does nothing and reads nothing in the session, though its calls bear the cookie', async () => {
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost',
    '-keyout', join(folder, 'evil.key'), '-out', join(folder, 'evil.pem')], { stdio: 'ignore' });
  const evil = createServer({ key: readFileSync(join(folder, 'evil.key')), cert: readFileSync(join(folder, 'evil.pem')) }, (_, reply) => {
    reply.writeHead(200, { 'content-type': 'text/html' });
    reply.end('<!doctype html><title>Prizes</title><h1>You have won</h1>');
  });
  await new Promise((resolve) => evil.listen(0, 'localhost', resolve));
  const context = await open(ME, { expected: [/asked elsewhere|logged:|status of 4/] });
  try {
    const page = await signIn(context, ME);
    const asked = [];
    context.on('response', async (response) => {
      if (!response.url().startsWith(`${origin}/entente`) && !response.url().startsWith(`${origin}/documents`)) return;
      const headers = await response.request().allHeaders();
      if (headers['sec-fetch-site'] !== 'same-origin') asked.push({ method: response.request().method(), status: response.status(), cookie: /__Host-entente=/.test(headers.cookie ?? ''), site: headers['sec-fetch-site'] });
    });
    const other = await context.newPage();
    await other.goto(`https://localhost:${evil.address().port}/`);
    const got = await other.evaluate(async (at) => {
      const call = `${at}/entente.v1.SessionService`;
      const read = [];
      const ask = async (name, path, options) => { try { const reply = await fetch(path, { credentials: 'include', ...options }); read.push(`${name}: ${reply.type} ${reply.status}`); } catch { read.push(`${name}: refused`); } };
      // What needs no leave (no-cors), and what asks for leave first.
      await ask('blind', `${call}/SignOut`, { method: 'POST', mode: 'no-cors', body: '{}', headers: { 'content-type': 'text/plain' } });
      await ask('json', `${call}/SignOut`, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } });
      await ask('as the page', `${call}/SignOut`, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json', 'entente-browser': '1' } });
      await ask('by address', `${call}/GetSession?connect=v1&encoding=json&message=%7B%7D`, { mode: 'no-cors' });
      await ask('open', `${call}/GetSession?connect=v1&encoding=json&message=%7B%7D`, {});
      const shown = await new Promise((resolve) => { const one = new Image(); one.onload = () => resolve('shown'); one.onerror = () => resolve('not shown'); one.src = `${call}/GetSession?connect=v1&encoding=json&message=%7B%7D`; });
      const frame = document.createElement('iframe');
      frame.src = at;
      await new Promise((resolve) => { frame.onload = resolve; document.body.append(frame); });
      let framed = 'out of reach';
      try { framed = frame.contentDocument?.body?.textContent ?? 'out of reach'; } catch { /* as it should be */ }
      return { read, shown, framed };
    }, origin);
    assert.deepEqual(got, { read: ['blind: refused', 'json: refused', 'as the page: refused', 'by address: refused', 'open: refused'], shown: 'not shown', framed: 'out of reach' });
    // A form, and an address that is gone to.
    for (const [method, path] of [['post', 'SignOut'], ['get', 'GetSession']]) {
      await other.goto(`https://localhost:${evil.address().port}/`);
      await Promise.all([other.waitForNavigation(), other.evaluate(([method, address]) => {
        const form = document.createElement('form');
        Object.assign(form, { method, action: address, enctype: 'text/plain' });
        const field = document.createElement('input');
        Object.assign(field, { name: '{"x":"', value: '"}' });
        form.append(field);
        document.body.append(form);
        form.submit();
      }, [method, `${origin}/entente.v1.SessionService/${path}`])]);
      assert.doesNotMatch(await other.locator('body').textContent(), /lindqvist|SWE/);
    }
    await other.goto(`${origin}/entente.v1.SessionService/GetSession?connect=v1&encoding=json&message=%7B%7D`);
    assert.doesNotMatch(await other.locator('body').textContent(), /lindqvist|SWE/);
    await until(() => asked.length >= 3, `the answers to it: ${JSON.stringify(asked)}`);
    assert.deepEqual(asked.filter((one) => one.status < 400), [], JSON.stringify(asked));
    assert.ok(asked.some((one) => one.cookie && one.site === 'same-site'), `the cookie went along: ${JSON.stringify(asked)}`);
    assert.match((await call(page, 'SessionService/GetSession', {})).account, /anna\.lindqvist/);
  } finally {
    evil.close();
    await context.close();
  }
});

test('a document that is a page is saved and not shown, whoever asks for its address; and no answer is one', async () => {
  const context = await open(ME, { expected: [/status of 40[0134]/] });
  const page = await signIn(context, ME);
  const { documents } = await call(page, 'DocumentService/ListDocuments', { process: 'processes/igc', pageSize: 200 });
  const { name } = documents.find((one) => one.title?.byLanguage.en === 'Not what it says');
  const ask = (path, headers) => page.evaluate(async ([path, headers]) => {
    const reply = await fetch(path, { headers, cache: 'no-store' });
    return { status: reply.status, headers: Object.fromEntries(reply.headers), body: await reply.text() };
  }, [path, headers]);
  const content = `/${name}/content`;
  const saved = await ask(content, { 'entente-browser': '1' });
  assert.equal(saved.status, 200);
  assert.match(saved.body, /<script>/);
  assert.match(saved.headers['content-disposition'], /^attachment;/);
  assert.equal(saved.headers['content-security-policy'], "sandbox; default-src 'none'");
  for (const [path, headers] of [[content, { 'entente-browser': '1' }], [content, {}], ['/documents/nothing/content', { 'entente-browser': '1' }], ['/sdmx/2.1/data/IGC,ASYLUM/', { 'entente-browser': '1' }], ['/sdmx/2.1/data/NO,SUCH/', { 'entente-browser': '1' }],
    ['/assets/none.js', {}], ['/entente.v1.NoService/None', {}], ['/', {}]]) {
    const reply = await ask(path, headers);
    assert.deepEqual(bare(path === '/assets/none.js' ? '/nothing' : path, reply.headers), [], `${path} ${reply.status}`);
  }
  // Gone to as an address, with the session's cookie and without the page's header: nothing of it is shown.
  const gone = await page.goto(origin + content).catch(() => undefined);
  assert.ok(!gone || gone.status() >= 400);
  assert.equal((await page.content()).includes('I am a page'), false);
  assert.deepEqual(context.faults, []);
  await context.close();
});

// A browser with a profile on the disk goes through what is restricted: sees it listed, looks for it, reads it, and half-writes
// about it. Then it is closed, and every file that it left is searched.
const SECRET = { title: 'Quokka title 7f3a', text: 'Wombat text 91bd of the paper', note: 'Numbat note 5c2e', typed: 'Bilby words 8e4d half typed', looked: 'quokka', record: 'Potoroo record 2b6c' };
test('nothing of what is restricted stays in the browser: not in addresses, the history, a cache, or any file of its profile', async () => {
  writeFileSync(join(folder, 'paper.txt'), `${SECRET.text}\n`);
  entente('helena.brandt', 'sign-in');
  const [, paper] = /documents\/([0-9a-f]{32})/.exec(entente('helena.brandt', 'document', 'upload', join(folder, 'paper.txt'), '--process', 'igc', '--kind', 'background-paper', '--title', SECRET.title,
    '--to', 'members,secretariat', '--handling', 'restricted', '--yes'));
  entente('helena.brandt', 'circulate', `documents/${paper}`, '--note', SECRET.note, '--for', 'comment', '--deadline', '2099-03-01');
  const profile = join(folder, 'profile');
  const context = await open(ME, { profile, expected: [/status of 40[034]/] });
  const page = await signIn(context, ME);
  const debug = await context.newCDPSession(page);
  const kept = (name) => until(() => page.evaluate((name) => new Promise((resolve) => {
    const opening = indexedDB.open('entente-drafts', 2);
    opening.onsuccess = () => { const asked = opening.result.transaction('rows').objectStore('rows').get(`draft ${name}`); asked.onsuccess = () => { opening.result.close(); resolve(asked.result !== undefined); }; };
  }), name), `a draft of ${name}`);
  // As soon as it is indexed.
  await until(async () => {
    await page.getByRole('searchbox').fill('');
    await page.getByRole('searchbox').fill(SECRET.looked);
    return page.getByText(SECRET.title).first().waitFor({ timeout: 2_000 }).then(() => true, () => false);
  }, 'the paper in the search');
  await page.goto(`${origin}/#/documents`);
  await page.getByLabel('Title, topic, process, party').fill(SECRET.looked);
  await page.getByRole('link', { name: SECRET.title }).click();
  await page.getByRole('button', { name: 'Read' }).click();
  await page.locator('pre').getByText(SECRET.text).waitFor();
  await page.goto(`${origin}/#/inbox/all`);
  await page.getByRole('link', { name: SECRET.title }).first().click();
  await page.getByText(SECRET.note).waitFor();
  await page.getByLabel('Comment', { exact: true }).fill(SECRET.typed);
  await kept(`comment circulations/${page.url().split('/').pop()}`);
  await page.goto(`${origin}/#/meetings?view=past`);
  await page.getByRole('link', { name: 'Round of 2021' }).click();
  await page.locator('.meeting-record').getByRole('button', { name: 'Read' }).click();
  await page.getByText('It asks for figures by autumn.').waitFor();
  await page.getByLabel('Comment on the draft').fill(SECRET.record);
  await kept(`record comment meetings/${page.url().split('/').pop()}/record`);
  // What the browser itself would tell: its history's addresses and titles, the caches, what a script can find.
  const { entries } = await debug.send('Page.getNavigationHistory');
  const places = entries.map((one) => `${one.url} ${one.title}`).join('\n');
  assert.ok(entries.length >= 6);
  const found = await page.evaluate(async () => {
    const rows = await new Promise((resolve) => { const opening = indexedDB.open('entente-drafts', 2); opening.onsuccess = () => { const all = opening.result.transaction('rows').objectStore('rows').getAll(); all.onsuccess = () => resolve(all.result); }; });
    const text = new TextDecoder('latin1');
    return { bases: (await indexedDB.databases()).map((one) => one.name), caches: await caches.keys(), workers: (await navigator.serviceWorker.getRegistrations()).length,
      keys: rows.filter((one) => one instanceof CryptoKey || one.bytes === undefined).length, drafts: rows.length,
      text: JSON.stringify({ ...localStorage }) + JSON.stringify({ ...sessionStorage }) + rows.map((one) => text.decode(one.bytes)).join() + JSON.stringify(history.state) };
  });
  assert.deepEqual({ bases: found.bases.filter((one) => one !== 'entente-drafts'), caches: found.caches, workers: found.workers, keys: found.keys }, { bases: [], caches: [], workers: 0, keys: 0 });
  assert.ok(found.drafts >= 2);
  for (const [what, words] of Object.entries({ ...SECRET, person: 'lindqvist' })) {
    assert.equal(places.toLowerCase().includes(words.toLowerCase()), false, `${what} in an address`);
    assert.equal(found.text.toLowerCase().includes(words.toLowerCase()), false, `${what} in storage`);
  }
  assert.deepEqual(context.faults, []);
  await context.close();
  // Every file, in either form of letters; the closing words of what is found tell that this is the profile that was looked at.
  const left = filesUnder(profile).map((one) => ({ name: one.slice(profile.length), octets: readFileSync(one) }));
  const holds = (words) => left.filter(({ octets }) => octets.includes(words) || octets.includes(Buffer.from(words, 'utf16le'))).map((one) => one.name);
  assert.notDeepEqual(holds('entente.signed-in'), []);
  assert.notDeepEqual(holds('draft comment circulations/'), []);
  for (const [what, words] of Object.entries(SECRET)) {
    for (const form of new Set([words, words.toLowerCase(), encodeURIComponent(words), Buffer.from(words).toString('base64').replace(/=*$/, '').slice(0, -1)])) assert.deepEqual(holds(form), [], `${what} on the disk`);
  }
  // The same profile, opened anew by the same person, still has what was half-typed: only the server's key opens it.
  const again = await open(ME, { profile, expected: [/status of 40[0134]/] });
  const back = await signIn(again, ME, '/#/inbox/all');
  await back.getByRole('link', { name: SECRET.title }).first().click();
  await until(async () => await back.getByLabel('Comment', { exact: true }).inputValue() === SECRET.typed, 'what was half-typed');
  await back.getByRole('button', { name: 'Sign out' }).click();
  await back.getByText('You are signed out.').waitFor();
  assert.deepEqual(again.faults, []);
  await again.close();
});
