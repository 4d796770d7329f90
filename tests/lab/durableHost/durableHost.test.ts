import { CoreApi } from '../../../emulator/coreApi';
import { runDurableHost } from '../../../lab/durableHost/durableHost';
import { functionsSource } from '../../../lab/durableHost/functionsSource';
import { StorageRequests } from '../../../lab/durableHost/storageRequests';

const line = (request: string): string =>
  `127.0.0.1 - - [26/Nov/2026:07:18:19 +0000] "${request} HTTP/1.1" 200 -`;

it('requests to Azurite are counted by what they are for; other lines are not', () => {
  const requests = new StorageRequests();
  const seen = [
    'GET /devstoreaccount1/lowtide-control-03/messages?numofmessages=32',
    'DELETE /devstoreaccount1/lowtide-control-03/messages/4c35?popreceipt=Mj',
    'POST /devstoreaccount1/lowtide-workitems/messages',
    "GET /devstoreaccount1/LowtideHistory()?$filter=PartitionKey%20eq%20'a'",
    'PUT /devstoreaccount1/LowtidePartitions(PartitionKey=%27%27)',
    'PUT /devstoreaccount1/lowtide-applease?comp=lease',
    'GET /devstoreaccount1/lowtideoutcomes()?$top=1000',
    'POST /devstoreaccount1/$batch',
  ];
  for (const request of seen) requests.add(line(request));
  requests.add('Azurite Table service is successfully listening at http://127.0.0.1:11002');
  expect(requests.describe().split('\n')).toEqual([
    '        2  messages put into queues, deleted and renewed',
    '        2  partitions and leases of the hub',
    '        1  messages taken from queues, and looks into empty ones',
    '        1  history and instances of the hub',
    "        1  the app's tables",
    '        1  transactions: history of the hub and the app',
    '        8  all',
  ]);
});

it('each durable function is registered with its trigger as text, which makes the extension speak as with a worker of another language', () => {
  const core = new CoreApi(() => undefined);
  const { registerFunction } = core.exported as {
    registerFunction: (metadata: object, callback: () => void) => void;
  };
  for (const [name, type] of [
    ['monthlyRollout', 'orchestrationTrigger'],
    ['listFleet', 'httpTrigger'],
    ['disruptionLedger', 'entityTrigger'],
    ['advanceRound', 'activityTrigger'],
  ] as const)
    registerFunction({ name, bindings: { input: { type, direction: 'in' } } }, () => undefined);
  const source = functionsSource([...core.functions.values()]);
  expect(source).toContain(
    '[FunctionName("monthlyRollout")] public static Task<object> F0([OrchestrationTrigger] string context)',
  );
  expect(source).toContain('([EntityTrigger] string context) => Worker.Invoke("disruptionLedger", context);');
  expect(source).toContain('([ActivityTrigger] string context) => Worker.Invoke("advanceRound", context);');
  expect(source).not.toContain('listFleet');
});

it('without a .NET SDK it says so, before anything is started', async () => {
  const { signal } = new AbortController();
  await expect(
    runDurableHost({ port: 0, settings: 'local.settings.e2e.json', dotnet: 'no-such-dotnet', signal }),
  ).rejects.toMatchObject({ detail: { what: 'There is no .NET SDK on this machine.' } });
});
