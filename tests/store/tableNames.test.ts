import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { accountTableName, TABLE_NAMES } from '../../store/store';

/** Tables that the durable extension keeps in the same account (docs/host.md). */
const HUB_TABLES = ['History', 'Instances', 'Partitions'];

const ours = TABLE_NAMES.map((name) => accountTableName(name).toLowerCase());

describe('table names ignore case, and the hub keeps tables in the same account', () => {
  test('no table of Lowtide meets a table of the hub in host.json', () => {
    const hostJson = JSON.parse(readFileSync(join(__dirname, '../../host.json'), 'utf8')) as {
      extensions: { durableTask: { hubName: string } };
    };
    const { hubName } = hostJson.extensions.durableTask;
    const theirs = HUB_TABLES.map((suffix) => `${hubName}${suffix}`.toLowerCase());
    expect(ours.filter((name) => theirs.includes(name))).toEqual([]);
  });

  test('no table of Lowtide can meet a table of any hub, whatever its name', () => {
    expect(ours.filter((name) => HUB_TABLES.some((suffix) => name.endsWith(suffix.toLowerCase())))).toEqual(
      [],
    );
    fc.assert(
      fc.property(fc.constantFrom(...ours), fc.constantFrom(...HUB_TABLES), (name, suffix) => {
        const hub = name.slice(0, Math.max(0, name.length - suffix.length));
        expect(name).not.toBe(`${hub}${suffix}`.toLowerCase());
      }),
    );
  });

  test('every table has a name that Azure takes, and one of its own', () => {
    expect(ours.filter((name) => !/^[a-z][a-z0-9]{2,62}$/.test(name))).toEqual([]);
    expect(new Set(ours).size).toBe(ours.length);
  });
});
