import type { OrchestrationContext } from 'durable-functions';
import type { z } from 'zod';
import { listDueLedgers, probeHealth, settleClaim, recordLedgersDue } from '../activities/contracts';
import { disruptionLedger } from '../entities/contracts';
import { dueAtSweepUtc } from '../domain/hourlySweep';
import type { VmId } from '../domain/ids';
import type { Claim, Impairment } from '../domain/ledger';
import { messageOf } from '../domain/messageOf';
import * as children from './contracts';
import { addSeconds, call, callEntities, callEntity, type Step } from './durable';
import { releaseLedger } from './releaseClaim';
import { DAY_MS, HOUR_SECONDS } from '../domain/timeUnits';

const { inspect, heal, follow } = disruptionLedger.operations;

/** An impairment is some 400 bytes, and a message stays under 16 KB. */
const IMPAIRED_TOGETHER_MAX = 30;

type Ledger = z.output<typeof listDueLedgers.output>['ledgers'][number];
type Inspected = z.output<typeof inspect.output>;

/** Frees what hangs and heals what recovered, in every ledger that may hold such a thing. */
export function* ledgerSweep(context: OrchestrationContext): Step<{ ledgers: number }> {
  const { sweepUtc, ledgers: seen } = children.ledgerSweep.input.parse(context.df.getInput());
  const due = { nowUtc: sweepUtc };
  const { ledgers, claimGraceSeconds: graceSeconds } = yield* call(
    context,
    listDueLedgers,
    seen === undefined ? due : { ...due, seen },
  );
  if (ledgers.length === 0) return { ledgers: 0 };
  const { name } = disruptionLedger;
  const asked = { nowUtc: sweepUtc, graceSeconds };
  const keys = ledgers.map(({ key }) => key);
  const inspected = new Map(yield* callEntities(context, { name, keys }, ['inspect', inspect], asked));
  const looked: { seen: Ledger; dueUtc: string }[] = [];
  for (const seen of ledgers) {
    const found = inspected.get(seen.key);
    if (found === undefined) continue;
    yield* tidy(context, { name, key: seen.key }, found, sweepUtc);
    looked.push({ seen, dueUtc: nextLookUtc(found, sweepUtc, graceSeconds) });
  }
  yield* call(context, recordLedgersDue, { ledgers: looked });
  return { ledgers: ledgers.length };
}

/** What was found may still be there, and is looked at within the hour; else when the next claim can become suspect. */
function nextLookUtc(
  { suspects, impairments, expiresUtc }: Inspected,
  sweepUtc: string,
  grace: number,
): string {
  if (suspects.length + impairments.length > 0) return dueAtSweepUtc(sweepUtc, HOUR_SECONDS);
  return expiresUtc === null ? nextDayUtc(sweepUtc) : addSeconds(expiresUtc, grace);
}

/** A ledger that was ever used is looked into once a day, also when nothing is expected of it: all of these by one sweep. */
const nextDayUtc = (utc: string): string =>
  new Date((Math.floor(Date.parse(utc) / DAY_MS) + 1) * DAY_MS).toISOString();

type EntityRef = Parameters<typeof callEntity>[1];

function* tidy(
  context: OrchestrationContext,
  ledger: EntityRef,
  { suspects, impairments }: Inspected,
  sweepUtc: string,
): Step<void> {
  for (const claim of suspects) yield* leniently(context, reap(context, ledger, claim, sweepUtc));
  for (const { vmId } of impairments) yield* leniently(context, probeAgain(context, ledger, vmId));
}

/** What cannot be tidied now is tried by the next sweep; the rest of this one goes on. */
function* leniently(context: OrchestrationContext, step: Step<void>): Step<void> {
  try {
    yield* step;
  } catch (error) {
    context.warn(`A ledger was not tidied: ${messageOf(error)}`);
  }
}

/** A suspect claim is freed once the driver says that nothing is in flight; what was not proven healthy holds its set from then on. */
function* reap(context: OrchestrationContext, ledger: EntityRef, claim: Claim, sinceUtc: string): Step<void> {
  const { claimId } = claim;
  const { inFlight, unproven } = yield* call(context, settleClaim, { claim });
  if (inFlight > 0) return;
  const { availabilitySetId, region } = claim.disruption;
  const impaired =
    availabilitySetId === null
      ? []
      : unproven.map((vmId): Impairment => ({ vmId, availabilitySetId, region, sinceUtc }));
  for (let start = 0; start === 0 || start < impaired.length; start += IMPAIRED_TOGETHER_MAX)
    yield* releaseLedger(context, ledger.key, claimId, impaired.slice(start, start + IMPAIRED_TOGETHER_MAX));
}

/** A VM holds its set until it is healthy again, or gone. One that is listed and not there may have been moved: the next listing shows it. */
function* probeAgain(context: OrchestrationContext, ledger: EntityRef, vmId: VmId): Step<void> {
  const { answer, gone, listed, movedTo } = yield* call(context, probeHealth, { vmId });
  if (answer === 'healthy' || (gone && !listed))
    yield* callEntity(context, ledger, ['heal', heal], { vmIds: [vmId] });
  else if (movedTo !== null)
    yield* callEntity(context, ledger, ['follow', follow], { from: vmId, to: movedTo });
}
