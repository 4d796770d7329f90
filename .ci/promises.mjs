// @ts-check
/**
 * Measures what the README promises of `npm start` on this machine, on a tree that is built: how long until its first line, how long until
 * its summary, how long Ctrl-C takes. The numbers are read from the README, so that it never says what was not measured. Prints both; exits 1
 * when one is not kept. Which limit holds for the summary is decided by what the other processes of the machine took of its cores meanwhile.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers';

const root = resolve(import.meta.dirname, '..');
const promised = promises(readFileSync(join(root, 'README.md'), 'utf8'));
/** A machine is quiet while other processes take less than this share of its cores. */
const QUIET_SHARE = 0.1;
/** Where others take more, the times are those of the others: they are printed, and nothing is judged by them. */
const JUDGED_SHARE_MAX = 0.4;
/** Far more than any promise: the run is then ended, and judged. */
const GIVE_UP_SECONDS = 600;

const folder = mkdtempSync(join(tmpdir(), 'lowtide-promises-'));
const found = await run(['start', '--', '--port', '0', '--state', join(folder, 'state')]);
rmSync(folder, { recursive: true, force: true });

const isQuiet = found.othersShare < QUIET_SHARE;
const others = `${Math.round(found.othersShare * 100)} % of ${cpus().length} cores were taken by others`;
const kept = [
  verdict('first line', found.firstLineSeconds, promised.firstLine, ''),
  verdict('summary', found.summarySeconds, isQuiet ? promised.quiet : promised.busy, others),
  verdict('Ctrl-C', found.endSeconds, promised.end, ''),
];
console.log(`  npm start and Azurite took ${found.cpuSeconds.toFixed(1)} s of CPU until the summary`);
const isJudged = found.othersShare <= JUDGED_SHARE_MAX || found.summarySeconds === Infinity;
if (!isJudged)
  console.log('  Others took so much of this machine that the times say nothing of npm start: not judged.');
process.exit(!isJudged || kept.every(Boolean) ? 0 : 1);

/** @param {string} readme */
function promises(readme) {
  const text = readme.replaceAll(/\s+/g, ' ');
  const match =
    /first line within (\d+) s, its summary within (\d+) s on two quiet cores and within (\d+) s on busy ones; Ctrl-C ends it within (\d+) s/.exec(
      text,
    );
  if (match === null)
    throw new Error('README.md does not say how long npm start takes, in the words that are measured here.');
  const [firstLine = 0, quiet = 0, busy = 0, end = 0] = match.slice(1).map(Number);
  return { firstLine, quiet, busy, end };
}

/**
 * @param {string} what
 * @param {number} value
 * @param {number} limit
 * @param {string} note
 */
function verdict(what, value, limit, note) {
  const isKept = value <= limit;
  console.log(
    `  ${isKept ? 'ok  ' : 'NOT '} ${what.padEnd(10)} ${value.toFixed(1)} s, promised ${limit} s${note === '' ? '' : `; ${note}`}`,
  );
  return isKept;
}

/** @param {readonly string[]} args */
async function run(args) {
  const [began, before] = [performance.now(), machineSeconds()];
  const seconds = () => (performance.now() - began) / 1000;
  const child = spawn('npm', [...args], { cwd: root, detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((done) => child.once('exit', (code) => done(code ?? 1)));
  let output = '';
  let firstLineSeconds = Infinity;
  const summary = new Promise((done) => {
    child.stdout.on('data', (chunk) => {
      output += String(chunk);
      // npm's own lines, which name the command, begin with ">"
      if (firstLineSeconds === Infinity && /^(?!>)\S.*\n/m.test(output)) firstLineSeconds = seconds();
      if (/^Ctrl-C ends it\./m.test(output)) done('shown');
    });
  });
  const late = new Promise((done) => setTimeout(done, GIVE_UP_SECONDS * 1000, 'late').unref());
  const how = await Promise.race([summary, ended, late]);
  const summarySeconds = how === 'shown' ? seconds() : Infinity;
  const [cpuSeconds, after] = [treeSeconds(child.pid ?? 0), machineSeconds()];
  const wall = seconds();
  const othersShare = Math.max(0, after - before - cpuSeconds) / (wall * cpus().length);
  if (how !== 'shown') console.log(output);
  const stopped = performance.now();
  try {
    process.kill(-(child.pid ?? 0), 'SIGINT'); // as the terminal does: npm and node both get it
  } catch {
    // It has ended.
  }
  await ended;
  return {
    firstLineSeconds,
    summarySeconds,
    endSeconds: (performance.now() - stopped) / 1000,
    cpuSeconds,
    othersShare,
  };
}

/** Seconds that the cores of this machine have worked since it started. */
function machineSeconds() {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) / 1000;
}

/**
 * CPU seconds of a process and everything that it started.
 * @param {number} pid
 * @returns {number}
 */
function treeSeconds(pid) {
  const TICKS_A_SECOND = 100;
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const rest = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const ticks = [11, 12, 13, 14].reduce((sum, n) => sum + Number(rest[n]), 0); // its own, and of children that have ended
        return [{ pid: Number(name), parent: Number(rest[1]), seconds: ticks / TICKS_A_SECOND }];
      } catch {
        return []; // it ended while it was looked at
      }
    });
  /** @type {(id: number) => number} */
  const sum = (id) =>
    (all.find((one) => one.pid === id)?.seconds ?? 0) +
    all.filter(({ parent }) => parent === id).reduce((total, one) => total + sum(one.pid), 0);
  return sum(pid);
}
