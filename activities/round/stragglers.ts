import { subscriptionKey, type Disruption } from '../../domain/disruption';
import { areMostlyDone, checkSilence } from '../../domain/gates';
import { countOutcomes } from '../../domain/outcomeCounts';
import type { OutcomeKind, OutcomeReason } from '../../domain/reasons';
import type { Policy } from '../../domain/policy';
import type { VmUpdate } from '../../domain/vmUpdate';
import type { VmProgress } from './roundSteps';
import type { Services } from '../services';

/**
 * What is left of a round of standalone VMs whose batch need not wait for it: nearly all of its VMs have their outcome, as of a phase whose gate
 * opens, nothing speaks against the next ones, and the rest have been installing for longer than the shortest installation may take. Null: the
 * batch waits. A VM that is watched after its update is no straggler: what is not known of its health opens nothing.
 */
export async function stragglersOf(
  { inventory, policy }: Services,
  disruption: Disruption,
  vms: readonly VmProgress[],
): Promise<Disruption | null> {
  const left = vms.filter(({ update }) => update.kind !== 'ended');
  const done = vms.length - left.length;
  if (left.length === 0 || !areMostlyDone(done, vms.length, policy)) return null;
  if (disruption.availabilitySetId !== null || !left.every(({ update }) => takesLong(update, policy)))
    return null;
  const ended = endedOf(vms);
  if (ended.some(({ reason }) => reason === 'orchestrationFailed')) return null;
  if (checkSilence(countOutcomes(ended), policy).kind !== 'open') return null;
  const known = await Promise.all(left.map(({ vmId }) => inventory.read(vmId)));
  const keys = known.map((vm) => (vm === null ? null : subscriptionKey(vm.subscriptionId)));
  const subscriptions = (disruption.subscriptions ?? []).flatMap((share) => {
    const count = keys.filter((key) => key === share.subscription || key === null).length;
    return count === 0 ? [] : [{ ...share, count: Math.min(count, share.count) }];
  });
  const { subscriptions: _, ...place } = disruption;
  return { ...place, count: left.length, ...(subscriptions.length > 0 && { subscriptions }) };
}

/** How those ended that have an outcome. */
export const endedOf = (vms: readonly VmProgress[]): { kind: OutcomeKind; reason: OutcomeReason }[] =>
  vms.flatMap(({ update }) =>
    update.kind === 'ended' ? [{ kind: update.outcomeKind, reason: update.reason }] : [],
  );

/** By the looks at it that found it running. */
function takesLong(update: VmUpdate, policy: Policy): boolean {
  if (update.kind !== 'readInstall' || update.polls === 0) return false;
  const { installPollFirstSeconds: first, installPollLastSeconds: last, installMinimumSeconds } = policy;
  return first + (update.polls - 1) * Math.min(first, last) >= installMinimumSeconds;
}
