import type { JSX } from 'preact';
import type { AuditReport } from '../../../audit/auditReport';
import { count, many, span, time, vms } from '../format';
import { Icon } from '../parts/icon';
import type { Evidence } from './evidence';
import { Fact } from '../parts/fact';

interface StatementProps {
  readonly evidence: Evidence;
  readonly report: AuditReport;
}

/** What is certified, of what, over which time, and the verdict. */
export function Statement({ evidence, report }: StatementProps): JSX.Element {
  const { fromUtc, untilUtc, vmCount, eventCount, installs } = report;
  const { isGood, words } = verdictOf(evidence, report);
  return (
    <header class="certificate-head">
      <p class="certificate-kind">Lowtide · Certificate</p>
      <h1 id="certificate">Blast radius of patching</h1>
      <p class={isGood ? 'verdict good' : 'verdict bad'}>
        <Icon name={isGood ? 'check' : 'warning'} />
        {words}
      </p>
      <dl class="certificate-facts">
        <Fact name="Period">
          {fromUtc === null
            ? 'an empty log'
            : `${time(fromUtc)} to ${time(untilUtc)} (${span(fromUtc, untilUtc)})`}
        </Fact>
        <Fact name="Fleet">
          {vms(vmCount)} in {many(evidence.regionCount, 'region')} and{' '}
          {many(evidence.subscriptionCount, 'subscription')}
        </Fact>
        <Fact name="Rollouts">
          {evidence.rolloutIds.length === 0 ? 'none' : evidence.rolloutIds.join(', ')}
        </Fact>
        <Fact name="Installs">
          {count(installs.rollout)} by rollouts, {count(installs.onDemand)} that people asked for
        </Fact>
        <Fact name="Judged from">
          {many(eventCount, 'event')} of the driver’s own log, by an auditor that shares no rule with the app
        </Fact>
        <Fact name="Audit">
          {many(rowsOf(evidence), 'row')} in {many(evidence.chains.length, 'chain')},{' '}
          {isWhole(evidence) ? 'verified: none was changed, removed or added' : 'not whole: see below'}
        </Fact>
      </dl>
    </header>
  );
}

const rowsOf = ({ chains }: Evidence): number => chains.reduce((sum, { rowCount }) => sum + rowCount, 0);

const isWhole = ({ chains }: Evidence): boolean => chains.every(({ faults }) => faults.length === 0);

function verdictOf(
  evidence: Evidence,
  { violations, doubts, installs }: AuditReport,
): {
  readonly isGood: boolean;
  readonly words: string;
} {
  const bad = (words: string): { isGood: false; words: string } => ({ isGood: false, words });
  if (violations.length > 0) return bad(`${many(violations.length, 'violation')}: limits were not kept.`);
  if (!isWhole(evidence)) return bad('No verdict: the audit is not whole.');
  if (doubts.length > 0) return bad(`No verdict: ${many(doubts.length, 'doubt')} about the log itself.`);
  if (installs.rollout + installs.onDemand === 0) return bad('No verdict: nothing was installed.');
  return { isGood: true, words: 'Every limit was kept, every time it could be checked.' };
}
