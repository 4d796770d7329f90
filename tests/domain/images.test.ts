import { eligibility } from '../../domain/eligibility';
import { isSupportedImage, settingThatSupports, supportsHotpatching } from '../../domain/images';
import { defaultPolicy, Policy } from '../../domain/policy';
import { aVm } from '../support/builders';

const image = (text: string): { publisher: string; offer: string; sku: string; version: null } => {
  const [publisher = '', offer = '', sku = ''] = text.split(':');
  return { publisher, offer, sku, version: null };
};
const isSupported = (text: string, policy = defaultPolicy): boolean => isSupportedImage(image(text), policy);

describe('supported images', () => {
  test.each([
    'Canonical:UbuntuServer:18.04-LTS',
    'MicrosoftWindowsServer:WindowsServer:2012-R2-Datacenter',
    'MicrosoftWindowsServer:WindowsServer:2016-Datacenter',
    'MicrosoftWindowsServer:WindowsServer:2016-Datacenter-Server-Core',
    'MicrosoftWindowsServer:WindowsServer:2019-Datacenter',
    'MicrosoftWindowsServer:WindowsServer:2019-Datacenter-Core',
  ])('R-401: %s is supported', (name) => {
    expect(isSupported(name)).toBe(true);
  });

  test.each(['7.2', '7.8', '7_9', '7-LVM', '7-RAW'])('R-401: RHEL %s is a RHEL 7.x', (sku) => {
    expect(isSupported(`RedHat:RHEL:${sku}`)).toBe(true);
  });

  test.each(['8.2', '6.10', '7', '77-gen2', '7-RAW-CI', '8-LVM'])('R-401: RHEL %s is none', (sku) => {
    expect(isSupported(`RedHat:RHEL:${sku}`)).toBe(false);
  });

  test('R-401: names are compared without regard to case', () => {
    expect(isSupported('Redhat:rhel:7.6')).toBe(true);
    expect(isSupported('canonical:ubuntuserver:18.04-lts')).toBe(true);
  });

  test('R-401: what only looks like a supported image is none', () => {
    expect(isSupported('Canonical:UbuntuServer:18.04-LTS-gen2')).toBe(false);
    expect(isSupported('Canonical:UbuntuServer:18x04-LTS')).toBe(false);
    expect(isSupported('MicrosoftWindowsServer:WindowsServer:2022-Datacenter')).toBe(false);
    expect(isSupported('NotCanonical:UbuntuServer:18.04-LTS')).toBe(false);
  });

  test('R-401: configuration adds images, with * for any characters', () => {
    const policy = Policy.parse({ extraImages: ['canonical:0001-com-ubuntu-server-jammy:22_04-lts*'] });
    expect(isSupported('Canonical:0001-com-ubuntu-server-jammy:22_04-LTS-gen2', policy)).toBe(true);
    expect(isSupported('Canonical:0001-com-ubuntu-server-jammy:20_04-lts', policy)).toBe(false);
    expect(isSupported('Canonical:UbuntuServer:18.04-LTS', policy)).toBe(true);
  });

  const current = Policy.parse({ imageProfile: 'current' });

  test.each([
    'Canonical:ubuntu-24_04-lts:server',
    'Canonical:0001-com-ubuntu-server-jammy:22_04-lts-gen2',
    'canonical:0001-com-ubuntu-pro-focal:pro-20_04-lts',
    'Canonical:UbuntuServer:18_04-lts-gen2',
    'RedHat:RHEL:8_10',
    'RedHat:RHEL:84-gen2',
    'RedHat:RHEL:9-lvm-gen2',
    'RedHat:RHEL-ARM64:9_1-arm64',
    'MicrosoftWindowsServer:WindowsServer:2022-datacenter-azure-edition-core',
    'MicrosoftWindowsServer:WindowsServer:2025-datacenter',
    'MicrosoftWindowsServer:WindowsServer:2012-R2-Datacenter-smalldisk-g2',
    'SUSE:sles-15-sp2:gen2',
    'MicrosoftCblMariner:azure-linux-3:azure-linux-3-gen2',
    'Center-for-Internet-Security-Inc:cis-ubuntu:cis-ubuntulinux2204-l1-gen2',
  ])('%s is supported by the current profile, and not by the specification of 2021', (name) => {
    expect([isSupported(name, current), isSupported(name)]).toEqual([true, false]);
    expect(settingThatSupports(image(name), defaultPolicy)).toBe('LOWTIDE_IMAGE_PROFILE=current');
  });

  test('the current profile has everything that the specification has', () => {
    expect(
      ['Canonical:UbuntuServer:18.04-LTS', 'RedHat:RHEL:7.6'].map((name) => isSupported(name, current)),
    ).toEqual([true, true]);
  });

  test.each([
    'Canonical:ubuntu-25_04:server',
    'OpenLogic:CentOS:7_9',
    'Debian:debian-12:12',
    'RedHat:RHEL:10_0',
  ])('%s is in no profile: LOWTIDE_EXTRA_IMAGES would take it in, and does', (name) => {
    expect(isSupported(name, current)).toBe(false);
    const [setting, value = ''] = settingThatSupports(image(name), current).split('=');
    expect([setting, isSupported(name, Policy.parse({ extraImages: [value] }))]).toEqual([
      'LOWTIDE_EXTRA_IMAGES',
      true,
    ]);
  });

  test('an image of a gallery is in no profile; its definition in LOWTIDE_EXTRA_IMAGES takes it in, in every version', () => {
    const definition =
      '/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/galleries/own/images/Web';
    const vm = aVm({ image: null, customImage: true, imageId: `${definition}/versions/1.0.3` });
    const said = eligibility(vm, current);
    expect(said).toEqual({
      kind: 'ineligible',
      reason: 'customImage',
      detail: `custom images are not supported; LOWTIDE_EXTRA_IMAGES=${definition.toLowerCase()} takes it in`,
    });
    for (const named of [definition, '/subscriptions/*/galleries/own/images/*'])
      expect(eligibility(vm, Policy.parse({ extraImages: [named] })).kind).toBe('eligible');
    expect(eligibility(vm, Policy.parse({ extraImages: [`${definition}2`] })).kind).toBe('ineligible');
    const unknown = aVm({ image: null, customImage: true });
    expect(eligibility(unknown, Policy.parse({ extraImages: ['*:*:*'] })).kind).toBe('ineligible');
  });

  test('a VM that waits for its image names the setting', () => {
    const vm = aVm({ image: image('Canonical:ubuntu-24_04-lts:server') });
    expect(eligibility(vm, defaultPolicy)).toMatchObject({
      reason: 'unsupportedImage',
      detail:
        'image Canonical:ubuntu-24_04-lts:server is not supported; LOWTIDE_IMAGE_PROFILE=current takes it in',
    });
    expect(eligibility(vm, current).kind).toBe('eligible');
  });

  test.each([
    ['2022-datacenter-azure-edition-core', true],
    ['2025-datacenter-azure-edition-smalldisk', true],
    ['2022-datacenter-azure-edition', false],
    ['2019-Datacenter', false],
  ])('hotpatching is for the images that have it: %s %s', (sku, has) => {
    expect(supportsHotpatching(image(`MicrosoftWindowsServer:WindowsServer:${sku}`))).toBe(has);
  });
});
