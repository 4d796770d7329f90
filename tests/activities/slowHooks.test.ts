import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { advanceRound } from '../../activities/advanceRound';
import type * as contracts from '../../activities/contracts';
import { recordRound } from '../../activities/recordRound';
import type { Activity, AnswerTo } from '../../activities/services';
import { Policy } from '../../domain/policy';
import { HEALTHY } from '../support/fakeDriver';
import { ROLLOUT, type FakeServices } from '../support/fakeServices';
import { aRoundOf, roundClaim, roundInput, standalone } from '../support/rolloutScene';

const { ref } = roundInput;
const claim = roundClaim;
const disruption = standalone(80);

const HOST = JSON.parse(readFileSync(join(__dirname, '../../host.json'), 'utf8')) as {
  functionTimeout: string;
};
const [, TIMEOUT_MINUTES = 0] = HOST.functionTimeout.split(':').map(Number);

interface Question {
  readonly hook: string;
  readonly vmIds: readonly string[];
}

/** A round whose hooks answer yes, each after so many seconds of the clock. */
interface SlowRound {
  readonly services: FakeServices;
  readonly questions: Question[];
  /** Runs an activity while time passes, as far as answers are waited for; fails where it takes longer than the host lets it. */
  readonly run: (activity: Activity, input: object) => Promise<unknown>;
}

async function slowRound(
  vmCount: number,
  hooks: readonly { readonly name: string; readonly on: 'afterVm' | 'afterRound' }[],
  seconds: number,
): Promise<SlowRound> {
  const policy = Policy.parse({
    hooks: hooks.map((hook) => ({ ...hook, url: 'https://hooks.example/', timeoutSeconds: 30 })),
    evidenceFirst: 1_000,
    evidenceUnderWay: 1_000,
  });
  const { services } = await aRoundOf(vmCount, policy);
  const questions: Question[] = [];
  const waiting: { readonly atMs: number; readonly answer: () => void }[] = [];
  const askHook: NonNullable<FakeServices['askHook']> = ({ name }, about) => {
    questions.push({ hook: name, vmIds: about['vmIds'] as string[] });
    return new Promise((resolve) => {
      const answer = (): void => {
        resolve({ kind: 'yes' });
      };
      waiting.push({ atMs: Date.parse(services.nowUtc()) + seconds * 1000, answer });
    });
  };
  Object.assign(services, { askHook });
  const run = async (activity: Activity, input: object): Promise<unknown> => {
    const startedMs = Date.parse(services.nowUtc());
    const call = { isOver: false };
    const answered = services.run(activity, input).finally(() => (call.isOver = true));
    answered.catch(() => undefined);
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const next = waiting.shift();
      if (next === undefined) {
        if (call.isOver) break;
        continue;
      }
      services.clock.nowUtc = new Date(Math.max(next.atMs, Date.parse(services.nowUtc()))).toISOString();
      next.answer();
    }
    const minutes = (Date.parse(services.nowUtc()) - startedMs) / 60_000;
    expect(minutes).toBeLessThan(TIMEOUT_MINUTES);
    return answered;
  };
  return { services, questions, run };
}

type Answer = AnswerTo<typeof contracts.advanceRound>;

/** As its orchestration does: one call after another, each when it is due, and the round is written down. */
async function finish({ services, run }: SlowRound, from = 1): Promise<number> {
  for (let call = from; call < 300; call += 1) {
    for (const { vmId, ended } of services.driver.accepted)
      if (ended === null) services.driver.endInstall(vmId);
    for (const n of services.driver.assessed.keys()) services.driver.endAssessment(`assess-${n + 1}`);
    const { dueUtc } = (await run(advanceRound, { ref, claim, disruption, call })) as Answer;
    if (dueUtc === null) {
      await run(recordRound, { ref, claimId: claim.claimId });
      return call;
    }
    if (dueUtc > services.nowUtc()) services.clock.nowUtc = dueUtc;
  }
  throw new Error('The round never ends.');
}

const AFTER_VM = [
  { name: 'constructor', on: 'afterVm' },
  { name: 'smoke', on: 'afterVm' },
  { name: 'shop', on: 'afterVm' },
] as const;

const askedOf = ({ questions }: SlowRound): string[] =>
  questions.map(({ hook, vmIds }) => `${hook} ${vmIds.join()}`);

describe('hooks that say yes, and take long', () => {
  it('are each asked once about each of 80 VMs, and no call takes as long as the host lets it', async () => {
    const round = await slowRound(80, AFTER_VM, 20);
    await finish(round);
    expect(new Set(askedOf(round)).size).toBe(3 * 80);
    expect(round.questions).toHaveLength(3 * 80);
    expect(await round.services.rollouts.halts(ROLLOUT)).toEqual([]);
    expect(await round.services.rollouts.hasRound(ROLLOUT, { ...ref, phase: 'phase-1' as never })).toBe(true);
  });

  it('after a round are asked side by side: ten of them take no longer than the host lets a call', async () => {
    const hooks = Array.from({ length: 10 }, (_, n) => ({ name: `hook-${n}`, on: 'afterRound' as const }));
    const round = await slowRound(2, hooks, 30);
    await finish(round);
    expect(round.questions).toHaveLength(10);
  });

  it('are not asked again by the repeat of a call, nor by the one that writes the round down', async () => {
    const round = await slowRound(12, AFTER_VM, 20);
    const last = await finish(round);
    const asked = round.questions.length;
    await round.run(advanceRound, { ref, claim, disruption, call: last });
    await round.run(recordRound, { ref, claimId: claim.claimId });
    expect(round.questions).toHaveLength(asked);
  });

  it('are asked of a round that ended before they were there, and the call goes on where it broke off', async () => {
    const round = await slowRound(80, [], 20);
    await finish({
      ...round,
      run: (activity, input) => (activity === recordRound ? Promise.resolve() : round.run(activity, input)),
    });
    Object.assign(round.services, {
      policy: {
        ...round.services.policy,
        hooks: Policy.parse({ hooks: AFTER_VM.map((hook) => ({ ...hook, url: 'https://hooks.example/' })) })
          .hooks,
      },
    });
    let calls = 0;
    for (let isDone = false; !isDone; calls += 1) {
      expect(calls).toBeLessThan(30);
      isDone = await round.run(recordRound, { ref, claimId: claim.claimId }).then(
        () => true,
        () => false,
      );
    }
    expect(round.questions).toHaveLength(3 * 80);
  });

  it('keep no unhealthy VM waiting: what the round shows has halted before the first of them answers', async () => {
    const round = await slowRound(2, AFTER_VM, 20);
    const { services } = round;
    services.driver.probeHealth = () =>
      Promise.resolve({ answer: 'unhealthy', because: 'the agent is gone', signals: HEALTHY });
    const halts: number[] = [];
    const ask = services.askHook;
    Object.assign(services, {
      askHook: async (...given: Parameters<NonNullable<typeof ask>>) => {
        halts.push(
          (await services.rollouts.halts(ROLLOUT)).filter(({ haltId }) => haltId.includes('roundUnhealthy'))
            .length,
        );
        return ask?.(...given);
      },
    });
    await finish(round);
    expect(new Set(halts)).toEqual(new Set([1]));
  });
});
