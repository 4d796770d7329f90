import { lookAtPolicyAgain, withPolicyInForce } from '../../composition/policyNow';
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
