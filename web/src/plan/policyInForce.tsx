import type { JSX } from 'preact';
import { count } from '../format';
import { LongText } from '../parts/longText';
import { yamlOf } from './policyText';

interface PolicyInForceProps {
  readonly inForce: Readonly<Record<string, unknown>>;
  /** By the file that was applied. */
  readonly sets: Readonly<Record<string, unknown>>;
}

/** Every member of the policy as it holds now, and which of them the file sets. */
export function PolicyInForce({ inForce, sets }: PolicyInForceProps): JSX.Element {
  const members = Object.entries(inForce).sort(([a], [b]) => (a < b ? -1 : 1));
  return (
    <details>
      <summary>The {count(members.length)} members in force</summary>
      <dl class="in-force">
        {members.map(([name, value]) => (
          <div key={name}>
            <dt>
              {name}
              {name in sets && <span class="quiet"> by the file</span>}
            </dt>
            <dd class="code">
              <LongText text={yamlOf(value)} />
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
