import type { JSX } from 'preact';
import type { AuditReport, BlastScope, Peak } from '../../../audit/auditReport';
import { count, percent, time } from '../format';
import { LongText } from '../parts/longText';

type Policy = Readonly<Record<string, unknown>>;

/** The largest share of everything that was ever down at once, beside what limits it. */
export function BlastRadius({
  report: { blastRadius },
  policy,
}: {
  readonly report: AuditReport;
  readonly policy: Policy;
}): JSX.Element {
  const { peaks, secondsOutOfWindow, pairOverlaps } = blastRadius;
  return (
    <section aria-labelledby="blast">
      <h2 id="blast">The largest share that was ever down at once</h2>
      {peaks.length === 0 ? (
        <p>Nothing was ever down.</p>
      ) : (
        <table class="certificate-table">
          <thead>
            <tr>
              <th scope="col">Of</th>
              <th scope="col">Where it was largest</th>
              <th scope="col" class="figure">
                Down
              </th>
              <th scope="col">Share</th>
              <th scope="col">Its limit</th>
              <th scope="col">When</th>
            </tr>
          </thead>
          <tbody>
            {peaks.map((peak) => (
              <Row key={peak.scope} peak={peak} policy={policy} />
            ))}
          </tbody>
        </table>
      )}
      <ul class="certificate-notes">
        <li>
          Disruption by rollouts outside of off-peak hours ({String(policy['offPeakOpens'])} to{' '}
          {String(policy['offPeakCloses'])} in the time of each VM):{' '}
          <strong>{count(Math.round(secondsOutOfWindow))} s</strong>
        </li>
        <li>
          Installs while the paired region was down: <strong>{count(pairOverlaps)}</strong>
        </li>
      </ul>
    </section>
  );
}

const SCOPES: Readonly<Record<BlastScope, string>> = {
  fleet: 'The fleet',
  region: 'A region',
  zone: 'A zone',
  availabilitySet: 'An availability set',
  updateDomain: 'An update domain',
  subscription: 'A subscription',
};

function Row({ peak, policy }: { readonly peak: Peak; readonly policy: Policy }): JSX.Element {
  const { scope, name, count: down, size, at } = peak;
  return (
    <tr>
      <th scope="row">{SCOPES[scope]}</th>
      <td data-label="Where it was largest">{scope === 'fleet' ? 'all VMs' : <LongText text={name} />}</td>
      <td class="figure" data-label="Down">
        {count(down)} of {count(size)}
      </td>
      <td class="unbroken" data-label="Share">
        <span class="share-bar" aria-hidden="true">
          <span style={{ width: `${(down / size) * 100}%` }} />
        </span>
        {percent(down, size)}
      </td>
      <td data-label="Its limit">{limitOf(peak, policy)}</td>
      <td class="unbroken" data-label="When">
        {time(at)}
      </td>
    </tr>
  );
}

/** What the policy allows there, or which rule bounds it. */
function limitOf({ scope, limit }: Peak, policy: Policy): string {
  if (limit !== null) return `${count(limit)} at once`;
  const share = `${String(policy['standaloneSharePercent'])} %`;
  const rules: Readonly<Record<BlastScope, string>> = {
    fleet: 'no limit of its own; see the rows below',
    region: 'never with its geo pair (INV-2), one zone at a time (INV-3)',
    zone: `never with another zone of its region (INV-3); ${share} of the standalone VMs that a subscription has in the region (INV-15)`,
    availabilitySet: `${String(policy['setSharePercent'])} % of the set (INV-1)`,
    updateDomain: 'one of its set at a time (INV-1)',
    subscription: `${share} of its standalone VMs in a region (INV-15)`,
  };
  return rules[scope];
}
