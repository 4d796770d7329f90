import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostVersion, whyNotAdvanced } from '../../operatorApi/hostVersion';

test('a rollout that a newer version began says on this host that it stands still, and what to deploy', () => {
  expect(whyNotAdvanced('2.0', '1.10')).toMatch(
    /begun by version 2\.0.*host is version 1\.10.*Deploy version 2\.0/,
  );
});

test.each([
  ['1.9', '1.10'],
  ['1.0', '1.0'],
  [null, '1.0'],
  ['1.0', null],
])('a rollout of version %s is advanced by a host of version %s', (version, host) => {
  expect(whyNotAdvanced(version, host)).toBeNull();
});

test("this host's version is that of host.json, unless an app setting overrides it", () => {
  const file = readFileSync(join(__dirname, '../../host.json'), 'utf8');
  expect(file).toContain(`"defaultVersion": "${String(hostVersion())}"`);
  const name = 'AzureFunctionsJobHost__extensions__durableTask__defaultVersion';
  process.env[name] = '9.9';
  expect(hostVersion()).toBe('9.9');
  Reflect.deleteProperty(process.env, name);
});
