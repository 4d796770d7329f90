// Run by azd (azure.yaml) before and after it makes the resources. Before: registers the API in Entra with its roles, once an environment, and
// gives the deployment its application id. After: lets the dashboard of the deployment sign people in. A registration of one's own, named by
// LOWTIDE_AUTH_AUDIENCE, is left alone. Needs `az`, signed in with the right to register applications.
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const roles = `@${join(dirname(fileURLToPath(import.meta.url)), 'appRoles.json')}`;
const given = (name) => process.env[name]?.trim() ?? '';
const run = (command, ...args) =>
  execFileSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    shell: process.platform === 'win32',
  }).trim();

function fail(what) {
  console.error(what);
  process.exit(1);
}

function before() {
  if (given('LOWTIDE_PATCHED_SUBSCRIPTIONS') === '')
    fail(
      'Nothing says whose VMs are patched, and no subscription is taken by itself. Name them: azd env set LOWTIDE_PATCHED_SUBSCRIPTIONS <ID>,<ID>',
    );
  const own = given('LOWTIDE_AUTH_AUDIENCE');
  if (own !== '' && own !== given('LOWTIDE_REGISTRATION')) return;
  const name = `Lowtide (${given('AZURE_ENV_NAME')})`;
  const query = `[?displayName=='${name}'].appId | [0]`;
  const found = run('az', 'ad', 'app', 'list', '--display-name', name, '--query', query, '--output', 'tsv');
  const appId = found === '' ? create(name) : found;
  if (found !== '') run('az', 'ad', 'app', 'update', '--id', appId, '--app-roles', roles);
  enterprise(appId);
  run('azd', 'env', 'set', 'LOWTIDE_AUTH_AUDIENCE', appId);
  run('azd', 'env', 'set', 'LOWTIDE_REGISTRATION', appId);
  console.log(`Entra registration «${name}»: ${appId}.`);
}

function create(name) {
  const kind = ['--sign-in-audience', 'AzureADMyOrg', '--app-roles', roles];
  return run(
    ...['az', 'ad', 'app', 'create', '--display-name', name],
    ...[...kind, '--query', 'appId', '--output', 'tsv'],
  );
}

/** Roles are given to people on the enterprise application of a registration. */
function enterprise(appId) {
  const found = run(
    ...['az', 'ad', 'sp', 'list', '--filter', `appId eq '${appId}'`],
    ...['--query', '[0].id', '--output', 'tsv'],
  );
  if (found === '') run('az', 'ad', 'sp', 'create', '--id', appId);
}

function after() {
  const [appId, url] = [given('LOWTIDE_REGISTRATION'), given('LOWTIDE_URL')];
  if (appId === '' || appId !== given('LOWTIDE_AUTH_AUDIENCE')) return;
  const objectId = run('az', 'ad', 'app', 'show', '--id', appId, '--query', 'id', '--output', 'tsv');
  const body = JSON.stringify({ spa: { redirectUris: [`${url}/dashboard`] } });
  run(
    ...['az', 'rest', '--method', 'PATCH', '--headers', 'Content-Type=application/json', '--body', body],
    ...['--url', `https://graph.microsoft.com/v1.0/applications/${objectId}`],
  );
  console.log(
    `${url}/dashboard signs people in. Give people their roles: Entra ID, Enterprise applications, Lowtide (${given('AZURE_ENV_NAME')}), Users and groups.`,
  );
}

const steps = { before, after };
const step = steps[process.argv[2]];
if (step === undefined) fail('It is run as: node infra/entra/registerApp.mjs before|after');
step();
