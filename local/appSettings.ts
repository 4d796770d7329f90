import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { readSettings, settingName, type Settings } from '../composition/settings';
import { defaultPolicy, Policy } from '../domain/policy';
import { readLocalSettings } from './localSettings';
import { PACKAGE_ROOT } from './packageRoot';

/** The settings that a command uses: the same for `plan`, which only looks, as for `start` and `serve`, which act. */
export interface AppSettings {
  /** Names and values, for the environment of a hosted app. */
  readonly values: Readonly<Record<string, string>>;
  readonly settings: Settings;
  /** What people should know before they trust the answer: where the settings are from, and which policy values are not the defaults. */
  readonly summary: string;
}

export interface AppSettingsOptions {
  /** A file like local.settings.json, over that and over the environment. */
  readonly file?: string | undefined;
  /** The fleet file that the command is about. One of a person's own has the images of today, unless a setting says otherwise. */
  readonly fleet?: string | undefined;
  /** What the command itself decides, over everything. */
  readonly own?: Readonly<Record<string, string>>;
  /** Folder of local.settings.json. */
  /** There is no file: the fleet is what will be posted, or what Azure lists. It is none of those that ship with Lowtide. */
  readonly isOwnFleet?: boolean;
  readonly folder?: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

const LOCAL_SETTINGS = 'local.settings.json';

/**
 * local.settings.json, below the environment (as with func start), below the named file, below the command's own. Throws SETTING_INVALID
 * with every mistake.
 */
export function readAppSettings(options: AppSettingsOptions = {}): AppSettings {
  const { file, fleet, own = {}, folder = PACKAGE_ROOT, environment = process.env } = options;
  const isOwn = options.isOwnFleet ?? (fleet !== undefined && !isShipped(fleet));
  const local = join(folder, LOCAL_SETTINGS);
  const hasLocal = existsSync(local);
  const fromEnvironment = settingsIn(environment);
  const values = {
    ...(isOwn ? CURRENT_IMAGES : {}),
    ...(hasLocal ? readLocalSettings(local) : {}),
    ...fromEnvironment,
    ...(file === undefined ? {} : readLocalSettings(file)),
    ...own,
  };
  // Of the environment every name is looked at: LOWTDE_SOAK is a mistake, too.
  const settings = readSettings({ ...environment, ...values });
  const sources = [
    ...(hasLocal ? [LOCAL_SETTINGS] : []),
    ...(Object.keys(fromEnvironment).length > 0 ? ['the environment'] : []),
    ...(file === undefined ? [] : [file]),
  ];
  return { values, settings, summary: summaryOf(sources, values, settings.policy) };
}

/**
 * Of a host that the fleet is posted to, where it would have the images of today: it has those that its settings were read for, so that `start` is
 * the month of `plan` and `simulate`.
 */
export const settingsForPost = (app: AppSettings): AppSettings => ({
  ...app,
  values: { ...app.values, LOWTIDE_IMAGE_PROFILE: app.settings.policy.imageProfile },
});

/** Fleets that ship with Lowtide are made for the specification's images. */
function isShipped(fleet: string): boolean {
  return !relative(join(PACKAGE_ROOT, 'fleets'), resolve(fleet)).startsWith('..');
}

const CURRENT_IMAGES = { LOWTIDE_IMAGE_PROFILE: 'current' };

function settingsIn(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment))
    if (value !== undefined && (name.startsWith('LOWTIDE_') || name === 'AzureWebJobsStorage'))
      found[name] = value;
  return found;
}

function summaryOf(
  sources: readonly string[],
  values: Readonly<Record<string, string>>,
  policy: Policy,
): string {
  const from = sources.length === 0 ? 'the defaults' : sources.join(', then ');
  const changed = Policy.keyof().options.filter(
    (key) => JSON.stringify(policy[key]) !== JSON.stringify(defaultPolicy[key]),
  );
  if (changed.length === 0) return `Settings: ${from}. Policy: the defaults.`;
  const rows = changed.map((key) => `  ${settingName(key)}=${values[settingName(key)] ?? ''}`);
  return [`Settings: ${from}. Policy: the defaults, but`, ...rows].join('\n');
}
