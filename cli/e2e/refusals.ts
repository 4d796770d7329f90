import assert from 'node:assert/strict';
import { z } from 'zod';
import type { Checker } from './checker';
import type { HttpAnswer, HttpClient } from './httpClient';

const Problem = z.object({
  type: z.url(),
  title: z.string().min(1),
  status: z.number(),
  code: z.string(),
  detail: z.string().min(1),
});

/** RFC 9457: an error has what, why and how to fix it, in the type made for it. */
export function expectProblem(answer: HttpAnswer, status: number, code: string): void {
  assert.equal(answer.status, status, `it answered ${answer.status}: ${answer.text.slice(0, 500)}`);
  assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/);
  const problem = Problem.parse(answer.body);
  assert.equal(problem.code, code);
  assert.equal(problem.status, status);
}

/** What a host refuses before it has a fleet or a rollout. */
export async function checkRefusals({ check }: Checker, http: HttpClient): Promise<void> {
  await check('a fleet with a malformed record is refused, naming it', async () => {
    const answer = await http.post('/api/fleet', [{ id: 'not an ARM id', location: 'eastus' }]);
    expectProblem(answer, 400, 'FLEET_MALFORMED');
    assert.match(answer.text, /VM 1 of 1/);
  });
  await check('a rollout that was never started is not found', async () => {
    expectProblem(await http.get('/api/rollouts/rollout-2001-01'), 404, 'NOT_FOUND');
    expectProblem(await http.get('/api/rollouts/nonsense'), 404, 'NOT_FOUND');
    expectProblem(
      await http.post('/api/rollouts/rollout-2001-01/pause', { reason: 'e2e' }),
      404,
      'NOT_FOUND',
    );
  });
  await check('a request that is not understood is refused', async () => {
    expectProblem(await http.post('/api/rollouts', '{ "month": '), 400, 'REQUEST_INVALID');
    expectProblem(await http.post('/api/rollouts', { month: 'November' }), 400, 'REQUEST_INVALID');
    expectProblem(await http.post('/api/rollouts', { when: 'now' }), 400, 'REQUEST_INVALID');
  });
  await check('a release that is not out yet, or too long ago, cannot be rolled out', async () => {
    expectProblem(await http.post('/api/rollouts', { month: '2099-12' }), 400, 'REQUEST_INVALID');
    expectProblem(await http.post('/api/rollouts', { month: '2001-01' }), 400, 'REQUEST_INVALID');
  });
  await check('a VM is asked for by its full ARM id', async () => {
    expectProblem(await http.get('/api/virtual-machines'), 400, 'REQUEST_INVALID');
    expectProblem(await http.get('/api/virtual-machines?id=web-01'), 400, 'REQUEST_INVALID');
  });
}
