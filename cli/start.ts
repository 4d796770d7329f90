import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { renderCertificate } from '../audit/certificate';
import { rolloutIdOf } from '../domain/ids';
import { monthOfLatestRelease, releaseOf } from '../domain/release';
import type { ParsedFleet } from '../drivers/fleet/parseFleet';
import type { Host } from '../emulator/host';
import { readSettings } from '../composition/settings';
import { auditEvents } from '../local/auditEvents';
import { eventsOf } from '../local/driverEvents';
import { readFleet } from '../local/readFleet';
import { interrupted } from './interrupted';
import { checkedScenario, startLocalApp } from '../local/localApp';
import { showProgress, type Progress } from './progress';
import { auditRollouts, outcomesOf, rolloutsOf, trailOf } from '../local/rolloutEvidence';
import { describeOutcome, shortTime } from './rolloutSummary';
import { isOver, RolloutView, withOutcome } from './rolloutView';
import { say } from '../local/say';
import { STATE_HOME } from '../local/stateFolder';
import { readText } from '../local/readText';

export interface StartOptions {
  readonly fleet: string;
  readonly scenario?: string | undefined;
  readonly speed: number;
  readonly port: number;
  readonly seed: number;
}

/** At this speed a month takes 25 seconds, and the work in it, while which the clock stands still, some more. */
export const START_DEFAULTS = { fleet: 'fleets/contoso.json', speed: 100_000, port: 7071, seed: 1 } as const;

/** Each look reads the outcome of every VM. */
const LOOK_EVERY_MS = 1_000;

/** Rolls out the latest month over a fleet before one's eyes, then serves what came of it until Ctrl-C. */
export async function runStart(options: StartOptions): Promise<0> {
  const fleet = readFleet(options.fleet);
  const scenario = options.scenario === undefined ? '' : checkedScenario(options.scenario);
  const stopped = interrupted();
  const month = monthOfLatestRelease(new Date().toISOString());
  const startUtc = releaseOf(month);
  say.line(
    `Starting Azurite and the app; ${fleet.vms.length} VMs of ${options.fleet} wait for ${rolloutIdOf(month)}.`,
  );
  const app = await startLocalApp({
    folder: join(STATE_HOME, 'start'),
    fresh: true,
    clock: { kind: 'spedUp', speed: options.speed, startUtc },
    port: options.port,
    environment: { LOWTIDE_FLEET: '', LOWTIDE_SCENARIO: scenario, LOWTIDE_SEED: String(options.seed) },
  });
  try {
    say.line(
      `Serving ${app.host.baseUrl}/, where a day takes at least ${seconds(86_400 / options.speed)}.\n`,
    );
    const rolledOut = rollOut(app.host, options.fleet, month).then(() => 'done' as const);
    rolledOut.catch(() => undefined); // after Ctrl-C nobody waits for it any more
    const how = await Promise.race([rolledOut, stopped]);
    if (how !== 'done') return 0;
    // From now on time passes as it does elsewhere: it stands nearly still while it is judged, and then there is time to look around.
    const { host } = await app.withClock({ kind: 'spedUp', speed: 1 });
    await tell(host, rolloutIdOf(month), fleet);
    await serveOn(host, rolloutIdOf(month), stopped);
    return 0;
  } finally {
    await app.close();
  }
}

async function rollOut(host: Host, fleet: string, month: string): Promise<void> {
  await ask(host, 'POST', '/api/fleet', readText(fleet));
  // The app's own monthly timer may have been faster: that is the same rollout.
  await ask(host, 'POST', '/api/rollouts', { month }, [409]);
  const progress = showProgress('VMs');
  try {
    await follow(host, `/api/rollouts/rollout-${month}`, progress);
  } finally {
    progress.stop();
  }
}

async function follow(host: Host, path: string, progress: Progress): Promise<void> {
  const told = new Set<string>();
  for (;;) {
    const rollout = RolloutView.parse(await ask(host, 'GET', path));
    for (const [key, text] of newsOf(rollout)) {
      if (!told.has(key)) progress.line(text);
      told.add(key);
    }
    const { patched = 0, upToDate = 0 } = rollout.outcomes;
    if (rollout.vmCount !== null)
      progress.update(
        withOutcome(rollout),
        rollout.vmCount,
        `${shortTime(host.nowUtc())}  ${patched} patched, ${upToDate} up to date, ${rollout.state}`,
      );
    if (isOver(rollout)) return;
    await sleep(LOOK_EVERY_MS);
  }
}

/** What has happened to the rollout as a whole, each once, in order. */
function* newsOf({ id, phases, halts }: RolloutView): Iterable<readonly [key: string, text: string]> {
  const news: { at: string; key: string; text: string }[] = [];
  for (const { phase, regions, vmCount, startedUtc, endedUtc, gate } of phases) {
    if (startedUtc !== null)
      news.push({
        at: startedUtc,
        key: phase,
        text: `${phase} begins: ${vmCount} VMs in ${regions.join(', ')}`,
      });
    if (endedUtc !== null && gate !== null)
      news.push({ at: endedUtc, key: `${phase} gate`, text: `${phase} gate ${gate.kind}: ${gate.why}` });
  }
  for (const { haltId, kind, why, atUtc, decision } of halts)
    if (decision === null)
      news.push({ at: atUtc, key: haltId, text: `${kind.toUpperCase()}: ${why}\n${howToDecide(id)}` });
  news.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  for (const { at, key, text } of news) yield [key, `${shortTime(at)}  ${text}`];
}

function howToDecide(id: string): string {
  return `                  A person decides: POST /api/rollouts/${id}/resume, skip or cancel, with {"reason": "…"}`;
}

/** The whole story: what the rollout says of itself, and what the auditor says of what really happened. */
async function tell(host: Host, id: string, fleet: ParsedFleet): Promise<void> {
  const rollout = RolloutView.parse(await ask(host, 'GET', `/api/rollouts/${id}`));
  const rollouts = await rolloutsOf(host);
  const events = await eventsOf(host, host.nowUtc());
  const { policy } = readSettings(process.env);
  const audit = auditEvents(events, fleet, policy, {
    untilUtc: host.nowUtc(),
    ...auditRollouts(rollouts),
    outcomes: await outcomesOf(host, id),
    trail: await trailOf(host, rollouts),
  });
  say.line();
  say.line(describeOutcome(rollout));
  say.line(renderCertificate(audit));
}

async function serveOn(host: Host, id: string, stopped: Promise<void>): Promise<void> {
  say.line(
    `The clock of the app now stands at ${shortTime(host.nowUtc())} UTC and runs as fast as yours. Look around:`,
  );
  say.line(`  ${host.baseUrl}/api/rollouts/${id}`);
  say.line('Ctrl-C ends it.');
  await stopped;
}

async function ask(
  host: Host,
  method: string,
  path: string,
  body?: unknown,
  expected: readonly number[] = [],
): Promise<unknown> {
  const answer = await host.request(method, path, body);
  if (answer.status < 300 || expected.includes(answer.status)) return answer.body;
  throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
}

function seconds(value: number): string {
  return `${value >= 10 ? Math.round(value) : Math.round(value * 10) / 10} s`;
}
