import type { JSX } from 'preact';
import { phaseName, readable, stageName, time, words } from '../format';
import type { Live } from '../live';
import { LongText } from '../parts/longText';
import type { Explanation, VmView } from './vmView';
import { Section } from './section';

const UNBLOCKED_BY: Readonly<Record<string, string>> = {
  time: 'It passes with time',
  owner: 'Its owner can change that',
  operator: 'An operator can change that',
  none: 'Nothing unblocks it in this rollout',
};

interface ExplainedProps {
  readonly explained: Live<Explanation>;
  readonly eligibility: VmView['eligibility'];
}

/** Why it stands as it does, what would unblock it, and when it can start. */
export function Explained({ explained: { data, problem }, eligibility }: ExplainedProps): JSX.Element {
  return (
    <Section id="why" title="Why, and when">
      {data === null && (
        <p class="quiet value">
          {problem === null
            ? 'Asking …'
            : eligibility.kind === 'ineligible'
              ? eligibility.detail
              : problem.title}
        </p>
      )}
      {data !== null && (
        <>
          <p>
            <LongText text={readable(data.sentence)} />
          </p>
          {data.holds.length > 0 && (
            <ul class="holds">
              {data.holds.map(({ reason, detail, sinceUtc, unblocks }) => (
                <li key={reason}>
                  <strong>{words(reason)}</strong>
                  {sinceUtc !== null && <span class="quiet"> since {time(sinceUtc)}</span>}
                  {detail !== '' && (
                    <p>
                      <LongText text={readable(detail)} />
                    </p>
                  )}
                  <p class="quiet">
                    {UNBLOCKED_BY[unblocks.by] ?? unblocks.by}: <LongText text={unblocks.what} />
                  </p>
                </li>
              ))}
            </ul>
          )}
          <Dates explanation={data} />
        </>
      )}
    </Section>
  );
}

function Dates({
  explanation: { start, place, deadlineUtc, endsUtc },
}: {
  readonly explanation: Explanation;
}): JSX.Element {
  return (
    <dl class="vm-facts">
      {start !== null && <Fact name="Earliest start" value={time(start.earliestUtc)} />}
      {typeof start?.expectedUtc === 'string' && (
        <Fact name="Expected start" value={time(start.expectedUtc)} />
      )}
      {start !== null && <Fact name="Latest start" value={time(start.latestUtc)} />}
      {deadlineUtc !== null && <Fact name="Its 30 days end" value={time(deadlineUtc)} />}
      {endsUtc !== null && endsUtc !== deadlineUtc && <Fact name="The rollout ends" value={time(endsUtc)} />}
      {place !== null && (
        <Fact
          name="Place in the plan"
          value={`${phaseName(place.phase)}, ${place.region}, ${stageName(place.stage).toLowerCase()}, round ${place.round}`}
        />
      )}
    </dl>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd class="value">{value}</dd>
    </div>
  );
}
