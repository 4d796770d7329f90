import fc from 'fast-check';
import { Selector, selects } from '../../domain/selector';
import { byFact, placesSelected } from '../../operatorApi/fleetIndex';
import { fleetView } from '../../operatorApi/fleetView';
import { forecastOf } from '../../operatorApi/keptForecasts';
import {
  diffFromTurns,
  diffOfPolicies,
  planAgain,
  previewPage,
  type PreviewPage,
} from '../../operatorApi/keptPreviews';
import { Month } from '../../domain/ids';
import { phaseIdOf } from '../../domain/phaseId';
import type { Turn } from '../../planning/previewPlan';
import { Freeze } from '../../domain/freezes';
import { vmsOf } from '../support/builders';
import { forgetSharedFacts } from '../../operatorApi/sharedFacts';
import { someServices, type FakeServices } from '../support/fakeServices';

const MONTH = Month.parse('2026-12');
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
    await fc.assert(
      fc.asyncProperty(anySelector, async (selector) => {
        const places = (await placesSelected(view, selector)) ?? [...view.vms.keys()];
        const wanted = [...view.vms.entries()]
          .filter(([, { vm }]) => selects(selector, vm))
          .map(([place]) => place);
        expect(places).toEqual(wanted);
      }),
    );
  });

  test('of a preview are the same', async () => {
    const view = await fleetView(services);
    const page = (selector: Selector): Promise<PreviewPage> =>
      previewPage(services, { month: MONTH, policy: services.policy }, { selector, after: 0, take: 500 });
    const ids = ({ answer }: PreviewPage): readonly string[] =>
      (answer.body['value'] as readonly { readonly vmId: string }[]).map(({ vmId }) => vmId);
    const some = await page({ tag: 'app=shop' });
    const places = await placesSelected(view, { tag: 'app=shop' });
    const wanted = (places ?? []).map((place) => view.vms[place]?.vm.id);
    expect([...ids(some)].sort()).toEqual(wanted);
    // Asked for again, a part of the fleet is not counted again.
    expect((await page({ tag: 'app=shop' })).answer).toBe(some.answer);
    expect((await page({ tag: 'app' })).answer.matchedCount).toBeGreaterThan(some.answer.matchedCount);
  });

  test('are counted under none where they have no such tag', async () => {
    const { names, numbers } = await byFact(await fleetView(services), 'tag:app');
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
    await services.freezes.save(freeze, null);
    forgetSharedFacts(services); // as the request that changed it does
    const frozen = await forecastOf(services, null);
    expect(frozen?.byPlace.every(({ state }) => state === 'excluded')).toBe(true);
    expect(first?.byPlace.some(({ state }) => state === 'excluded')).toBe(false);
    const later = await forecastOf(services, '2026-12-01T00:00:00.000Z');
    expect(later?.asOfUtc).toBe('2026-12-01T00:00:00.000Z');
  });

  test('its preview is made once until a freeze or the policy changes', async () => {
    const services = await someServices({ vms: many });
    const page = (policy = services.policy): Promise<PreviewPage> =>
      previewPage(services, { month: MONTH, policy }, { selector: {}, after: 0, take: 100 });
    const first = await page();
    expect((await page()).answer).toBe(first.answer);
    const slower = { ...services.policy, standaloneSharePercent: 1 };
    expect((await page(slower)).answer).not.toBe(first.answer);
    expect((await diffOfPolicies(services, MONTH, slower)).movedCount).toBeGreaterThan(100);
    await services.freezes.save(freeze, null);
    const heldCount = ({ answer }: PreviewPage): unknown => answer.body['heldCount'];
    expect([heldCount(first), heldCount(await page())]).toEqual([0, many.length]);
    // Planned when a policy was applied: the first request after that finds it.
    const faster = { ...services.policy, standaloneSharePercent: 40 };
    const planned = await planAgain({ ...services, policy: faster });
    expect((await page(faster)).answer).toBe(planned?.answer);
  });

  test('its preview of a month under way is answered at once some minutes later, too, and made for then beside it', async () => {
    const services = await someServices({ vms: many });
    const page = (): Promise<PreviewPage> =>
      previewPage(
        services,
        { month: Month.parse('2026-11'), policy: services.policy },
        { selector: {}, after: 0, take: 100 },
      );
    const first = await page();
    services.wait(600);
    expect((await page()).answer).toBe(first.answer);
    await new Promise((made) => setImmediate(made));
    const next = await page();
    expect(next.answer).not.toBe(first.answer);
    services.wait(4 * 3_600);
    expect((await page()).answer).not.toBe(next.answer);
  });

  test('turns of another plan come in parts, and are compared as one', async () => {
    const services = await someServices({ vms });
    const asked = { month: MONTH, policy: services.policy };
    const turns = vms.map(({ id }): Turn => ({ vmId: id, phase: phaseIdOf(6), day: 25 }));
    const parts = (async function* () {
      yield await Promise.resolve(turns.slice(0, 10));
      yield turns.slice(10);
    })();
    expect(await diffFromTurns(services, asked, parts)).toMatchObject({
      addedCount: 0,
      removedCount: 0,
      movedCount: vms.length,
    });
  });
});
