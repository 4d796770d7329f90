import { secondsBetween } from '../domain/instants';
import type { Services } from './services';

/** So many requests to the platform or to tables at once, by one call of an activity. */
const SIDE_BY_SIDE_MAX = 8;

/**
 * The answers for all items, in their order. A pool: when one has its answer, the next is asked for. After the first failure nothing more is begun,
 * and it fails with that one once everything begun is over: a repeat of the call must not meet what the call before it left under way.
 */
export async function sideBySide<T, R>(
  items: readonly T[],
  ask: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const answers = new Array<R>(items.length);
  const failures: unknown[] = [];
  let begun = 0;
  const worker = async (): Promise<void> => {
    while (begun < items.length && failures.length === 0) {
      const n = begun;
      begun += 1;
      try {
        answers[n] = await ask(items[n] as T);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(SIDE_BY_SIDE_MAX, items.length) }, worker));
  if (failures.length > 0) throw failures[0];
  return answers;
}

/** A call that does many things begins none after this: it ends within two minutes also on a slow platform. */
const CALL_SECONDS_MAX = 45;

export const isTimeUp = ({ nowUtc }: Pick<Services, 'nowUtc'>, startedUtc: string): boolean =>
  secondsBetween(startedUtc, nowUtc()) >= CALL_SECONDS_MAX;
