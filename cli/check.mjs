// @ts-check
/**
 * Everything that is read off the source: format, lint, types, import boundaries, unused code, and the house rules that are tests. Two at a time, the longest first: lint
 * takes as long as all the others together, unless it has linted the files before.
 * Prints what each says when it ends; exits 1 when one of them fails.
 */
import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';

const SCRIPTS = ['lint', 'types', 'rules', 'boundaries', 'unused', 'format:check'];

const waiting = SCRIPTS.values();
const kept = await Promise.all([runEach(waiting), runEach(waiting)]);
process.exitCode = kept.every(Boolean) ? 0 : 1;

/** @param {Iterable<string>} names shared: what one takes, the other does not */
async function runEach(names) {
  let isKept = true;
  for (const name of names) isKept = (await run(name)) && isKept;
  return isKept;
}

/**
 * @param {string} name A script of package.json.
 * @returns {Promise<boolean>}
 */
function run(name) {
  const started = performance.now();
  const child = spawn('npm', ['run', '--silent', name], {
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  });
  let output = '';
  const heard = (/** @type {Buffer} */ chunk) => (output += chunk.toString());
  child.stdout.on('data', heard);
  child.stderr.on('data', heard);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      console.log(`${code === 0 ? 'ok    ' : 'failed'}  ${name}, ${seconds} s`);
      if (output.trim() !== '') console.log(output.trimEnd());
      resolve(code === 0);
    });
  });
}
