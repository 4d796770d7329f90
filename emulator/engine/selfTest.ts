import { Guards } from '../guards';
import type { Invoker } from '../invoke';
import type { RegisteredFunction } from '../coreApi';
import { ActionType } from './actions';
import { eventRaised, orchestratorStarted, taskCompleted, type HistoryEvent } from './history';
import { Instance } from './instance';
import { SUPPORTED_LIBRARY_VERSION, type DurableLibrary } from './library';
import { SessionRunner } from './runners';

interface TestContext {
  readonly df: {
    callActivity(name: string, input: object): unknown;
    waitForExternalEvent(name: string): { readonly result: unknown };
    createTimer(at: Date): { cancel(): void };
    readonly currentUtcDateTime: Date;
    readonly Task: { any(tasks: readonly unknown[]): unknown };
  };
}

function* orchestration({ df }: TestContext): Generator<unknown, unknown, unknown> {
  const first = yield df.callActivity('first', { n: 1 });
  const event = df.waitForExternalEvent('go');
  const timer = df.createTimer(new Date(df.currentUtcDateTime.getTime() + 60_000));
  const winner = yield df.Task.any([event, timer]);
  if (winner === event) timer.cancel();
  return { first, second: event.result };
}

/**
 * Session mode reaches into the library. Before it is trusted, a small orchestration is run in a session and replayed in
 * one piece; says why it must not be used, or undefined.
 */
export function sessionsWork(library: DurableLibrary, invoker: Invoker): string | undefined {
  if (library.version !== SUPPORTED_LIBRARY_VERSION) {
    return `it knows durable-functions ${SUPPORTED_LIBRARY_VERSION}, and the app has ${library.version}.`;
  }
  try {
    const live = run(library, invoker, true);
    const replayed = run(library, invoker, false);
    const expected = JSON.stringify({ first: 2, second: 'now' });
    if (live !== replayed || live !== expected) return `its self-test gave ${live}, a replay ${replayed}.`;
    return undefined;
  } catch (error) {
    return `its self-test failed: ${String(error)}`;
  }
}

function run(library: DurableLibrary, invoker: Invoker, inSession: boolean): string {
  const runner = new SessionRunner(library, invoker, new Guards(false, () => undefined));
  const callback = library.createOrchestrator(orchestration) as RegisteredFunction['callback'];
  const trigger = { type: 'orchestrationTrigger', direction: 'in' };
  const fn: RegisteredFunction = {
    name: 'selfTest',
    bindings: { t: trigger },
    trigger,
    triggerName: 't',
    callback,
  };
  const nowMs = Date.UTC(2030, 0, 1);
  const instance = new Instance({
    id: 'self-test',
    name: fn.name,
    input: '{}',
    version: null,
    parent: null,
    executionId: 'self-test',
    generation: 0,
    nowMs,
  });
  const started: HistoryEvent = {
    EventType: 0,
    EventId: -1,
    IsPlayed: false,
    Timestamp: nowMs,
    Name: fn.name,
    Input: '{}',
  };
  const episodes = [[started], [taskCompleted(nowMs, 0, '2')], [eventRaised(nowMs, 'go', '"now"')]];
  const scheduled: number[] = [];
  let output = 'null';
  episodes.forEach((events, i) => {
    instance.history.push(orchestratorStarted(nowMs), ...events);
    if (!inSession && i < episodes.length - 1) return;
    const episode = runner.run(instance, fn);
    scheduled.push(...episode.actions.map((action) => action.actionType));
    output = episode.output;
  });
  const expected = [ActionType.CallActivity, ActionType.WaitForExternalEvent, ActionType.CreateTimer];
  if (scheduled.join() !== expected.join()) throw new Error(`actions ${scheduled.join()}`);
  return output;
}
