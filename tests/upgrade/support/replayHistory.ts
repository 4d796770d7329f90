import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { OrchestrationContext, Task } from 'durable-functions';
import { poisoned } from '../../support/poison';
import { expand, type RecordedHistory, type State } from './history';
import { messageOf } from '../../../domain/messageOf';

type Orchestrator = (context: OrchestrationContext) => Generator<Task, unknown, unknown>;

/** The published library's own wrapper around an orchestrator: the executor that runs in production. */
const { createOrchestrator, DummyOrchestrationContext } = createRequire(__filename)(
  'durable-functions/lib/src/util/testingUtils',
) as {
  createOrchestrator: (orchestrator: Orchestrator) => (trigger: object, context: object) => Promise<State>;
  DummyOrchestrationContext: new (name: string, invocationId: string, log: () => void) => object;
};

/** What stands behind the message of a failed orchestrator: its state. */
const STATE_MARK = '\n\n$OutOfProcData$:';

/** Replays a recorded history under today's code, as JSON, in a services without clock or random numbers: what it schedules now. */
export async function replayHistory(recorded: RecordedHistory): Promise<State> {
  const { name, instanceId } = recorded;
  const trigger = JSON.parse(
    JSON.stringify({
      history: expand(recorded.history),
      input: recorded.input,
      instanceId,
      isReplaying: true,
      parentInstanceId: null,
      upperSchemaVersion: 1,
      upperSchemaVersionNew: 3,
      longRunningTimerIntervalDuration: '3.00:00:00',
      maximumShortTimerDuration: '6.00:00:00',
      defaultHttpAsyncRequestSleepTimeMillseconds: 30_000,
    }),
  ) as object;
  const context = new DummyOrchestrationContext(name, 'replay', () => undefined);
  const run = createOrchestrator(orchestratorOf(name));
  try {
    return JSON.parse(JSON.stringify(await poisoned(() => run(trigger, context)))) as State;
  } catch (error) {
    const [, json] = messageOf(error).split(STATE_MARK);
    if (json === undefined) throw error;
    return JSON.parse(json) as State;
  }
}

/** Durable name = export = file. */
export function orchestratorOf(name: string): Orchestrator {
  const path = join(__dirname, '..', '..', '..', 'orchestrations', name);
  const loaded = createRequireOfJest(path)[name];
  if (loaded === undefined) throw new Error(`orchestrations/${name}.ts exports no ${name}.`);
  return loaded;
}

/** Through jest, so that TypeScript is understood. */
function createRequireOfJest(path: string): Record<string, Orchestrator | undefined> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- which file it is stands in the recording
  return require(path) as Record<string, Orchestrator | undefined>;
}
