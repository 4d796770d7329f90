import type { JSX } from 'preact';
import { INVARIANTS, type AuditReport, type Invariant } from '../../../audit/auditReport';
import { count } from '../format';
import { Icon } from '../parts/icon';

const NAMES = Object.keys(INVARIANTS) as readonly Invariant[];

/** Every rule that must always hold, how often it was put to the test, and how often it did not hold. */
export function Invariants({ report }: { readonly report: AuditReport }): JSX.Element {
  return (
    <section aria-labelledby="invariants">
      <h2 id="invariants">What must always hold</h2>
      <table class="certificate-table">
        <thead>
          <tr>
            <th scope="col">Rule</th>
            <th scope="col">In words</th>
            <th scope="col" class="figure">
              Checks
            </th>
            <th scope="col">Verdict</th>
          </tr>
        </thead>
        <tbody>
          {NAMES.map((name) => (
            <Row key={name} name={name} report={report} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Row({
  name,
  report: { evaluations, violations },
}: {
  readonly name: Invariant;
  readonly report: AuditReport;
}): JSX.Element {
  const checks = evaluations[name];
  const broken = violations.filter(({ invariant }) => invariant === name).length;
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{INVARIANTS[name]}</td>
      <td class="figure" data-label="Checks">
        {count(checks)}
      </td>
      <td class={broken > 0 ? 'bad' : ''} data-label="Verdict">
        {broken > 0 ? (
          <>
            <Icon name="warning" /> broken {count(broken)} times
          </>
        ) : checks > 0 ? (
          <>
            <Icon name="check" /> kept
          </>
        ) : (
          <span class="quiet">nothing to check</span>
        )}
      </td>
    </tr>
  );
}
