import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { anApi, aVmBody, SUB, SUBSCRIPTION, type Api, type Reply } from '../armApi/api';

const DOCUMENT = readFileSync(join(__dirname, '../../docs/azure-clients.md'), 'utf8');
const VM = `${SUB}/resourceGroups/myResourceGroup/providers/Microsoft.Compute/virtualMachines/myVM`;

/** Every request that a table of the document has, in its order. */
const REQUESTS = [...DOCUMENT.matchAll(/`(GET|POST|PUT) (\S+)`/g)].map(([, method = '', path = '']) => ({
  method,
  path: path.replaceAll('{vm}', VM).replaceAll('{s}', SUBSCRIPTION),
}));

const BODIES: readonly (readonly [RegExp, unknown])[] = [
  [/deployments\//, JSON.parse(readFileSync(join(__dirname, '../armApi/azVmCreate.json'), 'utf8'))],
  [/resourcegroups\/myResourceGroup\?/, { location: 'eastus' }],
  [
    /virtualMachines\/myVM\?/,
    aVmBody(
      'Windows',
      {
        provisionVMAgent: true,
        enableAutomaticUpdates: true,
        patchSettings: { patchMode: 'AutomaticByPlatform' },
      },
      { tags: { 'lowtide-power': 'alwaysOn' } },
    ),
  ],
  [
    /installPatches/,
    {
      maximumDuration: 'PT2H',
      rebootSetting: 'IfRequired',
      windowsParameters: { classificationsToInclude: ['Critical', 'Security'] },
    },
  ],
];

let api: Api;
beforeAll(async () => {
  api = await anApi();
});
afterAll(() => api.close());

/** Lets as much time pass as the next command needs: registration, a window, an assessment. */
async function passTime({ method, path }: (typeof REQUESTS)[number], reply: Reply): Promise<void> {
  if (path.includes('register?')) await api.pass(15);
  else if (method === 'PUT' && path.startsWith(VM)) await api.pass(30 * 60);
  else if (reply.status === 202) await api.finish(reply);
}

it('R-606, R-710: every request that the commands of the documentation make is served, in its order', async () => {
  expect(REQUESTS.length).toBeGreaterThanOrEqual(13);
  for (const request of REQUESTS) {
    const { method, path } = request;
    const body =
      method === 'PUT' || method === 'POST' ? BODIES.find(([of]) => of.test(path))?.[1] : undefined;
    const reply = await api.call(method, path, body);
    expect({ request, served: reply.status < 300, error: reply.body['error'] }).toEqual({
      request,
      served: true,
      error: undefined,
    });
    await passTime(request, reply);
  }
  const view = await api.call('GET', `${VM}/instanceView`);
  expect(view.body['patchStatus']).toMatchObject({
    availablePatchSummary: { status: 'Succeeded' },
    lastPatchInstallationSummary: { status: 'Succeeded' },
  });
});
