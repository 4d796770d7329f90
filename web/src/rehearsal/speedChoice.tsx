import type { JSX } from 'preact';
import { SPEEDS } from './rehearsal';

interface SpeedChoiceProps {
  readonly speed: number;
  readonly set: (speed: number) => void;
}

export function SpeedChoice({ speed, set }: SpeedChoiceProps): JSX.Element {
  const known = SPEEDS.some(([times]) => times === speed);
  return (
    <label>
      Speed
      <select
        value={speed}
        onChange={(event) => {
          set(Number(event.currentTarget.value));
        }}
      >
        {!known && <option value={speed}>{speed} times real time</option>}
        {SPEEDS.map(([times, label]) => (
          <option key={times} value={times}>
            {label}
          </option>
        ))}
      </select>
    </label>
  );
}
