import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const DurableTask = z.object({
  hubName: z.string().optional(),
  defaultVersion: z.string().optional(),
  maxConcurrentActivityFunctions: z.int().positive().optional(),
});

const HostJson = z.object({
  version: z.literal('2.0').optional(),
  functionTimeout: z.string().optional(),
  extensions: z
    .object({
      http: z.object({ routePrefix: z.string().optional() }).optional(),
      durableTask: DurableTask.optional(),
    })
    .optional(),
});

const LocalSettings = z.object({ Values: z.record(z.string(), z.string()).optional() });

const Manifest = z.object({ name: z.string().optional(), main: z.string(), type: z.string().optional() });

/** What the folder of a v4 app says about itself. */
export interface AppSettings {
  readonly appDir: string;
  /** A file or a glob, relative to appDir. */
  readonly main: string;
  readonly routePrefix: string;
  readonly hubName: string;
  readonly defaultVersion: string | null;
  readonly activitiesMax: number;
  readonly values: Readonly<Record<string, string>>;
}

/** The extension's default is ten for each core; a fixed number keeps a run the same on every machine. */
const ACTIVITIES_MAX_DEFAULT = 20;

export function readSettings(appDir: string): AppSettings {
  const manifest = read(appDir, 'package.json', Manifest, undefined);
  const host = read(appDir, 'host.json', HostJson, {});
  const local = read(appDir, 'local.settings.json', LocalSettings, {});
  const durable = host.extensions?.durableTask;
  return {
    appDir,
    main: manifest.main,
    routePrefix: host.extensions?.http?.routePrefix ?? 'api',
    hubName: durable?.hubName ?? 'TestHubName',
    defaultVersion: durable?.defaultVersion ?? null,
    activitiesMax: durable?.maxConcurrentActivityFunctions ?? ACTIVITIES_MAX_DEFAULT,
    values: local.Values ?? {},
  };
}

function read<T>(appDir: string, name: string, schema: z.ZodType<T>, fallback: T | undefined): T {
  const path = join(appDir, name);
  if (!existsSync(path)) {
    if (fallback !== undefined) return fallback;
    throw new Error(
      `${path} is missing. The emulator hosts a Functions v4 app folder: package.json with "main", host.json.`,
    );
  }
  try {
    return schema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new Error(`${path} cannot be used: ${why}`, { cause: error });
  }
}
