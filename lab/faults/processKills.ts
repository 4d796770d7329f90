import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startAzurite, type Azurite } from '../../local/azurite';
import { PACKAGE_ROOT } from '../../local/packageRoot';
import { outcomesOf, type Api } from '../../local/reportedRollouts';
import { fileJournal } from '../../drivers/simulated/log/fileJournal';
import { simulatedDriver, type SimulatedDriver } from '../../drivers/simulated/simulatedDriver';
import { canonicalSetup } from './canonicalSetup';
import { randomOf } from './faults';
import { checkMonth, NOTHING_SAID, type FoundViolation } from './checkMonth';
import { StorageAndAzure } from './storageAndAzure';
import type { KilledAppOptions, KilledAppAnswer } from './killedApp';

export interface RealKillsOptions {
  readonly seed: number;
  readonly vms: number;
  readonly kills: number;
  readonly onProgress: (done: number, note: string) => void;
}

export interface RealKillsReport {
  readonly vms: number;
  readonly rollouts: number;
  readonly kills: { readonly app: number; readonly azurite: number };
  readonly wallSeconds: number;
  readonly installs: number;
  /** Answers of the API that had to be as true after a kill as before: outcomes that were read, pauses and resumes that were promised. */
  readonly acknowledged: { readonly outcomes: number; readonly decisions: number };
  readonly violations: readonly FoundViolation[];
}

/** An hour in a second: a rollout of the canonical fleet takes about half a minute. */
const SPEED = 3600;
const KILL_EVERY_MS = 3000;
const ROLLOUT_SECONDS_MAX = 600;
const REQUEST_MS_MAX = 30_000;
/** Virtual time goes on while a request is on its way. */
const ON_ITS_WAY_SECONDS = 300;

/** Kills the app and its storage, in turn, at random moments of one rollout after the other, until there were so many kills. */
export async function runRealKills(options: RealKillsOptions): Promise<RealKillsReport> {
  const started = performance.now();
  const random = randomOf(options.seed, 'real kills');
  const sum = { rollouts: 0, installs: 0 };
  const acknowledged = { outcomes: 0, decisions: 0 };
  const kills = { app: 0, azurite: 0 };
  const violations: FoundViolation[] = [];
  while (kills.app + kills.azurite < options.kills) {
    const rollout = new RealRollout(options.vms);
    try {
      await rollout.begin();
      violations.push(...(await rollout.killRepeatedly(options, kills, random)));
      sum.rollouts += 1;
      sum.installs += rollout.installs;
      acknowledged.outcomes += rollout.seen.size;
      acknowledged.decisions += rollout.decisions;
    } finally {
      await rollout.end();
    }
  }
  return {
    vms: options.vms,
    ...sum,
    acknowledged,
    kills,
    violations,
    wallSeconds: (performance.now() - started) / 1000,
  };
}

/** What the API says of a rollout, as far as it matters here. */
interface Standing {
  readonly state: string;
  readonly endedUtc: string | null;
}

/** One rollout with a process for the app and one for its storage, both on disk. */
class RealRollout {
  readonly seen = new Map<string, string>();
  installs = 0;
  decisions = 0;
  /** What was promised last; null when no promise is known to stand. */
  #promised: 'paused' | 'running' | null = 'running';
  readonly #broken: FoundViolation[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), 'lowtide-real-'));
  readonly #setup;
  readonly #storageAndAzure: StorageAndAzure;
  #azurite: Azurite | null = null;
  #app: { readonly process: ChildProcess; readonly baseUrl: string } | null = null;

  constructor(vms: number) {
    this.#setup = canonicalSetup(vms);
    this.#storageAndAzure = new StorageAndAzure(this.#setup, new Set(), this.#folder);
  }

  async begin(): Promise<void> {
    this.#azurite = await startAzurite({ location: join(this.#folder, 'azurite'), ports: 'any' });
    await this.#startApp();
  }

  async killRepeatedly(
    { kills: wanted, onProgress }: RealKillsOptions,
    kills: { app: number; azurite: number },
    random: () => number,
  ): Promise<readonly FoundViolation[]> {
    const id = `rollout-${this.#setup.month}`;
    const deadlineMs = Date.now() + ROLLOUT_SECONDS_MAX * 1000;
    for (;;) {
      await sleep(200 + random() * KILL_EVERY_MS);
      const rollout = await this.#look(id);
      if (rollout !== null && rollout.endedUtc !== null) return this.#check(rollout.endedUtc);
      if (Date.now() > deadlineMs) return this.#check(null);
      const enough = kills.app + kills.azurite >= wanted;
      if (rollout !== null) await this.#decide(id, !enough && random() < 0.4 ? 'paused' : 'running');
      if (enough) continue;
      const target = random() < 0.5 ? 'app' : 'azurite';
      kills[target] += 1;
      onProgress(kills.app + kills.azurite, `kill -9 ${target}`);
      await (target === 'app' ? this.#killApp() : this.#killAzurite());
    }
  }

  /** The next thing that happens may be a kill: what was promised has to stand. */
  async #decide(id: string, wanted: 'paused' | 'running'): Promise<void> {
    if (this.#promised === wanted) return;
    const verb = wanted === 'paused' ? 'pause' : 'resume';
    this.#promised = null;
    try {
      const { status } = await this.#api.request('POST', `/api/rollouts/${id}/${verb}`, {
        reason: 'torture',
      });
      // 409: there is nothing to resume, so it does run.
      if (status !== 200 && !(status === 409 && wanted === 'running')) return;
      this.#promised = wanted;
      this.decisions += 1;
    } catch {
      // The outcome is unknown; the next round asks again.
    }
  }

  #checkPromise({ state, endedUtc }: Standing): void {
    const promised = this.#promised;
    if (promised === null || endedUtc !== null || (state === 'paused') === (promised === 'paused')) return;
    this.#broken.push({
      invariant: 'acknowledged',
      vm: null,
      at: '',
      detail: `was promised to be ${promised}, and is ${state}`,
    });
    this.#promised = null;
  }

  async end(): Promise<void> {
    this.#app?.process.kill('SIGKILL');
    await this.#azurite?.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** The state of the rollout. What the API has said of patched VMs must stay true. Null while the API does not answer. */
  async #look(id: string): Promise<Standing | null> {
    try {
      const { status, body } = await this.#api.request('GET', `/api/rollouts/${id}`);
      if (status !== 200) return null;
      for (const { vm, kind } of await outcomesOf(this.#api, id))
        if (kind === 'patched') this.seen.set(vm, kind);
      this.#checkPromise(body as Standing);
      return body as Standing;
    } catch {
      return null;
    }
  }

  async #check(endedUtc: string | null): Promise<readonly FoundViolation[]> {
    const setup = this.#setup;
    const storageAndAzure = this.#storageAndAzure;
    const untilMs = endedUtc === null ? setup.untilMs : Date.parse(endedUtc) + 60_000;
    const outcomes = await outcomesOf(this.#api, `rollout-${setup.month}`).catch(() => []);
    const lost = [...this.seen.keys()].filter(
      (vm) => outcomes.find((outcome) => outcome.vm === vm)?.kind !== 'patched',
    );
    const driver = this.#azureNow(untilMs);
    const month = {
      setup: { ...setup, untilMs },
      fleet: storageAndAzure.fleet,
      driver,
      owners: { deletedVms: [], created: [], retagged: [], moved: [] },
    };
    const result = await checkMonth(month, this.#api, NOTHING_SAID, ON_ITS_WAY_SECONDS);
    await driver.close();
    this.installs = result.installs;
    return [
      ...result.violations,
      ...this.#broken,
      ...lost.map((vm): FoundViolation => ({
        invariant: 'acknowledged',
        vm,
        at: endedUtc ?? '',
        detail: 'was reported as patched, and is not any more',
      })),
    ];
  }

  /** The simulated Azure as its journal has it; from a copy, for the app holds the folder. */
  #azureNow(untilMs: number): SimulatedDriver {
    const copy = join(this.#folder, 'simulated-azure-copy');
    cpSync(join(this.#folder, 'simulated-azure'), copy, { recursive: true });
    rmSync(join(copy, 'lock.json'), { force: true });
    return simulatedDriver({
      fleet: null,
      seed: this.#setup.seed,
      scenario: null,
      journal: fileJournal(copy),
      nowUtc: () => new Date(untilMs).toISOString(),
    });
  }

  readonly #api: Api = {
    request: async (method, path, body) => {
      const response = await fetch(`${this.#app?.baseUrl ?? ''}${path}`, {
        method,
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(REQUEST_MS_MAX),
      });
      const text = await response.text();
      return {
        status: response.status,
        headers: {},
        body: text === '' ? null : (JSON.parse(text) as unknown),
      };
    },
  };

  async #startApp(): Promise<void> {
    const setup = this.#setup;
    const storageAndAzure = this.#storageAndAzure;
    const folder = this.#folder;
    const azurite = this.#azurite;
    const child = fork(join(__dirname, 'killedApp.js'), { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    child.stderr?.on('data', (chunk: Buffer) => {
      appendFileSync(join(folder, 'app.log'), chunk);
    });
    const options: KilledAppOptions = {
      appDir: PACKAGE_ROOT,
      journal: join(folder, 'journal'),
      speed: SPEED,
      startUtc: new Date(setup.fromMs).toISOString(),
      environment: {
        ...setup.environment,
        LOWTIDE_DRIVER: 'simulated',
        LOWTIDE_STORE: 'tables',
        LOWTIDE_SEED: String(setup.seed),
        LOWTIDE_STATE_DIR: join(folder, 'simulated-azure'),
        LOWTIDE_FLEET: storageAndAzure.fleetFile,
        LOWTIDE_SCENARIO: storageAndAzure.scenarioFile,
        AzureWebJobsStorage: azurite?.connectionString ?? '',
      },
    };
    child.send(options);
    const [answer] = (await once(child, 'message')) as [KilledAppAnswer];
    if ('error' in answer) throw new Error(answer.error);
    this.#app = { process: child, baseUrl: answer.baseUrl };
  }

  async #killApp(): Promise<void> {
    const app = this.#app;
    if (app === null) return;
    app.process.kill('SIGKILL');
    await once(app.process, 'exit');
    await this.#startApp();
  }

  async #killAzurite(): Promise<void> {
    const azurite = this.#azurite;
    const folder = this.#folder;
    if (azurite === null) return;
    await azurite.kill();
    this.#azurite = await startAzurite({ location: join(folder, 'azurite'), ports: azurite.ports });
  }
}

export function describeKills(report: RealKillsReport): string {
  const { vms, rollouts, kills, wallSeconds, installs, acknowledged, violations } = report;
  return [
    `${rollouts} rollouts of ${vms} VMs; the app was killed ${kills.app} times, its storage ${kills.azurite} times, in ${Math.round(wallSeconds)} s`,
    `  ${installs} installations; ${acknowledged.outcomes} outcomes that had been reported and ${acknowledged.decisions} pauses and resumes that had been promised were looked for after the kills`,
    `  violations ${violations.length}`,
    ...violations.map(({ invariant, vm, at, detail }) => `  ${invariant} ${at} ${vm ?? ''} ${detail}`),
    '',
  ].join('\n');
}
