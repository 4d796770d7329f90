import type { Cron } from 'croner';
import { durableClientInput, extraInputsOf } from '../../emulator/clientBinding';
import type { CoreApi, RegisteredFunction } from '../../emulator/coreApi';
import { httpFunctions } from '../../emulator/httpFunctions';
import { Invoker } from '../../emulator/invoke';
import { createRouter } from '../../emulator/routes';
import { listen } from '../../emulator/server';
import type { AppSettings } from '../../emulator/settings';
import { cronOf } from '../../emulator/timers';
import { json } from '../../emulator/http';
import { messageOf } from '../../domain/messageOf';
import { say } from '../../local/say';

export interface Worker {
  /** Where the program around the extension sends its invocations. */
  readonly url: string;
  extensionListensAt(rpcOrigin: string): void;
  close(): void;
}

/** Carries out the app's functions: those of HTTP and of timers by itself, the durable ones when the extension asks for them. */
export async function startWorker(core: CoreApi, settings: AppSettings, port: number): Promise<Worker> {
  const functions = [...core.functions.values()];
  const invoker = new Invoker(
    core,
    (level, _category, message) => {
      say.line(`${level}: ${message}`);
    },
    settings.functionTimeoutMs,
  );
  let rpcOrigin = 'http://127.0.0.1:0';
  const extraInputs = (fn: RegisteredFunction): Record<string, { json: string }> =>
    extraInputsOf(fn, durableClientInput(`http://127.0.0.1:${port}`, rpcOrigin, settings.hubName));
  const invocations = await listenForInvocations(functions, invoker, extraInputs);
  const http = await listen(
    port,
    false,
    httpFunctions(createRouter(functions, settings.routePrefix), invoker, extraInputs, (line) => {
      say.line(line);
    }),
  );
  const timers: Cron[] = [];
  return {
    url: invocations.baseUrl,
    extensionListensAt: (origin) => {
      rpcOrigin = origin;
      timers.push(...startTimers(functions, invoker, extraInputs));
    },
    close: () => {
      for (const timer of timers) timer.stop();
      void http.close();
      void invocations.close();
    },
  };
}

type ExtraInputs = (fn: RegisteredFunction) => Record<string, { json: string }>;

function listenForInvocations(
  functions: readonly RegisteredFunction[],
  invoker: Invoker,
  extraInputs: ExtraInputs,
): ReturnType<typeof listen> {
  const byName = new Map(functions.map((fn) => [fn.name, fn]));
  return listen(0, false, async ({ body }) => {
    const { name, context } = JSON.parse(body.toString()) as { name: string; context: string | null };
    try {
      const fn = byName.get(name);
      if (fn === undefined) throw new Error(`The app has no function ${name}.`);
      const trigger = context === null ? undefined : { string: context };
      return json(200, { returned: await invoker.throughWorker(fn, { trigger, extra: extraInputs(fn) }) });
    } catch (error) {
      const stack = error instanceof Error ? error.stack : undefined;
      return json(200, { error: { message: messageOf(error), stack: stack ?? '' } });
    }
  });
}

/** By the schedules of the app's timer triggers, in UTC. */
function startTimers(
  functions: readonly RegisteredFunction[],
  invoker: Invoker,
  extraInputs: ExtraInputs,
): Cron[] {
  const status = JSON.stringify({ Schedule: {}, ScheduleStatus: {}, IsPastDue: false });
  return functions
    .filter(({ trigger }) => trigger.type === 'timerTrigger')
    .map((fn) => {
      const cron = cronOf(fn).schedule(() => {
        invoker
          .throughWorker(fn, { trigger: { json: status }, extra: extraInputs(fn) })
          .catch((error: unknown) => {
            say.error(`${fn.name}: ${messageOf(error)}`);
          });
      });
      cron.resume();
      return cron;
    });
}
