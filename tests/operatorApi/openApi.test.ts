import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';
import { openApiOf } from '../../operatorApi/openApi';
import { operatorRoutes } from '../../operatorApi/routes';
import { anApi, type Api } from '../armApi/api';
import { apiMonth, MONTH_VM } from './apiMonth';

const FILE = join(__dirname, '..', '..', 'docs', 'openapi.json');

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, object>> }>>;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}
const document = JSON.parse(JSON.stringify(openApiOf(operatorRoutes))) as Document;
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

describe('the OpenAPI document', () => {
  test('docs/openapi.json is what the routes say of themselves', () => {
    if (process.env['UPDATE_GOLDEN'] === '1' || !existsSync(FILE))
      writeFileSync(FILE, `${JSON.stringify(document, null, 2)}\n`);
    expect(JSON.parse(readFileSync(FILE, 'utf8'))).toEqual(document);
  });

  test('has every route that is served, with its parameters, and no other', () => {
    const served = operatorRoutes
      .filter(({ route }) => /^(api\/|metrics$)/.test(route) && !route.includes('*'))
      .flatMap(({ name, methods, route, query, description }) =>
        methods.map((method) => [
          name,
          method.toLowerCase(),
          `/${route}`,
          [
            ...[...route.matchAll(/\{(\w+)\}/g)].map(([, id]) => id),
            ...Object.keys(query),
            ...Object.keys(description?.headers ?? {}),
          ],
        ]),
      );
    const documented = operations.map(({ path, method, operation }) => [
      operation.operationId,
      method,
      path,
      (operation.parameters ?? []).map(({ name }) => name),
    ]);
    expect(documented.sort()).toEqual(served.sort());
  });

  test('every route of it is in docs/http-api.md', () => {
    const text = readFileSync(join(__dirname, '..', '..', 'docs', 'http-api.md'), 'utf8');
    const missing = operations
      .map(({ path, method }) => `${method.toUpperCase()} ${path}`)
      .filter((line) => !text.includes(`\`${line}`));
    expect(missing).toEqual([]);
  });
});

/** Requests that together reach every route, with the status each is answered with, in this order, once the month is over. */
const REQUESTS: readonly (readonly [method: string, path: string, status: number, body?: unknown])[] = [
  ['GET', '/api/openapi.json', 200],
  ['GET', '/api/me', 200],
  ['GET', '/api/sign-in', 200],
  ['GET', '/api/rollouts', 200],
  ['GET', '/api/rollouts/rollout-2026-11', 200],
  ['GET', '/api/rollouts/rollout-2026-10', 404],
  ['GET', '/api/rollouts/november', 404],
  ['GET', '/api/rollouts/rollout-2026-11/virtual-machines', 200],
  ['GET', '/api/rollouts/rollout-2026-11/audit', 200],
  ['GET', '/api/rollouts/rollout-2026-11/timeline', 200],
  ['GET', '/api/rollouts/rollout-2026-11/evidence', 200],
  ['GET', '/api/rollouts/rollout-2026-11/halts', 200],
  ['GET', '/api/rollouts/rollout-2026-11/disruptions', 200],
  ['GET', '/api/rollouts/rollout-2026-10/timeline', 404],
  ['GET', '/api/rollouts?colour=blue', 400],
  ['POST', '/api/rollouts', 409, { month: '2026-11' }],
  ['POST', '/api/rollouts', 400, { month: 'November' }],
  ['POST', '/api/rollouts/rollout-2026-10/take-over', 404, { reason: 'r' }],
  ['POST', '/api/rollouts/rollout-2026-11/take-over', 200, { reason: 'r' }],
  ['GET', '/api/rollouts/rollout-2026-11/forgiven?region=eastus', 200],
  ['GET', '/api/rollouts/rollout-2026-10/forgiven', 404],
  ['GET', '/api/rollouts/rollout-2026-11/hooks', 200],
  ['POST', '/api/rollouts/rollout-2026-11/hooks', 409, { ask: 'change~x', go: true }],
  [
    'POST',
    '/api/rollouts',
    200,
    { kind: 'emergency', reason: 'r', patches: { packages: ['openssl'] }, dryRun: true },
  ],
  ['POST', '/api/rollouts/rollout-2026-10/approve', 404, { reason: 'r' }],
  ['POST', '/api/rollouts/rollout-2026-11/approve', 409, { reason: 'r' }],
  ['POST', '/api/rollouts/rollout-2026-11/reject', 409, { reason: 'r' }],
  ['POST', '/api/rollouts/rollout-2026-11/withdraw', 409, { reason: 'r', phase: 'phase-1' }],
  ['GET', `/api/virtual-machines?id=${MONTH_VM}`, 200],
  ['GET', '/api/virtual-machines?id=web-01', 400],
  ['POST', `/api/virtual-machines/waive?id=${MONTH_VM}`, 202, { reason: 'I have seen it.' }],
  ['PUT', '/api/freezes/year-end', 200, { from: '2026-12-20', to: '2027-01-02', reason: 'r', owner: 'o' }],
  ['PUT', '/api/freezes/year-end', 400, { from: '2026-12-20', to: '2026-01-02', reason: 'r', owner: 'o' }],
  ['PUT', '/api/freezes/Year%20end', 400, {}],
  ['GET', '/api/freezes', 200],
  ['DELETE', '/api/freezes/year-end', 200],
  ['DELETE', '/api/freezes/year-end', 404],
  ['POST', '/api/freezes/import?region=eastus', 200, 'BEGIN:VCALENDAR\r\nEND:VCALENDAR'],
  ['POST', '/api/freezes/import?colour=blue', 400, 'BEGIN:VCALENDAR\r\nEND:VCALENDAR'],
  ['PUT', '/api/exclusions/lone', 200, { from: '2026-12-20', to: '2027-01-02', reason: 'r', owner: 'o' }],
  ['GET', '/api/exclusions', 200],
  ['DELETE', '/api/exclusions/lone', 200],
  ['GET', '/api/fleet/imports/none', 404],
  ['POST', '/api/fleet/accept-listing', 202, { reason: 'They were deleted.' }],
  ['POST', '/api/fleet/accept-listing', 400, {}],
  ['GET', '/api/notifications', 200],
  ['POST', '/api/notifications/retry', 404, { noticeId: 'rollout-2026-11~1', receiver: 'ops' }],
  ['GET', '/api/compliance/outcomes?limit=3&region=westeurope', 200],
  ['GET', '/api/compliance/outcomes?format=csv&since=2026-11-01', 200],
  ['GET', '/api/compliance/outcomes?since=yesterday', 400],
  ['GET', '/api/compliance/patches?state=Installed', 200],
  ['GET', '/api/compliance/patches?format=csv', 200],
  ['GET', '/api/compliance/missing?patch=KB1&on=2026-11-10', 200],
  ['GET', '/api/compliance/missing?format=csv&limit=2', 200],
  ['GET', '/api/compliance/decisions?limit=2', 200],
  ['GET', '/api/compliance/decisions?what=thought', 400],
  ['GET', '/api/exclusions?format=csv', 200],
  ['GET', '/api/audit', 200],
  ['GET', '/api/audit?chain=operator', 200],
  ['GET', '/api/audit?chain=secret', 404],
  ['GET', '/api/audit/verify', 200],
  ['GET', `/api/explain?id=${MONTH_VM}`, 200],
  ['GET', `/api/explain?id=${MONTH_VM}x&live=true`, 404],
  ['GET', '/api/forecast?by=tag:app&asOf=2026-11-20&after=0', 200],
  ['GET', '/api/preview?month=2026-12&against=previousMonth', 200],
  ['GET', '/api/preview?month=December', 400],
  ['POST', '/api/preview', 200, { policy: { phasesMin: 2 } }],
  ['GET', '/metrics', 200],
  ['GET', '/api/policy', 200],
  ['GET', '/api/policy/schema', 200],
  ['POST', '/api/policy/diff', 200, 'bakeAfterCanary: P1D'],
  ['POST', '/api/policy/diff', 400, 'bakeAfterCanary: tomorrow'],
  ['PUT', '/api/policy?reason=Slower.&version=0', 200, 'bakeAfterCanary: P1D'],
  ['PUT', '/api/policy?reason=Slower.&version=0', 400, 'bakeAfterCanary: P1D'],
  ['GET', '/api/policy/versions', 200],
  ['GET', '/api/policy', 200],
  ['POST', '/api/rollouts/rollout-2026-11/pause', 200, { reason: 'Lunch.', scope: { region: 'westeurope' } }],
  ['POST', '/api/rollouts/rollout-2026-11/resume', 200, { reason: 'Back.', scope: { region: 'westeurope' } }],
  ['GET', '/api/forecast?by=colour', 400],
  ['GET', '/api/forecast?format=csv', 200],
  ['GET', '/api/fleet?group=region&limit=2', 200],
  ['GET', '/api/fleet?format=csv', 200],
  ['GET', '/api/simulated/events', 200],
  ['GET', '/api/simulated/virtual-machines', 200],
  ['POST', '/api/rollouts/rollout-2026-11/pause', 200, { reason: 'Lunch.' }],
  ['POST', '/api/rollouts/rollout-2026-11/skip', 409, { reason: 'Nothing is halted.' }],
  ['POST', '/api/rollouts/rollout-2026-11/resume', 400, { reason: 'Back.', pausedSinceUtc: null }],
  ['POST', '/api/rollouts/rollout-2026-11/resume', 200, { reason: 'Back.' }],
  ['POST', '/api/rollouts/rollout-2026-11/cancel', 200, { reason: 'Enough.' }],
  ['POST', '/api/rollouts/rollout-2026-11/resume', 409, { reason: 'Too late.' }],
  ['POST', '/api/fleet', 400, 'no fleet'],
];

describe('what the handlers answer', () => {
  let api: Api;
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addSchema(document, 'openapi');
  beforeAll(async () => {
    api = await apiMonth(anApi);
  });
  afterAll(() => api.close());

  test('every request is answered with a status and a body of the document, and together they reach every route', async () => {
    const reached = new Set<string>(['postFleet', 'startRollout']); // by which the month began
    const faults: unknown[] = [];
    for (const [method, path, status, body] of REQUESTS) {
      const { operation, pointer } = operationFor(method, path);
      reached.add(operation.operationId);
      const reply = await api.send(method, path, body);
      const described = operation.responses[String(reply.status)];
      const type = (reply.headers['content-type'] ?? 'application/json').split(';')[0] ?? '';
      if (reply.status !== status || described === undefined || !(type in described.content)) {
        faults.push({ method, path, expected: status, got: reply.status, type, body: reply.body });
        continue;
      }
      if (!type.endsWith('json')) continue;
      const at = `openapi#${pointer}/responses/${reply.status}/content/${escaped(type)}/schema`;
      const validate = ajv.getSchema(at) as ValidateFunction;
      if (!validate(reply.body)) faults.push({ method, path, errors: validate.errors?.slice(0, 3) });
    }
    expect(faults).toEqual([]);
    expect(operations.map(({ operation }) => operation.operationId).filter((id) => !reached.has(id))).toEqual(
      [],
    );
  });

  test('a member that the document does not know is a fault: the comparison can fail', () => {
    const validate = ajv.getSchema('openapi#/components/schemas/RolloutSummary') as ValidateFunction;
    expect(validate({ id: 'rollout-2026-11', colour: 'blue' })).toBe(false);
  });
});

const escaped = (part: string): string =>
  encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));

function operationFor(method: string, path: string): { operation: Operation; pointer: string } {
  const [bare = ''] = path.split('?');
  const candidates = operations.filter(
    (one) =>
      one.method === method.toLowerCase() &&
      new RegExp(`^${one.path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`).test(bare),
  );
  const found = candidates.find((one) => !one.path.includes('{')) ?? candidates[0];
  if (found === undefined) throw new Error(`${method} ${path} is in no path of the document.`);
  return { operation: found.operation, pointer: `/paths/${escaped(found.path)}/${found.method}` };
}
