import type { OrchestrationContext } from 'durable-functions';
import fc from 'fast-check';
import { Pace, readCompletion } from '../../activities/contracts';
import { RolloutId } from '../../domain/ids';
import { defaultPolicy } from '../../domain/policy';
import { disruptionLedger } from '../../entities/contracts';
import { awaitGo, awaitCompletion, zoneRollout } from '../../orchestrations/contracts';
import {
  allEnded,
  call,
  callEntities,
  child,
  firstOf,
  join,
  nowUtc,
  sleepUntilEvent,
  startChild,
  waitUntil,
  type Child,
  type Step,
} from '../../orchestrations/durable';
import { anImpairment } from '../support/claims';
import { after, failsAfter, replay, type Run } from '../support/replay';
import type { Scene } from '../support/scene';

const rolloutId = RolloutId.parse('rollout-2026-11');
const pace = Pace.parse(defaultPolicy);
const NOW = '2026-11-12T22:00:00.000Z';
const untilUtc = '2026-12-08T18:00:00.000Z';

describe('waitUntil', () => {
  function* sleeper(context: OrchestrationContext): Step<{ wokeUtc: string }> {
    const { untilUtc: instant } = context.df.getInput<{ untilUtc: string }>();
    yield* waitUntil(context, instant);
    return { wokeUtc: nowUtc(context) };
  }
  const sleepUntil = (instant: string, timersEarlyMs: Scene['timersEarlyMs'] = 0): Promise<Run> =>
    replay(sleeper, { input: { untilUtc: instant }, nowUtc: NOW, timersEarlyMs });
  const lateMs = ({ output }: Run, instant: string): number =>
    Date.parse((output as { wokeUtc: string }).wokeUtc) - Date.parse(instant);

  it('wakes at the instant it waits for', async () => {
    const { output } = await sleepUntil('2026-11-12T23:00:00.000Z');
    expect(output).toEqual({ wokeUtc: '2026-11-12T23:00:00.000Z' });
  });

  it.each([1, 400, 999, 1000])(
    'never wakes before it although timers fire %d ms early, and asks for one more timer at most',
    async (earlyMs) => {
      const instant = '2026-11-12T23:00:00.000Z';
      const run = await sleepUntil(instant, earlyMs);
      expect(lateMs(run, instant)).toBeGreaterThanOrEqual(0);
      expect(lateMs(run, instant)).toBeLessThanOrEqual(1000);
      expect(run.calls).toHaveLength(2);
    },
  );

  it('asks for one more timer at most, however early each of them fires and however short the wait', async () => {
    const early = fc.integer({ min: 0, max: 1000 });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 10_000 }),
        fc.tuple(early, early, early),
        async (waitMs, earlyMs) => {
          const instant = new Date(Date.parse(NOW) + waitMs).toISOString();
          const run = await sleepUntil(instant, (n) => earlyMs[n] ?? 1000);
          expect(lateMs(run, instant)).toBeGreaterThanOrEqual(0);
          expect(lateMs(run, instant)).toBeLessThanOrEqual(1000);
          expect(run.calls.length).toBeLessThanOrEqual(2);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('waits for weeks in pieces that storage can take', async () => {
    const instant = '2026-12-11T22:00:00.000Z';
    const run = await sleepUntil(instant, 500);
    expect(lateMs(run, instant)).toBe(500);
    expect(run.calls).toHaveLength(6);
  });

  it('does not wait for the past', async () => {
    const { output, calls } = await sleepUntil('2026-11-12T21:00:00.000Z');
    expect(output).toEqual({ wokeUtc: NOW });
    expect(calls).toEqual([]);
  });
});

describe('sleepUntilEvent', () => {
  const LATER = '2026-11-13T22:00:00.000Z';
  function* sleeper(context: OrchestrationContext): Step<unknown> {
    const raised: boolean[] = [];
    for (let n = 0; n < 2; n += 1) {
      raised.push(yield* sleepUntilEvent(context, 'bell', LATER));
      yield* call(context, readCompletion, { rolloutId });
      if (raised.at(-1) === false) break;
    }
    return { raised, endedUtc: nowUtc(context) };
  }
  const sleep = (events: readonly string[], readSeconds = 0): Promise<Run> =>
    replay(sleeper, {
      input: {},
      nowUtc: NOW,
      activities: { readCompletion: () => after(readSeconds, { complete: true }) },
      events: events.map((atUtc) => ({ name: 'bell', atUtc })),
    });

  it('wakes at the event, and leaves no timer behind', async () => {
    const { output } = await sleep(['2026-11-13T01:00:00.000Z', '2026-11-13T02:00:00.000Z']);
    expect(output).toEqual({ raised: [true, true], endedUtc: '2026-11-13T02:00:00.000Z' });
  });

  it('wakes at the instant when no event comes', async () => {
    const { output, calls } = await sleep([]);
    expect(output).toEqual({ raised: [false], endedUtc: LATER });
    expect(calls.filter(({ kind }) => kind === 'timer')).toHaveLength(1);
  });

  it('does not miss an event that comes while it is awake', async () => {
    const { output } = await sleep(['2026-11-13T01:00:00.000Z', '2026-11-13T01:30:00.000Z'], 3600);
    expect(output).toEqual({ raised: [true, true], endedUtc: '2026-11-13T03:00:00.000Z' });
  });
});

describe('call', () => {
  function* caller(context: OrchestrationContext): Step<unknown> {
    const first = yield* call(context, readCompletion, { rolloutId });
    const second = yield* call(context, readCompletion, { rolloutId });
    return [first, second, nowUtc(context)];
  }

  it('tries an activity that fails again, ever later, and goes on with its answer', async () => {
    let attempts = 0;
    const { output, calls } = await replay(caller, {
      input: {},
      nowUtc: NOW,
      activities: {
        readCompletion: () => {
          attempts += 1;
          if (attempts < 4) throw new Error('storage does not answer');
          return { complete: true };
        },
      },
    });
    expect(output).toEqual([{ complete: true }, { complete: true }, '2026-11-12T22:01:05.000Z']);
    expect(calls.map(({ atUtc }) => atUtc.slice(11, 19))).toEqual([
      ...['22:00:00', '22:00:05', '22:00:20', '22:01:05'],
      '22:01:05',
    ]);
  });

  it('outlasts an outage of three hours, and fails when an activity goes on failing', async () => {
    const { failure, calls } = await replay(caller, {
      input: {},
      activities: {
        readCompletion: () => {
          throw new Error('storage does not answer');
        },
      },
    });
    expect(failure).toMatch(/storage does not answer/);
    expect(calls).toHaveLength(40);
    expect(calls.at(-1)?.atUtc).toBe('2026-11-13T00:58:20.000Z');
  });

  it('asks again when the answer is none', async () => {
    const answers = [
      { complete: false },
      { torture: true } as unknown as { complete: boolean },
      { complete: true },
    ];
    const { output, calls } = await replay(caller, {
      input: {},
      nowUtc: NOW,
      activities: { readCompletion: () => answers.shift() ?? { complete: false } },
    });
    expect(output).toEqual([{ complete: false }, { complete: true }, NOW]);
    expect(calls).toHaveLength(3);
  });

  it('refuses an answer that is not what the contract says', async () => {
    const readWrongly = (): { complete: boolean } => ({ complete: 'yes' }) as unknown as never;
    const { failure } = await replay(caller, {
      input: {},
      activities: { readCompletion: readWrongly },
    });
    expect(failure).toMatch(/expected boolean/);
  });
});

describe('entities', () => {
  const inspect = disruptionLedger.operations.inspect;
  const asked = { nowUtc: NOW, graceSeconds: 60 };
  function* asker(context: OrchestrationContext): Step<unknown> {
    const { keys } = context.df.getInput<{ keys: string[] }>();
    const answers = yield* callEntities(
      context,
      { name: disruptionLedger.name, keys },
      ['inspect', inspect],
      asked,
    );
    return answers.map(([key, { impairments }]) => [key, impairments[0]?.region]);
  }
  const ask = (keys: readonly string[], answer: (key: string) => unknown): Promise<Run> =>
    replay(asker, {
      input: { keys },
      nowUtc: NOW,
      entities: { disruptionLedger: (_operation, _input, key) => answer(key) },
    });
  const reported = (region: string): unknown => ({
    suspects: [],
    impairments: [anImpairment('web', { region })],
  });

  it('are asked side by side, and each answer comes with its key', async () => {
    const run = await ask(['a', 'b', 'c'], (key) => after(key === 'a' ? 600 : 60, reported(`of ${key}`)));
    expect(run.output).toEqual([
      ['a', 'of a'],
      ['b', 'of b'],
      ['c', 'of c'],
    ]);
    expect(run.calls.map(({ atUtc }) => atUtc)).toEqual([NOW, NOW, NOW]);
    expect(run.of('disruptionLedger.inspect')).toEqual([asked, asked, asked]);
  });

  it('that are very many are asked in waves', async () => {
    const keys = Array.from({ length: 170 }, (_, n) => `${n}`);
    const run = await ask(keys, (key) => after(60, reported(key)));
    expect(run.output).toEqual(keys.map((key) => [key, key]));
    const waves = [...new Set(run.calls.map(({ atUtc }) => atUtc))];
    expect(waves.map((wave) => run.calls.filter(({ atUtc }) => atUtc === wave).length)).toEqual([80, 80, 10]);
  });

  it('need not exist', async () => {
    expect((await ask([], reported)).output).toEqual([]);
  });

  it('that answer what the contract does not say, or fail, fail whoever asked', async () => {
    expect((await ask(['a', 'b'], (key) => (key === 'a' ? reported(key) : {}))).failure).toMatch(/suspects/);
    const failing = (): never => {
      throw new Error('no such ledger');
    };
    expect((await ask(['a', 'b'], (key) => (key === 'a' ? reported(key) : failing()))).failure).toMatch(
      /no such ledger/,
    );
  });
});

describe('children', () => {
  const scope = {
    rolloutId,
    phase: 'phase-1',
    endsUtc: untilUtc,
    freshAfterUtc: null,
    pace,
    kind: 'rollout' as const,
  };
  const zone = (context: OrchestrationContext, stage: string): Child<{ rounds: number }> =>
    startChild(context, zoneRollout, `child-${stage}`, { ...scope, region: 'eastus', stage, batches: [] });

  it('run in the version of their parent', async () => {
    function* parent(context: OrchestrationContext): Step<unknown> {
      return yield* child(context, awaitCompletion, 'completion', { rolloutId, pace, untilUtc });
    }
    const { calls, output } = await replay(parent, {
      input: {},
      version: '7',
      children: { awaitCompletion: () => ({ complete: true }) },
    });
    expect(output).toEqual({ complete: true });
    expect(calls.map(({ version }) => version)).toEqual(['7']);
  });

  it('are all waited for, also when one fails early', async () => {
    function* parent(context: OrchestrationContext): Step<unknown> {
      const results = yield* allEnded(
        context,
        ['1', '2', '3'].map((stage) => zone(context, stage)),
      );
      return { results, endedUtc: nowUtc(context) };
    }
    const { output } = await replay(parent, {
      input: {},
      nowUtc: NOW,
      children: {
        zoneRollout: ({ stage }) =>
          stage === '2'
            ? failsAfter(60, 'lost')
            : after(stage === '1' ? 3600 : 600, { rounds: Number(stage) }),
      },
    });
    expect(output).toEqual({
      results: [
        { ok: true, value: { rounds: 1 } },
        { ok: false, error: expect.stringContaining('lost') as unknown },
        { ok: true, value: { rounds: 3 } },
      ],
      endedUtc: '2026-11-12T23:00:00.000Z',
    });
  });

  it('need not exist: none is waited for when there is none', async () => {
    function* parent(context: OrchestrationContext): Step<unknown> {
      return yield* allEnded(context, []);
    }
    expect((await replay(parent, { input: {} })).output).toEqual([]);
  });

  it.each([
    [60, 600],
    [600, 60],
    [60, 60],
  ])('can be raced and then joined: after %d s and %d s', async (goSeconds, zoneSeconds) => {
    function* parent(context: OrchestrationContext): Step<unknown> {
      const go = startChild(context, awaitGo, 'go', {
        rolloutId,
        phase: 'phase-1',
        region: null,
        pace,
        untilUtc,
      });
      const other = zone(context, '1');
      yield* firstOf(context, go, other);
      const first = nowUtc(context);
      return { first, go: yield* join(go), other: yield* join(other) };
    }
    const { output, calls } = await replay(parent, {
      input: {},
      nowUtc: NOW,
      children: {
        awaitGo: () => after(goSeconds, { go: true, reason: null }),
        zoneRollout: () => after(zoneSeconds, { rounds: 1 }),
      },
    });
    expect(output).toEqual({
      first: '2026-11-12T22:01:00.000Z',
      go: { go: true, reason: null },
      other: { rounds: 1 },
    });
    expect(calls).toHaveLength(2);
  });
});
