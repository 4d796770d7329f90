import { eligibilityHolds } from '../../domain/eligibility';
import type { RolloutId } from '../../domain/ids';
import { outcomeOf } from '../../domain/outcome';
import { NO_PHASE, type PhaseId } from '../../domain/phaseId';
import { because } from '../../domain/reasons';
import type { RolloutControl } from '../../domain/control';
import { selects } from '../../domain/selector';
import type { VirtualMachine } from '../../domain/virtualMachine';
import type { PhaseRecord } from '../../store/rollouts';
import { saveOutcomes } from './saveOutcomes';
import type { Services } from '../services';
import { sideBySide } from '../sideBySide';

/**
 * VMs that came after the plan was made take part this month, with the second chances, once the phase of their region has proven
 * something; one that is not eligible has its outcome at once. A VM that has an outcome already keeps it.
 */
export async function joinRollout(services: Services, added: readonly VirtualMachine[]): Promise<void> {
  if (added.length === 0) return;
  for (const control of await services.rollouts.list())
    if (isOpenTo(services, control)) {
      const selector = control.emergency?.selector ?? {};
      await joinOne(
        services,
        control,
        added.filter((vm) => selects(selector, vm)),
      );
    }
}

/** A rollout that is planned, and in which something may still start. */
export function isOpenTo(
  services: Services,
  { endedUtc, mode, plannedUtc, endsUtc }: RolloutControl,
): boolean {
  return endedUtc === null && mode !== 'cancelled' && plannedUtc !== null && services.nowUtc() < endsUtc;
}

/** The phase of its region; the last one for a region that is in none. */
export function phaseOf(phases: readonly PhaseRecord[], { region }: VirtualMachine): PhaseId {
  return (phases.findLast(({ regions }) => regions.includes(region)) ?? phases.at(-1))?.phase ?? NO_PHASE;
}

async function joinOne(
  services: Services,
  { rolloutId }: RolloutControl,
  added: readonly VirtualMachine[],
): Promise<void> {
  if (added.length === 0) return;
  const phases = await services.rollouts.phases(rolloutId);
  const known = await sideBySide(added, ({ id }) => services.outcomes.read(rolloutId, id));
  const joining = added.filter((_, n) => known[n] === null);
  const atUtc = services.nowUtc();
  await saveOutcomes(
    services,
    rolloutId,
    joining.map((vm) => {
      const [hold, ...others] = eligibilityHolds(vm, services.policy);
      const phase = hold === undefined ? phaseOf(phases, vm) : NO_PHASE;
      const outcome = outcomeOf(vm.id, atUtc, hold ?? because('joinedLate'), others);
      return { ...outcome, phase, region: vm.region, installation: null };
    }),
    true,
  );
  await countJoined(services, rolloutId);
}

/** What was counted with the outcomes, in their transactions: a crash in between, or another host, counts none twice and leaves none out. */
async function countJoined({ outcomes, rollouts }: Services, rolloutId: RolloutId): Promise<void> {
  const { joined = 0 } = await outcomes.totals(rolloutId);
  await rollouts.update(rolloutId, (row) => {
    const { vmCount, joinedCount = 0 } = row;
    if (joined <= joinedCount) return null;
    return { ...row, vmCount: (vmCount ?? 0) + joined - joinedCount, joinedCount: joined };
  });
}
