import { earlier } from '../../domain/instants';
import { firstStep } from '../../domain/vmUpdate';
import type { RoundProgress } from '../../store/roundProgress';
import type * as contracts from '../contracts';
import { roundOf } from './roundOf';
import type { Services } from '../services';

/** How far one VM of a round has come. */
export type VmProgress = RoundProgress['vms'][number];

export async function firstSteps(services: Services, ref: contracts.RoundRef): Promise<VmProgress[]> {
  const { vmIds } = await roundOf(services, ref);
  const now = services.nowUtc();
  return vmIds.map((vmId) => ({ vmId, update: firstStep(now) }));
}

/** The earliest instant at which a VM is due; null when all have ended. */
export function nextDue(vms: readonly VmProgress[]): string | null {
  const due = vms.flatMap(({ update }) => (update.kind === 'ended' ? [] : [update.dueUtc]));
  return due.length === 0 ? null : due.reduce(earlier);
}
