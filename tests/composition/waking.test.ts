import type { DurableClient } from 'durable-functions';
import type { Services } from '../../activities/services';
import { withWaking } from '../../composition/waking';
import { LOOK_AGAIN } from '../../orchestrations/awaitAnswer';

const services = {} as Services;

async function wake(raiseEvent: (id: string, name: string) => Promise<void>): Promise<string[]> {
  const warnings: string[] = [];
  const client = { raiseEvent } as unknown as DurableClient;
  await withWaking(services, client, { warn: (message) => warnings.push(message) }).wake('gate-2');
  return warnings;
}

describe('waking an instance', () => {
  it('raises the event that the waits of orchestrations sleep for', async () => {
    const raised: unknown[] = [];
    const warnings = await wake((id, name) => {
      raised.push([id, name]);
      return Promise.resolve();
    });
    expect(raised).toEqual([['gate-2', LOOK_AGAIN]]);
    expect(warnings).toEqual([]);
  });

  it('that is not there is nothing', async () => {
    expect(await wake((id) => Promise.reject(new Error(`No instance with ID '${id}' found.`)))).toEqual([]);
  });

  it('never fails: what cannot be reached looks by itself later, and the log says so', async () => {
    const [warning] = await wake(() => Promise.reject(new Error('connect ECONNREFUSED')));
    expect(warning).toMatch(/gate-2 was not woken.*ECONNREFUSED.*LOWTIDE_WAKE_FALLBACK/);
  });
});
