import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAppSettings, settingsForPost } from '../../local/appSettings';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lowtide-settings-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function settingsFile(name: string, Values: Record<string, string>): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify({ IsEncrypted: false, Values }));
  return path;
}

test('without any, the defaults are used, and said', () => {
  const { values, summary } = readAppSettings({ folder, environment: { PATH: '/bin' } });
  expect(values).toEqual({});
  expect(summary).toBe('Settings: the defaults. Policy: the defaults.');
});

test('local.settings.json goes below the environment, that below the named file, that below what the command decides', () => {
  settingsFile('local.settings.json', {
    LOWTIDE_SOAK: 'PT1M',
    LOWTIDE_BAKE: 'PT1M',
    LOWTIDE_WAKE_FALLBACK: 'PT1M',
    LOWTIDE_SEED: '1',
  });
  const file = settingsFile('mine.json', { LOWTIDE_WAKE_FALLBACK: 'PT3M', LOWTIDE_SEED: '3' });
  const environment = { LOWTIDE_BAKE: 'PT2M', LOWTIDE_WAKE_FALLBACK: 'PT2M', LOWTIDE_SEED: '2' };
  const { settings } = readAppSettings({ folder, file, environment, own: { LOWTIDE_SEED: '4' } });
  const { soakSeconds, bakeSeconds, wakeFallbackSeconds } = settings.policy;
  expect([soakSeconds, bakeSeconds, wakeFallbackSeconds, settings.seed]).toEqual([60, 120, 180, 4]);
});

test('a fleet of one’s own has the images of today, one that ships with Lowtide those of the specification', () => {
  const profileOf = (options: object): string =>
    readAppSettings({ folder, environment: {}, ...options }).settings.policy.imageProfile;
  expect(profileOf({ fleet: 'fleets/contoso.json' })).toBe('specification');
  expect(profileOf({ fleet: join(folder, 'mine.json') })).toBe('current');
  expect(profileOf({ isOwnFleet: true })).toBe('current');
  const environment = { LOWTIDE_IMAGE_PROFILE: 'specification' };
  expect(profileOf({ isOwnFleet: true, environment })).toBe('specification');
});

test('a shipped fleet that start posts has the images that plan and simulate give it, unless a setting says otherwise', () => {
  const postedWith = (options: object): unknown =>
    settingsForPost(readAppSettings({ folder, environment: {}, ...options })).values['LOWTIDE_IMAGE_PROFILE'];
  expect(postedWith({ fleet: 'fleets/contoso.json' })).toBe('specification');
  expect(postedWith({ fleet: join(folder, 'mine.json') })).toBe('current');
  const environment = { LOWTIDE_IMAGE_PROFILE: 'current' };
  expect(postedWith({ fleet: 'fleets/contoso.json', environment })).toBe('current');
});

test('it is said which files were used, and which values of the policy are not the defaults', () => {
  settingsFile('local.settings.json', { LOWTIDE_SOAK: 'PT30M', LOWTIDE_BAKE: 'nextWindow' });
  const { summary } = readAppSettings({ folder, environment: { LOWTIDE_PHASES_MIN: '5' } });
  expect(summary.split('\n')).toEqual([
    'Settings: local.settings.json, then the environment. Policy: the defaults, but',
    '  LOWTIDE_SOAK=PT30M',
    '  LOWTIDE_PHASES_MIN=5',
  ]);
});

test('a misspelt setting is refused wherever it stands', () => {
  expect(() => readAppSettings({ folder, environment: { LOWTDE_SOAK: 'PT1M' } })).toThrow('LOWTIDE_SOAK');
  settingsFile('local.settings.json', { LOWTIDE_SOKA: 'PT1M' });
  expect(() => readAppSettings({ folder, environment: {} })).toThrow('LOWTIDE_SOKA');
});
