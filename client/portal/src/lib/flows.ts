// Who goes from where to where, of figures: summed by pair and period in one pass, for the flow map. Ten thousand pairs
// make no object for each: what is asked of them is asked of their sums.
import { Dimension_Role, type DataStructure } from '../gen/entente/v1/statistics_pb';
import type { Figures } from './figures';
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
  const series = withoutParts(all, [to, from]).flatMap(({ key, from: begin, end: stop }) => {
    const [origin, destination] = [key[from] ?? '', key[to] ?? ''];
    const [start, end] = [spotAt(origin), spotAt(destination)];
    if (!start || !end) return [];
    const id = `${origin} ${destination}`;
    const pair = pairOf.get(id) ?? pairs.push({ from: origin, to: destination, start, end }) - 1;
    pairOf.set(id, pair);
    return [{ pair, begin, stop }];
  });
  const sums = new Map<string, Float64Array>();
  for (const { pair, begin, stop } of series) {
    for (let at = begin; at < stop; ++at) {
      const period = all.periods[at] ?? '';
      let there = sums.get(period);
      if (!there) sums.set(period, there = new Float64Array(pairs.length));
      there[pair] = (there[pair] ?? 0) + (all.values[at] || 0);
    }
  }
  return { pairs, periods: [...sums.keys()].sort(), sums };
}

// The places of the `count` largest, the largest first; of none that is nothing.
export function largest(sums: Float64Array, count: number): number[] {
  const least = sums.slice().sort()[Math.max(0, sums.length - count)] ?? 0;
  const found: number[] = [];
  sums.forEach((value, at) => { if (value > 0 && value >= least) found.push(at); });
  return found.sort((a, b) => (sums[b] ?? 0) - (sums[a] ?? 0)).slice(0, count);
}

// Where a dimension has a total (`_T`), its parts are left out.
function withoutParts(all: Figures, except: number[]) {
  const total = all.dimensions.flatMap((_, at) => !except.includes(at) && all.series.some(({ key }) => key[at] === '_T') ? [at] : []);
  return all.series.filter(({ key }) => total.every((at) => key[at] === '_T'));
}
