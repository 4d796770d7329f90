import { type AuditInput, type AuditVm } from '../../audit/auditInput';
import { auditMonth } from '../../audit/auditMonth';
import type { AuditReport, Invariant } from '../../audit/auditReport';
import type { DriverAction, DriverEvent } from '../../drivers/driver';

/** A window in UTC: off-peak hours open at minute 0 and close at minute 480. */
const WINDOW = Date.parse('2026-11-10T22:00:00.000Z');

export const at = (minute: number): string => new Date(WINDOW + minute * 60_000).toISOString();

const SUBSCRIPTION = '/subscriptions/00000000-0000-0000-0000-000000000001';

export const setId = (name: string): string =>
  `${SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute/availabilitySets/${name}`;

/** A VM whose off-peak hours are UTC's, whatever its region. */
export function aVm(name: string, facts: Partial<AuditVm> = {}): AuditVm {
  return {
    id: `${SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/${name}`,
    region: 'eastus',
    zone: null,
    availabilitySet: null,
    updateDomain: null,
    subscription: SUBSCRIPTION,
    timeZone: null,
    tags: { 'lowtide-timezone': 'UTC' },
    ...facts,
  };
}

/** VMs `<name>-0` … of one availability set, dealt to two update domains in turn. */
export function aSet(name: string, size: number): AuditVm[] {
  return Array.from({ length: size }, (_, i) =>
    aVm(`${name}-${i}`, { availabilitySet: setId(name), updateDomain: i % 2 }),
  );
}

export function event(
  vm: AuditVm,
  minute: number,
  action: DriverAction,
  detail: Readonly<Record<string, unknown>> = {},
): DriverEvent {
  return {
    at: at(minute),
    action,
    vm: vm.id,
    region: vm.region,
    zone: vm.zone,
    availabilitySet: vm.availabilitySet,
    updateDomain: vm.updateDomain,
    subscription: vm.subscription,
    operationId: null,
    rolloutId: null,
    ...detail,
  };
}

let operations = 0;

/** One whole installation, by a rollout if nothing else is said. */
export function install(
  vm: AuditVm,
  start: number,
  end: number,
  { rolloutId = 'rollout-2026-11', maximumDurationMinutes = end - start, patches = [] }: InstallFacts = {},
): DriverEvent[] {
  const ids = { operationId: `operation-${(operations += 1)}`, rolloutId };
  return [
    event(vm, start, 'installStarted', { ...ids, maximumDurationMinutes }),
    ...patches.map(({ patchId, classification }) =>
      event(vm, end, 'patchInstalled', { ...ids, patchId, classification }),
    ),
    event(vm, end, 'installCompleted', ids),
  ];
}

interface InstallFacts {
  readonly rolloutId?: string | null;
  readonly maximumDurationMinutes?: number;
  readonly patches?: readonly { patchId: string; classification?: string }[];
}

export const probe = (vm: AuditVm, minute: number, answer: string): DriverEvent =>
  event(vm, minute, 'healthProbed', { answer });

/** Audits a log of these VMs with Lowtide's default policy. */
export function audit(
  vms: readonly AuditVm[],
  events: readonly (DriverEvent | readonly DriverEvent[])[],
  more: Partial<AuditInput> = {},
): AuditReport {
  return auditMonth({
    events: events.flat(),
    vms,
    offPeak: { opens: '22:00', closes: '06:00' },
    shares: { setSharePercent: 20, setOneByOneBelow: 10 },
    untilUtc: at(30 * 24 * 60),
    ...more,
  });
}

/** The invariants a report finds violated, one each. */
export const violated = ({ violations, doubts }: AuditReport): (Invariant | 'doubt')[] => [
  ...new Set(violations.map(({ invariant }) => invariant)),
  ...(doubts.length > 0 ? (['doubt'] as const) : []),
];
