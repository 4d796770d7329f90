import { budgetFactsOf, budgetsStanding, type BudgetStanding } from '../activities/budgets/budgetShares';
import { approvalFacts } from '../activities/rollout/control';
import type { Services } from '../activities/services';
import type { ApprovalFacts } from '../domain/approvals';
import { RESTART_SECONDS_MAX } from '../domain/budgets';
import { controlFor, type Halt, type RolloutControl } from '../domain/control';
import type { Freeze } from '../domain/freezes';
import { addSeconds } from '../domain/instants';
import { forecastVm, type ForecastFacts, type VmForecast } from '../planning/forecastVm';
import type { RoundSlot } from '../planning/roundSlot';
import { fleetView, type FleetView, type FleetVm } from './fleetView';
import { KeptAnswers } from './keptAnswers';
import { sharedFacts } from './sharedFacts';
import { inSlices } from '../activities/slices';

/** Every VM of a view against the 30 days, by its place there. */
export interface KeptForecast {
  readonly view: FleetView;
  readonly control: RolloutControl;
  readonly asOfUtc: string;
  readonly byPlace: readonly VmForecast[];
}

/** What a forecast rests on beside the view: when a person changes it, no forecast of before is answered. */
export interface Grounds {
  readonly control: RolloutControl;
  readonly halts: readonly Halt[];
  readonly freezes: readonly Freeze[];
  readonly approvals: ApprovalFacts | undefined;
}

/** A forecast of a smaller fleet takes milliseconds, and is of the moment. */
const LARGE_VMS = 5_000;
/** One of a large fleet is made again no more than a tenth of the time … */
const MAKE_SHARE = 10;
/** … and answered so much longer while the next is made beside. */
const BESIDE_MS = 60_000;
/** As of so many days. */
const KEPT_MAX = 6;

const KEPT = new WeakMap<Services['inventory'], KeptAnswers<KeptForecast>>();

/** Null before the first rollout: without one there is no clock. `asOfUtc` null is now. */
export async function forecastOf(services: Services, asOfUtc: string | null): Promise<KeptForecast | null> {
  const view = await fleetView(services);
  if (view.control === null) return null;
  const { control, halts, freezes, approvals } = await sharedFacts(services, view.control.rolloutId);
  if (control === null) return null;
  const grounds: Grounds = { control, halts, freezes, approvals };
  if (view.vms.length < LARGE_VMS) return make(services, view, grounds, asOfUtc);
  const kept = KEPT.get(services.inventory) ?? new KeptAnswers<KeptForecast>(KEPT_MAX);
  KEPT.set(services.inventory, kept);
  return kept.answer(JSON.stringify([asOfUtc, grounds, services.policy]), {
    nowUtc: services.nowUtc(),
    isFresh: ({ value, ageMs, tookMs }) => value.view === view || ageMs < tookMs * MAKE_SHARE,
    mayStand: ({ ageMs, tookMs }) => ageMs <= tookMs * MAKE_SHARE + BESIDE_MS,
    make: () => make(services, view, grounds, asOfUtc),
  });
}

export async function groundsOf(services: Services, control: RolloutControl): Promise<Grounds> {
  const [halts, freezes, approvals] = await Promise.all([
    services.rollouts.haltsOf(control),
    services.freezes.list(),
    approvalFacts(services, control.rolloutId),
  ]);
  return { control, halts, freezes, approvals };
}

async function make(
  services: Services,
  view: FleetView,
  grounds: Grounds,
  givenUtc: string | null,
): Promise<KeptForecast> {
  const { policy } = services;
  const nowUtc = services.nowUtc();
  const asOfUtc = givenUtc ?? nowUtc;
  const starts: KnownStarts = new Map();
  const budgets = await budgetsForLong(services);
  const byPlace: VmForecast[] = [];
  await inSlices(view.vms, (one) => {
    byPlace.push(forecastOne(one, grounds, { policy, nowUtc, asOfUtc, starts, budgets }));
  });
  return { view, control: grounds.control, asOfUtc, byPlace };
}

type KnownStarts = Map<string, RoundSlot | null>;

/** The budgets with their members that have been down for longer than a restart takes: those are not back by themselves. */
export async function budgetsForLong(services: Services): Promise<readonly BudgetStanding[]> {
  const beforeUtc = addSeconds(services.nowUtc(), -RESTART_SECONDS_MAX);
  const all = await budgetsStanding(services);
  return all.map((one) => ({ ...one, down: one.down.filter(({ sinceUtc }) => sinceUtc <= beforeUtc) }));
}

/** What is the same for all VMs of a forecast. */
interface ForAll {
  readonly starts: KnownStarts;
  readonly budgets: readonly BudgetStanding[];
}

/** One VM as its row, outcome and place say. */
export function forecastOne(
  one: FleetVm,
  { control, halts, freezes, approvals }: Grounds,
  { policy, nowUtc, asOfUtc, starts, budgets }: Pick<ForecastFacts, 'policy' | 'nowUtc' | 'asOfUtc'> & ForAll,
): VmForecast {
  return forecastVm({
    asOfUtc,
    nowUtc,
    policy,
    control,
    waitsForPerson: waitOf(control, halts, approvals, one, nowUtc),
    freezes,
    vm: one.vm,
    timeZone: one.timeZone,
    ineligible: one.ineligible,
    outcome: one.outcome,
    plannedStartUtc: one.place?.expectedStartUtc ?? null,
    ...(budgets.length > 0 && { budgets: budgetFactsOf(one.vm, budgets) }),
    starts,
  });
}

function waitOf(
  control: RolloutControl,
  halts: readonly Halt[],
  approvals: ApprovalFacts | undefined,
  { vm, place, outcome, family }: FleetVm,
  nowUtc: string,
): string | null {
  const at = place ?? outcome;
  if (at === null || (halts.length === 0 && control.mode === 'running' && approvals === undefined))
    return null;
  const { phase, region } = at;
  const { availabilitySetId, id: vmId } = vm;
  const here = controlFor(
    control,
    halts,
    { phase, region, family, availabilitySetId, vmId },
    nowUtc,
    approvals,
  );
  if (here.kind !== 'wait') return null;
  const isToCome = here.reason === 'approvalPending' && isNotMissedYet(approvals, place, nowUtc);
  return isToCome ? null : here.why;
}

/** An approval that no approver has refused is late only from the planned start on. */
function isNotMissedYet(
  approvals: ApprovalFacts | undefined,
  place: FleetVm['place'],
  nowUtc: string,
): boolean {
  if (place === null || nowUtc >= place.expectedStartUtc) return false;
  return approvals?.given.every(({ phase }) => phase !== place.phase) ?? true;
}
