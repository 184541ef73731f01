// The whole world as one map: its land, and where each country's mark stands. Projected when the portal is built.
import world from '../atlas/world.json';
import { placeOf } from './names';

export const { width, height, land, edge } = world; // the map's own units; paths of SVG
const MARKS = world.marks as unknown as Record<string, [number, number, number]>;

export interface Spot {
  x: number;
  y: number;
  longitude: number;
  turn: number; // how far apart a whole turn of the globe is there, for what goes over the map's edge
}

// `code`: ISO 3166-1 alpha-3. Nothing for what has no place on a map: a group of countries, the stateless.
export function spotOf(code: string): Spot | undefined {
  const [place, mark] = [placeOf(code), MARKS[code]];
  return place && mark && { x: mark[0], y: mark[1], longitude: place[0], turn: mark[2] };
}
