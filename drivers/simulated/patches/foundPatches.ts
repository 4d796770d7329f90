import { utcOf } from '../../../domain/instants';
import { listedPatches, type ListedPatch, type PatchClassification } from '../../../domain/patches';
import { availablePatches, type AvailablePatch, type Installation, type Machine } from '../machine/machine';
import { activityIdOf } from '../machine/operationIds';
import { needsUbuntuPro } from '../machine/scenarioEffects';
import type { PatchName } from './patchSeries';

/** What Azure calls the classes of patches: one more than it documents. */
export type ShownClassification = PatchClassification | 'Security-ESM';

/** A patch that an installation found, and what became of it until now. */
export interface FoundPatch extends PatchName {
  readonly classification: ShownClassification;
  readonly installationState: 'Installed' | 'Failed' | 'Pending' | 'NotSelected' | 'Excluded';
}

/** What an installation found and did, patch by patch, until this instant. Null when the VM knows no such installation. */
export function foundPatches(
  machine: Machine,
  activityId: string,
  nowMs: number,
): readonly FoundPatch[] | null {
  const installation = machine.operations.findLast(
    (operation): operation is Installation =>
      operation.kind === 'installation' && activityIdOf(operation) === activityId,
  );
  return installation === undefined ? null : foundBy(installation, nowMs);
}

function foundBy(installation: Installation, nowMs: number): readonly FoundPatch[] {
  const { machine, found, startMs } = installation;
  const became = outcomesOf(installation, nowMs);
  const show =
    (state: FoundPatch['installationState']) =>
    (patch: AvailablePatch): FoundPatch => {
      const { patchId, name, version, kbId, classification } = nameOf(machine, patch, startMs);
      const installationState = became.get(patchId) ?? state;
      return { patchId, name, version, kbId, classification, installationState };
    };
  return [
    ...found.selected.map(show('Pending')),
    ...found.notSelected.map(show('NotSelected')),
    ...found.excluded.map(show('Excluded')),
  ];
}

/** What an assessment finds missing, by name. VMs that miss the same share the list. */
export function missingPatches(machine: Machine, nowMs: number): readonly ListedPatch[] {
  const available = availablePatches(machine, nowMs);
  const { lists } = machine.view;
  const key = keyOf(machine, available, nowMs);
  const known = lists.get(key);
  if (known !== undefined) return known;
  const missing = listedPatches(
    available.map((patch): ListedPatch => {
      const { kbId, name, version, classification } = nameOf(machine, patch, nowMs);
      const publishedUtc = utcOf(patch.series.publishedMs(patch.version));
      return Object.freeze({ kbId, name, version, classification, state: 'Available', publishedUtc });
    }),
  );
  if (lists.size >= LISTS_MAX) lists.clear();
  lists.set(key, Object.freeze(missing));
  return missing;
}

/** Of a view: some hundred bytes each. */
const LISTS_MAX = 1_000;

/** A character for each series of the view: which version is missing, if any, and whether it needs Ubuntu Pro. */
function keyOf(machine: Machine, available: readonly AvailablePatch[], nowMs: number): string {
  let key = '';
  let next = 0;
  for (const series of machine.view.allSeries) {
    const missing = available[next]?.series === series ? available[next] : undefined;
    if (missing !== undefined) next += 1;
    const isForPro = missing !== undefined && needsUbuntuPro(machine, series, nowMs);
    key += String.fromCharCode(missing === undefined ? 0 : missing.version + 1, isForPro ? 1 : 0);
  }
  return key;
}

/** What an installation selected, and what became of each. */
export function triedPatches(installation: Installation, nowMs: number): readonly ListedPatch[] {
  return listedPatches(
    foundBy(installation, nowMs).map(({ kbId, name, version, classification, installationState }) => ({
      kbId,
      name,
      version,
      classification,
      state: installationState,
    })),
  );
}

/** How a patch of a VM is shown: one that needs Ubuntu Pro says so instead of its version. */
export function nameOf(
  machine: Machine,
  { series, version }: AvailablePatch,
  ms: number,
): PatchName & { readonly classification: ShownClassification } {
  const { classification } = series;
  const { patchId, name, version: shown, kbId } = series.describe(version);
  if (!needsUbuntuPro(machine, series, ms)) return { patchId, name, version: shown, kbId, classification };
  return {
    patchId: `${name}_UA_ESM_Required`,
    name,
    version: 'UA_ESM_Required',
    kbId,
    classification: 'Security-ESM',
  };
}

function outcomesOf({ steps }: Installation, nowMs: number): ReadonlyMap<string, 'Installed' | 'Failed'> {
  const outcomes = new Map<string, 'Installed' | 'Failed'>();
  for (const { atMs, action, detail } of steps) {
    if (atMs > nowMs) continue;
    if (action === 'patchInstalled') outcomes.set(String(detail?.['patchId']), 'Installed');
    if (action === 'patchFailed') outcomes.set(String(detail?.['patchId']), 'Failed');
  }
  return outcomes;
}
