import { IANAZone } from 'luxon';
import {
  arePaired,
  findRegion,
  knownRegions,
  learnRegions,
  pairComponent,
  parseExtraRegion,
  pairsOf,
  regionNameOf,
  regionTimeZone,
} from '../../domain/regions';

const names = knownRegions().map(({ name }) => name);

describe('regions and their pairs', () => {
  test('R-203: a pair binds both regions, also where only one names the other', () => {
    expect(arePaired('eastus', 'westus')).toBe(true);
    expect(arePaired('westus3', 'eastus')).toBe(true);
    expect(arePaired('eastus', 'westus3')).toBe(true);
    expect(arePaired('southcentralus', 'brazilsouth')).toBe(true);
    for (const a of names) for (const b of names) expect(arePaired(a, b)).toBe(arePaired(b, a));
  });

  test('R-203: two regions that share a neighbour are no pair', () => {
    expect(arePaired('westus', 'westus3')).toBe(false);
    expect(arePaired('eastus', 'eastus')).toBe(false);
  });

  test('R-203: the pairs are a forest, so that two colours always keep them apart', () => {
    const links = names.flatMap((a) => pairsOf(a).map((b) => [a, b].sort().join()));
    const components = new Set(names.map(pairComponent));
    expect(new Set(links).size).toBe(names.length - components.size);
  });

  test('a component of the pair graph is named after its alphabetically first region', () => {
    const india = ['indiasouthcentral', 'centralindia', 'southindia', 'westindia'];
    expect(india.map(pairComponent)).toEqual(india.map(() => 'centralindia'));
    const america = ['northcentralus', 'southcentralus', 'brazilsouth', 'brazilsoutheast'];
    expect(america.map(pairComponent)).toEqual(america.map(() => 'brazilsouth'));
    for (const a of names)
      for (const b of pairsOf(a))
        expect([pairComponent(b), pairComponent(a) <= a]).toEqual([pairComponent(a), true]);
  });

  test('an unknown region has no pair, is a component of its own, and keeps UTC', () => {
    expect(findRegion('atlantis')).toBeUndefined();
    expect(names.some((name) => arePaired(name, 'atlantis'))).toBe(false);
    expect(pairComponent('atlantis')).toBe('atlantis');
    expect(regionTimeZone('atlantis')).toBe('UTC');
    expect(pairComponent('constructor')).toBe('constructor');
  });

  test('a region that policy adds has the pair and time zone it is given, in the ledger of its pair', () => {
    const [north, south] = [
      'atlantisnorth:Atlantic/Azores: East US ',
      'Atlantis South:Atlantic/Azores:atlantisnorth',
    ];
    learnRegions([north, south].map(parseExtraRegion).filter((region) => region !== undefined));
    expect(arePaired('eastus', 'atlantisnorth') && arePaired('atlantisnorth', 'atlantissouth')).toBe(true);
    expect(['atlantisnorth', 'atlantissouth', 'eastus'].map(pairComponent)).toEqual(
      Array(3).fill(pairComponent('westus')),
    );
    expect(regionTimeZone('atlantissouth')).toBe('Atlantic/Azores');
    learnRegions([{ name: 'eastus', timeZone: 'UTC', pairedRegion: null }]);
    expect([findRegion('atlantisnorth'), regionTimeZone('eastus')]).toEqual([undefined, 'America/New_York']);
  });

  test('every known region has a time zone that exists', () => {
    expect(knownRegions().filter(({ timeZone }) => !IANAZone.isValidZone(timeZone))).toEqual([]);
    expect(regionTimeZone('centralindia')).toBe('Asia/Kolkata');
  });

  test('a display name means the same region as its name', () => {
    expect(knownRegions().map(({ displayName }) => regionNameOf(displayName))).toEqual(names);
  });
});
