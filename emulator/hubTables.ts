import { createRequire } from 'node:module';
import { join } from 'node:path';
import { messageOf } from './engine/values';
import type { Guards } from './guards';

/** Tables that the durable extension keeps in the app's storage account, behind the hub's name. */
const HUB_TABLES = ['History', 'Instances', 'Partitions'] as const;

interface TableModule {
  readonly TableClient: { readonly prototype: { readonly tableName: string; createTable: Create } };
  readonly TableServiceClient: TableServiceClass;
}

type Create = (this: { readonly tableName?: string }, ...args: unknown[]) => unknown;

interface TableServiceClass {
  readonly prototype: { createTable: Create };
  fromConnectionString(
    connection: string,
    options: object,
  ): {
    listTables(): AsyncIterable<{ readonly name?: string }>;
    createTable(name: string): Promise<void>;
  };
}

/**
 * Keeps the names of the hub's tables. Table names ignore case: on Azurite the app's creation of such a table is answered 409, which its
 * client takes for "exists already", and every call after it 404; on Azure the app's rows would stand among the hub's. The emulator knows
 * nothing of the app's tables, so it looks where they are made: in the table library that the app uses, and in the account at the start.
 * Returns the undo.
 */
export function reserveHubTables(appDir: string, hubName: string, guards: Guards): () => void {
  const library = tableLibrary(appDir);
  if (!library) return () => undefined;
  const theirs = new Map(
    HUB_TABLES.map((suffix) => [`${hubName}${suffix}`.toLowerCase(), `${hubName}${suffix}`]),
  );
  const check = (name: unknown): void => {
    const meets = typeof name === 'string' ? theirs.get(name.toLowerCase()) : undefined;
    if (meets !== undefined) refuse(guards, String(name), meets);
  };
  const table = library.TableClient.prototype;
  const service = library.TableServiceClient.prototype;
  const before = { table: table.createTable, service: service.createTable };
  table.createTable = function (...args) {
    check(this.tableName);
    return before.table.apply(this, args);
  };
  service.createTable = function (...args) {
    check(args[0]);
    return before.service.apply(this, args);
  };
  return () => {
    table.createTable = before.table;
    service.createTable = before.service;
  };
}

/**
 * As the real host at its start: the hub's tables are made in the account, when that is an Azurite on this machine. A table that is there
 * already under the same letters in other case is the app's.
 */
export async function createHubTables(
  appDir: string,
  hubName: string,
  connection: string | undefined,
  guards: Guards,
  log: (line: string) => void,
): Promise<void> {
  const library = tableLibrary(appDir);
  if (!library || connection === undefined || !isLocal(connection)) return;
  const client = library.TableServiceClient.fromConnectionString(connection, {
    allowInsecureConnection: true,
    // Azurite closes a connection that was idle for 5 s, which a client that keeps it learns with its next request.
    retryOptions: { maxRetries: 1, retryDelayInMs: 50 },
  });
  const names: string[] = [];
  try {
    for await (const { name } of client.listTables()) if (name !== undefined) names.push(name);
  } catch (error) {
    log(
      `warning: the storage of AzureWebJobsStorage does not answer (${messageOf(error)}): the real host would not start. Start Azurite first.`,
    );
    return;
  }
  for (const suffix of ['History', 'Instances']) {
    const wanted = `${hubName}${suffix}`;
    const same = names.find((name) => name.toLowerCase() === wanted.toLowerCase());
    if (same === undefined) await client.createTable(wanted);
    else if (same !== wanted) refuse(guards, same, wanted);
  }
}

function refuse(guards: Guards, name: string, meets: string): void {
  guards.refuse({
    code: 'hub-table',
    subject: name,
    what: `The app's table ${name} and the hub's table ${meets} have the same name: table names ignore case.`,
    why: 'On Azurite the second creation is answered 409, and every call after it 404 TableNotFound; on Azure the rows would mix.',
    fix: 'Give the table another name, or the hub (extensions.durableTask.hubName in host.json).',
  });
}

function isLocal(connection: string): boolean {
  return (
    /UseDevelopmentStorage=true/i.test(connection) ||
    /TableEndpoint=http:\/\/(127\.0\.0\.1|localhost)[:/]/i.test(connection)
  );
}

function tableLibrary(appDir: string): TableModule | undefined {
  try {
    return createRequire(join(appDir, 'package.json'))('@azure/data-tables') as TableModule;
  } catch {
    return undefined;
  }
}
