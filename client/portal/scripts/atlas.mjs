// atlas.mjs OUT: OUT/src/atlas/{land,places,world}.json from npm's world-atlas (Natural Earth, public domain).
//
// land.json: the outlines of countries at 1:110 million, each known by its ISO 3166-1 alpha-3 code.
// places.json: for every country and territory, the smallest too, where its mark stands and its alpha-2 code.
// world.json: the whole world as one map, projected here and not by every reader: the land and the map's edge as paths of
//   SVG; where each mark stands on it, and how far apart a whole turn of the globe is at its latitude.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const out = process.argv[2];
const require = createRequire(join(out, 'package.json'));
const read = (name) => JSON.parse(readFileSync(require.resolve(name), 'utf8'));
const { feature } = await import(require.resolve('topojson-client').replace(/dist\/topojson-client.*$/, 'src/index.js'));
const { geoArea, geoCentroid, geoNaturalEarth1, geoPath } = await import(join(out, 'node_modules/d3-geo/src/index.js'));
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

const [width, height] = [960, 480];
const projection = geoNaturalEarth1().fitSize([width, height], { type: 'Sphere' });
const path = geoPath(projection).digits(1);
const tenth = (value) => Math.round(value * 10) / 10;
const turnAt = (latitude) => 4 * (projection([90, latitude])[0] - projection([0, latitude])[0]);
const marks = Object.entries(places).filter(([, [, longitude]]) => longitude !== undefined)
  .map(([code, [, longitude, latitude]]) => [code, [...projection([longitude, latitude]).map(tenth), tenth(turnAt(latitude))]]);
const world = { width, height, land: path(feature(land, land.objects.countries)), edge: path({ type: 'Sphere' }), marks: Object.fromEntries(marks) };

mkdirSync(join(out, 'src/atlas'), { recursive: true });
writeFileSync(join(out, 'src/atlas/land.json'), JSON.stringify(land));
writeFileSync(join(out, 'src/atlas/places.json'), JSON.stringify(places));
writeFileSync(join(out, 'src/atlas/world.json'), JSON.stringify(world));
