// Countries on a map, coloured by what they are; the smallest as dots. The list beside it says the same in words.
import { geoNaturalEarth1, geoPath } from 'd3-geo';
import type { Feature, FeatureCollection, Geometry } from 'geojson';
import { useMemo } from 'preact/hooks';
import { feature } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import land from '../atlas/land.json';
import { partyName, placeOf } from '../lib/names';

const topology = land as unknown as Topology<{ countries: GeometryCollection }>;
const countries = (feature(topology, topology.objects.countries) as FeatureCollection<Geometry>).features;
const known = new Map(countries.map((one) => [String(one.id), one]));

export interface Mark {
  code: string; // ISO 3166-1 alpha-3
  tone: string; // a class: `member`
  words: string; // shown when pointed at
}

export function CountryMap({ marks, label }: { marks: Mark[]; label: string }) {
  const width = 960;
  const height = 480;
  const drawn = useMemo(() => {
    const shown = marks.flatMap((mark) => {
      const place = placeOf(mark.code);
      return place ? [{ mark, shape: known.get(mark.code), place }] : [];
    });
    const projection = geoNaturalEarth1();
    const around: FeatureCollection = {
      type: 'FeatureCollection',
      features: shown.map(({ place }): Feature => ({ type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates: place } })),
    };
    if (shown.length > 1) projection.fitExtent([[90, 60], [width - 90, height - 60]], around);
    else projection.fitSize([width, height], { type: 'Sphere' });
    // Not nearer than a continent, whatever few they are.
    projection.scale(Math.min(projection.scale(), 900)).clipExtent([[0, 0], [width, height]]);
    if (shown.length > 1) {
      const [[x0, y0], [x1, y1]] = geoPath(projection).bounds(around);
      const [x, y] = projection.translate();
      projection.translate([x + (width - x0 - x1) / 2, y + (height - y0 - y1) / 2]);
    }
    const path = geoPath(projection);
    const marked = new Set(shown.map((one) => one.mark.code));
    return {
      ground: countries.filter((one) => !marked.has(String(one.id))).map((one) => path(one) ?? '').join(''),
      shapes: shown.flatMap(({ mark, shape }) => shape ? [{ mark, d: path(shape) ?? '' }] : []),
      dots: shown.flatMap(({ mark, shape, place }) => {
        const at = projection(place);
        return at && (!shape || path.area(shape) < 60) ? [{ mark, at }] : [];
      }),
    };
  }, [marks]);
  return (
    <svg class="map" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      <path class="ground" d={drawn.ground} />
      {drawn.shapes.map(({ mark, d }) => <path key={mark.code} class={mark.tone} d={d}><title>{`${partyName(mark.code)}: ${mark.words}`}</title></path>)}
      {drawn.dots.map(({ mark, at }) => <circle key={mark.code} class={mark.tone} cx={at[0]} cy={at[1]} r={6}><title>{`${partyName(mark.code)}: ${mark.words}`}</title></circle>)}
    </svg>
  );
}
