import type { DurableClient } from 'durable-functions';
import { foreignRollout } from '../../activities/rollout/control';
import type { Services } from '../../activities/services';
import type { RolloutControl } from '../../domain/control';
import { listingsDue } from '../../domain/inventoryChanges';
import { messageOf } from '../../domain/messageOf';
import { ledgersDue, type AgendaItem, type AgendaName, type AgendaStore } from '../../store/agenda';
import type { PolicyVersion } from '../../store/policies';
import { rememberPurge } from './purgedUntil';
import type { TimerLog } from './timerLog';
import { reviveRollouts } from '../startRollout';

/** Each sweep, and what of the agenda it looks after. An item that is not there yet is due. */
const SWEEPS: readonly (readonly [name: string, item: AgendaName])[] = [
  ['catchUpSweep', 'secondChances'],
  ['assessmentSweep', 'assessments'],
  ['extensionSweep', 'extensions'],
  ['inventorySweep', 'inventory'],
];

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
  rememberPurge(services.agenda, items, sweepUtc);
  for (const [name, input] of dueSweeps(services.agenda, items, sweepUtc)) {
    const instanceId = `${name}-${sweepUtc.slice(0, 16)}`;
    try {
      await client.startNew(name, { instanceId, input: { sweepUtc, ...input } });
    } catch (error) {
      log.warn(`${instanceId} was not started: ${messageOf(error)}`);
    }
  }
}

/** Each with the rows that it was started for, which it puts off. Of more ledgers than fit into its input the sweep reads theirs itself. */
function dueSweeps(
  agenda: AgendaStore,
  items: readonly AgendaItem[],
  nowUtc: string,
): readonly (readonly [name: string, input: object])[] {
  const due: [name: string, input: object][] = [];
  for (const [sweep, item] of SWEEPS) {
    const found = items.find(({ name }) => name === item);
    if (found === undefined) due.push([sweep, { seen: null }]);
    else if (found.dueUtc <= nowUtc || isListedAgain(agenda, found, nowUtc)) {
      const { name: _, ...seen } = found;
      due.push([sweep, { seen }]);
    }
  }
  const ledgers = ledgersDue(items, nowUtc);
  if (ledgers.length > 0) due.push(['ledgerSweep', ledgers.length > LEDGERS_GIVEN_MAX ? {} : { ledgers }]);
  return due;
}

/** Some 100 bytes each: the input of a sweep is a message, and stays under 16 KB. */
const LEDGERS_GIVEN_MAX = 100;

/** Listings between two comparisons of the inventory, by what this process started last: as long as they agree they write nothing. */
const LISTED = new WeakMap<AgendaStore, string>();

/** Whether the platform is to be asked again before the inventory is compared. A process that does not know asks once more. */
function isListedAgain(agenda: AgendaStore, { listed }: AgendaItem, nowUtc: string): boolean {
  if (listed === undefined) return false;
  const count = listingsDue(listed, nowUtc);
  const listing = `${listed.comparedUtc} ${count}`;
  if (count < 1 || LISTED.get(agenda) === listing) return false;
  LISTED.set(agenda, listing);
  return true;
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
