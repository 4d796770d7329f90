import type { VmId } from '../domain/ids';
import type { OperationAnswer } from '../drivers/driver';
import type { Services } from './services';

type Assessed = Extract<OperationAnswer, { kind: 'assessed' }>;
type Installed = Extract<OperationAnswer, { kind: 'installed' }>;

/** Keeps what an assessment found missing, by name, for compliance. A failed one proves nothing. */
export async function keepAssessed(
  { patches }: Pick<Services, 'patches'>,
  vmId: VmId,
  { summary, patches: found }: Assessed,
): Promise<void> {
  if (found === undefined || summary.status === 'Failed') return;
  await patches.keepAssessed({ vmId, atUtc: inUtc(summary.lastModifiedTime), patches: found });
}

/** Keeps what became of each patch of an installation. */
export async function keepInstalled(
  { patches }: Pick<Services, 'patches'>,
  { vmId, rolloutId }: { readonly vmId: VmId; readonly rolloutId: string | null },
  { summary, patches: tried }: Installed,
): Promise<void> {
  if (tried === undefined) return;
  const { lastModifiedTime, installationActivityId: activityId } = summary;
  await patches.keepInstalled({
    vmId,
    rolloutId,
    activityId,
    atUtc: inUtc(lastModifiedTime),
    patches: tried,
  });
}

const inUtc = (written: string): string => new Date(written).toISOString();
