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

const unsaid = (): Promise<void> => Promise.resolve();

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
  await services.policies.apply(version(1, 3), unsaid);
  const current = jest.spyOn(services.policies, 'current');
  withPolicy(services, (await services.agenda.listWithRollouts()).policy);
  expect((await withPolicyInForce(services)).policy.evidenceFirst).toBe(3);
  expect(current).not.toHaveBeenCalled();
});

test('a policy whose application broke off half way is in force after the next try, which is refused', async () => {
  const services = await someServices();
  const commit = jest.spyOn(services.store.table('rollouts'), 'commit');
  commit.mockRejectedValueOnce(new Error('killed'));
  await expect(services.policies.apply(version(1, 3), unsaid)).rejects.toThrow('killed');
  expect(await services.policies.current()).toBeNull();
  const said: number[] = [];
  const say = ({ members }: PolicyVersion): Promise<void> =>
    Promise.resolve(void said.push(Number(members['evidenceFirst'])));
  expect(await services.policies.apply(version(1, 4), say)).toBe(false);
  expect(said).toEqual([3]); // the one that was refused is not in the audit
  expect((await services.policies.current())?.members).toEqual({ evidenceFirst: 3 });
  expect(await services.policies.apply(version(2, 4), unsaid)).toBe(true);
});

test('a policy that is put in force late does not replace a newer one', async () => {
  const services = await someServices();
  const slowly = async (): Promise<void> => {
    expect(await services.policies.apply(version(1, 4), unsaid)).toBe(false); // puts the first in force
    expect(await services.policies.apply(version(2, 5), unsaid)).toBe(true);
  };
  await services.policies.apply(version(1, 3), slowly);
  expect(await services.policies.current()).toMatchObject({ version: 2, members: { evidenceFirst: 5 } });
});

test('of two policies that are applied at once only the one that is in force is written down', async () => {
  const services = await someServices();
  const said: string[] = [];
  const say = ({ appliedBy }: PolicyVersion): Promise<void> => Promise.resolve(void said.push(appliedBy));
  const applied = await Promise.all([
    services.policies.apply(version(1, 3), say),
    services.policies.apply({ ...version(1, 4), appliedBy: 'bob' }, say),
  ]);
  expect(applied).toEqual([true, false]);
  expect(new Set(said)).toEqual(new Set(['ann']));
});
