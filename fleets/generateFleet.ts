import { knownRegions } from '../domain/regions';
import { chance, hash53 } from '../domain/seed';
import { EDGE_CASE_APPS, type App, type Layout } from './edgeCaseApps';

/** A VM or an availability set as `az` prints it. A member that is undefined is not printed. */
type Resource = Readonly<Record<string, unknown>>;

export interface GeneratedFleet {
  readonly virtualMachines: readonly Resource[];
  readonly availabilitySets: readonly Resource[];
}

/** Where the VMs are, and how many of a hundred. Both ends of seven geo pairs are there, and the whole Brazil chain. */
const SITES: readonly (readonly [region: string, weight: number])[] = [
  ['eastus', 14],
  ['westus', 7],
  ['eastus2', 12],
  ['centralus', 8],
  ['southcentralus', 6],
  ['northcentralus', 4],
  ['westeurope', 12],
  ['northeurope', 8],
  ['uksouth', 6],
  ['ukwest', 3],
  ['southeastasia', 5],
  ['eastasia', 3],
  ['japaneast', 3],
  ['japanwest', 2],
  ['australiaeast', 3],
  ['centralindia', 2],
  ['brazilsouth', 1],
  ['brazilsoutheast', 1],
];
const NAMES = ['shop', 'payroll', 'ledger', 'crm', 'search', 'mail', 'maps', 'forms', 'stock', 'fleet'];
const ROLES = ['web', 'api', 'sql', 'queue', 'cache', 'batch'];
const UPDATE_DOMAINS = [2, 3, 5, 5, 5, 5, 10, 20];
const SUBSCRIPTIONS = 5;
/** A big company opens another subscription before one gets crowded. */
const VMS_PER_SUBSCRIPTION = 2_000;

const zonesOf = new Map(knownRegions().map(({ name, availabilityZones }) => [name, availabilityZones]));

/**
 * A made-up fleet with the variety of a real one: zones, sets, subscriptions, images, patch modes, time zones, tags, and mistakes. The
 * same numbers give the same fleet. From 300 VMs on it has at least one of everything (`EDGE_CASE_APPS`).
 */
export function generateFleet(options: GenerateOptions): GeneratedFleet {
  const virtualMachines: Resource[] = [];
  const availabilitySets: Resource[] = [];
  for (const { app, size } of appsOf(options)) {
    if (app.layout === 'set') availabilitySets.push(setOf(app));
    for (let n = 1; n <= size; n += 1) virtualMachines.push(machineOf(options.seed, app, n));
  }
  return { virtualMachines, availabilitySets };
}

export interface GenerateOptions {
  readonly vms: number;
  readonly seed: number;
}

/** The text of `printGeneratedFleet` in pieces: that of a million VMs is longer than a string may be. */
export function* generatedFleetText(options: GenerateOptions): Generator<string, void> {
  const sets: Resource[] = [];
  let first = true;
  yield '{\n  "virtualMachines": [';
  for (const { app, size } of appsOf(options)) {
    if (app.layout === 'set') sets.push(setOf(app));
    const machines = Array.from({ length: size }, (_, n) => machineOf(options.seed, app, n + 1));
    if (size > 0) yield `${first ? '' : ','}${lines(machines)}`;
    first = false;
  }
  yield `\n  ],\n  "availabilitySets": [${lines(sets)}\n  ]\n}\n`;
}

/** One resource a line: short enough to commit, and a change of one VM is a change of one line. */
export function printGeneratedFleet({ virtualMachines, availabilitySets }: GeneratedFleet): string {
  return `{\n  "virtualMachines": [${lines(virtualMachines)}\n  ],\n  "availabilitySets": [${lines(availabilitySets)}\n  ]\n}\n`;
}

function lines(resources: readonly Resource[]): string {
  return resources.map((resource) => `\n    ${JSON.stringify(resource)}`).join(',');
}

/** The applications of a fleet until it has its VMs; of the last there may be fewer than it has. */
function* appsOf({ vms, seed }: GenerateOptions): Generator<{ readonly app: App; readonly size: number }> {
  const fixed = vms >= 300 ? EDGE_CASE_APPS : [];
  let left = vms;
  for (let at = 0; left > 0; at += 1) {
    const app = fixed[at] ?? inventApp(seed, at, vms);
    const size = Math.min(app.size, left);
    left -= size;
    yield { app, size };
  }
}

function inventApp(seed: number, at: number, vms: number): App {
  const random = (what: string): number => chance(seed, 'app', at, what);
  const region = weighted(SITES, random('region'));
  const pick = <T>(items: readonly T[], what: string, otherwise: T): T =>
    items[Math.floor(random(what) * items.length)] ?? otherwise;
  const subscriptions = SUBSCRIPTIONS + Math.floor(vms / VMS_PER_SUBSCRIPTION);
  const layout = layoutOf(region, random('layout'));
  return {
    name: `${pick(NAMES, 'name', 'shop')}-${pick(ROLES, 'role', 'web')}-${at}`,
    region,
    layout,
    subscription: 1 + Math.floor(random('subscription') * subscriptions),
    // Squared: many small ones, few large ones.
    size: (layout === 'set' ? 2 : 1) + Math.floor(random('size') ** 2 * (layout === 'set' ? 30 : 16)),
    updateDomains: pick(UPDATE_DOMAINS, 'updateDomains', 5),
    ...systemOf(random),
  };
}

function layoutOf(region: string, random: number): Layout {
  if (random < 0.2) return 'set';
  return random < 0.8 && (zonesOf.get(region) ?? 0) > 0 ? 'zonal' : 'regional';
}

function weighted<T>(items: readonly (readonly [T, number])[], random: number): T {
  const total = items.reduce((sum, [, weight]) => sum + weight, 0);
  let left = random * total;
  for (const [item, weight] of items) {
    left -= weight;
    if (left < 0) return item;
  }
  throw new Error('a random number is below 1, so one of the items was found');
}

type Image = readonly [os: 'Windows' | 'Linux', publisher: string, offer: string, sku: string];

const IMAGES: readonly (readonly [Image, number])[] = [
  [['Linux', 'Canonical', 'UbuntuServer', '18.04-LTS'], 24],
  [['Linux', 'RedHat', 'RHEL', '7.8'], 8],
  [['Linux', 'RedHat', 'RHEL', '7_9'], 6],
  [['Linux', 'RedHat', 'RHEL', '7-LVM'], 2],
  [['Windows', 'MicrosoftWindowsServer', 'WindowsServer', '2012-R2-Datacenter'], 7],
  [['Windows', 'MicrosoftWindowsServer', 'WindowsServer', '2016-Datacenter'], 13],
  [['Windows', 'MicrosoftWindowsServer', 'WindowsServer', '2016-Datacenter-Server-Core'], 6],
  [['Windows', 'MicrosoftWindowsServer', 'WindowsServer', '2019-Datacenter'], 18],
  [['Windows', 'MicrosoftWindowsServer', 'WindowsServer', '2019-Datacenter-Core'], 8],
  // Not supported, yet in every real fleet.
  [['Windows', 'MicrosoftWindowsServer', 'WindowsServer', '2022-datacenter'], 2],
  [['Linux', 'Canonical', '0001-com-ubuntu-server-focal', '20_04-lts'], 2],
  [['Linux', 'RedHat', 'RHEL', '8.2'], 1],
  [['Linux', 'debian', 'debian-10', '10'], 1],
];

function systemOf(random: (what: string) => number): Pick<App, 'os' | 'image'> {
  const [os, publisher, offer, sku] = weighted(IMAGES, random('image'));
  return { os, image: random('custom') < 0.02 ? null : { publisher, offer, sku, version: 'latest' } };
}

const SIZES = ['Standard_B2s', 'Standard_D2s_v3', 'Standard_D4s_v3', 'Standard_E8s_v3', 'Standard_F16s_v2'];

function subscriptionId(number: number): string {
  return `c0d7050e-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

function groupId(app: App): string {
  return `/subscriptions/${subscriptionId(app.subscription)}/resourceGroups/rg-${app.name}`;
}

function setId(app: App): string {
  return `${groupId(app)}/providers/Microsoft.Compute/availabilitySets/as-${app.name}`;
}

function setOf(app: App): Resource {
  return {
    id: setId(app),
    name: `as-${app.name}`,
    resourceGroup: `rg-${app.name}`,
    location: app.region,
    platformFaultDomainCount: 2,
    platformUpdateDomainCount: app.updateDomains,
    sku: { name: 'Aligned' },
  };
}

function machineOf(seed: number, app: App, n: number): Resource {
  const name = `${app.name}-${String(n).padStart(2, '0')}`;
  const random = (what: string): number => chance(seed, 'vm', name, what);
  const size = SIZES[Math.floor(random('size') * SIZES.length)];
  const tags = { ...tagsOf(app, random), ...app.tags };
  const zones = app.zone ?? (app.layout === 'zonal' ? String(1 + ((n - 1) % 3)) : null);
  return {
    id: `${groupId(app)}/providers/Microsoft.Compute/virtualMachines/${name}`,
    name,
    resourceGroup: `rg-${app.name}`,
    location: app.region,
    zones: zones === null ? null : [zones],
    tags: Object.keys(tags).length === 0 ? null : tags,
    availabilitySet: app.layout === 'set' ? { id: setId(app) } : null,
    hardwareProfile: { vmSize: size },
    storageProfile: {
      imageReference: imageReference(app),
      osDisk: { createOption: 'FromImage', osType: app.os },
    },
    osProfile: {
      adminUsername: 'azureuser',
      computerName: `vm${hash53(name).toString(36)}`.slice(0, 15),
      windowsConfiguration: app.os === 'Windows' ? windowsConfiguration(app, random) : undefined,
      linuxConfiguration: app.os === 'Linux' ? linuxConfiguration(app, random) : undefined,
    },
    instanceView: app.instanceView,
  };
}

function imageReference(app: App): Resource {
  if (app.image !== null) return app.image;
  const gallery = `/subscriptions/${subscriptionId(1)}/resourceGroups/rg-images/providers/Microsoft.Compute/galleries/gallery`;
  return { id: `${gallery}/images/golden-${app.os.toLowerCase()}` };
}

function tagsOf(app: App, random: (what: string) => number): Record<string, string> {
  const tags: Record<string, string> = {};
  if (random('team') < 0.3) tags['team'] = app.name.split('-')[0] ?? '';
  if (random('exclude') < 0.005) tags['lowtide-exclude'] = 'true';
  if (random('source') < 0.06)
    tags['lowtide-patch-source'] = app.os === 'Windows' ? 'WSUS' : 'PrivateRepository';
  return tags;
}

/** Zones as Windows calls them, most of them those of the region. */
const WINDOWS_ZONES: Readonly<Record<string, string>> = {
  eastus: 'Eastern Standard Time',
  westus: 'Pacific Standard Time',
  centralus: 'Central Standard Time',
  westeurope: 'W. Europe Standard Time',
  northeurope: 'GMT Standard Time',
  centralindia: 'India Standard Time',
  japaneast: 'Tokyo Standard Time',
  brazilsouth: 'E. South America Standard Time',
};

function windowsConfiguration(app: App, random: (what: string) => number): Resource {
  const mode =
    app.patchMode ??
    weighted(
      [
        ['AutomaticByPlatform', 84],
        ['AutomaticByOS', 6],
        ['Manual', 5],
        ['', 5],
      ],
      random('mode'),
    );
  const zone = app.windowsZone ?? (random('timeZone') < 0.3 ? WINDOWS_ZONES[app.region] : undefined);
  return {
    provisionVmAgent: true,
    enableAutomaticUpdates: mode !== 'Manual',
    timeZone: zone,
    patchSettings: mode === '' ? undefined : { patchMode: mode },
  };
}

function linuxConfiguration(app: App, random: (what: string) => number): Resource {
  const mode =
    app.patchMode ??
    weighted(
      [
        ['AutomaticByPlatform', 88],
        ['ImageDefault', 7],
        ['', 5],
      ],
      random('mode'),
    );
  return {
    disablePasswordAuthentication: true,
    provisionVmAgent: true,
    patchSettings: mode === '' ? undefined : { patchMode: mode },
  };
}
