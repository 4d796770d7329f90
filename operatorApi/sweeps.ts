import type { DurableClient } from 'durable-functions';
import { foreignRollout } from '../activities/control';
import type { Services } from '../activities/services';
import type { RolloutControl } from '../domain/control';
import { messageOf } from '../domain/messageOf';
import { NEVER_UTC, type AgendaItem } from '../store/agenda';
import type { TimerLog } from './scheduled';
import { reviveRollouts } from './startRollout';

/** Each sweep, and what of the agenda it looks after. An item that is not there yet is due. */
const SWEEPS: readonly (readonly [name: string, item: string])[] = [
  ['catchUpSweep', 'secondChances'],
  ['assessmentSweep', 'assessments'],
  ['extensionSweep', 'extensions'],
  ['inventorySweep', 'inventory'],
];
const LEDGERS = 'ledger~';

/**
 * Hourly: starts the sweeps that have something to do, each by itself, so that none waits for another. An hour in which nothing is due costs one
 * request to the tables. One sweep of a kind an hour, however often it is asked for.
 */
export async function startSweeps(services: Services, client: DurableClient, log: TimerLog): Promise<void> {
  const sweepUtc = services.nowUtc();
  const agenda = await services.agenda.list();
  if (isDue(agenda, 'rollouts', sweepUtc) && (await reviveOpen(services, client, agenda, log)) === 'foreign')
    return;
  const due = SWEEPS.filter(([, item]) => isDue(agenda, item, sweepUtc)).map(([name]) => name);
  if (agenda.some(({ name, dueUtc }) => name.startsWith(LEDGERS) && dueUtc <= sweepUtc))
    due.push('ledgerSweep');
  for (const name of due) {
    const instanceId = `${name}-${sweepUtc.slice(0, 16)}`;
    try {
      await client.startNew(name, { instanceId, input: { sweepUtc } });
    } catch (error) {
      log.warn(`${instanceId} was not started: ${messageOf(error)}`);
    }
  }
}

function isDue(agenda: readonly AgendaItem[], item: string, nowUtc: string): boolean {
  const found = agenda.find(({ name }) => name === item);
  return found === undefined || found.dueUtc <= nowUtc;
}

/**
 * While a rollout is open it is looked at every hour whether it runs; when none is, the agenda says so. Beside a rollout of another task hub this host
 * does nothing: its ledgers know nothing of what that one has down.
 */
async function reviveOpen(
  services: Services,
  client: DurableClient,
  agenda: readonly AgendaItem[],
  log: TimerLog,
): Promise<'own' | 'foreign'> {
  const seen = agenda.find(({ name }) => name === 'rollouts') ?? null;
  try {
    const { revived, foreign, open } = await reviveRollouts(services, client);
    for (const id of revived) log.warn(`${id} had stopped; it goes on.`);
    for (const control of foreign)
      log.warn(`${foreignRollout(control, client.taskHubName).message} Nothing is swept here meanwhile.`);
    if (foreign.length > 0) return 'foreign';
    if (open.length === 0) await services.agenda.settle(seen, 'rollouts', NEVER_UTC);
    else await sayHalts(services, open, log);
  } catch (error) {
    log.warn(`Whether every open rollout runs is not known: ${messageOf(error)}`);
  }
  return 'own';
}

const HALTED = 'A rollout waits for a decision:';

/** Every hour, for the alert of the deployment (infra/modules/monitoring.bicep): a halt waits until a person decides. */
async function sayHalts(
  { rollouts }: Services,
  open: readonly RolloutControl[],
  log: TimerLog,
): Promise<void> {
  for (const control of open) {
    for (const { haltId, why, decision } of await rollouts.haltsOf(control))
      if (decision === null) log.warn(`${HALTED} ${control.rolloutId} at ${haltId}: ${why}`);
  }
}
