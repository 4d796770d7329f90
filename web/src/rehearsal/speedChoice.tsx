import type { JSX } from 'preact';
import { SelectField } from '../parts/selectField';
import { SPEEDS } from './rehearsal';

interface SpeedChoiceProps {
  readonly speed: number;
  readonly set: (speed: number) => void;
}

export function SpeedChoice({ speed, set }: SpeedChoiceProps): JSX.Element {
  const known = SPEEDS.map(([times, label]) => [String(times), label] as const);
  const isKnown = SPEEDS.some(([times]) => times === speed);
  return (
    <SelectField
      label="Speed"
      options={isKnown ? known : [[String(speed), `${speed} times real time`], ...known]}
      value={String(speed)}
      set={(times) => {
        set(Number(times));
      }}
    />
  );
}
