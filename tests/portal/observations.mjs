// A hundred thousand figures as one answer, which no demonstration has: for the journey over a long table and for the bench.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.env.PORTAL, 'package.json'));
// What a query answers, as the server would pack it: `areas` x `areas` series of `periods` figures each, each of a period's `word`.
export async function observations(codes, areas, periods, word = (index) => String(2015 + index)) {
  const { buildSync } = require('esbuild');
  const made = buildSync({ stdin: { contents: "export { create, toBinary } from '@bufbuild/protobuf'; export { ObservationsSchema } from './src/gen/entente/v1/statistics_pb';", resolveDir: process.env.PORTAL, loader: 'ts' },
    bundle: true, format: 'esm', write: false });
  const { create, toBinary, ObservationsSchema } = await import('data:text/javascript;base64,' + Buffer.from(made.outputFiles[0].contents).toString('base64'));
  const series = areas * areas;
  const column = (id, dictionary, at) => ({ id, dictionary, codes: Array.from({ length: series }, (_, index) => at(index)) });
  const message = toBinary(ObservationsSchema, create(ObservationsSchema, {
    dimensions: [column('FREQ', ['A'], () => 0), column('REF_AREA', codes.slice(0, areas), (index) => Math.floor(index / areas)), column('CITIZEN', codes.slice(-areas), (index) => index % areas),
      column('SEX', ['_T'], () => 0), column('AGE', ['_T'], () => 0), column('APPLICATION', ['_T'], () => 0)],
    counts: Array.from({ length: series }, () => periods),
    periods: { id: 'TIME_PERIOD', dictionary: Array.from({ length: periods }, (_, index) => word(index)), codes: Array.from({ length: series * periods }, (_, index) => index % periods) },
    values: Array.from({ length: series * periods }, (_, index) => BigInt(1 + index % 5_000)),
  }));
  const frame = (flags, body) => Buffer.concat([Buffer.from([flags, body.length >>> 24, body.length >>> 16 & 255, body.length >>> 8 & 255, body.length & 255]), body]);
  return Buffer.concat([frame(0, Buffer.from(message)), frame(2, Buffer.from('{}'))]);
}
