import type { DurableClient } from 'durable-functions';
import { chooseRound } from '../../activities/chooseRound';
import { collectSecondChances } from '../../activities/collectSecondChances';
import { readControl } from '../../activities/readControl';
import { startInstall } from '../../activities/round/startInstall';
import { imageFamilyOf } from '../../domain/imageFamily';
import { Month } from '../../domain/ids';
import { PhaseId, phaseIdOf } from '../../domain/phaseId';
import { decideRollout } from '../../operatorApi/decideRollout';
import { decideScope } from '../../operatorApi/decideScope';
import { requestRollout } from '../../operatorApi/startRollout';
import { startSweeps } from '../../operatorApi/timers/startSweeps';
import { takeOver } from '../../operatorApi/takeOver';
import { aVm } from '../support/builders';
import { instanceNotFound } from '../support/durableClient';
import { aPhase, someServices, ROLLOUT, WINDOW_OPENS, type FakeServices } from '../support/fakeServices';
import { START_BY } from '../support/rolloutScene';

const ANN = { by: 'ann', reason: 'The old slot is gone.' };
const vm = aVm();

/** A host of a task hub over tables that others have, too. */
interface HubHost {
  readonly client: DurableClient;
  readonly services: FakeServices;
  readonly started: string[];
}

function hostOf(hub: string, shared: FakeServices): HubHost {
  const started: string[] = [];
  const client = {
    taskHubName: hub,
    getStatus: (id: string) =>
      started.includes(id)
        ? Promise.resolve({ runtimeStatus: 'Running' })
        : Promise.reject(instanceNotFound(id)),
    startNew: (_name: string, { instanceId }: { instanceId: string }) => {
      started.push(instanceId);
      return Promise.resolve(instanceId);
    },
  } as unknown as DurableClient;
  const services: FakeServices = {
    ...shared,
    hub,
    run: (activity, input) => activity.handler(services)(input),
  };
  return { client, services, started };
}

/** Two hubs over one storage: blue has started the month. */
async function twoHubs(): Promise<{ blue: HubHost; green: HubHost }> {
  const shared = await someServices({ control: null, vms: [vm], nowUtc: '2026-11-13T03:15:00.000Z' });
  const [blue, green] = [hostOf('blue', shared), hostOf('green', shared)];
  await requestRollout(blue.services, blue.client, Month.parse('2026-11'), 'timer');
  await shared.rollouts.savePhase(ROLLOUT, aPhase());
  return { blue, green };
}

const log = (): { lines: string[]; log: (m: string) => void; warn: (m: string) => void } => {
  const lines: string[] = [];
  const keep = (message: string): void => void lines.push(message);
  return { lines, log: keep, warn: keep };
};

const install = ({ services }: HubHost, epoch: number): Promise<unknown> =>
  services.run(startInstall, {
    rolloutId: ROLLOUT,
    phase: phaseIdOf(1),
    region: 'eastus',
    vmId: vm.id,
    claim: { claimId: 'claim', startByUtc: START_BY, epoch },
    sinceUtc: WINDOW_OPENS,
    family: imageFamilyOf(vm),
  });

describe('a host of another task hub', () => {
  it('neither starts nor revives the rollout, sweeps nothing, and says whose it is', async () => {
    const { blue, green } = await twoHubs();
    const said = log();
    await startSweeps(green.services, green.client, said);
    expect(green.started).toEqual([]);
    expect(said.lines.join()).toContain('belongs to the task hub blue, and this host is of green');
    const request = requestRollout(green.services, green.client, Month.parse('2026-11'), 'ann');
    await expect(request).rejects.toMatchObject({ code: 'NOT_OWNER' });
    expect(blue.started).toEqual([ROLLOUT]);
  });

  it('starts no other month beside it either: its ledgers know nothing of what the first has down', async () => {
    const { green } = await twoHubs();
    green.services.clock.nowUtc = '2026-12-08T19:00:00.000Z';
    const request = requestRollout(green.services, green.client, Month.parse('2026-12'), 'ann');
    await expect(request).rejects.toMatchObject({ code: 'NOT_OWNER' });
  });

  it('decides nothing about it', async () => {
    const { green } = await twoHubs();
    const decided = decideRollout(green.services, ROLLOUT, 'cancel', ANN);
    await expect(decided).rejects.toMatchObject({ code: 'NOT_OWNER' });
    const ofRegion = decideScope(green.services, ROLLOUT, 'pause', { region: 'eastus' }, ANN);
    await expect(ofRegion).rejects.toMatchObject({ code: 'NOT_OWNER' });
    expect(await green.services.rollouts.halts(ROLLOUT)).toEqual([]);
    expect((await green.services.rollouts.read(ROLLOUT))?.mode).toBe('running');
  });

  it('starts no installation of it, and takes none of its second chances', async () => {
    const { green } = await twoHubs();
    expect(await install(green, 1)).toMatchObject({ outcome: { kind: 'deferred', reason: 'takenOver' } });
    expect(green.services.driver.accepted).toEqual([]);
    const phase = PhaseId.parse('catchup-1');
    await green.services.run(collectSecondChances, { nowUtc: green.services.nowUtc(), phase });
    expect(await green.services.secondChances.regionsTaken(phase)).toEqual([]);
  });
});

describe('take-over', () => {
  it('raises the epoch, starts the rollout here, and is in the audit with its reason', async () => {
    const { green } = await twoHubs();
    await takeOver(green.services, green.client, ROLLOUT, ANN);
    expect(green.started).toEqual([ROLLOUT]);
    const row = await green.services.rollouts.read(ROLLOUT);
    expect(row).toMatchObject({ hub: 'green', epoch: 2, generation: 2 });
    const trail = await green.services.audit.list(ROLLOUT);
    expect(trail.filter(({ what }) => what === 'takenOver')).toMatchObject([
      { who: 'ann', why: ANN.reason, evidence: { from: 'blue', hub: 'green', epoch: 2 } },
    ]);
  });

  it('is in the audit once, also when its host died on the way there and a person asks again', async () => {
    const { green } = await twoHubs();
    const append = jest.spyOn(green.services.audit, 'append').mockRejectedValueOnce(new Error('killed'));
    await expect(takeOver(green.services, green.client, ROLLOUT, ANN)).rejects.toThrow('killed');
    expect(append).toHaveBeenCalledTimes(1);
    await takeOver(green.services, green.client, ROLLOUT, ANN);
    await takeOver(green.services, green.client, ROLLOUT, ANN);
    const trail = await green.services.audit.list(ROLLOUT);
    expect(trail.filter(({ what }) => what === 'takenOver')).toMatchObject([
      { who: 'ann', evidence: { epoch: 2 } },
    ]);
  });

  it('ends the rights of the host before: it starts nothing, asks for no round, and gives no go', async () => {
    const { blue, green } = await twoHubs();
    await takeOver(green.services, green.client, ROLLOUT, ANN);
    expect(await install(blue, 1)).toMatchObject({ outcome: { reason: 'takenOver' } });
    const scope = { rolloutId: ROLLOUT, phase: phaseIdOf(1), region: 'eastus' };
    const asked = [
      () => blue.services.run(readControl, scope),
      () =>
        blue.services.run(chooseRound, {
          ...scope,
          stage: 'zone-1',
          group: 'batch-1.1',
          done: [],
          freshAfterUtc: null,
          endsUtc: '2026-12-08T18:00:00.000Z',
        }),
    ];
    for (const ask of asked) await expect(ask()).rejects.toMatchObject({ code: 'NOT_OWNER' });
    expect(await install(green, 2)).toMatchObject({ kind: 'started' });
  });

  it('and back again: a claim of the first epoch is no right in the third, though the hub is the same', async () => {
    const { blue, green } = await twoHubs();
    await takeOver(green.services, green.client, ROLLOUT, ANN);
    await takeOver(blue.services, blue.client, ROLLOUT, ANN);
    expect(await install(blue, 1)).toMatchObject({ outcome: { reason: 'takenOver' } });
    expect(await install(blue, 3)).toMatchObject({ kind: 'started' });
  });

  it('asked twice takes over once', async () => {
    const { green } = await twoHubs();
    await takeOver(green.services, green.client, ROLLOUT, ANN);
    await takeOver(green.services, green.client, ROLLOUT, ANN);
    expect(await green.services.rollouts.read(ROLLOUT)).toMatchObject({ epoch: 2, generation: 2 });
    expect(green.started).toEqual([ROLLOUT]);
  });
});
