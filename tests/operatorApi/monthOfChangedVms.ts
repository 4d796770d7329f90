import { stringify } from 'yaml';
import type { anApi } from '../armApi/api';
import { explainedMonth, type ExplainedMonth, type Send } from './explainedMonth';

const GROUP =
  '/subscriptions/00000000-0000-4000-8000-0000000000c1/resourceGroups/rg/providers/Microsoft.Compute';
export const changedVm = (name: string): string => `${GROUP}/virtualMachines/${name}`.toLowerCase();

interface Kind {
  readonly name: string;
  readonly region?: string;
  readonly zone?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** Before the plan. `plain` and `manual` leave room for `busy` beside the round that it is in. */
const PLANNED: readonly Kind[] = [
  { name: 'plain-1' },
  { name: 'plain-2' },
  { name: 'manual-1' },
  { name: 'manual-2' },
  { name: 'busy' },
  { name: 'sick' },
  { name: 'old-agent' },
  { name: 'other-hours' },
  { name: 'gone' },
  { name: 'moved', region: 'centralus', zone: '1' },
  { name: 'never-resumed', region: 'westeurope' },
];

/** What their owners made of some of them before their turn. */
const CHANGES: Readonly<Record<string, Partial<Kind>>> = {
  'old-agent': { tags: { 'lowtide-agent-version': '2.2.40' } },
  'other-hours': { tags: { 'lowtide-timezone': 'Asia/Tokyo' } },
  moved: { zone: '2' },
};

function fleet(kinds: readonly Kind[]): string {
  return JSON.stringify({ virtualMachines: kinds.map(aVm) });
}

function aVm({ name, region = 'eastus', zone, tags = {} }: Kind): object {
  const patchSettings = { patchMode: name.startsWith('manual') ? 'Manual' : 'AutomaticByPlatform' };
  const imageReference = {
    publisher: 'Canonical',
    offer: 'UbuntuServer',
    sku: '18.04-LTS',
    version: 'latest',
  };
  return {
    id: `${GROUP}/virtualMachines/${name}`,
    name,
    resourceGroup: 'rg',
    location: region,
    ...(zone !== undefined && { zones: [zone] }),
    tags: { 'lowtide-power': 'alwaysOn', ...tags },
    hardwareProfile: { vmSize: 'Standard_D2s_v3' },
    storageProfile: { imageReference, osDisk: { createOption: 'FromImage', osType: 'Linux' } },
    osProfile: { computerName: name, linuxConfiguration: { provisionVmAgent: true, patchSettings } },
  };
}

const EFFECTS = [
  { who: { namePattern: 'sick' }, what: 'unhealthy', when: { fromDay: 0, toDay: 2 } },
  { who: { namePattern: 'busy' }, what: 'slowInstall', factor: 40 },
];

const POLICY = {
  canaryRegions: ['eastus', 'centralus'],
  phasesMin: 2,
  evidenceFirst: 100,
  batchSharePercents: [100],
  standaloneSharePercent: 100,
  rolloutDeadline: 'P8D',
};

/** A month of eight days in which VMs are not, when their turn comes, what they were when it was planned. */
export function monthOfChangedVms(make: typeof anApi): Promise<ExplainedMonth> {
  return explainedMonth(make, {
    fleet: fleet(PLANNED),
    effects: EFFECTS,
    days: 8.5,
    prepare: (send) => send('PUT', '/api/policy?reason=ours', stringify(POLICY)),
    begin: (send) =>
      send('POST', '/api/rollouts/rollout-2026-11/pause', {
        reason: 'Its owner asked.',
        scope: { region: 'westeurope' },
      }),
    asked: [
      [0.05, (send) => send('POST', '/api/fleet', fleet(changed()))],
      // Minutes before its window opens a person has it patched, which takes hours.
      [0.36, installNow],
      [0.46],
      [1.45],
      [3.1],
      [5.6],
    ],
  });
}

const changed = (): readonly Kind[] =>
  PLANNED.filter(({ name }) => name !== 'gone').map((kind) => ({ ...kind, ...CHANGES[kind.name] }));

const installNow = (send: Send): Promise<void> =>
  send('POST', `${GROUP}/virtualMachines/busy/installPatches?api-version=2020-12-01`, {
    maximumDuration: 'PT4H',
    rebootSetting: 'IfRequired',
    linuxParameters: { classificationsToInclude: ['Critical', 'Security'] },
  });

/** Why a VM was not patched that was not, in its turn, what it was when that was planned; and which VM of the month shows it. */
export const FOUND_IN_ITS_TURN = [
  ['agentOutdated', 'old-agent'],
  ['unhealthyBefore', 'sick'],
  ['vmDeleted', 'gone'],
  ['placeChanged', 'moved'],
  // Its assessment fails while the installation of a person runs.
  ['assessmentFailed', 'busy'],
  ['windowMissed', 'other-hours'],
  ['deadlinePassed', 'never-resumed'],
] as const;
