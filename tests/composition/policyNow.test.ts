import { lookAtPolicyAgain, withPolicyInForce } from '../../composition/policyNow';
import { someServices } from '../support/fakeServices';

test('the policy is looked at every ten seconds of the machine, however much virtual time has passed, and at once where it was applied', async () => {
  const services = await someServices();
  const current = jest.spyOn(services.policies, 'current');
  await withPolicyInForce(services);
  services.wait(86_400);
  await withPolicyInForce(services);
  expect(current).toHaveBeenCalledTimes(1);
  lookAtPolicyAgain(services);
  await withPolicyInForce(services);
  expect(current).toHaveBeenCalledTimes(2);
  const now = jest.spyOn(performance, 'now').mockReturnValue(performance.now() + 10_001);
  await withPolicyInForce(services);
  expect(current).toHaveBeenCalledTimes(3);
  now.mockRestore();
});
