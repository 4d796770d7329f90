import { memoryUsage } from 'node:process';
import fc from 'fast-check';
import { TextSlabs, type TextPlace } from '../../store/textSlabs';

const text = fc.oneof(
  fc.string({ maxLength: 300 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.integer({ min: 8_150, max: 8_250 }).map((length) => 'x'.repeat(length)),
);

describe('texts outside of the heap', () => {
  it('read as they were added, whatever else was added and freed meanwhile', () => {
    const step = fc.oneof(fc.record({ add: text }), fc.record({ free: fc.nat() }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const texts = new TextSlabs();
        const kept: { place: TextPlace; text: string }[] = [];
        for (const one of steps)
          if ('add' in one) kept.push({ place: texts.add(one.add), text: one.add });
          else for (const { place } of kept.splice(one.free % Math.max(1, kept.length), 1)) texts.free(place);
        for (const { place, text: added } of kept) expect(texts.read(place)).toBe(added);
      }),
    );
  });

  it('take the places of those that were freed', () => {
    const texts = new TextSlabs();
    const fill = (): TextPlace[] => Array.from({ length: 20_000 }, (_, n) => texts.add(`${n} `.padEnd(400)));
    const first = fill();
    const before = memoryUsage().arrayBuffers;
    for (let round = 0; round < 5; round += 1) {
      for (const place of first) texts.free(place);
      first.splice(0, first.length, ...fill());
    }
    expect(memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
    expect(texts.read(first[7] ?? '')).toBe('7 '.padEnd(400));
  });

  it('are most of a table in memory: a row that were not read is no text on the heap', () => {
    const texts = new TextSlabs();
    expect(typeof texts.add('{"vmId":"a"}')).toBe('number');
    expect(texts.add('{"vmId":"ä"}')).toBe('{"vmId":"ä"}');
  });
});
