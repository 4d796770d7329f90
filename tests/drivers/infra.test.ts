import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSettings } from '../../composition/settings';

const ROOT = join(__dirname, '..', '..');
const INFRA = join(ROOT, 'infra');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const bicepFiles = readdirSync(INFRA, { recursive: true, encoding: 'utf8' }).filter((path) =>
  path.endsWith('.bicep'),
);
const bicep = bicepFiles.map((path) => readFileSync(join(INFRA, path), 'utf8')).join('\n');
const matches = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, found = '']) => found);

/** Compiling takes half a minute, so it is done where BICEP names a compiler. `node infra/checkBicep.mjs` finds one, or fetches it. */
const compiler = process.env['BICEP'] ?? null;

describe('the deployment', () => {
  it('gives the app settings that it reads, and the app starts with them in the cloud', () => {
    const names = matches(bicep, /^\s*(LOWTIDE_[A-Z_]+):/gm).filter((name) => name !== 'LOWTIDE_URL');
    expect(names).toEqual(
      expect.arrayContaining(['LOWTIDE_DRIVER', 'LOWTIDE_AZURE_SUBSCRIPTIONS', 'LOWTIDE_AUTH']),
    );
    const values: Record<string, string> = {
      LOWTIDE_DRIVER: 'azure',
      LOWTIDE_AZURE_SUBSCRIPTIONS: '0b1f6471-1bf0-4dda-aec3-cb9272f09590',
      LOWTIDE_AZURE_ENDPOINT: 'https://management.azure.com/',
      LOWTIDE_AUTH: 'entra',
      LOWTIDE_IMAGE_PROFILE: 'current',
      LOWTIDE_AUTH_TENANT: '0b1f6471-1bf0-4dda-aec3-cb9272f09590',
      LOWTIDE_AUTH_AUDIENCE: '0b1f6471-1bf0-4dda-aec3-cb9272f09591',
    };
    expect([...new Set(names)].sort()).toEqual(Object.keys(values).sort());
    const storage = Object.fromEntries(
      matches(bicep, /^\s*(AzureWebJobsStorage__\w+):/gm).map((name) => [
        name,
        name.endsWith('accountName') ? 'stlowtideabc' : 'managedidentity',
      ]),
    );
    const settings = readSettings({ WEBSITE_SITE_NAME: 'func-lowtide', ...values, ...storage });
    expect(settings.storage.kind).toBe('identity');
    expect(settings.azure?.endpoint).toBe('https://management.azure.com');
  });

  it('has no key and no secret: storage by identity, telemetry by identity', () => {
    expect(bicep).toMatch(/allowSharedKeyAccess: false/);
    expect(bicep).toMatch(/DisableLocalAuth: true/);
    expect(bicep).not.toMatch(/listKeys|AccountKey|AzureWebJobsStorage: /);
  });

  it('runs on a Node that the package supports and that Azure supports', () => {
    expect(new Set(matches(bicep, /name: 'node', version: '(\d+)'/g))).toEqual(new Set(['22']));
    expect(JSON.parse(read('package.json'))).toMatchObject({
      engines: { node: expect.stringContaining('^22') as string },
    });
  });

  it('every parameter of a module is given, and azd finds the app', () => {
    const main = read('infra/main.bicep');
    for (const [, name = '', body = ''] of main.matchAll(
      /module (\w+) '[^']+' = (?:if \([^)]*\) )?(?:\[[^:]*: )?\{(.*?)\n\}/gs,
    )) {
      const path = new RegExp(`module ${name} '([^']+)'`).exec(main)?.[1] ?? '';
      const wanted = matches(read(`infra/${path}`), /^param (\w+) [^=\n]+$/gm);
      for (const parameter of wanted)
        expect([name, body]).toEqual([name, expect.stringMatching(`\\b${parameter}:`)]);
    }
    expect(bicep).toMatch(/'azd-service-name': 'app'/);
    expect(read('azure.yaml')).toMatch(/services:\n {2}app:/);
  });

  it('each alert looks for what the app really says, or for a timer that it really has', () => {
    const code = [
      'operatorApi/timers/startSweeps.ts',
      'orchestrations/inventorySweep.ts',
      'orchestrations/ledgerSweep.ts',
      'orchestrations/runRound.ts',
    ]
      .map(read)
      .join('\n');
    const timers = readdirSync(join(ROOT, 'functions'))
      .map((file) => read(`functions/${file}`))
      .join('\n');
    const queries = matches(read('infra/modules/monitoring.bicep'), /query: '(.*)'$/gm);
    expect(queries.length).toBeGreaterThan(4);
    for (const query of queries)
      for (const phrase of matches(query, /"([^"]+)"/g)) {
        const isTimer = query.startsWith('requests');
        expect([phrase, (isTimer ? timers : code).includes(isTimer ? `'${phrase}'` : phrase.trim())]).toEqual(
          [phrase, true],
        );
      }
  });

  it('every choice of a deployment is a parameter, and in the documentation', () => {
    const given = read('infra/main.bicepparam');
    const names = matches(given, /readEnvironmentVariable\('(LOWTIDE_\w+)'/g);
    expect(names).toEqual(expect.arrayContaining(['LOWTIDE_ALERT_EMAILS', 'LOWTIDE_APP_SETTINGS']));
    const azure = read('docs/azure.md');
    for (const name of names) expect([name, azure.includes(name)]).toEqual([name, true]);
    const wanted = matches(read('infra/main.bicep'), /^param (\w+) /gm);
    const set = matches(given, /^param (\w+) /gm);
    expect(wanted.filter((name) => !set.includes(name))).toEqual(['authTenantId']);
    expect(set.filter((name) => !wanted.includes(name))).toEqual([]);
  });

  it('the hub of the Durable Task Scheduler is the one that the host is given', () => {
    const { extensions } = JSON.parse(read('host.json')) as {
      extensions: { durableTask: { hubName: string } };
    };
    expect(matches(bicep, /resource hub 'taskHubs' = \{ name: '(\w+)' \}/g)).toEqual([
      extensions.durableTask.hubName,
    ]);
  });

  it('the roles that people may have for a time are none of the app’s', () => {
    const actionsOf = (role: string): string[] =>
      (JSON.parse(read(`infra/roles/${role}.json`)) as { actions: string[] }).actions;
    expect(readdirSync(join(INFRA, 'roles')).sort()).toEqual([
      'enablement.json',
      'patching.json',
      'power.json',
    ]);
    const own = actionsOf('patching');
    for (const role of ['enablement', 'power']) {
      expect(actionsOf(role)).toHaveLength(1);
      expect(own).not.toEqual(expect.arrayContaining(actionsOf(role)));
    }
    expect(matches(bicep, /loadJsonContent\('(.*?)'\)/g)).toEqual(['../roles/patching.json']);
  });

  it('roles of the registration are those that the guard knows', () => {
    const roles = JSON.parse(read('infra/entra/appRoles.json')) as { value: string; id: string }[];
    expect(roles.map(({ value }) => value)).toEqual(['reader', 'operator', 'approver']);
    expect(new Set(roles.map(({ id }) => id)).size).toBe(3);
  });

  it('compiles, and its linter has nothing to say (where BICEP names a compiler)', () => {
    if (compiler === null) return;
    const env = { ...process.env, DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: '1' };
    const { stdout, stderr } = spawnSync(compiler, ['build', '--stdout', join(INFRA, 'main.bicep')], {
      encoding: 'utf8',
      env,
    });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/subscriptionDeploymentTemplate/);
  });
});
