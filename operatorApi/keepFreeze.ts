import { isDeepStrictEqual } from 'node:util';
import type { Services } from '../activities/services';
import { Freeze, freezeState, type FreezeInput } from '../domain/freezes';
import { addSeconds } from '../domain/instants';
import { LowtideError } from '../domain/lowtideError';
import { describeSelector } from '../domain/selector';
import { DAY_SECONDS } from '../domain/timeUnits';
import { etagOf, meetsCondition, type Condition } from './conditional';

type Kind = Freeze['kind'];

export const WORDS = {
  freeze: { path: 'api/freezes', set: 'frozen', removed: 'freezeLifted', one: 'freeze' },
  exclusion: { path: 'api/exclusions', set: 'excluded', removed: 'exclusionLifted', one: 'exclusion' },
} as const;

/** As the audit names it. */
export const LOWTIDE = 'lowtide';

/** Of what a person has said alone: it stays the same until that changes. */
export const tagOf = (freeze: Freeze): string => etagOf(JSON.stringify(freeze));

/** Whoever meets others that often may ask again. */
const TRIES_MAX = 5;

/**
 * Makes it or puts it in place of the one of its name. The audit first: what stops VMs from being patched is never without its reason there.
 * What is written is what the audit has last, and what it says was replaced, whoever writes at the same moment.
 */
export async function keepFreeze(
  services: Services,
  { kind, id }: Pick<Freeze, 'kind' | 'id'>,
  input: FreezeInput,
  { by, condition }: { readonly by: string; readonly condition?: Condition },
): Promise<Freeze> {
  let refused: Freeze | null = null;
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const before = await services.freezes.read(kind, id);
    if (condition !== undefined && !meetsCondition(condition, before && tagOf(before))) {
      if (refused !== null) await writeDownWhatStands(services, refused, by);
      throw notAsAsked(kind, id, before);
    }
    const { createdUtc, createdBy } = before ?? { createdUtc: services.nowUtc(), createdBy: by };
    const after = Freeze.parse({ ...input, id, kind, createdUtc, createdBy });
    if (isDeepStrictEqual(before, after)) return after;
    await writeDown(services, after, { what: WORDS[kind].set, by, replaced: before });
    if (await services.freezes.save(after, before)) {
      await setAsideIfOver(services, after);
      return after;
    }
    refused = after;
  }
  if (refused !== null) await writeDownWhatStands(services, refused, by);
  throw changedMeanwhile(kind, id, 'kept');
}

/** What is read before each installation: as many rows as Azure Tables gives in one answer. */
const FREEZES_MAX = 1_000;

/** Before any of these names is made. Two requests at once may each find the last place free, and no more than that. */
export async function refuseTooMany(services: Services, kind: Kind, ids: readonly string[]): Promise<void> {
  const nowUtc = services.nowUtc();
  const kept = (await services.freezes.list()).filter((freeze) => freezeState(freeze, nowUtc) !== 'over');
  const known = new Set(kept.filter((freeze) => freeze.kind === kind).map(({ id }) => id));
  const added = new Set(ids.filter((id) => !known.has(id))).size;
  if (added === 0 || kept.length + added <= FREEZES_MAX) return;
  throw new LowtideError('REQUEST_INVALID', {
    what: `There can be ${FREEZES_MAX.toLocaleString('en-US')} freezes and exclusions that are in force or to come, and with ${added} more there would be ${kept.length + added}; none was made.`,
    why: 'All of them are read before each installation.',
    fix: 'Lift those that are not needed, or freeze many VMs by one selector: a tag, a resource group, a region.',
  });
}

/** One that has ended is read before installations for a day more: the clock of another host may be behind. */
export async function setAsideIfOver(services: Services, freeze: Freeze): Promise<void> {
  if (freezeState(freeze, addSeconds(services.nowUtc(), -DAY_SECONDS)) === 'over')
    await services.freezes.setAside(freeze);
}

/** Null when there is none. */
export async function liftFreeze(
  services: Services,
  { kind, id }: Pick<Freeze, 'kind' | 'id'>,
  { by, why, condition }: { readonly by: string; readonly why: string | null; readonly condition: Condition },
): Promise<Freeze | null> {
  const freeze = await services.freezes.read(kind, id);
  if (freeze === null) return null;
  if (!meetsCondition(condition, tagOf(freeze))) throw notAsAsked(kind, id, freeze);
  await writeDown(services, freeze, { what: WORDS[kind].removed, by, why });
  if (await services.freezes.remove(freeze)) return freeze;
  // INV-17: what another person made of it meanwhile was not seen by the one who lifts it.
  await writeDownWhatStands(services, freeze, by);
  throw changedMeanwhile(kind, id, 'lifted');
}

/** After a change that was written down and came to nothing: the audit has last what there is. */
async function writeDownWhatStands(services: Services, freeze: Freeze, by: string): Promise<void> {
  const { kind, id } = freeze;
  const { set, removed } = WORDS[kind];
  const standing = await services.freezes.read(kind, id);
  if (standing === null)
    await writeDown(services, freeze, {
      what: removed,
      by: LOWTIDE,
      why: `It was lifted while ${by} changed it.`,
    });
  else
    await writeDown(services, standing, {
      what: set,
      by: LOWTIDE,
      why: `Another person changed it while ${by} changed or lifted it, and it stands.`,
    });
}

interface Said {
  readonly what: 'frozen' | 'freezeLifted' | 'excluded' | 'exclusionLifted';
  readonly by: string;
  /** What it was made for without it. */
  readonly why?: string | null;
  /** What it takes the place of. */
  readonly replaced?: Freeze | null;
}

async function writeDown(services: Services, freeze: Freeze, said: Said): Promise<void> {
  const { what, by, why, replaced = null } = said;
  const atUtc = services.nowUtc();
  const { id, selector, reason } = freeze;
  await services.audit.appendNew('operator', `${atUtc}~${what}~${id}${by === LOWTIDE ? '~stands' : ''}`, {
    atUtc,
    who: by,
    what,
    subject: id,
    vmId: selector.vm ?? null,
    why: why ?? reason,
    evidence: {
      ...evidenceOf(freeze),
      ...(replaced !== null && {
        replaced: { ...evidenceOf(replaced), reason: replaced.reason, createdBy: replaced.createdBy },
      }),
    },
  });
}

function evidenceOf({ selector, from, to, timeZone, owner }: Freeze): Record<string, string | null> {
  return { selector: describeSelector(selector), from, to, timeZone, owner };
}

function notAsAsked(kind: Kind, id: string, before: Freeze | null): LowtideError {
  const { one, path } = WORDS[kind];
  return new LowtideError('CHANGED_SINCE', {
    what: `The ${one} '${id}' is not as the request asks, and was left as it is.`,
    why:
      before === null
        ? 'There is none of this name, and if-match asks for one.'
        : `One of this name, of ${before.owner}, has the etag ${tagOf(before)}: it is there already, or was changed since it was read.`,
    fix: `GET /${path} shows each with its etag; decide again, and send that as if-match.`,
  });
}

function changedMeanwhile(kind: Kind, id: string, done: 'kept' | 'lifted'): LowtideError {
  const { one, path } = WORDS[kind];
  return new LowtideError('CHANGED_SINCE', {
    what: `The ${one} '${id}' was not ${done}.`,
    why: 'Another person changed it at the same moment.',
    fix: `GET /${path} shows it as it is now; decide again.`,
  });
}
