import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { anApi, type Api } from '../armApi/api';
import { anIssuer } from '../support/entra';
import { httpReceiver, type Answer, type HttpReceiver } from './httpReceiver';
import { typed, type Typed } from './typed';

/** Accounts of a tenant, each with its roles. */
const PEOPLE = {
  rea: ['reader'],
  ana: ['operator', 'approver'],
  ben: ['approver'],
} as const;
export type Person = keyof typeof PEOPLE;

export interface PersonsVm {
  readonly name: string;
  readonly region: string;
  readonly subscription?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** Name of its availability set, of the same region. */
  readonly set?: string;
}

export const SUBSCRIPTION = '00000000-0000-4000-8000-0000000000c1';
export const OTHER_SUBSCRIPTION = '00000000-0000-4000-8000-0000000000c2';

const groupOf = (subscription = SUBSCRIPTION): string =>
  `/subscriptions/${subscription}/resourceGroups/rg/providers/Microsoft.Compute`;

/** Linux VMs, always on unless a tag says otherwise. */
function fleetOf(vms: readonly PersonsVm[]): string {
  const image = { publisher: 'Canonical', offer: 'UbuntuServer', sku: '18.04-LTS', version: 'latest' };
  const sets = new Map(vms.flatMap(({ set, region }) => (set === undefined ? [] : [[set, region] as const])));
  return JSON.stringify({
    virtualMachines: vms.map(({ name, region, subscription, tags = {}, set }) => ({
      id: `${groupOf(subscription)}/virtualMachines/${name}`,
      name,
      resourceGroup: 'rg',
      location: region,
      tags: { 'lowtide-power': 'alwaysOn', ...tags },
      availabilitySet: set === undefined ? null : { id: `${groupOf(subscription)}/availabilitySets/${set}` },
      hardwareProfile: { vmSize: 'Standard_D2s_v3' },
      storageProfile: { imageReference: image, osDisk: { createOption: 'FromImage', osType: 'Linux' } },
      osProfile: {
        computerName: name,
        linuxConfiguration: { provisionVmAgent: true, patchSettings: { patchMode: 'AutomaticByPlatform' } },
      },
    })),
    availabilitySets: [...sets].map(([name, location]) => ({
      id: `${groupOf()}/availabilitySets/${name}`,
      name,
      resourceGroup: 'rg',
      location,
      platformUpdateDomainCount: 2,
      platformFaultDomainCount: 2,
    })),
  });
}

export interface PeoplesMonth {
  readonly api: Api;
  /** Where it posts notices and asks hooks. */
  readonly receiver: HttpReceiver;
  /** A person types a command. */
  says(who: Person, ...args: readonly string[]): Promise<Typed>;
  /** The same, of what is written as JSON. */
  rows(...args: readonly string[]): Promise<readonly Row[]>;
  /** What another program reads, with the token of a reader. */
  read(path: string): Promise<string>;
  /** Writes a file and says where. */
  file(name: string, content: string | object): string;
  days(days: number): Promise<void>;
  /** Installations that have started, in the order of time. */
  events(): Promise<readonly DriverEvent[]>;
  close(): Promise<void>;
}

export type Row = Readonly<Record<string, unknown>>;

export interface DriverEvent {
  readonly at: string;
  readonly action: string;
  readonly name: string;
  readonly rolloutId: string | null;
}

/** The app on a virtual clock, before people who sign in, each with a client and a token of their own. */
export async function peoplesMonth(
  startUtc: string,
  vms: readonly PersonsVm[],
  answer: Answer,
  environment: (receiverUrl: string) => Readonly<Record<string, string>>,
): Promise<PeoplesMonth> {
  const folder = mkdtempSync(join(tmpdir(), 'lowtide-people-'));
  const issuer = await anIssuer();
  const receiver = await httpReceiver(answer);
  const api = await anApi({
    clock: { kind: 'virtual', startUtc },
    timers: true,
    port: 0,
    environment: { ...issuer.environment, ...environment(receiver.url) },
  });
  const tokenOf = (who: Person): string =>
    issuer.token({ oid: `oid-of-${who}`, preferred_username: `${who}@contoso.com`, roles: PEOPLE[who] });
  const says: PeoplesMonth['says'] = (who, ...args) =>
    typed(...args, ...(args.includes('--url') ? [] : ['--url', api.host.baseUrl]), '--token', tokenOf(who));
  const send = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const reply = await api.send(method, path, body, { authorization: `Bearer ${tokenOf('ana')}` });
    if (reply.status !== 200) throw new Error(`${method} ${path} answered ${reply.status}`);
    return reply.body;
  };
  await send('POST', '/api/fleet', fleetOf(vms));
  return {
    api,
    receiver,
    says,
    rows: async (...args) => JSON.parse((await says('rea', ...args, '--json')).out) as readonly Row[],
    read: async (path) => {
      const headers = { authorization: `Bearer ${tokenOf('rea')}` };
      return (await fetch(`${api.host.baseUrl}${path}`, { headers })).text();
    },
    file: (name, content) => {
      const path = join(folder, name);
      writeFileSync(path, typeof content === 'string' ? content : stringify(content));
      return path;
    },
    days: (days) => api.pass(days * 24 * 60),
    events: async () => {
      const { value } = (await send('GET', '/api/simulated/events')) as {
        value: { at: string; action: string; vm: string; rolloutId: string | null }[];
      };
      return value.map(({ at, action, vm, rolloutId }) => ({
        at,
        action,
        name: vm.split('/').at(-1) ?? vm,
        rolloutId,
      }));
    },
    close: async () => {
      await api.close();
      await receiver.close();
      await issuer.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
