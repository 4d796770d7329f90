import { advanceAssessments } from '../../activities/advanceAssessments';
import { collectDueAssessments } from '../../activities/collectDueAssessments';
import type { VmId } from '../../domain/ids';
import type { Policy } from '../../domain/policy';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { someServices, IN_THE_WINDOW, type FakeServices } from './fakeServices';

export const NEW_YORK = 'America/New_York';
export const YESTERDAY = '2026-11-12T04:00:00.000Z';

export async function dueSince(
  vms: readonly VirtualMachine[],
  over: { dueUtc?: string; timeZone?: string; nowUtc?: string } = {},
  policy: Partial<Policy> = {},
): Promise<FakeServices> {
  const services = await someServices({ vms, nowUtc: over.nowUtc ?? IN_THE_WINDOW, policy });
  const { dueUtc = YESTERDAY, timeZone = NEW_YORK } = over;
  await services.assessments.schedule(vms.map(({ id: vmId }) => ({ vmId, timeZone, dueUtc })));
  return services;
}

export interface Taken {
  readonly batch: string | null;
  readonly more: boolean;
}

/** What one sweep takes, call after call. */
export async function sweep(services: FakeServices): Promise<Taken[]> {
  const calls: Taken[] = [];
  const nowUtc = services.nowUtc();
  for (let more = true; more;) {
    const taken = (await services.run(collectDueAssessments, { nowUtc, call: calls.length })) as Taken;
    calls.push(taken);
    more = taken.more;
  }
  return calls;
}

export const vmsIn = async (services: FakeServices, { batch }: Taken): Promise<VmId[]> => {
  const found = batch === null ? null : await services.assessments.readBatch(batch);
  return (found?.batch.vms ?? []).map(({ vmId }) => vmId);
};

export const takenBy = async (services: FakeServices): Promise<VmId[]> => {
  const vms: VmId[] = [];
  for (const call of await sweep(services)) vms.push(...(await vmsIn(services, call)));
  return vms;
};

export interface Advanced {
  readonly dueUtc: string | null;
  readonly assessed: number;
  readonly failed: number;
  readonly because: string | null;
}

export const advance = async (
  services: FakeServices,
  batch: string | null | undefined,
  call: number,
): Promise<Advanced> =>
  (await services.run(advanceAssessments, { batch, call, nowUtc: services.nowUtc() })) as Advanced;

/** A batch of these VMs, taken and begun. */
export async function begun(
  vms: readonly VirtualMachine[],
  policy: Partial<Policy> = {},
): Promise<{ services: FakeServices; batch: string; first: Advanced }> {
  const services = await dueSince(vms, {}, policy);
  const [{ batch } = { batch: null }] = await sweep(services);
  if (batch === null) throw new Error('no batch');
  return { services, batch, first: await advance(services, batch, 1) };
}

export const until = (services: FakeServices, utc: string | null): void => {
  if (utc === null) throw new Error('nothing is due');
  services.clock.nowUtc = utc;
};

export const dueAt = async (services: FakeServices): Promise<string[]> =>
  (await services.assessments.all()).map(({ dueUtc }) => dueUtc);
