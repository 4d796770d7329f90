import type { HttpMethod } from '@azure/functions';
import { distance } from 'fastest-levenshtein';
import { LowtideError } from '../domain/lowtideError';
import type { OperatorRequest, OperatorRoute } from './route';

const ALL: readonly HttpMethod[] = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'];

/** What a person gets for an address that is not served: what this is, and what there is. Never an empty 404. */
export function unservedRoutes(served: readonly OperatorRoute[]): readonly OperatorRoute[] {
  return [
    {
      name: 'showWelcome',
      methods: ['GET'],
      route: '/',
      query: {},
      role: null,
      handler: () => Promise.resolve({ jsonBody: welcome(served) }),
    },
    {
      name: 'operatorUnknown',
      methods: ALL,
      route: 'api/{*rest}',
      query: {},
      role: null,
      handler: (request) => Promise.reject(notServed(request, served)),
    },
  ];
}

function welcome(served: readonly OperatorRoute[]): Record<string, unknown> {
  return {
    name: 'Lowtide',
    what: 'Patches fleets of virtual machines once a month, one failure domain at a time, in the off-peak hours of each.',
    dashboard: 'GET /dashboard shows all of it in a browser.',
    operatorApi: served.map(lineOf),
    azureApi: 'GET /subscriptions?api-version=2022-12-01 begins the API of Azure Resource Manager.',
    documentation:
      'GET /api/openapi.json describes every route; docs/http-api.md and docs/azure-clients.md of this app.',
  };
}

function notServed({ method, path }: OperatorRequest, served: readonly OperatorRoute[]): LowtideError {
  const here = served.filter(({ route }) => patternOf(route).test(path));
  if (here.length > 0)
    return new LowtideError('METHOD_NOT_ALLOWED', {
      what: `${path} has no ${method}.`,
      why: 'The path exists, with other methods.',
      fix: `Use ${here.map(lineOf).join(', or ')}.`,
    });
  return new LowtideError('NOT_FOUND', {
    what: `There is nothing at ${path}.`,
    why: 'No route of the operator’s API has this path.',
    fix: `The nearest is ${lineOf(nearestTo(path, served))}. GET / lists all, and GET /api/openapi.json describes them.`,
  });
}

/** By the letters that differ, so that a misspelt path finds its route. */
function nearestTo(path: string, served: readonly OperatorRoute[]): OperatorRoute {
  const asked = path.split('/').filter((part) => part !== '');
  const lettersOff = ({ route }: OperatorRoute): number => {
    const parts = route.split('/');
    return Array.from({ length: Math.max(parts.length, asked.length) }, (_, n) => {
      const part = parts[n] ?? '';
      return part.startsWith('{') && asked[n] !== undefined ? 0 : distance(asked[n] ?? '', part);
    }).reduce((sum, letters) => sum + letters, 0);
  };
  return served.reduce((near, route) => (lettersOff(route) < lettersOff(near) ? route : near));
}

function lineOf({ methods, route, query }: OperatorRoute): string {
  const names = Object.keys(query);
  const asked = names.length === 0 ? '' : `?${names.map((name) => `${name}=`).join('&')}`;
  return `${methods.join('|')} /${route}${asked}`;
}

function patternOf(route: string): RegExp {
  const parts = route.split('/').map((part) => (part.startsWith('{') ? '[^/]+' : part));
  return new RegExp(`^/+${parts.join('/+')}/*$`, 'i');
}
