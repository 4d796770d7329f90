import { InvocationContext } from '@azure/functions';
import { hostClient } from '../../composition/hostClient';

/** An invocation as a host makes it, with what it gives one that has the durable client among its inputs. */
function invocation(taskHubName: string): InvocationContext {
  const input = { type: 'durableClient', name: 'client' };
  const context = new InvocationContext({ functionName: 'any', options: { extraInputs: [input] } });
  const urls = { id: 'http://127.0.0.1:1/instances/INSTANCEID' };
  context.extraInputs.set(input, { taskHubName, creationUrls: urls, managementUrls: urls });
  return context;
}

test('one client is made of what a host gives each invocation, another of what another host gives', () => {
  const client = hostClient(invocation('one'));
  expect(client.taskHubName).toBe('one');
  expect(hostClient(invocation('one'))).toBe(client);
  expect(hostClient(invocation('other')).taskHubName).toBe('other');
});

test('an invocation without a durable client among its inputs is refused', () => {
  expect(() => hostClient(new InvocationContext({ functionName: 'any' }))).toThrow(/durable client input/);
});
