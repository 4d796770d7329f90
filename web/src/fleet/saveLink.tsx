import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { count } from '../format';
import { Icon } from '../parts/icon';
import { ProblemNote } from '../parts/problemNote';
import { thrownProblem, tokenHeader, type Problem } from '../send';

const PAGE = 1_000;
const READ_MS = 60_000;

/** Saves all rows that fit as one file, page after page: a fleet of 100,000 is 100 of them. */
export function SaveLink({
  question,
  total,
}: {
  readonly question: string;
  readonly total: number | null;
}): JSX.Element {
  const [state, setState] = useState<string | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const save = async (): Promise<void> => {
    setProblem(null);
    const parts: string[] = [];
    let rowCount = 0;
    let path: string | null = `/api/fleet?${question}&format=csv&limit=${PAGE}`;
    while (path !== null) {
      setState(`Reading ${count(rowCount)} of ${count(total ?? 0)} …`);
      const answer: Response = await fetch(path, { headers: tokenHeader() });
      if (!answer.ok) throw new Error(`The host answered ${answer.status}.`);
      const text = await answer.text();
      // The line of names stands on every page, and is wanted once.
      parts.push(parts.length === 0 ? text : text.slice(text.indexOf('\n') + 1));
      rowCount = Math.min(rowCount + PAGE, total ?? Infinity);
      path = /<([^>]+)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1] ?? null;
    }
    offer(new Blob(parts, { type: 'text/csv' }));
    setState(null);
  };
  return (
    <>
      <button
        type="button"
        class="save"
        disabled={state !== null}
        onClick={() => {
          save().catch((error: unknown) => {
            setState(null);
            setProblem(thrownProblem('The table was not saved.', error));
          });
        }}
      >
        <Icon name="save" /> {state ?? 'Save as CSV'}
      </button>
      <ProblemNote problem={problem} />
    </>
  );
}

function offer(blob: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = 'lowtide-fleet.csv';
  link.click();
  // The browser may begin to read it only after this.
  window.setTimeout(() => {
    URL.revokeObjectURL(link.href);
  }, READ_MS);
}
