import { advanceRound } from '../../activities/advanceRound';
import type * as contracts from '../../activities/contracts';
import { openRound } from '../../activities/openRound';
import type { AnswerTo } from '../../activities/services';
import { secondsBetween } from '../../domain/instants';
import { aDisruption } from '../support/claims';
import { outcomesIn, ROLLOUT, WINDOW_CLOSES, type FakeServices } from '../support/fakeServices';
import { aRoundOf, roundInput, START_BY } from '../support/rolloutScene';

const { ref } = roundInput;
const claim = { claimId: 'round-1', startByUtc: START_BY, closesUtc: WINDOW_CLOSES };
const disruption = aDisruption({ zone: null, count: 3 });

type Opened = Extract<AnswerTo<typeof contracts.openRound>, { kind: 'go' }>;
type Advanced = AnswerTo<typeof contracts.advanceRound>;

const open = async (services: FakeServices): Promise<Opened> =>
  (await services.run(openRound, { ref, claim, disruption })) as Opened;

const advance = async (services: FakeServices, call: number, late = {}): Promise<Advanced> =>
  (await services.run(advanceRound, { ref, claim, disruption, call, ...late })) as Advanced;

/** The platform is done with every assessment. */
function endAssessments(services: FakeServices): void {
  for (const n of services.driver.assessed.keys()) services.driver.endAssessment(`assess-${n + 1}`);
}

const until = (services: FakeServices, utc: string | null | undefined): void => {
  if (utc !== null && utc !== undefined && utc > services.nowUtc()) services.clock.nowUtc = utc;
};

describe('a round that opens', () => {
  it('INV-1, INV-2, INV-3: starts the assessments of its VMs before its claim, and neither installs nor says how one ended', async () => {
    const { services, ids } = await aRoundOf(3);
    const { dueUtc = '' } = await open(services);
    expect([...services.driver.assessed].sort()).toEqual([...ids].sort());
    expect(dueUtc > services.nowUtc()).toBe(true);
    until(services, dueUtc);
    endAssessments(services);
    expect(await open(services)).toMatchObject({ dueUtc });
    expect([services.driver.accepted, await outcomesIn(services)]).toEqual([[], []]);
  });

  it('is gone on with under its claim: what was assessed is not assessed again', async () => {
    const { services, ids } = await aRoundOf(3);
    const { dueUtc } = await open(services);
    until(services, dueUtc);
    endAssessments(services);
    const { events } = await advance(services, 1);
    expect(events.map(({ event }) => event.kind)).toEqual(ids.map(() => 'installStarted'));
    expect(services.driver.assessed).toHaveLength(3);
  });

  it('looks at its VMs together after seven minutes, after thirty more, and when their soak is over: no look comes a step of the grid late', async () => {
    const { services } = await aRoundOf(2);
    const openedUtc = services.nowUtc();
    const looks = [(await open(services)).dueUtc ?? null];
    for (let call = 1; call <= 2; call += 1) {
      until(services, looks.at(-1));
      endAssessments(services);
      for (const { vmId } of services.driver.accepted) services.driver.endInstall(vmId);
      looks.push((await advance(services, call)).dueUtc);
    }
    const minutes = looks.map((utc) => Math.floor(secondsBetween(openedUtc, utc ?? '') / 60));
    expect(minutes).toEqual([7, 37, 52]);
  });

  it('opens once, also when it is asked again', async () => {
    const { services } = await aRoundOf(3);
    const first = await open(services);
    services.wait(60);
    expect(await open(services)).toEqual(first);
    expect(services.driver.assessed).toHaveLength(3);
  });

  it('says nothing of a VM that is off: it is looked at again under the claim', async () => {
    const { services, ids } = await aRoundOf(2);
    const [off = ids[0]] = ids;
    if (off === undefined) throw new Error('The round has no VM.');
    services.driver.change(off, { powerState: 'deallocated' });
    const { dueUtc } = await open(services);
    expect(dueUtc).toBe(services.nowUtc());
    expect(await outcomesIn(services)).toEqual([]);
    services.driver.change(off, { powerState: 'running' });
    await advance(services, 1);
    expect([...services.driver.assessed].sort()).toEqual([...ids].sort());
  });

  it('whose claim was waited for looks at its VMs and assesses them again', async () => {
    const { services, ids } = await aRoundOf(2);
    await open(services);
    services.wait(3600);
    await advance(services, 1, { isLate: true });
    expect(services.driver.assessed).toHaveLength(4);
    expect(new Set(services.driver.assessed)).toEqual(new Set(ids));
  });

  it('INV-11: a late call that was cut off after an installation began is repeated, and follows it', async () => {
    const { services, ids } = await aRoundOf(2, { assessmentPollFirstSeconds: 0 });
    services.driver.startAssessment = (id) => {
      services.driver.assessed.push(id);
      const operationId = `assess-${services.driver.assessed.length}`;
      services.driver.endAssessment(operationId);
      return Promise.resolve({ kind: 'started', operationId, retryAfterSeconds: null });
    };
    await open(services);
    services.wait(3600);
    const write = services.roundProgress.write.bind(services.roundProgress);
    const cut = jest
      .spyOn(services.roundProgress, 'write')
      .mockImplementation((id, of, progress, etag) =>
        progress.vms.some(({ update }) => update.kind === 'readInstall')
          ? Promise.reject(new Error('503'))
          : write(id, of, progress, etag),
      );
    await expect(advance(services, 1, { isLate: true })).rejects.toThrow('503');
    cut.mockRestore();
    expect(services.driver.accepted).toHaveLength(ids.length);
    const assessed = services.driver.assessed.length;
    await advance(services, 1, { isLate: true });
    expect([services.driver.accepted.length, services.driver.assessed.length]).toEqual([2, assessed]);
  });

  it('INV-9: does nothing while the rollout is paused', async () => {
    const { services } = await aRoundOf(2);
    await services.rollouts.update(ROLLOUT, (row) => ({ ...row, mode: 'paused' }));
    expect(await open(services)).toMatchObject({ kind: 'wait', reason: 'rolloutPaused' });
    expect(services.driver.assessed).toEqual([]);
  });

  it('does nothing before the hooks of the policy have been asked', async () => {
    const { services } = await aRoundOf(2);
    const hook = {
      name: 'smoke',
      on: 'beforeRound' as const,
      url: 'https://example.org/',
      timeoutSeconds: 5,
    };
    const asking = Object.assign(services, { policy: { ...services.policy, hooks: [hook] } });
    expect(await open(asking)).toEqual({ kind: 'go', asksHooks: true });
    expect(services.driver.assessed).toEqual([]);
  });
});
