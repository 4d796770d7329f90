import { useEffect, useState } from 'preact/hooks';
import type { FleetRow, FleetTable } from '../api';
import { send, type Problem, type Sent } from '../send';

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
    let isOver = false;
    const read = async (page: number): Promise<void> => {
      const part = `after=${page * PAGE_SIZE}&limit=${PAGE_SIZE}`;
      const sent = await send<FleetTable>('GET', `/api/fleet?${question}&${part}`);
      if (!isOver)
        setState((before) => taken(before.question === question ? before : nothingOf(question), page, sent));
    };
    const readAll = (): void => {
      if (document.hidden) return;
      for (let page = first; page <= last; page += 1) void read(page);
    };
    readAll();
    const timer = window.setInterval(readAll, REFRESH_MS);
    return () => {
      isOver = true;
      window.clearInterval(timer);
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

function taken(before: Loaded, page: number, sent: Sent<FleetTable>): Loaded {
  if (sent.kind === 'refused') return { ...before, problem: sent.problem };
  const { total, value } = sent.value;
  return { ...before, total, pages: new Map(before.pages).set(page, value), problem: null };
}
