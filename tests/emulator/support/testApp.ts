import { appFolder, type AppFolder } from './appFolder';
import { startHost, type Host, type HostOptions } from './nativeHost';

/** Where every test of the emulator begins. */
export const START_UTC = '2026-11-01T00:00:00.000Z';

const PRELUDE = `
import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { DateTime } from 'luxon';
`;

/** Starts and reads through HTTP, as a client of any app would. */
const CLIENT = `
app.http('start', {
  route: 'start/{name}/{id?}', methods: ['POST'], extraInputs: [df.input.durableClient()],
  handler: async (req, ctx) => {
    const client = df.getClient(ctx);
    const id = await client.startNew(req.params.name, { input: await req.json(), instanceId: req.params.id, version: req.query.get('version') ?? undefined });
    return client.createCheckStatusResponse(req, id);
  },
});
`;

export function testApp(source: string, files: Readonly<Record<string, string>> = {}): AppFolder {
  return appFolder('emulator-test', { 'app.ts': PRELUDE + CLIENT + source }, files);
}

export function startVirtual(app: AppFolder, options: Partial<HostOptions> = {}): Promise<Host> {
  const clock = { kind: 'virtual', startUtc: START_UTC } as const;
  return startHost({ appDir: app.dir, clock, store: { kind: 'memory' }, ...options });
}

export async function start(
  host: Host,
  name: string,
  id: string,
  input: unknown = {},
  query = '',
): Promise<number> {
  return (await host.request('POST', `/start/${name}/${id}${query}`, input)).status;
}

export const manage = (
  host: Host,
  method: string,
  path: string,
  body?: unknown,
): ReturnType<Host['request']> =>
  host.request(method, `/runtime/webhooks/durabletask/${path}`, body, { 'content-type': 'application/json' });

/** Virtual minutes after the start. */
export const minutes = (n: number): string => new Date(Date.parse(START_UTC) + n * 60_000).toISOString();
