import { stringify } from 'yaml';
import type { anApi } from '../armApi/api';
import { explainedMonth, type ExplainedMonth, type Send } from './explainedMonth';

const SUBSCRIPTION = '/subscriptions/00000000-0000-4000-8000-0000000000c2';
const inGroup = (group: string, name: string): string =>
  `${SUBSCRIPTION}/resourceGroups/${group}/providers/Microsoft.Compute/virtualMachines/${name}`;
export const badlyEnded = (name: string): string =>
  inGroup(name === 'wanders' ? MOVED_TO : 'rg', name).toLowerCase();
const MOVED_TO = 'rg-new';

const UBUNTU = { publisher: 'Canonical', offer: 'UbuntuServer', sku: '18.04-LTS', version: 'latest' };
const rhel = (sku: string): object => ({ publisher: 'RedHat', offer: 'RHEL', sku, version: 'latest' });

interface Kind {
  readonly name: string;
  readonly group?: string;
  readonly region?: string;
  readonly image?: object;
  readonly uniqueId?: string;
}

/** What ends badly has a family of images of its own, so that it waits for no other; `race-2` waits for what `race-1` proves. */
const PLANNED: readonly Kind[] = [
  { name: 'plain-1' },
  { name: 'plain-2' },
  { name: 'plain-3' },
  { name: 'race-1', image: rhel('7.8') },
  { name: 'race-2', image: rhel('7.8') },
  { name: 'fails', image: rhel('7.7') },
  { name: 'breaks', image: rhel('7-LVM') },
  { name: 'silenced', image: rhel('7.6') },
  { name: 'stops', image: rhel('7.5') },
  { name: 'rebuilt', image: rhel('7.4') },
  { name: 'wanders', uniqueId: '11111111-2222-4333-8444-555555555555' },
  // Leaves room for an installation by hand beside the round that all others are in.
  { name: 'manual' },
  { name: 'never-approved', region: 'westeurope' },
];
const CHANGED: readonly Kind[] = [
  ...PLANNED.map((kind) => (kind.name === 'wanders' ? { ...kind, group: MOVED_TO } : kind)),
  { name: 'late' },
];

const fleet = (kinds: readonly Kind[]): string => JSON.stringify({ virtualMachines: kinds.map(aVm) });

function aVm({
  name,
  group = 'rg',
  region = 'eastus',
  image = UBUNTU,
  uniqueId,
}: Kind): Readonly<Record<string, unknown>> {
  const patchSettings = { patchMode: name === 'manual' ? 'Manual' : 'AutomaticByPlatform' };
  return {
    id: inGroup(group, name),
    name,
    ...(uniqueId !== undefined && { vmId: uniqueId }),
    resourceGroup: group,
    location: region,
    tags: { 'lowtide-power': 'alwaysOn' },
    hardwareProfile: { vmSize: 'Standard_D2s_v3' },
    storageProfile: { imageReference: image, osDisk: { createOption: 'FromImage', osType: 'Linux' } },
    osProfile: {
      computerName: name,
      adminUsername: 'azureuser',
      adminPassword: 'P@ssw0rd1234',
      linuxConfiguration: { provisionVmAgent: true, patchSettings },
    },
  };
}

const EFFECTS = [
  { who: { namePattern: 'race-2' }, what: 'slowInstall', factor: 60 },
  { who: { namePattern: 'rebuilt' }, what: 'slowInstall', factor: 8 },
  { who: { namePattern: 'fails' }, what: 'patchFails' },
  { who: { namePattern: 'breaks' }, what: 'unhealthyAfterUpdate' },
  { who: { namePattern: 'silenced' }, what: 'agentSilentAfterUpdate' },
];

const POLICY = {
  canaryRegions: ['eastus'],
  phasesMin: 2,
  evidenceFirst: 1,
  batchSharePercents: [100],
  standaloneSharePercent: 100,
  soak: 'PT2H',
  approvals: [{ before: { phase: 2 }, validHours: 48 }],
};

const ROLLOUT = '/api/rollouts/rollout-2026-11';
const reason = 'Its owner asked.';

/** The last nine days of the rollout, which the next release supersedes: installations that end in every way. */
export function monthOfBadEnds(make: typeof anApi): Promise<ExplainedMonth> {
  return explainedMonth(make, {
    startUtc: '2026-11-29T18:00:00.000Z',
    fleet: fleet(PLANNED),
    effects: EFFECTS,
    days: 9.1,
    moved: { [inGroup('rg', 'wanders').toLowerCase()]: badlyEnded('wanders') },
    prepare: (send) => send('PUT', '/api/policy?reason=ours', stringify(POLICY)),
    asked: [
      [0.05, (send) => send('POST', '/api/fleet', fleet(CHANGED))],
      [0.2],
      // The window is open, and installations run.
      [0.385, remove],
      [0.39, remake],
      // Some of them have ended, and are watched.
      [0.45, stopAndInstall],
      // Of this month's first VMs one is unhealthy, which halts the rollout.
      [0.9, (send) => send('POST', `${ROLLOUT}/resume`, { reason })],
      [1.5],
      [2.1],
      [3.1],
      [5.1],
    ],
  });
}

const REBUILT = `${inGroup('rg', 'rebuilt')}?api-version=2020-12-01`;
const remove = (send: Send): Promise<void> => send('DELETE', REBUILT);

/** Of a VM that was deleted during its installation, and made anew under its id, the platform knows no installation. */
function remake(send: Send): Promise<void> {
  const { hardwareProfile, storageProfile, osProfile } = aVm({ name: 'rebuilt', image: rhel('7.4') });
  const properties = { hardwareProfile, storageProfile, osProfile };
  return send('PUT', REBUILT, { location: 'eastus', tags: { 'lowtide-power': 'alwaysOn' }, properties });
}

async function stopAndInstall(send: Send): Promise<void> {
  await send('POST', `${inGroup('rg', 'stops')}/powerOff?api-version=2020-12-01`);
  await send('POST', `${inGroup('rg', 'race-2')}/installPatches?api-version=2020-12-01`, {
    maximumDuration: 'PT4H',
    rebootSetting: 'IfRequired',
    linuxParameters: { classificationsToInclude: ['Critical', 'Security'] },
  });
}

/** Two days of a rollout that is cancelled while one of its VMs is being installed. */
export function cancelledMonth(make: typeof anApi): Promise<ExplainedMonth> {
  return explainedMonth(make, {
    startUtc: '2026-11-29T18:00:00.000Z',
    fleet: fleet(PLANNED.filter(({ name }) => /^(plain|never)/.test(name))),
    effects: [],
    days: 1.6,
    prepare: (send) => send('PUT', '/api/policy?reason=ours', stringify(POLICY)),
    asked: [[0.2], [0.385, (send) => send('POST', `${ROLLOUT}/cancel`, { reason })], [0.6], [1.4]],
  });
}

/** How VMs of the first of these months end, for a while or for good: the reason, the VM, and whether it is installed after that. */
export const BAD_ENDS = [
  ['installInFlight', 'race-2', true],
  ['installLost', 'rebuilt', true],
  ['joinedLate', 'late', true],
  ['moved', 'wanders', true],
  ['patchesFailed', 'fails', true],
  ['stoppedDuringSoak', 'stops', false],
  ['superseded', 'never-approved', false],
  ['unhealthyAfterUpdate', 'breaks', false],
  ['unknownTooLong', 'silenced', false],
] as const;
