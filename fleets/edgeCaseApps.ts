export type Layout = 'set' | 'zonal' | 'regional';

/** VMs that belong together: one resource group, one image, one way of being spread. */
export interface App {
  readonly name: string;
  readonly region: string;
  readonly layout: Layout;
  /** Its number: they are numbered from 1. */
  readonly subscription: number;
  readonly size: number;
  /** Only of a set. */
  readonly updateDomains: number;
  readonly os: 'Windows' | 'Linux';
  /** Null: an image of one's own, from a gallery. */
  readonly image: Readonly<Record<string, string>> | null;
  /** Instead of zones 1 to 3 in turn. */
  readonly zone?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** Empty for none; absent: drawn at random. */
  readonly patchMode?: string;
  readonly windowsZone?: string;
  readonly instanceView?: Readonly<Record<string, unknown>>;
}

const UBUNTU = {
  os: 'Linux',
  image: { publisher: 'Canonical', offer: 'UbuntuServer', sku: '18.04-LTS', version: 'latest' },
} as const;
const RHEL = {
  os: 'Linux',
  image: { publisher: 'RedHat', offer: 'RHEL', sku: '7_9', version: 'latest' },
} as const;
const windows = (sku: string) =>
  ({
    os: 'Windows',
    image: { publisher: 'MicrosoftWindowsServer', offer: 'WindowsServer', sku, version: 'latest' },
  }) as const;
const PLATFORM = { patchMode: 'AutomaticByPlatform' } as const;

type Spread = Pick<App, 'region' | 'layout' | 'size' | 'updateDomains'>;
const set = (region: string, size: number, updateDomains: number): Spread => ({
  region,
  layout: 'set',
  size,
  updateDomains,
});
const zonal = (region: string, size: number): Spread => ({ region, layout: 'zonal', size, updateDomains: 0 });
const regional = (region: string, size: number): Spread => ({
  region,
  layout: 'regional',
  size,
  updateDomains: 0,
});

/** One of everything a planner has to cope with, so that no seed leaves one out of a demonstration. */
export const EDGE_CASE_APPS: readonly App[] = [
  // Sets from the smallest to the largest, of one to twenty update domains.
  { name: 'hub-web', subscription: 1, ...set('eastus2', 40, 20), ...windows('2019-Datacenter'), ...PLATFORM },
  { name: 'hub-sql', subscription: 1, ...set('centralus', 2, 1), ...windows('2016-Datacenter'), ...PLATFORM },
  { name: 'hub-api', subscription: 2, ...set('westeurope', 12, 5), ...UBUNTU, ...PLATFORM },
  { name: 'hub-queue', subscription: 2, ...set('northeurope', 9, 3), ...RHEL, ...PLATFORM },
  {
    name: 'hub-batch',
    subscription: 3,
    ...set('southeastasia', 10, 10),
    ...windows('2019-Datacenter-Core'),
    ...PLATFORM,
  },
  { name: 'hub-cache', subscription: 3, ...set('eastasia', 3, 2), ...UBUNTU, ...PLATFORM },
  // A path of four paired regions.
  { name: 'brasil-web', subscription: 4, ...regional('brazilsoutheast', 4), ...UBUNTU, ...PLATFORM },
  {
    name: 'brasil-api',
    subscription: 4,
    ...zonal('brazilsouth', 6),
    ...windows('2019-Datacenter'),
    ...PLATFORM,
  },
  {
    name: 'brasil-sql',
    subscription: 4,
    ...zonal('southcentralus', 6),
    ...windows('2012-R2-Datacenter'),
    ...PLATFORM,
  },
  { name: 'brasil-etl', subscription: 4, ...regional('northcentralus', 4), ...RHEL, ...PLATFORM },
  // Standalone VMs with and without zones.
  { name: 'portal-web', subscription: 1, ...zonal('eastus', 21), ...UBUNTU, ...PLATFORM },
  {
    name: 'portal-api',
    subscription: 1,
    ...regional('westus', 14),
    ...windows('2016-Datacenter-Server-Core'),
    ...PLATFORM,
  },
  { name: 'portal-jobs', subscription: 5, ...zonal('uksouth', 9), ...RHEL, ...PLATFORM },
  {
    name: 'portal-mail',
    subscription: 5,
    ...regional('japanwest', 5),
    ...windows('2019-Datacenter'),
    ...PLATFORM,
  },
  // A subscription of its own, with a single VM.
  { name: 'loner', subscription: 999, ...regional('westeurope', 1), ...UBUNTU, ...PLATFORM },
  // Off-peak hours that are not those of the region.
  {
    name: 'nepal',
    subscription: 2,
    ...regional('centralindia', 2),
    ...UBUNTU,
    ...PLATFORM,
    tags: { 'lowtide-timezone': 'Asia/Kathmandu' },
  },
  {
    name: 'followsun',
    subscription: 2,
    ...zonal('westeurope', 3),
    ...windows('2019-Datacenter'),
    ...PLATFORM,
    windowsZone: 'Tokyo Standard Time',
  },
  {
    name: 'lordhowe',
    subscription: 2,
    ...regional('australiaeast', 1),
    ...RHEL,
    ...PLATFORM,
    tags: { 'lowtide-timezone': 'Australia/Lord_Howe' },
  },
  {
    name: 'typo',
    subscription: 3,
    ...regional('eastus', 1),
    ...UBUNTU,
    ...PLATFORM,
    tags: { 'lowtide-timezone': 'Europe/Atlantis' },
  },
  {
    name: 'oddzone',
    subscription: 3,
    ...regional('westus', 1),
    ...windows('2016-Datacenter'),
    ...PLATFORM,
    windowsZone: 'Atlantis Standard Time',
  },
  // What Lowtide leaves alone, and what it has never heard of.
  {
    name: 'handsoff',
    subscription: 1,
    ...regional('eastus', 2),
    ...windows('2019-Datacenter'),
    ...PLATFORM,
    tags: { 'lowtide-exclude': 'true' },
  },
  { name: 'edge', subscription: 3, ...regional('atlantisnorth', 2), ...UBUNTU, ...PLATFORM },
  { name: 'zonefour', subscription: 3, ...regional('westeurope', 2), ...UBUNTU, ...PLATFORM, zone: '4' },
  { name: 'golden', subscription: 1, ...regional('eastus', 3), os: 'Linux', image: null, ...PLATFORM },
  { name: 'newer', subscription: 1, ...regional('uksouth', 2), ...windows('2022-datacenter'), ...PLATFORM },
  {
    name: 'byos',
    subscription: 5,
    ...regional('ukwest', 3),
    ...windows('2016-Datacenter'),
    patchMode: 'AutomaticByOS',
  },
  {
    name: 'manual',
    subscription: 5,
    ...regional('japaneast', 2),
    ...windows('2012-R2-Datacenter'),
    patchMode: 'Manual',
  },
  {
    name: 'imagedefault',
    subscription: 5,
    ...regional('japaneast', 2),
    ...UBUNTU,
    patchMode: 'ImageDefault',
  },
  { name: 'unset', subscription: 5, ...regional('ukwest', 2), ...RHEL, patchMode: '' },
  // What an instance view says.
  {
    name: 'oldagent',
    subscription: 2,
    ...regional('northeurope', 1),
    ...UBUNTU,
    ...PLATFORM,
    instanceView: { vmAgent: { vmAgentVersion: '2.2.40' }, statuses: [{ code: 'PowerState/running' }] },
  },
  {
    name: 'asleep',
    subscription: 2,
    ...regional('centralus', 2),
    ...windows('2019-Datacenter'),
    ...PLATFORM,
    instanceView: { statuses: [{ code: 'PowerState/deallocated' }] },
  },
  // Sources other than the public one.
  {
    name: 'private',
    subscription: 4,
    ...regional('southcentralus', 3),
    ...RHEL,
    ...PLATFORM,
    tags: { 'lowtide-patch-source': 'PrivateRepository' },
  },
  {
    name: 'wsus',
    subscription: 4,
    ...regional('northcentralus', 3),
    ...windows('2016-Datacenter'),
    ...PLATFORM,
    tags: { 'lowtide-patch-source': 'WSUS' },
  },
];
