import { readdirSync, readFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { app } from '@azure/functions';
import { Settings as Clock } from 'luxon';
import ts from 'typescript';
import { appServices, forgetServices, startApp } from '../../composition/compose';
import { readSettings, settingName } from '../../composition/settings';
import { Policy } from '../../domain/policy';
import { AUTOMATIC_CLASSIFICATIONS } from '../../domain/patches';

const ROOT = join(__dirname, '../..');
const before = { ...process.env };
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lowtide-settings-'));
});
afterEach(() => {
  forgetServices();
  process.env = before;
  Clock.now = () => Date.now();
  rmSync(folder, { recursive: true, force: true });
  jest.restoreAllMocks();
});

type Environment = Readonly<Record<string, string>>;

const documented = [
  ...readFileSync(join(ROOT, 'docs/settings.md'), 'utf8').matchAll(/^\| `(LOWTIDE_[A-Z_]+)`/gm),
].map(([, name = '']) => name);
const ofPolicy = new Set(Policy.keyof().options.map(settingName));

const OF_THE_APP: Environment = {
  LOWTIDE_STORE: 'memory',
  LOWTIDE_FLEET: join(ROOT, 'fleets/e2e.json'),
};

/** What installations on the first VMs come to, half a minute after they were started and hours later. */
async function installations(environment: Environment): Promise<string> {
  forgetServices();
  process.env = { ...before, ...OF_THE_APP, ...environment };
  const startMs = Date.parse('2026-11-13T03:00:00.000Z');
  Clock.now = () => startMs;
  startApp();
  const { driver } = await appServices();
  const { items } = await driver.listVirtualMachines(null);
  const started = await Promise.all(
    items.slice(0, 12).map(({ id }) =>
      driver.startInstallation(id, {
        maximumDurationMinutes: 120,
        classificationsToInclude: AUTOMATIC_CLASSIFICATIONS,
        rebootSetting: 'IfRequired',
        maxPatchPublishDate: null,
        rolloutId: null,
      }),
    ),
  );
  const seen: unknown[] = [items.length];
  for (const seconds of [30, 5 * 3_600]) {
    Clock.now = () => startMs + seconds * 1_000;
    for (const answer of started)
      seen.push(answer.kind === 'started' ? await driver.readOperation(answer.operationId) : answer);
  }
  return JSON.stringify(seen);
}

const ofTheApp: Environment = {
  LOWTIDE_FLEET: join(ROOT, 'fleets/contoso.json'),
  LOWTIDE_SCENARIO: join(ROOT, 'fleets/scenarios/bad-source.json'),
  LOWTIDE_SEED: '7',
  LOWTIDE_SIMULATED_PACE: '240',
};

describe('every setting of the simulated Azure is obeyed: with another value installations end otherwise', () => {
  it.each(Object.entries(ofTheApp))('%s', async (name, value) => {
    expect((await installations({ [name]: value })) === (await installations({}))).toBe(false);
  });

  it('by the value alone, not by chance', async () => {
    expect((await installations({})) === (await installations({}))).toBe(true);
  });

  it('LOWTIDE_STATE_DIR: what was asked of it is kept there', async () => {
    await installations({ LOWTIDE_STATE_DIR: join(folder, 'state') });
    expect(readdirSync(join(folder, 'state'))).not.toEqual([]);
    expect(existsSync(join(folder, 'func'))).toBe(false);
  });
});

const SCHEDULES = {
  LOWTIDE_ROLLOUT_SCHEDULE: 'monthlyRollout',
  LOWTIDE_SWEEP_SCHEDULE: 'sweeps',
  LOWTIDE_RETENTION_SCHEDULE: 'retention',
} as const;

describe('every schedule is obeyed', () => {
  it.each(Object.entries(SCHEDULES))('%s', (name, trigger) => {
    const timer = jest.spyOn(app, 'timer').mockImplementation(() => undefined);
    process.env = { ...before, [name]: '0 0 4 * * *' };
    jest.requireActual(`../../functions/${trigger}.timer`);
    expect(timer.mock.calls.map(([, { schedule }]) => schedule)).toEqual(['0 0 4 * * *']);
  });
});

const AZURE: Environment = {
  LOWTIDE_DRIVER: 'azure',
  LOWTIDE_AZURE_SUBSCRIPTIONS: '11111111-0000-4000-8000-000000000001',
};
const ENTRA: Environment = {
  LOWTIDE_AUTH: 'entra',
  LOWTIDE_AUTH_TENANT: '11111111-0000-4000-8000-000000000002',
  LOWTIDE_AUTH_AUDIENCE: 'api://lowtide',
};

const ISSUER: Environment = {
  LOWTIDE_AUTH_ISSUER: 'https://first.example',
  LOWTIDE_AUTH_JWKS_URL: 'https://first.example/keys',
};

/** The others: what else is set for them to be of use, and a value. */
const READ: Readonly<Record<string, readonly [beside: Environment, value: string]>> = {
  LOWTIDE_DRIVER: [{ LOWTIDE_DRIVER_URL: 'http://127.0.0.1:7072' }, 'served'],
  LOWTIDE_DRIVER_URL: [{ LOWTIDE_DRIVER: 'served' }, 'http://127.0.0.1:7073'],
  LOWTIDE_STORE: [{}, 'memory'],
  LOWTIDE_AZURE_ENDPOINT: [AZURE, 'https://management.usgovcloudapi.net'],
  LOWTIDE_AZURE_SUBSCRIPTIONS: [AZURE, '11111111-0000-4000-8000-000000000009'],
  LOWTIDE_AZURE_MANAGEMENT_GROUPS: [AZURE, 'production'],
  LOWTIDE_AZURE_SELECT: [AZURE, 'tag:patched=yes'],
  LOWTIDE_AZURE_SHARED: [AZURE, 'patched'],
  LOWTIDE_AZURE_RESOURCE_HEALTH: [AZURE, 'off'],
  LOWTIDE_AZURE_HEARTBEAT: [AZURE, 'ready'],
  LOWTIDE_AZURE_ASSESSMENTS: [AZURE, 'ask'],
  LOWTIDE_AUTH: [{ ...ENTRA, WEBSITE_AUTH_ENABLED: 'true', LOWTIDE_AUTH_AUDIENCE: '' }, 'appService'],
  LOWTIDE_AUTH_TENANT: [ENTRA, '11111111-0000-4000-8000-000000000003'],
  LOWTIDE_AUTH_AUDIENCE: [ENTRA, 'api://other'],
  LOWTIDE_AUTH_ISSUER: [{ ...ENTRA, ...ISSUER }, 'https://issuer.example'],
  LOWTIDE_AUTH_JWKS_URL: [{ ...ENTRA, ...ISSUER }, 'https://issuer.example/keys'],
  LOWTIDE_AUTH_CLIENT: [ENTRA, '11111111-0000-4000-8000-000000000004'],
  LOWTIDE_NOTIFICATIONS: [{}, '[{"name":"ops","url":"https://ops.example/in"}]'],
  LOWTIDE_NOTIFICATIONS_PRIVATE: [{}, 'allow'],
  LOWTIDE_HOOK_SECRET: [{}, 'a-secret-of-24-characters'],
};

function settingsWith(environment: Environment): unknown {
  try {
    return readSettings(environment);
  } catch (error) {
    return String(error);
  }
}

describe('every other setting is read', () => {
  it.each(Object.entries(READ))('%s', (name, [beside, value]) => {
    const settings = readSettings({ ...beside, [name]: value });
    expect(settings).not.toEqual(settingsWith(beside));
  });

  it('and no documented one is left out here', () => {
    const covered = [...Object.keys(READ), ...Object.keys(SCHEDULES), ...Object.keys(ofTheApp)];
    const others = documented.filter((name) => !ofPolicy.has(name) && name !== 'LOWTIDE_STATE_DIR');
    expect(covered.sort()).toEqual(others.sort());
  });
});

const READERS = /Settings\.ts$|settings\.ts$|cloudProblems\.ts$/;
const DECLARED_IN = [
  'composition/settings.ts',
  'composition/azureSettings.ts',
  'composition/authSettings.ts',
  'composition/storageSettings.ts',
  'composition/tracingSettings.ts',
  'notifications/receivers.ts',
];

describe('what was read is used', () => {
  const parse = (file: string): ts.SourceFile =>
    ts.createSourceFile(file, readFileSync(join(ROOT, file), 'utf8'), ts.ScriptTarget.ES2022, true);
  const declared = DECLARED_IN.flatMap((file) => membersOf(parse(file)));
  const used = new Set(
    ['composition', 'operatorApi', 'notifications', 'functions']
      .flatMap((room) => readdirSync(join(ROOT, room)).map((name) => `${room}/${name}`))
      .filter((file) => file.endsWith('.ts') && !READERS.test(file))
      .flatMap((file) => takenIn(parse(file))),
  );

  it.each(declared)('%s', (member) => {
    expect([...used]).toContain(member);
  });

  it('those of Azure by what opens the driver of a deployment', () => {
    const opens = takenIn(parse('composition/openAzure.ts'));
    expect(membersOf(parse('composition/azureSettings.ts')).filter((name) => !opens.includes(name))).toEqual(
      [],
    );
  });

  it('and there are members to look at', () => {
    expect(declared.length).toBeGreaterThan(25);
  });
});

/** Members of what the file exports for others: `Settings`, `AzureSettings` and the like. */
function membersOf(source: ts.SourceFile): string[] {
  const found: string[] = [];
  const see = (node: ts.Node): void => {
    if (ts.isPropertySignature(node)) found.push(node.name.getText());
    node.forEachChild(see);
  };
  for (const statement of source.statements)
    if (
      (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) &&
      statement.name.text.endsWith('Settings')
    )
      see(statement);
  return [...new Set(found)];
}

/** Members that a file takes out of an object. */
function takenIn(source: ts.SourceFile): string[] {
  const found: string[] = [];
  const see = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node)) found.push(node.name.text);
    if (ts.isBindingElement(node)) found.push((node.propertyName ?? node.name).getText());
    node.forEachChild(see);
  };
  see(source);
  return found;
}
