// What a chart shows of figures: the largest series, named by what tells them from each other. Of two figures of one place
// the sum would lie: each stays its own.
import { Dimension_Role, type DataStructure } from '../gen/entente/v1/statistics_pb';
import { listed } from '../i18n';
import { varies, wordAt, type Figures } from './figures';
import type { Code } from './structures';

export type ChartKind = 'line' | 'bars' | 'multiples' | 'heat';
export interface Point {
  panel: string; // of small multiples: a country, where there is more than one
  series: string;
  period: string;
  value: number;
}
export interface Points {
  points: Point[];
  series: string[];
  more: boolean; // there are more than a chart can show
}

const SERIES_MAX: Record<ChartKind, number> = { line: 10, bars: 10, multiples: 6, heat: 40 };
const PANELS_MAX = 30;

export function pointsOf(structure: DataStructure, codes: Map<string, Code[]>, title: string, all: Figures, kind: ChartKind): Points {
  const differs = all.keys.map(varies);
  const titles = all.dimensions.map((id) => new Map((codes.get(id) ?? []).map((one) => [one.id, one.title])));
  const titleAt = (at: number, code = '') => titles[at]?.get(code) ?? code;
  const nameOf = (key: string[], but?: number) => listed(key.flatMap((code, at) => differs[at] && at !== but ? [titleAt(at, code)] : []));
  // Small multiples stand by country: whose figures they are, or else whom they are about; where neither differs, by series.
  const country = kind !== 'multiples' ? undefined : [Dimension_Role.REFERENCE_AREA, Dimension_Role.COUNTERPART_AREA]
    .map((role) => all.dimensions.indexOf(structure.dimensions.find((one) => one.role === role)?.id ?? '')).find((at) => differs[at]);
  const named = Array.from(all.ends).flatMap((end, series) => {
    const from = all.ends[series - 1] ?? 0;
    const total = totalOf(all.values, from, end);
    if (total === undefined) return [];
    const key = all.keys.map((one) => wordAt(one, series));
    if (country !== undefined) return [{ from, end, total, panel: titleAt(country, key[country]), name: nameOf(key, country) }];
    const name = nameOf(key) || title;
    return [{ from, end, total, ...(kind === 'multiples' ? { panel: name, name: '' } : { panel: '', name }) }];
  });
  const panels = new Set(largest(named, (one) => one.panel, PANELS_MAX));
  const series = largest(named, (one) => one.name, SERIES_MAX[kind]);
  const shown = named.filter((one) => panels.has(one.panel) && series.includes(one.name));
  return {
    points: shown.flatMap(({ panel, name, from, end }) => Array.from(all.values.subarray(from, end)).flatMap((value, at) => Number.isNaN(value) ? [] : [{ panel, series: name, period: wordAt(all.periods, from + at), value }])),
    series, more: shown.length < named.length,
  };
}

// Of all its figures together; nothing if it has none.
function totalOf(values: Float64Array, from: number, end: number): number | undefined {
  let total: number | undefined;
  for (let at = from; at < end; ++at) {
    const value = values[at] ?? NaN;
    if (!Number.isNaN(value)) total = (total ?? 0) + value;
  }
  return total;
}

// The `count` names with the most, the largest first.
function largest<T extends { total: number }>(rows: readonly T[], name: (row: T) => string, count: number): string[] {
  const totals = new Map<string, number>();
  for (const row of rows) totals.set(name(row), (totals.get(name(row)) ?? 0) + row.total);
  return [...totals].sort((a, b) => b[1] - a[1]).slice(0, count).map(([one]) => one);
}
