import { defaultPatchMode } from '../../domain/patchMode';
import type { PatchControl } from '../../domain/virtualMachine';

/** What decides in whose hands a VM's patches are. Null is «not given». */
export interface ControlFacts {
  readonly osType: 'Windows' | 'Linux' | null;
  readonly patchMode: string | null;
  readonly enableAutomaticUpdates: boolean | null;
  readonly bypassPlatformSafetyChecks: boolean;
  /** Of a gallery, or a managed image: Azure patches no such VM by itself, and takes assessments, installations and schedules of it. */
  readonly isGalleryImage: boolean;
  /** Names of the maintenance configurations that are assigned to it, by itself or by a dynamic scope; null when they may not be read. */
  readonly maintenance: readonly string[] | null;
}

const IN_CHARGE: PatchControl = { kind: 'inCharge' };
const BYPASS = 'bypassPlatformSafetyChecksOnUserSchedule';

/**
 * What patches a VM. Source: the eight scenarios of «prerequisites for schedule patching» and azure-driver-facts, section 1. A VM in a mode
 * that Lowtide does not know is not its to patch.
 */
export function controlOf(facts: ControlFacts): PatchControl {
  const { maintenance } = facts;
  if (maintenance !== null) return knownControl({ ...facts, maintenance });
  const atBest = knownControl({ ...facts, maintenance: [] });
  return notInCharge(
    atBest.kind === 'notInCharge' ? `${atBest.because}; ${ASSIGNMENTS_NOT_READ}` : ASSIGNMENTS_NOT_READ,
  );
}

/** A schedule that is not seen would patch it as well. */
const ASSIGNMENTS_NOT_READ =
  'its maintenance assignments may not be read (Microsoft.Maintenance/configurationAssignments/read), so that a schedule may patch it';

type KnownFacts = ControlFacts & { readonly maintenance: readonly string[] };

function knownControl(facts: KnownFacts): PatchControl {
  const { patchMode, osType, bypassPlatformSafetyChecks, isGalleryImage, maintenance } = facts;
  const mode = (patchMode ?? defaultMode(facts)).toLowerCase();
  const assigned = maintenance.join(', ');
  // It sleeps in these modes, and wakes with AutomaticByPlatform and the bypass: whoever sets those has to know of it.
  const besides =
    maintenance.length === 0
      ? ''
      : `; the maintenance configuration ${assigned} is assigned, and lacks AutomaticByPlatform with ${BYPASS} to work`;
  switch (mode) {
    case 'automaticbyplatform':
      if (!bypassPlatformSafetyChecks && maintenance.length === 0)
        return notInCharge(
          isGalleryImage
            ? `it asks Azure to patch it (AutomaticByPlatform without ${BYPASS}), which by its documents Azure does not do for images of a gallery`
            : `Azure patches it every month: AutomaticByPlatform without ${BYPASS}`,
        );
      if (!bypassPlatformSafetyChecks)
        return notInCharge(
          `the maintenance configuration ${assigned} is assigned, and lacks ${BYPASS} to work`,
        );
      return maintenance.length === 0
        ? IN_CHARGE
        : notInCharge(`Azure Update Manager patches it by the maintenance configuration ${assigned}`);
    case 'manual':
      return osType === 'Windows' ? IN_CHARGE : notInCharge('Manual is no patch mode of Linux');
    case 'automaticbyos':
      return notInCharge(`Windows updates itself (AutomaticByOS)${besides}`);
    case 'imagedefault':
      return { kind: 'shared', because: `its image may update itself (ImageDefault)${besides}` };
    default:
      return notInCharge(
        osType === null
          ? 'it has no patch settings and Azure does not name its operating system'
          : `its patch mode '${patchMode ?? ''}' is not known${besides}`,
      );
  }
}

/** As. A VM from a specialised disk has no patch settings at all: then the guest does what it was made to do. */
function defaultMode({ osType, enableAutomaticUpdates }: ControlFacts): string {
  if (osType === null) return '';
  return defaultPatchMode(osType, enableAutomaticUpdates);
}

/** What the settings say of VMs that share their patching with their own guest. */
export function withShared(control: PatchControl, sharedIs: 'skipped' | 'patched'): PatchControl {
  return control.kind === 'shared' && sharedIs === 'patched' ? IN_CHARGE : control;
}

const notInCharge = (because: string): PatchControl => ({ kind: 'notInCharge', because });
