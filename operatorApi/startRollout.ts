import type { DurableClient } from 'durable-functions';
import type { Services } from '../activities/services';
import { foreignRollout, isForeign } from '../activities/rollout/control';
import type { RolloutControl } from '../domain/control';
import { rolloutIdOf, type Month } from '../domain/ids';
import { LowtideError } from '../domain/lowtideError';
import { isUnderWay, startInstance, instanceStatus } from '../composition/orchestrationInstances';
import { endsUtcOf, nextReleaseAfter, releaseOf } from '../domain/release';
import { hostVersion } from './hostVersion';

/**
 * Requests the rollout of a month. The row decides: whoever asks twice, at once or after a crash, gets the one rollout, because on the
 * real host starting an id that has finished would start it again.
 */
export async function requestRollout(
  services: Services,
  client: DurableClient,
  month: Month,
  by: string,
): Promise<{ control: RolloutControl; created: boolean }> {
  const known = await services.rollouts.read(rolloutIdOf(month));
  const requested = known ?? newControl(services, month, by, client.taskHubName);
  const { releasedUtc, endsUtc } = requested;
  return beginRollout(services, client, requested, {
    known: known !== null,
    why: `The release of ${month} is out.`,
    evidence: { releasedUtc, endsUtc },
  });
}

/** Writes the row, once, and starts the orchestration of it. Throws NOT_OWNER while the host of another task hub runs a rollout. */
export async function beginRollout(
  services: Services,
  client: DurableClient,
  requested: RolloutControl,
  said: {
    readonly known: boolean;
    readonly why: string;
    readonly evidence: Readonly<Record<string, unknown>>;
  },
): Promise<{ control: RolloutControl; created: boolean }> {
  const ownHub = client.taskHubName;
  const foreign = (await services.rollouts.list()).find(
    (one) => one.endedUtc === null && isForeign(one, ownHub),
  );
  if (foreign !== undefined) throw foreignRollout(foreign, ownHub);
  const { rolloutId, requestedUtc, requestedBy } = requested;
  const created = !said.known && (await services.rollouts.create(requested));
  const control = (await services.rollouts.read(rolloutId)) ?? requested;
  if (created)
    await services.audit.append(rolloutId, 'rolloutRequested', {
      atUtc: requestedUtc,
      who: requestedBy,
      what: 'rolloutRequested',
      subject: rolloutId,
      vmId: null,
      why: said.why,
      evidence: said.evidence,
    });
  if (control.endedUtc === null) await startOnce(services, client, control);
  return { control, created };
}

/**
 * Rollouts whose orchestration is gone or has failed go on: a crash between row and start, or an outage that was longer than its
 * patience. Nothing is done twice: the plan, the phases and the rounds that have run are in their tables.
 */
export async function reviveRollouts(
  services: Pick<Services, 'rollouts'>,
  client: DurableClient,
  rollouts: readonly RolloutControl[],
): Promise<Revived> {
  const open = rollouts.filter(({ endedUtc }) => endedUtc === null);
  const foreign = open.filter((control) => isForeign(control, client.taskHubName));
  const revived: string[] = [];
  for (const control of open) {
    if (foreign.includes(control)) continue;
    if (await startOnce(services, client, control)) revived.push(control.rolloutId);
  }
  return { revived, foreign, open };
}

interface Revived {
  readonly revived: readonly string[];
  /** Open ones that the host of another task hub runs: they are left alone. */
  readonly foreign: readonly RolloutControl[];
  readonly open: readonly RolloutControl[];
}

/** A row without an instance is a crash between the two: the next request starts it. False when it runs. */
export async function startOnce(
  services: Pick<Services, 'rollouts'>,
  client: DurableClient,
  control: RolloutControl,
): Promise<boolean> {
  const { rolloutId } = control;
  const status = await instanceStatus(client, rolloutId);
  if (isUnderWay(status)) return false;
  // Children belong to one execution, so the next one has a generation of its own.
  const next = status === null ? control.generation : control.generation + 1;
  if (next !== control.generation && !(await raiseGeneration(services, control))) return false;
  return startInstance(client, 'monthlyRollout', {
    instanceId: rolloutId,
    input: { rolloutId, generation: next, epoch: control.epoch },
  });
}

/** Of two callers that find it ended at once, one raises the generation, and that one starts it. */
async function raiseGeneration(
  services: Pick<Services, 'rollouts'>,
  { rolloutId, generation }: Pick<RolloutControl, 'rolloutId' | 'generation'>,
): Promise<boolean> {
  let mine = false;
  await services.rollouts.update(rolloutId, (now) => {
    mine = now.generation === generation;
    return mine ? { ...now, generation: generation + 1, version: hostVersion() } : null;
  });
  return mine;
}

function newControl(services: Services, month: Month, by: string, hub: string): RolloutControl {
  const now = services.nowUtc();
  const releasedUtc = releaseOf(month);
  const endsUtc = endsUtcOf(month, services.policy);
  if (now < releasedUtc)
    throw new LowtideError('REQUEST_INVALID', {
      what: `The release of ${month} is not out yet.`,
      why: `It is published on ${releasedUtc}, the second Tuesday, 10:00 in Redmond.`,
      fix: 'Wait for it; the monthly timer then starts the rollout.',
    });
  if (now >= endsUtc)
    throw new LowtideError('REQUEST_INVALID', {
      what: `The time of the rollout of ${month} is over.`,
      why: `Its patches had to be installed by ${endsUtc}.`,
      fix: 'Start the rollout of the latest release instead.',
    });
  return {
    rolloutId: rolloutIdOf(month),
    month,
    releasedUtc,
    endsUtc,
    endsBecause: endsUtc === nextReleaseAfter(releasedUtc) ? 'superseded' : 'deadlinePassed',
    mode: 'running',
    hasHalts: false,
    generation: 1,
    requestedUtc: now,
    requestedBy: by,
    plannedUtc: null,
    endedUtc: null,
    vmCount: null,
    seed: month,
    version: hostVersion(),
    hub,
    epoch: 1,
  };
}
