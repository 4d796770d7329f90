import { LowtideError } from '../domain/lowtideError';
import type { Month } from '../domain/ids';
import type { Host } from '../emulator/host';
import { HOUR_MS } from '../domain/timeUnits';

/** The timer asks once a day. */
const WAIT_HOURS = 25;

/**
 * Gives a host that stands at the release a fleet, and lets the daily timer find the release, as it does everywhere: the month begins at the same
 * minute as in `simulate`. Where the schedule of the timer is another one, it is asked for.
 */
export async function beginMonth(
  host: Host,
  { id, month, fleet }: { readonly id: string; readonly month: Month; readonly fleet: string },
): Promise<void> {
  await answered(host, 'POST', '/api/fleet', fleet);
  for (let hours = 0; hours < WAIT_HOURS; hours += 1) {
    if ((await host.request('GET', `/api/rollouts/${id}`)).status === 200) return;
    await host.runUntil(new Date(host.nowMs() + HOUR_MS).toISOString());
  }
  await answered(host, 'POST', '/api/rollouts', { month });
}

export async function answered(host: Host, method: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await host.request(method, path, body);
  if (answer.status < 300) return answer.body;
  const { title, detail } = (answer.body ?? {}) as { title?: string; detail?: string };
  throw new LowtideError('ARGUMENT_INVALID', {
    what: title ?? `${method} ${path} answered ${answer.status}.`,
    why: detail ?? JSON.stringify(answer.body),
    fix: 'The log file has the details.',
  });
}
