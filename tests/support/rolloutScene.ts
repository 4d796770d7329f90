import { Pace } from '../../activities/contracts';
import type { Disruption } from '../../domain/disruption';
import type { VmId } from '../../domain/ids';
import { defaultPolicy, type Policy } from '../../domain/policy';
import { aVm, vmsOf } from './builders';
import {
  aRound,
  ROLLOUT,
  someServices,
  WINDOW_CLOSES,
  WINDOW_OPENS,
  type FakeServices,
} from './fakeServices';

export const pace = Pace.parse(defaultPolicy);
export const ENDS = '2026-12-08T18:00:00.000Z';
export const ACQUIRE_BY = '2026-11-13T09:25:00.000Z';
export const START_BY = '2026-11-13T09:35:00.000Z';

/** What every orchestration of a rollout is given. */
export const inRollout = {
  rolloutId: ROLLOUT,
  phase: 'phase-1',
  endsUtc: ENDS,
  freshAfterUtc: null,
  pace,
  kind: 'rollout' as const,
};

export const vmId = aVm({ name: 'vm-a' }).id;

/** A round of standalone VMs of zone 1, as its orchestration gets it. */
export const roundInput = {
  ref: {
    rolloutId: ROLLOUT,
    phase: 'phase-1',
    region: 'eastus',
    stage: 'zone-1',
    group: 'batch-1',
    round: 1,
  },
  acquireByUtc: ACQUIRE_BY,
  startByUtc: START_BY,
  closesUtc: WINDOW_CLOSES,
  ledger: 'eastus',
};

/** What its activities get: its claim, and the place of so many standalone VMs. */
export const roundClaim = { claimId: 'round-1', startByUtc: START_BY, closesUtc: WINDOW_CLOSES };
export const standalone = (count: number): Disruption => ({
  region: 'eastus',
  zone: null,
  availabilitySetId: null,
  updateDomain: null,
  count,
  shareMax: null,
});

/** The same in the window of 2026-11-13, as it is chosen. */
export const aSlot = { ...roundInput, opensUtc: WINDOW_OPENS };

/** A plan of that round with so many VMs, and its VMs. */
export async function aRoundOf(
  count: number,
  policy: Partial<Policy> = {},
): Promise<{ services: FakeServices; ids: VmId[] }> {
  const vms = vmsOf(count);
  const services = await someServices({ vms, policy });
  const ids = vms.map(({ id }) => id);
  await services.plans.addRounds(ROLLOUT, [aRound({ vmIds: ids })]);
  return { services, ids };
}
