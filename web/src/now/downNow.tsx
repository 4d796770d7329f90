import type { JSX } from 'preact';
import type { Disruptions, DownNow as Claim } from '../api';
import { count, nameOf, time, vms } from '../format';
import { Name } from '../parts/name';
import { stepInWords } from '../states';

interface DownNowProps {
  readonly disruptions: Disruptions | null;
  readonly state: string;
}

/** What may be down at this moment, against its limit; by claim, the largest first. */
export function DownNow({ disruptions, state }: DownNowProps): JSX.Element {
  const claims = [...(disruptions?.value ?? [])].sort((a, b) => b.count - a.count);
  const total = claims.reduce((sum, claim) => sum + claim.count, 0);
  return (
    <section class="card" aria-labelledby="down">
      <h2 id="down">
        {disruptions === null
          ? 'Down now'
          : total === 0
            ? 'Nothing may be down now'
            : `${vms(total)} may be down now`}
      </h2>
      {claims.length === 0 && <p class="quiet">{whyNone(disruptions, state)}</p>}
      <ul class="claims">
        {claims.map((claim) => (
          <li key={claim.claimId}>
            <div class="claim-where">
              <strong>{claim.region}</strong> <Place claim={claim} />
            </div>
            <div class="claim-count">
              {vms(claim.count)}
              <span class="quiet">{limitOf(claim)}</span>
            </div>
            <div class="claim-steps quiet">{stepsOf(claim)}</div>
            <div class="quiet">until {time(claim.expiresUtc)} at the latest</div>
          </li>
        ))}
      </ul>
      {disruptions !== null && disruptions.heldSets.length > 0 && (
        <>
          <h3>Sets held by an unhealthy VM</h3>
          <ul class="claims">
            {disruptions.heldSets.map(({ vmId, availabilitySetId, sinceUtc }) => (
              <li key={vmId}>
                <strong>
                  <Name text={nameOf(availabilitySetId)} />
                </strong>{' '}
                waits for <Name text={nameOf(vmId)} /> <span class="quiet">since {time(sinceUtc)}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function whyNone(disruptions: Disruptions | null, state: string): string {
  if (disruptions === null) return 'Reading the ledgers …';
  if (state === 'running') return 'Every waiting VM is outside its off-peak hours or waits for another one.';
  return 'Nothing is being installed, and nothing is watched after its update.';
}

function Place({ claim: { zone, availabilitySetId, updateDomain } }: { readonly claim: Claim }): JSX.Element {
  if (availabilitySetId === null) return <>{zone === null ? 'without a zone' : `zone ${zone}`}</>;
  return (
    <>
      <Name text={nameOf(availabilitySetId)} />,{' '}
      <span class="together">update domain {updateDomain ?? 'unknown'}</span>
    </>
  );
}

/** The limit that is nearest to being used up. */
function limitOf({ limit, subscriptions }: Claim): string {
  if (limit !== null) return `, at most ${count(limit)} of its set`;
  const [nearest] = [...subscriptions].sort((a, b) => b.count / b.max - a.count / a.max);
  return nearest === undefined ? '' : `, at most ${count(nearest.max)} of its subscription there`;
}

/** `2 installing, 1 watched after its update`. */
function stepsOf({ vms: all, kind }: Claim): string {
  const counts = new Map<string, number>();
  for (const { step } of all) counts.set(step, (counts.get(step) ?? 0) + 1);
  const steps = [...counts].map(([step, number]) => `${count(number)} ${stepInWords(step)}`).join(', ');
  if (steps !== '') return steps;
  return kind === 'onDemand' ? 'an installation that a person asked for' : 'about to begin';
}
