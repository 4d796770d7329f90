import { FAN_OUT_MAX, HISTORY_MAX_EVENTS, HISTORY_WARN_EVENTS, type Guards } from '../guards';
import { ActionType, type RawAction } from './actions';
import type { Instance } from './instance';

export function checkFanOut(guards: Guards, instance: Instance, actions: readonly RawAction[]): void {
  const scheduled = actions.filter((action) => action.actionType !== ActionType.WaitForExternalEvent).length;
  if (scheduled <= FAN_OUT_MAX) return;
  guards.refuse({
    code: 'fan-out',
    subject: instance.name,
    what: `It schedules ${scheduled} tasks in one episode; the limit is ${FAN_OUT_MAX}.`,
    why: 'The real host writes its history in batches of 99 rows, and replays all of it at every completion.',
    fix: 'Put sub-orchestrations in between, each with a part of the tasks.',
  });
}

export function checkHistoryLength(guards: Guards, instance: Instance): void {
  const length = instance.history.length;
  const finding = {
    code: 'history-length',
    subject: instance.name,
    what: `Its history has ${length} events; ${HISTORY_WARN_EVENTS} is the alarm, ${HISTORY_MAX_EVENTS} the limit.`,
    why: 'The real host reads and replays the whole history at every episode.',
    fix: 'Continue as new, or put the waits into small children.',
  } as const;
  if (length > HISTORY_MAX_EVENTS) guards.refuse(finding);
  else guards.warn({ ...finding, what: `Its history has passed ${HISTORY_WARN_EVENTS} events.` });
}

export function refuseHang(guards: Guards, instance: Instance): void {
  guards.refuse({
    code: 'hang',
    subject: instance.name,
    what: 'It waits for Task.all or Task.any over tasks that had all finished before.',
    why: 'The library looks at the children only when one of them completes: this waits for ever on the real host too.',
    fix: 'Yield each finished task, or combine tasks before the first of them is yielded.',
  });
}

export function refuseAsync(guards: Guards, instance: Instance): void {
  guards.refuse({
    code: 'async-orchestrator',
    subject: instance.name,
    what: 'Its function is not a plain generator function.',
    why: 'The library resumes an orchestrator with next(), synchronously; what an async one awaits is lost on replay.',
    fix: 'Write function*, and yield tasks instead of awaiting promises.',
  });
}

export function refuseScalar(guards: Guards, activity: string, input: string): void {
  if (!guards.strict || input.startsWith('{')) return;
  guards.refuse({
    code: 'scalar-activity-input',
    subject: activity,
    what: 'Its input is not an object.',
    why: 'Scalars change on the way: true arrives as the string "True", the string "5" as a number, null as undefined.',
    fix: 'Pass an object.',
  });
}
