import fc from 'fast-check';
import { EmergencyPatches, emergencyPatchesOf } from '../../domain/emergency';
import { isSupportedGalleryImage } from '../../domain/images';
import { fitsMask } from '../../domain/mask';

/** As masks are meant: of a few characters this is quick. */
function asRegularExpression(mask: string): RegExp {
  const literal = (part: string): string => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${mask.split('*').map(literal).join('.*')}$`, 'i');
}

test.each([
  ['linux-*', 'linux-image-5.4', true],
  ['linux-*', 'linux-', true],
  ['linux-*', 'xlinux-image', false],
  ['*ssl', 'OpenSSL', true],
  ['*ssl', 'openssl-dev', false],
  ['openssl', 'openssl', true],
  ['openssl', 'openssl1', false],
  ['lib?', 'libc', false],
  ['lib.c', 'libxc', false],
  ['*', '', true],
  ['', '', true],
  ['', 'a', false],
  ['a*b*a', 'abba', true],
  ['a*b*a', 'aba-b', false],
])('the mask %s for %s: %s', (mask, text, fits) => {
  expect(fitsMask(mask, text)).toBe(fits);
});

test('a star is any run of characters, and every other character is itself in either case', () => {
  const mask = fc.string({ unit: fc.constantFrom('a', 'B', '*', '.', '?'), maxLength: 7 });
  const text = fc.string({ unit: fc.constantFrom('a', 'A', 'b', '.', '?'), maxLength: 9 });
  fc.assert(
    fc.property(mask, text, (one, other) => {
      expect(fitsMask(one, other)).toBe(asRegularExpression(one).test(other));
    }),
    { numRuns: 2_000 },
  );
});

describe('a mask of 30 stars is answered', () => {
  const mask = `${'*a'.repeat(30)}*b`;
  const text = 'a'.repeat(200);

  test('for a text', () => {
    expect([fitsMask(mask, text), fitsMask(mask, `${text}b`)]).toEqual([false, true]);
  });

  test('for the packages of an emergency', () => {
    const patches = EmergencyPatches.parse({ packages: [mask] });
    const lacked = [text, `${text}b`].map(
      (name) => ({ patchId: name, name, kbId: null, version: '1', classification: 'Security' }) as const,
    );
    expect(emergencyPatchesOf(patches, lacked as never).map(({ name }) => name)).toEqual([`${text}b`]);
  });

  test('for the images that policy adds', () => {
    expect(isSupportedGalleryImage(text, { imageProfile: 'current', extraImages: [mask] })).toBe(false);
  });
});
