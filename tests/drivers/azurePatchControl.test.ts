import { enablementOf } from '../../drivers/azure/enablement';
import { controlOf, withShared, type ControlFacts } from '../../drivers/azure/patchControl';
import { assignmentOf, configurationsOf } from '../../drivers/azure/maintenance';
import { modelOfVm, virtualMachineOf } from '../../drivers/azure/virtualMachine';
import { aVm } from '../support/builders';

describe('in whose hands a VM is', () => {
  const platform: ControlFacts = {
    osType: 'Windows',
    patchMode: 'AutomaticByPlatform',
    enableAutomaticUpdates: null,
    bypassPlatformSafetyChecks: true,
    isGalleryImage: false,
    maintenance: [],
  };
  const gallery = { isGalleryImage: true };
  it.each<[string, Partial<ControlFacts>, string, RegExp]>([
    ['AutomaticByPlatform with the bypass', {}, 'inCharge', /^$/],
    ['an assignment', { maintenance: ['weekly'] }, 'notInCharge', /Update Manager .* weekly/],
    ['no bypass', { bypassPlatformSafetyChecks: false }, 'notInCharge', /Azure patches it every month/],
    [
      'no bypass and an assignment',
      { bypassPlatformSafetyChecks: false, maintenance: ['weekly'] },
      'notInCharge',
      /weekly is assigned, and lacks bypass/,
    ],
    ['Manual', { patchMode: 'Manual' }, 'inCharge', /^$/],
    ['AutomaticByOS', { patchMode: 'automaticbyos' }, 'notInCharge', /updates itself/],
    ['ImageDefault', { osType: 'Linux', patchMode: 'ImageDefault' }, 'shared', /may update itself/],
    ['nothing on Linux', { osType: 'Linux', patchMode: null }, 'shared', /may update itself/],
    ['nothing on Windows', { patchMode: null }, 'notInCharge', /updates itself/],
    [
      'nothing on Windows without updates',
      { patchMode: null, enableAutomaticUpdates: false },
      'inCharge',
      /^$/,
    ],
    ['a gallery’s image with the bypass', gallery, 'inCharge', /^$/],
    [
      'a gallery’s image without',
      { ...gallery, bypassPlatformSafetyChecks: false },
      'notInCharge',
      /does not do for images of a gallery/,
    ],
    ['a gallery’s image, assigned', { ...gallery, maintenance: ['weekly'] }, 'notInCharge', /weekly/],
    ['a gallery’s image in Manual', { ...gallery, patchMode: 'Manual' }, 'inCharge', /^$/],
    [
      'a gallery’s image in ImageDefault',
      { ...gallery, osType: 'Linux', patchMode: 'ImageDefault' },
      'shared',
      /may update itself/,
    ],
    [
      'assignments that may not be read',
      { maintenance: null },
      'notInCharge',
      /may not be read \(Microsoft.Maintenance/,
    ],
    [
      'assignments that may not be read, in ImageDefault',
      { osType: 'Linux', patchMode: 'ImageDefault', maintenance: null },
      'notInCharge',
      /may not be read/,
    ],
    [
      'assignments that may not be read, in Azure’s hands anyway',
      { bypassPlatformSafetyChecks: false, maintenance: null },
      'notInCharge',
      /Azure patches it every month/,
    ],
    ['a mode that is none', { patchMode: 'Sometimes' }, 'notInCharge', /'Sometimes' is not known/],
    ['no system', { osType: null, patchMode: null }, 'notInCharge', /does not name its operating system/],
  ])('%s', (_what, change, kind, because) => {
    const control = controlOf({ ...platform, ...change });
    expect(control.kind).toBe(kind);
    expect('because' in control ? control.because : '').toMatch(because);
  });

  it('what is shared is patched only when the operator says that the guest does not update itself', () => {
    const shared = controlOf({ ...platform, osType: 'Linux', patchMode: 'ImageDefault' });
    expect(withShared(shared, 'skipped').kind).toBe('shared');
    expect(withShared(shared, 'patched').kind).toBe('inCharge');
  });

  it.each([
    ['skipped', 'shared'],
    ['patched', 'inCharge'],
  ] as const)('a VM of the inventory goes by that setting: %s', (sharedIs, kind) => {
    const model = modelOfVm({
      id: '/subscriptions/s/resourceGroups/prod/providers/Microsoft.Compute/virtualMachines/vm',
      location: 'westeurope',
      properties: {
        storageProfile: { osDisk: { osType: 'Linux' } },
        osProfile: { linuxConfiguration: { patchSettings: { patchMode: 'ImageDefault' } } },
      },
    });
    if (model === null) throw new Error('it is a VM');
    expect(virtualMachineOf(model, { domains: null, assignments: [], sharedIs }).control?.kind).toBe(kind);
  });
});

describe('taking a VM over', () => {
  const facts = { enableAutomaticUpdates: null, bypassPlatformSafetyChecks: false, isGalleryImage: false };
  it.each<[string, Pick<ControlFacts, 'osType' | 'patchMode'>]>([
    ['ImageDefault', { osType: 'Linux', patchMode: 'ImageDefault' }],
    ['nothing on Linux', { osType: 'Linux', patchMode: null }],
    ['AutomaticByOS', { osType: 'Windows', patchMode: 'AutomaticByOS' }],
    ['AutomaticByPlatform', { osType: 'Windows', patchMode: 'AutomaticByPlatform' }],
  ])(
    'from %s would wake a schedule that is assigned: that is its owner’s',
    (_what, { osType, patchMode }) => {
      const step = (maintenance: ControlFacts['maintenance']): string => {
        const control = controlOf({ ...facts, osType, patchMode, maintenance });
        return enablementOf({ ...aVm({ osType, patchMode }), control }).kind;
      };
      expect([step([]), step(['weekly']), step(null)]).toEqual(['patch', 'byOwner', 'byOwner']);
    },
  );
});

describe('a dynamic scope', () => {
  const VM_ID = '/subscriptions/s/resourcegroups/prod/providers/microsoft.compute/virtualmachines/vm';
  const vm = { id: VM_ID, region: 'westeurope', osType: 'Linux', tags: { Team: 'Web', stage: 'live' } };
  const tagged = (filterOperator: string, tags: object): object => ({
    tagSettings: { filterOperator, tags },
  });
  const applies = (filter: object | null, resourceId = '/subscriptions/S'): boolean => {
    const assignment = assignmentOf({ resourceId, configuration: '/x/weekly', filter });
    return configurationsOf(vm, assignment === null ? [] : [assignment]).includes('weekly');
  };
  it.each<[string, object | null, boolean]>([
    ['no filter', null, true],
    ['its region, in Azure’s spelling', { locations: ['West Europe'] }, true],
    ['another region', { locations: ['eastus'] }, false],
    ['its group', { resourceGroups: ['PROD'] }, true],
    ['another group', { resourceGroups: ['test'] }, false],
    ['its system', { osTypes: ['linux'] }, true],
    ['another system', { osTypes: ['Windows'] }, false],
    ['its type', { resourceTypes: ['Microsoft.Compute/virtualMachines'] }, true],
    ['another type', { resourceTypes: ['Microsoft.HybridCompute/machines'] }, false],
    ['all of its tags', tagged('All', { team: ['web'], STAGE: ['live', 'test'] }), true],
    ['all of its tags, and one is another', tagged('All', { team: ['web'], stage: ['test'] }), false],
    ['any of its tags', tagged('Any', { team: ['db'], stage: ['live'] }), true],
    ['a tag that it lacks', tagged('Any', { owner: ['me'] }), false],
  ])('is evaluated here, for no row shows it before it runs: %s', (_what, filter, expected) => {
    expect(applies(filter)).toBe(expected);
  });

  it('is of the VMs beneath it alone; an assignment of its own needs no filter', () => {
    expect(applies(null, '/subscriptions/other')).toBe(false);
    expect(applies(null, '/subscriptions/s/resourceGroups/pro')).toBe(false);
    expect(applies(null, VM_ID.toUpperCase())).toBe(true);
  });
});
