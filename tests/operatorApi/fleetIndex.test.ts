import fc from 'fast-check';
import { Selector, selects } from '../../domain/selector';
import { byFact, placesSelected } from '../../operatorApi/fleetIndex';
import { fleetView } from '../../operatorApi/fleetView';
import { forecastOf } from '../../operatorApi/keptForecasts';
import { previewAnswer } from '../../planning/monthPreview';
import { previewOf, wantedOf } from '../../operatorApi/keptPreviews';
import { Month } from '../../domain/ids';
import { Freeze } from '../../domain/freezes';
import { vmsOf } from '../support/builders';
import { someServices, type FakeServices } from '../support/fakeServices';

const REGIONS = ['eastus', 'westus', 'westeurope'];
const vms = vmsOf(60, (n) => ({
  region: REGIONS[n % 3] ?? 'eastus',
  subscriptionId: n % 4 === 0 ? 'SUB-a' : 'sub-b',
  resourceGroup: n % 5 === 0 ? 'Shop' : 'other',
  tags: { ...(n % 2 === 0 && { App: n % 4 === 0 ? 'shop' : 'Desk' }), ...(n % 7 === 0 && { tier: 'web' }) },
}));

const anySelector = fc
  .record(
    {
      region: fc.constantFrom('eastus', 'East US', 'mars'),
      subscription: fc.constantFrom('sub-a', 'SUB-B', 'none'),
      resourceGroup: fc.constantFrom('shop', 'SHOP', 'none'),
      tag: fc.constantFrom<string | string[]>(
        'app',
        'app=SHOP',
        ['app=desk', 'tier'],
        ['tier=web'],
        'none=1',
      ),
      vm: fc.constantFrom(vms[0]?.id, vms[7]?.id),
    },
    { requiredKeys: [] },
  )
  .map((given) => Selector.parse(given));

describe('the VMs of a view by their facts', () => {
  let services: FakeServices;
  beforeAll(async () => {
    services = await someServices({ vms });
  });

  test('are those that the selector means, in the order of the view, whatever is asked for', async () => {
    const view = await fleetView(services);
    fc.assert(
      fc.property(anySelector, (selector) => {
        const places = placesSelected(view, selector) ?? [...view.vms.keys()];
        const wanted = [...view.vms.entries()]
          .filter(([, { vm }]) => selects(selector, vm))
          .map(([place]) => place);
        expect(places).toEqual(wanted);
      }),
    );
  });

  test('of a preview are the same', async () => {
    const made = await previewOf(services, { month: Month.parse('2026-12'), policy: services.policy });
    const view = await fleetView(services);
    const isWanted = wantedOf(made, Selector.parse({ tag: 'app=shop' }));
    expect([...view.vms.keys()].filter(isWanted)).toEqual(placesSelected(view, { tag: 'app=shop' }));
    // Asked for again, a part of the fleet is not counted again.
    const again = wantedOf(made, Selector.parse({ tag: 'app=shop' }));
    expect(previewAnswer(made.preview, again, 0)).toBe(previewAnswer(made.preview, isWanted, 0));
    const other = wantedOf(made, Selector.parse({ tag: 'app' }));
    expect(previewAnswer(made.preview, other, 0).matchedCount).toBeGreaterThan(
      previewAnswer(made.preview, isWanted, 0).matchedCount,
    );
  });

  test('are counted under none where they have no such tag', async () => {
    const { names, numbers } = byFact(await fleetView(services), 'tag:app');
    expect(names.map((name) => name.toLowerCase()).sort()).toEqual(['desk', 'shop']);
    expect([...numbers].filter((number) => number === -1)).toHaveLength(30);
  });
});

describe('the forecast of a large fleet', () => {
  const many = vmsOf(5_200);
  const freeze = Freeze.parse({
    id: 'f',
    kind: 'exclusion',
    selector: {},
    from: '2026-11-01',
    to: '2026-12-31',
    timeZone: null,
    reason: 'r',
    owner: 'o',
    createdUtc: '2026-11-01T00:00:00.000Z',
    createdBy: 'me',
  });

  test('is made once for all who ask, and anew when a person has changed what it rests on', async () => {
    const services = await someServices({ vms: many });
    const [first, second] = await Promise.all([forecastOf(services, null), forecastOf(services, null)]);
    expect(second).toBe(first);
    expect(await forecastOf(services, null)).toBe(first);
    await services.freezes.save(freeze);
    const frozen = await forecastOf(services, null);
    expect(frozen?.byPlace.every(({ state }) => state === 'excluded')).toBe(true);
    expect(first?.byPlace.some(({ state }) => state === 'excluded')).toBe(false);
    const later = await forecastOf(services, '2026-12-01T00:00:00.000Z');
    expect(later?.asOfUtc).toBe('2026-12-01T00:00:00.000Z');
  });

  test('its preview is made once until a freeze or the policy changes', async () => {
    const services = await someServices({ vms: many });
    const month = Month.parse('2026-12');
    const first = await previewOf(services, { month, policy: services.policy });
    expect((await previewOf(services, { month, policy: services.policy })).preview).toBe(first.preview);
    const slower = { ...services.policy, bakeAfterCanarySeconds: 500_000 };
    expect((await previewOf(services, { month, policy: slower })).preview).not.toBe(first.preview);
    await services.freezes.save(freeze);
    const frozen = (await previewOf(services, { month, policy: services.policy })).preview;
    expect(frozen.rows.every(({ heldUntilUtc }) => heldUntilUtc !== null)).toBe(true);
    expect(first.preview.rows.some(({ heldUntilUtc }) => heldUntilUtc !== null)).toBe(false);
  });
});
