import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const HostJson = z.object({
  extensions: z
    .object({ durableTask: z.object({ defaultVersion: z.string().optional() }).optional() })
    .optional(),
});

/** The app setting by which Azure overrides that member of host.json. */
const OVERRIDE = 'AzureFunctionsJobHost__extensions__durableTask__defaultVersion';

/** The `defaultVersion` of this host: new instances get it, and those of a newer one are not advanced here. Null when it has none. */
export function hostVersion(): string | null {
  const override = process.env[OVERRIDE];
  if (override !== undefined && override !== '') return override;
  const file = hostJsonAbove(__dirname);
  if (file === null) return null;
  const { extensions } = HostJson.parse(JSON.parse(readFileSync(file, 'utf8')));
  return extensions?.durableTask?.defaultVersion ?? null;
}

/** Says why a rollout stands still that a newer host began; null when this host advances it. */
export function whyNotAdvanced(version: string | null, host: string | null): string | null {
  if (version === null || host === null) return null;
  if (version.localeCompare(host, 'en', { numeric: true }) <= 0) return null;
  return (
    `It was begun by version ${version}, and this host is version ${host}: it does not advance what a newer version began. ` +
    `Deploy version ${version} or newer again (docs/upgrades.md).`
  );
}

function hostJsonAbove(folder: string): string | null {
  const file = join(folder, 'host.json');
  if (existsSync(file)) return file;
  const above = dirname(folder);
  return above === folder ? null : hostJsonAbove(above);
}
