import type { JSX } from 'preact';
import { count, nameOf, phaseName } from '../format';
import { Name } from '../parts/name';
import { addressOf, Link } from '../router';

interface Turn {
  readonly phase: string;
  readonly day: number;
}

/** What is at another time in one plan than in another. */
export interface Turns {
  readonly addedCount: number;
  readonly removedCount: number;
  readonly movedCount: number;
  readonly moved: readonly { readonly vmId: string; readonly before: Turn; readonly after: Turn }[];
  /** At most 100 each. */
  readonly added?: readonly string[];
  readonly removed?: readonly string[];
}

const SHOWN_MAX = 50;

/** The VMs that move, each with its turn before and after. */
export function MovedList({
  turns: { moved, movedCount, added = [], removed = [] },
}: {
  readonly turns: Turns;
}): JSX.Element | null {
  if (moved.length + added.length + removed.length === 0) return null;
  return (
    <details>
      <summary>Which VMs</summary>
      <ul class="plain">
        {moved.slice(0, SHOWN_MAX).map(({ vmId, before, after }) => (
          <li key={vmId}>
            <VmLink vmId={vmId} />: {turn(before)}, then {turn(after)}
          </li>
        ))}
        {added.slice(0, SHOWN_MAX).map((vmId) => (
          <li key={vmId}>
            <VmLink vmId={vmId} />: new
          </li>
        ))}
        {removed.slice(0, SHOWN_MAX).map((vmId) => (
          <li key={vmId}>
            <VmLink vmId={vmId} />: gone
          </li>
        ))}
      </ul>
      {movedCount > SHOWN_MAX && <p class="quiet">and {count(movedCount - SHOWN_MAX)} more.</p>}
    </details>
  );
}

function VmLink({ vmId }: { readonly vmId: string }): JSX.Element {
  return (
    <Link to={addressOf('/vm', { id: vmId })}>
      <Name text={nameOf(vmId)} />
    </Link>
  );
}

const turn = ({ phase, day }: Turn): string => `${phaseName(phase)} on day ${Math.round(day * 10) / 10}`;
