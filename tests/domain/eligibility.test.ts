import fc from 'fast-check';
import { eligibility, eligibilityInTurn } from '../../domain/eligibility';
import { defaultPolicy } from '../../domain/policy';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { aVm } from '../support/builders';
import { learnRegions } from '../../domain/regions';

const reasonOf = (over: Partial<VirtualMachine>): string => {
  const answer = eligibility(aVm(over), defaultPolicy);
  return answer.kind === 'eligible' ? 'eligible' : answer.reason;
};

/** What the rules read. */
const MEMBERS = [
  ...['region', 'zone', 'tags', 'control', 'patchMode', 'customerManagedSchedule', 'osType', 'customImage'],
  ...['imageId', 'image', 'provisionVMAgent', 'enableAutomaticUpdates', 'enabled'],
];

describe('eligibility', () => {
  test('R-411: AutomaticByPlatform on a supported image, enabled, is eligible on Windows and Linux', () => {
    expect(reasonOf({})).toBe('eligible');
    expect(reasonOf({ osType: 'Linux' })).toBe('eligible');
  });

  test('asked of VM after VM, each has the answer that it has by itself', () => {
    const image = fc.constantFrom(
      { publisher: 'Canonical', offer: 'UbuntuServer', sku: '18.04-LTS', version: null },
      { publisher: 'Canonical', offer: 'UbuntuServer', sku: '16.04-LTS', version: null },
      null,
    );
    const anyVm = fc.record({
      region: fc.constantFrom('eastus', 'atlantis', 'east/us'),
      zone: fc.constantFrom(null, '1', 'a/b'),
      tags: fc.constantFrom({}, { 'lowtide-exclude': 'true' }, { 'Lowtide-Exclude': 'no' }),
      control: fc.constantFrom(undefined, { kind: 'inCharge' }, { kind: 'notInCharge', because: 'x' }),
      patchMode: fc.constantFrom('AutomaticByPlatform', 'Manual', null),
      customerManagedSchedule: fc.constantFrom(undefined, true),
      osType: fc.constantFrom('Windows', 'Linux', null),
      customImage: fc.boolean(),
      imageId: fc.constantFrom(undefined, '/a/images/web', '/a/images/db'),
      image,
      provisionVMAgent: fc.constantFrom(null, false),
      enableAutomaticUpdates: fc.constantFrom(null, false),
      enabled: fc.boolean(),
    });
    // VMs that follow each other differ in few members.
    const fewChanges = fc.array(fc.tuple(anyVm, fc.subarray(MEMBERS, { maxLength: 3 })));
    fc.assert(
      fc.property(anyVm, fewChanges, (first, changes) => {
        const inTurn = eligibilityInTurn(defaultPolicy);
        let vm = { ...aVm(), ...first } as VirtualMachine;
        for (const [other, members] of changes) {
          const changed = Object.entries(other).filter(([member]) => members.includes(member));
          vm = { ...vm, ...Object.fromEntries(changed) };
          expect(inTurn(vm)).toEqual(eligibility(vm, defaultPolicy));
        }
      }),
      { numRuns: 400 },
    );
  });

  test('R-105: every VM size is eligible, also an unknown one', () => {
    for (const vmSize of [
      'Standard_B1s',
      'Standard_M416ms_v2',
      'Standard_NV48ads_A10_v5',
      'Basic_A0',
      'XXL',
      null,
    ])
      expect(reasonOf({ vmSize })).toBe('eligible');
  });

  test('a VM in a region that is not known is not patched; one in an unknown zone is', () => {
    expect(reasonOf({ region: 'atlantis' })).toBe('unknownRegion');
    expect(reasonOf({ zone: '17' })).toBe('eligible');
    learnRegions([{ name: 'atlantis', timeZone: 'Atlantic/Azores', pairedRegion: null }]);
    expect(reasonOf({ region: 'atlantis' })).toBe('eligible');
    learnRegions([]);
  });

  test.each(['AutomaticByOS', 'Manual'])('R-416: %s is no part of it', (patchMode) => {
    expect(reasonOf({ patchMode })).toBe('patchModeNotPlatform');
  });

  test('R-416: ImageDefault is no part of it, nor is a VM without a mode', () => {
    expect(reasonOf({ osType: 'Linux', patchMode: 'ImageDefault' })).toBe('patchModeNotPlatform');
    expect(reasonOf({ patchMode: null })).toBe('patchModeMissing');
    expect(reasonOf({ osType: null, patchMode: null })).toBe('patchModeMissing');
    expect(reasonOf({ patchMode: 'ImageDefault' })).toBe('patchModeUnknown');
  });

  test('R-401: an image that is not supported, or not known, is not eligible', () => {
    const image = { publisher: 'Canonical', offer: 'UbuntuServer', sku: '16.04-LTS', version: null };
    expect(reasonOf({ osType: 'Linux', image })).toBe('unsupportedImage');
    expect(reasonOf({ image: null })).toBe('unsupportedImage');
  });

  test('R-402: a custom image is not eligible, whatever it says it was made from', () => {
    expect(reasonOf({ customImage: true })).toBe('customImage');
    expect(reasonOf({ customImage: true, image: null })).toBe('customImage');
  });

  test('R-412: on Windows enableAutomaticUpdates must be true or not given', () => {
    expect(reasonOf({ enableAutomaticUpdates: null })).toBe('eligible');
    expect(reasonOf({ enableAutomaticUpdates: false })).toBe('automaticUpdatesOff');
    expect(reasonOf({ osType: 'Linux', enableAutomaticUpdates: false })).toBe('eligible');
  });

  test('R-501: the agent must not be switched off, enablement must be complete, the OS known', () => {
    expect(reasonOf({ provisionVMAgent: null })).toBe('eligible');
    expect(reasonOf({ provisionVMAgent: false })).toBe('agentNotProvisioned');
    expect(reasonOf({ customerManagedSchedule: true })).toBe('notInCharge');
    expect(reasonOf({ enabled: false })).toBe('notEnabled');
    expect(reasonOf({ osType: null })).toBe('osTypeUnknown');
  });

  test('a VM with the exclusion tag set to true is never touched', () => {
    expect(reasonOf({ tags: { 'lowtide-exclude': 'true' } })).toBe('excluded');
    expect(reasonOf({ tags: { 'Lowtide-Exclude': 'True' } })).toBe('excluded');
    expect(reasonOf({ tags: { 'lowtide-exclude': 'false' } })).toBe('eligible');
  });

  test('the most specific reason comes first, and the detail has them all', () => {
    const vm = aVm({ patchMode: 'Manual', customImage: true, enabled: false });
    expect(eligibility(vm, defaultPolicy)).toEqual({
      kind: 'ineligible',
      reason: 'patchModeNotPlatform',
      detail:
        'its patch mode is Manual, not AutomaticByPlatform; custom images are not supported; ' +
        'enablement is not complete: the patch extension is not in place',
    });
  });
});
