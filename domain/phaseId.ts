import { z } from 'zod';

/** `phase-2` of a plan, `catchup-2026-11-14t2210` for the small plan of a sweep, or `none` for VMs that are in no plan. */
export const PhaseId = z
  .string()
  .regex(/^(phase-[1-9]\d*|catchup-[a-z0-9-]+|none)$/)
  .brand<'PhaseId'>();
export type PhaseId = z.infer<typeof PhaseId>;

/** The phase of a plan with this number, counted from 1. */
export function phaseIdOf(number: number): PhaseId {
  return PhaseId.parse(`phase-${number}`);
}

/** The number of a phase of a plan, counted from 1. */
export const numberOfPhase = (phase: PhaseId): number => Number(phase.slice('phase-'.length));

/** The catch-up of the sweep that began at this instant. */
export function catchUpIdOf(sweepUtc: string): PhaseId {
  return PhaseId.parse(`catchup-${sweepUtc.slice(0, 16).replace(':', '').toLowerCase()}`);
}

/** Of VMs that are not eligible: they have an outcome, and no turn. */
export const NO_PHASE: PhaseId = PhaseId.parse('none');

/** The phases of a plan as a range of row keys, the catch-ups left out. */
export const PLANNED_PHASES = { from: 'phase-', before: 'phase-~' } as const;

/** A phase as a range of row keys; null: all phases of a plan. */
export function rowsOfPhase(phase: PhaseId | null): { readonly from: string; readonly before: string } {
  return phase === null ? PLANNED_PHASES : { from: `${phase}~`, before: `${phase}~~` };
}

const CANARY = phaseIdOf(1);

export const isCanary = (phase: PhaseId): boolean => phase === CANARY;

// eslint-disable-next-line no-restricted-syntax -- here, and nowhere else
export const isCatchUp = (phase: PhaseId): boolean => phase.startsWith('catchup-');
