import { startLowtideHost, type Host, type HostOptions } from '../emulator/support/nativeHost';

export const START_UTC = '2026-11-02T12:00:00.000Z';
export const SUBSCRIPTION = 'f0000000-0000-4000-8000-000000000001';
export const SUB = `/subscriptions/${SUBSCRIPTION}`;
export const GROUP = `${SUB}/resourceGroups/myResourceGroup`;
export const COMPUTE = `${GROUP}/providers/Microsoft.Compute`;
export const VM = `${COMPUTE}/virtualMachines/myVirtualMachine`;
const FEATURES = `${SUB}/providers/Microsoft.Features/providers/Microsoft.Compute/features`;

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Json;
}

/** What tests look into without ceremony. */
export interface Json {
  readonly [member: string]: Json;
}

/** The app in process, on a virtual clock, with an empty simulated Azure. */
export interface Api {
  readonly host: Host;
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
  /** With api-version 2020-12-01, unless the path has one or is the operator's. */
  call(method: string, path: string, body?: unknown): Promise<Reply>;
  pass(minutes: number): Promise<void>;
  /** Both features, and their propagation, in a subscription. */
  optIn(): Promise<void>;
  /** Registers the provider only, and creates the group. */
  prepare(): Promise<void>;
  /** Polls until it has ended; returns the last answer of the status resource. */
  finish(reply: Reply): Promise<Json>;
  close(): Promise<void>;
}

/** With the features of patching registered, and the group there: VMs may be created in every patch mode. */
export async function anOptedInApi(options: Partial<HostOptions> = {}): Promise<Api> {
  const api = await anApi(options);
  await api.prepare();
  await api.optIn();
  return api;
}

export async function anApi(options: Partial<HostOptions> = {}): Promise<Api> {
  const host = await startLowtideHost({
    clock: { kind: 'virtual', startUtc: START_UTC },
    store: { kind: 'memory' },
    engine: 'session',
    strict: true,
    timers: false,
    ...options,
    environment: {
      LOWTIDE_DRIVER: 'simulated',
      LOWTIDE_STORE: 'memory',
      LOWTIDE_STATE_DIR: '',
      LOWTIDE_FLEET: '',
      LOWTIDE_SEED: '1',
      LOWTIDE_SCENARIO: '',
      ...options.environment,
    },
  });
  const send: Api['send'] = async (method, path, body, headers) =>
    (await host.request(method, path, body, headers)) as Reply;
  const call: Api['call'] = (method, path, body) =>
    send(
      method,
      path.includes('api-version=') || path.startsWith('/api/')
        ? path
        : `${path}${path.includes('?') ? '&' : '?'}api-version=2020-12-01`,
      body,
    );
  const pass = (minutes: number): Promise<void> =>
    host.runUntil(new Date(Date.parse(host.nowUtc()) + minutes * 60_000).toISOString());
  const register = async (): Promise<void> => {
    await call('POST', `${SUB}/providers/Microsoft.Compute/register?api-version=2020-06-01`);
    await pass(2);
  };
  return {
    host,
    send,
    call,
    pass,
    async optIn() {
      for (const feature of ['InGuestAutoPatchVMPreview', 'InGuestPatchVMPreview'])
        await call('POST', `${FEATURES}/${feature}/register?api-version=2015-12-01`);
      await pass(15);
      await register();
    },
    async prepare() {
      await register();
      await call('PUT', GROUP, { location: 'eastus' });
    },
    async finish(reply) {
      const link = reply.headers['azure-asyncoperation'] ?? '';
      for (let polls = 0; polls < 200; polls += 1) {
        const { body } = await send('GET', link.replace(/^https?:\/\/[^/]+/, ''));
        if ((body['status'] as unknown) !== 'InProgress') return body;
        await pass(0.5);
      }
      throw new Error(`${link} does not end`);
    },
    close: () => host.close(),
  };
}

const IMAGES = {
  Linux: { publisher: 'Canonical', offer: 'UbuntuServer', sku: '18.04-LTS', version: 'latest' },
  Windows: {
    publisher: 'MicrosoftWindowsServer',
    offer: 'WindowsServer',
    sku: '2019-Datacenter',
    version: 'latest',
  },
} as const;

/** A VM to PUT; `configuration` goes under windowsConfiguration or linuxConfiguration. */
export function aVmBody(
  os: 'Linux' | 'Windows',
  configuration?: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const member = os === 'Windows' ? 'windowsConfiguration' : 'linuxConfiguration';
  return {
    location: 'eastus',
    ...more,
    properties: {
      hardwareProfile: { vmSize: 'Standard_D2s_v3' },
      storageProfile: { imageReference: IMAGES[os], osDisk: { createOption: 'FromImage', name: 'os' } },
      osProfile: {
        computerName: 'my-vm',
        adminUsername: 'azureuser',
        adminPassword: 'Secret-0815!',
        ...(configuration && { [member]: configuration }),
      },
      networkProfile: { networkInterfaces: [] },
      ...(more['properties'] as object | undefined),
    },
  };
}
