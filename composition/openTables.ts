import { DefaultAzureCredential } from '@azure/identity';
import type { TablesByIdentity } from '../store/azureTable';
import type { StorageSettings } from './storageSettings';

/** The identity that the tables are reached by. Loaded when it is first used: a machine with a connection string needs no credential. */
export function openTables({
  tablesUrl,
  clientId,
}: Extract<StorageSettings, { kind: 'identity' }>): TablesByIdentity {
  const credential =
    clientId === null
      ? new DefaultAzureCredential()
      : new DefaultAzureCredential({ managedIdentityClientId: clientId });
  return { tablesUrl, credential };
}
