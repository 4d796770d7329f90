import { disruptionLedger, virtualMachine } from '../../entities/contracts';
import type { Action, HistoryEvent, State } from './durableWire';
import type { Contract } from './scene';
import { messageOf } from '../../domain/messageOf';

/** What the host hands to an orchestrator next. */
export interface Arrival {
  readonly atMs: number;
  readonly order: number;
  readonly event: HistoryEvent;
  /** Ids that the library allocates by itself when it sees this event. */
  readonly delivered?: () => void;
  /** An external event: it may still be on its way when the instance ends. */
  readonly raised?: boolean;
}

const SCHEDULED_IN_ONE_EPISODE_MAX = 90;
const MESSAGE_BYTES_MAX = 16_384;

export const flatten = (action: Action): Action[] =>
  action.compoundActions ? action.compoundActions.flatMap(flatten) : [action];

export const textOf = (action: Action): string => JSON.stringify({ ...action, isCanceled: undefined });

export const jsonRoundTrip = (value: unknown): unknown =>
  value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown);

/** Inputs of activities and of `continueAsNew` travel as JSON text when they are no objects. */
export const unwrapped = (input: unknown): unknown =>
  typeof input === 'string' ? (JSON.parse(input) as unknown) : jsonRoundTrip(input);

export function entityOf({ instanceId = '' }: Action): { name: string; key: string } {
  const [, lowerCased = '', key = ''] = instanceId.split('@');
  const name = [disruptionLedger, virtualMachine].find((each) => each.name.toLowerCase() === lowerCased);
  return { name: name?.name ?? lowerCased, key };
}

export function contractOf(contracts: Readonly<Record<string, unknown>>, name: string): Contract {
  const contract = contracts[name];
  if (typeof contract === 'object' && contract !== null && 'output' in contract) return contract as Contract;
  throw new Error(`There is no contract '${name}'.`);
}

export function checkLimits(fresh: readonly Action[]): void {
  const scheduled = fresh.filter(({ actionType }) => [0, 1, 2].includes(actionType));
  if (scheduled.length > SCHEDULED_IN_ONE_EPISODE_MAX)
    throw new Error(`${scheduled.length} children and activities were scheduled in one episode.`);
  for (const action of fresh) {
    const bytes = Buffer.byteLength(JSON.stringify(action.input ?? null));
    if (bytes > MESSAGE_BYTES_MAX) throw new Error(`A message of ${bytes} bytes: ${textOf(action)}`);
  }
}

/** The library throws an orchestrator's failure, with its state as JSON text at the end of the message. */
export function failedState(error: unknown): State {
  const message = messageOf(error);
  const [, json] = message.split('\n\n$OutOfProcData$:');
  if (json === undefined) throw error;
  return JSON.parse(json) as State;
}
