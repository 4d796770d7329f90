import { join } from 'node:path';
import { Duration } from 'luxon';
import { z } from 'zod';
import { LowtideError } from '../domain/lowtideError';
import { defaultPolicy, Policy } from '../domain/policy';
import type { NotificationSettings } from '../notifications/receivers';
import { AUTH_SETTINGS, readAuth, type AuthSettings } from './authSettings';
import { AZURE_SETTINGS, readAzure, type AzureSettings } from './azureSettings';
import { cloudProblems } from './cloudProblems';
import { NOTIFICATION_SETTINGS, readNotifications } from './notificationSettings';
import {
  canaryProblems,
  extraRegionProblems,
  extraRegionsOf,
  imageProblems,
  nameProblems,
} from './settingProblems';
import { readTracing, type TracingSettings } from './tracingSettings';
import { storageOf, type StorageSettings } from './storageSettings';

/** What a deployment decides, beside the policy. */
export interface Settings {
  readonly driver: 'simulated' | 'served' | 'azure';
  /** Where the simulated driver is served; null unless the driver is `served`. */
  readonly driverUrl: string | null;
  readonly store: 'tables' | 'memory';
  readonly storage: StorageSettings;
  /** Folder of the simulated driver's memory; null keeps it in the process only, which the store `memory` alone allows. */
  readonly stateDir: string | null;
  readonly seed: number;
  /** Assessments, installations and reboots of simulated VMs go so many times as fast as on real ones. */
  readonly pace: number;
  /** Paths of files that are read when the app starts; null for none. */
  readonly fleetFile: string | null;
  readonly scenarioFile: string | null;
  /** Null unless the driver is `azure`. */
  readonly azure: AzureSettings | null;
  readonly auth: AuthSettings;
  readonly notifications: NotificationSettings;
  /** Null when nothing is traced. */
  readonly tracing: TracingSettings | null;
  readonly policy: Policy;
  /** Otherwise a fleet that is posted has the images of today, as a fleet of one's own has. */
  readonly isImageProfileGiven: boolean;
}

const PREFIX = 'LOWTIDE_';
/** The next phase waits for windows that open after the gate did. The second is an older name of the first. */
const NEXT_WINDOW = ['nextWindow', 'nextNight'];

/** Every setting that is not a value of the policy, with the part of the app that reads it: here, or a timer trigger's schedule. */
const DEPLOYMENT_SETTINGS = [
  'LOWTIDE_DRIVER',
  'LOWTIDE_DRIVER_URL',
  'LOWTIDE_STORE',
  'LOWTIDE_STATE_DIR',
  'LOWTIDE_SEED',
  'LOWTIDE_SIMULATED_PACE',
  'LOWTIDE_FLEET',
  'LOWTIDE_SCENARIO',
  ...AZURE_SETTINGS,
  ...AUTH_SETTINGS,
  ...NOTIFICATION_SETTINGS,
  'LOWTIDE_ROLLOUT_SCHEDULE',
  'LOWTIDE_SWEEP_SCHEDULE',
  'LOWTIDE_RETENTION_SCHEDULE',
] as const;
const SCHEDULE_FIELDS = 6;

/** `soakSeconds` is read from LOWTIDE_SOAK as an ISO 8601 duration; `phasesMin` from LOWTIDE_PHASES_MIN as it is. */
export function settingName(policyKey: string): string {
  const name = policyKey.replace(/Seconds$/, '').replace(/[A-Z]/g, (letter) => `_${letter}`);
  return `${PREFIX}${name.toUpperCase()}`;
}

/** Reads the settings; every mistake in them is reported at once. Source of the names: docs/settings.md. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const problems = nameProblems(Object.keys(environment), settingNames());
  const given = (name: string): string | null => {
    const value = environment[name]?.trim() ?? '';
    return value === '' ? null : value;
  };
  const oneOf = <T extends string>(name: string, allowed: readonly T[], otherwise: T): T => {
    const value = given(name);
    const found = allowed.find((choice) => choice === value);
    if (value !== null && found === undefined)
      problems.push(`${name} is '${value}'; it may be ${allowed.join(' or ')}.`);
    return found ?? otherwise;
  };
  for (const name of DEPLOYMENT_SETTINGS.filter((each) => each.endsWith('_SCHEDULE'))) {
    const fields = given(name)?.split(/\s+/).length ?? SCHEDULE_FIELDS;
    if (fields !== SCHEDULE_FIELDS)
      problems.push(
        `${name} is '${given(name) ?? ''}'; it is a cron expression of six fields: 0 5 18 * * *.`,
      );
  }
  const seed = Number(given('LOWTIDE_SEED') ?? '1');
  if (!Number.isSafeInteger(seed))
    problems.push(`LOWTIDE_SEED is '${given('LOWTIDE_SEED') ?? ''}'; it is a whole number.`);
  const pace = Number(given('LOWTIDE_SIMULATED_PACE') ?? '1');
  if (!(Number.isFinite(pace) && pace > 0))
    problems.push(
      `LOWTIDE_SIMULATED_PACE is '${given('LOWTIDE_SIMULATED_PACE') ?? ''}'; it is a number > 0.`,
    );
  const driver = oneOf('LOWTIDE_DRIVER', ['simulated', 'served', 'azure'], 'simulated');
  problems.push(...driverProblems(driver, given));
  const store = oneOf('LOWTIDE_STORE', ['tables', 'memory'], 'tables');
  const settings: Settings = {
    driver,
    driverUrl: given('LOWTIDE_DRIVER_URL'),
    store,
    storage: storageOf(given, problems),
    stateDir:
      driver !== 'simulated'
        ? null
        : (given('LOWTIDE_STATE_DIR') ?? (store === 'tables' ? defaultStateDir(given) : null)),
    seed,
    pace,
    fleetFile: given('LOWTIDE_FLEET'),
    scenarioFile: given('LOWTIDE_SCENARIO'),
    azure: readAzure(driver, given, oneOf, problems),
    auth: readAuth(environment, problems),
    notifications: readNotifications(given, problems),
    tracing: readTracing(given, problems),
    policy: readPolicy(given, problems),
    isImageProfileGiven: given(settingName('imageProfile')) !== null,
  };
  problems.push(...cloudProblems(settings, environment));
  if (problems.length === 0) return settings;
  throw new LowtideError('SETTING_INVALID', {
    what: problems.join(' '),
    why: 'Lowtide does not guess what an operator meant.',
    fix: 'Correct the settings in local.settings.json or in the Function App; docs/settings.md lists them all.',
  });
}

/** A served driver is somewhere, and what only a driver in the process can do is not asked of it. */
function driverProblems(driver: string, given: (name: string) => string | null): string[] {
  const url = given('LOWTIDE_DRIVER_URL');
  if (driver !== 'served')
    return url === null ? [] : ['LOWTIDE_DRIVER_URL is given, and LOWTIDE_DRIVER is not served.'];
  const problems = ['LOWTIDE_STATE_DIR', 'LOWTIDE_FLEET', 'LOWTIDE_SCENARIO']
    .filter((name) => given(name) !== null)
    .map(
      (name) => `${name} is of no use with LOWTIDE_DRIVER=served: the process that serves the driver has it.`,
    );
  if (url === null || !/^http:\/\/(127\.0\.0\.1|localhost):\d+\/?$/.test(url))
    problems.push(
      `LOWTIDE_DRIVER_URL is '${url ?? ''}'; it is an address on this machine: http://127.0.0.1:7072.`,
    );
  return problems;
}

/**
 * Tables outlive the process, so what the simulated driver did to the VMs must, too: a driver that has forgotten it, or a second host with
 * VMs of its own, would contradict what the tables say. The host names its app's folder, and runs the app in it.
 */
function defaultStateDir(given: (name: string) => string | null): string {
  return join(given('AzureWebJobsScriptRoot') ?? process.cwd(), '.lowtide', 'func');
}

/** Every name that a setting of Lowtide may have. */
function settingNames(): readonly string[] {
  return [...DEPLOYMENT_SETTINGS, ...Object.keys(Policy.shape).map(settingName)];
}

function readPolicy(given: (name: string) => string | null, problems: string[]): Policy {
  const raw: Partial<Record<keyof Policy, unknown>> = {};
  for (const key of Policy.keyof().options) {
    const name = settingName(key);
    const value = given(name);
    if (value !== null) raw[key] = readValue(key, value, (problem) => problems.push(`${name} ${problem}`));
  }
  problems.push(...valueProblems(raw));
  const parsed = Policy.safeParse(raw);
  if (parsed.success) return parsed.data;
  for (const { path, message } of parsed.error.issues)
    problems.push(`${settingName(String(path[0]))}: ${message}.`);
  return Policy.parse({});
}

/** What the shape of a value does not show: names of things that do not exist. */
function valueProblems(raw: Partial<Record<keyof Policy, unknown>>): string[] {
  const valueOf = <K extends keyof Policy>(key: K): Policy[K] => {
    const parsed = Policy.shape[key].safeParse(raw[key]);
    return parsed.success ? (parsed.data as Policy[K]) : defaultPolicy[key];
  };
  return [
    ...extraRegionProblems(valueOf('extraRegions')).map(
      (problem) => `${settingName('extraRegions')}: ${problem}`,
    ),
    ...canaryProblems(valueOf('canaryRegions'), extraRegionsOf(valueOf('extraRegions'))).map(
      (problem) => `${settingName('canaryRegions')}: ${problem}`,
    ),
    ...imageProblems(valueOf('extraImages')).map((problem) => `${settingName('extraImages')}: ${problem}`),
  ];
}

function readValue(key: string, value: string, problem: (text: string) => void): unknown {
  if (key === 'bakeSeconds' && NEXT_WINDOW.includes(value)) return null;
  if (key.endsWith('Seconds')) return readSeconds(value, problem);
  const shape = Policy.shape[key as keyof typeof Policy.shape].unwrap();
  if (shape instanceof z.ZodArray) {
    if (shape.element instanceof z.ZodObject) return readJson(value, problem);
    const items = value.split(',').map((item) => item.trim());
    return shape.element instanceof z.ZodNumber ? items.map(Number) : items;
  }
  return shape instanceof z.ZodNumber ? Number(value) : value;
}

function readJson(value: string, problem: (text: string) => void): unknown {
  try {
    return JSON.parse(value) as unknown;
  } catch {
    problem(`is '${value}'; it is a list of objects in JSON.`);
    return undefined;
  }
}

function readSeconds(value: string, problem: (text: string) => void): number | undefined {
  const duration = Duration.fromISO(value);
  if (duration.isValid) return duration.as('seconds');
  problem(`is '${value}'; it is an ISO 8601 duration such as PT15M.`);
  return undefined;
}
