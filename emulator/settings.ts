import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { parseHostJson } from './hostJson';

const LocalSettings = z.object({ Values: z.record(z.string(), z.string()).optional() });

const Manifest = z.object({ name: z.string().optional(), main: z.string(), type: z.string().optional() });

/** Which instances a host advances, by their version and its own `defaultVersion`. */
export interface Versioning {
  readonly hostVersion: string | null;
  readonly match: 'None' | 'Strict' | 'CurrentOrOlder';
  readonly onMismatch: 'Reject' | 'Fail';
}

/** What the folder of a v4 app says about itself. */
export interface AppSettings {
  readonly appDir: string;
  /** A file or a glob, relative to appDir. */
  readonly main: string;
  readonly routePrefix: string;
  readonly hubName: string;
  readonly versioning: Versioning;
  readonly activitiesMax: number;
  readonly partitionCount: number;
  /** Milliseconds for which a message that a host has taken stays hidden from the others, also when that host dies. */
  readonly controlQueueHiddenMs: number;
  readonly workItemQueueHiddenMs: number;
  /** Undefined: none. */
  readonly functionTimeoutMs: number | undefined;
  /** Members of host.json that the real host does not have. */
  readonly unknownMembers: readonly string[];
  readonly values: Readonly<Record<string, string>>;
}

/** The extension's default is ten for each core; a fixed number keeps a run the same on every machine. */
const ACTIVITIES_MAX_DEFAULT = 20;

/** Of `func start` and of every plan but Consumption. */
const FUNCTION_TIMEOUT_DEFAULT_MS = 30 * 60_000;

/** `environment` goes before `local.settings.json`, and both before what host.json says (`AzureFunctionsJobHost__…`). */
export function readSettings(
  appDir: string,
  environment: Readonly<Record<string, string | undefined>> = {},
): AppSettings {
  const manifest = read(appDir, 'package.json', (json) => Manifest.parse(json), undefined);
  const local = read(appDir, 'local.settings.json', (json) => LocalSettings.parse(json), {});
  const given = { ...local.Values, ...environment };
  const host = read(appDir, 'host.json', (json) => parseHostJson(json, given), {});
  const { extensions, functionTimeout = FUNCTION_TIMEOUT_DEFAULT_MS } = host.settings;
  const durable = extensions.durableTask;
  return {
    appDir,
    main: manifest.main,
    routePrefix: extensions.http?.routePrefix ?? 'api',
    hubName: durable.hubName,
    versioning: {
      hostVersion: durable.defaultVersion ?? null,
      match: durable.versionMatchStrategy,
      onMismatch: durable.versionFailureStrategy,
    },
    activitiesMax: durable.maxConcurrentActivityFunctions ?? ACTIVITIES_MAX_DEFAULT,
    partitionCount: durable.storageProvider.partitionCount,
    controlQueueHiddenMs: durable.storageProvider.controlQueueVisibilityTimeout,
    workItemQueueHiddenMs: durable.storageProvider.workItemQueueVisibilityTimeout,
    functionTimeoutMs: functionTimeout === '-1' ? undefined : functionTimeout,
    unknownMembers: host.unknown,
    values: local.Values ?? {},
  };
}

/** `fallback`: the content of a file that may be missing. */
function read<T>(appDir: string, name: string, parse: (json: unknown) => T, fallback: unknown): T {
  const path = join(appDir, name);
  const isMissing = !existsSync(path);
  if (isMissing && fallback === undefined) {
    throw new Error(
      `${path} is missing. The emulator hosts a Functions v4 app folder: package.json with "main", host.json.`,
    );
  }
  try {
    return parse(isMissing ? fallback : JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new Error(`${path} cannot be used: ${why}`, { cause: error });
  }
}
