import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../local/packageRoot';
import { CrashHost, startHost, type Host } from '../../emulator/host';
import type * as Composition from '../../composition/compose';
import type { FaultHooks } from '../../composition/faultHooks';
import { diceOf } from './faults';
import type { Pulse, Step } from './mortal';
import type { Action, Operator } from './operator';
import type { Outside } from './outside';
import type { Redeployment, Scene } from './scene';

/** A host that is to die: from an instant on its persisted steps are counted, and at one of them it does. */
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

const SLEEPS_MAX = 3;
const SLEEP_MS_MAX = 4 * 3_600_000;

export function sleepsOf({ seed, intensity, fromMs, calmMs }: Scene): Sleep[] {
  const dice = diceOf(seed, 'sleeps');
  return Array.from({ length: Math.floor(dice() * intensity * (SLEEPS_MAX + 1)) }, () => {
    const atMs = fromMs + dice() ** 2 * (calmMs - fromMs);
    return { atMs, untilMs: Math.min(calmMs, atMs + dice() ** 2 * SLEEP_MS_MAX) };
  });
}

/** Most in the first week, when most is under way. */
export function crashesOf({ seed, crashes, fromMs, calmMs }: Scene): Crash[] {
  const dice = diceOf(seed, 'crashes');
  return Array.from({ length: crashes }, () => ({
    atMs: fromMs + dice() ** 3 * (calmMs - fromMs),
    step: 1 + Math.floor(dice() ** 2 * STEPS_MAX),
  })).sort((a, b) => a.atMs - b.atMs);
}

/** The lives of hosts, one after the other, over the same storage and the same Azure. */
export class Lives {
  /** How the last one died. */
  epitaph = 'not crashed';
  private environment: Scene['environment'];
  private stepsOfTheDead = 0;
  private crashed: Error | null = null;

  constructor(
    private readonly outside: Outside,
    private readonly folder: string,
    private readonly withJournal: boolean,
    /** How the hosts that follow a dead one die. */
    private readonly successorsDie?: (step: Step) => boolean,
  ) {
    this.environment = outside.scene.environment;
  }

  get host(): Host {
    if (this.outside.host === null) throw new Error('No host lives.');
    return this.outside.host;
  }

  get durableSteps(): number {
    return this.stepsOfTheDead + this.host.stats.durableSteps;
  }

  /** `dies`: asked at every step of the host that outlives it. */
  async begin(dies?: (step: Step) => boolean): Promise<void> {
    const { outside } = this;
    const { scene } = outside;
    this.crashed = null;
    const pulse = dies === undefined ? null : this.pulseOf(dies);
    outside.host = await startHost({
      appDir: PACKAGE_ROOT,
      clock: { kind: 'virtual', startUtc: new Date(scene.fromMs).toISOString() },
      store: this.withJournal ? { kind: 'journal', path: join(this.folder, 'journal') } : { kind: 'memory' },
      engine: 'session',
      strict: true,
      keepChildHistory: false,
      environment: {
        ...this.environment,
        LOWTIDE_DRIVER: 'simulated',
        LOWTIDE_STORE: 'memory',
        LOWTIDE_STATE_DIR: '',
        LOWTIDE_FLEET: outside.fleetFile,
        LOWTIDE_SCENARIO: outside.scenarioFile,
        LOWTIDE_SEED: String(scene.seed),
      },
      transit: outside.transit,
      ...(pulse !== null && {
        onPersist: ({ kind, instanceId }) => {
          pulse.beat({ kind, of: instanceId });
        },
      }),
      ...(process.env['TORTURE_LOG'] !== undefined && {
        log: (line) => {
          process.stderr.write(`${outside.host?.nowUtc() ?? ''} ${line}\n`);
        },
      }),
      keepApp: true,
      prepare: (appModule) => {
        (appModule('./dist/composition/compose') as typeof Composition).forgetServices();
        const { faultHooks } = appModule('./dist/composition/faultHooks') as { faultHooks: FaultHooks };
        Object.assign(faultHooks, outside.faultHooksFor(pulse));
      },
    });
  }

  private pulseOf(dies: (step: Step) => boolean): Pulse {
    let death: Error | null = null;
    const check = (): void => {
      if (death !== null) throw death;
    };
    const beat = (step: Step): void => {
      check();
      if (!dies(step)) return;
      this.epitaph = `died after ${step.kind} of ${step.of}`;
      this.outside.faults.count('hostCrash', step.kind);
      death = this.crashed = new CrashHost();
      throw death;
    };
    return { beat, check };
  }

  async end(): Promise<void> {
    this.stepsOfTheDead += this.outside.host?.stats.durableSteps ?? 0;
    await this.outside.host?.close();
  }

  /** Lives until then; a host that dies on the way is followed by another. */
  async until(ms: number): Promise<void> {
    await this.surviving(() => this.host.runUntil(new Date(ms).toISOString()));
  }

  async act(operator: Operator, action: Action): Promise<void> {
    await this.surviving(() => operator.act(this.host, action));
  }

  /** The next host is one that will die at a step of its own. */
  async doom({ atMs, step }: Crash): Promise<void> {
    await this.until(atMs);
    await this.end();
    let steps = 0;
    await this.begin(() => (steps += 1) >= step);
  }

  /** The host is stopped in good order, and another one starts with other settings. */
  async redeploy({ atMs, environment }: Redeployment): Promise<void> {
    await this.until(atMs);
    await this.end();
    this.environment = environment;
    this.outside.faults.count('policyChanged');
    await this.begin(this.successorsDie);
  }

  /** The machine is suspended for a while: nothing runs, and then it is later. */
  async sleep({ atMs, untilMs }: Sleep): Promise<void> {
    await this.until(atMs);
    this.outside.faults.count('clockJump');
    await this.surviving(() => this.host.sleepUntil(new Date(untilMs).toISOString()));
  }

  private async surviving(work: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        await work();
        if (this.crashed === null) return;
      } catch (error) {
        if (this.crashed === null) throw error;
      }
      await this.end();
      await this.begin(this.successorsDie);
    }
  }
}
