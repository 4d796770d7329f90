import type { JSX } from 'preact';
import { count, many, month as monthName, vms } from '../format';
import { LongText } from '../parts/longText';
import { MovedList, type Turns } from './planDiff';
import { yamlOf } from './policyText';

export interface PolicyDiff {
  readonly changes: readonly {
    readonly member: string;
    readonly before: unknown;
    readonly after: unknown;
    readonly touches: 'running' | 'next';
  }[];
  readonly touchesRunning: boolean;
  readonly effect: Turns & { readonly month: string };
}

/** What a policy would change, and what that moves in the month to come. */
export function PolicyEffect({
  diff: { changes, touchesRunning, effect },
}: {
  readonly diff: PolicyDiff;
}): JSX.Element {
  return (
    <div class="policy-effect" role="status">
      <h3>It would change {many(changes.length, 'member')}</h3>
      <ul class="plain">
        {changes.map(({ member, before, after, touches }) => (
          <li key={member}>
            <strong>{member}</strong>: <LongText text={yamlOf(before)} /> → <LongText text={yamlOf(after)} />{' '}
            <span class="quiet">{touches === 'running' ? 'at once' : 'from the next rollout'}</span>
          </li>
        ))}
      </ul>
      {touchesRunning && <p class="note">A rollout runs now, and is touched.</p>}
      <p>
        In {monthName(effect.month)}: {vms(effect.movedCount)} at another time, {count(effect.addedCount)}{' '}
        new, {count(effect.removedCount)} gone.
      </p>
      <MovedList turns={effect} />
    </div>
  );
}
