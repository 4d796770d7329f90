import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { parseFleet, printFleet } from '../../drivers/fleet/parseFleet';
import { LowtideError } from '../../domain/lowtideError';

const idOf = (name: string): string =>
  `/subscriptions/0f5c/resourceGroups/Web/providers/Microsoft.Compute/virtualMachines/${name}`;
const setId = (name: string): string =>
  `/subscriptions/0f5c/resourceGroups/Web/providers/Microsoft.Compute/availabilitySets/${name}`;

/** As the REST API answers it. */
const rest = (
  name: string,
  more: Record<string, unknown> = {},
  properties: Record<string, unknown> = {},
) => ({
  id: idOf(name),
  name,
  location: 'eastus',
  properties: {
    storageProfile: {
      imageReference: { publisher: 'Canonical', offer: 'UbuntuServer', sku: '18.04-LTS', version: 'latest' },
      osDisk: { osType: 'Linux' },
    },
    osProfile: {
      linuxConfiguration: {
        provisionVMAgent: true,
        patchSettings: { patchMode: 'AutomaticByPlatform' },
      },
    },
    ...properties,
  },
  ...more,
});

/** As `az vm list -o json` prints it: flattened, its own capitals, null where there is nothing. */
const az = (name: string, more: Record<string, unknown> = {}) => ({
  id: idOf(name),
  name,
  resourceGroup: 'WEB',
  location: 'East US',
  zones: null,
  tags: null,
  availabilitySet: null,
  instanceView: null,
  hardwareProfile: { vmSize: 'Standard_D2s_v3' },
  storageProfile: {
    imageReference: {
      publisher: 'MicrosoftWindowsServer',
      offer: 'WindowsServer',
      sku: '2019-Datacenter',
      version: 'latest',
      id: null,
    },
    osDisk: { osType: 'Windows', diskSizeGb: 127 },
  },
  osProfile: {
    linuxConfiguration: null,
    windowsConfiguration: {
      provisionVmAgent: true,
      enableAutomaticUpdates: true,
      timeZone: 'Pacific Standard Time',
      patchSettings: { patchMode: 'AutomaticByPlatform', enableHotpatching: null },
    },
  },
  ...more,
});

const parse = (value: unknown) =>
  parseFleet(typeof value === 'string' ? value : JSON.stringify(value), 'fleet.json');
const lines = (...records: unknown[]): string => records.map((record) => JSON.stringify(record)).join('\n');

function errorOf(value: unknown): LowtideError {
  try {
    parse(value);
  } catch (error) {
    if (error instanceof LowtideError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('the shapes of a fleet file', () => {
  it('reads what az vm list prints, in the spelling of az', () => {
    const [vm] = parse([az('Web-1', { zones: ['2'] })]).vms;
    expect(vm).toMatchObject({
      id: idOf('web-1').toLowerCase(),
      armId: idOf('Web-1'),
      name: 'Web-1',
      subscriptionId: '0f5c',
      resourceGroup: 'Web',
      region: 'eastus',
      zone: '2',
      osType: 'Windows',
      vmSize: 'Standard_D2s_v3',
      patchMode: 'AutomaticByPlatform',
      enableAutomaticUpdates: true,
      provisionVMAgent: true,
      timeZone: 'Pacific Standard Time',
      customImage: false,
      enabled: true,
    });
  });

  it.each([
    ['a REST list', { value: [rest('a'), rest('b')], nextLink: null }],
    ['a REST list with availability sets', { value: [rest('a'), rest('b')], availabilitySets: [] }],
    ['an array', [rest('a'), rest('b')]],
    ['JSON lines', `${lines(rest('a'), rest('b'))}\n\n`],
    ['JSON lines with Windows line ends', `${JSON.stringify(rest('a'))}\r\n${JSON.stringify(rest('b'))}\r\n`],
    ['an object with virtualMachines', { virtualMachines: [rest('a'), rest('b')], availabilitySets: [] }],
    ['a file with a byte order mark', `\uFEFF${JSON.stringify([rest('a'), rest('b')])}`],
  ])('reads %s', (_, value) => {
    const { vms } = parse(value);
    expect(vms.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(vms[0]).toMatchObject({ osType: 'Linux', region: 'eastus', zone: null, enabled: true });
  });

  it('reads a single VM as az vm show prints it', () => {
    expect(parse(JSON.stringify(az('only'), null, 2)).vms).toHaveLength(1);
  });

  it('says so when the file is one page of a longer list', () => {
    expect(parse({ value: [rest('a')], nextLink: 'more' }).notes).toEqual([
      expect.stringContaining('one page of a longer list'),
    ]);
  });

  it('keeps the model in REST shape, whoever printed it', () => {
    const { models } = parse([az('a', { tags: { team: 'web' } })]);
    expect([...models.values()]).toMatchObject([
      {
        id: idOf('a'),
        tags: { team: 'web' },
        properties: {
          osProfile: {
            windowsConfiguration: {
              provisionVMAgent: true,
              enableAutomaticUpdates: true,
              timeZone: 'Pacific Standard Time',
              patchSettings: { patchMode: 'AutomaticByPlatform' },
            },
          },
        },
      },
    ]);
  });

  it('reads power state, agent and update domain from an instance view', () => {
    const instanceView = {
      platformUpdateDomain: 3,
      vmAgent: { vmAgentVersion: '2.2.53.1' },
      statuses: [{ code: 'ProvisioningState/succeeded' }, { code: 'PowerState/deallocated' }],
      extensions: [{ type: 'Microsoft.CPlat.Core.LinuxPatchExtension', typeHandlerVersion: '1.6.40' }],
    };
    const fleet = parse([rest('a', {}, { instanceView, availabilitySet: { id: setId('s') } })]);
    expect(fleet.vms[0]?.updateDomain).toBe(3);
    expect([...fleet.instances.values()]).toEqual([
      {
        power: 'deallocated',
        agentStatus: null,
        agentVersion: '2.2.53.1',
        extensionVersion: '1.6.40',
        vmId: null,
        provisioningState: null,
      },
    ]);
  });

  it('reads the power state that az vm list --show-details prints', () => {
    const fleet = parse([az('a', { powerState: 'VM deallocated' }), az('b', { powerState: 'VM running' })]);
    expect([...fleet.instances.values()].map(({ power }) => power)).toEqual(['deallocated', 'running']);
  });

  it.each([
    ['Stopped (deallocated)', 'deallocated'],
    ['PowerState/deallocated', 'deallocated'],
    [' running ', 'running'],
    ['VM unknown', undefined],
    ['PowerState/hibernating', undefined],
    ['stopped (running', undefined],
  ])('the power state %s is %s, and what is unknown is not off', (powerState, power) => {
    const { instances } = parse([az('a', { powerState })]);
    expect([...instances.values()][0]?.power ?? undefined).toBe(power);
  });

  it.each([
    [[{ displayStatus: 'Ready' }], 'ready'],
    [[{ code: 'ProvisioningState/succeeded' }], 'ready'],
    [[{ code: 'ProvisioningState/creating', displayStatus: 'Starting up' }], 'notReady'],
    [[{ displayStatus: 'VM Agent is unresponsive' }], 'notReady'],
    [[{ level: 'Error' }], null],
  ])('an agent reports when it says Ready, and nothing else: %j is %s', (statuses, status) => {
    const instanceView = { vmAgent: { vmAgentVersion: '2.9.1.1', statuses } };
    const { instances } = parse([rest('a', {}, { instanceView })]);
    expect([...instances.values()][0]?.agentStatus).toBe(status);
  });
});

describe('real life is no error', () => {
  it.each([
    ['an unknown region', { location: 'Atlantis North' }, { region: 'atlantisnorth' }],
    ['a zone 4', { zones: ['4'] }, { zone: '4' }],
    ['a zone written as a number', { zones: [1] }, { zone: '1' }],
    ['no patch settings', { osProfile: { windowsConfiguration: {} } }, { patchMode: null, enabled: false }],
    ['no OS profile (a specialised disk)', { osProfile: null }, { patchMode: null, timeZone: null }],
    [
      'a gallery image',
      { storageProfile: { imageReference: { id: '/x' } } },
      { customImage: true, image: null },
    ],
    ['no image (an attached disk)', { storageProfile: { imageReference: null } }, { customImage: true }],
  ])('imports a VM with %s', (_, record, expected) => {
    expect(parse([az('a', record)]).vms[0]).toMatchObject(expected);
  });

  it('imports a fleet that says it has no VMs', () => {
    expect(parse({ virtualMachines: [] }).vms).toEqual([]);
  });
});

describe('availability sets', () => {
  const member = (name: string, set: string) => rest(name, {}, { availabilitySet: { id: setId(set) } });

  it('deals the update domains of a set in turn, over the count of the set, by lower-cased id', () => {
    const availabilitySets = [{ id: setId('WEB'), properties: { platformUpdateDomainCount: 3 } }];
    const fleet = parse({ value: ['D', 'a', 'C', 'b'].map((n) => member(n, 'web')), availabilitySets });
    expect(fleet.vms.map(({ name, updateDomain }) => [name, updateDomain])).toEqual([
      ['a', 0],
      ['b', 1],
      ['C', 2],
      ['D', 0],
    ]);
  });

  it('gives a set that has no record of its own five update domains', () => {
    const fleet = parse(['a', 'b', 'c', 'd', 'e', 'f'].map((n) => member(n, n < 'd' ? 'S' : 's')));
    expect(fleet.vms.map(({ updateDomain }) => updateDomain)).toEqual([0, 1, 2, 3, 4, 0]);
    expect([...fleet.availabilitySets.values()]).toMatchObject([{ updateDomainCount: 5, armId: setId('S') }]);
  });

  it('reads the flattened availability sets of az', () => {
    const availabilitySets = [{ id: setId('s'), platformUpdateDomainCount: 1, resourceGroup: 'x' }];
    const fleet = parse({ virtualMachines: [member('a', 's'), member('b', 'S')], availabilitySets });
    expect(fleet.vms.map(({ updateDomain }) => updateDomain)).toEqual([0, 0]);
  });
});

describe('a malformed file', () => {
  it.each([
    ['no id', { id: undefined }, 'field "id": It is missing.'],
    ['an id of something else', { id: setId('x') }, 'field "id": It is not the id of a virtual machine.'],
    ['zones that are no list', { zones: '1' }, 'field "zones": It is the text "1", not a list.'],
    ['no location', { location: undefined }, 'field "location": It is missing.'],
    ['a location that is a number', { location: 42 }, 'field "location": It is the number 42, not a text.'],
    ['an empty location', { location: ' ' }, 'field "location": It is empty.'],
    ['tags that are no texts', { tags: { a: 1 } }, 'field "tags.a": It is the number 1, not a text.'],
    [
      'an OS profile that is a text',
      { osProfile: 'x' },
      'field "osProfile": It is the text "x", not an object.',
    ],
    ['a set id that is none', { availabilitySet: { id: 'web' } }, 'field "availabilitySet.id"'],
  ])('names file, place and field of a VM with %s', (_, record, words) => {
    const error = errorOf([az('fine'), { ...az('bad'), ...record }]);
    expect(error.code).toBe('FLEET_MALFORMED');
    expect(error.message).toContain('fleet.json is malformed');
    expect(error.message).toContain(`VM 2 of 2 ("bad"), ${words}`);
    expect(error.detail.fix).not.toBe('');
  });

  it('takes two ids that differ in case for one, and names both VMs', () => {
    expect(errorOf([az('web'), az('other'), az('WEB')]).message).toContain(
      'VM 3 of 3 ("WEB"), field "id": It is the id of VM 1',
    );
  });

  it('names a record that is no object', () => {
    expect(errorOf([az('a'), 7]).message).toContain('VM 2 of 2: This is not an object.');
  });

  it('names the line, too, of JSON lines, and every broken one', () => {
    const { message } = errorOf(
      `${JSON.stringify(az('a'))}\n\n{"id": oops\n${lines({ ...az('b'), location: null })}`,
    );
    expect(message).toContain('VM 2 of 3, line 3: This line is not JSON');
    expect(message).toContain('VM 3 of 3 ("b"), line 4, field "location": It is missing.');
  });

  it('reports all that is wrong at once, twenty of it in words', () => {
    const { message } = errorOf(Array.from({ length: 30 }, (_, n) => ({ ...az(`vm${n}`), location: 3 })));
    expect(message.match(/\n {2}VM \d+ of 30 \("vm\d+"\)/g)).toHaveLength(20);
    expect(message).toContain('30 things are wrong');
    expect(message).toContain('and 10 more');
  });

  it.each([
    ['an empty file', '', 'The file is empty'],
    ['text that is no JSON', 'hello', 'This is not JSON'],
    ['a list that breaks off', '[\n{"id": 1},\n', 'line 2: This is not JSON'],
    ['an object without VMs', '{"items": []}', 'neither "virtualMachines" nor "value"'],
    ['a value that is no list', '{"value": {}}', 'field "value": This is not a list.'],
    ['a number', '7', 'neither a list nor an object'],
    [
      'a malformed set',
      '{"virtualMachines": [], "availabilitySets": [{"id": 5, "name": "as-web"}]}',
      'availability set 1 of 1 ("as-web"), field "id"',
    ],
  ])('is refused: %s', (_, text, words) => {
    expect(errorOf(text)).toMatchObject({ code: 'FLEET_MALFORMED' });
    expect(errorOf(text).message).toContain(words);
  });

  it('never lets anything but a fleet or FLEET_MALFORMED out, whatever the text', () => {
    const anything = fc.oneof(
      fc.string(),
      fc.json(),
      fc.array(fc.oneof(fc.constant(az('x')), fc.jsonValue())).map((value) => JSON.stringify(value)),
      fc.array(fc.oneof(fc.constant(az('x')), fc.jsonValue())).map((value) => lines(...value)),
    );
    fc.assert(
      fc.property(anything, (text) => {
        try {
          return Array.isArray(parseFleet(text, 'f').vms);
        } catch (error) {
          return error instanceof LowtideError && error.code === 'FLEET_MALFORMED';
        }
      }),
    );
  });
});

describe('printFleet', () => {
  it('prints what parseFleet reads back as the same fleet', () => {
    const fleet = parse([
      az('b', { powerState: 'VM deallocated', availabilitySet: { id: setId('S') } }),
      rest('a', { zones: ['4'] }),
    ]);
    expect(parseFleet(printFleet(fleet), 'fleet.json')).toEqual(fleet);
  });

  it('keeps the shipped fleet as it is', () => {
    const text = readFileSync(join(__dirname, '../../fleets/contoso.json'), 'utf8');
    const fleet = parseFleet(text, 'contoso.json');
    expect(parseFleet(printFleet(fleet), 'again.json')).toEqual(fleet);
  });
});

it('assessmentMode of a VM is read, in any case: its owner asks for assessments, whatever installs its patches', () => {
  const vm = (patchSettings: object): string =>
    JSON.stringify([
      {
        id: '/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/v',
        location: 'eastus',
        properties: { osProfile: { windowsConfiguration: { patchSettings } } },
      },
    ]);
  const modeOf = (patchSettings: object): unknown =>
    parseFleet(vm(patchSettings), 'f').vms[0]?.assessmentMode;
  expect(modeOf({ patchMode: 'Manual', assessmentMode: 'automaticByPlatform' })).toBe('AutomaticByPlatform');
  expect(modeOf({ patchMode: 'Manual', assessmentMode: 'ImageDefault' })).toBeUndefined();
});
