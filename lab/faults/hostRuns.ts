import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../local/packageRoot';
import { CrashHost, startHost, type Host } from '../../emulator/host';
import type * as Composition from '../../composition/compose';
import type { FaultHooks } from '../../composition/faultHooks';
import { randomOf } from './faults';
import type { CrashSwitch, Step } from './crashingServices';
import type { Action, Operator } from './operator';
import type { StorageAndAzure } from './storageAndAzure';
import type { Redeployment, MonthSetup } from './monthSetup';
import { DAY_MS } from '../../domain/timeUnits';

/** A crash to come: from an instant on the host's persisted steps are counted, and at this one it crashes. */
export interface Crash {
  readonly atMs: number;
  readonly step: number;
}

const STEPS_MAX = 3000;

/** A machine that is suspended. */
export interface Sleep {
  readonly atMs: number;
  readonly untilMs: number;
}

/** A host that knows nothing of what the others have done: its durable state is its own. */
interface OtherHub {
  readonly hubName: string;
  readonly fromMs: number;
}

const SLEEPS_MAX = 3;
const SLEEP_MS_MAX = 4 * 3_600_000;

export function sleepsOf({ seed, intensity, fromMs, calmMs }: MonthSetup): Sleep[] {
  const random = randomOf(seed, 'sleeps');
  return Array.from({ length: Math.floor(random() * intensity * (SLEEPS_MAX + 1)) }, () => {
    const atMs = fromMs + random() ** 2 * (calmMs - fromMs);
    return { atMs, untilMs: Math.min(calmMs, atMs + random() ** 2 * SLEEP_MS_MAX) };
  });
}

/** Only where a host can come back from its journal. */
export function otherHubsOf({ seed, crashes, fromMs, calmMs }: MonthSetup): Sleep[] {
  if (crashes === 0) return [];
  const random = randomOf(seed, 'other hub');
  const atMs = fromMs + DAY_MS / 4 + random() ** 2 * (calmMs - fromMs - DAY_MS);
  return [{ atMs, untilMs: atMs + (0.1 + random()) * SLEEP_MS_MAX }];
}

/** Most in the first week, when most is under way. */
export function crashesOf({ seed, crashes, fromMs, calmMs }: MonthSetup): Crash[] {
  const random = randomOf(seed, 'crashes');
  return Array.from({ length: crashes }, () => ({
    atMs: fromMs + random() ** 3 * (calmMs - fromMs),
    step: 1 + Math.floor(random() ** 2 * STEPS_MAX),
  })).sort((a, b) => a.atMs - b.atMs);
}

/** Runs hosts one after the other over the same storage and the same Azure: after a crash the next one takes over. */
export class HostRuns {
  /** After which step the last host crashed. */
  lastCrash = 'did not crash';
  #environment: MonthSetup['environment'];
  #stepsOfEndedHosts = 0;
  #crashed: Error | null = null;

  readonly #storageAndAzure: StorageAndAzure;
  readonly #folder: string;
  readonly #withJournal: boolean;
  readonly #laterHostsCrash: ((step: Step) => boolean) | undefined;

  constructor(
    storageAndAzure: StorageAndAzure,
    folder: string,
    withJournal: boolean,
    /** Whether a host that took over after a crash crashes at this step. */
    laterHostsCrash?: (step: Step) => boolean,
  ) {
    this.#storageAndAzure = storageAndAzure;
    this.#folder = folder;
    this.#withJournal = withJournal;
    this.#laterHostsCrash = laterHostsCrash;

    this.#environment = storageAndAzure.setup.environment;
  }

  get host(): Host {
    if (this.#storageAndAzure.host === null) throw new Error('No host runs.');
    return this.#storageAndAzure.host;
  }

  get durableSteps(): number {
    return this.#stepsOfEndedHosts + this.host.stats.durableSteps;
  }

  /** `crashes` is asked at every persisted step whether the host crashes there. */
  async begin(crashes?: (step: Step) => boolean, other?: OtherHub): Promise<void> {
    const storageAndAzure = this.#storageAndAzure;
    const { setup } = storageAndAzure;
    this.#crashed = null;
    const crashSwitch = crashes === undefined ? null : this.#crashSwitch(crashes);
    storageAndAzure.host = await startHost({
      appDir: PACKAGE_ROOT,
      clock: { kind: 'virtual', startUtc: new Date(other?.fromMs ?? setup.fromMs).toISOString() },
      store:
        this.#withJournal && other === undefined
          ? { kind: 'journal', path: join(this.#folder, 'journal') }
          : { kind: 'memory' },
      engine: 'session',
      strict: true,
      keepChildHistory: false,
      environment: {
        ...this.#environment,
        ...(other !== undefined && {
          AzureFunctionsJobHost__extensions__durableTask__hubName: other.hubName,
        }),
        LOWTIDE_DRIVER: 'simulated',
        LOWTIDE_STORE: 'memory',
        LOWTIDE_STATE_DIR: '',
        LOWTIDE_FLEET: storageAndAzure.fleetFile,
        LOWTIDE_SCENARIO: storageAndAzure.scenarioFile,
        LOWTIDE_SEED: String(setup.seed),
      },
      transit: storageAndAzure.transit,
      ...(crashSwitch !== null && {
        onPersist: ({ kind, instanceId }) => {
          crashSwitch.afterStep({ kind, of: instanceId });
        },
      }),
      ...(process.env['TORTURE_LOG'] !== undefined && {
        log: (line) => {
          process.stderr.write(`${storageAndAzure.host?.nowUtc() ?? ''} ${line}\n`);
        },
      }),
      keepApp: true,
      prepare: (appModule) => {
        (appModule('./dist/composition/compose') as typeof Composition).forgetServices();
        const { faultHooks } = appModule('./dist/composition/faultHooks') as { faultHooks: FaultHooks };
        Object.assign(faultHooks, storageAndAzure.faultHooksFor(crashSwitch));
      },
    });
  }

  #crashSwitch(crashes: (step: Step) => boolean): CrashSwitch {
    let crash: Error | null = null;
    const check = (): void => {
      if (crash !== null) throw crash;
    };
    const afterStep = (step: Step): void => {
      check();
      if (!crashes(step)) return;
      this.lastCrash = `crashed after ${step.kind} of ${step.of}`;
      this.#storageAndAzure.faults.count('hostCrash', step.kind);
      crash = this.#crashed = new CrashHost();
      throw crash;
    };
    return { afterStep, check };
  }

  async end(): Promise<void> {
    this.#stepsOfEndedHosts += this.#storageAndAzure.host?.stats.durableSteps ?? 0;
    await this.#storageAndAzure.host?.close();
  }

  /** Runs until then. When a host crashes on the way, the next one takes over. */
  async until(ms: number): Promise<void> {
    await this.#restartingAfterCrashes(() => this.host.runUntil(new Date(ms).toISOString()));
  }

  async act(operator: Operator, action: Action): Promise<void> {
    await this.#restartingAfterCrashes(() => operator.act(this.host, action));
  }

  /** Replaces the host by one that crashes at a given step. */
  async crashAfter({ atMs, step }: Crash): Promise<void> {
    await this.until(atMs);
    await this.end();
    let steps = 0;
    await this.begin(() => (steps += 1) >= step);
  }

  /** The host is stopped in good order, and another one starts with other settings. */
  async redeploy({ atMs, environment }: Redeployment): Promise<void> {
    await this.until(atMs);
    await this.end();
    this.#environment = environment;
    this.#storageAndAzure.faults.count('policyChanged');
    await this.begin(this.#laterHostsCrash);
  }

  /**
   * A deployment slot: for a while a host of another task hub runs over the same tables instead of this one. The rollout is none of its own, so
   * it starts nothing.
   */
  async otherHub({ atMs, untilMs }: Sleep): Promise<void> {
    await this.until(atMs);
    await this.end();
    const { faults, otherHubs } = this.#storageAndAzure;
    faults.count('otherHub');
    otherHubs.push({ fromUtc: new Date(atMs).toISOString(), untilUtc: new Date(untilMs).toISOString() });
    await this.begin(undefined, { hubName: 'lowtideSlot', fromMs: atMs });
    await this.host.runUntil(new Date(untilMs).toISOString());
    await this.end();
    await this.begin(this.#laterHostsCrash);
    await this.#restartingAfterCrashes(() => this.host.sleepUntil(new Date(untilMs).toISOString()));
  }

  /** The machine is suspended for a while: nothing runs, and then it is later. */
  async sleep({ atMs, untilMs }: Sleep): Promise<void> {
    await this.until(atMs);
    this.#storageAndAzure.faults.count('clockJump');
    await this.#restartingAfterCrashes(() => this.host.sleepUntil(new Date(untilMs).toISOString()));
  }

  async #restartingAfterCrashes(work: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        await work();
        if (this.#crashed === null) return;
      } catch (error) {
        if (this.#crashed === null) throw error;
      }
      await this.end();
      await this.begin(this.#laterHostsCrash);
    }
  }
}
