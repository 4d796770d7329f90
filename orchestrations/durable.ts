import {
  EntityId,
  RetryOptions,
  type OrchestrationContext,
  type Task,
  type TimerTask,
} from 'durable-functions';
import { z } from 'zod';
import type { ActivityContract } from '../activities/contracts';
import { addSeconds, earlier, later } from '../domain/instants';
import { chance } from '../domain/seed';
import { messageOf } from '../domain/messageOf';

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

/** An answer of another shape (a poisoned message, a worker of another version) is asked for again, so often in all. */
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

/** Starts a child under an id that the parent makes, in the parent's version: what a child schedules must be what its parent was written for. */
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

export type ChildResult<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string };

/** Runs children side by side and waits for every one, also when some fail: none is left running unseen. */
export function* allEnded<T>(
  context: OrchestrationContext,
  children: readonly Child<T>[],
  beside: readonly Child<unknown>[] = [],
): Step<ChildResult<T>[]> {
  if (children.length === 0) return []; // the library throws on an empty list
  const started = [...children, ...beside].map(({ task }) => task);
  try {
    yield beside.length === 0 ? context.df.Task.all(started) : context.df.Task.any(started);
  } catch {
    // `all` fails with its first failure; the others are waited for below, each by itself
  }
  const results: ChildResult<T>[] = [];
  for (const started of children) results.push(yield* resultOf(started));
  return results;
}

export function* resultOf<T>(started: Child<T>): Step<ChildResult<T>> {
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
    // the caller sees the failure when it joins that child
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

/** Signals to an entity and goes on without an answer. */
export function signalEntity(
  context: OrchestrationContext,
  entity: { readonly name: string; readonly key: string },
  operation: string,
  input: unknown,
): void {
  context.df.signalEntity(new EntityId(entity.name, entity.key), operation, input);
}

export const nowUtc = (context: OrchestrationContext): string => context.df.currentUtcDateTime.toISOString();

/** A durable timer may fire so much before its instant, never more. */
const EARLY_MS_MAX = 1_000;

/**
 * A timer for an instant, or for a part of the way there. With a second or less to go it is asked for a second later: asked for the
 * instant itself, the host would answer at once, early again, some twenty times a second.
 */
function timerTowards(context: OrchestrationContext, utc: string): TimerTask {
  const nowMs = context.df.currentUtcDateTime.getTime();
  const wantedMs = Date.parse(utc);
  const askedMs =
    wantedMs - nowMs <= EARLY_MS_MAX
      ? wantedMs + EARLY_MS_MAX
      : Math.min(wantedMs, nowMs + TIMER_MAX_SECONDS * 1_000);
  return context.df.createTimer(new Date(askedMs));
}

/** Waits until an instant has been reached: never less, at most a second more. */
export function* waitUntil(context: OrchestrationContext, utc: string): Step<void> {
  while (nowUtc(context) < utc) yield timerTowards(context, utc);
}

/**
 * Sleeps until an event of this name comes, or until about an instant (a second early, or six days from now when it is further away).
 * True for the event. After false the caller must continue as new before it sleeps again: this wait for the event stays open, and
 * would take the event that a later wait is meant to get.
 */
export function* sleepUntilEvent(context: OrchestrationContext, event: string, utc: string): Step<boolean> {
  const timer = timerTowards(context, utc);
  const raised = context.df.waitForExternalEvent(event);
  const first = yield context.df.Task.any([timer, raised]);
  if (first === timer) return false;
  if (!timer.isCompleted) timer.cancel(); // an open timer would keep the instance running
  return true;
}

/** Begins the next generation of an instance: its history starts again, events that have not been awaited are kept. */
export function continueAs<C extends OrchestrationContract>(
  context: OrchestrationContext,
  _contract: C,
  input: z.input<C['input']>,
): void {
  // eslint-disable-next-line no-restricted-syntax -- the one place, with the type of the contract
  context.df.continueAsNew(input);
}

export interface PollPace {
  readonly firstSeconds: number;
  readonly lastSeconds: number;
  /** Gives up at this instant. */
  readonly untilUtc: string;
  /** Up to this share longer, a random number of the instance's own: waiters that were refused together must not come back together. */
  readonly jitterShare?: number;
}

/** One poll costs 8 history rows; after so many a waiting child continues as new. */
const POLLS_PER_GENERATION = 50;

/**
 * The whole body of a child that polls: asks, and waits ever longer between two looks, until there is an answer or time is up (null).
 * `polls` counts over the generations; `continueWith` begins the next one. A look may come a second early: each costs one timer.
 */
export function* pollForAnswer<T>(
  context: OrchestrationContext,
  input: { readonly polls: number },
  pace: PollPace,
  steps: {
    readonly ask: () => Step<T | null>;
    readonly continueWith: (polls: number) => void;
    /** Where the answer says when it can be another one at the soonest. */
    readonly notBeforeUtc?: () => string | undefined;
    /** After an answer that something else changes and then raises this event: it sleeps until the event, at most so long. */
    readonly sleeps?: () => { readonly event: string; readonly seconds: number } | null;
  },
): Step<T | null> {
  for (let polls = input.polls; ; polls += 1) {
    const answer = yield* steps.ask();
    if (answer !== null) return answer;
    if (nowUtc(context) >= pace.untilUtc) return null;
    const sleep = steps.sleeps?.() ?? null;
    if (sleep !== null) {
      const lastUtc = earlier(pace.untilUtc, addSeconds(nowUtc(context), sleep.seconds));
      const isWoken = yield* sleepUntilEvent(context, sleep.event, lastUtc);
      if (isWoken && polls - input.polls < POLLS_PER_GENERATION) continue;
      steps.continueWith(polls + 1);
      return null;
    }
    const seconds = Math.min(pace.lastSeconds, pace.firstSeconds * 2 ** Math.min(polls, 20));
    const jitter = (pace.jitterShare ?? 0) * chance('jitter', context.df.instanceId, polls);
    const paced = addSeconds(nowUtc(context), Math.ceil(seconds * (1 + jitter)));
    const next = later(paced, steps.notBeforeUtc?.() ?? paced);
    yield timerTowards(context, earlier(pace.untilUtc, next));
    if (polls - input.polls >= POLLS_PER_GENERATION) {
      steps.continueWith(polls + 1);
      return null; // this generation's answer is dropped: the next one goes on
    }
  }
}
