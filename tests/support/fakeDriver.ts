import type { HealthSignals } from '../../domain/health';
import { healthFrom } from '../../domain/health';
import type { VmId } from '../../domain/ids';
import type { AvailablePatchSummary, PatchInstallationSummary } from '../../domain/patches';
import type { VirtualMachine } from '../../domain/virtualMachine';
import type {
  FleetDriver,
  InstallRequest,
  OperationAnswer,
  StartAnswer,
  VmReading,
} from '../../drivers/driver';

export const HEALTHY: HealthSignals = {
  powerState: 'running',
  vmAgent: 'ready',
  resourceHealth: 'available',
  reboot: 'none',
  heartbeat: 'fresh',
};

/** What becomes of a request to install. */
export type PostBehaviour =
  | 'starts'
  /** It starts, but the answer never arrives. */
  | 'startsUnheard'
  /** It never arrives. */
  | 'vanishes'
  | {
      readonly refused: Extract<StartAnswer, { kind: 'refused' }>['code'];
      readonly retryAfterSeconds?: number;
    };

export interface AcceptedInstall {
  readonly vmId: VmId;
  readonly request: InstallRequest;
  readonly atUtc: string;
  readonly operationId: string;
  /** Null while it runs. */
  ended: PatchInstallationSummary | null;
}

/** A platform that does what is asked, and remembers what it accepted. It never objects to a second installation by itself. */
export class FakeDriver implements FleetDriver {
  readonly kind = 'simulated';
  readonly accepted: AcceptedInstall[] = [];
  readonly assessed: VmId[] = [];
  readonly extensionsStarted: VmId[] = [];
  /** What becomes of the next requests; when it is empty they start. */
  readonly postBehaviours: PostBehaviour[] = [];
  readonly operations = new Map<string, OperationAnswer>();
  pageSize = 500;
  readonly #readings = new Map<VmId, VmReading>();

  readonly #nowUtc: () => string;

  constructor(vms: readonly VirtualMachine[], nowUtc: () => string) {
    this.#nowUtc = nowUtc;

    for (const vm of vms) this.#readings.set(vm.id, readingOf(vm));
  }

  change(id: VmId, over: Partial<VmReading>): void {
    const reading = this.#readings.get(id);
    if (!reading) throw new Error(`The fake has no VM ${id}.`);
    this.#readings.set(id, { ...reading, ...over });
  }

  add(vm: VirtualMachine): void {
    this.#readings.set(vm.id, readingOf(vm));
  }

  remove(id: VmId): void {
    this.#readings.delete(id);
  }

  /** An installation that a person started by other means. */
  installByHand(id: VmId, startTime: string): void {
    this.change(id, { lastInstallation: anInstallation({ startTime, installationActivityId: 'by-hand' }) });
  }

  /** The platform is done with the installation; the VM's own view shows it. */
  endInstall(id: VmId, over: Partial<PatchInstallationSummary> = {}): void {
    const install = this.accepted.findLast(({ vmId }) => vmId === id);
    const before = this.#readings.get(id)?.lastInstallation;
    if (!before) throw new Error(`No installation is running on ${id}.`);
    const summary = { ...before, status: 'Succeeded' as const, installedPatchCount: 3, ...over };
    if (install) {
      install.ended = summary;
      this.operations.set(install.operationId, { kind: 'installed', summary });
    }
    this.change(id, { lastInstallation: summary });
  }

  /** The platform is done with an assessment: it found three patches. */
  endAssessment(operationId: string): void {
    this.operations.set(operationId, {
      kind: 'assessed',
      summary: anAssessment({ startTime: this.#nowUtc() }),
    });
  }

  listVirtualMachines(cursor: string | null): Promise<{ items: VirtualMachine[]; next: string | null }> {
    const start = Number(cursor ?? 0);
    const all = [...this.#readings.values()].map(({ vm }) => vm);
    const end = start + this.pageSize;
    return Promise.resolve({ items: all.slice(start, end), next: end < all.length ? String(end) : null });
  }

  readVirtualMachine(id: VmId): Promise<VmReading | null> {
    return Promise.resolve(this.#readings.get(id) ?? null);
  }

  startAssessment(vmId: VmId): Promise<StartAnswer> {
    if (!this.#readings.has(vmId))
      return Promise.resolve({
        kind: 'refused',
        code: 'notFound',
        message: 'no such VM',
        retryAfterSeconds: null,
      });
    this.assessed.push(vmId);
    return Promise.resolve(startedAs(`assess-${this.assessed.length}`));
  }

  startInstallation(vmId: VmId, request: InstallRequest): Promise<StartAnswer> {
    const behaviour = this.postBehaviours.shift() ?? 'starts';
    if (behaviour === 'vanishes') return Promise.reject(new Error('connection reset'));
    if (typeof behaviour === 'object') {
      const { refused: code, retryAfterSeconds = null } = behaviour;
      return Promise.resolve({ kind: 'refused', code, message: `refused: ${code}`, retryAfterSeconds });
    }
    const operationId = `install-${this.accepted.length + 1}`;
    const atUtc = this.#nowUtc();
    this.accepted.push({ vmId, request, atUtc, operationId, ended: null });
    this.operations.set(operationId, { kind: 'running', retryAfterSeconds: null });
    this.change(vmId, {
      lastInstallation: anInstallation({
        installationActivityId: `activity-${operationId}`,
        startTime: atUtc,
      }),
    });
    return behaviour === 'starts'
      ? Promise.resolve(startedAs(operationId))
      : Promise.reject(new Error('connection reset'));
  }

  startExtensionInstallation(vmId: VmId): Promise<StartAnswer> {
    this.extensionsStarted.push(vmId);
    return Promise.resolve(startedAs(`extension-${this.extensionsStarted.length}`));
  }

  readOperation(operationId: string): Promise<OperationAnswer> {
    return Promise.resolve(this.operations.get(operationId) ?? { kind: 'lost' });
  }

  probeHealth(
    id: VmId,
  ): Promise<(ReturnType<typeof healthFrom> & { readonly signals: HealthSignals }) | null> {
    const reading = this.#readings.get(id);
    return Promise.resolve(reading ? { ...healthFrom(reading.signals), signals: reading.signals } : null);
  }
}

const startedAs = (operationId: string): StartAnswer => ({
  kind: 'started',
  operationId,
  retryAfterSeconds: null,
});

function readingOf(vm: VirtualMachine): VmReading {
  return {
    vm,
    powerState: 'running',
    agent: { status: 'ready', version: '2.2.53.1' },
    extension: { version: '1.5', latestVersion: '1.5' },
    lastAssessment: null,
    lastInstallation: null,
    signals: HEALTHY,
  };
}

/** An installation in progress. */
export function anInstallation(over: Partial<PatchInstallationSummary> = {}): PatchInstallationSummary {
  const startTime = over.startTime ?? '2026-11-13T03:10:00.000Z';
  return {
    status: 'InProgress',
    installationActivityId: 'activity-1',
    maintenanceWindowExceeded: false,
    rebootStatus: 'NotNeeded',
    notSelectedPatchCount: 0,
    excludedPatchCount: 0,
    pendingPatchCount: 0,
    installedPatchCount: 0,
    failedPatchCount: 0,
    startTime,
    lastModifiedTime: startTime,
    error: null,
    ...over,
  };
}

/** An assessment that found three patches to install and one to leave alone. */
export function anAssessment(over: Partial<AvailablePatchSummary> = {}): AvailablePatchSummary {
  return {
    status: 'Succeeded',
    assessmentActivityId: 'assessment-1',
    rebootPending: false,
    criticalAndSecurityPatchCount: 3,
    otherPatchCount: 1,
    startTime: '2026-11-13T03:00:00.000Z',
    lastModifiedTime: '2026-11-13T03:05:00.000Z',
    error: null,
    ...over,
  };
}
