import type { DurableClient } from 'durable-functions';
import type { Services } from '../../activities/services';
import type { RolloutControl } from '../../domain/control';
import { rolloutIdOf, type RolloutId } from '../../domain/ids';
import { messageOf } from '../../domain/messageOf';
import { monthOfLatestRelease } from '../../domain/release';
import { lookAtFreezes } from '../freezes';
import { requestRollout } from '../startRollout';
import { reportAtRisk } from './reportAtRisk';
import type { TimerLog } from './timerLog';

/** Daily: exclusions that end soon, freezes that are over; VMs that became at risk; and R-103: has the latest release come out without a rollout? Then it starts. A missed tick or a second one changes nothing. */
export async function startReleasedMonth(
  services: Services,
  client: DurableClient,
  log: TimerLog,
  rollouts: readonly RolloutControl[],
): Promise<void> {
  const saidOfFreezes = await lookAtFreezes(services).catch((error: unknown) => [
    `The freezes and exclusions were not looked at: ${messageOf(error)}`,
  ]);
  for (const said of saidOfFreezes) log.warn(said);
  const atRisk = await reportAtRisk(services, rollouts).catch(
    (error: unknown) => `Which VMs are at risk is not known: ${messageOf(error)}`,
  );
  if (atRisk !== null) log.warn(atRisk);
  if (await isEmpty(services, log)) {
    log.warn(
      'The driver lists no VM, so there is nothing to roll out to. It is asked again at the next tick.',
    );
    return;
  }
  const month = monthOfLatestRelease(services.nowUtc());
  if (isOver(rollouts, rolloutIdOf(month))) return;
  const { control, created } = await requestRollout(services, client, month, 'monthly timer');
  if (created) log.log(`Started ${control.rolloutId}.`);
}

/** Of a month that has ended there is nothing to start, unless another rollout is open, which may be another host's. */
const isOver = (rollouts: readonly RolloutControl[], id: RolloutId): boolean =>
  rollouts.every(({ endedUtc }) => endedUtc !== null) && rollouts.some(({ rolloutId }) => rolloutId === id);

/** A platform that does not answer now is no empty fleet: the month does not wait a day for the next tick, and its plan lists again. */
async function isEmpty({ driver }: Services, log: TimerLog): Promise<boolean> {
  try {
    const { items, next } = await driver.listVirtualMachines(null);
    return items.length === 0 && next === null;
  } catch (error) {
    const said = messageOf(error).replace(/\.+$/, '');
    log.warn(`The driver did not list the VMs: ${said}. The rollout lists them itself.`);
    return false;
  }
}
