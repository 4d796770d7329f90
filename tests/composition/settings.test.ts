import { join } from 'node:path';
import { defaultPolicy, Policy } from '../../domain/policy';
import { LowtideError } from '../../domain/lowtideError';
import { readSettings, settingName } from '../../composition/settings';

function problemsOf(environment: Record<string, string>): string {
  try {
    readSettings(environment);
  } catch (error) {
    if (error instanceof LowtideError && error.code === 'SETTING_INVALID') return error.detail.what;
    throw error;
  }
  return '';
}

describe('settings', () => {
  it('none are needed: everything has a default', () => {
    expect(readSettings({})).toMatchObject({
      driver: 'simulated',
      store: 'tables',
      storage: { kind: 'connectionString', text: 'UseDevelopmentStorage=true' },
      azure: null,
      seed: 1,
      stateDir: join(process.cwd(), '.lowtide', 'func'),
      auth: { kind: 'none' },
      fleetFile: null,
      scenarioFile: null,
      policy: defaultPolicy,
    });
  });

  it('the dashboard signs people in as the application that is named, or as the API itself', () => {
    const clientOf = (given: Record<string, string>): unknown =>
      (readSettings({ ...ENTRA, ...given }).auth as { clientId: unknown }).clientId;
    const [api, dashboard] = [TENANT.replace('01', '02'), TENANT.replace('01', '03')];
    expect(clientOf({ LOWTIDE_AUTH_AUDIENCE: `api://a,${api}` })).toBe(api);
    expect(clientOf({ LOWTIDE_AUTH_CLIENT: dashboard })).toBe(dashboard);
    expect(() => clientOf({ LOWTIDE_AUTH_CLIENT: 'dashboard' })).toThrow(
      /LOWTIDE_AUTH_CLIENT is 'dashboard'/,
    );
  });

  it.each([
    ['LOWTIDE_SOAK', 'PT30M', { soakSeconds: 1800 }],
    ['LOWTIDE_ROLLOUT_DEADLINE', 'P20D', { rolloutDeadlineSeconds: 20 * 86_400 }],
    ['LOWTIDE_BAKE_AFTER_CANARY', 'PT1H30M', { bakeAfterCanarySeconds: 5400 }],
    ['LOWTIDE_BAKE', 'PT6H', { bakeSeconds: 21_600 }],
    ['LOWTIDE_BAKE', 'nextWindow', { bakeSeconds: null }],
    ['LOWTIDE_BAKE', 'nextNight', { bakeSeconds: null }],
    ['LOWTIDE_PHASES_MIN', '5', { phasesMin: 5 }],
    ['LOWTIDE_OFF_PEAK_OPENS', '23:30', { offPeakOpens: '23:30' }],
    ['LOWTIDE_CANARY_REGIONS', 'japaneast, polandcentral', { canaryRegions: ['japaneast', 'polandcentral'] }],
    ['LOWTIDE_BATCH_SHARE_PERCENTS', '10, 90', { batchSharePercents: [10, 90] }],
  ])('%s=%s turns the policy', (name, value, policy) => {
    expect(readSettings({ [name]: value }).policy).toEqual({ ...defaultPolicy, ...policy });
  });

  it('beside tables there is always a state folder, by default in the folder of the app; in memory only when it is asked for', () => {
    const stateDir = (environment: Record<string, string>): string | null =>
      readSettings(environment).stateDir;
    expect(stateDir({ AzureWebJobsScriptRoot: '/srv/app', LOWTIDE_STATE_DIR: '' })).toBe(
      join('/srv/app', '.lowtide', 'func'),
    );
    expect(stateDir({ LOWTIDE_STATE_DIR: '/elsewhere' })).toBe('/elsewhere');
    expect(stateDir({ LOWTIDE_STORE: 'memory' })).toBeNull();
    expect(stateDir({ LOWTIDE_STORE: 'memory', LOWTIDE_STATE_DIR: 'kept' })).toBe('kept');
  });

  it('a driver that is served has an address on this machine, and nothing of its own', () => {
    const url = 'http://127.0.0.1:7072';
    const served = { LOWTIDE_DRIVER: 'served', LOWTIDE_DRIVER_URL: url };
    expect(readSettings(served)).toMatchObject({ driver: 'served', driverUrl: url, stateDir: null });
    expect(problemsOf({ LOWTIDE_DRIVER: 'served' })).toMatch(/LOWTIDE_DRIVER_URL is ''/);
    expect(problemsOf({ ...served, LOWTIDE_DRIVER_URL: 'http://example.org:80' })).toMatch(/on this machine/);
    expect(problemsOf({ ...served, LOWTIDE_FLEET: 'f.json' })).toMatch(/LOWTIDE_FLEET is of no use/);
    expect(problemsOf({ LOWTIDE_DRIVER_URL: url })).toMatch(/LOWTIDE_DRIVER is not served/);
  });

  it('an empty one is none', () => {
    expect(readSettings({ LOWTIDE_SOAK: ' ', LOWTIDE_SEED: '', LOWTIDE_FLEET: '' })).toEqual(
      readSettings({}),
    );
  });

  it('all mistakes are reported at once, each with its name and value', () => {
    const reported = problemsOf({
      LOWTIDE_STORE: 'disk',
      LOWTIDE_SEED: 'seven',
      LOWTIDE_SOAK: '15 minutes',
      LOWTIDE_PHASES_MIN: 'many',
      LOWTIDE_OFF_PEAK_OPENS: '25:00',
      LOWTIDE_SET_SHARE_PERCENT: '120',
    });
    for (const name of ['STORE', 'SEED', 'SOAK', 'PHASES_MIN', 'OFF_PEAK_OPENS', 'SET_SHARE_PERCENT'])
      expect(reported).toContain(`LOWTIDE_${name}`);
    expect(reported).toContain("'15 minutes'");
    expect(reported).toContain("'disk'");
  });

  it.each([
    ['LOWTIDE_STORE', 'Tables'],
    ['LOWTIDE_DRIVER', 'aws'],
    ['LOWTIDE_SEED', '1.5'],
    ['LOWTIDE_SOAK', '900'],
    ['LOWTIDE_SOAK', '-PT5M'],
    ['LOWTIDE_PHASES_MIN', '0'],
    ['LOWTIDE_PHASES_MIN', '8'],
    ['LOWTIDE_FIXED_RELEASE_OS_TYPES', 'BeOS'],
  ])('what an operator meant is not guessed: %s=%s is refused', (name, value) => {
    expect(problemsOf({ [name]: value })).toContain(name);
  });

  it.each([
    [{ LOWTIDE_SOKA: 'PT30M' }, 'There is no setting LOWTIDE_SOKA. Did you mean LOWTIDE_SOAK?'],
    [{ LOWTDE_SEED: '7' }, 'There is no setting LOWTDE_SEED. Did you mean LOWTIDE_SEED?'],
    [{ Lowtide_Seed: '7' }, 'There is no setting Lowtide_Seed. Did you mean LOWTIDE_SEED?'],
    [{ LOWTIDE_MAKE_COFFEE_AT_NOON: '1' }, 'There is no setting LOWTIDE_MAKE_COFFEE_AT_NOON.'],
  ])('a name that is none is refused, with the nearest that is one: %p', (environment, problem) => {
    expect(problemsOf(environment)).toBe(problem);
  });

  it('names of other programs are no concern of ours', () => {
    expect(
      problemsOf({ PATH: '/bin', SEED: '1', SOAK: '2', TIDE: '3', APPSETTING_LOWTIDE_SOAK: 'PT1M' }),
    ).toBe('');
  });

  it.each([
    ['LOWTIDE_CANARY_REGIONS', 'westeurop', "there is no region 'westeurop'. Did you mean westeurope?"],
    ['LOWTIDE_CANARY_REGIONS', 'West Europe, North Europe', 'westeurope and northeurope are a geo pair'],
    [
      'LOWTIDE_EXTRA_IMAGES',
      'debian:debian-12',
      "'debian:debian-12' is not an image; write publisher:offer:sku",
    ],
    ['LOWTIDE_SWEEP_SCHEDULE', 'hourly', "LOWTIDE_SWEEP_SCHEDULE is 'hourly'; it is a cron expression"],
  ])('a value is held against what it names: %s=%s', (name, value, problem) => {
    expect(problemsOf({ [name]: value })).toContain(problem);
  });

  it('a wrong name, a wrong form and a wrong region are all reported at once', () => {
    const reported = problemsOf({
      LOWTIDE_SOKA: 'PT1M',
      LOWTIDE_SOAK: '1 h',
      LOWTIDE_CANARY_REGIONS: 'eastus9',
    });
    for (const problem of ['LOWTIDE_SOKA', "'1 h'", 'eastus9']) expect(reported).toContain(problem);
  });

  it('of the policy have names of their own, all different', () => {
    const names = Object.keys(Policy.shape).map(settingName);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^LOWTIDE_[A-Z]+(_[A-Z]+)*$/);
  });

  it('a region that the table lacks is given with its time zone and pair; a canary region may be one', () => {
    const given = { LOWTIDE_EXTRA_REGIONS: 'atlantis:Atlantic/Azores:eastus, mu:Asia/Tokyo' };
    expect(readSettings(given).policy.extraRegions).toEqual([
      'atlantis:Atlantic/Azores:eastus',
      'mu:Asia/Tokyo',
    ]);
    expect(problemsOf({ ...given, LOWTIDE_CANARY_REGIONS: 'mu' })).toBe('');
    expect(problemsOf({ ...given, LOWTIDE_CANARY_REGIONS: 'atlantis, eastus' })).toMatch(/are a geo pair/);
  });

  it.each([
    ['atlantis', /'atlantis' is not a region; write name:timeZone or name:timeZone:pair/],
    ['atlantis:Mars/Olympus', /'Mars\/Olympus' of atlantis is not an IANA time zone/],
    ['atlantis:Asia/Tokyo:eastuss', /the pair of atlantis, 'eastuss', does not exist. Did you mean eastus\?/],
    ['East US:Asia/Tokyo', /eastus is known already/],
  ])('LOWTIDE_EXTRA_REGIONS=%s is a mistake', (value, said) => {
    expect(problemsOf({ LOWTIDE_EXTRA_REGIONS: value })).toMatch(said);
  });

  const TENANT = '0A0A0A0A-0000-4000-8000-000000000001';
  const IN_AZURE = {
    LOWTIDE_DRIVER: 'azure',
    LOWTIDE_AZURE_SUBSCRIPTIONS: '0b1f6471-1bf0-4dda-aec3-cb9272f09590',
    AzureWebJobsStorage__accountName: 'stlowtide',
  };
  const ENTRA = { LOWTIDE_AUTH: 'entra', LOWTIDE_AUTH_TENANT: TENANT, LOWTIDE_AUTH_AUDIENCE: 'api://a, b' };

  it('tokens of Entra ID are checked against the tenant’s own issuers and keys, or against those that are given', () => {
    const tenantId = TENANT.toLowerCase();
    const common = { kind: 'entra', tenantId, audiences: ['api://a', 'b'] };
    const authority = `https://login.microsoftonline.com/${tenantId}`;
    expect(readSettings(ENTRA).auth).toEqual({
      ...common,
      issuers: [`${authority}/v2.0`, `https://sts.windows.net/${tenantId}/`],
      jwksUrl: `${authority}/discovery/v2.0/keys`,
      authority,
      clientId: null,
    });
    const given = { LOWTIDE_AUTH_ISSUER: 'https://i', LOWTIDE_AUTH_JWKS_URL: 'https://i/keys' };
    expect(readSettings({ ...ENTRA, ...given }).auth).toEqual({
      ...common,
      issuers: ['https://i'],
      jwksUrl: 'https://i/keys',
      authority: 'https://i',
      clientId: null,
    });
  });

  it.each([
    'WEBSITE_SITE_NAME',
    'WEBSITE_SKU',
    'WEBSITE_POD_NAME',
    'LEGION_SERVICE_HOST',
    'MANAGED_ENVIRONMENT',
    'CONTAINER_APP_NAME',
  ])('in the cloud (%s) requests are authenticated, or the app does not start', (sign) => {
    expect(problemsOf({ [sign]: 'x' })).toMatch(
      `LOWTIDE_AUTH is none, and this host is in the cloud (${sign}`,
    );
    expect(problemsOf({ [sign]: 'x', ...ENTRA, ...IN_AZURE })).toBe('');
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['made-up VMs', { LOWTIDE_DRIVER: 'simulated' }, /its VMs are simulated, and its ARM API would answer/],
    ['tables that end with the process', { LOWTIDE_STORE: 'memory' }, /LOWTIDE_STORE is memory/],
    [
      "a developer's storage",
      { AzureWebJobsStorage__accountName: '', AzureWebJobsStorage: 'UseDevelopmentStorage=true' },
      /storage of a developer's machine/,
    ],
    ['no storage', { AzureWebJobsStorage__accountName: '' }, /storage of a developer's machine or not given/],
    [
      'an endpoint of its own machine',
      { LOWTIDE_AZURE_ENDPOINT: 'http://127.0.0.1:7072' },
      /no token would be sent/,
    ],
    [
      'a task hub whose tables are its own',
      { AzureFunctionsJobHost__extensions__durableTask__hubName: 'LowtideInventory' },
      /whose table lowtideinventory is one of Lowtide's own/,
    ],
    [
      'a task hub that can be none',
      { AzureFunctionsJobHost__extensions__durableTask__hubName: '1st-hub' },
      /begins with a letter/,
    ],
  ])('in the cloud the app does not start with %s', (_what, change, said) => {
    const given = { WEBSITE_SITE_NAME: 'x', ...ENTRA, ...IN_AZURE, ...change };
    const isSimulated = change['LOWTIDE_DRIVER'] === 'simulated';
    expect(problemsOf(isSimulated ? { ...given, LOWTIDE_AZURE_SUBSCRIPTIONS: '' } : given)).toMatch(said);
  });

  it('with real Azure it is said whose VMs are patched, and what only made-up VMs have is a mistake', () => {
    expect(problemsOf({ LOWTIDE_DRIVER: 'azure' })).toMatch(/they say whose VMs are patched/);
    const wrong = problemsOf({
      ...IN_AZURE,
      LOWTIDE_AZURE_SUBSCRIPTIONS: 'production',
      LOWTIDE_AZURE_SELECT: 'name:x',
      LOWTIDE_AZURE_HEARTBEAT: 'maybe',
      LOWTIDE_AZURE_ENDPOINT: 'http://management.azure.com',
      LOWTIDE_FLEET: 'fleet.json',
    });
    expect(wrong).toMatch(/'production', which is not the id of a subscription/);
    expect(wrong).toMatch(/a selector is tag:name=value, group:name or region:name/);
    expect(wrong).toMatch(/LOWTIDE_AZURE_HEARTBEAT is 'maybe'/);
    expect(wrong).toMatch(/LOWTIDE_AZURE_ENDPOINT is 'http:\/\/management.azure.com'/);
    expect(wrong).toMatch(/LOWTIDE_FLEET is of no use/);
    expect(problemsOf({ LOWTIDE_AZURE_SHARED: 'patched' })).toMatch(/LOWTIDE_DRIVER is not azure/);
  });

  it('an account is reached by an identity without any key', () => {
    expect(readSettings({ ...IN_AZURE, AzureWebJobsStorage__clientId: TENANT }).storage).toEqual({
      kind: 'identity',
      tablesUrl: 'https://stlowtide.table.core.windows.net',
      clientId: TENANT,
    });
    expect(problemsOf({ ...IN_AZURE, AzureWebJobsStorage: 'UseDevelopmentStorage=true' })).toMatch(
      /both given/,
    );
    expect(problemsOf({ AzureWebJobsStorage__accountName: 'Not_An_Account' })).toMatch(
      /3 to 24 small letters/,
    );
  });

  it('an instance id of Azure is a sign of the cloud; one that keeps two hosts of a machine apart is none', () => {
    expect(problemsOf({ WEBSITE_INSTANCE_ID: 'a1'.repeat(32) })).toMatch(/in the cloud/);
    expect(problemsOf({ WEBSITE_INSTANCE_ID: 'worker-2', WEBSITE_HOSTNAME: 'localhost:7071' })).toBe('');
    expect(problemsOf({ KUBERNETES_SERVICE_HOST: '10.0.0.1' })).toBe('');
    expect(problemsOf({ KUBERNETES_SERVICE_HOST: '10.0.0.1', POD_NAMESPACE: 'x' })).toMatch(/in the cloud/);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    [
      'an unknown kind',
      { LOWTIDE_AUTH: 'basic' },
      /LOWTIDE_AUTH is 'basic'; it may be none or entra or appService/,
    ],
    ['no tenant', { ...ENTRA, LOWTIDE_AUTH_TENANT: 'contoso' }, /LOWTIDE_AUTH_TENANT is 'contoso'/],
    ['no audience', { ...ENTRA, LOWTIDE_AUTH_AUDIENCE: ' , ' }, /LOWTIDE_AUTH_AUDIENCE is not given/],
    ['an issuer without its keys', { ...ENTRA, LOWTIDE_AUTH_ISSUER: 'https://i' }, /together or not at all/],
    [
      'keys from where anybody on the way may change them',
      { ...ENTRA, LOWTIDE_AUTH_ISSUER: 'https://i', LOWTIDE_AUTH_JWKS_URL: 'http://i/keys' },
      /it is an https address/,
    ],
    [
      'what is of no use',
      { LOWTIDE_AUTH_AUDIENCE: 'a' },
      /LOWTIDE_AUTH_AUDIENCE is given, and LOWTIDE_AUTH is none/,
    ],
    [
      'headers of App Service where there is no App Service',
      { LOWTIDE_AUTH: 'appService', LOWTIDE_AUTH_TENANT: TENANT },
      /any client could send its headers/,
    ],
  ])('authentication with %s is a mistake', (_what, environment, said) => {
    expect(problemsOf(environment)).toMatch(said);
  });
});
