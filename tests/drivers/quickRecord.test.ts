import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { fullVmRecord } from '../../drivers/fleet/fullRecord';
import { isObject } from '../../domain/isObject';
import { quickVmRecord } from '../../drivers/fleet/quickRecord';
import { instanceOf, vmOf } from '../../drivers/fleet/vmRecord';
import { generateFleet } from '../../fleets/generateFleet';

type Members = Record<string, unknown>;

const GROUP = '/subscriptions/0f5c/resourceGroups/Web/providers/Microsoft.Compute';
const statuses = [{ code: 'PowerState/running', displayStatus: 'VM running', level: 'Info' }];
const patchSettings = {
  patchMode: 'AutomaticByPlatform',
  assessmentMode: 'AutomaticByPlatform',
  enableHotpatching: false,
  automaticByPlatformSettings: {
    rebootSetting: 'IfRequired',
    bypassPlatformSafetyChecksOnUserSchedule: true,
  },
};
const envelope = {
  id: `${GROUP}/virtualMachines/Web-1`,
  name: 'Web-1',
  type: 'Microsoft.Compute/virtualMachines',
  location: 'East US',
  tags: { team: 'web', Owner: '' },
  zones: ['1', 2],
};
/** Every member that is read, and some that are not. */
const properties = {
  hardwareProfile: { vmSize: 'Standard_D2s_v3' },
  storageProfile: {
    imageReference: {
      publisher: 'Canonical',
      offer: 'UbuntuServer',
      sku: '18.04-LTS',
      version: 'latest',
      id: '/images/a',
      sharedGalleryImageId: '/shared/a',
      communityGalleryImageId: '/community/a',
    },
    osDisk: { osType: 'Windows', diskSizeGB: 127 },
    dataDisks: [{ lun: 0 }],
  },
  osProfile: {
    computerName: 'web-1',
    windowsConfiguration: {
      provisionVMAgent: true,
      enableAutomaticUpdates: true,
      timeZone: 'Pacific Standard Time',
      patchSettings,
    },
    linuxConfiguration: { provisionVMAgent: false, patchSettings },
  },
  availabilitySet: { id: `${GROUP}/availabilitySets/S` },
  virtualMachineScaleSet: { id: `${GROUP}/virtualMachineScaleSets/F` },
  platformFaultDomain: -1,
  vmId: 'b0c1d2e3-0000-4000-8000-000000000001',
  provisioningState: 'Succeeded',
  instanceView: {
    platformUpdateDomain: 3,
    platformFaultDomain: 1,
    vmAgent: { vmAgentVersion: '2.7.1', statuses: [{ code: 'ProvisioningState/succeeded' }] },
    statuses,
    powerState: { code: 'PowerState/running' },
    extensions: [{ type: 'Microsoft.CPlat.Core.LinuxPatchExtension', typeHandlerVersion: '1.6.40' }],
  },
  extended: { instanceView: { powerState: { code: 'PowerState/deallocated' } } },
};

const respelled = (value: unknown, spell: (name: string) => string): unknown => {
  if (Array.isArray(value)) return value.map((item: unknown) => respelled(item, spell));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      spell(name),
      name === 'tags' ? inner : respelled(inner, spell),
    ]),
  );
};

const SHAPES: readonly (readonly [string, Members])[] = [
  ['the REST API', { ...envelope, properties }],
  ['az', { ...envelope, ...properties, powerState: 'VM running', fqdns: '', plan: null }],
  ['az graph', { ...envelope, tenantId: 't', kind: '', properties, tags: null, plan: null }],
  [
    'Get-AzVM',
    respelled(
      { ...envelope, ...properties, powerState: 'VM running', statusCode: 'OK' },
      (name) => name.charAt(0).toUpperCase() + name.slice(1),
    ) as Members,
  ],
  [
    'a person who writes small',
    respelled({ ...envelope, properties }, (name) => name.toLowerCase()) as Members,
  ],
];

/** Is it the same, as far as the quick check reads? Null, and absent, are one. */
function isSame(quick: unknown, full: unknown, name: string): boolean {
  if (name === 'tags') return isDeepStrictEqual(quick ?? null, full ?? null);
  if (Array.isArray(quick) && Array.isArray(full))
    return quick.length === full.length && quick.every((item, n) => isSame(item, full[n], ''));
  if (isObject(quick) && isObject(full))
    return Object.keys(quick).every((each) => isSame(quick[each], full[each], each));
  return isDeepStrictEqual(quick ?? null, full ?? null);
}

/** Does the quick check take it? If so, the full one takes it, too, and reads the same. */
function isTakenAlike(written: Members): boolean {
  const quick = quickVmRecord(written);
  if (quick === null) return false;
  const full = fullVmRecord(written);
  if ('error' in full)
    throw new Error(`The full check refuses ${JSON.stringify(written)}: ${full.error.message}`);
  const read = Object.entries(quick.properties).filter(([name]) => Object.hasOwn(properties, name));
  const sameRecord = isSame({ ...quick, properties: Object.fromEntries(read) }, full.record, '');
  const sameVm = isDeepStrictEqual(
    [vmOf(quick), instanceOf(quick)],
    [vmOf(full.record), instanceOf(full.record)],
  );
  if (!sameRecord || !sameVm) throw new Error(`The two checks read differently: ${JSON.stringify(written)}`);
  return true;
}

type Path = readonly (string | number)[];

function pathsIn(value: unknown): Path[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [
    [name],
    ...pathsIn(inner).map((rest): Path => [name, ...rest]),
  ]);
}

/** The record with another value at the place; undefined takes the member away. */
function changed(value: unknown, [first, ...rest]: Path, to: unknown): unknown {
  if (first === undefined) return to;
  if (Array.isArray(value))
    return value.map((item: unknown, n) => (String(n) === String(first) ? changed(item, rest, to) : item));
  const before = isObject(value) ? value : {};
  const inner = changed(before[first], rest, to);
  return Object.fromEntries(
    Object.entries({ ...before, [first]: inner }).filter(([, each]) => each !== undefined),
  );
}

const ODD_VALUES: readonly unknown[] = [
  undefined,
  null,
  '',
  'x',
  0,
  1,
  -1,
  1.5,
  true,
  [],
  [1],
  ['1', null],
  [{}],
  [{ code: 1 }],
  {},
  { a: 1 },
  { id: 'x' },
  { code: null },
  `${GROUP}/virtualMachines/b`,
  `${GROUP}/virtualMachines/`,
  `${GROUP}/availabilitySets/b`,
  'never',
];

describe('the quick check of a VM in a fleet file', () => {
  it.each(SHAPES)('takes what is printed by %s, and reads of it what the full check reads', (_, record) => {
    expect(isTakenAlike(record)).toBe(true);
  });

  it('takes every VM of a made-up fleet, edge cases and all', () => {
    const { virtualMachines } = generateFleet({ vms: 300, seed: 1 });
    const written = JSON.parse(JSON.stringify(virtualMachines)) as Members[];
    expect(written.filter((record) => !isTakenAlike(record))).toEqual([]);
  });

  it.each(SHAPES)(
    'takes what the full check takes, and nothing else, whatever member of %s is odd',
    (_, record) => {
      const differs: unknown[] = [];
      let [taken, refused] = [0, 0];
      for (const path of pathsIn(record))
        for (const odd of ODD_VALUES) {
          const written = changed(record, path, odd) as Members;
          if (isTakenAlike(written)) taken += 1;
          else if ('error' in fullVmRecord(written)) refused += 1;
          else differs.push(written);
        }
      expect(differs).toEqual([]);
      expect(Math.min(taken, refused)).toBeGreaterThan(300);
    },
  );

  it('leaves a tag with the name of the prototype to the full check, which drops it', () => {
    const text = JSON.stringify({ ...envelope, tags: { proto: 'x' } }).replace('"proto"', '"__proto__"');
    const written = JSON.parse(text) as Members;
    expect(quickVmRecord(written)).toBeNull();
    expect(fullVmRecord(written)).toHaveProperty('record');
  });

  it('reads members that are written twice, in other letters or shapes, as the full check does', () => {
    const names = fc.constantFrom(
      ...new Set(SHAPES.flatMap(([, record]) => pathsIn(record).map((path) => path.at(-1) ?? ''))),
      '__proto__',
    );
    const members = fc.dictionary(
      names.map(String),
      fc.oneof(fc.constantFrom(...ODD_VALUES.filter((odd) => odd !== undefined)), fc.jsonValue()),
      { maxKeys: 3, noNullPrototype: true },
    );
    const record = fc.constantFrom(...SHAPES.map(([, each]) => each));
    const paths = fc.constantFrom<Path>(
      [],
      ['properties'],
      ['tags'],
      ['osProfile'],
      ['properties', 'instanceView'],
      ['Tags'],
      ['StorageProfile', 'ImageReference'],
    );
    fc.assert(
      fc.property(record, paths, members, fc.boolean(), (one, path, more, isFirst) => {
        const here = path.reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), one);
        const before = isObject(here) ? here : {};
        const text = JSON.stringify(
          changed(one, path, isFirst ? { ...more, ...before } : { ...before, ...more }),
        );
        isTakenAlike(JSON.parse(text.replaceAll('"name":', '"__proto__":')) as Members);
      }),
      { numRuns: 500 },
    );
  });
});
