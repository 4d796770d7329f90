import {
  checkPatchModeChange,
  checkPatchSettings,
  effectivePatchMode,
  PATCH_MODES,
} from '../../domain/patchMode';
import { defaultPolicy } from '../../domain/policy';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { aVm, UBUNTU_18_04 } from '../support/builders';

const linux = (over: Partial<VirtualMachine> = {}): VirtualMachine => aVm({ osType: 'Linux', ...over });
const kinds = (vm: VirtualMachine): string[] => checkPatchSettings(vm, defaultPolicy).map(({ kind }) => kind);
const byOS = { patchMode: 'AutomaticByOS' };
const manual = { patchMode: 'Manual', enableAutomaticUpdates: false };

describe('patch modes', () => {
  test('R-411: AutomaticByPlatform is for Windows and for Linux, on supported images only', () => {
    expect(kinds(aVm())).toEqual([]);
    expect(kinds(linux())).toEqual([]);
    expect(
      checkPatchSettings(linux({ image: { ...UBUNTU_18_04, sku: '16.04-LTS' } }), defaultPolicy),
    ).toEqual([{ kind: 'imageNotSupported', customImage: false }]);
  });

  test('R-402: AutomaticByPlatform is refused on a custom image', () => {
    expect(checkPatchSettings(aVm({ customImage: true }), defaultPolicy)).toEqual([
      { kind: 'imageNotSupported', customImage: true },
    ]);
    expect(kinds(aVm({ customImage: true, ...byOS }))).toEqual([]);
  });

  test('R-412: AutomaticByPlatform on Windows needs enableAutomaticUpdates=true, which is its default', () => {
    expect(kinds(aVm({ enableAutomaticUpdates: null }))).toEqual([]);
    expect(checkPatchSettings(aVm({ enableAutomaticUpdates: false }), defaultPolicy)).toEqual([
      { kind: 'needsAutomaticUpdates', mode: 'AutomaticByPlatform', value: true },
    ]);
  });

  test('R-413: AutomaticByOS is for Windows only, needs enableAutomaticUpdates=true, and is the default there', () => {
    expect(kinds(aVm(byOS))).toEqual([]);
    expect(kinds(aVm({ ...byOS, enableAutomaticUpdates: false }))).toEqual(['needsAutomaticUpdates']);
    expect(checkPatchSettings(linux(byOS), defaultPolicy)).toEqual([
      { kind: 'modeNotAllowed', written: 'AutomaticByOS', allowed: ['AutomaticByPlatform', 'ImageDefault'] },
    ]);
    expect(effectivePatchMode(aVm({ patchMode: null }))).toMatchObject({
      mode: 'AutomaticByOS',
      from: 'default',
    });
  });

  test('R-414: Manual is for Windows only and needs enableAutomaticUpdates=false', () => {
    expect(kinds(aVm(manual))).toEqual([]);
    expect(kinds(aVm({ patchMode: 'Manual', enableAutomaticUpdates: true }))).toEqual([
      'needsAutomaticUpdates',
    ]);
    expect(kinds(linux({ patchMode: 'Manual' }))).toEqual(['modeNotAllowed']);
  });

  test('R-414: a Windows VM created without automatic updates and without a mode is Manual', () => {
    const vm = aVm({ patchMode: null, enableAutomaticUpdates: false });
    expect(effectivePatchMode(vm)).toMatchObject({ mode: 'Manual' });
    expect(kinds(vm)).toEqual([]);
  });

  test('R-415: ImageDefault is for Linux only, and the default there', () => {
    expect(kinds(linux({ patchMode: 'ImageDefault' }))).toEqual([]);
    expect(kinds(aVm({ patchMode: 'ImageDefault' }))).toEqual(['modeNotAllowed']);
    expect(effectivePatchMode(linux({ patchMode: null }))).toMatchObject({
      mode: 'ImageDefault',
      from: 'default',
    });
  });

  test('R-411: modes are read without regard to case, and one that does not exist is refused', () => {
    expect(effectivePatchMode(linux({ patchMode: 'automaticbyplatform' }))).toMatchObject({
      mode: 'AutomaticByPlatform',
    });
    expect(checkPatchSettings(aVm({ patchMode: 'Sometimes' }), defaultPolicy)).toEqual([
      { kind: 'modeNotAllowed', written: 'Sometimes', allowed: PATCH_MODES.Windows },
    ]);
  });

  test('R-411: AutomaticByPlatform needs the VM agent', () => {
    expect(kinds(aVm({ provisionVMAgent: false }))).toEqual(['needsAgent']);
  });
});

describe('changes of the patch mode', () => {
  const change = (before: VirtualMachine, after: Partial<VirtualMachine>): unknown =>
    checkPatchModeChange(before, { patchMode: null, enableAutomaticUpdates: null, ...after });

  test('R-417: enableAutomaticUpdates does not exist on Linux', () => {
    expect(kinds(linux({ enableAutomaticUpdates: true }))).toEqual(['noSuchPropertyOnLinux']);
  });

  test('R-417: enableAutomaticUpdates can only be set at creation, but sending the value it has succeeds', () => {
    expect(change(aVm(byOS), { enableAutomaticUpdates: false })).toContainEqual({
      kind: 'onlyAtCreation',
      property: 'enableAutomaticUpdates',
      is: true,
    });
    expect(change(aVm(manual), { enableAutomaticUpdates: true })).toContainEqual({
      kind: 'onlyAtCreation',
      property: 'enableAutomaticUpdates',
      is: false,
    });
    expect(change(aVm({ ...byOS, enableAutomaticUpdates: null }), { enableAutomaticUpdates: true })).toEqual(
      [],
    );
    expect(change(aVm(manual), { enableAutomaticUpdates: false })).toEqual([]);
  });

  test.each(['AutomaticByPlatform', 'AutomaticByOS'] as const)(
    'R-418: between Manual and %s there is no way, in either direction',
    (automatic) => {
      expect(change(aVm(manual), { patchMode: automatic })).toEqual([
        { kind: 'switchNotAllowed', from: 'Manual', to: automatic },
      ]);
      expect(change(aVm({ patchMode: automatic }), { patchMode: 'Manual' })).toEqual([
        { kind: 'switchNotAllowed', from: automatic, to: 'Manual' },
      ]);
    },
  );

  test('R-418: a VM that is Manual by default stays Manual', () => {
    const before = aVm({ patchMode: null, enableAutomaticUpdates: false });
    expect(change(before, { patchMode: 'AutomaticByPlatform' })).toContainEqual({
      kind: 'switchNotAllowed',
      from: 'Manual',
      to: 'AutomaticByPlatform',
    });
  });

  test('R-419: AutomaticByOS may become AutomaticByPlatform, also where it is only the default', () => {
    const after = { patchMode: 'AutomaticByPlatform', enableAutomaticUpdates: true };
    expect(change(aVm(byOS), after)).toEqual([]);
    expect(change(aVm({ patchMode: null, enableAutomaticUpdates: null }), after)).toEqual([]);
  });

  test('R-418: on Linux either mode may become the other', () => {
    expect(change(linux(), { patchMode: 'ImageDefault' })).toEqual([]);
    expect(change(linux({ patchMode: null }), { patchMode: 'AutomaticByPlatform' })).toEqual([]);
  });
});
