import type { RegisteredFunction } from './coreApi';
import { empty, json, type HttpHandler } from './http';
import type { AppSettings } from './settings';
import type { TimerTriggers } from './timers';

const page = Buffer.from(
  '<!DOCTYPE html><html><head><title>Functions app</title></head><body><h1>Your Functions app is up and running</h1>' +
    '<p>This is the emulator, not the Azure Functions host.</p></body></html>',
);

/** The host's own page and its admin API: status, the list of functions, and running one by hand. */
export function admin(
  functions: ReadonlyMap<string, RegisteredFunction>,
  timers: TimerTriggers,
  settings: AppSettings,
  origin: () => string,
): (path: string) => HttpHandler | undefined {
  const describe = (fn: RegisteredFunction): object => ({
    name: fn.name,
    script_href: null,
    href: `${origin()}/admin/functions/${fn.name}`,
    invoke_url_template: fn.trigger.type === 'httpTrigger' ? inviteUrl(fn, settings, origin()) : null,
    language: 'node',
    config: {
      name: fn.name,
      bindings: Object.entries(fn.bindings).map(([name, binding]) => ({ ...binding, name })),
    },
    isDisabled: false,
    isDirect: false,
    isProxy: false,
  });
  return (path) => {
    // As on the real host: its home page is shown only where no function has the root.
    if (path === '/' && !hasRoot(functions)) {
      return () => Promise.resolve({ status: 200, headers: { 'content-type': 'text/html' }, body: page });
    }
    const parts = path.split('/').filter((part) => part !== '');
    if (parts[0]?.toLowerCase() !== 'admin') return undefined;
    const [, area, name] = parts;
    if (area === 'host' && name === 'status') return () => Promise.resolve(json(200, hostStatus()));
    if (area !== 'functions') return undefined;
    if (name === undefined) return () => Promise.resolve(json(200, [...functions.values()].map(describe)));
    const fn = functions.get(name);
    if (!fn) return () => Promise.resolve(empty(404));
    return (exchange) => {
      if (exchange.method !== 'POST') return Promise.resolve(json(200, describe(fn)));
      if (fn.trigger.type !== 'timerTrigger') {
        return Promise.resolve(json(501, { Message: 'The emulator runs only timer functions by hand.' }));
      }
      void timers.invoke(fn);
      return Promise.resolve(empty(202));
    };
  };
}

function hasRoot(functions: ReadonlyMap<string, RegisteredFunction>): boolean {
  return [...functions.values()].some(
    ({ trigger }) => trigger.type === 'httpTrigger' && trigger.route === '/',
  );
}

function hostStatus(): object {
  return {
    id: 'emulator',
    state: 'Running',
    version: '4.1037.0.0',
    versionDetails: 'emulator',
    processUptime: Math.round(process.uptime() * 1000),
    extensionBundle: null,
  };
}

function inviteUrl(fn: RegisteredFunction, { routePrefix }: AppSettings, origin: string): string {
  return [origin, routePrefix, fn.trigger.route ?? fn.name].filter((part) => part !== '').join('/');
}
