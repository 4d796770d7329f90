import { z } from 'zod';
import type { RolloutId } from '../domain/ids';
import { parsedOnce } from './parsedOnce';
import type { Store } from './store';

/** What a pool has still to do: the next number, and what each lane of the pool was given last. */
const RoundQueue = z.object({
  next: z.number().int(),
  given: z.record(
    z.string(),
    z.object({ take: z.number().int(), from: z.number().int(), before: z.number().int() }),
  ),
});

/** A lane's request for its n-th piece of work, from 1. */
export interface Take {
  /** Id of the orchestration that started the lanes: the queue belongs to that one execution. */
  readonly queue: string;
  readonly lane: number;
  readonly lanes: number;
  readonly take: number;
  /** How many pieces there are in all. */
  readonly count: number;
}

/**
 * Hands out numbers 1, 2, … to the lanes of a pool, each once: when a lane is done with one it takes the next, whatever the others do. The
 * same request is answered alike however often it is repeated. The first numbers belong to the lanes without asking.
 */
export interface RoundQueueStore {
  /** Null when nothing is left. */
  takeNext(id: RolloutId, asked: Take): Promise<number | null>;
  /** Takes everything that no lane has taken. */
  takeRest(id: RolloutId, asked: Take): Promise<readonly number[]>;
}

const parseQueue = parsedOnce(RoundQueue);

export function roundQueueStore(store: Store): RoundQueueStore {
  const table = store.table('rounds');
  const partition = (id: RolloutId): string => `${id}~queues`;
  const given = async (id: RolloutId, asked: Take, many: boolean): Promise<readonly number[]> => {
    const { queue, lane, lanes, take, count } = asked;
    for (;;) {
      const row = await table.get(partition(id), queue);
      const before = row === null ? { next: lanes + 1, given: {} } : parseQueue(row.value);
      const known = before.given[lane];
      if (known?.take === take) return numbers(known.from, known.before);
      // A duplicate that was slow: nothing waits for its answer, and what it took would be done by none.
      if (known !== undefined && known.take > take) return [];
      const end = Math.max(before.next, many ? count + 1 : Math.min(before.next + 1, count + 1));
      if (end === before.next) return [];
      const after = {
        next: end,
        given: { ...before.given, [lane]: { take, from: before.next, before: end } },
      };
      const written =
        row === null
          ? await table.insert(partition(id), queue, after)
          : await table.replace(partition(id), queue, after, row.etag);
      if (written) return numbers(before.next, end);
    }
  };
  return {
    takeNext: async (id, asked) => {
      const { lane, take, count } = asked;
      if (take === 1) return lane <= count ? lane : null;
      return (await given(id, asked, false))[0] ?? null;
    },
    takeRest: (id, asked) => given(id, asked, true),
  };
}

function numbers(from: number, before: number): number[] {
  return Array.from({ length: before - from }, (_, n) => from + n);
}
