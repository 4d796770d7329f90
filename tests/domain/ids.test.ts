import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { childId, keyOf, Month, RolloutId, rolloutIdOf, Utc, VmId } from '../../domain/ids';
import { assertKey } from '../../store/rowValue';
import { aVm } from '../support/builders';

/** Any but halves of surrogate pairs: as the unit `binary` of fast-check, which first makes a table of all 1,112,064. */
const codePoint = fc.integer({ min: 0, max: 0x10_f7_ff }).map(
  (n) => String.fromCodePoint(n < 0xd8_00 ? n : n + 0x8_00),
  (text) => {
    const [n = NaN, ...rest] = Array.from(String(text), (each) => each.codePointAt(0));
    return rest.length > 0 ? NaN : n < 0xd8_00 ? n : n - 0x8_00;
  },
);

describe('keyOf', () => {
  it('is the name and a hash: readable, and unique among VMs of one name', () => {
    const web = keyOf(aVm({ name: 'web-server-with-a-very-long-name' }).id);
    expect(web).toMatch(/^web-server-with-a-ve-[0-9a-f]{24}$/);
    expect(keyOf(aVm({ name: 'web', resourceGroup: 'a' }).id)).not.toBe(
      keyOf(aVm({ name: 'web', resourceGroup: 'b' }).id),
    );
  });

  it('never changes: rows and instances are found by it', () => {
    expect(keyOf('/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/web')).toBe(
      keyOf('/SUBSCRIPTIONS/S/resourcegroups/G/providers/microsoft.compute/virtualmachines/WEB'),
    );
  });

  it('can be a key of any table row, whatever the VM is called', () => {
    fc.assert(
      fc.property(fc.string({ unit: codePoint, minLength: 1, maxLength: 80 }), (name) => {
        const key = keyOf(`/subscriptions/s/${name}`);
        assertKey('row', key);
        return key.length <= 45;
      }),
    );
  });

  it('carries 96 bits of SHA-256, so that no two ids can be constructed that share a key', () => {
    const id = '/subscriptions/s/resourcegroups/g/providers/microsoft.compute/virtualmachines/wéb';
    const sha = createHash('sha256').update(id).digest('hex');
    expect(keyOf(id)).toBe(`w-b-${sha.slice(0, 24)}`);
  });

  it('of twenty thousand VMs are all different', () => {
    const keys = new Set(Array.from({ length: 20_000 }, (_, n) => keyOf(`/subscriptions/s/vm-${n}`)));
    expect(keys.size).toBe(20_000);
  });
});

describe('childId', () => {
  it('is the id of the parent and the name of the child', () => {
    expect(childId('rollout-2026-11.1:phase-2:eastus', 'zone-1')).toBe(
      'rollout-2026-11.1:phase-2:eastus:zone-1',
    );
  });

  it('is never longer than 100 characters, and different for different children', () => {
    const word = fc.stringMatching(/^[a-z0-9.-]{1,40}$/);
    const path = fc.array(word, { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(path, word, word, (parents, a, b) => {
        fc.pre(a !== b);
        const parent = parents.reduce(childId);
        const ids = [childId(parent, a), childId(parent, b)];
        return ids[0] !== ids[1] && ids.every((id) => id.length <= 100);
      }),
    );
  });

  it('of siblings that share a long beginning are different', () => {
    const parent = 'p'.repeat(95);
    expect(childId(parent, 'batch-1')).not.toBe(childId(parent, 'batch-2'));
  });
});

describe('ids of the wire', () => {
  it('ARM ids match without regard to case', () => {
    const { armId, id } = aVm({ name: 'Web' });
    expect(VmId.parse(armId.toUpperCase())).toBe(id);
  });

  it.each(['', 'web', '/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/d'])(
    'what is no virtual machine is refused: «%s»',
    (text) => {
      expect(VmId.safeParse(text).success).toBe(false);
    },
  );

  it('a rollout is named after its month', () => {
    expect(rolloutIdOf(Month.parse('2026-11'))).toBe('rollout-2026-11');
    expect(RolloutId.safeParse('rollout-2026-13').success).toBe(false);
  });

  it('an instant has milliseconds and is UTC, so that it sorts as text', () => {
    expect(Utc.safeParse('2026-11-13T03:00:00.000Z').success).toBe(true);
    expect(Utc.safeParse('2026-11-13T03:00:00Z').success).toBe(false);
    expect(Utc.safeParse('2026-11-13T03:00:00.000+01:00').success).toBe(false);
  });
});
