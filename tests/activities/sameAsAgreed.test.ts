import fc from 'fast-check';
import { keepAgreed, sameAsAgreed } from '../../activities/fleet/agreedListing';
import { inventoryChanges, type InventoryChanges } from '../../domain/inventoryChanges';
import type { VirtualMachine } from '../../domain/virtualMachine';
import type { InventoryRow } from '../../store/inventory';
import { aVm } from '../support/builders';

const NOW = '2026-11-13T09:00:00.000Z';
const vms = Array.from({ length: 6 }, () => aVm());
const NOTHING_INCOMPLETE = new Map<string, string>();

function compared(
  rows: readonly InventoryRow[],
  listed: readonly VirtualMachine[],
  incomplete: ReadonlyMap<string, string> = NOTHING_INCOMPLETE,
): InventoryChanges {
  const steps = inventoryChanges(rows, { vms: listed, incomplete }, { inventoryFewerPercent: 10 }, NOW);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Rows and a listing that agree; the rows begin with an object of their own, by which the agreement is known. */
function agreed(): { rows: readonly InventoryRow[]; listed: readonly VirtualMachine[] } {
  const listed = vms.map((vm) => ({ ...vm }));
  const rows = listed.toReversed().map((vm) => ({ ...vm }));
  keepAgreed(rows, listed, compared(rows, listed));
  return { rows, listed };
}

const of = (listed: readonly VirtualMachine[]) => ({ vms: listed, incomplete: NOTHING_INCOMPLETE });
/** With a member of one of them another, or none: an object that was written anew. */
const writtenAt = <T>(all: readonly T[], place: number, over: Partial<T> = {}): T[] =>
  all.map((one, n) => (n === place ? { ...one, ...over } : one));

describe('a listing that differs from the last agreement in a few objects', () => {
  it('is not compared when rows were written anew, and say the same', () => {
    const { rows, listed } = agreed();
    const written = writtenAt(rows, 2);
    expect(sameAsAgreed(written, of(listed))).toMatchObject({
      added: [],
      changed: [],
      buried: [],
      present: listed,
    });
  });

  it.each([
    ['a row says something else', { tags: { owner: 'another' } }],
    ['a row is gone', { goneUtc: NOW }],
    ['a row has another id', { id: aVm().id }],
    ['a row was known by another id', { formerIds: [aVm().id] }],
  ])('is compared when %s', (_, over) => {
    const { rows, listed } = agreed();
    expect(sameAsAgreed(writtenAt<InventoryRow>(rows, 2, over), of(listed))).toBeNull();
  });

  it('is compared when fewer or more are there, or when a subscription is incomplete', () => {
    const { rows, listed } = agreed();
    expect(sameAsAgreed(rows.slice(1), of(listed))).toBeNull();
    expect(sameAsAgreed(rows, of(listed.slice(0, -1)))).toBeNull();
    expect(sameAsAgreed(rows, of([...listed, aVm()]))).toBeNull();
    const incomplete = new Map([[aVm().subscriptionId, 'no permission']]);
    expect(sameAsAgreed(rows, { vms: listed, incomplete })).toBeNull();
    expect(sameAsAgreed(rows, of(listed))).not.toBeNull();
  });

  it('is compared when a VM is listed twice, and when thousands of rows were written anew', () => {
    const { rows, listed } = agreed();
    const [first] = listed;
    const twice = [...listed, ...(first === undefined ? [] : [first])];
    const again = rows.map((row) => ({ ...row }));
    keepAgreed(again, twice, compared(again, twice));
    expect(sameAsAgreed(again, of(twice))).toBeNull();
    const many = Array.from({ length: 2_002 }, () => aVm());
    keepAgreed(many, many, compared(many, many));
    const anew = (count: number): readonly InventoryRow[] =>
      many.map((row, n) => (n === 0 || n > count ? row : { ...row }));
    expect(sameAsAgreed(anew(2_000), of(many))).not.toBeNull();
    expect(sameAsAgreed(anew(2_001), of(many))).toBeNull();
  });

  it('is the same only where a comparison of all finds no change', () => {
    const region = fc.constantFrom('eastus', 'westus');
    let [same, different] = [0, 0];
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(5), fc.boolean(), fc.option(region, { nil: null })), { maxLength: 4 }),
        (writes) => {
          let { rows, listed } = agreed();
          for (const [place, isRow, to] of writes.filter(([at, isRow]) => at > 0 || !isRow)) {
            const over = to === null ? {} : { region: to };
            if (isRow) rows = writtenAt(rows, place, over);
            else listed = writtenAt(listed, place, over);
          }
          const found = sameAsAgreed(rows, of(listed));
          const { added, changed, moved, buried, removed, present } = compared(rows, listed);
          const changes = added.length + changed.length + moved.length + buried.length + removed.length;
          if (changes === 0) same += 1;
          else different += 1;
          expect(found !== null).toBe(changes === 0);
          expect(new Set(found?.present ?? present)).toEqual(new Set(present));
        },
      ),
    );
    expect(Math.min(same, different)).toBeGreaterThan(5);
  });
});
