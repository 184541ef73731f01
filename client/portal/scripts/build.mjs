// Builds the portal: build.mjs --proto DIR --out DIR
//
//   OUT/node_modules  npm ci, when package-lock.json has changed
//   OUT/src/gen       TypeScript of the treaty, when a .proto has changed
//   OUT/src/atlas     land outlines by country, made of world-atlas
//   OUT/site          what the daemon serves: hashed names, each file compressed beforehand
//
// Each step bears a stamp of what went into it and is left out while that is the same.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const here = dirname(dirname(fileURLToPath(import.meta.url)));
const argument = (name) => {
  const at = process.argv.indexOf(name);
  if (at < 0 || !process.argv[at + 1]) throw new Error(`build.mjs: ${name} is missing`);
  return process.argv[at + 1];
};
const proto = argument('--proto');
const out = argument('--out');

function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((one) => one.isDirectory() ? filesUnder(join(folder, one.name)) : [join(folder, one.name)])
    .sort();
}

function digest(paths, more = '') {
  const hash = createHash('sha256').update(more);
  for (const path of paths) hash.update(path).update(readFileSync(path));
  return hash.digest('hex');
}

// Runs `work` unless it was done for the same `stamp`.
function step(name, stamp, work) {
  const file = join(out, `.${name}.stamp`);
  if (existsSync(file) && readFileSync(file, 'utf8') === stamp) return false;
  rmSync(file, { force: true });
  work();
  writeFileSync(file, stamp);
  return true;
}

function run(program, words, options = {}) {
  try {
    execFileSync(program, words, { cwd: out, stdio: 'inherit', ...options });
  } catch (error) { // it has said itself what is wrong
    process.exit(error.status || 1);
  }
}

mkdirSync(out, { recursive: true });
const bin = (name) => join(out, 'node_modules/.bin', name);

// 1. What npm brings. No script of a package runs.
const wanted = ['package.json', 'package-lock.json', '.npmrc'];
const modules = digest(wanted.map((name) => join(here, name)), process.version);
step('modules', modules, () => {
  for (const name of wanted) cpSync(join(here, name), join(out, name));
  run(process.env.NPM ?? 'npm', ['ci', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
});

// 2. The treaty in TypeScript.
const protos = filesUnder(join(proto, 'entente/v1')).map((path) => relative(proto, path));
const treaty = digest(protos.map((path) => join(proto, path)), modules);
step('treaty', treaty, () => {
  const gen = join(out, 'src/gen');
  rmSync(gen, { recursive: true, force: true });
  mkdirSync(gen, { recursive: true });
  run(process.env.PROTOC ?? 'protoc', [`-I${proto}`, `--plugin=protoc-gen-es=${bin('protoc-gen-es')}`,
    `--es_out=${gen}`, '--es_opt=target=ts', ...protos, 'google/rpc/error_details.proto', 'google/rpc/status.proto']);
});

// 3. Land outlines.
const atlas = digest([join(here, 'scripts/atlas.mjs')], modules);
step('atlas', atlas, () => run(process.execPath, [join(here, 'scripts/atlas.mjs'), out]));

// What pdf.js asks for beside its program: character maps, fonts that a PDF may rely on, decoders of images.
step('pdf', modules, () => {
  const from = join(out, 'node_modules/pdfjs-dist');
  const to = join(out, 'public/pdf');
  rmSync(to, { recursive: true, force: true });
  for (const [folder, name, kept] of [['cmaps', 'cmaps', /\.bcmap$/], ['standard_fonts', 'fonts', /\.(pfb|ttf)$/], ['wasm', 'decoders', /_fallback\.js$/]]) {
    mkdirSync(join(to, name), { recursive: true });
    for (const file of readdirSync(join(from, folder)).filter((one) => kept.test(one))) cpSync(join(from, folder, file), join(to, name, file));
  }
});

// 4. The pages.
const sources = ['src', 'scripts'].flatMap((folder) => filesUnder(join(here, folder)))
  .concat(['index.html', 'tsconfig.json', 'vite.config.ts'].map((name) => join(here, name)));
step('site', digest(sources, treaty + atlas), () => {
  for (const name of readdirSync(join(out, 'src')).filter((one) => one !== 'gen' && one !== 'atlas'))
    rmSync(join(out, 'src', name), { recursive: true });
  for (const name of ['src', 'index.html', 'tsconfig.json', 'vite.config.ts'])
    cpSync(join(here, name), join(out, name), { recursive: true });
  run(bin('tsc'), ['--noEmit']);
  run(bin('vite'), ['build', '--logLevel', 'warn']);
  for (const path of filesUnder(join(out, 'site'))) compress(path);
});

function compress(path) {
  const bytes = readFileSync(path);
  if (bytes.length < 512) return;
  const level = { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } };
  const coded = { '.br': brotliCompressSync(bytes, level), '.gz': gzipSync(bytes, { level: 9 }) };
  for (const [suffix, small] of Object.entries(coded))
    if (small.length < statSync(path).size) writeFileSync(path + suffix, small);
}
