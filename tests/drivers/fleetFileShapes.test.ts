import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { LowtideError } from '../../domain/lowtideError';
import { VmId } from '../../domain/ids';
import { decodeText } from '../../drivers/fleet/decodeText';
import { jsonDocuments } from '../../drivers/fleet/jsonDocuments';
import { parseFleet, type ParsedFleet } from '../../drivers/fleet/parseFleet';

const SUBSCRIPTION = '00000000-0000-4000-8000-0000000000a1';
const idOf = (name: string, group = 'rg'): string =>
  `/subscriptions/${SUBSCRIPTION}/resourceGroups/${group}/providers/Microsoft.Compute/virtualMachines/${name}`;
const vm = (name: string, more: object = {}): object => ({ id: idOf(name), location: 'eastus', ...more });
const parse = (text: string): ParsedFleet => parseFleet(text, 'vms.json');
const namesIn = (text: string): string[] => parse(text).vms.map(({ name }) => name);

function errorOf(text: string): LowtideError {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof LowtideError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('the encoding of a file', () => {
  const text = JSON.stringify([vm('zürich-01')]);
  const utf16le = Buffer.from(text, 'utf16le');

  it.each([
    ['UTF-8', Buffer.from(text)],
    ['UTF-8 with a byte-order mark', Buffer.from(`\uFEFF${text}`)],
    ['UTF-16 as Windows PowerShell 5.1 writes it with >', Buffer.from(`\uFEFF${text}`, 'utf16le')],
    ['big-endian UTF-16', Buffer.from(`\uFEFF${text}`, 'utf16le').swap16()],
    ['UTF-16 without a byte-order mark', utf16le],
    ['big-endian UTF-16 without a byte-order mark', Buffer.from(utf16le).swap16()],
  ])('may be %s', (_, bytes) => {
    expect(namesIn(decodeText(bytes, 'vms.json'))).toEqual(['zürich-01']);
  });

  it('is named when it is neither, instead of reading other letters than were written', () => {
    expect(() => decodeText(Buffer.from(text, 'latin1'), 'vms.json')).toThrow(
      'vms.json cannot be read as text. Its bytes are not valid UTF-8. Save it as UTF-8',
    );
  });
});

describe('a fault in a fleet file with a VM a line', () => {
  const a = JSON.stringify(vm('a'));
  const file = (...lines: readonly string[]): string => ['{"virtualMachines": [', ...lines, ']}'].join('\n');

  it.each([
    ['in the first line', file(`${a},`, a).replace('{', '{ oops'), 'line 1: This is not JSON: column 3 has'],
    ['in a VM', file(`${a},`, `${a.replace('"id"', 'id')},`, a), 'line 3: This is not JSON: column'],
    ['in the last VM', file(`${a},`, `{,${a}`), 'line 3: This is not JSON: column 2 has'],
  ])('is one fault, with its line: %s', (_, text, words) => {
    const { message } = errorOf(text);
    expect(message).toContain('One thing is wrong');
    expect(message).toContain(words);
  });
});

describe('several lists in one file', () => {
  const [a, b] = [JSON.stringify([vm('a')], null, 2), JSON.stringify([vm('b'), vm('c')], null, 2)];

  it.each([
    ['the lists of several subscriptions, one after another', `${a}\n[]\n${b}\n`],
    ['a list of lists, as jq -s makes it', `[${a}, [], ${b}]`],
    ['several REST pages, one after another', `{"value": ${a}}\n{"value": ${b}}`],
  ])('are one fleet: %s', (_, text) => {
    expect(namesIn(text)).toEqual(['a', 'b', 'c']);
  });

  it('are counted as one: a VM of the second list has its number in the whole file', () => {
    const text = `${a}\n${JSON.stringify([vm('b'), { id: idOf('c') }])}`;
    expect(errorOf(text).message).toContain('VM 3 of 3 ("c"), field "location": It is missing.');
  });
});

describe('az graph query', () => {
  const row = vm('lin', {
    type: 'microsoft.compute/virtualmachines',
    tenantId: 't',
    subscriptionId: SUBSCRIPTION,
    tags: null,
    zones: null,
    properties: {
      extended: { instanceView: { powerState: { code: 'PowerState/deallocated' } } },
      storageProfile: { osDisk: { osType: 'Linux' } },
    },
  });

  it.each([
    ['with its wrapper', { count: 1, data: [row], skip_token: null, total_records: 1 }],
    ['as bare rows', [row]],
  ])('is read %s, with the power state of each VM', (_, value) => {
    const fleet = parse(JSON.stringify(value));
    expect(fleet.vms).toMatchObject([{ name: 'lin', osType: 'Linux' }]);
    expect([...fleet.instances.values()]).toMatchObject([{ power: 'deallocated' }]);
    expect(fleet.notes).toEqual([]);
  });

  it('is noted as one page of more when it has a skip token', () => {
    const fleet = parse(JSON.stringify({ count: 1, data: [row], skip_token: 'x', total_records: 9 }));
    expect(fleet.notes).toEqual([expect.stringContaining('one page of a longer list')]);
  });
});

describe('member names', () => {
  it('match without regard to case, in every shape, and end up in the spelling of the REST API', () => {
    const model = {
      location: 'eastus',
      properties: {
        osProfile: {
          windowsConfiguration: {
            provisionVMAgent: true,
            enableAutomaticUpdates: false,
            timeZone: 'Tokyo Standard Time',
            patchSettings: { patchMode: 'AutomaticByPlatform' },
          },
        },
        storageProfile: { imageReference: { publisher: 'p', offer: 'o', sku: 's' } },
      },
      tags: { CostCentre: '7' },
    };
    const respelled = (value: unknown, spell: (name: string) => string): unknown =>
      typeof value === 'object' && value !== null
        ? Object.fromEntries(
            Object.entries(value).map(([name, inner]) => [
              spell(name),
              name === 'tags' ? inner : respelled(inner, spell),
            ]),
          )
        : value;
    const plain = parse(JSON.stringify([{ id: idOf('a'), ...model }]));
    for (const spell of [
      (name: string) => name.toUpperCase(),
      (name: string) => name.toLowerCase(),
      (name: string) => name.charAt(0).toUpperCase() + name.slice(1),
    ]) {
      const fleet = parse(JSON.stringify([respelled({ id: idOf('a'), ...model }, spell)]));
      expect(fleet.vms).toEqual(plain.vms);
      expect([...fleet.models]).toEqual([...plain.models]);
    }
  });

  it.each([
    [0, 'Windows'],
    [1, 'Linux'],
  ])(
    'are those of Get-AzVM | ConvertTo-Json, which prints an enumeration as a number: OsType %d is %s',
    (OsType, osType) => {
      const text = JSON.stringify([
        { Id: idOf('vm'), Name: 'vm', Location: 'eastus', StorageProfile: { OsDisk: { OsType } } },
      ]);
      expect(parse(text).vms).toMatchObject([{ name: 'vm', osType }]);
    },
  );

  it('are those of Get-AzVM -Status | ConvertTo-Json, too', () => {
    const text = JSON.stringify([
      {
        ResourceGroupName: 'RG',
        Id: idOf('win'),
        VmId: 'b0c1d2e3-0000-4000-8000-000000000001',
        Name: 'win',
        Location: 'eastus',
        Tags: { Team: 'web' },
        AvailabilitySetReference: { Id: idOf('s').replace('virtualMachines', 'availabilitySets') },
        HardwareProfile: { VmSize: 'Standard_B1s' },
        OSProfile: {
          ComputerName: 'win',
          WindowsConfiguration: { EnableAutomaticUpdates: true, PatchSettings: { PatchMode: 'Manual' } },
        },
        StorageProfile: { OsDisk: { OsType: 'Windows' } },
        Zones: [],
        StatusCode: 'OK',
        PowerState: 'VM running',
      },
    ]);
    const fleet = parse(text);
    expect(fleet.vms).toMatchObject([
      { name: 'win', osType: 'Windows', patchMode: 'Manual', vmSize: 'Standard_B1s', tags: { Team: 'web' } },
    ]);
    expect(fleet.vms[0]?.availabilitySetId).toContain('/availabilitysets/s');
    expect([...fleet.instances.values()]).toMatchObject([
      { power: 'running', vmId: 'b0c1d2e3-0000-4000-8000-000000000001' },
    ]);
  });

  it('that PowerShell cut off are explained', () => {
    const cut = {
      OSProfile: { WindowsConfiguration: 'Microsoft.Azure.Management.Compute.Models.WindowsConfiguration' },
    };
    expect(errorOf(JSON.stringify([vm('a', cut)])).message).toContain('Use ConvertTo-Json -Depth 10.');
  });
});

describe('what is no fleet', () => {
  it('an empty list is an error that explains a login without permission', () => {
    for (const text of ['[]', '{"value": []}', '{"data": [], "count": 0}', '[]\n[]'])
      expect(errorOf(text).message).toContain('for a login that may see no VM');
  });

  it("a driver's log is recognised as one, whole or with a broken line", () => {
    const event = JSON.stringify({ at: '2026-11-10T18:00:00.000Z', action: 'poweredOn', vm: idOf('a') });
    for (const text of [event, `${event}\n${event}\n`, `${event}\n${event.slice(0, 30)}`])
      expect(errorOf(text).message).toContain("This is a driver's log, not a fleet.");
  });

  it('a fault of the JSON is reported at its own line and column, whatever V8 says', () => {
    const pretty = JSON.stringify([vm('a'), vm('b')], null, 2).split('\n');
    for (const [line, broken] of [
      [1, '<html>'],
      [4, '    "location": eastus'],
      [5, '  }; {'],
    ] as const) {
      const text = pretty.map((each, at) => (at + 1 === line ? broken : each)).join('\n');
      expect(errorOf(text).message).toContain(`line ${line}: This is not JSON`);
    }
  });

  it('takes for JSON what JSON.parse takes, and nothing else', () => {
    const almost = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '}', ']', '"', '1', ':', 'x'))
      .map(
        ([json, at, put]) =>
          json.slice(0, at % (json.length + 1)) + put + json.slice((at % (json.length + 1)) + 1),
      );
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string(), almost), (text) => {
        const found = jsonDocuments(text);
        const isOne = found.ok && found.documents.length === 1;
        let parsed = true;
        try {
          JSON.parse(text);
        } catch {
          parsed = false;
        }
        return isOne === parsed;
      }),
      { numRuns: 500 },
    );
  });
});

describe('the present state of a VM in a file', () => {
  const instanceOf = (more: object): object | undefined =>
    parse(JSON.stringify([vm('a', more)])).instances.get(VmId.parse(idOf('a')));

  it.each([
    ['VM running', 'running'],
    ['VM starting', 'running'],
    ['VM stopped', 'stopped'],
    ['VM deallocated', 'deallocated'],
    ['vm deallocating', 'deallocated'],
    ['', null],
    ['Provisioning succeeded', null],
    ['Info Not Available', null],
    ['VM unknown', null],
    ['VM creating', null],
    [null, null],
  ])('powerState %p of az vm list -d is %p', (powerState, power) => {
    expect(instanceOf({ powerState })).toMatchObject({ power });
    const code = `PowerState/${(powerState ?? 'unknown').replace(/^VM /i, '')}`;
    expect(instanceOf({ instanceView: { statuses: [{ code }] } })).toMatchObject({ power });
  });

  it.each([
    ['Ready', 'ProvisioningState/succeeded', '2.9.1.1', 'ready', '2.9.1.1'],
    ['Not Ready', 'ProvisioningState/Unavailable', 'Unknown', 'notReady', null],
    [undefined, 'ProvisioningState/Unavailable', undefined, 'notReady', null],
  ])('an agent that is %p (%s) with version %p is %p', (displayStatus, code, version, status, read) => {
    const vmAgent = { vmAgentVersion: version, statuses: [{ code, displayStatus }] };
    expect(instanceOf({ instanceView: { vmAgent } })).toMatchObject({
      agentStatus: status,
      agentVersion: read,
    });
  });

  it('keeps vmId and provisioningState', () => {
    expect(instanceOf({ vmId: 'v', provisioningState: 'Failed' })).toMatchObject({
      vmId: 'v',
      provisioningState: 'Failed',
    });
  });
});

describe('the patch settings of a VM in a file', () => {
  const withSettings = (settings: object): string =>
    JSON.stringify([
      vm('a', {
        storageProfile: { osDisk: { osType: 'Linux' } },
        osProfile: {
          linuxConfiguration: {
            patchSettings: { patchMode: 'AutomaticByPlatform', automaticByPlatformSettings: settings },
          },
        },
      }),
    ]);

  it('say how its installations reboot, and whether a schedule of its owner patches it', () => {
    const read = (settings: object): unknown => parse(withSettings(settings)).vms[0];
    expect(read({ rebootSetting: 'never' })).toMatchObject({ rebootSetting: 'Never' });
    expect(read({ rebootSetting: 'Unknown' })).not.toHaveProperty('rebootSetting');
    expect(read({ bypassPlatformSafetyChecksOnUserSchedule: true })).toMatchObject({
      customerManagedSchedule: true,
    });
    expect(read({ bypassPlatformSafetyChecksOnUserSchedule: false })).not.toHaveProperty(
      'customerManagedSchedule',
    );
  });

  it('are refused when their values mean nothing', () => {
    expect(errorOf(withSettings({ rebootSetting: 'Sometimes' })).message).toContain(
      'It is not IfRequired, Never, Always or Unknown.',
    );
    expect(errorOf(withSettings({ bypassPlatformSafetyChecksOnUserSchedule: 'yes' })).message).toContain(
      'It is the text "yes", not true or false.',
    );
  });
});

describe('the notes on a fleet', () => {
  it('name time zones that do not exist and regions that are not known, once for all VMs alike', () => {
    const osProfile = { windowsConfiguration: { timeZone: 'CDT' } };
    const vms = ['a', 'b', 'c', 'd'].map((name) => vm(name, { osProfile }));
    const wrongTag = vm('e', { tags: { 'lowtide-timezone': 'Europe/Atlantis' } });
    expect(parse(JSON.stringify([...vms, wrongTag, vm('f', { location: 'atlantisnorth' })])).notes).toEqual([
      expect.stringMatching(/«CDT».*America\/New_York, by the region \(a, b, c and 1 more\)/),
      expect.stringMatching(/«Europe\/Atlantis».*the tag lowtide-timezone/),
      expect.stringMatching(/region atlantisnorth is not known.*\(f\)/),
    ]);
  });

  it('name VMs that are to be hotpatched and have an image that cannot be', () => {
    const hot = (name: string, sku: string): object =>
      vm(name, {
        storageProfile: {
          imageReference: { publisher: 'MicrosoftWindowsServer', offer: 'WindowsServer', sku },
        },
        osProfile: { windowsConfiguration: { patchSettings: { enableHotpatching: true } } },
      });
    const vms = [hot('a', '2019-Datacenter'), hot('b', '2022-datacenter-azure-edition-core')];
    expect(parse(JSON.stringify(vms)).notes).toEqual([expect.stringMatching(/enableHotpatching.*\(a\)/)]);
  });

  it.each(['usgovvirginia', 'usdodcentral', 'chinanorth3', 'Jio India West'])(
    'say nothing of %s, which is a region of Azure',
    (location) => {
      expect(parse(JSON.stringify([vm('a', { location })])).notes).toEqual([]);
    },
  );
});

const CASES = join(__dirname, '../../../shared/cases');
const fieldFiles = (
  existsSync(CASES) ? readdirSync(CASES, { recursive: true, encoding: 'utf8' }) : []
).filter((file) => /\/(fleet|before|after)[^/]*\.json$/.test(file));

// Files from the field stay out of this repository; their kinds are tested above.
(fieldFiles.length > 0 ? describe : describe.skip)('../shared/cases (skipped where it is absent)', () => {
  it.each(fieldFiles.length > 0 ? fieldFiles : ['none'])('reads %s', (file) => {
    const bytes = readFileSync(join(CASES, file));
    expect(parseFleet(decodeText(bytes, file), file).vms.length).toBeGreaterThan(0);
  });
});
