import type { AzureSettings } from '../composition/azureSettings';
import { LowtideError } from '../domain/lowtideError';
import type { AppSettings } from '../local/appSettings';
import { readAppSettings } from '../local/appSettings';

/** What the commands that speak with Azure are given. */
export interface AzureOptions {
  readonly subscriptions?: string | undefined;
  readonly settings?: string | undefined;
}

/** The settings of the Azure driver, whatever driver the app itself has. */
export function azureSettingsOf({ subscriptions, settings: file }: AzureOptions): AppSettings & {
  readonly azure: AzureSettings;
} {
  // What the app on this machine has of made-up VMs does not concern them.
  const own: Record<string, string> = {
    LOWTIDE_DRIVER: 'azure',
    LOWTIDE_DRIVER_URL: '',
    LOWTIDE_FLEET: '',
    LOWTIDE_SCENARIO: '',
    LOWTIDE_STATE_DIR: '',
  };
  if (subscriptions !== undefined) own['LOWTIDE_AZURE_SUBSCRIPTIONS'] = subscriptions;
  const read = readAppSettings({ file, own, isOwnFleet: true });
  const { azure } = read.settings;
  if (azure !== null) return { ...read, azure };
  throw new LowtideError('SETTING_INVALID', {
    what: 'The Azure driver has no settings.',
    why: 'This command speaks with Azure.',
    fix: 'Name the subscriptions: --subscriptions ID,ID, or LOWTIDE_AZURE_SUBSCRIPTIONS.',
  });
}

/** Requests by method and kind, for the last line of a command that must not write. */
export class RequestCount {
  readonly #counts = new Map<string, number>();
  #writes = 0;

  readonly seen = ({ method, action }: { readonly method: string; readonly action: string | null }): void => {
    const key = `${method} ${action ?? 'without a permission of its own'}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    // A query of Resource Graph is a POST that reads.
    if (method !== 'GET' && action !== 'Microsoft.ResourceGraph/resources/read') this.#writes += 1;
  };

  get writes(): number {
    return this.#writes;
  }

  lines(): readonly string[] {
    const rows = [...this.#counts].sort().map(([key, count]) => `  ${String(count).padStart(6)}  ${key}`);
    return ['Requests to Azure:', ...rows, `  ${String(this.#writes).padStart(6)}  that change anything`];
  }
}
