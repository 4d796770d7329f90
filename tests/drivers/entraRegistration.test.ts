import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const APP = '0b1f6471-1bf0-4dda-aec3-cb9272f09591';
const ENVIRONMENT = { AZURE_ENV_NAME: 'prod', LOWTIDE_PATCHED_SUBSCRIPTIONS: 'a,b' };

/** Commands of the names that azd's hooks run: each writes down how it was called, and answers as a tenant with or without the registration. */
describe('the hooks of azd', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lowtide-entra-'));
  const log = join(folder, 'calls');
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  const hook = (
    when: string,
    environment: Record<string, string>,
    isRegistered = false,
  ): { status: number | null; said: string; calls: string[] } => {
    const answers = isRegistered ? `*'ad app list'*|*'ad sp list'*) echo ${APP};;` : '';
    const script = `#!/bin/sh\necho "$(basename "$0") $*" >> "${log}"\ncase "$*" in *'ad app create'*) echo ${APP};; *'ad app show'*) echo object-1;; ${answers} esac\n`;
    rmSync(log, { force: true });
    for (const name of ['az', 'azd']) {
      writeFileSync(join(folder, name), script);
      chmodSync(join(folder, name), 0o755);
    }
    const path = [folder, dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter);
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(ROOT, 'infra/entra/registerApp.mjs'), when],
      { encoding: 'utf8', env: { PATH: path, ...environment } },
    );
    const calls = existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : [];
    return { status, said: stdout + stderr, calls };
  };
  const kinds = (calls: readonly string[]): string[] =>
    calls.map((call) =>
      call
        .split(' ')
        .slice(0, 4)
        .join(' ')
        .replace(/ --.*$/, ''),
    );

  it('are those of azure.yaml', () => {
    const yaml = readFileSync(join(ROOT, 'azure.yaml'), 'utf8');
    expect(yaml).toMatch(/preprovision:\n.*\n {4}run: node infra\/entra\/registerApp\.mjs before/);
    expect(yaml).toMatch(/postprovision:\n.*\n {4}run: node infra\/entra\/registerApp\.mjs after/);
  });

  it('azd up without a word on whose VMs are patched makes nothing', () => {
    const { status, said, calls } = hook('before', { AZURE_ENV_NAME: 'prod' });
    expect([status, calls]).toEqual([1, []]);
    expect(said).toMatch(/azd env set LOWTIDE_PATCHED_SUBSCRIPTIONS/);
  });

  it('azd up registers the API with its roles, and gives the deployment its id', () => {
    const { status, calls } = hook('before', ENVIRONMENT);
    expect(status).toBe(0);
    expect(kinds(calls)).toEqual([
      'az ad app list',
      'az ad app create',
      'az ad sp list',
      'az ad sp create',
      'azd env set LOWTIDE_AUTH_AUDIENCE',
      'azd env set LOWTIDE_REGISTRATION',
    ]);
    expect(calls[1]).toMatch(/--sign-in-audience AzureADMyOrg --app-roles @\/.*appRoles\.json/);
    expect(calls[4]).toBe(`azd env set LOWTIDE_AUTH_AUDIENCE ${APP}`);
  });

  it('the second azd up registers nothing again', () => {
    const known = { ...ENVIRONMENT, LOWTIDE_AUTH_AUDIENCE: APP, LOWTIDE_REGISTRATION: APP };
    const { status, calls } = hook('before', known, true);
    expect(status).toBe(0);
    expect(kinds(calls).slice(0, 3)).toEqual(['az ad app list', 'az ad app update', 'az ad sp list']);
    expect(calls.join('\n')).not.toMatch(/create/);
  });

  it('a registration of one’s own is left alone', () => {
    const own = { ...ENVIRONMENT, LOWTIDE_AUTH_AUDIENCE: APP, LOWTIDE_URL: 'https://x' };
    expect(hook('before', own).calls).toEqual([]);
    expect(hook('after', own).calls).toEqual([]);
  });

  it('the dashboard of the deployment is where people may be sent back to', () => {
    const { status, calls } = hook('after', {
      ...ENVIRONMENT,
      LOWTIDE_AUTH_AUDIENCE: APP,
      LOWTIDE_REGISTRATION: APP,
      LOWTIDE_URL: 'https://func.azurewebsites.net',
    });
    expect(status).toBe(0);
    expect(calls[1]).toBe(
      'az rest --method PATCH --headers Content-Type=application/json --body {"spa":{"redirectUris":["https://func.azurewebsites.net/dashboard"]}} --url https://graph.microsoft.com/v1.0/applications/object-1',
    );
  });
});
