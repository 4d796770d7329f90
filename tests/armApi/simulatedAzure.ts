import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anOptedInApi, COMPUTE, type Api, type Reply } from './api';

/** A simulated Azure that is opted in, perhaps with a scenario, and asked as recordings were made: each request with its own version. */
export interface SimulatedAzure extends Api {
  at(name: string): string;
  request(method: string, path: string, version: string, body?: unknown): Promise<Reply>;
  get(path: string, version?: string): Promise<Reply>;
  /** Asks the address that an answer gives for its operation. */
  follow(reply: Reply, header?: 'azure-asyncoperation' | 'location'): Promise<Reply>;
}

export async function aSimulatedAzure(effects: readonly object[] = []): Promise<SimulatedAzure> {
  const folder = mkdtempSync(join(tmpdir(), 'lowtide-simulated-azure-'));
  const scenario = join(folder, 'scenario.json');
  writeFileSync(scenario, JSON.stringify({ name: 'as recorded', description: '', effects }));
  const api = await anOptedInApi({ environment: { LOWTIDE_SCENARIO: effects.length === 0 ? '' : scenario } });
  const request: SimulatedAzure['request'] = (method, path, version, body) =>
    api.call(method, `${path}${path.includes('?') ? '&' : '?'}api-version=${version}`, body);
  return {
    ...api,
    at: (name) => `${COMPUTE}/virtualMachines/${name}`,
    request,
    get: (path, version = '2024-07-01') => request('GET', path, version),
    follow: (reply, header = 'azure-asyncoperation') =>
      api.send('GET', (reply.headers[header] ?? '').replace(/^https?:\/\/[^/]+/, '')),
    close: async () => {
      await api.close();
      rmSync(folder, { recursive: true });
    },
  };
}
