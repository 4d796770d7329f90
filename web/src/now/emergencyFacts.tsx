import type { JSX } from 'preact';
import type { Emergency } from '../api';
import { selectorInWords } from '../format';
import { LongText } from '../parts/longText';

/** Why an emergency was asked for, which patches it installs on which VMs, and when. */
export function EmergencyFacts({
  emergency: { reason, selector, patches, hours },
}: {
  readonly emergency: Emergency;
}): JSX.Element {
  const names = [...patches.kbs.map((kb) => `KB${kb}`), ...patches.packages];
  return (
    <div class="emergency">
      <p>
        <strong>Emergency:</strong> <LongText text={reason} />
      </p>
      <p class="quiet">
        It installs <LongText text={names.join(', ')} /> on <LongText text={selectorInWords(selector)} />,{' '}
        {hoursInWords(hours)}.
      </p>
    </div>
  );
}

/** When its VMs may start. */
export function hoursInWords(hours: Emergency['hours']): string {
  if (hours === null) return 'each in its off-peak hours';
  if (hours.opens === hours.closes) return 'at any hour';
  return `from ${hours.opens} to ${hours.closes} in the time of each VM`;
}
