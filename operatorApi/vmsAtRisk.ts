import type { Services } from '../activities/services';
import { sideBySide } from '../activities/sideBySide';
import { budgetRoom } from '../domain/budgets';
import { controlFor, type ControlledPlace, type RolloutControl } from '../domain/control';
import { spanOf, type StandingFreeze } from '../domain/freezes';
import { noOutcomes, type OutcomeCounts } from '../domain/outcomeCounts';
import type { VmId } from '../domain/ids';
import { later } from '../domain/instants';
import { partsOfCalendar } from '../domain/ownWindows';
import { OutcomeKind } from '../domain/reasons';
import { targetUtcOf } from '../domain/release';
import type { VirtualMachine } from '../domain/virtualMachine';
import type { VmForecast } from '../planning/forecastVm';
import { nextStart } from '../planning/nextStart';
import type { RoundSlot } from '../planning/roundSlot';
import { allPages } from '../store/listPage';
import type { KeptOutcome } from '../store/outcomes';
import type { PlanSummary, RoundKey, RoundPlan } from '../store/plans';
import { fleetVmOf, placesOf, type FleetVm } from './fleetVm';
import { budgetsForLong, forecastOne, groundsOf, type Grounds } from './keptForecasts';

export interface VmAtRisk {
  readonly one: FleetVm;
  readonly forecast: VmForecast;
}

/** More rows than this are asked for by a list of all of them, of a fleet that is not ten times as large. */
const ONE_BY_ONE = 100;
const LISTED_FROM_SHARE = 0.1;

/**
 * The VMs that the forecast calls `atRisk`, in the order of their ids, from the few rows that can say so: the outcomes that are not the last
 * word, and the rounds to come that wait for a person or for a window beyond the target day. No outcome of a VM that is done is read.
 */
export async function vmsAtRisk(services: Services, control: RolloutControl): Promise<readonly VmAtRisk[]> {
  const { policy, nowUtc: clock } = services;
  const nowUtc = clock();
  const grounds = await groundsOf(services, control);
  const unfinished = new Map<VmId, KeptOutcome>();
  for await (const outcome of allPages((after) => services.outcomes.unfinished(control.rolloutId, after)))
    unfinished.set(outcome.vmId, outcome);
  const budgets = await budgetsForLong(services);
  const isFull = budgets.some(({ max, down }) => budgetRoom(max, down.length) === 0);
  const places = placesOf(await roundsInDoubt(services, grounds, { nowUtc, isFull }));
  const starts = new Map<string, RoundSlot | null>();
  const rows = await rowsOf(services, control, new Set([...unfinished.keys(), ...places.keys()]));
  const found = rows.flatMap((vm): VmAtRisk[] => {
    const one = fleetVmOf(policy, vm, unfinished.get(vm.id) ?? null, places.get(vm.id) ?? null);
    const forecast = forecastOne(one, grounds, { policy, nowUtc, asOfUtc: nowUtc, starts, budgets });
    return forecast.state === 'atRisk' ? [{ one, forecast }] : [];
  });
  const done = await doneOf(
    services,
    control,
    found.filter(({ one }) => one.outcome === null).map(({ one }) => one.vm.id),
  );
  return found.filter(({ one }) => !done.has(one.vm.id));
}

/** Rounds of phases that are not through, which have not run, and of which a VM may not start in time. */
async function roundsInDoubt(services: Services, grounds: Grounds, now: Now): Promise<RoundPlan[]> {
  const { rolloutId } = grounds.control;
  const summary = await services.plans.readSummary(rolloutId);
  const found: RoundPlan[] = [];
  const inDoubt = doubtOf(services, grounds, now);
  for (const phase of summary?.phases ?? []) {
    if (!inDoubt.phase(phase)) continue;
    const { counts } = await services.rollouts.phaseTotals(rolloutId, phase.phase);
    if (countAll(counts) >= phase.vmCount) continue;
    const planned = await services.plans.roundsFrom(rolloutId, phase.phase, null, Number.MAX_SAFE_INTEGER);
    const rounds = planned.map(({ round }) => round).filter(inDoubt.round);
    const ran = new Set((await services.rollouts.rounds(rolloutId, phase.phase)).map(placeKey));
    found.push(...rounds.filter((round) => !ran.has(placeKey(round))));
  }
  return found;
}

const countAll = (counts: OutcomeCounts = noOutcomes): number =>
  OutcomeKind.options.reduce((sum, kind) => sum + counts[kind], 0);

const placeKey = ({ phase, region, stage, group, round }: RoundKey): string =>
  [phase, region, stage, group, round].join('~');

interface Now {
  readonly nowUtc: string;
  /** Members that are down use up a budget: it may have VMs in any round. */
  readonly isFull: boolean;
}

interface Doubt {
  readonly phase: (phase: PlanSummary['phases'][number]) => boolean;
  readonly round: (round: RoundPlan) => boolean;
}

/** Whether a VM of a phase, or of a round, may start only after the target day, if every freeze that there is concerned it; or waits for a person. */
function doubtOf({ policy }: Services, grounds: Grounds, { nowUtc, isFull }: Now): Doubt {
  const { control, halts, freezes, approvals } = grounds;
  const standing = halts.filter(({ decision }) => decision === null);
  const paused = standing.flatMap(({ asked }) => (asked !== undefined && 'vm' in asked ? [asked.vm] : []));
  // A family may have VMs in any round.
  const ofFamily = standing.some(({ scope }) => scope?.kind === 'family');
  const waits = (where: ControlledPlace): boolean =>
    controlFor(control, halts, where, nowUtc, approvals).kind === 'wait';
  const targetUtc = targetUtcOf(control.releasedUtc, policy);
  const known = new Map<string, boolean>();
  const isLate = (calendar: string, fromUtc: string): boolean => {
    const { zone } = partsOfCalendar(calendar);
    const all = freezes.map((freeze): StandingFreeze => ({ freeze, span: spanOf(freeze, zone) }));
    const asked = {
      timeZone: calendar,
      freezes: all,
      fromUtc,
      freshAfterUtc: null,
      endsUtc: control.endsUtc,
    };
    const slot = nextStart(asked, policy);
    return slot === null || slot.opensUtc > targetUtc;
  };
  const startsLate = (calendars: readonly string[], expectedUtc: string): boolean => {
    const fromUtc = later(nowUtc, expectedUtc);
    return calendars.some((calendar) => {
      const key = `${calendar} ${fromUtc}`;
      const late = known.get(key) ?? isLate(calendar, fromUtc);
      known.set(key, late);
      return late;
    });
  };
  return {
    // No round of it is expected to start after its end.
    phase: ({ phase, timeZones, expectedEndUtc }) =>
      isFull ||
      standing.length > 0 ||
      waits({ phase, region: null }) ||
      startsLate(timeZones, expectedEndUtc),
    round: (round) =>
      isFull ||
      ofFamily ||
      waits(round) ||
      paused.some((vmId) => round.vmIds.includes(vmId)) ||
      startsLate(round.timeZones, round.expectedStartUtc),
  };
}

/** Those of VMs without an unfinished outcome that have one: their round has not ended, but they have. */
async function doneOf(
  { outcomes }: Services,
  control: RolloutControl,
  vmIds: readonly VmId[],
): Promise<ReadonlySet<VmId>> {
  const { rolloutId } = control;
  const known = isFew(vmIds.length, control)
    ? await sideBySide(vmIds, (vmId) => outcomes.read(rolloutId, vmId))
    : await outcomes.list(rolloutId);
  return new Set(known.flatMap((outcome) => outcome?.vmId ?? []));
}

/** In the order of their ids; one that is gone is none of them. */
async function rowsOf(
  { inventory }: Services,
  control: RolloutControl,
  wanted: ReadonlySet<VmId>,
): Promise<readonly VirtualMachine[]> {
  const rows = isFew(wanted.size, control)
    ? (await sideBySide([...wanted], (vmId) => inventory.read(vmId))).flatMap((vm) => vm ?? [])
    : (await inventory.list()).filter(({ id }) => wanted.has(id));
  return [...rows].sort((a, b) => (a.id < b.id ? -1 : 1));
}

const isFew = (count: number, { vmCount }: RolloutControl): boolean =>
  count <= ONE_BY_ONE || count < LISTED_FROM_SHARE * (vmCount ?? 0);
