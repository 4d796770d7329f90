import { fork, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { PointsOptions, PointsReport } from './crashAtEveryStep';
import type { MonthOptions, MonthReport } from './runMonth';

/** A process that has seen so many makes room for a new one, and takes what it may have kept with it. */
const MONTHS_PER_PROCESS = 100;
const PROCESSES_MAX = 8;

export type Job =
  | { readonly kind: 'month'; readonly month: MonthOptions }
  | { readonly kind: 'points'; readonly points: PointsOptions };

export type WorkerAnswer = { readonly report: MonthReport | PointsReport } | { readonly error: string };

/** So many processes at once. */
const lines = Math.min(availableParallelism(), PROCESSES_MAX);

/** Runs months in as many processes as there are cores. Each is reported when it ends; after the signal none is, and none begins. */
export async function runMonths(
  months: readonly MonthOptions[],
  onReport: (report: MonthReport) => void,
  signal?: AbortSignal,
): Promise<void> {
  const waiting = [...months];
  const isStopped = (): boolean => signal?.aborted === true;
  await Promise.all(
    Array.from({ length: Math.min(lines, months.length) }, async () => {
      while (waiting.length > 0 && !isStopped()) {
        const worker = new Worker(signal);
        try {
          for (let n = 0; n < MONTHS_PER_PROCESS; n += 1) {
            const next = waiting.shift();
            if (next === undefined) break;
            const answer = await worker.run({ kind: 'month', month: next });
            if (isStopped()) break;
            onReport('report' in answer ? (answer.report as MonthReport) : unrunnable(next, answer.error));
          }
        } finally {
          worker.end();
        }
      }
    }),
  );
}

class Worker {
  readonly #process: ChildProcess = fork(join(__dirname, 'worker.js'), {
    // As many processes as cores, so none of them gains by threads of its own.
    execArgv: ['--single-threaded', '--max-semi-space-size=128'],
  });
  readonly #signal: AbortSignal | undefined;

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
    signal?.addEventListener('abort', this.end);
  }

  async run(job: Job): Promise<WorkerAnswer> {
    return new Promise<WorkerAnswer>((resolve) => {
      const died = (code: number | null): void => {
        resolve({ error: `The process of ${JSON.stringify(job)} ended with code ${String(code)}.` });
      };
      this.#process.once('exit', died);
      this.#process.once('message', (message: WorkerAnswer) => {
        this.#process.off('exit', died);
        resolve(message);
      });
      this.#process.send(job);
    });
  }

  readonly end = (): void => {
    this.#signal?.removeEventListener('abort', this.end);
    this.#process.kill();
  };
}

/** The points of the canonical rollout, shared out among the processes. */
export async function runPoints(
  options: Omit<PointsOptions, 'remainder' | 'of'>,
): Promise<readonly PointsReport[]> {
  return Promise.all(
    Array.from({ length: lines }, async (_, remainder) => {
      const worker = new Worker();
      try {
        const answer = await worker.run({ kind: 'points', points: { ...options, remainder, of: lines } });
        if ('report' in answer) return answer.report as PointsReport;
        throw new Error(answer.error);
      } finally {
        worker.end();
      }
    }),
  );
}

/** A month that could not even be run is a failure of its own. */
function unrunnable({ seed, vms }: MonthOptions, error: string): MonthReport {
  return {
    seed,
    vms,
    month: '',
    state: 'crashed',
    virtualDays: 0,
    cpuSeconds: 0,
    durableSteps: 0,
    installs: 0,
    faults: {},
    evaluations: {},
    traceHash: '',
    violations: [{ invariant: 'run', vm: null, at: '', detail: error }],
  };
}
