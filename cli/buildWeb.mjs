// @ts-check
/**
 * Builds the dashboard, web/, into dist/web, when its sources have changed since. The mark beside it is the hash of what it was made from;
 * the finished folder is put in its place by a rename, so that a page is never served from half a build.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const MARK = 'made-from.txt';
/** No build takes as long as this. */
const LEFT_BEHIND_MS = 10 * 60_000;
/** Text that is worth compressing. What is already small or compressed is sent as it is. */
const COMPRESSED = /\.(js|css|html|json|svg)$/;
const COMPRESSED_MIN_BYTES = 1_000;

/**
 * Returns true when it was built. Throws an error that says why it cannot be built.
 * @param {string} root folder of package.json
 */
export async function bringWebUpToDate(root) {
  const sources = join(root, 'web');
  if (!existsSync(join(sources, 'index.html'))) return false; // a package that ships only dist/
  const mark = markOf(root, sources);
  const output = join(root, 'dist', 'web');
  const markFile = join(output, MARK);
  if (existsSync(markFile) && readFileSync(markFile, 'utf8') === mark) return false;
  console.error('building the dashboard …');
  removeLeftBehind(join(root, 'dist'));
  const unfinished = join(root, 'dist', `web.${process.pid}.unfinished`);
  try {
    await build(sources, unfinished);
    for (const file of filesUnder(unfinished)) compress(join(unfinished, file));
    writeFileSync(join(unfinished, MARK), mark);
    replaceFolder(output, unfinished);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return true;
}

/**
 * What builds that were killed have left.
 * @param {string} dist
 */
function removeLeftBehind(dist) {
  if (!existsSync(dist)) return;
  for (const name of readdirSync(dist)) {
    const path = join(dist, name);
    if (!/^web\.\d+\.(unfinished|old)$/.test(name)) continue;
    if (Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) > LEFT_BEHIND_MS)
      rmSync(path, { recursive: true, force: true });
  }
}

/** @param {string} root @param {string} sources */
function markOf(root, sources) {
  const hash = createHash('sha256');
  // The certificate is judged in the browser, by the auditor.
  for (const folder of [sources, join(root, 'audit')].filter((one) => existsSync(one)))
    for (const file of filesUnder(folder).sort())
      hash.update(`${file}\0`).update(readFileSync(join(folder, file)));
  // The versions of the packages that it is made with.
  if (existsSync(join(root, 'package-lock.json'))) hash.update(readFileSync(join(root, 'package-lock.json')));
  return hash.update(readFileSync(import.meta.filename)).digest('hex');
}

/** @param {string} sources @param {string} output */
async function build(sources, output) {
  const vite = await import('vite').catch((cause) => {
    throw new Error(
      'The builder of the dashboard, vite, does not load. Install the packages with `npm ci`, then run this again.',
      {
        cause,
      },
    );
  });
  mkdirSync(output, { recursive: true });
  await vite.build({
    root: sources,
    configFile: join(sources, 'vite.config.mjs'),
    logLevel: 'warn',
    build: { outDir: output, emptyOutDir: true },
  });
}

/** @param {string} file */
function compress(file) {
  if (!COMPRESSED.test(file)) return;
  const bytes = readFileSync(file);
  if (bytes.length < COMPRESSED_MIN_BYTES) return;
  writeFileSync(
    `${file}.br`,
    brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
  );
  writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
}

/**
 * Another build of the same sources may do the same at the same time: whichever comes second finds a folder like its own.
 * @param {string} output @param {string} finished
 */
function replaceFolder(output, finished) {
  const old = `${output}.${process.pid}.old`;
  if (existsSync(output)) renameSync(output, old);
  try {
    renameSync(finished, output);
  } catch (error) {
    if (!existsSync(join(output, MARK))) throw error;
  } finally {
    rmSync(old, { recursive: true, force: true });
  }
}

/**
 * @param {string} folder
 * @returns {string[]} relative to it
 */
function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
}
