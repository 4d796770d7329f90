import type { RolloutControl } from '../../domain/control';
import { eligibilityHolds } from '../../domain/eligibility';
import { keyOf } from '../../domain/ids';
import type { MovedVm } from '../../domain/inventoryChanges';
import type { MovedSet } from '../../domain/ledger';
import { outcomeOf } from '../../domain/outcome';
import { NO_PHASE } from '../../domain/phaseId';
import { because } from '../../domain/reasons';
import { pairComponent } from '../../domain/regions';
import { isOpenTo, phaseOf } from '../rollout/joinRollout';
import type { PendingSets } from '../../store/inventory';
import type { Services } from '../services';
import { addSecondChances } from '../rollout/saveOutcomes';

/**
 * A VM that was moved to another resource group or subscription is the same VM: what people said of it (freezes, exclusions, scopes of a
 * rollout), how it stands in the open rollouts and its last installation follow it to its new id. In a rollout in which it had no turn yet it
 * takes its turn with the second chances. Repeating it changes nothing.
 */
export async function followMoved(services: Services, moved: readonly MovedVm[]): Promise<void> {
  if (moved.length === 0) return;
  const open = (await services.rollouts.list()).filter((control) => isOpenTo(services, control));
  for (const move of moved) {
    await moveFreezes(services, move);
    for (const control of open) {
      await moveScopes(services, control, move);
      await moveOutcome(services, control, move);
    }
    await moveOperation(services, move);
    await services.inventory.saveMove(move.from.id, move.to.id);
    await writeDown(services, move);
  }
}

async function moveFreezes({ freezes }: Services, { from, to }: MovedVm): Promise<void> {
  for (const { kind, id, selector } of await freezes.list())
    if (selector.vm === from.id)
      await freezes.update(kind, id, (now) =>
        now.selector.vm === from.id ? { ...now, selector: { ...now.selector, vm: to.id } } : null,
      );
}

/** What a person paused, skipped or gave up of the VM. The row of the old id stays: it harms nothing. */
async function moveScopes(
  { rollouts }: Services,
  { rolloutId }: RolloutControl,
  { from, to }: MovedVm,
): Promise<void> {
  for (const halt of await rollouts.halts(rolloutId)) {
    const { asked, haltId } = halt;
    if (asked === undefined || !('vm' in asked) || asked.vm !== from.id) continue;
    await rollouts.addHalt(rolloutId, {
      ...halt,
      haltId: `${haltId}~${keyOf(to.id)}`,
      asked: { vm: to.id },
    });
  }
}

async function moveOutcome(
  services: Services,
  { rolloutId }: RolloutControl,
  { from, to }: MovedVm,
): Promise<void> {
  const [hold, ...others] = eligibilityHolds(to, services.policy);
  const phase = hold === undefined ? phaseOf(await services.rollouts.phases(rolloutId), to) : NO_PHASE;
  const first = hold ?? because('moved', { from: from.armId });
  const stands = await services.outcomes.move(rolloutId, from.id, {
    ...outcomeOf(to.id, services.nowUtc(), first, others),
    phase,
    region: to.region,
    installation: null,
  });
  if (stands?.waits === true) await addSecondChances(services, rolloutId, [stands]);
}

/** So that an installation which Lowtide began is known from another. */
async function moveOperation({ operations }: Services, { from, to }: MovedVm): Promise<void> {
  const last = await operations.read(from.region, from.id);
  if (last === null || (await operations.read(to.region, to.id)) !== null) return;
  await operations.put({ ...last.operation, vmId: to.id, region: to.region }, null);
}

async function writeDown(services: Services, { from, to }: MovedVm): Promise<void> {
  const atUtc = services.nowUtc();
  await services.audit.append('inventory', `${atUtc.slice(0, 10)}~moved~${keyOf(to.id)}`, {
    atUtc,
    who: 'lowtide',
    what: 'vmMoved',
    subject: to.armId,
    vmId: to.id,
    why: `It was ${from.armId} until it was moved.`,
    evidence: { from: from.id },
  });
}

/** Before the inventory knows the VMs by their new ids: a call that is repeated does not find them moved any more. */
export async function noteMovedSets({ inventory }: Services, moved: readonly MovedVm[]): Promise<void> {
  const sets = movedSets(moved);
  if (sets.length === 0) return;
  const { sets: before } = await inventory.movedSets();
  const isNew = (one: MovedSet): boolean => !sets.some(({ from, to }) => one.from === from && one.to === to);
  await inventory.saveMovedSets({ sets: [...before.filter(isNew), ...sets], answeredTo: null });
}

/** What a sweep is to follow in the ledgers: what was noted and not given to an earlier one, which has followed it. */
export async function setsToFollow({ inventory }: Services, sweepUtc: string): Promise<PendingSets['sets']> {
  const { sets, answeredTo } = await inventory.movedSets();
  if (sets.length === 0 || answeredTo === sweepUtc) return sets;
  const isFresh = answeredTo === null;
  await inventory.saveMovedSets(isFresh ? { sets, answeredTo: sweepUtc } : { sets: [], answeredTo: null });
  return isFresh ? sets : [];
}

/** The sets that these VMs were moved with, each once. */
export function movedSets(moved: readonly MovedVm[]): (MovedSet & { readonly ledger: string })[] {
  const sets = new Map<string, MovedSet & { readonly ledger: string }>();
  for (const { from, to } of moved) {
    const [before, after] = [from.availabilitySetId, to.availabilitySetId];
    if (before === null || after === null || before === after) continue;
    sets.set(before, { from: before, to: after, ledger: pairComponent(to.region) });
  }
  return [...sets.values()];
}
