import type { Recovered } from '../journal';
import { ActionType } from './actions';
import { HTTP_ACTIVITY } from './callHttp';
import type { Engine } from './engine';
import type { Instance } from './instance';

/** Takes up what a journal knew: timers, activities that were under way, and messages that had been received. */
export function resume(engine: Engine, { instances, entities, orphans }: Recovered): void {
  for (const [id, instance] of instances) engine.instances.set(id, instance);
  for (const [id, entity] of entities) engine.entities.all.set(id, entity);
  for (const entity of entities.values()) engine.entities.resume(entity);
  for (const instance of instances.values()) {
    if (!instance.isFinished) resumeInstance(engine, instance);
  }
  for (const { instanceId, executionId, taskId, name, input } of orphans) {
    const instance = instances.get(instanceId);
    if (instance?.executionId === executionId) engine.activities.add(instance, taskId, name, input);
  }
}

function resumeInstance(engine: Engine, instance: Instance): void {
  const answered = new Set(instance.inbox.map((event) => event.TaskScheduledId ?? event.TimerId));
  for (const [id, task] of instance.open) {
    if (answered.has(id)) continue;
    if (task.kind === 'timer' || task.kind === 'retryTimer') {
      engine.orchestrations.scheduling.startTimer(instance, id, task);
    } else if (task.kind === 'activity') {
      const { actionType, functionName = '' } = task.action;
      const name = actionType === ActionType.CallHttp ? HTTP_ACTIVITY : functionName;
      engine.activities.add(instance, id, name, task.input ?? 'null');
    }
  }
  if (instance.inbox.length > 0 || instance.continued) engine.enqueue(instance);
}
