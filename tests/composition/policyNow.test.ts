import { lookAtPolicyAgain, withPolicy, withPolicyInForce } from '../../composition/policyNow';
import type { PolicyVersion } from '../../store/policies';
import { someServices } from '../support/fakeServices';

test('the policy is looked at every five minutes, and at once where it was applied', async () => {
  const services = await someServices();
  const current = jest.spyOn(services.policies, 'current');
  await withPolicyInForce(services);
  services.wait(299);
  await withPolicyInForce(services);
  expect(current).toHaveBeenCalledTimes(1);
  lookAtPolicyAgain(services);
  await withPolicyInForce(services);
  expect(current).toHaveBeenCalledTimes(2);
  services.wait(300);
  await withPolicyInForce(services);
  expect(current).toHaveBeenCalledTimes(3);
});

const version = (number: number, evidenceFirst: number): PolicyVersion => ({
  version: number,
  appliedUtc: '2026-11-13T03:00:00.000Z',
  appliedBy: 'ann',
  reason: 'ours',
  text: '',
  members: { evidenceFirst },
});

test('a policy that the hourly look at the agenda has read is not asked for again', async () => {
  const services = await someServices();
  await services.policies.apply(version(1, 3));
  const current = jest.spyOn(services.policies, 'current');
  withPolicy(services, (await services.agenda.listWithRollouts()).policy);
  expect((await withPolicyInForce(services)).policy.evidenceFirst).toBe(3);
  expect(current).not.toHaveBeenCalled();
});

test('a policy whose application broke off half way is in force after the next try, which is refused', async () => {
  const services = await someServices();
  const upsert = jest.spyOn(services.store.table('rollouts'), 'upsert');
  upsert.mockRejectedValueOnce(new Error('killed'));
  await expect(services.policies.apply(version(1, 3))).rejects.toThrow('killed');
  expect(await services.policies.current()).toBeNull();
  expect(await services.policies.apply(version(1, 4))).toBe(false);
  expect((await services.policies.current())?.members).toEqual({ evidenceFirst: 3 });
  expect(await services.policies.apply(version(2, 4))).toBe(true);
});
