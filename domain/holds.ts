import { budgetRoom } from './budgets';
import type { Control } from './control';
import { eligibilityHolds } from './eligibility';
import type { StandingFreeze } from './freezes';
import type { HealthSignals, HealthVerdict } from './health';
import { isOpen, type OffPeakWindow } from './offPeak';
import type { Policy } from './policy';
import { because, type Because, type OutcomeReason } from './reasons';
import { unmetRequirements } from './requirements';
import type { VirtualMachine } from './virtualMachine';
import { resourceName, type AvailabilitySetId } from './ids';

/**
 * What is known when it is asked whether a VM may be patched now. An activity gathers what it can look at; what is absent was not looked
 * at there, and holds nothing.
 */
export interface HoldFacts {
  readonly nowUtc: string;
  readonly policy: Policy;
  /** Whether the rollout may start something in this place. */
  readonly control?: Control;
  /** Null: the VM no longer exists. */
  readonly vm?: VirtualMachine | null;
  /** Where the claim that it would be disrupted under says it is. */
  readonly claimed?: Place;
  /** The freezes and exclusions that are in force for the VM now or before an installation could end, the one that ends last first. */
  readonly freezes?: readonly StandingFreeze[];
  readonly powerState?: HealthSignals['powerState'];
  readonly agentStatus?: HealthSignals['vmAgent'];
  /** The version that the agent reports; null when it reports none. */
  readonly agentVersion?: string | null;
  /** Its health before the update. */
  readonly health?: HealthVerdict;
  /** Its budgets, with the other members that are down by themselves. */
  readonly budgets?: readonly BudgetFacts[];
  /** Another installation is running on the VM. */
  readonly installInFlight?: boolean;
  /** The VM's own off-peak window that is open, or the next to open. */
  readonly window?: OffPeakWindow;
  /** What is left of the window for an installation, and what one needs at least. */
  readonly minutes?: { readonly left: number; readonly min: number };
  /** Whether the rounds of a scope have a window left before the rollout ends, and why it ends. */
  readonly windows?: { readonly left: boolean; readonly endsBecause: 'superseded' | 'deadlinePassed' };
}

/** `down`: names of so many members, in words. */
export interface BudgetFacts {
  readonly budget: string;
  readonly max: number;
  readonly downCount: number;
  readonly down: string;
  readonly sinceUtc: string | null;
}

/** Where a VM stands, as far as the availability rules look at it. */
export type Place = Pick<VirtualMachine, 'region' | 'zone' | 'availabilitySetId' | 'updateDomain'>;

/** A reason why a VM is not patched now; null when it does not apply. */
export type Hold = (facts: HoldFacts) => Because | null | readonly Because[];

/** The rollout is cancelled, over, or its place was given up by a person. */
const rolloutStopped: Hold = ({ control }) => (control?.kind === 'stop' ? because(control.reason) : null);

const rolloutWaits: Hold = ({ control }) =>
  control?.kind === 'wait' ? because(control.reason, { why: control.why }) : null;

const noWindowLeft: Hold = ({ windows }) => (windows?.left === false ? because(windows.endsBecause) : null);

const vmDeleted: Hold = ({ vm }) => (vm === null ? because('vmDeleted') : null);

/** A claim is for one place: a VM that has moved since the plan would be down beside others that the ledger does not know of. */
const placeChanged: Hold = ({ vm, claimed }) => {
  if (!vm || claimed === undefined) return null;
  // A VM whose update domain the plan did not know goes alone, whatever it is. One that the platform does not tell now has not changed.
  const isKnown = vm.updateDomain !== null && claimed.updateDomain !== null;
  const found = isKnown ? vm : { ...vm, updateDomain: claimed.updateDomain };
  if (isSamePlace(claimed, found)) return null;
  const [planned, here] = [nameOf(claimed, resourceName), nameOf(found, resourceName)];
  if (planned !== here) return because('placeChanged', { planned, found: here });
  return because('placeChanged', { planned: nameOf(claimed), found: nameOf(found) });
};

/** An update domain counts inside its set only; two sets may have one name. */
function isSamePlace(one: Place, other: Place): boolean {
  const { availabilitySetId: set } = one;
  if (one.region !== other.region || one.zone !== other.zone || set !== other.availabilitySetId) return false;
  return set === null || one.updateDomain === other.updateDomain;
}

function nameOf(
  { region, zone, availabilitySetId, updateDomain }: Place,
  ofSet = (id: AvailabilitySetId): string => id,
): string {
  const place = zone === null ? region : `${region} zone ${zone}`;
  if (availabilitySetId === null) return place;
  return `${place}, set ${ofSet(availabilitySetId)}, update domain ${updateDomain ?? 'unknown'}`;
}

const notEligible: Hold = ({ vm, policy }) => (vm ? eligibilityHolds(vm, policy) : null);

/** INV-17: a person said that nothing starts on it now. */
const frozen: Hold = ({ freezes }) => {
  const [last] = standingOf(freezes, 'freeze');
  if (last === undefined) return null;
  const { id, reason, owner } = last.freeze;
  return because('frozen', { freeze: id, untilUtc: last.span.toUtc, owner, why: reason });
};

const excludedForNow: Hold = ({ freezes }) => {
  const [last] = standingOf(freezes, 'exclusion');
  if (last === undefined) return null;
  const { id, reason, owner } = last.freeze;
  return because('excludedForNow', { exclusion: id, untilUtc: last.span.toUtc, owner, why: reason });
};

function standingOf(freezes: HoldFacts['freezes'], kind: 'freeze' | 'exclusion'): readonly StandingFreeze[] {
  return (freezes ?? []).filter(({ freeze }) => freeze.kind === kind);
}

const poweredOff: Hold = ({ powerState }) =>
  powerState === undefined || powerState === 'running' ? null : because('poweredOff', { powerState });

/** A VM that is off has no agent and no health: that it is off says it all. */
const isOn = ({ powerState }: HoldFacts): boolean => powerState === undefined || powerState === 'running';

const agentSilent: Hold = (facts) =>
  isOn(facts) && facts.agentStatus !== undefined && facts.agentStatus !== 'ready'
    ? because('agentSilent', { agentStatus: facts.agentStatus })
    : null;

/** R-502, at every look: an agent may be replaced by an older one, and an imported VM was never enabled by Lowtide. */
const agentOutdated: Hold = ({ vm, agentVersion }) => {
  if (!vm || agentVersion === undefined) return null;
  const unmet = unmetRequirements({ vm, agent: { version: agentVersion } });
  const outdated = unmet.find(({ code }) => code === 'LinuxAgentOutdated');
  return outdated === undefined ? null : because('agentOutdated', { message: outdated.message });
};

/** A VM that is unhealthy before is not counted against the update. */
const unhealthyBefore: Hold = ({ health }) =>
  health?.answer === 'unhealthy' ? because('unhealthyBefore', { because: health.because }) : null;

/** INV-10: unknown is never healthy. A silent agent is named by its own hold. */
const healthUnknown: Hold = (facts) =>
  isOn(facts) && agentSilent(facts) === null && facts.health?.answer === 'unknown'
    ? because('agentSilent', { because: facts.health.because })
    : null;

/** INV-15: members that are off or unhealthy use up the budget as those that are updated do. */
const budgetUsedUp: Hold = ({ budgets = [] }) => {
  const full = budgets.find(({ max, downCount }) => budgetRoom(max, downCount) === 0);
  return full === undefined ? null : because('budgetUsedUp', { budget: full.budget, down: full.down });
};

const installInFlight: Hold = (facts) => (facts.installInFlight === true ? because('installInFlight') : null);

/** The plan was made for the time zone of that day; the owner may have changed it since. */
const outsideWindow: Hold = ({ window, nowUtc }) =>
  window === undefined || isOpen(window, nowUtc)
    ? null
    : because('windowMissed', { opensUtc: window.opensUtc });

const windowTooShort: Hold = ({ minutes }) =>
  minutes !== undefined && minutes.left < minutes.min
    ? because('windowMissed', { minutesLeft: minutes.left, minutesMin: minutes.min })
    : null;

/** Every hold, the most specific first: the first that applies is the VM's reason, the others are named beside it. */
export const HOLDS: readonly (readonly [name: string, hold: Hold])[] = [
  ['rolloutStopped', rolloutStopped],
  ['rolloutWaits', rolloutWaits],
  ['noWindowLeft', noWindowLeft],
  ['vmDeleted', vmDeleted],
  ['placeChanged', placeChanged],
  ['notEligible', notEligible],
  ['excludedForNow', excludedForNow],
  ['frozen', frozen],
  ['poweredOff', poweredOff],
  ['agentSilent', agentSilent],
  ['agentOutdated', agentOutdated],
  ['unhealthyBefore', unhealthyBefore],
  ['healthUnknown', healthUnknown],
  ['budgetUsedUp', budgetUsedUp],
  ['installInFlight', installInFlight],
  ['outsideWindow', outsideWindow],
  ['windowTooShort', windowTooShort],
];

/** All holds that apply, in the order of `HOLDS`; each reason once. Empty: it may be patched, as far as was looked. */
export function holdsOf(facts: HoldFacts): readonly Because[] {
  const seen = new Set<OutcomeReason>();
  return HOLDS.flatMap(([, hold]) => hold(facts) ?? []).filter(({ reason }) => {
    if (seen.has(reason)) return false;
    seen.add(reason);
    return true;
  });
}
