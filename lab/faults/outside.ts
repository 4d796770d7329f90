import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateFleet } from '../../fleets/generateFleet';
import { parseFleet, type ParsedFleet } from '../../drivers/fleet/parseFleet';
import type { SimulatedDriver } from '../../drivers/simulated/simulatedDriver';
import type { Host, Transit } from '../../emulator/host';
import type { FaultHooks } from '../../composition/faultHooks';
import type { Store } from '../../store/store';
import { calendarOf } from './calendar';
import { faultyActivity } from './faultyActivity';
import { behindABadLine, FaultyDriver } from './faultyDriver';
import { faultyStore } from './faultyStore';
import { faultyTransit } from './faultyTransit';
import { Faults, type FaultKind } from './faults';
import { mortalDriver, mortalStore, type Pulse } from './mortal';
import { scenarioOf, type Scene } from './scene';
import { VmLife } from './vmLife';

/** What outlives the app: storage, Azure and the dice. They do not die with a host. */
export class Outside {
  readonly faults: Faults;
  readonly transit: Transit;
  readonly fleet: ParsedFleet;
  /** The host that lives now; it has the clock. */
  host: Host | null = null;
  readonly fleetFile: string;
  readonly scenarioFile: string;
  private tables: { readonly plain: Store; readonly faulty: Store } | null = null;
  private azure: { readonly plain: SimulatedDriver; readonly faulty: SimulatedDriver; life: VmLife } | null =
    null;

  constructor(
    readonly scene: Scene,
    allowed: ReadonlySet<FaultKind>,
    folder: string,
  ) {
    const { seed, vms, intensity, fromMs, calmMs } = scene;
    const text = JSON.stringify(scene.fleet ?? generateFleet({ vms, seed }));
    this.fleet = parseFleet(text, `the fleet of seed ${seed}`);
    this.fleetFile = join(folder, 'fleet.json');
    writeFileSync(this.fleetFile, text);
    const scenario = scene.scenario ?? scenarioOf(seed, intensity, allowed);
    this.scenarioFile = join(folder, 'scenario.json');
    writeFileSync(this.scenarioFile, JSON.stringify(scenario));
    this.faults = new Faults(seed, intensity, allowed, { fromMs, toMs: calmMs });
    this.faults.useClock(() => this.nowMs());
    this.callActivity = faultyActivity(this.faults);
    this.transit = faultyTransit(this.faults);
    for (const { what } of scenario.effects) this.faults.count('scenario', what);
    if (allowed.has('calendar'))
      for (const what of calendarOf(this.fleet.vms, scene.policy, scene)) this.faults.count('calendar', what);
  }

  nowMs(): number {
    return this.host?.nowMs() ?? this.scene.fromMs;
  }

  /** Storage itself, on a good line. */
  get store(): Store | null {
    return this.tables?.plain ?? null;
  }

  /** Azure itself, on a good line. */
  get driver(): SimulatedDriver {
    return this.known.plain;
  }

  get life(): VmLife {
    return this.known.life;
  }

  /** Between the app and the outside, for one host. Without a pulse it never dies. */
  faultHooksFor(pulse: Pulse | null): FaultHooks {
    return {
      store: (made) => {
        this.tables ??= { plain: made, faulty: faultyStore(made, this.faults) };
        return pulse === null ? this.tables.faulty : mortalStore(this.tables.faulty, pulse);
      },
      driver: (made) => {
        this.azure ??= this.azureOf(made);
        return pulse === null ? this.azure.faulty : mortalDriver(this.azure.faulty, pulse);
      },
      activity: (name, services, run) => this.callActivity(name, services, run),
    };
  }

  private readonly callActivity: FaultHooks['activity'];

  private get known(): NonNullable<Outside['azure']> {
    if (this.azure === null) throw new Error('The app was not put together yet.');
    return this.azure;
  }

  private azureOf(plain: SimulatedDriver): NonNullable<Outside['azure']> {
    const { fromMs, calmMs } = this.scene;
    const nowMs = (): number => this.nowMs();
    const ids = this.fleet.vms.map(({ id }) => id);
    const life = new VmLife(plain, this.faults, nowMs, ids, { fromMs, toMs: calmMs });
    return { plain, life, faulty: behindABadLine(plain, new FaultyDriver(plain, this.faults, life, nowMs)) };
  }
}
