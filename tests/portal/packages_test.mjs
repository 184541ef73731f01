// What the pages are made of is listed, pinned and free.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const top = fileURLToPath(new URL('../..', import.meta.url));
const lock = JSON.parse(readFileSync(top + 'client/portal/package-lock.json', 'utf8'));

test('the list of packages and licences is that of the lock', () => {
  const made = execFileSync(process.execPath, [top + 'client/portal/scripts/licences.mjs'], { encoding: 'utf8' });
  assert.equal(readFileSync(top + 'docs/portal-packages.md', 'utf8'), made);
});

test('every package is pinned by its digest, names no address to load from, and may be used', () => {
  const free = /^\(?(MIT|ISC|0BSD|BSD-[23]-Clause|Apache-2\.0|MPL-2\.0|Unlicense|CC0-1\.0|CC-BY-4\.0|Python-2\.0|BlueOak-1\.0\.0)( AND |$|\))/;
  for (const [path, one] of Object.entries(lock.packages)) {
    if (path === '') continue;
    assert.match(one.integrity ?? '', /^sha512-/, path);
    assert.equal(one.resolved, undefined, path);
    assert.match(one.license ?? '', free, path);
  }
});
