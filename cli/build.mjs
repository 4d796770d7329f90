// @ts-check
/**
 * Brings dist/ up to date: compiles the sources that have changed since, and removes what was built from a source that is gone (the host loads
 * every file under dist/functions). When nothing has changed it only reads, in about 50 ms.
 *
 * Each compiled file carries the hash of the source and the compiler settings it was made from, and is put in its place by a rename. So there is
 * no list beside the files that could disagree with them, and two builds at once write the same files and do no harm.
 *
 * Types are not checked here; `npm run types` does. This file is JavaScript, because it runs before anything has been compiled.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bringWebUpToDate } from './buildWeb.mjs';

const PACKAGE_ROOT = resolve(import.meta.dirname, '..');
/** A file half written by a build that was killed. No build takes as long as this. */
const LEFT_BEHIND_MS = 10 * 60_000;
const UNFINISHED = '.unfinished';
/** dist/web, and what another build is about to put there. */
const DASHBOARD = /^web[./]/;

/**
 * @typedef {{ readonly source: string, readonly text: string, readonly mark: string }} Stale a source whose compiled file is missing or old
 */

/**
 * Returns the number of files that were compiled. Throws an error that says which source cannot be compiled, and why.
 * @param {string} [root] folder of package.json
 */
export async function bringUpToDate(root = PACKAGE_ROOT) {
  const sources = sourcesOf(root);
  if (sources.length === 0) return 0; // a package that ships only dist/
  const built = new Set(filesUnder(join(root, 'dist')).filter((file) => !DASHBOARD.test(file)));
  const settings =
    readFileSync(join(root, '.swcrc'), 'utf8') + readFileSync(fileURLToPath(import.meta.url), 'utf8');
  const stale = sources.flatMap((source) => staleSource(root, source, built, settings));
  if (stale.length > 0) {
    console.error(`building ${stale.length} of ${sources.length} files …`);
    await compileAll(root, stale);
  }
  removeOrphans(root, sources, built);
  await bringWebUpToDate(root);
  return stale.length;
}

/** @param {string} root */
function sourcesOf(root) {
  /** @type {{ include: string[] }} */
  const { include } = JSON.parse(readFileSync(join(root, 'tsconfig.build.json'), 'utf8'));
  return include.flatMap((folder) =>
    filesUnder(join(root, folder))
      .map((file) => `${folder}/${file}`)
      .filter((file) => /(?<!\.d)\.ts$/.test(file) || isImportedData(file)),
  );
}

/**
 * Tables that code imports. What lies in fleets/ is given to commands by its path.
 * @param {string} file
 */
function isImportedData(file) {
  return file.endsWith('.json') && !file.startsWith('fleets/');
}

/**
 * All files in a folder and its sub-folders, relative to it; none when the folder does not exist.
 * @param {string} folder
 * @returns {string[]}
 */
function filesUnder(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
}

/**
 * @param {string} root @param {string} source @param {ReadonlySet<string>} built @param {string} settings
 * @returns {Stale[]} none when the compiled file is of this very source
 */
function staleSource(root, source, built, settings) {
  const text = readFileSync(join(root, source), 'utf8');
  if (source.endsWith('.json')) {
    const same = built.has(source) && readFileSync(join(root, 'dist', source), 'utf8') === text;
    return same ? [] : [{ source, text, mark: '' }];
  }
  const mark = `// made from ${createHash('sha256').update(settings).update(text).digest('hex').slice(0, 32)}`;
  const output = compiledName(source);
  const upToDate =
    built.has(output) &&
    built.has(`${output}.map`) &&
    readFileSync(join(root, 'dist', output), 'utf8')
      .trimEnd()
      .endsWith(mark);
  return upToDate ? [] : [{ source, text, mark }];
}

/** @param {string} source */
function compiledName(source) {
  return source.replace(/\.ts$/, '.js');
}

/** @param {string} root @param {readonly Stale[]} stale */
async function compileAll(root, stale) {
  const swc = await compiler();
  const results = await Promise.allSettled(stale.map((file) => compile(swc, root, file)));
  const unwritten = results.find(
    (result) => result.status === 'rejected' && result.reason?.syscall !== undefined,
  );
  if (unwritten?.status === 'rejected') throw notWritten(root, unwritten.reason);
  const problems = results.flatMap((result) =>
    result.status === 'rejected'
      ? [result.reason instanceof Error ? result.reason.message : String(result.reason)]
      : [],
  );
  if (problems.length > 0)
    throw new Error(`The build failed. Mend this and run it again:\n\n${problems.join('\n\n')}`);
}

/** @type {Readonly<Record<string, string>>} */
const WHY_NOT_WRITTEN = {
  EROFS: 'Its file system is read-only.',
  EACCES: 'This user may not write there.',
  EPERM: 'This user may not write there.',
  ENOSPC: 'The disk is full.',
  EDQUOT: 'The disk quota of this user is used up.',
};

/** @param {string} root @param {NodeJS.ErrnoException} cause */
function notWritten(root, cause) {
  return new Error(
    [
      `error: What was built could not be written to ${join(root, 'dist')}.`,
      `  why: ${WHY_NOT_WRITTEN[cause.code ?? ''] ?? cause.message}`,
      '  fix: Make that folder writable and make room on its disk, or build a copy of Lowtide where you may write.',
    ].join('\n'),
    { cause },
  );
}

async function compiler() {
  try {
    return await import('@swc/core');
  } catch (cause) {
    throw new Error(
      'The compiler @swc/core does not load. Install the packages with `npm ci`, then run this again.',
      { cause },
    );
  }
}

/** @param {typeof import('@swc/core')} swc @param {string} root @param {Stale} file */
async function compile(swc, root, { source, text, mark }) {
  const output = join(root, 'dist', compiledName(source));
  if (source.endsWith('.json')) return put(output, text);
  const up = relative(dirname(output), join(root, dirname(source))).replaceAll('\\', '/');
  const name = source.split('/').at(-1);
  const { code, map } = await swc
    .transform(text, {
      filename: join(root, source),
      configFile: join(root, '.swcrc'),
      sourceFileName: `${up}/${name}`,
    })
    .catch((error) => {
      const message = error instanceof Error ? error.message : String(error);
      throw new Error(`${source}: ${message.replace(/\s*\n+Caused by:[\s\S]*$/, '')}`);
    });
  put(`${output}.map`, map ?? '');
  put(output, `${code}\n//# sourceMappingURL=${compiledName(name ?? '')}.map\n${mark}\n`);
}

/**
 * A file is either old or new, never half of it, whoever reads it meanwhile.
 * @param {string} file @param {string} text
 */
function put(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  const unfinished = `${file}.${process.pid}${UNFINISHED}`;
  writeFileSync(unfinished, text);
  renameSync(unfinished, file);
}

/** @param {string} root @param {readonly string[]} sources @param {ReadonlySet<string>} built what was in dist/ before this build */
function removeOrphans(root, sources, built) {
  const expected = new Set(
    sources.flatMap((source) => [compiledName(source), `${compiledName(source)}.map`]),
  );
  const dist = join(root, 'dist');
  const folders = new Set();
  for (const file of built) {
    const path = join(dist, file);
    if (expected.has(file) || (file.endsWith(UNFINISHED) && isRecent(path))) continue;
    rmSync(path, { force: true });
    folders.add(dirname(path));
  }
  for (const folder of folders) removeWhenEmpty(folder, dist);
}

/** @param {string} path */
function isRecent(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && Date.now() - stat.mtimeMs < LEFT_BEHIND_MS;
}

/** @param {string} folder @param {string} dist */
function removeWhenEmpty(folder, dist) {
  if (folder === dist || !existsSync(folder) || readdirSync(folder).length > 0) return;
  rmdirSync(folder);
  removeWhenEmpty(dirname(folder), dist);
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    await bringUpToDate();
    // The app keeps its state there. Made only when it runs, the folder would restart the Functions host, which watches the root.
    mkdirSync(join(PACKAGE_ROOT, '.lowtide'), { recursive: true });
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
