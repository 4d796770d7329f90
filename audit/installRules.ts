import { type Findings, utcOf } from './auditReport';
import type { Install, PatchInstalled } from './driverLog';
import type { Place } from './fleetFacts';
import type { WindowsOf } from './emergencyRules';

const MINUTE = 60_000;

/** INV-4: a rollout's install starts in the VM's window, could not outlast it, and did not. */
export function checkWindow(install: Install, windows: ReturnType<WindowsOf>, findings: Findings): void {
  const { place, rolloutId, start, end, maximumDurationMinutes } = install;
  if (rolloutId === null) return;
  findings.evaluated('INV-4');
  const violated = (detail: string): void => {
    findings.violated('INV-4', place.vm, start, `${detail} (time zone ${place.timeZone})`);
  };
  const window = windows.at(start);
  if (window === null) {
    violated('starts outside its off-peak hours');
    return;
  }
  findings.evaluated('INV-4');
  if (end > window.closes)
    violated(
      install.completed
        ? `ends at ${utcOf(end)}, after its off-peak hours closed at ${utcOf(window.closes)}`
        : `has not ended by ${utcOf(end)}; its off-peak hours closed at ${utcOf(window.closes)}`,
    );
  findings.evaluated('INV-4');
  if (maximumDurationMinutes === null)
    findings.doubted(place.vm, utcOf(start), 'an installation without a maximum duration');
  else if (start + maximumDurationMinutes * MINUTE > window.closes)
    violated(
      `may take ${maximumDurationMinutes} min, beyond the end of its off-peak hours at ${utcOf(window.closes)}`,
    );
}

/** INV-5: what a rollout installs, by classification. */
export function checkClassification(patch: PatchInstalled, findings: Findings): void {
  if (patch.rolloutId === null) return;
  findings.evaluated('INV-5');
  const { classification, patchId, place, at } = patch;
  if (classification !== 'Critical' && classification !== 'Security')
    findings.violated(
      'INV-5',
      place.vm,
      at,
      `${text(patchId)} is ${classification === undefined ? 'of no classification' : text(classification)}`,
    );
}

/** INV-7: one install at a time on a VM, and no patch twice. */
export class OnceRules {
  readonly #inFlight = new Map<Place, Install[]>();
  readonly #installed = new Map<Place, Map<string, number>>();

  readonly #findings: Findings;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** True when the VM was not down before. */
  started(install: Install): boolean {
    const { place, start } = install;
    this.#findings.evaluated('INV-7');
    const others = this.#inFlight.get(place) ?? [];
    const [other] = others;
    if (other !== undefined)
      this.#findings.violated(
        'INV-7',
        place.vm,
        start,
        `an install starts while the one of ${utcOf(other.start)} (${other.operationId ?? 'without id'}) is in flight`,
      );
    this.#inFlight.set(place, [...others, install]);
    return others.length === 0;
  }

  /** True when no other install is in flight on the VM. */
  ended(install: Install): boolean {
    const others = (this.#inFlight.get(install.place) ?? []).filter((other) => other !== install);
    if (others.length === 0) this.#inFlight.delete(install.place);
    else this.#inFlight.set(install.place, others);
    return others.length === 0;
  }

  patched({ place, at, patchId }: PatchInstalled): void {
    this.#findings.evaluated('INV-7');
    if (typeof patchId !== 'string') {
      this.#findings.doubted(place.vm, utcOf(at), 'a patch without a patchId');
      return;
    }
    const patches = this.#installed.get(place) ?? new Map<string, number>();
    const before = patches.get(patchId);
    if (before !== undefined)
      this.#findings.violated(
        'INV-7',
        place.vm,
        at,
        `${patchId} is installed again; it was at ${utcOf(before)}`,
      );
    this.#installed.set(place, patches.set(patchId, at));
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
