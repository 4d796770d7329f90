import { HttpRequest, type HttpResponseInit } from '@azure/functions';
import { answerArmWith, type Admitted } from '../armApi/http/answerArm';
import type { ArmContext, ArmRoute } from '../armApi/http/armRoute';
import { armRoutes } from '../armApi/routes';
import type { Policy } from '../domain/policy';
import type { SimulatedDriver } from '../drivers/simulated/simulatedDriver';
import { armResourceStore } from '../store/armResources';
import { longRunningStore } from '../store/longRunning';
import { memoryStore } from '../store/memoryTable';
import { repositoriesOn } from '../store/repositories';
import { AnswerLost, directClient } from './directClient';
import type { ArmHandler, PlainAnswer, PlainRequest } from './armServer';

export interface SimulatedArmOptions {
  readonly driver: SimulatedDriver;
  readonly policy: Policy;
  readonly nowUtc: () => string;
  readonly report: (message: string) => void;
}

/** The ARM-compatible API over a simulated fleet, without the app that serves it otherwise: what an Azure driver talks to in a rehearsal. */
export function simulatedArm({ driver, policy, nowUtc, report }: SimulatedArmOptions): ArmHandler {
  const store = memoryStore();
  const client = directClient(driver);
  const services: ArmContext['services'] = {
    ...repositoriesOn(store, policy),
    driver,
    policy,
    nowUtc,
    longRunning: longRunningStore(store),
    armResources: armResourceStore(store),
    azureDriver: null,
    wake: () => Promise.resolve(),
  };
  const open = (): Promise<ArmContext> => Promise.resolve({ services, client });
  const admitted: Admitted = { by: 'a rehearsal', open };
  const routes = armRoutes.map((route) => ({ route, pattern: patternOf(route.route) }));
  return async (request) => {
    const [path = ''] = request.url.split('?');
    const found = routes.find(
      ({ route, pattern }) => route.methods.some((method) => method === request.method) && pattern.test(path),
    );
    if (found === undefined) return { status: 404, headers: {}, body: '' };
    const failures: unknown[] = [];
    const asked = httpRequestOf(request, found.pattern);
    const enter = (): Promise<Admitted> => Promise.resolve(admitted);
    const answer = await answerArmWith(found.route, asked, report, enter, (error) => failures.push(error));
    return failures.some((error) => error instanceof AnswerLost) ? null : plainAnswer(answer);
  };
}

/** The parameters of the route as named groups: `(?<subscriptionId>[^/]+)`. */
function patternOf(route: ArmRoute['route']): RegExp {
  const parts = route
    .split('/')
    .map((part) =>
      part.startsWith('{*')
        ? '.*'
        : part.startsWith('{')
          ? `(?<${part.replaceAll(/\W/g, '')}>[^/]+)`
          : part.replaceAll('.', '\\.'),
    );
  return new RegExp(`^/+${parts.join('/+')}/*$`, 'i');
}

function httpRequestOf({ method, url, headers, body, baseUrl }: PlainRequest, pattern: RegExp): HttpRequest {
  const whole = new URL(url, baseUrl);
  const params: Record<string, string> = {};
  for (const [name, value] of Object.entries(pattern.exec(whole.pathname)?.groups ?? {}))
    params[name] = decodeURIComponent(value);
  return new HttpRequest({
    method,
    url: whole.href,
    headers,
    query: Object.fromEntries(whole.searchParams),
    params,
    ...(body !== '' && { body: { string: body } }),
  });
}

function plainAnswer({ status = 200, headers = {}, body }: HttpResponseInit): PlainAnswer {
  return {
    status,
    headers: headers as Record<string, string>,
    body: typeof body === 'string' ? body : '',
  };
}
