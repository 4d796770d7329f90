import { z } from 'zod';
import type { AuditInput } from '../audit/auditInput';
import type { DriverEvent } from '../drivers/driver';
import type { AuditedFleet } from '../local/auditEvents';

/** What is judged: a log, the fleet of the log, and what the rollouts say of themselves. */
export interface AuditEvidence extends AuditedFleet {
  readonly events: readonly DriverEvent[];
  readonly rollout: Partial<
    Pick<AuditInput, 'phases' | 'rollouts' | 'outcomes' | 'trail' | 'freezes' | 'untilUtc'>
  >;
}

/** What every event has, whatever its action; the auditor reads the rest with suspicion of its own. */
export const EVENTS = {
  what: "an event of a driver's log",
  option: '--events',
  each: z.looseObject({
    at: z.iso.datetime(),
    action: z.string(),
    vm: z.string(),
    region: z.string(),
    zone: z.string().nullable(),
    availabilitySet: z.string().nullable(),
    updateDomain: z.number().nullable(),
    subscription: z.string(),
    operationId: z.string().nullable(),
    rolloutId: z.string().nullable(),
  }),
};
