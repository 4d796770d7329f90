import type { OrchestrationContext } from 'durable-functions';
import { collectAssessment, readCompletion } from '../../activities/contracts';
import { RolloutId, VmId } from '../../domain/ids';
import { awaitCompletion } from '../../orchestrations/contracts';
import { call, startChild, waitUntil, type Step } from '../../orchestrations/durable';
import { Pace } from '../../activities/contracts';
import { defaultPolicy } from '../../domain/policy';
import { replay } from '../support/replay';

const rolloutId = RolloutId.parse('rollout-2026-11');
const completed = { readCompletion: () => ({ complete: true }) };
const waiting = { rolloutId, pace: Pace.parse(defaultPolicy), untilUtc: '2026-12-08T18:00:00.000Z' };

/** The harness is what stands between an orchestrator and the real host: each of its guards is broken once, here. */
describe('the replay harness', () => {
  it.each([
    ['the clock', () => Date.now()],
    ['a new Date', () => new Date().getTime()],
    ['random numbers', () => Math.random()],
    ['a timer of the process', () => setTimeout(() => undefined, 1)],
    ['the network', () => fetch('http://localhost')],
  ])('fails an orchestrator that uses %s', async (_what, use) => {
    function* sinner(): Step<unknown> {
      void use();
      return yield* [];
    }
    expect((await replay(sinner, { input: {} })).failure).toMatch(/would differ on replay/);
  });

  it('fails an orchestrator that schedules something else the second time', async () => {
    let runs = 0;
    function* fickle(context: OrchestrationContext): Step<unknown> {
      runs += 1;
      const id = RolloutId.parse(runs === 1 ? 'rollout-2026-11' : 'rollout-2026-12');
      return yield* call(context, readCompletion, { rolloutId: id });
    }
    await expect(replay(fickle, { input: {}, activities: completed })).rejects.toThrow(/something else/);
  });

  it('fails an orchestrator that leaves a timer or a child behind', async () => {
    function* forgetful(context: OrchestrationContext): Step<unknown> {
      const left = startChild(context, awaitCompletion, 'left', waiting);
      const timer = context.df.createTimer(new Date(Date.parse('2026-11-12T23:00:00.000Z')));
      yield context.df.Task.any([left.task, timer]);
      return null;
    }
    const children = { awaitCompletion: () => ({ complete: true }) };
    await expect(replay(forgetful, { input: {}, children })).rejects.toThrow(/still open/);
  });

  it('fails an orchestrator that starts two children under one id', async () => {
    function* careless(context: OrchestrationContext): Step<unknown> {
      yield startChild(context, awaitCompletion, 'same', waiting).task;
      yield startChild(context, awaitCompletion, 'same', waiting).task;
      return null;
    }
    const children = { awaitCompletion: () => ({ complete: true }) };
    await expect(replay(careless, { input: {}, children })).rejects.toThrow(/Two children/);
  });

  it('fails an orchestrator that fans out too far, or speaks too long', async () => {
    function* crowd(context: OrchestrationContext): Step<unknown> {
      const tasks = Array.from(
        { length: 91 },
        (_, n) => startChild(context, awaitCompletion, `child-${n}`, waiting).task,
      );
      yield context.df.Task.all(tasks);
      return null;
    }
    const children = { awaitCompletion: () => ({ complete: true }) };
    await expect(replay(crowd, { input: {}, children })).rejects.toThrow(/91 children/);

    const vmId = VmId.parse(
      `/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/${'v'.repeat(64)}`,
    );
    function* talker(context: OrchestrationContext): Step<unknown> {
      return yield* call(context, collectAssessment, { vmId, operationId: 'x'.repeat(20_000) });
    }
    const activities = { collectAssessment: () => ({ kind: 'running' as const }) };
    await expect(replay(talker, { input: {}, activities })).rejects.toThrow(/bytes/);
  });

  it('fails an orchestrator that never ends', async () => {
    function* squirrel(context: OrchestrationContext): Step<unknown> {
      for (let minute = 10; ; minute += 1) {
        yield* waitUntil(
          context,
          new Date(Date.parse('2026-11-12T22:00:00.000Z') + minute * 60_000).toISOString(),
        );
        context.df.continueAsNew({});
        return null;
      }
    }
    await expect(replay(squirrel, { input: {} })).rejects.toThrow(/never ends/);
  });
});
