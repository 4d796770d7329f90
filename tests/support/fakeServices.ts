import type { RolloutControl } from '../../domain/control';
import { noOutcomes, type OutcomeCounts } from '../../domain/outcomeCounts';
import { Month, RolloutId } from '../../domain/ids';
import { defaultPolicy, type Policy } from '../../domain/policy';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { phaseIdOf, type PhaseId } from '../../domain/phaseId';
import type { Activity, Services, WakingServices } from '../../activities/services';
import { memoryStore } from '../../store/memoryTable';
import type { RoundPlan } from '../../store/plans';
import type { PhaseRecord, RoundRecord } from '../../store/rollouts';
import { allPages } from '../../store/listPage';
import type { KeptOutcome } from '../../store/outcomes';
import { repositoriesOn } from '../../store/repositories';
import type { Store } from '../../store/store';
import { FakeDriver } from './fakeDriver';

export const ROLLOUT = RolloutId.parse('rollout-2026-11');

/** In the off-peak window of eastus, 2026-11-13 03:00 to 11:00 UTC: a quarter past ten in the evening. */
export const IN_THE_WINDOW = '2026-11-13T03:15:00.000Z';
export const WINDOW_OPENS = '2026-11-13T03:00:00.000Z';
export const WINDOW_CLOSES = '2026-11-13T11:00:00.000Z';

export interface FakeServices extends WakingServices {
  /** Instances that were woken, in order. */
  readonly woken: readonly string[];
  readonly driver: FakeDriver;
  readonly store: Store;
  readonly clock: { nowUtc: string };
  /** Lets time pass. */
  wait(seconds: number): void;
  run(activity: Activity, input: unknown): Promise<unknown>;
}

/** A services in memory, with a platform that obeys, a clock that stands still, and one running rollout. */
export async function someServices(
  given: {
    readonly vms?: readonly VirtualMachine[];
    readonly nowUtc?: string;
    readonly policy?: Partial<Policy>;
    readonly control?: Partial<RolloutControl> | null;
  } = {},
): Promise<FakeServices> {
  const clock = { nowUtc: given.nowUtc ?? IN_THE_WINDOW };
  const nowUtc = (): string => clock.nowUtc;
  const store = memoryStore();
  const woken: string[] = [];
  const vms = given.vms ?? [];
  const policy = { ...defaultPolicy, ...given.policy };
  const services: FakeServices = {
    driver: new FakeDriver(vms, nowUtc),
    ...repositoriesOn(store, policy),
    woken,
    wake: (instanceId) => {
      woken.push(instanceId);
      return Promise.resolve();
    },
    policy,
    nowUtc,
    store,
    clock,
    wait: (seconds) => {
      clock.nowUtc = new Date(Date.parse(clock.nowUtc) + seconds * 1000).toISOString();
    },
    run: (activity, input) => activity.handler(services)(input),
  };
  await services.inventory.change({ upsert: vms, remove: [] });
  await services.inventory.saveSetSizes(vms);
  if (given.control !== null) await services.rollouts.create(aControl(given.control));
  return services;
}

/** Every outcome of the rollout, in the order of the VMs' keys. */
export async function outcomesIn(services: FakeServices): Promise<readonly KeptOutcome[]> {
  const found: KeptOutcome[] = [];
  for await (const one of allPages((after) => services.outcomes.page(ROLLOUT, after))) found.push(one);
  return found;
}

export function aControl(over: Partial<RolloutControl> = {}): RolloutControl {
  return {
    rolloutId: ROLLOUT,
    month: Month.parse('2026-11'),
    releasedUtc: '2026-11-10T18:00:00.000Z',
    endsUtc: '2026-12-08T18:00:00.000Z',
    endsBecause: 'superseded',
    mode: 'running',
    generation: 1,
    requestedUtc: '2026-11-10T18:05:00.000Z',
    requestedBy: 'test',
    plannedUtc: '2026-11-10T18:06:00.000Z',
    endedUtc: null,
    vmCount: 1,
    seed: '2026-11',
    epoch: 1,
    ...over,
  };
}

/** A round of standalone VMs in zone 1 of eastus. */
export function aRound(over: Partial<RoundPlan> = {}): RoundPlan {
  return {
    phase: phaseIdOf(1),
    region: 'eastus',
    stage: 'zone-1',
    zone: '1',
    group: 'batch-1',
    kind: 'standalone',
    availabilitySetId: null,
    setSize: 0,
    round: 1,
    updateDomain: null,
    vmIds: [],
    timeZones: ['America/New_York'],
    subscriptions: [],
    delaySeconds: 0,
    cohort: 1,
    atOnce: 1,
    expectedStartUtc: WINDOW_OPENS,
    expectedEndUtc: WINDOW_CLOSES,
    ...over,
  };
}

export function aPhase(over: Partial<PhaseRecord> = {}): PhaseRecord {
  return {
    phase: phaseIdOf(1),
    regions: ['eastus'],
    vmCount: 10,
    startedUtc: WINDOW_OPENS,
    gate: null,
    ...over,
  };
}

export const counts = (over: Partial<OutcomeCounts> = {}): OutcomeCounts => ({ ...noOutcomes, ...over });

/** What a round came to. */
export function aRecord(over: Partial<RoundRecord> = {}): RoundRecord {
  return {
    phase: phaseIdOf(1),
    region: 'eastus',
    stage: 'zone-1',
    group: 'batch-1',
    round: 1,
    atUtc: IN_THE_WINDOW,
    counts: counts(),
    ...over,
  };
}

/** The rounds that a plan has for a region, stage by stage: batches first, then sets. */
export async function roundsOfRegion(
  { plans }: Pick<Services, 'plans'>,
  phase: PhaseId,
  region: string,
): Promise<readonly RoundPlan[]> {
  const rounds: RoundPlan[] = [];
  for (const { stage, tracks, sets } of await plans.stages(ROLLOUT, phase, region)) {
    const batches = tracks.flatMap((track) => track.batches.map(({ group }) => group));
    for (const group of [...batches, ...sets])
      rounds.push(...(await plans.groupRounds(ROLLOUT, { phase, region, stage, group, round: 1 })));
  }
  return rounds;
}
