import findMyWay, { type HTTPMethod } from 'find-my-way';
import type { RegisteredFunction } from './coreApi';

export interface Match {
  readonly fn: RegisteredFunction;
  readonly params: Readonly<Record<string, string>>;
}

/** Answers which function an HTTP request is for; undefined is a 404, also for a wrong method, as recorded. */
export type Router = (method: string, path: string) => Match | undefined;

const METHODS: readonly HTTPMethod[] = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'];

/** Patterns of ASP.NET's inline route constraints. */
const CONSTRAINTS: Readonly<Record<string, string>> = {
  int: '^-?\\d+$',
  long: '^-?\\d+$',
  alpha: '^[A-Za-z]*$',
  bool: '^(?:[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$',
  decimal: '^-?\\d+(?:\\.\\d+)?$',
  double: '^-?\\d+(?:\\.\\d+)?$',
  float: '^-?\\d+(?:\\.\\d+)?$',
  guid: '^[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$',
};

interface Parameter {
  readonly name: string;
  readonly isCatchAll: boolean;
  readonly isOptional: boolean;
  readonly pattern: string;
}

export function createRouter(functions: Iterable<RegisteredFunction>, routePrefix: string): Router {
  const router = findMyWay({
    caseSensitive: false,
    ignoreTrailingSlash: true,
    ignoreDuplicateSlashes: true,
    // The real host knows no limit but that of the request line.
    maxParamLength: 8_192,
  });
  for (const fn of functions) {
    if (fn.trigger.type !== 'httpTrigger') continue;
    const methods = fn.trigger.methods?.map((method) => method.toUpperCase() as HTTPMethod) ?? METHODS;
    const route = [routePrefix, fn.trigger.route ?? fn.name].filter((part) => part !== '').join('/');
    for (const { path, catchAll } of paths(fn.name, route)) {
      router.on([...methods], path, () => undefined, { fn, catchAll } satisfies RouteStore);
    }
  }
  return (method, path) => {
    const found = router.find(method as HTTPMethod, path.replaceAll(GROWING, STAND_IN));
    if (!found) return undefined;
    const { fn, catchAll } = found.store as RouteStore;
    const params: Record<string, string> = {};
    for (const [name, value] of Object.entries(found.params)) {
      if (value !== undefined && value !== '')
        params[name === '*' ? (catchAll ?? '*') : name] = value.replaceAll(STANDS_IN, '\u0130');
    }
    return { fn, params };
  };
}

/**
 * The one letter whose lower case is longer, percent-encoded or not. find-my-way compares paths in lower case and cuts parameters out by
 * their position, so with this letter in it no path would match. A private letter stands in for it.
 */
const GROWING = /%C4%B0|\u0130/gi;
const STANDS_IN = '\uE000';
const STAND_IN = encodeURIComponent(STANDS_IN);

interface RouteStore {
  readonly fn: RegisteredFunction;
  readonly catchAll: string | undefined;
}

/** A route with optional parameters at its end is one path for each number of them that is given. */
function paths(functionName: string, route: string): { path: string; catchAll: string | undefined }[] {
  const found: { path: string; catchAll: string | undefined }[] = [];
  let path = '';
  for (const segment of route.split('/').filter((part) => part !== '')) {
    const parameter = parseParameter(functionName, segment);
    if (!parameter) {
      path += `/${segment.replaceAll(':', '::')}`;
      continue;
    }
    if (parameter.isOptional || parameter.isCatchAll)
      found.push({ path: path === '' ? '/' : path, catchAll: undefined });
    if (parameter.isCatchAll) {
      found.push({ path: `${path}/*`, catchAll: parameter.name });
      return found;
    }
    path += `/:${parameter.name}${parameter.pattern}`;
  }
  found.push({ path: path === '' ? '/' : path, catchAll: undefined });
  return found;
}

function parseParameter(functionName: string, segment: string): Parameter | undefined {
  const braces = /^\{(\*{0,2})([A-Za-z_]\w*)((?::[^}]*)?)(\??)\}$/.exec(segment);
  if (!braces) {
    if (segment.includes('{'))
      throw new Error(`${functionName}: the route segment "${segment}" is not supported by the emulator.`);
    return undefined;
  }
  const [, stars = '', name = '', constraint = '', mark = ''] = braces;
  const kind = constraint.replace(/\?$/, '').slice(1);
  const isOptional = mark === '?' || constraint.endsWith('?');
  if (kind === '') return { name, isCatchAll: stars !== '', isOptional, pattern: '' };
  const pattern = CONSTRAINTS[kind.toLowerCase()];
  if (pattern === undefined) {
    throw new Error(
      `${functionName}: the route constraint "${kind}" is not supported by the emulator; it knows ${Object.keys(CONSTRAINTS).join(', ')}.`,
    );
  }
  return { name, isCatchAll: stars !== '', isOptional, pattern: `(${pattern})` };
}
