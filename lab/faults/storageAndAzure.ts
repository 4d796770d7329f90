import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseFleet, type ParsedFleet } from '../../drivers/fleet/parseFleet';
import type { SimulatedDriver } from '../../drivers/simulated/simulatedDriver';
import type { Host, Transit } from '../../emulator/host';
import type { FaultHooks } from '../../composition/faultHooks';
import type { Store } from '../../store/store';
import { unusualDatesOf } from './unusualDates';
import { faultyActivity } from './faultyActivity';
import { withDriverMethods, FaultyDriver } from './faultyDriver';
import { faultyStore } from './faultyStore';
import { faultyTransit } from './faultyTransit';
import { Faults, type FaultKind } from './faults';
import { crashingDriver, crashingStore, type CrashSwitch } from './crashingServices';
import { fleetOfSeed, scenarioOfShape } from './fleetShapes';
import { scenarioOf, type MonthSetup } from './monthSetup';
import { OwnerActions } from './ownerActions';

interface MadeAzure {
  readonly plain: SimulatedDriver;
  readonly faulty: SimulatedDriver;
  owners: OwnerActions;
}

/** What remains when a host crashes: storage, the simulated Azure, and the seeded faults of both. */
export class StorageAndAzure {
  readonly faults: Faults;
  readonly transit: Transit;
  readonly fleet: ParsedFleet;
  /** The host that runs now; it has the clock. */
  host: Host | null = null;
  /** While a host of another task hub ran. */
  readonly otherHubs: { readonly fromUtc: string; readonly untilUtc: string }[] = [];
  readonly fleetFile: string;
  readonly scenarioFile: string;
  #tables: { readonly plain: Store; readonly faulty: Store } | null = null;
  #azure: MadeAzure | null = null;

  constructor(
    readonly setup: MonthSetup,
    allowed: ReadonlySet<FaultKind>,
    folder: string,
  ) {
    const { seed, vms, intensity, fromMs, calmMs } = setup;
    const text = JSON.stringify(setup.fleet ?? fleetOfSeed({ vms, seed }));
    this.fleet = parseFleet(text, `the fleet of seed ${seed}`);
    this.fleetFile = join(folder, 'fleet.json');
    writeFileSync(this.fleetFile, text);
    const scenario = setup.scenario ?? scenarioOfShape(seed, scenarioOf(seed, intensity, allowed), allowed);
    this.scenarioFile = join(folder, 'scenario.json');
    writeFileSync(this.scenarioFile, JSON.stringify(scenario));
    this.faults = new Faults(seed, intensity, allowed, { fromMs, toMs: calmMs });
    this.faults.useClock(() => this.nowMs());
    this.#callActivity = faultyActivity(this.faults);
    this.transit = faultyTransit(this.faults);
    for (const { what } of scenario.effects) this.faults.count('scenario', what);
    if (allowed.has('calendar'))
      for (const what of unusualDatesOf(this.fleet.vms, setup.policy, setup))
        this.faults.count('calendar', what);
  }

  nowMs(): number {
    return this.host?.nowMs() ?? this.setup.fromMs;
  }

  /** Storage itself, without faults. */
  get store(): Store | null {
    return this.#tables?.plain ?? null;
  }

  /** The simulated Azure itself, without faults. */
  get driver(): SimulatedDriver {
    return this.#known.plain;
  }

  get owners(): OwnerActions {
    return this.#known.owners;
  }

  /** What is put between the app and its storage and Azure, for one host. Without a switch it never crashes. */
  faultHooksFor(crashSwitch: CrashSwitch | null): FaultHooks {
    return {
      store: (made) => {
        this.#tables ??= { plain: made, faulty: faultyStore(made, this.faults) };
        return crashSwitch === null ? this.#tables.faulty : crashingStore(this.#tables.faulty, crashSwitch);
      },
      driver: (made) => {
        this.#azure ??= this.#azureOf(made);
        return crashSwitch === null ? this.#azure.faulty : crashingDriver(this.#azure.faulty, crashSwitch);
      },
      activity: (name, services, run) => this.#callActivity(name, services, run),
    };
  }

  readonly #callActivity: FaultHooks['activity'];

  get #known(): MadeAzure {
    if (this.#azure === null) throw new Error('The app was not put together yet.');
    return this.#azure;
  }

  #azureOf(plain: SimulatedDriver): MadeAzure {
    const { fromMs, calmMs } = this.setup;
    const nowMs = (): number => this.nowMs();
    const ids = this.fleet.vms.map(({ id }) => id);
    const owners = new OwnerActions(plain, this.faults, nowMs, ids, { fromMs, toMs: calmMs });
    return {
      plain,
      owners,
      faulty: withDriverMethods(plain, new FaultyDriver(plain, this.faults, owners, nowMs)),
    };
  }
}
