import type { DurableClient } from 'durable-functions';
import type { World } from '../activities/world';
import type { RolloutControl } from '../domain/control';
import { rolloutIdOf, type Month } from '../domain/ids';
import { LowtideError } from '../domain/lowtideError';
import { endsUtcOf, nextReleaseAfter, releaseOf } from '../domain/release';

/**
 * Requests the rollout of a month. The row decides: whoever asks twice, at once or after a crash, gets the one rollout, because on the
 * real host starting an id that has finished would start it anew.
 */
export async function requestRollout(
  world: World,
  client: DurableClient,
  month: Month,
  by: string,
): Promise<{ control: RolloutControl; created: boolean }> {
  const requested = newControl(world, month, by);
  const created = await world.rollouts.create(requested);
  const control = (await world.rollouts.read(requested.rolloutId)) ?? requested;
  if (created)
    await world.audit.append(control.rolloutId, 'rolloutRequested', {
      ...{
        atUtc: control.requestedUtc,
        who: by,
        what: 'rolloutRequested',
        subject: control.rolloutId,
        vmId: null,
      },
      why: `The release of ${month} is out.`,
      evidence: { releasedUtc: control.releasedUtc, endsUtc: control.endsUtc },
    });
  if (control.endedUtc === null) await startOnce(client, control);
  return { control, created };
}

/** A row without an instance is a crash between the two: the next who asks starts it. */
async function startOnce(client: DurableClient, { rolloutId, generation }: RolloutControl): Promise<void> {
  if (await isKnown(client, rolloutId)) return;
  try {
    await client.startNew('monthlyRollout', { instanceId: rolloutId, input: { rolloutId, generation } });
  } catch (error) {
    if (!(await isKnown(client, rolloutId))) throw error; // else somebody else was faster: that is the same rollout
  }
}

async function isKnown(client: DurableClient, instanceId: string): Promise<boolean> {
  try {
    const status: unknown = await client.getStatus(instanceId);
    return status !== null && status !== undefined;
  } catch {
    return false; // the library throws on 404
  }
}

function newControl(world: World, month: Month, by: string): RolloutControl {
  const now = world.nowUtc();
  const releasedUtc = releaseOf(month);
  const endsUtc = endsUtcOf(month, world.policy);
  if (now < releasedUtc)
    throw new LowtideError('REQUEST_INVALID', {
      what: `The release of ${month} is not out yet.`,
      why: `It comes on ${releasedUtc}, the second Tuesday, 10:00 in Redmond.`,
      fix: 'Wait for it; the monthly timer starts the rollout by itself.',
    });
  if (now >= endsUtc)
    throw new LowtideError('REQUEST_INVALID', {
      what: `The time of the rollout of ${month} is over.`,
      why: `Its patches had to be installed by ${endsUtc}.`,
      fix: 'Start the rollout of the latest release instead.',
    });
  return {
    ...{ rolloutId: rolloutIdOf(month), month, releasedUtc, endsUtc },
    endsBecause: endsUtc === nextReleaseAfter(releasedUtc) ? 'superseded' : 'deadlinePassed',
    ...{ mode: 'running', generation: 1, requestedUtc: now, requestedBy: by },
    ...{ plannedUtc: null, endedUtc: null, vmCount: null, seed: month },
  };
}
