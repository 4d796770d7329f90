import type { JSX } from 'preact';
import { addressOf, Link } from '../router';
import { order, STATES, useRehearsals } from './rehearsal';

/** Above every page of a host that is a rehearsal: that it is one, and its pause. Nothing elsewhere. */
export function RehearsalBar(): JSX.Element | null {
  const { data } = useRehearsals();
  if (data === null || !data.isItself || data.running === null) return null;
  const { state, fleet, scenario, seed } = data.running;
  const isPaused = state === 'paused';
  return (
    <div class="connection-bar rehearsal-bar">
      <p>
        <strong>Rehearsal</strong> on {fleet}
        {scenario === null ? '' : `, ${scenario.replaceAll('-', ' ')}`}, seed {seed}: {STATES[state]}.
      </p>
      {state !== 'ended' && (
        <button
          type="button"
          onClick={() => {
            void order(isPaused ? '/resume' : '/pause', {});
          }}
        >
          {isPaused ? 'Let time go on' : 'Pause'}
        </button>
      )}
      <Link to={addressOf('/rehearsal')}>Speed</Link>
    </div>
  );
}
