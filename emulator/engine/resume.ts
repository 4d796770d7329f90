import type { Recovered } from '../journal';
import { ActionType } from './actions';
import { HTTP_ACTIVITY } from './callHttp';
import type { Engine } from './engine';
import type { Instance } from './instance';

/**
 * Takes up what a journal knew: timers, activities that were under way, and messages that had been received. When the host was killed and
 * `hidden` is set, messages it had taken come back when their timeout is over: everything received and not yet run, and as many activities as
 * it may run at once.
 */
export function resume(engine: Engine, recovered: Recovered): void {
  const { instances, entities, orphans, endedMs } = recovered;
  const { hidden, activitiesMax } = engine.options;
  const wasKilled = hidden !== undefined && endedMs === undefined && recovered.nowMs !== undefined;
  const controlMs = wasKilled ? recovered.nowMs + hidden.controlQueueMs : 0;
  const workItemMs = wasKilled ? recovered.nowMs + hidden.workItemQueueMs : 0;
  for (const [id, instance] of instances) engine.instances.set(id, instance);
  for (const [id, entity] of entities) engine.entities.all.set(id, entity);
  for (const entity of entities.values()) if (entity.inbox.length > 0) engine.enqueueAt(entity, controlMs);
  let taken = 0;
  const startActivity = (instance: Instance, id: number, name: string, input: string): void => {
    taken += 1;
    if (taken > activitiesMax || workItemMs <= engine.nowMs) engine.activities.add(instance, id, name, input);
    else
      engine.timers.add(workItemMs, () => {
        if (instance.open.has(id)) engine.activities.add(instance, id, name, input);
      });
  };
  for (const instance of instances.values()) {
    if (instance.isFinished) continue;
    resumeTasks(engine, instance, startActivity);
    if (instance.inbox.length > 0 || instance.continued) engine.enqueueAt(instance, controlMs);
  }
  for (const { instanceId, executionId, taskId, name, input } of orphans) {
    const instance = instances.get(instanceId);
    if (instance?.executionId === executionId) engine.activities.add(instance, taskId, name, input);
  }
}

function resumeTasks(
  engine: Engine,
  instance: Instance,
  startActivity: (instance: Instance, id: number, name: string, input: string) => void,
): void {
  const answered = new Set(instance.inbox.map((event) => event.TaskScheduledId ?? event.TimerId));
  for (const [id, task] of instance.open) {
    if (answered.has(id)) continue;
    if (task.kind === 'timer' || task.kind === 'retryTimer') {
      engine.orchestrations.scheduling.startTimer(instance, id, task);
    } else if (task.kind === 'activity') {
      const { actionType, functionName = '' } = task.action;
      const name = actionType === ActionType.CallHttp ? HTTP_ACTIVITY : functionName;
      startActivity(instance, id, name, task.input ?? 'null');
    }
  }
}
