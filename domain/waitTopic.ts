import { z } from 'zod';
import type { PhaseId } from './phaseId';

/** What the answer depends on that an orchestration sleeps for: control, VMs in the inventory, the gate of a phase, or the last second chance. */
export const WaitTopic = z.union([
  z.literal('control'),
  z.literal('inventory'),
  z.literal('completion'),
  z.templateLiteral(['gate~', z.string()]),
]);
export type WaitTopic = z.infer<typeof WaitTopic>;

export const gateTopic = (phase: PhaseId): WaitTopic => `gate~${phase}`;
