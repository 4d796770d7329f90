import { aVm } from '../support/builders';
import { anAzureSetup, type AzureSetup } from './azureSetup';
import { ALWAYS_ON } from './clockedDriver';

const [FIRST, SECOND] = ['00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000b'];

describe('two listings at the same time', () => {
  let setup: AzureSetup;
  afterEach(() => setup.close());

  it('a subscription that answers again for the second does not end the first in the middle', async () => {
    const vms = Array.from({ length: 900 }, (_, n) =>
      aVm({ name: `web-${n}`, tags: ALWAYS_ON, subscriptionId: SECOND }),
    );
    const other = aVm({ name: 'other', tags: ALWAYS_ON, subscriptionId: FIRST });
    setup = await anAzureSetup({ vms: [other, ...vms] });
    setup.answerBy((honest) => async (request) => {
      const answer = await honest(request);
      if (answer === null || !request.body.includes('resourcecontainers')) return answer;
      const body = JSON.parse(answer.body) as { data: { subscriptionId: string }[] };
      return {
        ...answer,
        body: JSON.stringify({ ...body, data: body.data.filter((row) => row.subscriptionId !== FIRST) }),
      };
    });
    const page = await setup.driver.listVirtualMachines(null);
    setup.answerBy((honest) => honest);
    await setup.driver.listVirtualMachines(null);
    let listed = page.items.length;
    for (let { next } = page; next !== null;) {
      const following = await setup.driver.listVirtualMachines(next);
      listed += following.items.length;
      next = following.next;
    }
    expect([listed, page.incomplete?.map(({ subscriptionId }) => subscriptionId)]).toEqual([900, [FIRST]]);
  });
});
