import type { JSX } from 'preact';
import type { PageProps } from '../page';
import { Forecast } from './forecast';
import { Freezes } from './freezes';
import { PolicyEditor } from './policyEditor';
import { Preview } from './preview';
import '../styles/plan.css';

/** What will be: the month to come with its dates, the VMs that miss the 30 days, and when nothing may start. */
export function PlanPage({ rollout }: PageProps): JSX.Element {
  return (
    <>
      <div class="heading">
        <h1>Plan</h1>
        <p class="quiet">
          Looking changes nothing. A freeze, an exclusion or a policy is heeded from the moment it is set.
        </p>
      </div>
      <Preview thisMonth={rollout.month} />
      <PolicyEditor />
      <div class="two">
        <Forecast />
        <Freezes month={rollout.month} />
      </div>
    </>
  );
}
