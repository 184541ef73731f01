// What a page reads of a query's answer is what protobuf's own decoder reads of it, whatever is in it and however it is written;
// and what is cut or overlong is refused where that refuses it.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';

const require = createRequire(join(process.env.PORTAL, 'package.json'));
const { outputFiles } = require('esbuild').buildSync({ stdin: { contents: `
  export { create, fromBinary, toBinary } from '@bufbuild/protobuf';
  export { EmptySchema } from '@bufbuild/protobuf/wkt';
  export { ObservationsSchema } from './src/gen/entente/v1/statistics_pb';
  export { partOf } from './src/lib/observations';`, resolveDir: process.env.PORTAL, loader: 'ts' }, bundle: true, format: 'esm', write: false });
const { create, EmptySchema, fromBinary, ObservationsSchema, partOf, toBinary } = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);

const read = (octets) => partOf(fromBinary(EmptySchema, octets).$unknown ?? []);
// The same of the decoder that other answers go through.
function wanted(octets) {
  const column = (one) => one && { id: one.id, dictionary: one.dictionary, codes: Uint32Array.from(one.codes) };
  const { dimensions, counts, periods, values, exponents, missing, attributes } = fromBinary(ObservationsSchema, octets);
  return { dimensions: dimensions.map(column), counts: Uint32Array.from(counts), periods: column(periods), values: Float64Array.from(values, Number), exponents: Int32Array.from(exponents),
    missing: Uint32Array.from(missing), attributes: attributes.map(column) };
}
const EDGES = [0n, 1n, 63n, 64n, 127n, 128n, 8191n, 8192n, 2n ** 31n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n - 1n].flatMap((one) => [one, -one, -one - 1n]);
const whole = toBinary(ObservationsSchema, create(ObservationsSchema, {
  dimensions: [{ id: 'REF_AREA', dictionary: ['SWE', 'CHE'], codes: [0, 1, 0] }, { id: 'CITIZEN', dictionary: ['', 'Ægypten \u{1f30d}', 'ليبيا', '\ufeffAFG'], codes: [300, 2 ** 31, 2 ** 32 - 1] }],
  counts: [EDGES.length, 0, 1], periods: { id: 'TIME_PERIOD', dictionary: ['2015', '2016-Q1'], codes: EDGES.map((_, at) => at % 2) }, values: EDGES,
  exponents: [-3, 0, 6, 2 ** 31 - 1, -(2 ** 31)], missing: [0, 7, 200], attributes: [{ id: 'OBS_STATUS', dictionary: ['', 'p'] }, { id: 'CONF', dictionary: ['F'], codes: [] }],
  recordedAtUs: [1n, -1n], withdrawn: [1],
}));

test('every figure, word and code is read as the decoder reads it', () => {
  assert.deepEqual(read(whole), wanted(whole));
  assert.deepEqual(read(new Uint8Array()), wanted(new Uint8Array()));
  assert.deepEqual([...read(whole).values], EDGES.map(Number));
});

test('numbers that come one by one, packed twice, and among fields that nobody knows yet', () => {
  // values: 1 and -2 each alone, then 3 and -1 packed; a field of the number 99; counts: 1 alone, 300 packed.
  const mixed = Uint8Array.of(0x20, 2, 0x20, 3, 0x22, 2, 6, 1, 0x98, 6, 5, 0x10, 1, 0x12, 2, 0xac, 2);
  assert.deepEqual(read(mixed), wanted(mixed));
  assert.deepEqual([...read(mixed).values, ...read(mixed).counts], [1, -2, 3, -1, 1, 300]);
});

test('what is cut anywhere, or a number of more than ten octets, is refused as the decoder refuses it', () => {
  const fails = (act) => { try { act(); return false; } catch { return true; } };
  let refused = 0;
  for (let end = 0; end < whole.length; ++end) {
    const part = whole.subarray(0, end);
    const bad = fails(() => wanted(part));
    assert.equal(fails(() => read(part)), bad, `at ${end}`);
    if (bad) ++refused; else assert.deepEqual(read(part), wanted(part));
  }
  assert.ok(refused > whole.length / 2);
  for (const [octets, bad] of [[9, false], [10, true]]) {
    const value = Uint8Array.of(0x22, octets + 1, ...new Array(octets).fill(0x81), 0);
    assert.equal(fails(() => wanted(value)), bad);
    assert.equal(fails(() => read(value)), bad, `${octets + 1} octets`);
  }
  assert.ok(fails(() => read(Uint8Array.of(0x22, 2, 2, 0x81)))); // a last number that goes on after the field's end
});
