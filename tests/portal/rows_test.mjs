// What the page signs row by row is what docs/statistics.md says, reckoned here by other means: the texts of a file's rows
// however they are written, and the root over trees of salted hashes of them. (That the server and the command line agree,
// statistics_test.mjs shows.)
import assert from 'node:assert/strict';
import { createCipheriv, createHash, webcrypto } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

globalThis.crypto ??= webcrypto; // Node 18 has it under no name of its own
const require = createRequire(join(process.env.PORTAL, 'package.json'));
const source = fileURLToPath(new URL('../../client/portal/src/lib/rows.ts', import.meta.url));
const { outputFiles } = require('esbuild').buildSync({ entryPoints: [source], bundle: true, format: 'esm', write: false });
const rows = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);

const COLUMNS = { dimensions: ['FREQ', 'CITIZEN'], measure: 'OBS_VALUE', attributes: ['NOTE'], texts: ['NOTE'] };
const SEED = Buffer.alloc(32, 's');
const digest = (...parts) => { const hash = createHash('sha256'); for (const part of parts) hash.update(part); return hash.digest(); };
function number(value) {
  const octets = Buffer.alloc(8);
  octets.writeBigUInt64BE(BigInt(value));
  return octets;
}
const octets = (word, n, count) => createCipheriv('aes-256-ctr', digest(SEED, word, number(n)), Buffer.alloc(16)).update(Buffer.alloc(count * 32));
const cut = (all) => Array.from({ length: all.length / 32 }, (_, i) => all.subarray(i * 32, i * 32 + 32));
function root(leaves) {
  let level = [...leaves].sort(Buffer.compare);
  while (level.length > 1) level = level.flatMap((one, i) => i % 2 ? [] : [digest(Buffer.of(1), one, level[i + 1])]);
  return level[0];
}
function tree(n, texts) {
  const salts = cut(octets('salt', n, texts.length));
  return root([...texts.map((text, i) => digest(Buffer.of(0), salts[i], text)), ...cut(octets('none', n, 65_536 - texts.length))]);
}
const hexes = (all) => all.map((one) => Buffer.from(one).toString('hex'));

test('rows are told as they are signed, however a file writes them; a file of more than 4 MiB has two trees', async () => {
  const long = 'ä'.repeat(2_040);
  const many = Array.from({ length: 1_100 }, (_, i) => `,M,AFG,2015-${i},${i},${long}`);
  const texts = [',A,AFG,2015,1,"a ""b"", c"', ',A,SYR,2016,,"two\nlines"', ',A,"x""y",2017,3,so: it was', ...many];
  const file = '\ufeffNOTE: Note,OTHER,CITIZEN: Citizenship,FREQ,TIME_PERIOD,OBS_VALUE\r\n"a ""b"", c",x,AFG: Afghanistan,A,2015,1\r\n\r\n"two\nlines",,SYR: Syria,A,2016,\nso: it was,,x"y,A,2017,3\n' +
    many.map((one) => { const [, freq, citizen, time, value, note] = one.split(','); return `${note},,${citizen},${freq},${time},${value}`; }).join('\n');
  let bytes = 0;
  const held = texts.findIndex((one) => (bytes += Buffer.byteLength(one)) > 4 << 20);
  const roots = await rows.rootsOf(new Blob([file]), COLUMNS, SEED);
  const expected = [tree(0, texts.slice(0, held)), tree(1, texts.slice(held))];
  assert.deepEqual(hexes(roots), hexes(expected));
  assert.deepEqual(hexes([await rows.forestOf(roots, SEED)]), hexes([root([...expected, ...cut(octets('tree', 0, 4_094))])]));
  assert.deepEqual(hexes([rows.hiddenBehind(SEED, 'words')]), hexes([digest(digest(SEED, 'file', number(0)), 'words')]));
  assert.equal(rows.columnsOf(COLUMNS), 'ACTION,FREQ,CITIZEN,TIME_PERIOD,OBS_VALUE,NOTE');
});
