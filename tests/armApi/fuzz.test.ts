import fc from 'fast-check';
import { anOptedInApi, aVmBody, COMPUTE, GROUP, SUB, VM, type Api, type Reply } from './api';

const METHODS = ['GET', 'PUT', 'POST', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];
const RUNS = Number(process.env['FUZZ_RUNS'] ?? '300');

const oneOf = (...values: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...values);
const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  oneOf('', 'a'.repeat(300), '%00', '🌊', '__proto__', 'constructor', 'null', 'é'),
);
/** Dots alone would lead out of the API. */
const anyName = anyText
  .filter((text) => !/^\.+$/.test(text))
  .map((text) => encodeURIComponent(text.replaceAll(/[\ud800-\udfff]/g, '')));
const name = (...known: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof({ weight: 4, arbitrary: oneOf(...known) }, { weight: 1, arbitrary: anyName });

const sub = fc.oneof(
  { weight: 6, arbitrary: fc.constant(SUB) },
  anyName.map((id) => `/subscriptions/${id}`),
);
const group = fc
  .tuple(sub, name('myResourceGroup', 'MYRESOURCEGROUP', 'none'))
  .map(([s, g]) => `${s}/resourceGroups/${g}`);
const compute = group.map((g) => `${g}/providers/Microsoft.Compute`);
const vm = fc
  .tuple(compute, name('myVirtualMachine', 'w', 'none'))
  .map(([c, v]) => `${c}/virtualMachines/${v}`);
const under = (base: fc.Arbitrary<string>, ...last: readonly string[]): fc.Arbitrary<string> =>
  fc.tuple(base, oneOf(...last)).map(([path, end]) => `${path}${end}`);

const path = fc.oneof(
  under(
    sub,
    '',
    '/resourceGroups',
    '/locations',
    '/providers',
    '/providers/Microsoft.Compute/virtualMachines',
  ),
  under(sub, '/providers/Microsoft.Compute/availabilitySets', '/providers/Microsoft.Compute/register'),
  fc
    .tuple(
      sub,
      name('InGuestPatchVMPreview', 'InGuestAutoPatchVMPreview'),
      oneOf('', '/register', '/unregister'),
    )
    .map(
      ([s, f, end]) => `${s}/providers/Microsoft.Features/providers/Microsoft.Compute/features/${f}${end}`,
    ),
  fc
    .tuple(sub, name('eastus'), name('0'.repeat(36)))
    .map(([s, l, id]) => `${s}/providers/Microsoft.Compute/locations/${l}/operations/${id}`),
  group,
  under(compute, '/virtualMachines', '/availabilitySets', '', '/disks'),
  fc.tuple(compute, name('mySet', 'none')).map(([c, s]) => `${c}/availabilitySets/${s}`),
  under(vm, '', '/start', '/powerOff', '/deallocate', '/restart', '/extensions', '/instanceView'),
  under(vm, '/assessPatches', '/installPatches', '/nothing'),
  fc.tuple(vm, name('LinuxPatchExtension')).map(([v, e]) => `${v}/extensions/${e}`),
  fc.tuple(sub, fc.array(anyName, { maxLength: 4 })).map(([s, rest]) => [s, ...rest].join('/')),
  fc
    .tuple(group, name('vm_deploy', 'none'), oneOf('', '/validate', '/operationStatuses/x'))
    .map(([g, d, end]) => `${g}/providers/Microsoft.Resources/deployments/${d}${end}`),
  fc
    .tuple(group, name('virtualNetworks'), oneOf('', '/net', '/none'))
    .map(([g, type, end]) => `${g}/providers/Microsoft.Network/${type}${end}`),
  oneOf('/subscriptions', '/tenants'),
);

const version = fc.oneof(
  { weight: 6, arbitrary: oneOf('2020-12-01', '2020-06-01', '2021-04-01', '2024-11-01') },
  { weight: 1, arbitrary: oneOf('2015-12-01', '2019-12-01', '2020-09-09-preview', '0000-00-00', '') },
  { weight: 1, arbitrary: anyText.map(encodeURIComponent) },
);
const query = fc.oneof(
  { weight: 4, arbitrary: fc.constant('') },
  {
    weight: 1,
    arbitrary: oneOf(
      '&$expand=instanceView',
      '&$skiptoken=!',
      '&monitor=true',
      '&skipShutdown=x',
      '&api-version=x',
    ),
  },
  { weight: 1, arbitrary: fc.tuple(anyName, anyName).map(([key, value]) => `&${key}=${value}`) },
);

/** A body that is nearly right: any part of a good one replaced by any JSON. */
const VALUES = fc.oneof(fc.jsonValue({ maxDepth: 2 }), anyText, fc.constant(undefined));
const nearly = fc
  .tuple(
    oneOf(
      'location',
      'tags',
      'zones',
      'properties',
      'hardwareProfile',
      'storageProfile',
      'imageReference',
      'osDisk',
    ),
    oneOf(
      'osProfile',
      'linuxConfiguration',
      'windowsConfiguration',
      'patchSettings',
      'patchMode',
      'availabilitySet',
    ),
    VALUES,
    VALUES,
    fc.boolean(),
  )
  .map(([first, second, a, b, windows]) => {
    const good = aVmBody(windows ? 'Windows' : 'Linux', {
      patchSettings: { patchMode: 'AutomaticByPlatform' },
    });
    return JSON.parse(JSON.stringify(good), (key, value: unknown) =>
      key === first ? a : key === second ? b : value,
    ) as unknown;
  });
const body = fc.oneof(
  { weight: 4, arbitrary: nearly },
  { weight: 2, arbitrary: fc.jsonValue() },
  { weight: 1, arbitrary: anyText },
  { weight: 1, arbitrary: fc.constant(undefined) },
  {
    weight: 1,
    arbitrary: fc.record({ maximumDuration: anyText, rebootSetting: anyText, location: oneOf('eastus', '') }),
  },
);
const headers = fc.oneof(
  { weight: 4, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc.constant({ 'x-forwarded-host': 'a b', 'x-forwarded-proto': 'x', 'content-length': 'x' }),
  },
  {
    weight: 1,
    arbitrary: fc.constant({ 'x-ms-client-request-id': '\u0001', 'x-ms-return-client-request-id': 'true' }),
  },
);

describe('Nothing a client sends', () => {
  let api: Api;
  beforeAll(async () => {
    api = await anOptedInApi();
    await api.finish(await api.call('PUT', VM, aVmBody('Linux')));
    await api.call('PUT', `${COMPUTE}/availabilitySets/mySet`, { location: 'eastus' });
  });
  afterAll(() => api.close());

  const isArm = ({ status, headers: sent, body: shown }: Reply, method: string): boolean => {
    if (status < 400 || method === 'HEAD') return status < 500;
    const error = shown['error'] as unknown as Record<string, unknown> | undefined;
    return (
      status < 500 &&
      sent['content-type'] === 'application/json; charset=utf-8' &&
      typeof error?.['code'] === 'string' &&
      typeof error['message'] === 'string' &&
      Object.keys(error).every((member) => ['code', 'message', 'target', 'details'].includes(member))
    );
  };

  it('gives a 500 or an error that is no ARM error', async () => {
    await fc.assert(
      fc.asyncProperty(oneOf(...METHODS), path, version, query, body, headers, async (...given) => {
        const [method, at, apiVersion, more, content, extra] = given;
        const reply = await api.send(method, `${at}?api-version=${apiVersion}${more}`, content, extra);
        if (method === 'DELETE' && reply.status === 202) await api.pass(1);
        await api.call('PUT', GROUP, { location: 'eastus' });
        return isArm(reply, method);
      }),
      {
        numRuns: RUNS,
        interruptAfterTimeLimit: 45_000,
        // Letters whose lower case is longer, and empty segments.
        examples: [
          '/subscriptions/%C4%B0/resourceGroups/myResourceGroup/providers/Microsoft.Compute/virtualMachines//extensions/LinuxPatchExtension',
          '//subscriptions',
          `${SUB}//resourceGroups/%C4%B0`,
          `${SUB}/providers/Microsoft.Compute/locations//operations//`,
          `${COMPUTE}/virtualMachines/${'%C4%B0'.repeat(60)}/instanceView`,
          `${GROUP}/providers/Microsoft.Network//%C4%B0`,
        ].map((at): [string, string, string, string, unknown, object] => [
          'GET',
          at,
          '2020-12-01',
          '',
          undefined,
          {},
        ]),
      },
    );
  });

  it('breaks what is listed: every page can still be read', async () => {
    for (const list of ['virtualMachines', 'availabilitySets']) {
      const reply = await api.call('GET', `${SUB}/providers/Microsoft.Compute/${list}`);
      expect(reply.status).toBe(200);
    }
    expect((await api.call('GET', `${SUB}/resourceGroups`)).status).toBe(200);
  });
});
