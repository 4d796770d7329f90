import { agendaStore, type AgendaStore } from './agenda';
import { assessmentStore, type AssessmentStore } from './assessments';
import { auditStore, type AuditStore } from './audit';
import { budgetMemberStore, type BudgetMemberStore } from './budgetMembers';
import { deliveryStore, type DeliveryStore } from './deliveries';
import { enablementStore, type EnablementStore } from './enablements';
import { evidenceStore, type EvidenceStore } from './evidence';
import { freezeStore, type FreezeStore } from './freezes';
import { hookAskStore, type HookAskStore } from './hookAsks';
import { inventoryStore, type InventoryStore } from './inventory';
import { operationStore, type OperationStore } from './operations';
import { outcomeStore, type OutcomeStore } from './outcomes';
import { patchStore, type PatchStore } from './patches';
import { planStore, type PlanStore } from './plans';
import { policyStore, type PolicyStore } from './policies';
import { rolloutStore, type RolloutStore } from './rollouts';
import { roundProgressStore, type RoundProgressStore } from './roundProgress';
import { roundQueueStore, type RoundQueueStore } from './roundQueues';
import { secondChanceStore, type SecondChanceStore } from './secondChances';
import type { Store } from './store';
import type { Policy } from '../domain/policy';
import { waitStore, type WaitStore } from './waits';

/** The tables of an app as its activities see them. A new table is added here, and stands in the app and in the tests. */
export interface Repositories {
  readonly agenda: AgendaStore;
  readonly inventory: InventoryStore;
  readonly budgetMembers: BudgetMemberStore;
  readonly rollouts: RolloutStore;
  readonly plans: PlanStore;
  readonly roundProgress: RoundProgressStore;
  readonly roundQueues: RoundQueueStore;
  readonly evidence: EvidenceStore;
  readonly outcomes: OutcomeStore;
  readonly secondChances: SecondChanceStore;
  readonly operations: OperationStore;
  readonly assessments: AssessmentStore;
  readonly enablements: EnablementStore;
  readonly audit: AuditStore;
  readonly waits: WaitStore;
  readonly hookAsks: HookAskStore;
  readonly deliveries: DeliveryStore;
  readonly freezes: FreezeStore;
  readonly policies: PolicyStore;
  readonly patches: PatchStore;
}

export function repositoriesOn(store: Store, policy: Pick<Policy, 'attemptsMax'>): Repositories {
  return {
    agenda: agendaStore(store),
    inventory: inventoryStore(store),
    budgetMembers: budgetMemberStore(store),
    rollouts: rolloutStore(store),
    plans: planStore(store),
    roundProgress: roundProgressStore(store),
    roundQueues: roundQueueStore(store),
    evidence: evidenceStore(store),
    outcomes: outcomeStore(store, policy.attemptsMax),
    secondChances: secondChanceStore(store),
    operations: operationStore(store),
    assessments: assessmentStore(store),
    enablements: enablementStore(store),
    audit: auditStore(store),
    waits: waitStore(store),
    hookAsks: hookAskStore(store),
    deliveries: deliveryStore(store),
    freezes: freezeStore(store),
    policies: policyStore(store),
    patches: patchStore(store),
  };
}
