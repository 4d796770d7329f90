import { VmId } from '../../domain/ids';
import type { ArmContext, ArmRequest, ArmRoute } from './armRoute';
import { at } from './json';
import { QUOTAS, quotasOf, type QuotaKind } from './quotas';
import { failedAnswer } from './failedAnswer';
import { AnswerInstead, throttledAnswer, type ThrottleShape } from './throttled';

/**
 * Counts a request against its quotas; returns the headers that say what is left. Throws the 429 when a scenario throttles the VM, or
 * when more patch operations were requested than Azure takes. Other quotas are counted down and not enforced: clients poll the
 * simulated Azure every second, however fast its clock goes.
 */
export function countRequest(
  { quota: kind }: ArmRoute,
  request: ArmRequest,
  context: ArmContext,
): Readonly<Record<string, string>> {
  if (kind === undefined) return {};
  const { services } = context;
  const id = vmIdOf(request);
  const vm = id === null ? null : services.driver.resources.virtualMachine(id);
  const region = vm?.vm.region ?? regionOf(request);
  const { allowed, header } = quotasOf(services).take(
    kind,
    { place: `${request.subscriptionId} ${region}`, resource: id ?? request.path },
    Date.parse(services.nowUtc()),
  );
  if (id !== null) refuseIfThrottled(id, kind, request, context);
  if (!allowed && kind === 'guestPatch') throw new AnswerInstead(answer('compute', kind, request, context));
  return { 'x-ms-ratelimit-remaining-resource': header, ...subscriptionHeaders(request.method) };
}

/** A scenario throttles requests about a VM or lets them fail, polls of its operations included: that is not the operation's failure. */
export function refuseIfThrottled(id: VmId, kind: QuotaKind, request: ArmRequest, context: ArmContext): void {
  const { driver } = context.services;
  const counted = requestsOf.get(driver) ?? new Map<VmId, number>();
  requestsOf.set(driver, counted);
  const call = (counted.get(id) ?? 0) + 1;
  counted.set(id, call);
  const shape = driver.throttledBy(id, call);
  const failure = shape === null ? driver.failedBy(id, call) : null;
  if (failure !== null) throw new AnswerInstead(failedAnswer(failure, context.services.nowUtc()));
  if (shape === null) return;
  throw new AnswerInstead(answer(shape, kind, request, context));
}

const requestsOf = new WeakMap<ArmContext['services']['driver'], Map<VmId, number>>();

function answer(
  shape: ThrottleShape,
  kind: QuotaKind,
  { subscriptionId, method }: ArmRequest,
  { services }: ArmContext,
): AnswerInstead['answer'] {
  const { name, resourceMax, subscriptionMax } = QUOTAS[kind];
  const quota = `${name}${resourceMax === null ? 'SubscriptionMaximum' : 'Resource'}`;
  const max = resourceMax ?? subscriptionMax;
  return throttledAnswer(shape, { subscriptionId, method, quota, max, nowUtc: services.nowUtc() });
}

function vmIdOf({ subscriptionId, resourceGroup, name }: ArmRequest): VmId | null {
  if (name('vm') === '') return null;
  const path = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Compute/virtualMachines/${name('vm')}`;
  return VmId.safeParse(path).data ?? null;
}

function regionOf({ name, body }: ArmRequest): string {
  const location = at(body, 'location');
  return name('location') || (typeof location === 'string' ? location.replaceAll(' ', '') : '');
}

/** ARM's own limits refill so fast that one request more or less is never seen: they are what a first request leaves (03, 20). */
function subscriptionHeaders(method: string): Readonly<Record<string, string>> {
  const left = 'x-ms-ratelimit-remaining-subscription';
  if (method === 'GET') return { [`${left}-reads`]: '1099', [`${left}-global-reads`]: '3749' };
  if (method === 'DELETE') return { [`${left}-deletes`]: '199', [`${left}-global-deletes`]: '2999' };
  return { [`${left}-writes`]: '199', [`${left}-global-writes`]: '2999' };
}
