import { randomUUID } from 'node:crypto';
import {
  TableClient,
  odata,
  type TableServiceClientOptions,
  type TransactionAction,
} from '@azure/data-tables';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { LowtideError } from '../domain/lowtideError';
import { type Entity, entityOf, rowOf, wireBytesOf, writerOf } from './azureEntity';
import {
  assertKey,
  byRow,
  type Change,
  jsonOf,
  listChanges,
  listConditions,
  TRANSACTION_CHANGES_MAX,
} from './rowValue';
import { codeOf, explainStorageError, httpStatusOf } from './storageErrors';
import {
  accountTableName,
  type Committed,
  type Conditions,
  type Row,
  type RowRange,
  type Store,
  type Table,
  type TableName,
} from './store';

/** Azure takes 4 MiB a transaction; the rest is room for the envelope of each change. */
const TRANSACTION_BYTES_MAX = 3_500_000;

/** Azure answers a list in pages of at most so many rows. */
const PAGE_ROWS_MAX = 1000;

/** No request to storage takes longer than this, retries included; Azure itself gives up on one after 30 s. */
const REQUEST_MILLISECONDS_MAX = 60_000;

/** A removal whose row vanishes between look and transaction is rare; that it happens this often in a row means a bug. */
const TRANSACTION_ATTEMPTS_MAX = 5;

/** An account that is reached by an identity, without any key. */
export interface TablesByIdentity {
  readonly tablesUrl: string;
  /** A TokenCredential of the SDK. */
  readonly credential: object;
}

/**
 * Tables `lowtide<Name>` in the storage account of a connection string, or of an identity, made on first use.
 * Throws STORAGE_UNAVAILABLE when storage does not answer.
 */
export function azureStore(
  account: string | TablesByIdentity,
  requestMillisecondsMax = REQUEST_MILLISECONDS_MAX,
): Store {
  const tables = new Map<TableName, Table>();
  return {
    table: (name) => {
      let table = tables.get(name);
      if (table === undefined)
        tables.set(name, (table = new AzureTable(clientOf(account, name, requestMillisecondsMax))));
      return table;
    },
  };
}

/**
 * Storage that closes a connection while a request is being written breaks the pipe. The SDK repeats a request whose connection was reset, and not that
 * one, though they are the same: the answer is not known.
 */
export const brokenPipeIsReset: PipelinePolicy = {
  name: 'lowtideBrokenPipe',
  sendRequest: async (request, next) => {
    try {
      return await next(request);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EPIPE') error.code = 'ECONNRESET';
      throw error;
    }
  },
};

function clientOf(
  account: string | TablesByIdentity,
  name: TableName,
  requestMillisecondsMax: number,
): TableClient {
  try {
    const options: TableServiceClientOptions = {
      // Plain HTTP is asked for by the connection string alone: Azurite.
      allowInsecureConnection:
        typeof account === 'string' && /=http:|DefaultEndpointsProtocol=http(;|$)/i.test(account),
      retryOptions: { maxRetries: 3, retryDelayInMs: 300, maxRetryDelayInMs: 3000 },
      additionalPolicies: [
        {
          position: 'perCall',
          policy: {
            name: 'lowtideTimeout',
            sendRequest: (request, next) => {
              // The SDK's own `timeout` leaves its timer behind, and the process waits for it.
              request.abortSignal ??= AbortSignal.timeout(requestMillisecondsMax);
              return next(request);
            },
          },
        },
        { position: 'perRetry', policy: brokenPipeIsReset },
      ],
    };
    return typeof account === 'string'
      ? TableClient.fromConnectionString(account, accountTableName(name), options)
      : new TableClient(account.tablesUrl, accountTableName(name), account.credential as never, options);
  } catch (cause) {
    throw new LowtideError(
      'SETTING_INVALID',
      {
        what: 'The storage connection string cannot be read.',
        why: 'It is neither UseDevelopmentStorage=true nor an account or shared-access connection string with a table endpoint.',
        fix: 'Check AzureWebJobsStorage.',
      },
      { cause },
    );
  }
}

class AzureTable implements Table {
  #created: Promise<void> | null = null;

  readonly #client: TableClient;

  constructor(client: TableClient) {
    this.#client = client;
  }

  async get(partition: string, row: string): Promise<Row | null> {
    assertKeys(partition, row);
    const entity = await this.#read(partition, row);
    return entity === null ? null : rowOf(entity);
  }

  async insert(partition: string, row: string, value: unknown): Promise<boolean> {
    const { entity, writer } = newEntity(partition, row, value);
    return this.#conditional(partition, row, writer, () => this.#client.createEntity(entity));
  }

  async upsert(partition: string, row: string, value: unknown): Promise<void> {
    const { entity } = newEntity(partition, row, value);
    await this.#call(() => this.#client.upsertEntity(entity, 'Replace'));
  }

  async replace(partition: string, row: string, value: unknown, etag: string): Promise<boolean> {
    const { entity, writer } = newEntity(partition, row, value);
    return this.#conditional(partition, row, writer, () =>
      this.#client.updateEntity(entity, 'Replace', { etag }),
    );
  }

  async remove(partition: string, row: string): Promise<void> {
    assertKeys(partition, row);
    await this.#call(() => this.#client.deleteEntity(partition, row)).catch(unless404);
  }

  async removeIf(partition: string, row: string, etag: string): Promise<boolean> {
    assertKeys(partition, row);
    return this.#conditional(partition, row, randomUUID(), () =>
      this.#client.deleteEntity(partition, row, { etag }),
    );
  }

  async list(partition: string, { from, before, take = Infinity }: RowRange = {}): Promise<readonly Row[]> {
    assertKey('partition', partition);
    let filter = odata`PartitionKey eq ${partition}`;
    if (from !== undefined) filter += odata` and RowKey ge ${from}`;
    if (before !== undefined) filter += odata` and RowKey lt ${before}`;
    const rows = await this.#call(async () => {
      const found: Row[] = [];
      const pages = this.#client
        .listEntities({ queryOptions: { filter } })
        .byPage({ maxPageSize: Math.min(take, PAGE_ROWS_MAX) });
      for await (const page of pages) {
        for (const entity of page) found.push(rowOf(entity));
        if (found.length >= take) break;
      }
      return found;
    });
    const sorted = rows.sort(byRow);
    return sorted.length > take ? sorted.slice(0, take) : sorted;
  }

  async commit(partition: string, conditions: Conditions): Promise<Committed | null> {
    const changes = listConditions(partition, conditions);
    const writer = randomUUID();
    const actions = changes.map(({ row, json, etag }): TransactionAction => {
      const entity = entityOf(partition, row, json, writer);
      return etag === null ? ['create', entity] : ['update', entity, 'Replace', { etag }];
    });
    const [first] = changes;
    const etags = new Map<string, string>();
    const isWritten = await this.#conditional(partition, first?.row ?? '', writer, async () => {
      const { subResponses } = await this.#client.submitTransaction(actions);
      for (const [n, { etag }] of subResponses.entries()) {
        const row = changes[n]?.row;
        if (row !== undefined && etag !== undefined) etags.set(row, etag);
      }
    });
    return isWritten ? etags : null;
  }

  async write(partition: string, changes: Parameters<Table['write']>[1]): Promise<void> {
    const steps = listChanges(partition, changes).map((change) => stepOf(partition, change));
    for (const transaction of inTransactions(steps)) await this.#submit(partition, transaction);
  }

  /** Azure fails a whole transaction over one removal of a row that is gone: then the removals are looked at, and it is sent again. */
  async #submit(partition: string, steps: readonly Step[]): Promise<void> {
    let pending = steps;
    for (let attempt = 1; pending.length > 0; attempt += 1) {
      const actions = pending.map(({ action }) => action);
      try {
        await this.#call(() => this.#client.submitTransaction(actions));
        return;
      } catch (error) {
        if (httpStatusOf(error) !== 404 || attempt === TRANSACTION_ATTEMPTS_MAX) throw error;
        pending = await this.#withoutVain(partition, pending);
      }
    }
  }

  async #withoutVain(partition: string, steps: readonly Step[]): Promise<readonly Step[]> {
    const present = await Promise.all(
      steps.map(
        async ({ kind, row }) => kind === 'upsert' || (await this.#read(partition, row, ['RowKey'])) !== null,
      ),
    );
    return steps.filter((_, index) => present[index]);
  }

  /**
   * A write under a condition. When its answer is lost, the SDK sends it again and meets its own work as a conflict: the row's
   * writer says.
   */
  async #conditional(
    partition: string,
    row: string,
    writer: string,
    write: () => Promise<unknown>,
  ): Promise<boolean> {
    try {
      await this.#call(write);
      return true;
    } catch (error) {
      const status = httpStatusOf(error);
      if (status === 404) return false;
      if (status !== 409 && status !== 412) throw error;
      const entity = await this.#read(partition, row, ['writer']);
      return entity !== null && writerOf(entity) === writer;
    }
  }

  async #read(
    partition: string,
    row: string,
    select?: string[],
  ): Promise<Readonly<Record<string, unknown>> | null> {
    const queryOptions = select === undefined ? {} : { select };
    return this.#call(() => this.#client.getEntity(partition, row, { queryOptions })).catch(unless404);
  }

  /** Makes the table first if need be, again if it was dropped meanwhile, and explains what a person can repair. */
  async #call<T>(work: () => Promise<T>): Promise<T> {
    try {
      await this.#ensureCreated();
      return await work().catch(async (error: unknown) => {
        if (codeOf(error) !== 'TableNotFound') throw error;
        this.#created = null;
        await this.#ensureCreated();
        return work();
      });
    } catch (error) {
      throw explainStorageError(error, new URL(this.#client.url).host, this.#client.tableName);
    }
  }

  async #ensureCreated(): Promise<void> {
    this.#created ??= this.#client.createTable().catch((error: unknown) => {
      this.#created = null;
      throw error;
    });
    await this.#created;
  }
}

function unless404(error: unknown): null {
  if (httpStatusOf(error) === 404) return null;
  throw error;
}

function assertKeys(partition: string, row: string): void {
  assertKey('partition', partition);
  assertKey('row', row);
}

function newEntity(partition: string, row: string, value: unknown): { entity: Entity; writer: string } {
  assertKeys(partition, row);
  const writer = randomUUID();
  return { entity: entityOf(partition, row, jsonOf(partition, row, value), writer), writer };
}

interface Step {
  readonly kind: Change['kind'];
  readonly row: string;
  readonly action: TransactionAction;
  readonly bytes: number;
}

function stepOf(partition: string, change: Change): Step {
  const { kind, row } = change;
  if (kind === 'remove')
    return { kind, row, action: ['delete', { partitionKey: partition, rowKey: row }], bytes: 0 };
  const entity = entityOf(partition, row, change.json, randomUUID());
  return { kind, row, action: ['upsert', entity, 'Replace'], bytes: wireBytesOf(entity) };
}

function* inTransactions(steps: readonly Step[]): Generator<readonly Step[]> {
  let transaction: Step[] = [];
  let bytes = 0;
  for (const step of steps) {
    if (transaction.length === TRANSACTION_CHANGES_MAX || bytes + step.bytes > TRANSACTION_BYTES_MAX) {
      yield transaction;
      transaction = [];
      bytes = 0;
    }
    transaction.push(step);
    bytes += step.bytes;
  }
  if (transaction.length > 0) yield transaction;
}
