import { useEffect, useState } from 'preact/hooks';
import type { FleetRow, FleetTable } from '../api';
import { watchLive, type Live } from '../live';
import type { Problem } from '../send';

export const PAGE_SIZE = 100;
const REFRESH_MS = 5_000;

interface Loaded {
  /** Of which question. */
  readonly question: string;
  /** Of all that fit; null until it is known. */
  readonly total: number | null;
  /** By number of the page. */
  readonly pages: ReadonlyMap<number, readonly FleetRow[]>;
  readonly problem: Problem | null;
}

export interface FleetPages extends Loaded {
  readonly rowAt: (index: number) => FleetRow | null;
}

/** The pages of the table that are in sight, of one question, kept fresh. */
export function useFleetPages(question: string, first: number, last: number): FleetPages {
  const [state, setState] = useState<Loaded>(nothingOf(question));
  useEffect(() => {
    const watch = (page: number): (() => void) =>
      watchLive<FleetTable>(
        `/api/fleet?${question}&after=${page * PAGE_SIZE}&limit=${PAGE_SIZE}`,
        REFRESH_MS,
        (live) => {
          setState((before) =>
            taken(before.question === question ? before : nothingOf(question), page, live),
          );
        },
      );
    const ends = Array.from({ length: last - first + 1 }, (_, n) => watch(first + n));
    return () => {
      for (const end of ends) end();
    };
  }, [question, first, last]);
  const loaded = state.question === question ? state : nothingOf(question);
  return {
    ...loaded,
    rowAt: (index) => loaded.pages.get(Math.floor(index / PAGE_SIZE))?.[index % PAGE_SIZE] ?? null,
  };
}

function nothingOf(question: string): Loaded {
  return { question, total: null, pages: new Map(), problem: null };
}

function taken(before: Loaded, page: number, { data, problem }: Live<FleetTable>): Loaded {
  if (data === null) return { ...before, problem: problem ?? before.problem };
  const { total, value } = data;
  return { ...before, total, pages: new Map(before.pages).set(page, value), problem };
}
