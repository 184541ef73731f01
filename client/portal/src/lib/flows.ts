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

// Those of the last figures are kept: summed while nobody waits for them (pages/statistics.tsx), they are there when the map is chosen.
let last: { of: [DataStructure, Figures]; flows: Flows } | undefined;
export function flowsOf(structure: DataStructure, all: Figures): Flows {
  if (last?.of[0] !== structure || last.of[1] !== all) last = { of: [structure, all], flows: summed(structure, all) };
  return last.flows;
}

function summed(structure: DataStructure, all: Figures): Flows {
  const keysOf = (role: Dimension_Role) => all.keys[all.dimensions.indexOf(structure.dimensions.find((one) => one.role === role)?.id ?? '')];
  const [origins, destinations] = [keysOf(Dimension_Role.COUNTERPART_AREA), keysOf(Dimension_Role.REFERENCE_AREA)];
  if (!origins || !destinations) return { pairs: [], periods: [], sums: new Map() };
  const [starts, ends] = [origins.words.map(spotOf), destinations.words.map(spotOf)];
  // Totals and their parts must not be added up: of each other dimension only what all of a key share as total.
  const isPart = new Uint8Array(all.ends.length);
  for (const keys of all.keys) {
    const total = keys.words.indexOf('_T');
    if (total < 0 || keys === origins || keys === destinations) continue;
    for (let series = 0; series < isPart.length; ++series) if (keys.of[series] !== total) isPart[series] = 1;
  }
  const pairs: Pair[] = [];
  const pairOf = new Map<number, number>(); // by origin and destination
  const pairOfSeries = new Int32Array(all.ends.length).fill(-1);
  // Run once: what it says in the loop it says cold, where taking a list apart costs more than the rest of the turn.
  for (let series = 0; series < pairOfSeries.length; ++series) {
    const from = origins.of[series] ?? 0;
    const to = destinations.of[series] ?? 0;
    const start = starts[from];
    const end = ends[to];
    if (!start || !end || isPart[series]) continue;
    const id = from * ends.length + to;
    const pair = pairOf.get(id) ?? pairs.push({ from: origins.words[from] ?? '', to: destinations.words[to] ?? '', start, end }) - 1;
    pairOf.set(id, pair);
    pairOfSeries[series] = pair;
  }
  const byPeriod = all.periods.words.map(() => undefined as Float64Array | undefined);
  for (let at = 0; at < all.values.length; ++at) {
    const pair = pairOfSeries[all.series[at] ?? 0] ?? -1;
    if (pair < 0) continue;
    const there = byPeriod[all.periods.of[at] ?? 0] ??= new Float64Array(pairs.length);
    there[pair] = (there[pair] ?? 0) + (all.values[at] || 0);
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
