import type { PatchClassification } from '../../../domain/patches';
import type { Installation, Machine } from '../machine/machine';
import { activityIdOf } from '../machine/operationIds';
import type { PatchName } from './patchSeries';

/** A patch that an installation has tried. */
export interface AttemptedPatch extends PatchName {
  readonly classification: PatchClassification;
  readonly installationState: 'Installed' | 'Failed';
}

/** What an installation did, patch by patch, until this instant. Null when the VM knows no such installation. */
export function attemptedPatches(
  machine: Machine,
  activityId: string,
  nowMs: number,
): readonly AttemptedPatch[] | null {
  const installation = machine.operations.findLast(
    (operation): operation is Installation =>
      operation.kind === 'installation' && activityIdOf(operation) === activityId,
  );
  if (installation === undefined) return null;
  return installation.steps.flatMap((step): AttemptedPatch[] => {
    if (step.atMs > nowMs) return [];
    if (step.installed !== undefined) {
      const { series, version } = step.installed;
      const { classification } = series;
      return [{ ...series.describe(version), classification, installationState: 'Installed' }];
    }
    return step.action === 'patchFailed'
      ? failed(machine, String(step.detail?.['patchId']), installation.startMs)
      : [];
  });
}

/** A publishing limit lets an installation choose older versions than the newest it sees, but none of years ago. */
const VERSIONS_BACK_MAX = 40;

/** A failed patch is logged by its id alone; it is among those that the VM saw when the installation began. */
function failed({ view }: Machine, patchId: string, startMs: number): AttemptedPatch[] {
  for (const series of view.allSeries) {
    const newest = view.visible(series, startMs, Infinity);
    for (let version = newest; version >= 0 && version > newest - VERSIONS_BACK_MAX; version -= 1) {
      const patch = series.describe(version);
      if (patch.patchId === patchId)
        return [{ ...patch, classification: series.classification, installationState: 'Failed' }];
    }
  }
  return [];
}
