import { z } from 'zod';
import { HealthAnswer } from './health';
import { Utc } from './ids';
import { Outcome } from './outcome';
import { AvailablePatchSummary, PatchInstallationSummary } from './patches';

/** What Lowtide remembers of one VM: the state of the `virtualMachine` entity. Under 8 KB. */
export const VmState = z.object({
  /** Of a round: the latest one of all stands with the VM's patches. Null before the first. */
  lastAssessment: AvailablePatchSummary.nullable(),
  /** The last installation attempt. */
  lastInstallation: PatchInstallationSummary.nullable(),
  /** The last verdict on its health, and when. */
  health: z.object({ answer: HealthAnswer, because: z.string(), atUtc: Utc }).nullable(),
  /** How the VM stands in the latest rollout that touched it. */
  outcome: Outcome.extend({ rolloutId: z.string() }).nullable(),
  enablement: z.object({ kind: z.enum(['pending', 'ready']), sinceUtc: Utc, detail: z.string() }).nullable(),
  /** Claim id of the install that is in flight; null when there is none. */
  installSlot: z.string().nullable(),
});
export type VmState = Readonly<z.infer<typeof VmState>>;

export const newVmState: VmState = {
  lastAssessment: null,
  lastInstallation: null,
  health: null,
  outcome: null,
  enablement: null,
  installSlot: null,
};

export const VmEvent = z.discriminatedUnion('kind', [
  /** Another VM has the id of one that was deleted: nothing that is remembered is true of it. */
  z.object({ kind: z.literal('created') }),
  /** An installation that a person asked for has ended, and its soak. */
  z.object({
    kind: z.literal('installEnded'),
    installation: PatchInstallationSummary.nullable(),
    health: VmState.shape.health,
  }),
  z.object({ kind: z.literal('installStarted'), claimId: z.string() }),
  z.object({
    kind: z.literal('ended'),
    rolloutId: z.string(),
    outcome: Outcome,
    /** The assessment of this round; null when there was none. */
    assessment: AvailablePatchSummary.nullable().default(null),
    installation: PatchInstallationSummary.nullable(),
    health: VmState.shape.health,
  }),
  z.object({
    kind: z.literal('enablement'),
    state: z.enum(['pending', 'ready']),
    atUtc: Utc,
    detail: z.string(),
  }),
]);
export type VmEvent = Readonly<z.infer<typeof VmEvent>>;

/** Folds one event into the state. An older assessment or installation never replaces a newer one. */
export function applyVmEvent(state: VmState, event: VmEvent): VmState {
  switch (event.kind) {
    case 'created':
      return newVmState;
    case 'installEnded':
      return withInstallation({ ...state, installSlot: null, health: event.health ?? state.health }, event);
    case 'installStarted':
      return { ...state, installSlot: event.claimId };
    case 'ended': {
      const outcome = { ...event.outcome, rolloutId: event.rolloutId };
      const health = event.health ?? state.health;
      const assessed = withAssessment(state, event.assessment);
      return withInstallation({ ...assessed, installSlot: null, outcome, health }, event);
    }
    case 'enablement':
      return { ...state, enablement: { kind: event.state, sinceUtc: event.atUtc, detail: event.detail } };
  }
}

/** Of a VM that was moved, the states under its ids, the latest first: what one does not know, the one before it does. */
export function inheritedVmState(states: readonly VmState[]): VmState {
  return states.reduce(
    (known, before) => ({
      lastAssessment: known.lastAssessment ?? before.lastAssessment,
      lastInstallation: known.lastInstallation ?? before.lastInstallation,
      health: known.health ?? before.health,
      outcome: known.outcome ?? before.outcome,
      enablement: known.enablement ?? before.enablement,
      // An installation under an id that it has no more is over.
      installSlot: known.installSlot,
    }),
    states[0] ?? newVmState,
  );
}

/** With an assessment that stands elsewhere, when it is newer. */
export function withAssessment(state: VmState, summary: AvailablePatchSummary | null): VmState {
  if (summary === null || !newer(summary, state.lastAssessment)) return state;
  return { ...state, lastAssessment: summary };
}

function withInstallation(
  state: VmState,
  { installation }: { readonly installation: PatchInstallationSummary | null },
): VmState {
  if (installation === null || !newer(installation, state.lastInstallation)) return state;
  return { ...state, lastInstallation: installation };
}

function newer(a: { readonly startTime: string }, b: { readonly startTime: string } | null): boolean {
  return b === null || a.startTime >= b.startTime;
}
