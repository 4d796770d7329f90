import * as df from 'durable-functions';
import type { z } from 'zod';
import { keyOf } from '../../domain/ids';
import { effectivePatchMode } from '../../domain/patchMode';
import type { VmEvent } from '../../domain/vmState';
import type { VmResource } from '../../drivers/simulated/resources/resourceContracts';
import { virtualMachine } from '../../entities/contracts';
import { enableVm } from '../../orchestrations/contracts';
import type { ArmContext } from '../http/armRoute';
import { isUnderWay, startInstance, instanceStatus } from '../../composition/orchestrationInstances';

/** A VM that cannot be enabled in the windows of a month will not be: a further PUT begins again. */
const WITHIN_DAYS = 35;

/**
 * Called after a PUT or PATCH is remembered, with the VM as it was before (null for a new one): starts, or restarts, enablement where
 * the VM has become AutomaticByPlatform. Asking twice is asking once.
 */
export async function requestEnablement(
  { services, client }: ArmContext,
  { id, vm, vmId }: VmResource,
  before: VmResource | null,
): Promise<void> {
  if (before?.vmId !== vmId) {
    const created: VmEvent = { kind: 'created' };
    await client.signalEntity(new df.EntityId(virtualMachine.name, keyOf(id)), 'apply', created);
    await services.patches.forgetLastAssessment(id);
  }
  const mode = effectivePatchMode(vm);
  if (vm.enabled || mode.kind !== 'mode' || mode.mode !== 'AutomaticByPlatform') return;
  const endsMs = Date.parse(services.nowUtc()) + WITHIN_DAYS * 86_400_000;
  const input: z.input<typeof enableVm.input> = {
    vmId: id,
    endsUtc: new Date(endsMs).toISOString(),
  };
  const instanceId = instanceOf(keyOf(id), vmId);
  if (!isUnderWay(await instanceStatus(client, instanceId)))
    await startInstance(client, enableVm.name, { instanceId, input });
}

/** One for each VM that ever had this name: a new one never meets what is left of the one before. */
function instanceOf(key: string, vmId: string): string {
  return `enable-${key}.${vmId.slice(0, 8)}`;
}
