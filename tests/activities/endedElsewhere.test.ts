import { advanceRound } from '../../activities/advanceRound';
import { outcomesIn, type FakeServices } from '../support/fakeServices';
import { aRoundOf, roundClaim, roundInput, standalone } from '../support/rolloutScene';

const { ref } = roundInput;
const claim = roundClaim;
const disruption = standalone(1);

const input = (call: number): unknown => ({ ref, claim, disruption, call });

/** A round of one VM whose request to install the platform puts off; the call that asks again comes next. */
async function putOff(): Promise<{ services: FakeServices; call: number }> {
  const { services } = await aRoundOf(1);
  services.driver.postBehaviours.push({ refused: 'conflict' });
  for (let call = 1; call < 100; call += 1) {
    for (const operationId of services.driver.assessed.keys())
      services.driver.endAssessment(`assess-${operationId + 1}`);
    const { dueUtc } = (await services.run(advanceRound, input(call))) as { dueUtc: string };
    if (dueUtc > services.nowUtc()) services.clock.nowUtc = dueUtc;
    if (services.driver.postBehaviours.length === 0) return { services, call: call + 1 };
  }
  throw new Error('It was never asked.');
}

test('INV-3: no installation is requested for a round that another run of the same call has ended', async () => {
  const { services, call } = await putOff();
  services.driver.postBehaviours.push({ refused: 'notAllowed' });
  // The other host: it is refused for good, the round ends, and its claim goes to the next.
  let other: Promise<unknown> | undefined;
  const read: FakeServices['operations']['read'] = async (...given) => {
    await (other ??= services.run(advanceRound, input(call)));
    return services.operations.read(...given);
  };
  const slow = { ...services, operations: { ...services.operations, read } };
  const answer = await advanceRound.handler({ ...slow, wake: () => Promise.resolve() })(input(call));
  expect(await other).toMatchObject({ dueUtc: null });
  expect(answer).toMatchObject({ dueUtc: null });
  expect(services.driver.accepted).toEqual([]);
  expect((await outcomesIn(services)).map(({ reason }) => reason)).toEqual(['installRefused']);
});
