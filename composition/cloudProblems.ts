import { accountTableName, TABLE_NAMES } from '../store/store';
import { cloudSign } from './cloudSign';
import type { AzureSettings } from './azureSettings';
import type { StorageSettings } from './storageSettings';

type Environment = Readonly<Record<string, string | undefined>>;

/** What the host names its tables by, beside the hub's own name. Table names ignore case. */
const HUB_TABLES = ['History', 'Instances', 'Partitions', 'LargeMessages', ''];
const HUB_SETTINGS = [
  'AzureFunctionsJobHost__extensions__durableTask__hubName',
  'AzureFunctionsJobHost:extensions:durableTask:hubName',
];

interface Deployment {
  readonly driver: string;
  readonly store: 'tables' | 'memory';
  readonly storage: StorageSettings;
  readonly azure: AzureSettings | null;
}

/**
 * What must not be in the cloud, although it is fine on a machine of one's own: VMs that do not exist, tables that end with the process, an
 * endpoint that wants no token. That requests are let in without a sign-in is found by `readAuth`.
 */
export function cloudProblems(
  { driver, store, storage, azure }: Deployment,
  environment: Environment,
): readonly string[] {
  const sign = cloudSign(environment);
  if (sign === null) return [];
  const here = `this host is in the cloud (${sign} is set)`;
  const problems: string[] = [];
  if (driver !== 'azure')
    problems.push(
      `LOWTIDE_DRIVER is ${driver}, and ${here}: its VMs are simulated, and its ARM API would answer for Azure. Set LOWTIDE_DRIVER to azure.`,
    );
  if (store === 'memory')
    problems.push(
      `LOWTIDE_STORE is memory, and ${here}: what is being patched would be forgotten with the process. Leave it out.`,
    );
  if (
    storage.kind === 'connectionString' &&
    /UseDevelopmentStorage|127\.0\.0\.1|localhost/i.test(storage.text)
  )
    problems.push(
      `AzureWebJobsStorage is the storage of a developer's machine or not given, and ${here}. Set AzureWebJobsStorage__accountName (with an identity), or a connection string.`,
    );
  if (azure?.isLocal === true)
    problems.push(`LOWTIDE_AZURE_ENDPOINT is ${azure.endpoint}, and ${here}: no token would be sent.`);
  return [...problems, ...hubProblems(environment)];
}

/** A task hub whose tables would be Lowtide's own: the host would write its history among them. */
export function hubProblems(environment: Environment): readonly string[] {
  const ours = new Set(TABLE_NAMES.map((name) => accountTableName(name).toLowerCase()));
  return HUB_SETTINGS.flatMap((setting) => {
    const hub = environment[setting]?.trim() ?? '';
    if (hub === '') return [];
    if (!/^[a-z][a-z0-9]{2,44}$/i.test(hub))
      return [`${setting} is '${hub}'; a task hub has 3 to 45 letters and digits, and begins with a letter.`];
    const met = HUB_TABLES.map((name) => `${hub}${name}`.toLowerCase()).filter((name) => ours.has(name));
    return met.map((name) => `${setting} is '${hub}', whose table ${name} is one of Lowtide's own.`);
  });
}
