import { isSupportedImage } from '../../domain/images';
import { defaultPolicy, Policy } from '../../domain/policy';

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

  test('R-401: configuration adds images, with * for any run of characters', () => {
    const policy = Policy.parse({ extraImages: ['canonical:0001-com-ubuntu-server-jammy:22_04-lts*'] });
    expect(isSupported('Canonical:0001-com-ubuntu-server-jammy:22_04-LTS-gen2', policy)).toBe(true);
    expect(isSupported('Canonical:0001-com-ubuntu-server-jammy:20_04-lts', policy)).toBe(false);
    expect(isSupported('Canonical:UbuntuServer:18.04-LTS', policy)).toBe(true);
  });
});
