import { healthFrom } from '../../domain/health';
import { RolloutId, type AvailabilitySetId, type VmId } from '../../domain/ids';
import type { InstallOperation } from '../../store/operations';
import type { Services } from '../services';
import { sideBySide } from '../sideBySide';

/** A member as it was seen a moment ago. */
export interface SetMember {
  readonly id: VmId;
  /** Off, or unhealthy, or not to be read: nothing says that it is up. */
  readonly isDown: boolean;
  /** It runs, or may, and nothing says that it is healthy. What its owner has switched off gives no verdict. */
  readonly isUnclear: boolean;
  /** Null when it could not be read. */
  readonly updateDomain: number | null;
  /** When its last installation began, whoever began it, as the platform says. */
  readonly installedUtc: string | null;
}

/** The members of a set as they are now; `except` those that are being updated right now. */
export async function lookAtMembers(
  services: Services,
  set: AvailabilitySetId,
  except: ReadonlySet<VmId>,
): Promise<readonly SetMember[]> {
  const others = (await services.inventory.setMembers(set)).filter((id) => !except.has(id));
  const seen = await sideBySide(others, (id) => lookAtMember(services, id));
  return seen.filter((member) => member !== null);
}

/** Members of a set that are down by themselves; `except` those that are being updated right now. */
export async function membersDown(
  services: Services,
  set: AvailabilitySetId,
  except: ReadonlySet<VmId>,
): Promise<ReadonlySet<VmId>> {
  const members = await lookAtMembers(services, set, except);
  return new Set(members.flatMap(({ id, isDown }) => (isDown ? [id] : [])));
}

export async function isDown(services: Pick<Services, 'driver'>, id: VmId): Promise<boolean> {
  return (await lookAtMember(services, id))?.isDown === true;
}

/** Null when it was deleted: no member any more. */
async function lookAtMember({ driver }: Pick<Services, 'driver'>, id: VmId): Promise<SetMember | null> {
  try {
    const reading = await driver.readVirtualMachine(id);
    if (reading === null) return null;
    const { answer } = healthFrom(reading.signals);
    return {
      id,
      isDown: reading.powerState !== 'running' || answer === 'unhealthy',
      isUnclear: answer === 'unhealthy' || answer === 'unknown',
      updateDomain: reading.vm.updateDomain,
      installedUtc: reading.lastInstallation?.startTime ?? null,
    };
  } catch {
    return { id, isDown: true, isUnclear: true, updateDomain: null, installedUtc: null };
  }
}

/**
 * INV-13: whether a member of another update domain was updated since the patches of this rollout were released, or before and was never healthy after
 * that, is not proven healthy now, and no person has accepted it. The ledger knows only those that the soak, the bake or the hourly look found so; one
 * whose health comes and goes may be healthy whenever they look. Those that seem healthy are probed: what lets the next ones go stands in the driver's log.
 */
export async function isSetUnproven(
  services: Services,
  { rolloutId, region }: { readonly rolloutId: RolloutId; readonly region: string },
  updateDomain: number | null,
  members: readonly SetMember[],
): Promise<boolean> {
  const releasedUtc = (await services.rollouts.read(rolloutId))?.releasedUtc ?? '';
  const mayBeUnproven = members.filter(
    (one) =>
      (one.updateDomain === null || one.updateDomain !== updateDomain) &&
      (one.isUnclear || (one.installedUtc !== null && one.installedUtc >= releasedUtc)),
  );
  const unproven = await sideBySide(mayBeUnproven, async ({ id, isUnclear }) => {
    if (!isUnclear && (await isProven(services, id))) return false;
    const last = (await services.operations.read(region, id))?.operation;
    if (last === undefined || last.operationId === null || last.waivedUtc !== undefined) return false;
    return last.intentUtc >= releasedUtc || !(await wasProven(services, last));
  });
  return unproven.includes(true);
}

/** Whether a VM was healthy after an update of an earlier month: what became of it since is no word on that update. */
async function wasProven(services: Services, { rolloutId, vmId }: InstallOperation): Promise<boolean> {
  if (rolloutId === null) return true;
  const outcome = await services.outcomes.read(RolloutId.parse(rolloutId), vmId);
  return outcome === null || outcome.kind === 'patched' || outcome.kind === 'failed';
}

/** Healthy by a probe, or nothing to be proven: off, or gone. */
async function isProven({ driver }: Pick<Services, 'driver'>, id: VmId): Promise<boolean> {
  try {
    const probe = await driver.probeHealth(id);
    return probe === null || probe.answer === 'healthy' || probe.answer === 'stopped';
  } catch {
    return false;
  }
}
