import { LowtideError } from '../../domain/lowtideError';
import { problemOf } from '../../operatorApi/problem';
import { operatorRoutes } from '../../operatorApi/routes';
import { anApi, type Api } from '../armApi/api';

describe('What the operator’s API answers when it cannot do what was asked', () => {
  let api: Api;
  beforeAll(async () => {
    api = await anApi();
    await api.send('POST', '/api/rollouts', { month: '2026-10' }); // so that the audit has a chain
  });
  afterAll(() => api.close());

  it.each([
    ['/api/rollouts?kind=failed', "'kind'"],
    ["/api/rollouts?$filter=state eq 'halted'", "'$filter'"],
    ['/api/rollouts/rollout-2026-11/audit?afterwards=x', "It knows 'after', 'limit'."],
    ['/api/virtual-machines?ID=x&name=y', "It knows 'id'."],
  ])('%s has an unknown query parameter: 400, and which ones there are', async (path, said) => {
    const { status, headers, body } = await api.send('GET', path);
    expect([status, headers['content-type'], body['code']]).toEqual([
      400,
      'application/problem+json',
      'REQUEST_INVALID',
    ]);
    expect(JSON.stringify([body['title'], body['detail']])).toContain(said);
  });

  it.each([
    'audit?after=%00',
    'audit?after=a/b',
    'audit?after=operator',
    'audit?after=rollout-1999-01~0',
    'audit?chain=rollout-2026-10&after=ledger~1',
    'rollouts/rollout-2026-10/audit?after=x',
  ])('GET /api/%s goes on where no page ended: 400, not an empty page', async (path) => {
    const { status, body } = await api.send('GET', `/api/${path}`);
    expect([status, body['code'], body['title']]).toEqual([
      400,
      'REQUEST_INVALID',
      expect.stringContaining('The query parameter after is'),
    ]);
  });

  it('a function key may come in the query', async () => {
    expect((await api.send('GET', '/api/rollouts?code=key')).status).toBe(200);
  });

  it('a path that does not exist is 404 and names the nearest one, and where all are listed', async () => {
    const { status, headers, body } = await api.send('GET', '/api/rollout/rollout-2026-11');
    expect([status, headers['content-type'], body['code']]).toEqual([
      404,
      'application/problem+json',
      'NOT_FOUND',
    ]);
    expect(body['detail']).toContain('The nearest is GET /api/rollouts/{id}. GET / lists all');
  });

  it('a method that a path has not is 405 and names those it has', async () => {
    const { status, body } = await api.send('DELETE', '/api/rollouts/rollout-2026-11');
    expect([status, body['code']]).toEqual([405, 'METHOD_NOT_ALLOWED']);
    expect(body['detail']).toContain('GET /api/rollouts/{id}');
  });

  it('GET / says what is served here and where to look', async () => {
    const { status, body } = await api.send('GET', '/');
    expect([status, body['name']]).toEqual([200, 'Lowtide']);
    for (const { route } of operatorRoutes.filter((one) => one.role !== null))
      expect(JSON.stringify(body)).toContain(`/${route}`);
  });

  it('storage that does not answer is 503, with the time after which to ask again', () => {
    const silent = new LowtideError('STORAGE_UNAVAILABLE', { what: 'No.', why: 'Silence.', fix: 'Wait.' });
    const answer = problemOf(silent, () => undefined);
    expect(answer.status).toBe(503);
    expect(answer.headers).toMatchObject({ 'content-type': 'application/problem+json', 'retry-after': '10' });
  });

  it('what was not expected is a problem document, too, and its stack is in the log alone', () => {
    const log: string[] = [];
    const answer = problemOf(new Error('secret of the house'), (line) => log.push(line));
    expect([answer.status, JSON.stringify(answer.body).includes('secret')]).toEqual([500, false]);
    expect(log.join()).toContain('secret of the house');
  });
});
