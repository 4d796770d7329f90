import type { PatchInstallationSummary } from '../../domain/patches';
import type { VmId } from '../../domain/ids';
import type { ArmContext } from '../http/armRoute';

/**
 * An installation as Azure reports it. Where the guest's own assessment after it failed, that is Failed although the patches are in
 * (azure-driver-facts, section 4).
 */
export function asReported(
  { services }: ArmContext,
  id: VmId,
  summary: PatchInstallationSummary,
): PatchInstallationSummary {
  const isOver = summary.status === 'Succeeded' || summary.status === 'CompletedWithWarnings';
  if (!isOver || !services.driver.closingAssessmentFails(id, summary)) return summary;
  return { ...summary, status: 'Failed', error: FAILED };
}

const FAILED = {
  code: 'PatchAssessmentFailed',
  message: 'The patch assessment after the installation failed.',
};
