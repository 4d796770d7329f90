import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { rolloutIdOf } from '../domain/ids';
import { releaseOf } from '../domain/release';
import { messageOf } from '../domain/messageOf';
import { startHost, type Host } from '../emulator/host';
import { json, type Answer, type Exchange } from '../emulator/http';
import { PACKAGE_ROOT } from './packageRoot';
import { orderIn, problem, RehearsalChoice, RehearsalOrder, type RehearsalNow } from './rehearsals';
import { rolloutNow } from './rolloutNow';
import { refusalOf } from './sameSite';

/** Time stands at these instants to be looked at: always at the same ones, so that a month is the same on every machine. */
const STEP_MS = 600_000;
const PAUSED_LOOK_MS = 150;
const REPORT_MS = 300;

/** One rehearsal: the app in memory, on a virtual clock that goes as fast as it is set to. It ends with the process that began it. */
async function main(choice: RehearsalChoice): Promise<void> {
  let [isPaused, speed] = [false, choice.speed];
  let now: RehearsalNow = { state: 'starting', url: null, nowUtc: null, why: null, speed };
  const tell = (next: Partial<RehearsalNow>): void => {
    now = { ...now, ...next, speed };
    process.send?.(now);
  };
  const obey = (order: RehearsalOrder): void => {
    if (order.kind === 'speed') speed = order.speed;
    else isPaused = order.kind === 'pause';
    if (now.state !== 'ended') tell({ state: isPaused ? 'paused' : 'running' });
  };
  process.on('disconnect', () => process.exit(0));
  process.on('message', (message) => {
    const order = RehearsalOrder.safeParse(message);
    if (order.success) obey(order.data);
  });
  const host = await startApp(choice, (exchange) => serveItself(exchange, choice, () => now, obey));
  await host.request('POST', '/api/rollouts', { month: choice.month });
  tell({ state: 'running', url: `${host.baseUrl}/dashboard`, nowUtc: host.nowUtc() });
  const id = rolloutIdOf(choice.month);
  let reportedMs = 0;
  for (;;) {
    const { hasEnded, waitsForPerson } = await rolloutNow(host, id);
    const stands = isPaused || hasEnded || waitsForPerson;
    if (stands || performance.now() - reportedMs > REPORT_MS) {
      tell({ state: stateOf({ isPaused, hasEnded, waitsForPerson }), nowUtc: host.nowUtc() });
      reportedMs = performance.now();
    }
    if (stands) {
      await sleep(PAUSED_LOOK_MS);
      await host.idle(); // what a person decides has its effect at the instant at which time stands
      continue;
    }
    const startedMs = performance.now();
    await host.runUntil(new Date(host.nowMs() + STEP_MS).toISOString());
    await sleep(Math.max(0, STEP_MS / speed - (performance.now() - startedMs)));
  }
}

function stateOf(is: {
  readonly isPaused: boolean;
  readonly hasEnded: boolean;
  readonly waitsForPerson: boolean;
}): RehearsalNow['state'] {
  if (is.hasEnded) return 'ended';
  if (is.isPaused) return 'paused';
  return is.waitsForPerson ? 'waiting' : 'running';
}

function startApp(
  { fleet, scenario, seed, month }: RehearsalChoice,
  alsoServes: (exchange: Exchange) => Promise<Answer> | undefined,
): Promise<Host> {
  const file = (...parts: string[]): string => join(PACKAGE_ROOT, 'fleets', ...parts);
  return startHost({
    appDir: PACKAGE_ROOT,
    clock: { kind: 'virtual', startUtc: releaseOf(month) },
    store: { kind: 'memory' },
    engine: 'session',
    strict: true,
    port: 0,
    alsoServes,
    environment: {
      LOWTIDE_AUTH: 'none',
      LOWTIDE_DRIVER: 'simulated',
      LOWTIDE_STORE: 'memory',
      LOWTIDE_STATE_DIR: '',
      LOWTIDE_FLEET: file(`${fleet}.json`),
      LOWTIDE_SCENARIO: scenario === null ? '' : file('scenarios', `${scenario}.json`),
      LOWTIDE_SEED: String(seed),
    },
    log: (line) => {
      if (/^(error|critical)/i.test(line)) process.stderr.write(`rehearsal: ${line}\n`);
    },
  });
}

/** So that its own dashboard can pause it, too. */
function serveItself(
  exchange: Exchange,
  choice: RehearsalChoice,
  now: () => RehearsalNow,
  obey: (order: RehearsalOrder) => void,
): Promise<Answer> | undefined {
  const { method, url, body } = exchange;
  if (!/^\/rehearsal(\/|$)/.test(url.pathname)) return undefined;
  const refusal = refusalOf(exchange);
  if (refusal !== null) return Promise.resolve(refusal);
  const order = method === 'POST' ? orderIn(url.pathname, body) : null;
  if (method !== 'GET' && order === null)
    return Promise.resolve(
      problem(404, 'A rehearsal starts no other.', 'Start it where this one was started.'),
    );
  if (order !== null) obey(order);
  return Promise.resolve(
    json(200, { isItself: true, fleets: [], scenarios: [], running: { ...choice, ...now() } }),
  );
}

main(RehearsalChoice.parse(JSON.parse(process.argv[2] ?? '{}'))).catch((error: unknown) => {
  const why = messageOf(error);
  process.send?.({ state: 'failed', url: null, nowUtc: null, why, speed: 1 } satisfies RehearsalNow);
  process.exitCode = 1;
  process.disconnect();
});
