import { imageFamilyOf } from '../../domain/imageFamily';

const GALLERY =
  '/subscriptions/s/resourceGroups/Images/providers/Microsoft.Compute/galleries/Main/images/Web';
const platform = (sku: string, version: string | null) => ({
  image: { publisher: 'Canonical', offer: 'UbuntuServer', sku, version },
  osType: 'Linux' as const,
});

describe('image family', () => {
  test('VMs of one marketplace image are one family, whatever their version and letter case', () => {
    const family = imageFamilyOf(platform('18.04-LTS', '1.2.3'));
    expect(family).toBe('canonical:ubuntuserver:18.04-lts');
    expect(imageFamilyOf(platform('18.04-lts', null))).toBe(family);
    expect(imageFamilyOf(platform('18_04-lts-gen2', null))).not.toBe(family);
  });

  test('VMs of one gallery image definition are one family, whatever their version', () => {
    const of = (imageId: string): string => imageFamilyOf({ image: null, imageId, osType: 'Linux' });
    expect(of(`${GALLERY}/versions/1.0.3`)).toBe(GALLERY.toLowerCase());
    expect(of(`${GALLERY.toUpperCase()}/VERSIONS/latest/`)).toBe(GALLERY.toLowerCase());
    expect(of(GALLERY)).toBe(GALLERY.toLowerCase());
    expect(of('/CommunityGalleries/acme-1/Images/Web/Versions/2.0.0')).toBe(
      '/communitygalleries/acme-1/images/web',
    );
  });

  test('a VM of a gallery image that was made from a marketplace image belongs to the gallery image', () => {
    const family = imageFamilyOf({ ...platform('18.04-LTS', null), imageId: GALLERY });
    expect(family).toBe(GALLERY.toLowerCase());
  });

  test('VMs of unknown images share one family for each operating system', () => {
    const of = (osType: 'Windows' | 'Linux' | null): string => imageFamilyOf({ image: null, osType });
    expect([of('Windows'), of('Linux'), of(null)]).toEqual([
      'unknown:windows',
      'unknown:linux',
      'unknown:unknown',
    ]);
  });
});
