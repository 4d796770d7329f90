import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { stringify } from 'yaml';
import type { anApi } from '../armApi/api';
import { explainedMonth, type ExplainedMonth, type Send } from './explainedMonth';

const GROUP =
  '/subscriptions/00000000-0000-4000-8000-0000000000c1/resourceGroups/rg/providers/Microsoft.Compute';
export const idOf = (name: string): string => `${GROUP}/virtualMachines/${name}`.toLowerCase();
const SET = `${GROUP}/availabilitySets/set`;

const UBUNTU = { publisher: 'Canonical', offer: 'UbuntuServer', sku: '18.04-LTS', version: 'latest' };
const RHEL_7_8 = { publisher: 'RedHat', offer: 'RHEL', sku: '7.8', version: 'latest' };
const RHEL_LVM = { publisher: 'RedHat', offer: 'RHEL', sku: '7-LVM', version: 'latest' };

interface Kind {
  readonly name: string;
  readonly count: number;
  readonly image?: object;
  readonly tags?: object;
  readonly region?: string;
  readonly isSet?: boolean;
}

/** A few VMs for each hold; those of the canary region go first. */
const KINDS: readonly Kind[] = [
  { name: 'canary', count: 2, region: 'northeurope' },
  { name: 'plain', count: 2 },
  { name: 'hooked', count: 2, tags: { gate: 'dba' } },
  { name: 'shop', count: 3, tags: { app: 'shop' } },
  { name: 'paused', count: 2 },
  { name: 'given-up', count: 1 },
  { name: 'excluded', count: 2 },
  // Of this family every installation of the first days fails, so that none is healthy.
  { name: 'unproven', count: 6, image: RHEL_7_8 },
  // And of this one every VM is unhealthy after its update.
  { name: 'broken', count: 8, image: RHEL_LVM },
  { name: 'member', count: 3, isSet: true },
];

function fleet(): string {
  const virtualMachines = KINDS.flatMap((kind) =>
    Array.from({ length: kind.count }, (_, n) => aVm(`${kind.name}-${n + 1}`, n, kind)),
  );
  const set = { id: SET, name: 'set', resourceGroup: 'rg', location: 'eastus', sku: { name: 'Aligned' } };
  const availabilitySets = [{ ...set, platformFaultDomainCount: 2, platformUpdateDomainCount: 3 }];
  return JSON.stringify({ virtualMachines, availabilitySets });
}

function aVm(name: string, n: number, { image = UBUNTU, tags = {}, region = 'eastus', isSet }: Kind): object {
  return {
    id: `${GROUP}/virtualMachines/${name}`,
    name,
    resourceGroup: 'rg',
    location: region,
    tags: { 'lowtide-power': 'alwaysOn', ...tags },
    availabilitySet: isSet === true ? { id: SET } : null,
    ...(isSet === true && { platformUpdateDomain: n }),
    hardwareProfile: { vmSize: 'Standard_D2s_v3' },
    storageProfile: { imageReference: image, osDisk: { createOption: 'FromImage', osType: 'Linux' } },
    osProfile: {
      computerName: name,
      linuxConfiguration: { provisionVmAgent: true, patchSettings: { patchMode: 'AutomaticByPlatform' } },
    },
  };
}

const EFFECTS = [
  { who: { namePattern: 'shop-1' }, what: 'poweredOff', when: { fromDay: 0, toDay: 6 } },
  { who: { namePattern: 'unproven-*' }, what: 'installFails', when: { fromDay: 0, toDay: 5 } },
  { who: { namePattern: 'broken-*' }, what: 'unhealthyAfterUpdate' },
  { who: { namePattern: 'member-1' }, what: 'unhealthyAfterUpdate' },
];

export interface Release {
  readonly reason: string;
  readonly atUtc: string;
}

export interface MonthOfEveryHold extends ExplainedMonth {
  /** When a person or a hook let what was held for a reason go on: no installation of such a VM starts before. */
  readonly released: readonly Release[];
}

const ROLLOUT = '/api/rollouts/rollout-2026-11';
const why = 'Its owner asked.';

/** A month in which rollout, policy, people, a hook and the patches themselves hold VMs, each a few. */
export async function monthOfEveryHold(make: typeof anApi): Promise<MonthOfEveryHold> {
  let isOpen = false;
  const { server, url } = await aHook(() => isOpen);
  const released: Release[] = [];
  const policy = {
    canaryRegions: ['northeurope'],
    phasesMin: 2,
    evidenceFirst: 3,
    batchSharePercents: [100],
    standaloneSharePercent: 100,
    approvals: [{ before: { phase: 2 }, validHours: 48 }],
    budgets: [{ name: 'shop', selector: { tag: 'app=shop' }, max: 1 }],
    hooks: [{ name: 'dba', on: 'beforeVm', url, selector: { tag: 'gate=dba' } }],
  };
  const resume = async (send: Send, atUtc: string): Promise<void> => {
    await send('POST', `${ROLLOUT}/resume`, { reason: why });
    // What a person has decided about, evidence of before does not limit.
    for (const reason of ['rolloutHalted', 'rolloutPaused', 'evidenceLimit'])
      released.push({ reason, atUtc });
  };
  const month = await explainedMonth(make, {
    fleet: fleet(),
    effects: EFFECTS,
    environment: { LOWTIDE_NOTIFICATIONS_PRIVATE: 'allow' },
    days: 11,
    prepare: (send) => send('PUT', '/api/policy?reason=ours', stringify(policy)),
    begin: async (send) => {
      const selector = { vm: idOf('excluded-1') };
      const span = { from: '2026-11-10T18:00Z', to: '2026-11-17T12:00Z' };
      await send('PUT', '/api/exclusions/one', { selector, ...span, reason: why, owner: 'ops' });
    },
    asked: [
      [
        0.05,
        async (send) => {
          await decide(send, 'pause', ['paused-1', 'paused-2']);
          await decide(send, 'skip', ['given-up-1']);
        },
      ],
      [
        2.3,
        async (send, atUtc) => {
          await send('POST', `${ROLLOUT}/approve`, { reason: why });
          released.push({ reason: 'approvalPending', atUtc });
        },
      ],
      [4.1, resume],
      // In a window: rounds look at the members of the budget.
      [4.45],
      [
        6.1,
        async (send, atUtc) => {
          isOpen = true;
          released.push({ reason: 'hookRefused', atUtc });
          await resume(send, atUtc);
        },
      ],
      [8.1],
    ],
  });
  return {
    ...month,
    released,
    close: async () => {
      await month.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

async function decide(send: Send, decision: string, names: readonly string[]): Promise<void> {
  for (const name of names)
    await send('POST', `${ROLLOUT}/${decision}`, { reason: why, scope: { vm: idOf(name) } });
}

/** A hook that says no until it is open. */
async function aHook(isOpen: () => boolean): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      response.end(JSON.stringify(isOpen() ? { go: true } : { go: false, why: 'Not this week.' }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}
