/** What waits for an answer. */
export interface Caller {
  readonly instanceId: string;
  readonly executionId: string;
  readonly taskId: number;
}

export type EntityMessage =
  | {
      readonly kind: 'operation';
      readonly id: string;
      readonly name: string;
      /** JSON text. */
      readonly input: string | null;
      /** Absent for a signal. */
      readonly from?: Caller;
      /** A signal that came from a client, not from an orchestration or entity. */
      readonly byClient?: true;
    }
  | {
      readonly kind: 'lock';
      readonly id: string;
      /** The whole lock set; it is locked entity by entity, in this order, so two orchestrations cannot block each other. */
      readonly entities: readonly string[];
      readonly position: number;
      readonly from: Caller;
    }
  | { readonly kind: 'release'; readonly owner: string };

export type Operation = Extract<EntityMessage, { kind: 'operation' }>;

export interface Entity {
  readonly id: string;
  readonly name: string;
  readonly key: string;
  exists: boolean;
  /** JSON text. */
  state: string | null;
  inbox: EntityMessage[];
  queued: boolean;
  /** The orchestration that holds it. */
  lockedBy: string | undefined;
  createdMs: number;
  lastOperationMs: number;
}

/** The runtime lower-cases entity names and keeps the case of keys. */
export function schedulerId(name: string, key: string): string {
  return `@${name.toLowerCase()}@${key}`;
}
