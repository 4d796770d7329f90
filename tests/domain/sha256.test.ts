import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { sha256Hex } from '../../domain/sha256';

describe('sha256Hex', () => {
  it('is SHA-256 of the text in UTF-8, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        return sha256Hex(text) === createHash('sha256').update(text, 'utf8').digest('hex');
      }),
    );
  });

  it.each([0, 55, 56, 63, 64, 65, 119, 120, 1000])('is so at the edges of its blocks: %i bytes', (length) => {
    const text = 'a'.repeat(length);
    expect(sha256Hex(text)).toBe(createHash('sha256').update(text).digest('hex'));
  });
});
