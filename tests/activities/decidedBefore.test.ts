import { advanceRound } from '../../activities/advanceRound';
import { saveBudgetSizes } from '../../activities/budgets/budgetShares';
import type * as contracts from '../../activities/contracts';
import type { AnswerTo } from '../../activities/services';
import { Policy } from '../../domain/policy';
import { aRound, ROLLOUT, someServices, type FakeServices } from '../support/fakeServices';
import { aVm } from '../support/builders';
import { HEALTHY } from '../support/fakeDriver';
import { roundClaim, roundInput, standalone } from '../support/rolloutScene';

const { ref } = roundInput;
const claim = roundClaim;
const budgets = [{ name: 'shop', selector: { tag: 'app=shop' }, max: '50%' }];
const disruption = { ...standalone(2), budgets: [{ budget: 'shop', count: 2, max: 2 }] };

/** Half of the four VMs of the shop may be down; the first two are in the round. */
const vms = [1, 2, 3, 4].map((n) => aVm({ name: `shop-${n}`, tags: { app: 'shop' } }));
const [first, second, third, fourth] = vms.map(({ id }) => id) as [never, never, never, never];

async function aShop(): Promise<FakeServices> {
  const services = await someServices({ vms, policy: Policy.parse({ budgets }) });
  await saveBudgetSizes(services, services.policy, vms);
  await services.plans.addRounds(ROLLOUT, [aRound({ vmIds: [first, second] })]);
  return services;
}

/** The call is repeated until it is answered, as the host does: what failed comes again after 40 s. */
async function advance(
  services: FakeServices,
  call: number,
): Promise<AnswerTo<typeof contracts.advanceRound> | null> {
  for (const n of services.driver.assessed.keys()) services.driver.endAssessment(`assess-${n + 1}`);
  const answered = services.run(advanceRound, { ref, claim, disruption, call });
  return (await answered.catch(() => null)) as AnswerTo<typeof contracts.advanceRound> | null;
}

/** Calls until one is cut off; the number of that call. */
async function untilCutOff(services: FakeServices): Promise<number> {
  for (let call = 1; call < 20; call += 1) {
    const answer = await advance(services, call);
    if (answer === null) return call;
    if (answer.dueUtc !== null && answer.dueUtc > services.nowUtc()) services.clock.nowUtc = answer.dueUtc;
  }
  throw new Error('No call was cut off.');
}

/** The worker dies right after it has written down which VMs it will install. */
function cutOffAfterWriteAhead(services: FakeServices): void {
  const write = services.roundProgress.write.bind(services.roundProgress);
  const spy = jest.spyOn(services.roundProgress, 'write');
  spy.mockImplementation(async (id, of, progress, etag) => {
    const written = await write(id, of, progress, etag);
    if (!progress.vms.some(({ update }) => update.kind === 'startInstall')) return written;
    spy.mockRestore();
    throw new Error('The worker died.');
  });
}

const installed = (services: FakeServices): string[] => services.driver.accepted.map(({ vmId }) => vmId);
/** Off for whoever reads it, and whoever probes it. */
function powerOff(services: FakeServices, id: never): void {
  services.driver.change(id, { powerState: 'stopped' });
  const probe = services.driver.probeHealth.bind(services.driver);
  services.driver.probeHealth = (other) =>
    other === id
      ? Promise.resolve({
          answer: 'stopped',
          because: 'it is off',
          signals: { ...HEALTHY, powerState: 'stopped' },
        })
      : probe(other);
}

it('INV-15: what a call that was cut off had decided begins only where its budget still has room when the call is repeated', async () => {
  const services = await aShop();
  cutOffAfterWriteAhead(services);
  const call = await untilCutOff(services);
  expect(installed(services)).toEqual([]);

  const probe = services.driver.probeHealth.bind(services.driver);
  powerOff(services, third);
  services.wait(40);
  const answer = await advance(services, call);
  expect(installed(services)).toEqual([first]);

  services.driver.change(third, { powerState: 'running' });
  services.driver.probeHealth = probe;
  services.wait(900);
  for (let next = call + 1; installed(services).length < 2 && next < call + 20; next += 1) {
    const { dueUtc } = (await advance(services, next)) ?? { dueUtc: null };
    if (dueUtc !== null && dueUtc > services.nowUtc()) services.clock.nowUtc = dueUtc;
  }
  expect(answer?.dueUtc).not.toBeNull();
  expect(installed(services)).toEqual([first, second]);
});

it('INV-11: what may have been requested before is followed, whatever room there is', async () => {
  const services = await aShop();
  services.driver.postBehaviours.push('startsUnheard', 'startsUnheard');
  const write = services.roundProgress.write.bind(services.roundProgress);
  let written = 0;
  jest.spyOn(services.roundProgress, 'write').mockImplementation((id, of, progress, etag) => {
    const isAhead = progress.vms.some(({ update }) => update.kind === 'startInstall');
    if (isAhead && (written += 1) === 2) throw new Error('503');
    return write(id, of, progress, etag);
  });
  const call = await untilCutOff(services);
  expect(installed(services)).toEqual([first, second]);

  powerOff(services, third);
  powerOff(services, fourth);
  services.wait(40);
  const answer = await advance(services, call);
  const found = await services.roundProgress.read(ROLLOUT, claim.claimId);
  expect(found?.progress.vms.map(({ update }) => update.kind)).toEqual(['readInstall', 'readInstall']);
  expect(answer?.events.map(({ event }) => event.kind)).toEqual(['installStarted', 'installStarted']);
});

it('INV-15: what the platform put off begins later only where its budget still has room', async () => {
  const services = await aShop();
  services.driver.postBehaviours.push(
    { refused: 'throttled', retryAfterSeconds: 600 },
    { refused: 'throttled', retryAfterSeconds: 600 },
  );
  for (let call = 1; call < 12; call += 1) {
    const { dueUtc } = (await advance(services, call)) ?? { dueUtc: null };
    if (services.driver.postBehaviours.length === 0) {
      powerOff(services, third);
      powerOff(services, fourth);
    }
    if (dueUtc !== null && dueUtc > services.nowUtc()) services.clock.nowUtc = dueUtc;
  }
  expect(services.driver.postBehaviours).toEqual([]);
  expect(installed(services)).toEqual([]);
});
