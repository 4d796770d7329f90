import { EntityId, RetryOptions, type OrchestrationContext, type Task } from 'durable-functions';
import { z } from 'zod';
import type { ActivityContract } from '../activities/contracts';
import { addSeconds, earlier } from '../domain/instants';
import { chance } from '../domain/seed';

export { addSeconds, earlier };

/**
 * The one file that knows the library's Task shapes (it will rename them in its next major version). Everything here obeys what
 * the real host does: no task is ever used twice in `any` or `all`, no list of tasks is empty, waits are chunked.
 */

/** A sub-step of an orchestrator. Use with `yield*`, which keeps the result's type. */
export type Step<T> = Generator<Task, T, unknown>;

/**
 * Activities are idempotent, so what failed by accident is tried again: for about three hours, because storage or the platform may be
 * down so long, and a rollout must outlast that. 40 attempts are some 320 history rows; no timer is shorter than 5 s.
 */
const RETRY = { firstMilliseconds: 5_000, attempts: 40, backoff: 3, longestMilliseconds: 300_000 };

/** The longest timer Azure Storage takes in one piece is 7 days; longer waits loop. */
const TIMER_MAX_SECONDS = 6 * 24 * 3600;

/** An answer that is none (a poisoned message, a worker of another version) is asked for again, so often in all. */
const ASKED_MAX = 3;

/** So many children or calls may be under way side by side: one episode may schedule at most 90. */
export const SIDE_BY_SIDE_MAX = 80;

/** Calls an activity and parses what comes back, so that replayed history is checked like any input. */
export function* call<C extends ActivityContract>(
  context: OrchestrationContext,
  contract: C,
  input: z.input<C['input']>,
): Step<z.output<C['output']>> {
  const retry = new RetryOptions(RETRY.firstMilliseconds, RETRY.attempts);
  retry.backoffCoefficient = RETRY.backoff;
  retry.maxRetryIntervalInMilliseconds = RETRY.longestMilliseconds;
  for (let asked = 1; ; asked += 1) {
    const result = yield context.df.callActivityWithRetry(contract.name, retry, input);
    const answer = contract.output.safeParse(result);
    if (answer.success) return answer.data as z.output<C['output']>;
    if (asked === ASKED_MAX)
      throw new Error(`${contract.name} answered ${asked} times what it must not: ${answer.error.message}`);
  }
}

/** What a parent may know of a child: its name, its input and its output. */
export interface OrchestrationContract {
  readonly name: string;
  readonly input: z.ZodType;
  readonly output: z.ZodType;
}

/** Starts a child under an id of the parent's making, in the parent's version: a child must not outlive its parent's meaning. */
export function startChild<C extends OrchestrationContract>(
  context: OrchestrationContext,
  contract: C,
  instanceId: string,
  input: z.input<C['input']>,
): Child<z.output<C['output']>> {
  const task = context.df.callSubOrchestrator(contract.name, input, instanceId, context.df.version);
  return { task, parse: (result) => contract.output.parse(result) as z.output<C['output']> };
}

export interface Child<T> {
  readonly task: Task;
  readonly parse: (result: unknown) => T;
}

/** Runs a child to its end. */
export function* child<C extends OrchestrationContract>(
  context: OrchestrationContext,
  contract: C,
  instanceId: string,
  input: z.input<C['input']>,
): Step<z.output<C['output']>> {
  const started = startChild(context, contract, instanceId, input);
  return started.parse(yield started.task);
}

/** Waits for a child that is already under way. */
export function* join<T>(started: Child<T>): Step<T> {
  return started.parse(yield started.task);
}

export type Settled<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string };

/** Runs children side by side and waits for every one, also when some fail: nobody is left running unseen. */
export function* allSettled<T>(
  context: OrchestrationContext,
  children: readonly Child<T>[],
): Step<Settled<T>[]> {
  if (children.length === 0) return []; // the library throws on an empty list
  try {
    yield context.df.Task.all(children.map(({ task }) => task));
  } catch {
    // `all` fails with its first failure; the others are waited for below, each by itself
  }
  const results: Settled<T>[] = [];
  for (const started of children) results.push(yield* settle(started));
  return results;
}

function* settle<T>(started: Child<T>): Step<Settled<T>> {
  try {
    return { ok: true, value: yield* join(started) };
  } catch (error) {
    return { ok: false, error: messageOf(error) };
  }
}

/** Waits until one of two children has ended. Each child may be raced once only, then joined. */
export function* firstOf(context: OrchestrationContext, a: Child<unknown>, b: Child<unknown>): Step<void> {
  try {
    yield context.df.Task.any([a.task, b.task]);
  } catch {
    // whoever joins the failed child sees its failure
  }
}

interface EntityOperation {
  readonly input: z.ZodType;
  readonly output: z.ZodType;
}

/** Calls an entity and waits for its answer. */
export function* callEntity<O extends EntityOperation>(
  context: OrchestrationContext,
  entity: { readonly name: string; readonly key: string },
  operation: readonly [name: string, contract: O],
  input: z.input<O['input']>,
): Step<z.output<O['output']>> {
  const [name, contract] = operation;
  const result = yield context.df.callEntity(new EntityId(entity.name, entity.key), name, input);
  return contract.output.parse(result) as z.output<O['output']>;
}

/** Asks several entities of one kind the same, side by side; each answer with its key. Fails when one of them does. */
export function* callEntities<O extends EntityOperation>(
  context: OrchestrationContext,
  entities: { readonly name: string; readonly keys: readonly string[] },
  operation: readonly [name: string, contract: O],
  input: z.input<O['input']>,
): Step<(readonly [key: string, answer: z.output<O['output']>])[]> {
  const [name, contract] = operation;
  const answers: (readonly [string, z.output<O['output']>])[] = [];
  for (let start = 0; start < entities.keys.length; start += SIDE_BY_SIDE_MAX) {
    const keys = entities.keys.slice(start, start + SIDE_BY_SIDE_MAX);
    const results = yield context.df.Task.all(
      keys.map((key) => context.df.callEntity(new EntityId(entities.name, key), name, input)),
    );
    for (const [n, result] of z.array(z.unknown()).parse(results).entries())
      answers.push([keys[n] ?? '', contract.output.parse(result) as z.output<O['output']>]);
  }
  return answers;
}

/** Tells an entity something and goes on. */
export function signalEntity(
  context: OrchestrationContext,
  entity: { readonly name: string; readonly key: string },
  operation: string,
  input: unknown,
): void {
  context.df.signalEntity(new EntityId(entity.name, entity.key), operation, input);
}

export const nowUtc = (context: OrchestrationContext): string => context.df.currentUtcDateTime.toISOString();

/** Waits until an instant has been reached. A durable timer may fire up to a second early, so it looks again. */
export function* waitUntil(context: OrchestrationContext, utc: string): Step<void> {
  while (nowUtc(context) < utc) {
    const chunk = earlier(utc, addSeconds(nowUtc(context), TIMER_MAX_SECONDS));
    yield context.df.createTimer(new Date(chunk));
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export interface PollPace {
  readonly firstSeconds: number;
  readonly lastSeconds: number;
  /** Gives up at this instant. */
  readonly untilUtc: string;
  /** Up to this share longer, by dice of the instance's own: waiters that were refused together must not come back together. */
  readonly jitterShare?: number;
}

/** One poll costs 8 history rows; after so many a waiting child continues as new. */
const POLLS_PER_GENERATION = 50;

/**
 * The whole body of a waiting child: asks, and waits ever longer between two asks, until there is an answer or time is up (null).
 * `polls` counts over the generations; the input carries it through `continueAsNew`.
 */
export function* pollForAnswer<T>(
  context: OrchestrationContext,
  input: { readonly polls: number },
  pace: PollPace,
  ask: () => Step<T | null>,
): Step<T | null> {
  for (let polls = input.polls; ; polls += 1) {
    const answer = yield* ask();
    if (answer !== null) return answer;
    if (nowUtc(context) >= pace.untilUtc) return null;
    const seconds = Math.min(pace.lastSeconds, pace.firstSeconds * 2 ** Math.min(polls, 20));
    const jitter = (pace.jitterShare ?? 0) * chance('jitter', context.df.instanceId, polls);
    const next = addSeconds(nowUtc(context), Math.ceil(seconds * (1 + jitter)));
    yield* waitUntil(context, earlier(pace.untilUtc, next));
    if (polls - input.polls >= POLLS_PER_GENERATION) {
      context.df.continueAsNew({ ...input, polls: polls + 1 });
      return null; // this generation's answer is dropped: the next one goes on
    }
  }
}
