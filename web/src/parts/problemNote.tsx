import type { JSX } from 'preact';
import type { Problem } from '../send';
import { Icon } from './icon';

/** What went wrong, beside what was tried. Read aloud when it comes. */
export function ProblemNote({ problem }: { readonly problem: Problem | null }): JSX.Element {
  return (
    <div role="alert">
      {problem !== null && (
        <p class="problem">
          <Icon name="warning" />
          <span>
            <strong>{problem.title}</strong> {problem.detail}
          </span>
        </p>
      )}
    </div>
  );
}
