import type { DurableClient } from 'durable-functions';
import { collectDueAssessments } from '../../activities/collectDueAssessments';
import { collectSecondChances } from '../../activities/collectSecondChances';
import { takeListing } from '../../activities/fleet/takeListing';
import { listDueLedgers } from '../../activities/listDueLedgers';
import { readPurge } from '../../operatorApi/timers/purgedUntil';
import { startSweeps } from '../../operatorApi/timers/startSweeps';
import { addSeconds } from '../../domain/instants';
import { catchUpIdOf } from '../../domain/phaseId';
import { agendaStore, type AgendaName } from '../../store/agenda';
import type { TableName } from '../../store/store';
import { vmsOf } from '../support/builders';
import { IN_THE_WINDOW, someServices, type FakeServices } from '../support/fakeServices';

const LATER = '2026-11-30T00:00:00.000Z';
const ITEMS: readonly AgendaName[] = [
  'assessments',
  'secondChances',
  'extensions',
  'inventory',
  'ledger~eastus',
];
const TABLES: readonly TableName[] = ['rollouts', 'agenda', 'policies', 'assessments', 'inventory'];
const OPERATIONS = ['get', 'list', 'insert', 'replace', 'upsert', 'remove', 'write', 'commit'] as const;

interface StartedSweep {
  readonly name: string;
  readonly input: { readonly seen?: { readonly dueUtc: string; readonly etag: string } | null };
}

function aClient(): { client: DurableClient; started: StartedSweep[] } {
  const started: StartedSweep[] = [];
  const client = {
    taskHubName: 'hub',
    getStatus: () => Promise.resolve({ runtimeStatus: 'Running' }),
    startNew: (name: string, { input }: { input: StartedSweep['input'] }) => {
      started.push({ name, input });
      return Promise.resolve('id');
    },
  };
  return { client: client as unknown as DurableClient, started };
}

const hasChanges = (changes: unknown): boolean =>
  Object.values(changes as Record<string, readonly unknown[]>).some((rows) => rows.length > 0);

/** Counts the requests to the tables from now on. */
function requestsTo({ store }: FakeServices): string[] {
  const requests: string[] = [];
  for (const name of TABLES) {
    const table = store.table(name);
    for (const operation of OPERATIONS) {
      const work = table[operation].bind(table) as (...given: unknown[]) => unknown;
      jest.spyOn(table, operation).mockImplementation(((...given: unknown[]) => {
        // A write without a change sends nothing.
        if (operation !== 'write' || hasChanges(given[1])) requests.push(`${name}.${operation}`);
        return work(...given);
      }) as never);
    }
  }
  return requests;
}

const silent = { log: () => undefined, warn: () => undefined };

async function tick(services: FakeServices): Promise<readonly StartedSweep[]> {
  const { client, started } = aClient();
  await startSweeps(services, client, silent);
  return started;
}

async function withNothingDue(): Promise<FakeServices> {
  const services = await someServices({ vms: vmsOf(3), control: { hasHalts: false } });
  for (const name of ITEMS) await services.agenda.soonest(name, LATER, services.nowUtc());
  return services;
}

test('an hour in which nothing is due costs one request, also while a rollout is open: a day costs 24', async () => {
  const services = await withNothingDue();
  const requests = requestsTo(services);
  for (let hour = 0; hour < 24; hour += 1) {
    expect(await tick(services)).toEqual([]);
    services.wait(3600);
  }
  expect(requests).toEqual(Array.from({ length: 24 }, () => 'rollouts.list'));
});

test('between two comparisons of the inventory the platform is asked as often as the policy says, though nothing is written', async () => {
  const services = await withNothingDue();
  const listed = { fingerprint: 'as it was', comparedUtc: services.nowUtc(), everySeconds: 6 * 3600 };
  const { name: _, ...seen } = (await services.agenda.read('inventory')) ?? {
    name: 'none',
    dueUtc: '',
    etag: '',
  };
  await services.agenda.reschedule(seen, 'inventory', addSeconds(services.nowUtc(), 86_400), listed);
  const hours: number[] = [];
  for (let hour = 0; hour < 24; hour += 1) {
    if ((await tick(services)).some(({ name }) => name === 'inventorySweep')) hours.push(hour);
    services.wait(3600);
  }
  expect(hours).toEqual([6, 12, 18]);
  // Another process does not know what this one has started, and asks once more.
  services.wait(-5 * 3600);
  expect(await tick(services)).toEqual([]);
  const other = Object.assign(services, { agenda: agendaStore(services.store) });
  expect(await tick(other)).toMatchObject([{ name: 'inventorySweep' }]);
  expect(await tick(other)).toEqual([]);
});

test('the sweep of the ledgers gets their rows, and reads them no more; of more than fit into a message it reads them', async () => {
  const services = await withNothingDue();
  const nowUtc = services.nowUtc();
  await services.agenda.soonest('ledger~eastus', nowUtc, nowUtc);
  const [sweep] = await tick(services);
  const { ledgers } = sweep?.input as { ledgers?: { key: string; etag: string }[] };
  expect(ledgers).toMatchObject([{ key: 'eastus' }]);
  const requests = requestsTo(services);
  const listDue = (seen: object): Promise<unknown> => services.run(listDueLedgers, { nowUtc, ...seen });
  expect(await listDue({ seen: ledgers })).toMatchObject({ ledgers });
  expect(requests).toEqual([]);
  expect(await listDue({})).toMatchObject({ ledgers });
  for (let n = 0; n < 100; n += 1) await services.agenda.soonest(`ledger~budget-${n}`, nowUtc, nowUtc);
  expect((await tick(services)).map(({ input }) => Object.keys(input))).toEqual([['sweepUtc']]);
});

test('how far finished instances were purged is taken from the last tick, if that was within the hour', async () => {
  const services = await withNothingDue();
  const { nowUtc } = services;
  await services.agenda.soonest('purge', '2026-10-01T00:00:00.000Z', nowUtc());
  const row = await services.agenda.read('purge');
  await tick(services);
  const requests = requestsTo(services);
  expect(await readPurge(services)).toMatchObject({ etag: row?.etag });
  expect(requests).toEqual([]);
  await readPurge(services); // what was taken may have been written since
  expect(requests).toEqual(['rollouts.get']);
  await tick(services);
  services.wait(3600);
  await readPurge(services);
  expect(requests).toEqual(['rollouts.get', 'rollouts.list', 'rollouts.get']);
});

test('a sweep gets the row of the agenda that it was started for, and reads it no more', async () => {
  const services = await withNothingDue();
  await services.agenda.soonest('assessments', services.nowUtc(), services.nowUtc());
  const row = await services.agenda.read('assessments');
  const [sweep] = await tick(services);
  expect(sweep).toMatchObject({ name: 'assessmentSweep', input: { seen: { etag: row?.etag } } });
  const requests = requestsTo(services);
  await services.run(collectDueAssessments, {
    nowUtc: services.nowUtc(),
    call: 0,
    seen: sweep?.input.seen,
  });
  expect(requests).toEqual(['assessments.list', 'rollouts.replace']);
});

test('VMs that are due together are taken with four requests, however many of a batch they are', async () => {
  const services = await withNothingDue();
  const vms = vmsOf(30);
  const dueUtc = services.nowUtc();
  const timeZone = 'America/New_York';
  await services.assessments.schedule(vms.map(({ id: vmId }) => ({ vmId, timeZone, dueUtc })));
  await services.agenda.soonest('assessments', dueUtc, dueUtc);
  const [sweep] = await tick(services);
  const requests = requestsTo(services);
  const taken = await services.run(collectDueAssessments, {
    nowUtc: dueUtc,
    call: 0,
    seen: sweep?.input.seen,
  });
  expect(taken).toEqual({ batch: `${dueUtc}~0`, more: false });
  expect(requests).toEqual([
    'assessments.list',
    'assessments.commit',
    'assessments.write',
    'rollouts.replace',
  ]);
});

test('work that is added while a sweep is under way is not put off by it', async () => {
  const services = await withNothingDue();
  const nowUtc = services.nowUtc();
  await services.agenda.soonest('secondChances', nowUtc, nowUtc);
  const [sweep] = await tick(services);
  // Added by another host, after the sweep was started: the row says already that there is something to do.
  await services.agenda.soonest('secondChances', nowUtc, nowUtc);
  const phase = catchUpIdOf(nowUtc);
  await services.run(collectSecondChances, { nowUtc, phase, seen: sweep?.input.seen });
  expect((await services.agenda.read('secondChances'))?.dueUtc).toBe(nowUtc);
  const [again] = await tick(services);
  expect(again?.name).toBe('catchUpSweep');
  await services.run(collectSecondChances, { nowUtc, phase, seen: again?.input.seen });
  expect((await services.agenda.read('secondChances'))?.dueUtc).toBe('9999-12-31T00:00:00.000Z');
});

test('a fleet that is compared as a whole, and as it was, takes two requests, and a crash before it was written down loses no size', async () => {
  const vms = vmsOf(3);
  const services = await someServices({ vms, nowUtc: IN_THE_WINDOW });
  await services.inventory.change({ upsert: [], remove: vms.slice(1).map(({ id }) => id) });
  await services.inventory.saveSetSizes(vms.slice(0, 1));
  jest.spyOn(services.inventory, 'change').mockRejectedValueOnce(new Error('killed'));
  await expect(takeListing(services)).rejects.toThrow('killed');
  await takeListing(services);
  const [first] = vms;
  if (first === undefined) throw new Error('There is a VM.');
  expect(await services.inventory.standaloneCount(first.subscriptionId, first.region)).toBe(3);
  const requests = requestsTo(services);
  await takeListing(services);
  expect(requests).toEqual(['inventory.list', 'inventory.upsert']);
});

test('ledgers from which nothing is expected are put off together, and one that was brought forward stays due', async () => {
  const services = await withNothingDue();
  const nowUtc = services.nowUtc();
  await services.agenda.soonest('ledger~westus', nowUtc, nowUtc);
  await services.agenda.soonest('ledger~northeurope', nowUtc, nowUtc);
  const seenOf = async (name: AgendaName): Promise<{ dueUtc: string; etag: string }> => {
    const row = await services.agenda.read(name);
    if (row === null) throw new Error(`There is ${name}.`);
    return { dueUtc: row.dueUtc, etag: row.etag };
  };
  const items = [
    { name: 'ledger~westus' as const, seen: await seenOf('ledger~westus'), dueUtc: LATER },
    { name: 'ledger~northeurope' as const, seen: await seenOf('ledger~northeurope'), dueUtc: LATER },
  ];
  await services.agenda.soonest('ledger~westus', nowUtc, nowUtc);
  await services.agenda.rescheduleAll(items);
  expect((await seenOf('ledger~westus')).dueUtc).toBe(nowUtc);
  expect((await seenOf('ledger~northeurope')).dueUtc).toBe(LATER);
  const requests = requestsTo(services);
  await services.agenda.rescheduleAll([
    { name: 'ledger~westus', seen: await seenOf('ledger~westus'), dueUtc: LATER },
  ]);
  expect(requests.filter((one) => one !== 'rollouts.get')).toEqual(['rollouts.commit']);
});
