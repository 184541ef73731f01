// licences.mjs: prints docs/portal-packages.md, which package-lock.json says: every package, its version and licence,
// and whether any of it reaches a reader's browser. `licences.mjs >../../docs/portal-packages.md` after a change.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(dirname(fileURLToPath(import.meta.url)));
const { packages } = JSON.parse(readFileSync(join(here, 'package-lock.json'), 'utf8'));
// A tool's binaries for other machines are one tool.
const rows = Object.entries(packages)
  .filter(([path]) => path !== '')
  .map(([path, one]) => ({ name: path.replace(/^.*node_modules\//, ''), version: one.version, licence: one.license ?? 'not stated', built: Boolean(one.dev), binary: Boolean(one.os) }))
  .filter((one) => !one.binary)
  .sort((a, b) => Number(a.built) - Number(b.built) || (a.name < b.name ? -1 : 1));
const table = (which) => rows.filter(which).map((one) => `| ${one.name} | ${one.version} | ${one.licence} |`).join('\n');

console.log(`# The portal's packages

Written by \`client/portal/scripts/licences.mjs\` from \`client/portal/package-lock.json\`; a test compares. Why these and no others: [portal.md](portal.md).

## In the pages

| package | version | licence |
|---|---|---|
${table((one) => !one.built)}

## To build and test them only

| package | version | licence |
|---|---|---|
${table((one) => one.built)}

Land outlines: Natural Earth (public domain), by \`world-atlas\`.`);
