import { fork, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Month } from '../domain/ids';
import { monthOfLatestRelease } from '../domain/release';
import { json, type Answer, type Exchange } from '../emulator/http';
import { PACKAGE_ROOT } from './packageRoot';
import { refusalOf } from './sameSite';

const NAME = /^[a-z0-9][a-z0-9-]{0,60}$/i;

/** What makes a rehearsal: the same choice gives the same month, as long as people decide the same. */
export const RehearsalChoice = z.strictObject({
  fleet: z.string().regex(NAME),
  scenario: z.string().regex(NAME).nullable(),
  seed: z.number().int().min(0).max(4_294_967_295),
  month: Month,
  /** Virtual time goes at most so many times as fast as real time. */
  speed: z.number().min(1).max(1_000_000),
});
export type RehearsalChoice = Readonly<z.infer<typeof RehearsalChoice>>;

/** What the process of a rehearsal says of itself. */
export const RehearsalNow = z.object({
  state: z.enum(['starting', 'running', 'waiting', 'paused', 'ended', 'failed']),
  /** Of its own dashboard; null until it is there. */
  url: z.string().nullable(),
  nowUtc: z.string().nullable(),
  why: z.string().nullable(),
  speed: z.number(),
});
export type RehearsalNow = Readonly<z.infer<typeof RehearsalNow>>;

/** To the process of a rehearsal. */
export const RehearsalOrder = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('pause') }),
  z.object({ kind: z.literal('resume') }),
  z.object({ kind: z.literal('speed'), speed: RehearsalChoice.shape.speed }),
]);
export type RehearsalOrder = Readonly<z.infer<typeof RehearsalOrder>>;

const Start = RehearsalChoice.partial({ month: true });

interface Running {
  readonly choice: RehearsalChoice;
  now: RehearsalNow;
  readonly process: ChildProcess;
}

/** Rehearsals of months on made-up fleets, one at a time, each in a process of its own: a process has one app. */
export class Rehearsals {
  #running: Running | null = null;

  /** Answers what is asked below /rehearsal; undefined for every other path. */
  readonly serve = (exchange: Exchange): Promise<Answer> | undefined => {
    if (!/^\/rehearsal(\/|$)/.test(exchange.url.pathname)) return undefined;
    return Promise.resolve(refusalOf(exchange) ?? this.#answer(exchange));
  };

  stop(): void {
    this.#running?.process.kill('SIGKILL');
    this.#running = null;
  }

  #answer({ method, url, body }: Exchange): Answer {
    if (url.pathname === '/rehearsal') {
      if (method === 'POST') return this.#start(body);
      if (method === 'DELETE') this.stop();
      return json(200, this.#view());
    }
    const order = orderIn(url.pathname, body);
    if (method !== 'POST' || order === null)
      return problem(404, 'A rehearsal has no such command.', NOT_KNOWN);
    if (this.#running === null) return problem(409, 'No rehearsal runs here.', 'POST /rehearsal starts one.');
    const { process: child, now } = this.#running;
    if (now.state === 'failed' || !child.connected)
      return problem(
        409,
        'The rehearsal has failed.',
        `${now.why ?? 'Its process has ended.'} POST /rehearsal starts another.`,
      );
    child.send(order);
    return json(202, this.#view());
  }

  #start(body: Buffer): Answer {
    const read = Start.safeParse(parsed(body));
    if (!read.success) return problem(400, 'The rehearsal was not started.', z.prettifyError(read.error));
    const month = read.data.month ?? monthOfLatestRelease(new Date().toISOString());
    const choice: RehearsalChoice = { ...read.data, month };
    const missing = missingOf(choice);
    if (missing !== null) return problem(400, 'The rehearsal was not started.', missing);
    this.stop();
    this.#running = this.#spawn(choice);
    return json(202, this.#view());
  }

  #spawn(choice: RehearsalChoice): Running {
    const child = fork(join(PACKAGE_ROOT, 'dist', 'local', 'rehearsalProcess.js'), [JSON.stringify(choice)], {
      cwd: PACKAGE_ROOT,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const running: Running = {
      choice,
      now: { state: 'starting', url: null, nowUtc: null, why: null, speed: choice.speed },
      process: child,
    };
    child.on('message', (message) => {
      const now = RehearsalNow.safeParse(message);
      if (now.success) running.now = now.data;
    });
    const fail = (why: string): void => {
      if (running.now.state === 'failed') return;
      running.now = { ...running.now, state: 'failed', url: null, why };
    };
    // It could not be started, or an order came after its end: without a listener this host would end, too.
    child.on('error', (error) => {
      fail(`Its process did not obey: ${error.message}.`);
    });
    child.on('exit', (code) => {
      fail(`Its process ended with ${code ?? 'a signal'}.`);
    });
    return running;
  }

  #view(): object {
    const running = this.#running;
    return {
      isItself: false,
      fleets: namesIn('fleets'),
      scenarios: namesIn(join('fleets', 'scenarios')).map((name) => ({ name, about: aboutOf(name) })),
      running: running === null ? null : { ...running.choice, ...running.now },
    };
  }
}

const NOT_KNOWN =
  'There is POST /rehearsal/pause, /rehearsal/resume, and /rehearsal/speed with { "speed": 3600 }.';

export function orderIn(path: string, body: Buffer): RehearsalOrder | null {
  const kind = /^\/rehearsal\/(\w+)$/.exec(path)?.[1];
  const given = parsed(body);
  const read = RehearsalOrder.safeParse({ ...(typeof given === 'object' ? given : {}), kind });
  return read.success ? read.data : null;
}

export function problem(status: number, title: string, detail: string): Answer {
  return json(status, { title, detail, status });
}

function parsed(body: Buffer): unknown {
  try {
    return body.length === 0 ? {} : (JSON.parse(body.toString('utf8')) as unknown);
  } catch {
    return null;
  }
}

function namesIn(folder: string): string[] {
  return readdirSync(join(PACKAGE_ROOT, folder))
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.replace(/\.json$/, ''))
    .filter((name) => NAME.test(name))
    .sort();
}

function aboutOf(scenario: string): string {
  const text = readFileSync(join(PACKAGE_ROOT, 'fleets', 'scenarios', `${scenario}.json`), 'utf8');
  const read = z.object({ description: z.string() }).safeParse(parsed(Buffer.from(text)));
  return read.success ? read.data.description : '';
}

function missingOf({ fleet, scenario }: RehearsalChoice): string | null {
  if (!existsSync(join(PACKAGE_ROOT, 'fleets', `${fleet}.json`)))
    return `There is no fleet ${fleet}. The fleets are ${namesIn('fleets').join(', ')}.`;
  if (scenario === null || existsSync(join(PACKAGE_ROOT, 'fleets', 'scenarios', `${scenario}.json`)))
    return null;
  return `There is no scenario ${scenario}. The scenarios are ${namesIn(join('fleets', 'scenarios')).join(', ')}.`;
}
