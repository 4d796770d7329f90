import { managementUrls } from './clientBinding';
import type { Engine } from './engine/engine';
import { schedulerId, type Entity } from './engine/entity';
import type { Instance } from './engine/instance';
import { Management, type Accepted } from './engine/management';
import { empty, json, type Answer, type Exchange, type HttpHandler } from './http';
import { historyOf, listTime, statusViewOf } from './statusView';

const PATH =
  /^\/(?:runtime\/webhooks\/durabletask|durabletask)\/(orchestrators|instances|entities)(?:\/(.*))?$/i;

/** Entries of a list page when the client asks for no number. */
const PAGE_DEFAULT = 100;

const ACCEPTED: Readonly<Record<Accepted, number>> = { accepted: 202, unknown: 404, finished: 410 };

/** The durable extension's HTTP API: the public webhooks, and the endpoints of the library's client, which are alike. */
export class Webhooks {
  readonly #management: Management;

  readonly #engine: Engine;
  readonly #hubName: string;
  readonly #origin: () => string;

  constructor(engine: Engine, hubName: string, origin: () => string) {
    this.#engine = engine;
    this.#hubName = hubName;
    this.#origin = origin;

    this.#management = new Management(engine);
  }

  /** Undefined when the path is not one of the extension's. */
  handler(path: string): HttpHandler | undefined {
    const match = PATH.exec(path);
    if (!match) return undefined;
    const parts = (match[2] ?? '')
      .split('/')
      .filter((part) => part !== '')
      .map(decodeURIComponent);
    switch ((match[1] ?? '').toLowerCase()) {
      case 'orchestrators':
        return (exchange) => this.#start(exchange, parts);
      case 'entities':
        return (exchange) => this.#entities(exchange, parts);
      default:
        return (exchange) => this.#instances(exchange, parts);
    }
  }

  async #start(exchange: Exchange, [name, id]: string[]): Promise<Answer> {
    if (exchange.method !== 'POST' || name === undefined) return empty(404);
    const query = exchange.url.searchParams;
    const text = exchange.body.toString().trim();
    const input = text === '' ? 'null' : validJson(text);
    if (input === undefined) return json(400, { Message: 'The request content is not valid JSON' });
    const started = await this.#management.start(name, input, id, query.get('version') ?? undefined);
    if (started === undefined) {
      return json(409, { Message: `An Orchestration instance with the status Running already exists.` });
    }
    const timeout = Number(query.get('timeout') ?? 0);
    return timeout > 0 ? this.#waitFor(exchange, started, timeout) : this.#links(exchange, started);
  }

  #links(exchange: Exchange, id: string): Answer {
    const urls = managementUrls(this.#originOf(exchange), this.#hubName, id, false);
    return json(202, urls, { location: urls['statusQueryGetUri'] ?? '', 'retry-after': '10' });
  }

  async #waitFor(exchange: Exchange, id: string, timeoutSeconds: number): Promise<Answer> {
    const deadline = performance.now() + timeoutSeconds * 1000;
    for (;;) {
      const instance = this.#engine.instances.get(id);
      if (instance?.status === 'Completed') return json(200, JSON.parse(instance.output));
      if (instance?.isFinished === true)
        return json(instance.status === 'Failed' ? 500 : 200, statusViewOf(instance, true));
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) return this.#links(exchange, id);
      await Promise.race([this.#engine.changed(), sleep(Math.min(leftMs, 50))]);
    }
  }

  async #instances(exchange: Exchange, [id, operation, name]: string[]): Promise<Answer> {
    const { method } = exchange;
    if (id === undefined) return method === 'DELETE' ? this.#purgeAll(exchange) : this.#list(exchange);
    if (method === 'GET' && operation === undefined) return this.#status(exchange, id);
    if (method === 'DELETE' && operation === undefined) {
      const purged = await this.#management.purge((instance) => instance.id === id);
      return purged > 0 ? json(200, { instancesDeleted: purged }) : empty(404);
    }
    if (method !== 'POST') return empty(404);
    return this.#operate(exchange, id, (operation ?? '').toLowerCase(), name);
  }

  async #operate(
    exchange: Exchange,
    id: string,
    operation: string,
    name: string | undefined,
  ): Promise<Answer> {
    const query = exchange.url.searchParams;
    switch (operation) {
      case 'raiseevent': {
        if (!(exchange.headers['content-type'] ?? '').startsWith('application/json')) {
          return json(400, { Message: 'Only application/json request content is supported' });
        }
        const input = validJson(exchange.body.toString() || 'null');
        if (input === undefined || name === undefined) return json(400, { Message: 'Invalid JSON content' });
        return empty(ACCEPTED[await this.#management.raise(id, name, input)]);
      }
      case 'terminate':
      case 'suspend':
      case 'resume':
        return empty(ACCEPTED[await this.#management.control(id, operation, query.get('reason') ?? '')]);
      case 'restart': {
        const withNewId = query.get('restartWithNewInstanceId') !== 'false';
        const started = await this.#management.restart(id, withNewId);
        return started === undefined ? empty(404) : this.#links(exchange, started);
      }
      case 'rewind':
        return json(501, { Message: 'The emulator does not rewind. Start the instance again.' });
      default:
        return empty(404);
    }
  }

  #status(exchange: Exchange, id: string): Answer {
    const query = exchange.url.searchParams;
    const instance = this.#engine.instances.get(id);
    if (!instance) return empty(404);
    const body = {
      ...statusViewOf(instance, query.get('showInput') !== 'false'),
      ...(query.get('showHistory') === 'true' && {
        historyEvents: historyOf(instance, query.get('showHistoryOutput') === 'true'),
      }),
    };
    if (instance.isFinished) return json(200, body);
    const location = `${this.#originOf(exchange)}/runtime/webhooks/durabletask/instances/${encodeURIComponent(id)}`;
    return json(202, body, { location, 'retry-after': '5' });
  }

  #list(exchange: Exchange): Answer {
    const query = exchange.url.searchParams;
    const matches = filterOf(query);
    const showInput = query.get('showInput') !== 'false';
    const rows: Row[] = [];
    for (const instance of this.#engine.instances.values()) {
      if (matches(instance)) rows.push({ id: instance.id, view: () => statusViewOf(instance, showInput) });
    }
    for (const entity of this.#engine.entities.all.values()) {
      if (matches(asRow(entity))) rows.push({ id: entity.id, view: () => entityAsInstance(entity) });
    }
    return page(exchange, rows);
  }

  async #purgeAll(exchange: Exchange): Promise<Answer> {
    const purged = await this.#management.purge(filterOf(exchange.url.searchParams));
    return purged > 0 ? json(200, { instancesDeleted: purged }) : empty(404);
  }

  async #entities(exchange: Exchange, [name, key]: string[]): Promise<Answer> {
    const query = exchange.url.searchParams;
    if (exchange.method === 'POST' && name !== undefined) {
      const text = exchange.body.toString();
      const known = await this.#management.signal(
        name,
        key ?? '',
        query.get('op') ?? '',
        text === '' ? null : text,
      );
      return empty(known ? 202 : 404);
    }
    if (exchange.method !== 'GET') return empty(404);
    if (name !== undefined && key !== undefined) {
      const entity = this.#engine.entities.all.get(schedulerId(name, key));
      return entity?.exists === true ? json(200, JSON.parse(entity.state ?? 'null')) : empty(404);
    }
    const rows = [...this.#engine.entities.all.values()]
      .filter((entity) => name === undefined || entity.name === name.toLowerCase())
      .map((entity) => ({
        id: entity.id,
        view: () => entityView(entity, query.get('fetchState') === 'true'),
      }));
    return page(exchange, rows);
  }

  #originOf(exchange: Exchange): string {
    const host = exchange.headers['host'];
    return host === undefined ? this.#origin() : `${exchange.url.protocol}//${host}`;
  }
}

interface Row {
  readonly id: string;
  readonly view: () => object | undefined;
}

/** Sorted by id, as the instances table is. The token names the row that comes next. */
function page(exchange: Exchange, rows: Row[]): Answer {
  const top = Number(exchange.url.searchParams.get('top') ?? PAGE_DEFAULT);
  const token = exchange.headers['x-ms-continuation-token'];
  const from = token === undefined ? '' : Buffer.from(token.trim(), 'base64').toString();
  const left = rows.filter((row) => row.id >= from).sort((a, b) => (a.id < b.id ? -1 : 1));
  const next = left[top];
  const headers: Record<string, string> = next
    ? { 'x-ms-continuation-token': Buffer.from(next.id).toString('base64') }
    : {};
  const views = left.slice(0, top).map((row) => row.view());
  return json(
    200,
    views.filter((view) => view !== undefined),
    headers,
  );
}

type Listed = Pick<Instance, 'id' | 'status' | 'createdMs'>;

function filterOf(query: URLSearchParams): (instance: Listed) => boolean {
  const statuses = query.get('runtimeStatus')?.toLowerCase().split(',');
  const fromMs = Date.parse(query.get('createdTimeFrom') ?? '');
  const toMs = Date.parse(query.get('createdTimeTo') ?? '');
  const prefix = query.get('instanceIdPrefix') ?? '';
  return ({ id, status, createdMs }) =>
    (statuses === undefined || statuses.includes(status.toLowerCase())) &&
    !(createdMs < fromMs) &&
    !(createdMs > toMs) &&
    id.startsWith(prefix);
}

const asRow = (entity: Entity): Listed => ({ id: entity.id, status: 'Running', createdMs: entity.createdMs });

function entityAsInstance(entity: Entity): object {
  const { id, exists, state } = entity;
  return {
    name: id,
    instanceId: id,
    runtimeStatus: 'Running',
    input: { exists, state, sorter: {} },
    customStatus: { entityExists: exists },
    output: null,
    createdTime: listTime(entity.createdMs),
    lastUpdatedTime: listTime(entity.lastOperationMs),
  };
}

function entityView(entity: Entity, withState: boolean): object | undefined {
  if (!entity.exists) return undefined;
  const { name, key } = entity;
  const state: unknown = withState ? JSON.parse(entity.state ?? 'null') : null;
  return {
    entityId: { name, key },
    lastOperationTime: new Date(entity.lastOperationMs).toISOString(),
    state,
  };
}

function validJson(text: string): string | undefined {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return undefined;
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
