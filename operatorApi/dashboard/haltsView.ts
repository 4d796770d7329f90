import type { Services } from '../../activities/services';
import type { Halt } from '../../domain/control';
import type { RolloutId } from '../../domain/ids';
import type { Halts } from '../shapes/dashboard';
import { fleetView, type FleetVm } from '../fleetView';

type HaltView = Halts['value'][number];
type CommonFact = HaltView['inCommon'][number];

const ACCUSED_MAX = 50;
const FACTS_MAX = 8;

/** Each halt with the VMs it is about, what they have in common, and how many VMs each decision concerns. */
export async function readHaltsView(services: Services, id: RolloutId): Promise<Halts> {
  const [halts, { vms: rows }] = await Promise.all([services.rollouts.halts(id), fleetView(services, id)]);
  const planned = rows.filter((row) => row.place !== null);
  return {
    value: halts.map((halt) => haltViewOf(halt, halts, planned)),
    waitingCount: planned.filter(isWaiting).length,
    plannedCount: planned.length,
  };
}

const isWaiting = ({ outcome }: FleetVm): boolean => outcome === null || outcome.kind === 'deferred';

function haltViewOf(halt: Halt, halts: readonly Halt[], planned: readonly FleetVm[]): HaltView {
  const inScope = planned.filter((row) => concerns(halt, row));
  const accused = accusedOf(halt, answeredBefore(halt, halts), inScope);
  return {
    ...halt,
    stops: scopeInWords(halt),
    accusedCount: accused.length,
    accused: accused.slice(0, ACCUSED_MAX).map(({ vm, outcome }) => ({
      vmId: vm.id,
      name: vm.name,
      kind: outcome?.kind ?? '',
      reason: outcome?.reason ?? '',
      detail: outcome?.detail ?? '',
    })),
    inCommon: factsInCommon(accused, planned),
    waitingCount: inScope.filter(isWaiting).length,
    skips: skippedInWords(halt),
    skippedCount: planned.filter((row) => isSkippedBy(halt, row) && isWaiting(row)).length,
  };
}

/** A skip gives up the image family of the halt, or else its region, or its phase; never the rollout (domain/control.ts). */
function isSkippedBy({ scope, phase, region }: Halt, { vm, family, place }: FleetVm): boolean {
  if (scope?.kind === 'family') return family === scope.family;
  return place?.phase === phase && (region === null || vm.region === region);
}

function skippedInWords({ scope, phase, region }: Halt): string {
  if (scope?.kind === 'family') return `image family ${scope.family}`;
  return region === null ? phase.replace('-', ' ') : `region ${region} of ${phase.replace('-', ' ')}`;
}

function concerns({ scope, phase, region }: Halt, { vm, family, place }: FleetVm): boolean {
  if (scope?.kind === 'rollout') return true;
  if (scope?.kind === 'family') return family === scope.family;
  if (scope?.kind === 'region') return vm.region === scope.region;
  return place?.phase === phase && (region === null || vm.region === region);
}

/** A halt is about unhealthy VMs; about failed ones where there are no others. */
function accusedOf(halt: Halt, sinceUtc: string, rows: readonly FleetVm[]): readonly FleetVm[] {
  const lately = rows.filter(({ outcome }) => outcome !== null && outcome.atUtc > sinceUtc);
  const unhealthy = lately.filter(({ outcome }) => outcome?.kind === 'unhealthy');
  if (unhealthy.length > 0 && halt.kind === 'halt') return unhealthy;
  const failed = lately.filter(({ outcome }) => outcome?.kind === 'failed');
  return failed.length > 0 ? failed : unhealthy;
}

/** What a person decided about the same scope before: VMs from before that are forgiven. */
function answeredBefore(halt: Halt, halts: readonly Halt[]): string {
  return halts
    .filter((other) => other.haltId !== halt.haltId && scopeInWords(other) === scopeInWords(halt))
    .flatMap(({ decision }) =>
      decision?.kind === 'resume' && decision.atUtc <= halt.atUtc ? [decision.atUtc] : [],
    )
    .reduce((a, b) => (a > b ? a : b), '');
}

function scopeInWords({ scope, region, phase }: Halt): string {
  if (scope?.kind === 'rollout') return 'the whole rollout';
  if (scope?.kind === 'family') return `image family ${scope.family}`;
  if (scope?.kind === 'region') return `region ${scope.region}`;
  return region === null ? phase.replace('-', ' ') : `region ${region} of ${phase.replace('-', ' ')}`;
}

/** What all of them share, the rarest in the rollout first: that is where to look. */
function factsInCommon(accused: readonly FleetVm[], planned: readonly FleetVm[]): CommonFact[] {
  const [first, ...others] = accused.map(factsOf);
  if (first === undefined) return [];
  const shared = [...first].filter(([fact, value]) => others.every((facts) => facts.get(fact) === value));
  if (shared.length === 0) return [];
  const counts = new Map<string, number>();
  for (const row of planned) {
    const facts = factsOf(row);
    for (const [fact, value] of shared)
      if (facts.get(fact) === value) counts.set(fact, (counts.get(fact) ?? 0) + 1);
  }
  return shared
    .map(([fact, value]) => ({ fact, value, sharedByCount: counts.get(fact) ?? 0 }))
    .sort((a, b) => a.sharedByCount - b.sharedByCount || (a.fact < b.fact ? -1 : 1))
    .slice(0, FACTS_MAX);
}

function factsOf({ vm, family }: FleetVm): ReadonlyMap<string, string> {
  const facts = new Map<string, string>([
    ['image family', family],
    ['region', vm.region],
    ['zone', vm.zone ?? 'none'],
    ['operating system', vm.osType ?? 'unknown'],
    ['size', vm.vmSize ?? 'unknown'],
    ['subscription', vm.subscriptionId],
    ['resource group', vm.resourceGroup],
  ]);
  if (vm.availabilitySetId !== null) facts.set('availability set', vm.availabilitySetId);
  for (const [name, value] of Object.entries(vm.tags)) facts.set(`tag ${name}`, value);
  return facts;
}
