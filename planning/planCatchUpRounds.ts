import type { AvailabilitySetId } from '../domain/ids';
import { keyOf } from '../domain/ids';
import type { PhaseId } from '../domain/phaseId';
import type { VirtualMachine } from '../domain/virtualMachine';
import { groupBy, stageName } from './regionPlan';
import { ROUND_SIZE_MAX, type PlannedGroup, type PlannedRound, type PlannedStage } from './plan';

export interface CatchUpVm {
  readonly vm: VirtualMachine;
  /** IANA name. */
  readonly timeZone: string;
}

/** A round with the place it belongs to. */
export interface CatchUpRound
  extends
    Pick<PlannedStage, 'stage' | 'zone'>,
    Pick<PlannedGroup, 'group' | 'kind' | 'availabilitySetId' | 'setSize'>,
    Omit<PlannedRound, 'vmCount'> {
  readonly phase: PhaseId;
  readonly region: string;
  readonly timeZones: string[];
}

/**
 * The small plan of a catch-up: the same stages, sets, update domains and shares as the rollout, for VMs that can all be reached now.
 * Rounds come out in the order they are to run in.
 */
export function planCatchUpRounds(
  vms: readonly CatchUpVm[],
  sets: ReadonlyMap<AvailabilitySetId, { readonly size: number; readonly share: number }>,
  phase: PhaseId,
  nowUtc: string,
): CatchUpRound[] {
  const rounds: CatchUpRound[] = [];
  const sorted = [...vms].sort((a, b) => (a.vm.id < b.vm.id ? -1 : 1));
  for (const [, together] of [...groupBy(sorted, placeOf)].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const vm = together[0]?.vm;
    if (!vm) continue;
    const { region, zone, availabilitySetId, updateDomain } = vm;
    const set = availabilitySetId === null ? null : (sets.get(availabilitySetId) ?? { size: 1, share: 1 });
    const size = Math.min(set?.share ?? ROUND_SIZE_MAX, ROUND_SIZE_MAX);
    for (let start = 0; start < together.length; start += size) {
      const chunk = together.slice(start, start + size);
      rounds.push({
        phase,
        region,
        stage: stageName(zone),
        zone,
        group: availabilitySetId === null ? 'catchup' : keyOf(availabilitySetId),
        kind: availabilitySetId === null ? 'standalone' : 'availabilitySet',
        availabilitySetId,
        setSize: set?.size ?? 0,
        updateDomain,
        round: rounds.length + 1,
        vmIds: chunk.map((member) => member.vm.id),
        timeZones: [...new Set(chunk.map(({ timeZone }) => timeZone))].sort(),
        expectedStartUtc: nowUtc,
        expectedEndUtc: nowUtc,
      });
    }
  }
  return rounds;
}

const placeOf = ({ vm, timeZone }: CatchUpVm): string =>
  [
    ...[vm.region, vm.zone ?? '~', vm.availabilitySetId ?? ''],
    ...[vm.updateDomain ?? '', vm.availabilitySetId === null ? timeZone : ''],
  ].join('|');
