import { budgetsStanding, type BudgetStanding } from '../activities/budgets/budgetShares';
import { approvalFacts } from '../activities/rollout/control';
import type { Services } from '../activities/services';
import type { ApprovalFacts } from '../domain/approvals';
import type { Halt, RolloutControl } from '../domain/control';
import type { Freeze } from '../domain/freezes';
import type { RolloutId, VmId } from '../domain/ids';
import { addSeconds } from '../domain/instants';
import type { RolloutEvidence } from '../domain/rolloutEvidence';
import type { PhaseRecord } from '../store/rollouts';
import { rolloutOrLatest, type PlannedPlace } from './fleetView';
import { placesOf } from './fleetVm';
import { KeptAnswers } from './keptAnswers';

/** What the explanations of all VMs share: read once for a moment, so that an explanation asks the tables for the rows of its VM only. */
export interface SharedFacts {
  readonly asOfUtc: string;
  readonly policy: Services['policy'];
  /** Null before the first rollout. */
  readonly control: RolloutControl | null;
  readonly halts: readonly Halt[];
  readonly phases: readonly PhaseRecord[];
  readonly approvals: ApprovalFacts | undefined;
  readonly evidence: RolloutEvidence | null;
  readonly freezes: readonly Freeze[];
  readonly budgets: readonly BudgetStanding[];
}

/** As long as a view of the fleet. */
const KEPT_MS = 1_500;
/** On a clock that jumps what was read a moment ago may be of yesterday. */
const SAME_TIME_SECONDS = 120;
/** A host explains VMs of a few rollouts at a time. */
const ROLLOUTS_MAX = 4;
/** Of the regions of a rollout, in each of its phases. */
const REGIONS_MAX = 200;

interface Kept {
  readonly shared: KeptAnswers<SharedFacts>;
  readonly places: KeptAnswers<ReadonlyMap<VmId, PlannedPlace>>;
}

const KEPT = new WeakMap<Services['inventory'], Kept>();

/** Throws NOT_FOUND when a rollout is named that is not there. */
export function sharedFacts(services: Services, rolloutId: RolloutId | undefined): Promise<SharedFacts> {
  const { policy } = services;
  const nowUtc = services.nowUtc();
  return keptOf(services).shared.answer(rolloutId ?? '', {
    nowUtc,
    isFresh: ({ ageMs, value }) =>
      ageMs < KEPT_MS && value.policy === policy && nowUtc < addSeconds(value.asOfUtc, SAME_TIME_SECONDS),
    mayStand: () => false,
    make: () => read(services, rolloutId),
  });
}

/** What a person has changed is in the next explanation of this process. */
export function forgetSharedFacts({ inventory }: Services): void {
  const known = KEPT.get(inventory);
  // Of places nothing changes: a phase is known only once its rounds are written, and they stay as they are.
  if (known !== undefined) KEPT.set(inventory, { ...known, shared: new KeptAnswers(ROLLOUTS_MAX) });
}

async function read(services: Services, rolloutId: RolloutId | undefined): Promise<SharedFacts> {
  const { policy, rollouts } = services;
  const asOfUtc = services.nowUtc();
  const [control, freezes, budgets] = await Promise.all([
    rolloutOrLatest(services, rolloutId),
    services.freezes.list(),
    budgetsStanding(services),
  ]);
  const fleet = { asOfUtc, policy, control, freezes, budgets };
  if (control === null) return { ...fleet, halts: [], phases: [], approvals: undefined, evidence: null };
  const id = control.rolloutId;
  const [halts, phases, approvals, evidence] = await Promise.all([
    rollouts.haltsOf(control),
    rollouts.phases(id),
    approvalFacts(services, id),
    services.evidence.read(id),
  ]);
  return { ...fleet, halts, phases, approvals, evidence };
}

/** Where the plan has a VM; null when it has it nowhere. A region is of several phases where rings have some of its VMs. */
export async function placeOf(
  services: Services,
  { control, phases }: SharedFacts,
  { id, region }: { readonly id: VmId; readonly region: string },
): Promise<PlannedPlace | null> {
  if (control === null) return null;
  const { rolloutId } = control;
  for (const { phase } of phases.filter(({ regions }) => regions.includes(region))) {
    const places = await keptOf(services).places.answer(`${rolloutId}~${phase}~${region}`, {
      nowUtc: services.nowUtc(),
      isFresh: () => true,
      mayStand: () => true,
      make: async () => placesOf(await services.plans.rounds(rolloutId, phase, region)),
    });
    const place = places.get(id);
    if (place !== undefined) return place;
  }
  return null;
}

function keptOf({ inventory }: Services): Kept {
  const known = KEPT.get(inventory);
  if (known !== undefined) return known;
  const made: Kept = { shared: new KeptAnswers(ROLLOUTS_MAX), places: new KeptAnswers(REGIONS_MAX) };
  KEPT.set(inventory, made);
  return made;
}
