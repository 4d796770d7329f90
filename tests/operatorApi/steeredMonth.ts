import { stringify } from 'yaml';
import type { Policy } from '../../domain/policy';
import { anApi, type Api } from '../armApi/api';

export interface SteeredVm {
  readonly name: string;
  readonly region: string;
  readonly tags?: Readonly<Record<string, string>>;
}

const SUBSCRIPTION = '/subscriptions/00000000-0000-4000-8000-0000000000c1';

export const idOf = (name: string): string =>
  `${SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/${name}`.toLowerCase();

/** Linux VMs without zone or set, always on. */
function fleetOf(vms: readonly SteeredVm[]): string {
  const image = { publisher: 'Canonical', offer: 'UbuntuServer', sku: '18.04-LTS', version: 'latest' };
  return JSON.stringify({
    virtualMachines: vms.map(({ name, region, tags = {} }) => ({
      id: idOf(name),
      name,
      resourceGroup: 'rg',
      location: region,
      tags: { 'lowtide-power': 'alwaysOn', ...tags },
      hardwareProfile: { vmSize: 'Standard_D2s_v3' },
      storageProfile: { imageReference: image, osDisk: { createOption: 'FromImage', osType: 'Linux' } },
      osProfile: {
        computerName: name,
        linuxConfiguration: { provisionVmAgent: true, patchSettings: { patchMode: 'AutomaticByPlatform' } },
      },
    })),
  });
}

export interface Install {
  readonly name: string;
  readonly at: string;
}

export interface SteeredMonth {
  readonly api: Api;
  readonly days: (days: number) => Promise<void>;
  readonly get: (path: string) => Promise<Record<string, unknown>>;
  /** Installations that rollouts have started. */
  readonly installs: () => Promise<readonly Install[]>;
  readonly apply: (policy: object) => Promise<number>;
}

/** November 2026 of a few VMs, under a policy that a person applied before it began. */
export async function steeredMonth(
  vms: readonly SteeredVm[],
  policy: Partial<Record<keyof Policy, unknown>> | Record<string, unknown>,
  options: Parameters<typeof anApi>[0] = {},
): Promise<SteeredMonth> {
  const api = await anApi({
    clock: { kind: 'virtual', startUtc: '2026-11-10T17:00:00.000Z' },
    timers: true,
    ...options,
  });
  const posted = await api.send('POST', '/api/fleet', fleetOf(vms));
  if (posted.status !== 200) throw new Error(`POST /api/fleet answered ${posted.status}`);
  const apply = async (text: object): Promise<number> => {
    const path = '/api/policy?reason=ours';
    const answer = await api.send('PUT', path, stringify(text), { 'content-type': 'application/yaml' });
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
    return answer.status;
  };
  await apply(policy);
  await api.pass(70); // the monthly timer starts it
  return {
    api,
    apply,
    days: (days) => api.pass(days * 24 * 60),
    get: async (path) => {
      const { status, body } = await api.send('GET', path);
      if (status !== 200) throw new Error(`GET ${path} answered ${status}: ${JSON.stringify(body)}`);
      return body;
    },
    installs: async () => {
      const { body } = await api.send('GET', '/api/simulated/events');
      const events = body['value'] as unknown as { at: string; action: string; vm: string }[];
      return events
        .filter(({ action }) => action === 'installStarted')
        .map(({ at, vm }) => ({ at, name: vm.split('/').at(-1) ?? vm }));
    },
  };
}
