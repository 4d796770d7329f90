import { anApi, aVmBody, GROUP, SUB, VM, type Api } from './api';

const FEATURES = `${SUB}/providers/Microsoft.Features/providers/Microsoft.Compute/features`;
const AUTO = `${FEATURES}/InGuestAutoPatchVMPreview`;
const ON_DEMAND = `${FEATURES}/InGuestPatchVMPreview`;
const OLD = '?api-version=2015-12-01';
const platform = aVmBody('Linux', { patchSettings: { patchMode: 'AutomaticByPlatform' } });

describe('The opt-in of a subscription', () => {
  let api: Api;
  beforeEach(async () => {
    api = await anApi();
    await api.call('PUT', GROUP, { location: 'eastus' });
  });
  afterEach(() => api.close());

  const stateOf = async (feature: string): Promise<unknown> =>
    (await api.call('GET', `${feature}${OLD}`)).body['properties']?.['state'];
  const registerProvider = async (): Promise<void> => {
    await api.call('POST', `${SUB}/providers/Microsoft.Compute/register?api-version=2020-06-01`);
    await api.pass(2);
  };

  it('R-601: registers a feature by POST, with the api-version of the document', async () => {
    const { status, body } = await api.call('POST', `${AUTO}/register${OLD}`);
    expect(status).toBe(200);
    expect(body).toEqual({
      id: AUTO,
      name: 'Microsoft.Compute/InGuestAutoPatchVMPreview',
      type: 'Microsoft.Features/providers/features',
      properties: { state: 'Registering' },
    });
  });

  it('R-602: registration can take up to 15 minutes, and GET shows its state', async () => {
    expect(await stateOf(AUTO)).toBe('NotRegistered');
    await api.call('POST', `${AUTO}/register${OLD}`);
    await api.pass(1);
    expect(await stateOf(AUTO)).toBe('Registering');
    await api.pass(14);
    expect(await stateOf(AUTO)).toBe('Registered');
    expect(await stateOf(ON_DEMAND)).toBe('NotRegistered');
  });

  it('asking again while it registers begins nothing again', async () => {
    await api.call('POST', `${AUTO}/register${OLD}`);
    await api.pass(14.5);
    await api.call('POST', `${AUTO}/register${OLD}`);
    await api.pass(0.5);
    expect(await stateOf(AUTO)).toBe('Registered');
  });

  it('R-603: registering the provider completes it; before, the error says what is missing', async () => {
    await registerProvider();
    await api.call('POST', `${AUTO}/register${OLD}`);
    const early = await api.call('PUT', VM, platform);
    expect(early.body['error']?.['message']).toContain('The feature is registering');
    await api.pass(15);
    const between = await api.call('PUT', VM, platform);
    expect(between.body['error']?.['message']).toContain(
      'POST on /subscriptions/f0000000-0000-4000-8000-000000000001/providers/Microsoft.Compute/register?api-version=2020-06-01',
    );
    await registerProvider();
    expect((await api.call('PUT', VM, platform)).status).toBe(201);
  });

  it('R-604: without it AutomaticByPlatform is refused, and the error says how to opt in; other modes are not', async () => {
    await registerProvider();
    const { status, body } = await api.call('PUT', VM, platform);
    expect(status).toBe(403);
    expect(body['error']).toMatchObject({ code: 'SubscriptionNotRegisteredForFeature' });
    expect(body['error']?.['message']).toContain(
      'Microsoft.Compute/InGuestAutoPatchVMPreview required to carry out the requested operation.',
    );
    expect(body['error']?.['message']).toContain('/features/InGuestAutoPatchVMPreview/register');
    expect((await api.call('PUT', VM, aVmBody('Linux'))).status).toBe(201);
  });

  it('R-605: the feature for on-demand assessment does not stand in for that of AutomaticByPlatform', async () => {
    await api.call('POST', `${ON_DEMAND}/register${OLD}`);
    await api.pass(15);
    await registerProvider();
    expect((await api.call('PUT', VM, platform)).status).toBe(403);
  });

  it('a VM that is AutomaticByPlatform already can still be changed when the feature is gone', async () => {
    await api.optIn();
    await api.call('PUT', VM, platform);
    await api.call('POST', `${AUTO}/unregister${OLD}`);
    await api.pass(5);
    expect(await stateOf(AUTO)).toBe('Unregistered');
    expect((await api.call('PATCH', VM, { tags: { team: 'web' } })).status).toBe(200);
  });

  it.each(['2015-12-01', '2021-07-01'])(
    'R-606: clients list and get features with %s, in any case',
    async (v) => {
      const list = await api.call('GET', `${FEATURES}?api-version=${v}`);
      const all = await api.call('GET', `${SUB}/providers/Microsoft.Features/features?api-version=${v}`);
      expect(list.body).toEqual(all.body);
      expect(JSON.stringify(list.body)).toMatch(/InGuestAutoPatchVMPreview.*InGuestPatchVMPreview/);
      const one = await api.call(
        'GET',
        `${FEATURES.replace('Microsoft.Compute', 'microsoft.compute')}/inguestpatchvmpreview?api-version=${v}`,
      );
      expect(one.body['name']).toBe('Microsoft.Compute/InGuestPatchVMPreview');
    },
  );

  it('R-606: az polls the provider until it is Registered', async () => {
    const provider = `${SUB}/providers/Microsoft.Compute`;
    const state = async (): Promise<unknown> =>
      (await api.call('GET', `${provider}?api-version=2021-04-01`)).body['registrationState'];
    expect(await state()).toBe('NotRegistered');
    const reply = await api.call('POST', `${provider}/register?api-version=2021-04-01`, {});
    expect(reply.body).toMatchObject({ namespace: 'Microsoft.Compute', registrationState: 'Registering' });
    await api.pass(2);
    expect(await state()).toBe('Registered');
  });

  it.each([
    [`${FEATURES}/InGuestHotPatchVMPreview`, 'FeatureNotFound'],
    [`${FEATURES.replace('.Compute/', '.Storage/')}/InGuestPatchVMPreview`, 'FeatureNotFound'],
    [`${SUB}/providers/Microsoft.Nothing`, 'InvalidResourceNamespace'],
  ])('%s is not there', async (path, code) => {
    const { status, body } = await api.call('GET', path);
    expect([status, body['error']?.['code']]).toEqual([404, code]);
  });
});
