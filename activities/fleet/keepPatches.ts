import type { VmId } from '../../domain/ids';
import type { OperationAnswer } from '../../drivers/driver';
import type { Services } from '../services';

type Assessed = Extract<OperationAnswer, { kind: 'assessed' }>;
type Installed = Extract<OperationAnswer, { kind: 'installed' }>;

/** Keeps what assessments found missing: the counts, and by name for compliance. A failed one proves nothing. */
export async function keepAssessed(
  { patches: kept }: Pick<Services, 'patches'>,
  assessments: readonly { readonly vmId: VmId; readonly answer: Assessed }[],
): Promise<void> {
  const found = assessments.flatMap(({ vmId, answer: { summary, patches } }) =>
    summary.status === 'Failed'
      ? []
      : [{ vmId, atUtc: inUtc(summary.lastModifiedTime), summary, patches: patches ?? null }],
  );
  if (found.length > 0) await kept.keepAssessed(found);
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
