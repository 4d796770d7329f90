import { z } from 'zod';
import { keyOf, Utc, VmId } from '../../domain/ids';
import { OperationAnswer } from '../driver';

/** Where a VM is, for the log. */
export const Place = z.object({
  armId: z.string(),
  region: z.string(),
  zone: z.string().nullable(),
  availabilitySet: z.string().nullable(),
  updateDomain: z.number().int().nullable(),
  subscription: z.string(),
});
export type Place = Readonly<z.infer<typeof Place>>;

/** What the driver asked Azure to do on a VM, and what it knows of it. */
export const AzureOperation = z.object({
  operationId: z.string(),
  vmId: VmId,
  place: Place,
  /** An extension comes with the first assessment. */
  kind: z.enum(['assessment', 'extension', 'installation']),
  /**
   * `sent`: the answer to the request is not known. `refused`: Azure refused it. `accepted`: it runs. `ended`: `answer` says how. Written as
   * `sent` before the request goes out, so that a crash forgets none.
   */
  state: z.enum(['sent', 'refused', 'accepted', 'ended']),
  sentUtc: Utc,
  /** Of the status and of the result; up to 4 KB each, signed, and used as they came. */
  statusUrl: z.string().nullable(),
  resultUrl: z.string().nullable(),
  /** Not to be polled before. */
  notBeforeUtc: Utc.nullable(),
  rolloutId: z.string().nullable(),
  maximumDurationMinutes: z.number().nullable(),
  /** Of the VM's last installation before this request: a newer one may be this. */
  previousActivityId: z.string().nullable(),
  /** Of this operation, once it was seen. */
  activityId: z.string().nullable(),
  answer: OperationAnswer.nullable(),
});
export type AzureOperation = Readonly<z.infer<typeof AzureOperation>>;

/** Nothing on a VM takes longer: the longest window, what is under way at its end, and the reboots (azure-driver-facts, section 7). */
export const RUNNING_HOURS_MAX = 6;

export type Lane = 'assessment' | 'installation';

/** An extension comes with an assessment. */
export const laneOf = (kind: AzureOperation['kind']): Lane =>
  kind === 'installation' ? 'installation' : 'assessment';

/**
 * The driver's own memory: of each VM the latest assessment and the latest installation. A VM has no two of a kind at once, so that an
 * older handle is of an operation that is over.
 */
export interface OperationTable {
  latest(vmId: VmId, lane: Lane): Promise<AzureOperation | null>;
  /** By the key and lane that the handle begins with. */
  find(vmKey: string, lane: Lane): Promise<AzureOperation | null>;
  put(operation: AzureOperation): Promise<void>;
}

/** Opaque to everyone else: `<key of the VM>~<kind>~<random>`. */
export function operationIdOf(vmId: VmId, kind: AzureOperation['kind'], random: string): string {
  return `${keyOf(vmId)}~${kind}~${random}`;
}

/** Where a handle is kept; null for what is no handle of this driver. */
export function placeOfHandle(operationId: string): { readonly vmKey: string; readonly lane: Lane } | null {
  const [vmKey, kind, random, ...more] = operationId.split('~');
  const isKind = kind === 'assessment' || kind === 'extension' || kind === 'installation';
  if (!vmKey || !isKind || !random || more.length > 0) return null;
  return { vmKey, lane: laneOf(kind) };
}

/** For commands and tests: forgets everything with the process. */
export function memoryOperations(): OperationTable {
  const kept = new Map<string, AzureOperation>();
  const find: OperationTable['find'] = (vmKey, lane) => Promise.resolve(kept.get(`${vmKey} ${lane}`) ?? null);
  return {
    find,
    latest: (vmId, lane) => find(keyOf(vmId), lane),
    put: (operation) => {
      // As a real table would: what is kept is JSON.
      const copy = AzureOperation.parse(JSON.parse(JSON.stringify(operation)));
      kept.set(`${keyOf(operation.vmId)} ${laneOf(operation.kind)}`, copy);
      return Promise.resolve();
    },
  };
}
