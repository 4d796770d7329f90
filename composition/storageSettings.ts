/** Where the tables are: by a connection string, or by an identity, without any key. */
export type StorageSettings =
  | { readonly kind: 'connectionString'; readonly text: string }
  | { readonly kind: 'identity'; readonly tablesUrl: string; readonly clientId: string | null };

type Given = (name: string) => string | null;

/**
 * The same settings as the Functions host has for its own storage (Durable Functions: «configure managed identity»), so that there is one
 * account and one way to it.
 */
export function storageOf(given: Given, problems: string[]): StorageSettings {
  const text = given('AzureWebJobsStorage');
  const account = given('AzureWebJobsStorage__accountName');
  const tablesUrl = given('AzureWebJobsStorage__tableServiceUri');
  if (account === null && tablesUrl === null)
    return { kind: 'connectionString', text: text ?? 'UseDevelopmentStorage=true' };
  if (text !== null)
    problems.push(
      'AzureWebJobsStorage and AzureWebJobsStorage__accountName are both given; give one of them.',
    );
  if (account !== null && !/^[a-z0-9]{3,24}$/.test(account))
    problems.push(
      `AzureWebJobsStorage__accountName is '${account}'; a storage account has 3 to 24 small letters and digits.`,
    );
  const url = tablesUrl ?? `https://${account ?? ''}.table.core.windows.net`;
  if (!/^https:\/\/[a-z0-9.-]+\/?$/i.test(url))
    problems.push(`AzureWebJobsStorage__tableServiceUri is '${url}'; it is an https address.`);
  return { kind: 'identity', tablesUrl: url, clientId: given('AzureWebJobsStorage__clientId') };
}
