import { z } from 'zod';
import { AvailabilitySetId, VmId, keyOf, resourceName } from './ids';
import { PhaseId } from './phaseId';
import { regionNameOf } from './regions';

const region = z.string().min(1).overwrite(regionNameOf);

/** A part of a rollout that a person pauses or gives up: one phase, one region, one availability set or one VM. */
export const ControlScope = z.union([
  z.strictObject({ phase: PhaseId }),
  z.strictObject({ region }),
  z.strictObject({ availabilitySet: AvailabilitySetId }),
  z.strictObject({ vm: VmId }),
]);
export type ControlScope = Readonly<z.infer<typeof ControlScope>>;

/** Where something is about to start, as far as scopes look at it. What is absent was not asked about, and is in no scope of its kind. */
export interface ScopedPlace {
  readonly phase: PhaseId;
  /** Null for a phase as a whole. */
  readonly region: string | null;
  readonly availabilitySetId?: AvailabilitySetId | null;
  readonly vmId?: VmId;
}

export function isInScope(scope: ControlScope, where: ScopedPlace): boolean {
  if ('phase' in scope) return scope.phase === where.phase;
  if ('region' in scope) return scope.region === where.region;
  if ('availabilitySet' in scope) return scope.availabilitySet === where.availabilitySetId;
  return scope.vm === where.vmId;
}

export const isSameScope = (a: ControlScope, b: ControlScope): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

/** For people: `region eastus`, `VM web-01`. */
export function describeScope(scope: ControlScope): string {
  if ('phase' in scope) return `phase ${scope.phase}`;
  if ('region' in scope) return `region ${scope.region}`;
  if ('availabilitySet' in scope) return `availability set ${resourceName(scope.availabilitySet)}`;
  return `VM ${resourceName(scope.vm)}`;
}

export function keyOfScope(scope: ControlScope): string {
  if ('phase' in scope) return scope.phase;
  if ('region' in scope) return scope.region;
  return keyOf('vm' in scope ? scope.vm : scope.availabilitySet);
}

/** Of the row in the audit. */
export const keyOfDecision = (scope: ControlScope, kind: string, atUtc: string): string =>
  `${atUtc}~${kind}~${keyOfScope(scope)}`;
