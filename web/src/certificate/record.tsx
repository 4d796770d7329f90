import type { JSX } from 'preact';
import type { AuditReport } from '../../../audit/auditReport';
import { count, nameOf, readable, time, words } from '../format';
import { LongText } from '../parts/longText';
import type { Chain, TrailRow } from './evidence';

const SHOWN_MAX = 100;

/** What was broken or in doubt, where anything was. */
export function Found({
  report: { violations, doubts },
}: {
  readonly report: AuditReport;
}): JSX.Element | null {
  if (violations.length + doubts.length === 0) return null;
  const found = [
    ...violations.map((one) => ({ ...one, kind: one.invariant })),
    ...doubts.map((one) => ({ ...one, kind: 'in doubt' })),
  ];
  return (
    <section aria-labelledby="found">
      <h2 id="found">What was found</h2>
      <ol class="certificate-list">
        {found.slice(0, SHOWN_MAX).map(({ kind, at, vm, detail }, n) => (
          <li key={n}>
            <strong>{kind}</strong> {time(at)}
            {vm === null ? '' : `, ${nameOf(vm).slice(0, 100)}`}: <LongText text={readable(detail)} />
          </li>
        ))}
      </ol>
      {found.length > SHOWN_MAX && <p>and {count(found.length - SHOWN_MAX)} more.</p>}
    </section>
  );
}

/** What people decided, in the order in which they did. */
export function Decisions({ rows }: { readonly rows: readonly TrailRow[] }): JSX.Element {
  return (
    <section aria-labelledby="decisions">
      <h2 id="decisions">What people decided</h2>
      {rows.length === 0 && <p>Nothing: no person had to.</p>}
      {rows.length > 0 && (
        <table class="certificate-table">
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">What</th>
              <th scope="col">By</th>
              <th scope="col">Why</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ atUtc, what, who, why, subject, seq }) => (
              <tr key={`${atUtc} ${what} ${seq}`}>
                <td>{time(atUtc)}</td>
                <td>
                  {words(what)} <LongText text={nameOf(subject)} />
                </td>
                <td>
                  <LongText text={who} />
                </td>
                <td>
                  <LongText text={readable(why)} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

/** The heads of the chains: with these a later copy of the audit is held against this one. */
export function Chains({ chains }: { readonly chains: readonly Chain[] }): JSX.Element {
  return (
    <section aria-labelledby="chains">
      <h2 id="chains">The audit it rests on</h2>
      <table class="certificate-table">
        <thead>
          <tr>
            <th scope="col">Chain</th>
            <th scope="col" class="figure">
              Rows
            </th>
            <th scope="col">Verified</th>
            <th scope="col">Hash of its last row</th>
          </tr>
        </thead>
        <tbody>
          {chains.map(({ chain, rowCount, head, faults }) => (
            <tr key={chain}>
              <th scope="row">{chain}</th>
              <td class="figure" data-label="Rows">
                {count(rowCount)}
              </td>
              <td class={faults.length > 0 ? 'bad' : ''} data-label="Verified">
                {faults.length === 0 ? 'whole' : `${count(faults.length)} faults`}
              </td>
              <td>
                <code class="value">{head}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
