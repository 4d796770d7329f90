import { inOrderOfTime } from '../domain/instants';
import type { DriverEvent } from '../drivers/driver';

/** Azure writes instants to the second in places, and an installation that is polled is seen when it is over. */
const TOLERANCE_MS = 2_000;

interface Installed {
  readonly startMs: number;
  readonly endMs: number | null;
}

/**
 * Where two logs of the same month differ in what was installed on which VM, and when: of the driver, which saw requests and answers, and of
 * the platform. One sentence each; none when they agree. An installation that was not polled to its end has no end in the driver's log.
 */
export function compareLogs(
  driver: readonly DriverEvent[],
  platform: readonly DriverEvent[],
): readonly string[] {
  const [seen, done] = [installsOf(driver), installsOf(platform)];
  const vms = [...new Set([...seen.keys(), ...done.keys()])].sort();
  return vms.flatMap((vm) => compareVm(vm, seen.get(vm) ?? [], done.get(vm) ?? []));
}

function compareVm(vm: string, seen: readonly Installed[], done: readonly Installed[]): readonly string[] {
  if (seen.length !== done.length)
    return [`${vm}: the driver has ${seen.length} installations in its log, the platform ${done.length}.`];
  return seen.flatMap((one, at) => {
    const other = done[at];
    if (other === undefined) return [];
    const says = (what: string, a: number, b: number): string =>
      `${vm}: installation ${at + 1} ${what} at ${new Date(a).toISOString()} in the driver's log, at ${new Date(b).toISOString()} in the platform's.`;
    const found: string[] = [];
    if (differ(one.startMs, other.startMs)) found.push(says('began', one.startMs, other.startMs));
    if (one.endMs !== null && other.endMs !== null && differ(one.endMs, other.endMs))
      found.push(says('ended', one.endMs, other.endMs));
    return found;
  });
}

const differ = (a: number, b: number): boolean => Math.abs(a - b) > TOLERANCE_MS;

function installsOf(events: readonly DriverEvent[]): Map<string, Installed[]> {
  const ends = new Map<string, number>();
  for (const { action, operationId, at } of events)
    if (action === 'installCompleted' && operationId !== null) ends.set(operationId, Date.parse(at));
  const found = new Map<string, Installed[]>();
  for (const { action, vm, operationId, at } of events) {
    if (action !== 'installStarted') continue;
    const list = found.get(vm.toLowerCase()) ?? [];
    found.set(vm.toLowerCase(), list);
    list.push({ startMs: Date.parse(at), endMs: ends.get(operationId ?? '') ?? null });
  }
  for (const list of found.values()) list.sort((a, b) => a.startMs - b.startMs);
  return found;
}

/**
 * The platform's log as the auditor needs it. ARM carries neither the rollout nor probes, and the driver has handles of its own: the
 * driver's log says which installation is which and of which rollout, and what was probed.
 */
export function withRollouts(
  platform: readonly DriverEvent[],
  driver: readonly DriverEvent[],
): readonly DriverEvent[] {
  const startedBy = new Map<string, DriverEvent>();
  for (const event of driver) if (event.action === 'installStarted') startedBy.set(startOf(event), event);
  const known = new Map<string, DriverEvent>();
  for (const event of platform) {
    const own = event.action === 'installStarted' ? startedBy.get(startOf(event)) : undefined;
    if (own !== undefined && event.operationId !== null) known.set(event.operationId, own);
  }
  const named = platform.map((event) => {
    const own = known.get(event.operationId ?? '');
    return own === undefined ? event : { ...event, operationId: own.operationId, rolloutId: own.rolloutId };
  });
  const probes = driver.filter(({ action }) => action === 'healthProbed');
  return [...named, ...probes].sort((a, b) => inOrderOfTime(a.at, b.at));
}

const startOf = ({ vm, at }: DriverEvent): string => `${vm.toLowerCase()} ${at.slice(0, 19)}`;
