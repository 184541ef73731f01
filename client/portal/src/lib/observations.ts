// What a query answers (`Observations` of proto/entente/v1/statistics.proto), read into arrays of numbers. Made objects, as other
// answers are, a hundred thousand figures are ten megabytes for the browser's collector to walk and clear; so they are two, and
// none to walk. The answer is asked for as one of which nothing is known, whose fields stay the octets that came.
import { fromBinary, type DescField, type UnknownField } from '@bufbuild/protobuf';
import { EmptySchema } from '@bufbuild/protobuf/wkt';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { Observations_ColumnSchema, ObservationsSchema, StatisticsService } from '../gen/entente/v1/statistics_pb';

export const UNREAD = { ...StatisticsService.method.query, output: EmptySchema };

export interface Column {
  id: string;
  dictionary: string[];
  codes: Uint32Array;
}
export interface Part {
  dimensions: Column[];
  counts: Uint32Array;
  periods: Column | undefined;
  values: Float64Array;
  exponents: Int32Array;
  missing: Uint32Array;
  attributes: Column[];
}
type Fields = readonly UnknownField[];

export function partOf(fields: Fields): Part {
  const { dimensions, counts, periods, values, exponents, missing, attributes } = ObservationsSchema.field;
  const columns = (field: DescField) => bytesOf(fields, field).map(columnOf);
  return {
    dimensions: columns(dimensions), counts: numbersOf(fields, counts, Uint32Array), periods: columns(periods).at(-1), values: numbersOf(fields, values, Float64Array, true),
    exponents: numbersOf(fields, exponents, Int32Array, true), missing: numbersOf(fields, missing, Uint32Array), attributes: columns(attributes),
  };
}

function columnOf(bytes: Uint8Array): Column {
  const { id, dictionary, codes } = Observations_ColumnSchema.field;
  const fields = fromBinary(EmptySchema, bytes).$unknown ?? [];
  const texts = ({ number }: DescField) => fields.filter((one) => one.no === number).map(({ data }) => new BinaryReader(data).string());
  return { id: texts(id).at(-1) ?? '', dictionary: texts(dictionary), codes: numbersOf(fields, codes, Uint32Array) };
}

// What stands in each field of the number; packed numbers are one.
function bytesOf(fields: Fields, { number }: DescField): Uint8Array[] {
  return fields.flatMap(({ no, wireType, data }) => no !== number ? [] : [wireType === WireType.LengthDelimited ? new BinaryReader(data).bytes() : data]);
}

function numbersOf<Numbers extends Uint32Array | Int32Array | Float64Array>(fields: Fields, field: DescField, made: new (length: number) => Numbers, signed = false): Numbers {
  const all = bytesOf(fields, field);
  const numbers = new made(all.reduce((sum, octets) => sum + endsIn(octets), 0));
  let place = 0;
  for (const octets of all) {
    let from = 0;
    for (let at = 0; at < octets.length; ++at) {
      if ((octets[at] ?? 0) >= 0x80) continue;
      numbers[place++] = varint(octets, from, at, signed);
      from = at + 1;
    }
    if (from < octets.length) throw new RangeError('a number that is cut');
  }
  return numbers;
}

function endsIn(octets: Uint8Array): number {
  let ends = 0;
  for (let at = 0; at < octets.length; ++at) if ((octets[at] ?? 0) < 0x80) ++ends;
  return ends;
}

// Seven bits an octet, the lowest first; the eighth says that more follow. Of what is signed (zigzag) the lowest bit is the sign.
// As exact as a number of the browser is: up to 2^53. Most have two octets: with small integers alone, nothing is left to collect.
function varint(octets: Uint8Array, first: number, last: number, signed: boolean): number {
  if (last - first >= 10) throw new RangeError('a number of more than ten octets');
  const middle = Math.min(last, first + 3);
  let low = 0;
  for (let at = middle; at >= first; --at) low = low << 7 | (octets[at] ?? 0) & 0x7f;
  if (middle === last) return signed ? low >> 1 ^ -(low & 1) : low;
  let high = 0;
  for (let at = last; at > middle; --at) high = high * 128 + ((octets[at] ?? 0) & 0x7f);
  if (!signed) return high * 2 ** 28 + low;
  const half = high * 2 ** 27 + (low >> 1);
  return low & 1 ? -half - 1 : half;
}
