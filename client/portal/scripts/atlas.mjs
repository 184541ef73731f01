// atlas.mjs OUT: OUT/src/atlas/{land,places}.json from npm's world-atlas (Natural Earth, public domain).
//
// land.json: the outlines of countries at 1:110 million, each known by its ISO 3166-1 alpha-3 code.
// places.json: for every country and territory, the smallest too, where its mark stands and its alpha-2 code.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const out = process.argv[2];
const require = createRequire(join(out, 'package.json'));
const read = (name) => JSON.parse(readFileSync(require.resolve(name), 'utf8'));
const { feature } = await import(require.resolve('topojson-client').replace(/dist\/topojson-client.*$/, 'src/index.js'));
const { geoCentroid, geoArea } = await import(join(out, 'node_modules/d3-geo/src/index.js'));
const codes = read('i18n-iso-countries/codes.json');
const byNumber = new Map(codes.map(([alpha2, alpha3, number]) => [number, { alpha2, alpha3 }]));

const land = read('world-atlas/countries-110m.json');
for (const shape of land.objects.countries.geometries) {
  shape.id = byNumber.get(shape.id)?.alpha3 ?? '';
  delete shape.properties;
}
delete land.objects.land;

const fine = read('world-atlas/countries-50m.json');
const places = {};
for (const country of feature(fine, fine.objects.countries).features) {
  const code = byNumber.get(country.id);
  if (!code) continue;
  // The mark stands in the largest part: France's not between Europe and Guiana.
  const parts = country.geometry.type === 'MultiPolygon'
    ? country.geometry.coordinates.map((coordinates) => ({ type: 'Polygon', coordinates })) : [country.geometry];
  const largest = parts.reduce((a, b) => geoArea(a) >= geoArea(b) ? a : b);
  const [longitude, latitude] = geoCentroid(largest);
  places[code.alpha3] = [code.alpha2, Math.round(longitude * 10) / 10, Math.round(latitude * 10) / 10];
}
for (const [alpha2, alpha3] of codes) places[alpha3] ??= [alpha2];

mkdirSync(join(out, 'src/atlas'), { recursive: true });
writeFileSync(join(out, 'src/atlas/land.json'), JSON.stringify(land));
writeFileSync(join(out, 'src/atlas/places.json'), JSON.stringify(places));
