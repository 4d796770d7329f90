import type { z } from 'zod';
import type * as activityContracts from '../../activities/contracts';
import type { ActivityContract } from '../../activities/contracts';
import type * as childContracts from '../../orchestrations/contracts';
import type { OrchestrationContract } from '../../orchestrations/durable';

export interface Contract {
  readonly input: z.ZodType;
  readonly output: z.ZodType;
}
type Answer<C extends Contract> = z.input<C['output']> | Later<z.input<C['output']>>;

/** What stands behind the activities. An answer takes no time unless it is `after(…)`; to throw is to fail. */
type ActivityFakes = {
  readonly [K in keyof typeof activityContracts]?: (typeof activityContracts)[K] extends ActivityContract
    ? (
        input: z.output<(typeof activityContracts)[K]['input']>,
        nowUtc: string,
      ) => Answer<(typeof activityContracts)[K]>
    : never;
};

type ChildFakes = {
  readonly [K in keyof typeof childContracts]?: (typeof childContracts)[K] extends OrchestrationContract
    ? (
        input: z.output<(typeof childContracts)[K]['input']>,
        instanceId: string,
        nowUtc: string,
      ) => Answer<(typeof childContracts)[K]>
    : never;
};

type EntityFake = (operation: string, input: unknown, key: string, nowUtc: string) => unknown;
export type AnyFake = (input: unknown, ...more: string[]) => unknown;

export interface Scene {
  readonly input: unknown;
  readonly instanceId?: string;
  readonly version?: string;
  /** When it starts. */
  readonly nowUtc?: string;
  readonly activities?: ActivityFakes;
  readonly children?: ChildFakes;
  readonly entities?: Readonly<Record<string, EntityFake>>;
  /** The real host fires durable timers up to a second early: by so much, all of them or the n-th. */
  readonly timersEarlyMs?: number | ((n: number) => number);
  /** External events that are raised to the instance, in the order of their instants. */
  readonly events?: readonly { readonly name: string; readonly atUtc: string }[];
}

/** Something the orchestrator asked of the services, in the order in which it asked. */
export interface Call {
  readonly kind: 'activity' | 'child' | 'entity' | 'signal' | 'timer';
  /** Of an entity: `name.operation`; of a timer: the instant. */
  readonly name: string;
  readonly input: unknown;
  /** Instance of a child, key of an entity. */
  readonly id: string;
  readonly version: string | null;
  readonly atUtc: string;
}

export interface Run {
  readonly output: unknown;
  /** What the orchestrator failed with; null when it completed. */
  readonly failure: string | null;
  readonly calls: readonly Call[];
  readonly endedUtc: string;
  /** Input of every generation but the first: `continueAsNew` begins one. */
  readonly generations: readonly unknown[];
  /** Inputs of the calls of this name. */
  readonly of: (name: string) => readonly unknown[];
  /** Names of everything but timers, in order. */
  readonly names: readonly string[];
}

export class Later<T> {
  constructor(
    readonly seconds: number,
    readonly value: T,
  ) {}
}

/** An answer that takes its time. */
export const after = <T>(seconds: number, value: T): Later<T> => new Later(seconds, value);

/** A failure that takes its time. */
export class Failing {
  constructor(readonly message: string) {}
}
export const failsAfter = (seconds: number, message: string): Later<never> =>
  new Later(seconds, new Failing(message)) as unknown as Later<never>;
