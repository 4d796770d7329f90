import type { JSX } from 'preact';
import type { RolloutSummary } from '../api';
import { many, month, phaseName, readable, stageName, time, words } from '../format';
import { Icon, type IconName } from '../parts/icon';
import { LongText } from '../parts/longText';
import { outcomeLook } from '../states';
import { Section } from './section';
import type { Explanation, HistoryRow, VmView } from './vmView';

interface MonthProps {
  readonly view: VmView;
  readonly explanation: Explanation | null;
  readonly rollout: RolloutSummary;
  readonly nowUtc: string | null;
}

interface Event {
  readonly atUtc: string;
  readonly icon: IconName;
  /** Of the outcome that it is; others have none. */
  readonly outcome?: string;
  readonly title: string;
  readonly detail: string;
}

/** What happened to it in this rollout and what is to come, in order of time, in UTC and in its own time; before it, earlier rollouts. */
export function MonthOfVm({ view, explanation, rollout, nowUtc }: MonthProps): JSX.Element {
  const events = eventsOf(view, explanation, rollout).sort((a, b) => (a.atUtc < b.atUtc ? -1 : 1));
  const past = nowUtc === null ? events : events.filter(({ atUtc }) => atUtc <= nowUtc);
  const ahead = nowUtc === null ? [] : events.filter(({ atUtc }) => atUtc > nowUtc);
  const earlier = view.history.filter(({ rolloutId }) => rolloutId !== rollout.id);
  const { zone } = view.timeZone;
  return (
    <>
      <Section id="month" title={`Its ${month(rollout.month)}`}>
        <ol class="history">
          {past.map((event) => (
            <Shown key={`${event.atUtc} ${event.title}`} event={event} zone={zone} />
          ))}
          {nowUtc !== null && (
            <li class="month-now">
              <span class="now-mark">now</span>
              <p>
                {time(nowUtc)} <span class="quiet">({time(nowUtc, zone)})</span>
              </p>
            </li>
          )}
          {ahead.map((event) => (
            <Shown key={`${event.atUtc} ${event.title}`} event={event} zone={zone} isAhead />
          ))}
        </ol>
      </Section>
      {earlier.length > 0 && (
        <Section id="earlier" title="In other rollouts">
          <ol class="history">
            {[...earlier].reverse().map((row) => (
              <Shown key={`${row.atUtc} ${row.rolloutId}`} event={outcomeEvent(row)} zone={zone} />
            ))}
          </ol>
        </Section>
      )}
    </>
  );
}

function Shown({
  event: { atUtc, icon, outcome, title, detail },
  zone,
  isAhead = false,
}: {
  readonly event: Event;
  readonly zone: string;
  readonly isAhead?: boolean;
}): JSX.Element {
  return (
    <li class={isAhead ? 'ahead' : undefined}>
      <span class={outcome === undefined ? 'swatch plain' : `swatch s-${outcome}`}>
        <Icon name={icon} />
      </span>
      <div>
        <p>
          <strong>{title}</strong>
        </p>
        {detail !== '' && (
          <p>
            <LongText text={readable(detail)} />
          </p>
        )}
        <p class="quiet">
          <time dateTime={atUtc}>{time(atUtc)}</time> ({time(atUtc, zone)})
        </p>
      </div>
    </li>
  );
}

function eventsOf(
  { state, history }: VmView,
  explanation: Explanation | null,
  { id, releasedUtc, endsUtc, endedUtc }: RolloutSummary,
): Event[] {
  const own = history.filter(({ rolloutId }) => rolloutId === id);
  const events = [
    event(releasedUtc, 'right', 'The month’s patches were released'),
    ...own.flatMap(attemptEvents),
  ];
  const { lastAssessment: assessed } = state;
  if (
    assessed !== null &&
    assessed.startTime >= releasedUtc &&
    (endedUtc === null || assessed.startTime <= endedUtc)
  )
    events.push(
      event(
        assessed.startTime,
        'right',
        'Last assessment',
        `${many(assessed.criticalAndSecurityPatchCount, 'Critical or Security patch', 'Critical or Security patches')} missing, ${many(assessed.otherPatchCount, 'other')}.`,
      ),
    );
  if (explanation !== null) {
    events.push(...plannedEvents(explanation, endedUtc !== null));
    if (endedUtc === null && explanation.state !== 'done')
      events.push(event(endsUtc, 'clock', 'The rollout ends, finished or not'));
  }
  return events;
}

function plannedEvents({ place, start, state }: Explanation, isOver: boolean): Event[] {
  const events: Event[] = [];
  if (place !== null)
    events.push(
      event(
        place.expectedStartUtc,
        'clock',
        'Its turn in the plan',
        `${phaseName(place.phase)}, ${place.region}, ${stageName(place.stage).toLowerCase()}, round ${place.round}; planned until ${time(place.expectedEndUtc)}.`,
      ),
    );
  if (isOver || state === 'done') return events;
  if (typeof start?.expectedUtc === 'string' && start.expectedUtc !== place?.expectedStartUtc)
    events.push(event(start.expectedUtc, 'clock', 'Expected to start'));
  return events;
}

/** An installation has a beginning and an outcome; without one there is only the outcome. */
function attemptEvents(row: HistoryRow): Event[] {
  const { installation } = row;
  if (installation === null) return [outcomeEvent(row)];
  return [event(installation.startTime, 'play', 'An installation began'), outcomeEvent(row)];
}

function outcomeEvent({ atUtc, kind, reason, detail, phase, rolloutId, installation }: HistoryRow): Event {
  const { label, icon } = outcomeLook(kind);
  const patches =
    installation === null ? '' : ` ${many(installation.installedPatchCount, 'patch', 'patches')} installed.`;
  const where = phase === 'none' ? rolloutId : `${rolloutId}, ${phaseName(phase)}`;
  return {
    atUtc,
    icon,
    outcome: kind,
    title: `${label}: ${words(reason)}`,
    detail:
      `${detail === '' ? '' : `${detail}${/[.!?]$/.test(detail) ? '' : '.'}`}${patches} ${where}`.trim(),
  };
}

const event = (atUtc: string, icon: IconName, title: string, detail = ''): Event => ({
  atUtc,
  icon,
  title,
  detail,
});
