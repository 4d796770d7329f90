import type { JSX } from 'preact';
import type { Interval, TimelineSpan } from '../api';
import { time } from '../format';
import type { Scale } from './timelineScale';

export type BarSpan = Pick<TimelineSpan, 'expectedStartUtc' | 'expectedEndUtc' | 'worked' | 'forecast'>;

interface BarProps {
  readonly scale: Scale;
  readonly span: BarSpan;
  /** Off-peak windows of the place. */
  readonly bands?: readonly Interval[];
  /** Of the bands, which say their hours in it. */
  readonly zone?: string;
  /** What it shows, in words. */
  readonly name: string;
  readonly gateUtc?: string | null;
}

/** So narrow a piece of work can still be seen. In percent of the whole width. */
const WIDTH_MIN = 0.4;

export function Bar({ scale, span, bands = [], zone = 'UTC', name, gateUtc = null }: BarProps): JSX.Element {
  const { x, nowX } = scale;
  const planned = x(span.expectedStartUtc);
  const isInPicture = ([startUtc, endUtc]: Interval): boolean => x(endUtc) > x(startUtc);
  return (
    <div class="row-bar">
      <svg class="bar-svg" width="100%" height="24" role="img" aria-label={name}>
        <title>{name}</title>
        {bands.filter(isInPicture).map(([startUtc, endUtc]) => (
          <rect
            key={startUtc}
            class="band"
            x={pct(x(startUtc))}
            width={pct(x(endUtc) - x(startUtc))}
            y="0"
            height="24"
          >
            <title>{`Off-peak ${time(startUtc, zone)} to ${time(endUtc, zone)}`}</title>
          </rect>
        ))}
        {span.forecast !== null && (
          <rect
            class="forecast"
            x={pct(x(span.forecast[0]))}
            width={pct(Math.max(WIDTH_MIN, x(span.forecast[1]) - x(span.forecast[0])))}
            y="9"
            height="6"
            rx="2"
          >
            <title>{`Expected from ${time(span.forecast[0])} to ${time(span.forecast[1])}`}</title>
          </rect>
        )}
        <rect
          class="planned"
          x={pct(planned)}
          width={pct(Math.max(WIDTH_MIN, x(span.expectedEndUtc) - planned))}
          y="5"
          height="14"
          rx="3"
        />
        {span.worked.map(([startUtc, endUtc]) => (
          <rect
            key={`${startUtc} ${endUtc}`}
            class="worked"
            x={pct(x(startUtc))}
            width={pct(Math.max(WIDTH_MIN, x(endUtc) - x(startUtc)))}
            y="8"
            height="8"
            rx="2"
          >
            <title>{`Work from ${time(startUtc)} to ${time(endUtc)}`}</title>
          </rect>
        ))}
        {gateUtc !== null && (
          <line class="gate-line" x1={pct(x(gateUtc))} x2={pct(x(gateUtc))} y1="2" y2="22" />
        )}
        {nowX !== null && <line class="now-line" x1={pct(nowX)} x2={pct(nowX)} y1="0" y2="24" />}
      </svg>
    </div>
  );
}

const pct = (value: number): string => `${Math.max(0, value).toFixed(3)}%`;
