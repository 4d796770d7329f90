import { transformSync } from '@swc/core';
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateFleet, printGeneratedFleet } from '../../fleets/generateFleet';
import { PACKAGE_ROOT } from '../../local/packageRoot';
import type { Mutant } from './mutant';
import { messageOf } from '../../domain/messageOf';

/** Everything of the package is copied but these; the packages it needs are linked. */
const NOT_COPIED = new Set(['.git', '.lowtide', 'coverage', 'node_modules']);

/** Of the months: from so many on a made-up fleet has at least one of everything, VMs that their owners exclude among them. */
const VMS = 300;

const RUN_SECONDS_MAX = 300;
const ATTEMPTS_MAX = 3;

export interface Verdict {
  readonly killed: boolean;
  /** The test or the invariant that noticed; what was run when none did. */
  readonly by: string;
}

/** A copy of the package in which one bug at a time is planted. */
export class PackageCopy {
  readonly folder = mkdtempSync(join(tmpdir(), 'lowtide-mutants-'));
  readonly #fleet = join(this.folder, 'fleet.json');

  constructor() {
    for (const name of readdirSync(PACKAGE_ROOT))
      if (!NOT_COPIED.has(name))
        cpSync(join(PACKAGE_ROOT, name), join(this.folder, name), { recursive: true });
    symlinkSync(join(PACKAGE_ROOT, 'node_modules'), join(this.folder, 'node_modules'), 'dir');
    writeFileSync(this.#fleet, printGeneratedFleet(generateFleet({ vms: VMS, seed: 1 })));
  }

  /** Plants the bug and runs the tests that should notice it, one after the other, until one does. */
  detect(mutant: Mutant): Verdict {
    let undo: () => void;
    try {
      undo = this.#plant(mutant);
    } catch (error) {
      return { killed: false, by: messageOf(error) };
    }
    try {
      for (const file of mutant.tests) {
        const verdict = this.#runTests([file]);
        if (verdict.killed) return verdict;
      }
      if (mutant.month !== undefined) return this.#simulate(mutant.month);
      return { killed: false, by: mutant.tests.join(', ') };
    } finally {
      undo();
    }
  }

  /** Everything that will be asked to notice bugs must be content without any. Returns the names of failing tests. */
  runWithoutMutants(mutants: readonly Mutant[]): Verdict {
    const files = [...new Set(mutants.flatMap(({ tests }) => tests))];
    const tests = files.length === 0 ? { killed: false, by: '' } : this.#runTests(files);
    if (tests.killed) return tests;
    for (const month of new Set(mutants.flatMap(({ month: name }) => name ?? []))) {
      const verdict = this.#simulate(month);
      if (verdict.killed) return verdict;
    }
    return tests;
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #plant({ file, edits }: Mutant): () => void {
    const source = join(this.folder, file);
    const compiled = join(this.folder, 'dist', file.replace(/\.ts$/, '.js'));
    const [before, built] = [readFileSync(source, 'utf8'), readFileSync(compiled, 'utf8')];
    const mutated = applyEdits(before, edits, file);
    writeFileSync(source, mutated);
    writeFileSync(compiled, compile(mutated, file));
    return () => {
      writeFileSync(source, before);
      writeFileSync(compiled, built);
    };
  }

  #runTests(files: readonly string[]): Verdict {
    const report = join(this.folder, 'jest.json');
    rmSync(report, { force: true });
    const jest = join(this.folder, 'node_modules', 'jest', 'bin', 'jest.js');
    const options = ['--ci', '--runInBand', '--silent', '--json', `--outputFile=${report}`];
    const { status, stderr } = this.#run([jest, ...options, '--runTestsByPath', ...files]);
    if (!existsSync(report)) return { killed: true, by: `the tests did not run: ${stderr.slice(-300)}` };
    if (status === 0) return { killed: false, by: files.join(', ') };
    return { killed: true, by: firstFailure(readFileSync(report, 'utf8')) };
  }

  #simulate(scenario: string): Verdict {
    const report = join(this.folder, 'month.json');
    rmSync(report, { force: true });
    const simulate = [join(this.folder, 'dist', 'cli', 'lowtide.js'), 'simulate', '--fleet', this.#fleet];
    const month = ['--seed', '1', '--month', '2026-11', '--scenario', scenario, '--json', report];
    const { status, stderr } = this.#run([...simulate, ...month]);
    if (status === 0) return { killed: false, by: `a month of ${scenario}` };
    if (status !== 2 || !existsSync(report))
      return { killed: true, by: `the month of ${scenario} failed: ${stderr.trim().slice(0, 200)}` };
    const { violations } = JSON.parse(readFileSync(report, 'utf8')) as {
      violations: { invariant: string }[];
    };
    const broken = [...new Set(violations.map(({ invariant }) => invariant))];
    return { killed: true, by: `the auditor, in a month of ${scenario}: ${broken.join(', ')}` };
  }

  #run(args: readonly string[]): Ended {
    for (let attempt = 1; ; attempt += 1) {
      const ran = spawnSync(process.execPath, args, {
        cwd: this.folder,
        encoding: 'utf8',
        timeout: RUN_SECONDS_MAX * 1000,
        stdio: ['ignore', 'ignore', 'pipe'],
        env: {
          ...process.env,
          NODE_OPTIONS: '',
          UPDATE_GOLDEN: '',
          UPDATE_HISTORIES: '',
          JEST_WORKER_ID: '',
        },
      });
      const ended = endOf(ran);
      if (ended !== null) return ended;
      if (attempt === ATTEMPTS_MAX) throw new Error(`${args.join(' ')} was ended by ${ran.signal}.`);
    }
  }
}

interface Ended {
  readonly status: number | null;
  readonly stderr: string;
}

/**
 * How a process ended. Null when that says nothing about the bug, because another process ended it by a signal: it is run again. One that never ends, or
 * that takes memory until V8 gives up, does so for the bug.
 */
export function endOf({
  status,
  stderr,
  signal,
  error,
}: Pick<SpawnSyncReturns<string>, 'status' | 'stderr' | 'signal' | 'error'>): Ended | null {
  if (error !== undefined && 'code' in error && error.code === 'ETIMEDOUT')
    return { status, stderr: 'It never ends.' };
  if (signal === 'SIGABRT' && stderr.includes('heap out of memory'))
    return { status, stderr: 'It takes memory without end.' };
  return signal === null ? { status, stderr } : null;
}

export function applyEdits(source: string, edits: Mutant['edits'], file: string): string {
  let text = source;
  for (const [find, replace] of edits) {
    const [before, after, ...more] = text.split(find);
    if (before === undefined || after === undefined || more.length > 0)
      throw new Error(
        `${file} must contain this exactly once, to plant a bug in its place (has it changed? then change lab/mutation/):\n${find}`,
      );
    text = before + replace + after;
  }
  return text;
}

/** As the build does: types are not checked, for a bug may be one that the type check would have found. */
export function compile(source: string, file: string): string {
  const configFile = join(PACKAGE_ROOT, '.swcrc');
  return transformSync(source, { filename: file, configFile, sourceMaps: false }).code;
}

interface JestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

function firstFailure(report: string): string {
  const { testResults } = JSON.parse(report) as JestReport;
  for (const { assertionResults, message, name } of testResults) {
    const failed = assertionResults.find(({ status }) => status === 'failed');
    if (failed !== undefined) return `«${failed.fullName}»`;
    if (message !== '' && assertionResults.length === 0)
      return `${name.split('/').slice(-1).join('')} does not load: ${message.slice(0, 200)}`;
  }
  return 'a test';
}
