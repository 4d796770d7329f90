import { z } from 'zod';
import { keyOf, RolloutId, Utc, VmId } from '../domain/ids';
import { PhaseId } from '../domain/phaseId';
import { OutcomeReason } from '../domain/reasons';
import { parsedOnce } from './parsedOnce';
import type { Store } from './store';

/** A VM that waits for a second chance in a rollout, as of the outcome that it waits because of. */
export const SecondChance = z.object({
  rolloutId: RolloutId,
  vmId: VmId,
  region: z.string(),
  /** Of its outcome: a row of an earlier one is out of date. */
  atUtc: Utc,
  reason: OutcomeReason,
  phase: PhaseId,
  /** It was found off or silent so many times in a row. */
  misses: z.number().int(),
});
export type SecondChance = Readonly<z.infer<typeof SecondChance>>;

/** A chance that is due. */
export interface DueChance extends SecondChance {
  readonly key: string;
  readonly dueUtc: string;
}

/** A VM that a catch-up has taken, and until when. */
export const TakenChance = SecondChance.extend({ timeZone: z.string() });
export type TakenChance = Readonly<z.infer<typeof TakenChance>>;

export interface SecondChanceStore {
  /** In the order in which they become due, over all rollouts and regions. */
  next(take: number): Promise<readonly DueChance[]>;
  add(chances: readonly { readonly chance: SecondChance; readonly dueUtc: string }[]): Promise<void>;
  /** Puts chances off, or takes them out (`dueUtc` null). */
  move(
    moves: readonly { readonly from: DueChance; readonly misses: number; readonly dueUtc: string | null }[],
  ): Promise<void>;
  /** Gives VMs to the catch-ups of their regions. */
  take(catchUp: PhaseId, taken: readonly TakenChance[]): Promise<void>;
  /** Where VMs were given to a catch-up. */
  regionsTaken(catchUp: PhaseId): Promise<readonly Pick<SecondChance, 'rolloutId' | 'region'>[]>;
  taken(catchUp: PhaseId, id: RolloutId, region: string): Promise<readonly TakenChance[]>;
}

const WAITING = 'secondChances';
const REGION = ' region~'; // sorts before every VM
const Place = SecondChance.pick({ rolloutId: true, region: true });

const parseChance = parsedOnce(SecondChance);
const parsePlace = parsedOnce(Place);
const parseTaken = parsedOnce(TakenChance);

export function secondChanceStore(store: Store): SecondChanceStore {
  const table = store.table('agenda');
  const partitionOf = (catchUp: PhaseId): string => `taken~${catchUp}`;
  const takenKey = ({ rolloutId, region, vmId }: SecondChance): string =>
    [rolloutId, region, keyOf(vmId)].join('~');
  return {
    next: async (take) =>
      (await table.list(WAITING, { take })).map(({ row, value }) =>
        Object.assign({}, parseChance(value), { key: row, dueUtc: row.slice(0, row.indexOf('~')) }),
      ),
    add: (chances) =>
      table.write(WAITING, {
        upsert: byKey(chances.map(({ chance, dueUtc }) => ({ row: keyAt(dueUtc, chance), value: chance }))),
      }),
    move: (moves) => {
      const put = byKey(
        moves.flatMap(({ from, misses, dueUtc }) =>
          dueUtc === null ? [] : [{ row: keyAt(dueUtc, from), value: { ...chanceOf(from), misses } }],
        ),
      );
      const kept = new Set(put.map(({ row }) => row));
      return table.write(WAITING, {
        upsert: put,
        remove: moves.map(({ from }) => from.key).filter((key) => !kept.has(key)),
      });
    },
    take: (catchUp, taken) =>
      table.write(partitionOf(catchUp), {
        upsert: byKey<{ row: string; value: unknown }>([
          ...taken.map((value) => ({ row: takenKey(value), value })),
          ...taken.map(({ rolloutId, region }) => ({
            row: [REGION + rolloutId, region].join('~'),
            value: { rolloutId, region },
          })),
        ]),
      }),
    regionsTaken: async (catchUp) =>
      (await table.list(partitionOf(catchUp), { before: `${REGION}~` })).map(({ value }) =>
        parsePlace(value),
      ),
    taken: async (catchUp, id, region) =>
      (await table.list(partitionOf(catchUp), { from: `${id}~${region}~`, before: `${id}~${region}~~` })).map(
        ({ value }) => parseTaken(value),
      ),
  };
}

/** With its outcome: of two rows of a VM that are put off to the same instant, one of an earlier outcome must not take the place of the other. */
const keyAt = (dueUtc: string, { rolloutId, vmId, atUtc }: SecondChance): string =>
  [dueUtc, rolloutId, keyOf(vmId), atUtc].join('~');

/** Without where its row is. */
export const chanceOf = ({ key: _key, dueUtc: _dueUtc, ...chance }: DueChance): SecondChance => chance;

/** A key once: the last. */
function byKey<T extends { readonly row: string }>(rows: readonly T[]): T[] {
  return [...new Map(rows.map((row) => [row.row, row])).values()];
}
