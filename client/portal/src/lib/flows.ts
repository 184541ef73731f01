// Who goes from where to where, of figures: summed by pair and period in one pass, for the flow map. Ten thousand pairs
// make no object for each: what is asked of them is asked of their sums.
import { Dimension_Role, type DataStructure } from '../gen/entente/v1/statistics_pb';
import { wordAt, type Figures } from './figures';
import { spotOf, type Spot } from './world';

export interface Pair {
  from: string;
  to: string;
  start: Spot;
  end: Spot;
}
export interface Flows {
  pairs: readonly Pair[];
  periods: string[];
  sums: Map<string, Float64Array>; // by period, of each pair
}

export function flowsOf(structure: DataStructure, all: Figures): Flows {
  const placeIn = (role: Dimension_Role) => all.dimensions.indexOf(structure.dimensions.find((one) => one.role === role)?.id ?? '');
  const [to, from] = [placeIn(Dimension_Role.REFERENCE_AREA), placeIn(Dimension_Role.COUNTERPART_AREA)];
  const spots = new Map<string, Spot | undefined>();
  const spotAt = (code: string) => {
    if (!spots.has(code)) spots.set(code, spotOf(code));
    return spots.get(code);
  };
  const pairs: Pair[] = [];
  const pairOf = new Map<string, number>();
  // Totals and their parts must not be added up: of each other dimension only what all of a key share as total.
  const series = withoutParts(all, [to, from]).flatMap((one) => {
    const [origin, destination] = [wordAt(all.keys[from], one), wordAt(all.keys[to], one)];
    const [start, end] = [spotAt(origin), spotAt(destination)];
    if (!start || !end) return [];
    const id = `${origin} ${destination}`;
    const pair = pairOf.get(id) ?? pairs.push({ from: origin, to: destination, start, end }) - 1;
    pairOf.set(id, pair);
    return [{ pair, begin: all.ends[one - 1] ?? 0, stop: all.ends[one] ?? 0 }];
  });
  const byPeriod = all.periods.words.map(() => undefined as Float64Array | undefined);
  for (const { pair, begin, stop } of series) {
    for (let at = begin; at < stop; ++at) {
      const there = byPeriod[all.periods.of[at] ?? 0] ??= new Float64Array(pairs.length);
      there[pair] = (there[pair] ?? 0) + (all.values[at] || 0);
    }
  }
  const sums = new Map(byPeriod.flatMap((one, at) => one ? [[all.periods.words[at] ?? '', one] as const] : []));
  return { pairs, periods: [...sums.keys()].sort(), sums };
}

// The places of the `count` largest, the largest first; of none that is nothing.
export function largest(sums: Float64Array, count: number): number[] {
  const least = sums.slice().sort()[Math.max(0, sums.length - count)] ?? 0;
  const found: number[] = [];
  sums.forEach((value, at) => { if (value > 0 && value >= least) found.push(at); });
  return found.sort((a, b) => (sums[b] ?? 0) - (sums[a] ?? 0)).slice(0, count);
}

// The places of the series that are left where parts of a dimension that has a total (`_T`) are left out.
function withoutParts(all: Figures, except: number[]): number[] {
  const totals = all.keys.flatMap(({ words, of }, at) => !except.includes(at) && words.includes('_T') ? [{ of, total: words.indexOf('_T') }] : []);
  return [...all.ends.keys()].filter((series) => totals.every(({ of, total }) => of[series] === total));
}
