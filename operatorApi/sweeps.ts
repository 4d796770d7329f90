import type { DurableClient } from 'durable-functions';
import { foreignRollout } from '../activities/control';
import type { Services } from '../activities/services';
import type { RolloutControl } from '../domain/control';
import { messageOf } from '../domain/messageOf';
import type { AgendaItem, AgendaName, SeenDue } from '../store/agenda';
import type { PolicyVersion } from '../store/policies';
import type { TimerLog } from './scheduled';
import { reviveRollouts } from './startRollout';

/** Each sweep, and what of the agenda it looks after. An item that is not there yet is due. */
const SWEEPS: readonly (readonly [name: string, item: AgendaName])[] = [
  ['catchUpSweep', 'secondChances'],
  ['assessmentSweep', 'assessments'],
  ['extensionSweep', 'extensions'],
  ['inventorySweep', 'inventory'],
];
const LEDGERS = 'ledger~';

/** What the tick reads and writes: of the tables, whatever policy is in force. */
type TickServices = Pick<Services, 'agenda' | 'rollouts' | 'nowUtc'>;

/**
 * Hourly: starts the sweeps that have something to do, each by itself, so that none waits for another. An hour in which nothing is due costs one
 * request to the tables, which reads the policy in force, too: the sweeps need not ask for it. One sweep of a kind an hour, however often it is asked for.
 */
export async function startSweeps(
  services: TickServices,
  client: DurableClient,
  log: TimerLog,
  policyWasRead: (policy: PolicyVersion | null) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const sweepUtc = services.nowUtc();
  const { items, rollouts, policy } = await services.agenda.listWithRollouts();
  await policyWasRead(policy);
  if ((await reviveOpen(services, client, rollouts, log)) === 'foreign') return;
  for (const [name, seen] of dueSweeps(items, sweepUtc)) {
    const instanceId = `${name}-${sweepUtc.slice(0, 16)}`;
    try {
      await client.startNew(name, { instanceId, input: { sweepUtc, seen } });
    } catch (error) {
      log.warn(`${instanceId} was not started: ${messageOf(error)}`);
    }
  }
}

/** Each with the row that it was started for, which it puts off; the sweep of the ledgers reads theirs itself. */
function dueSweeps(
  agenda: readonly AgendaItem[],
  nowUtc: string,
): readonly (readonly [name: string, seen?: SeenDue])[] {
  const due: [name: string, seen?: SeenDue][] = [];
  for (const [sweep, item] of SWEEPS) {
    const found = agenda.find(({ name }) => name === item);
    if (found === undefined) due.push([sweep, null]);
    else if (found.dueUtc <= nowUtc) {
      const { name: _, ...seen } = found;
      due.push([sweep, seen]);
    }
  }
  if (agenda.some(({ name, dueUtc }) => name.startsWith(LEDGERS) && dueUtc <= nowUtc))
    due.push(['ledgerSweep']);
  return due;
}

/**
 * While a rollout is open it is looked at every hour whether it runs. Beside a rollout of another task hub this host does nothing: its ledgers know
 * nothing of what that one has down.
 */
async function reviveOpen(
  services: TickServices,
  client: DurableClient,
  rollouts: readonly RolloutControl[],
  log: TimerLog,
): Promise<'own' | 'foreign'> {
  try {
    const { revived, foreign, open } = await reviveRollouts(services, client, rollouts);
    for (const id of revived) log.warn(`${id} had stopped; it goes on.`);
    for (const control of foreign)
      log.warn(`${foreignRollout(control, client.taskHubName).message} Nothing is swept here meanwhile.`);
    if (foreign.length > 0) return 'foreign';
    await sayHalts(services, open, log);
  } catch (error) {
    log.warn(`Whether every open rollout runs is not known: ${messageOf(error)}`);
  }
  return 'own';
}

const HALTED = 'A rollout waits for a decision:';

/** Every hour, for the alert of the deployment (infra/modules/monitoring.bicep): a halt waits until a person decides. */
async function sayHalts(
  { rollouts }: TickServices,
  open: readonly RolloutControl[],
  log: TimerLog,
): Promise<void> {
  for (const control of open) {
    for (const { haltId, why, decision } of await rollouts.haltsOf(control))
      if (decision === null) log.warn(`${HALTED} ${control.rolloutId} at ${haltId}: ${why}`);
  }
}
