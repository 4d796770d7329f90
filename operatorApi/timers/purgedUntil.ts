import type { Services } from '../../activities/services';
import { secondsBetween } from '../../domain/instants';
import type { AgendaItem, AgendaStore, SeenDue } from '../../store/agenda';

/** How far finished instances were purged, as the last tick of this process read it. */
const PURGED = new WeakMap<AgendaStore, { readonly seen: SeenDue; readonly readUtc: string }>();
const PURGED_FOR_SECONDS = 3600;

/** At each tick, which reads the whole agenda. */
export function rememberPurge(agenda: AgendaStore, items: readonly AgendaItem[], readUtc: string): void {
  PURGED.set(agenda, { seen: items.find(({ name }) => name === 'purge') ?? null, readUtc });
}

/** Only the purge itself writes it: what was read within the hour is as it stands. */
export async function readPurge({ agenda, nowUtc }: Pick<Services, 'agenda' | 'nowUtc'>): Promise<SeenDue> {
  const known = PURGED.get(agenda);
  PURGED.delete(agenda);
  return known !== undefined && secondsBetween(known.readUtc, nowUtc()) < PURGED_FOR_SECONDS
    ? known.seen
    : agenda.read('purge');
}
