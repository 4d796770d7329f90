import type { z } from 'zod';
import type { Policy } from '../domain/policy';
import type { FleetDriver } from '../drivers/driver';
import type { AssessmentStore } from '../store/assessments';
import type { AuditStore } from '../store/audit';
import type { EvidenceStore } from '../store/evidence';
import type { InventoryStore } from '../store/inventory';
import type { OperationStore } from '../store/operations';
import type { OutcomeStore } from '../store/outcomes';
import type { PlanStore } from '../store/plans';
import type { RolloutStore } from '../store/rollouts';
import type { RoundProgressStore } from '../store/roundProgress';
import type { ActivityContract } from './contracts';

/** Everything an activity may touch. functions/ chooses what stands behind it. */
export interface Services {
  readonly driver: FleetDriver;
  readonly inventory: InventoryStore;
  readonly rollouts: RolloutStore;
  readonly plans: PlanStore;
  readonly roundProgress: RoundProgressStore;
  readonly evidence: EvidenceStore;
  readonly outcomes: OutcomeStore;
  readonly operations: OperationStore;
  readonly assessments: AssessmentStore;
  readonly audit: AuditStore;
  readonly policy: Policy;
  /** The clock of the host, as an ISO instant in UTC. */
  readonly nowUtc: () => string;
}

/** An activity: its contract, and what it does to the services. The input is parsed at this edge, the output where it arrives (`call`). */
export interface Activity {
  readonly name: string;
  readonly handler: (services: Services) => (raw: unknown) => Promise<unknown>;
}

/** What an activity answers, before it is parsed. */
export type AnswerTo<C extends ActivityContract> = Readonly<z.input<C['output']>>;

/** Asks an activity's code as the host would: its input and output are parsed. */
export async function ask<C extends ActivityContract>(
  { handler }: Activity,
  contract: C,
  services: Services,
  input: z.input<C['input']>,
): Promise<z.output<C['output']>> {
  return contract.output.parse(await handler(services)(input)) as z.output<C['output']>;
}

export function activity<C extends ActivityContract>(
  contract: C,
  run: (services: Services, input: z.output<C['input']>) => Promise<AnswerTo<C>>,
): Activity {
  return {
    name: contract.name,
    handler: (services) => (raw) => run(services, contract.input.parse(raw) as z.output<C['input']>),
  };
}
