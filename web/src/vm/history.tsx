import type { JSX } from 'preact';
import { many, phaseName, readable, time, words } from '../format';
import { Icon } from '../parts/icon';
import { LongText } from '../parts/longText';
import { outcomeLook } from '../states';
import type { HistoryRow } from './vmView';

/** How it ended in every turn, the latest first, in UTC and in its own time. */
export function History({
  rows,
  zone,
}: {
  readonly rows: readonly HistoryRow[];
  readonly zone: string;
}): JSX.Element {
  if (rows.length === 0) return <p class="quiet">Nothing yet: its first turn has not ended.</p>;
  return (
    <ol class="history">
      {[...rows].reverse().map((row) => {
        const { label, icon } = outcomeLook(row.kind);
        return (
          <li key={`${row.atUtc} ${row.phase}`}>
            <span class={`swatch s-${row.kind}`}>
              <Icon name={icon} />
            </span>
            <div>
              <p>
                <strong>{label}</strong> {words(row.reason)}
                <span class="quiet">
                  {' '}
                  · {row.rolloutId}
                  {row.phase === 'none' ? '' : `, ${phaseName(row.phase)}`}
                </span>
              </p>
              {row.detail !== '' && (
                <p>
                  <LongText text={readable(row.detail)} />
                </p>
              )}
              {row.installation !== null && (
                <p>
                  {many(row.installation.installedPatchCount, 'patch', 'patches')} installed from{' '}
                  {time(row.installation.startTime)}
                </p>
              )}
              <p class="quiet">
                <time dateTime={row.atUtc}>{time(row.atUtc)}</time> ({time(row.atUtc, zone)})
              </p>
            </div>
          </li>
        );
      })}
    </ol>
  );
}
