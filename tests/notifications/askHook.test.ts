import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { refusedByHooks } from '../../activities/rollout/askHooks';
import type { Services } from '../../activities/services';
import { Hook } from '../../domain/hooks';
import { RolloutId } from '../../domain/ids';
import { Policy } from '../../domain/policy';
import { phaseIdOf } from '../../domain/phaseId';
import { signature } from '../../notifications/post';
import { hookCaller } from '../../notifications/askHook';
import { aVm } from '../support/builders';

describe('a hook', () => {
  let server: Server;
  let url = '';
  let asked: unknown = null;
  let [text, headers]: [string, IncomingHttpHeaders] = ['', {}];
  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (piece) => (body += String(piece)));
      request.on('end', () => {
        asked = JSON.parse(body);
        [text, headers] = [body, request.headers];
        if (request.url === '/silent') return;
        response.statusCode = request.url === '/error' ? 503 : request.url === '/moved' ? 302 : 200;
        if (request.url === '/long') response.end(`{"why":"${'Not approved. '.repeat(500)}","go":false}`);
        else if (request.url === '/halfway') {
          response.setHeader('content-length', '100');
          response.write('{"go":');
          setTimeout(() => response.destroy(), 20);
        } else if (request.url === '/slow') response.write('yes, if');
        else if (request.url === '/odd') response.end('{"go":"false"}');
        else if (request.url === '/broken') response.end('{"go":false');
        else if (request.url === '/text') response.end('OK');
        else if (request.url === '/no') response.end('{"go":false,"why":"Change 17 is not approved."}');
        else if (request.url === '/endless') response.write('x'.repeat(100_000));
        else response.end(request.url === '/error' ? 'out of order' : '{"go":true}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const hook = (path: string, more: object = {}): Hook =>
    Hook.parse({ name: 'change', on: 'beforeVm', url: `${url}${path}`, timeoutSeconds: 1, ...more });
  const ask = hookCaller({ privateAddresses: true });

  it('says yes by 2xx, and is asked what it is about', async () => {
    expect(await ask(hook('/yes'), { vmIds: ['a'] })).toEqual({ kind: 'yes' });
    expect(asked).toEqual({ hook: 'change', on: 'beforeVm', vmIds: ['a'] });
    expect(await ask(hook('/text'), {})).toEqual({ kind: 'yes' });
  });

  it.each([
    ['/no', 'Change 17 is not approved.'],
    ['/error', 'It answered 503: out of order'],
    ['/moved', 'It answered 302.'],
    ['/silent', 'It did not answer within 1 s.'],
    ['/slow', 'It did not answer within 1 s.'],
    ['/halfway', 'Its answer broke off.'],
    ['/long', 'Not approved. '.repeat(500).slice(0, 300)],
    ['/odd', 'It said no.'],
    ['/broken', 'Its answer is no JSON: {"go":false'],
    ['/endless', 'Its answer is longer than 16384 characters.'],
  ])('fails closed: %s is a no, with its words', async (path, why) => {
    expect(await ask(hook(path), {})).toEqual({ kind: 'no', why });
  });

  it('is signed as notices are, where the deployment has a secret, so that a receiver knows who asks', async () => {
    const secret = 'a secret of 24 characters';
    await hookCaller({ privateAddresses: true, hookSecret: secret, nowMs: () => 1_800_000_000_000 })(
      hook('/yes'),
      {},
    );
    const id = String(headers['webhook-id']);
    const nowSeconds = 1_800_000_000;
    const expected = signature(text, { id, secret, nowSeconds, privateAddresses: true });
    expect(headers).toMatchObject(expected);
    expect(expected['webhook-signature']).toMatch(/^v1,.{44}$/);
    await ask(hook('/yes'), {});
    expect(headers['webhook-signature']).toBeUndefined();
  });

  it('reaches no private address unless the deployment allows it, as notices do not', async () => {
    const guarded = hookCaller({ privateAddresses: false });
    expect(await guarded(hook('/yes'), {})).toMatchObject({ kind: 'no' });
    const written = Hook.parse({ name: 'x', on: 'afterRound', url: 'https://169.254.169.254/' });
    expect(await guarded(written, {})).toEqual({
      kind: 'no',
      why: expect.stringContaining('not a public address') as string,
    });
  });

  it('that did not answer in time four times is not asked again at once, so that a round of 80 VMs ends; later it is', async () => {
    let nowMs = 0;
    const caller = hookCaller({ privateAddresses: true, nowMs: () => nowMs });
    const late = { kind: 'no', why: 'It did not answer within 1 s.' };
    const four = [1, 2, 3, 4].map((n) => caller(hook('/silent'), { n }));
    expect(await Promise.all(four)).toEqual([late, late, late, late]);
    const why = 'It did not answer within 1 s a moment ago.';
    expect(await caller(hook('/silent'), { n: 5 })).toEqual({ kind: 'no', why });
    expect(await caller(hook('/yes'), { n: 6 })).toEqual({ kind: 'yes' });
    nowMs = 30_000;
    await caller(hook('/silent'), { n: 7 });
    expect(asked).toMatchObject({ n: 7 });
  });

  it('that answers late once is asked of the next VM all the same', async () => {
    const caller = hookCaller({ privateAddresses: true, nowMs: () => 0 });
    await caller(hook('/silent'), { n: 1 });
    await caller(hook('/silent'), { n: 2 });
    expect(asked).toMatchObject({ n: 2 });
  });

  it('holds the VMs that its selector fits, and every hook that does not say yes is named', async () => {
    const hooks = [
      hook('/no', { selector: { tag: 'app=shop' } }),
      hook('/error', { name: 'second' }),
      hook('/no', { name: 'later', on: 'afterRound' }),
    ];
    const services = { policy: Policy.parse({ hooks }), askHook: ask } as unknown as Services;
    const about = { rolloutId: RolloutId.parse('rollout-2026-11'), phase: phaseIdOf(1) };
    const held = async (app: string): Promise<readonly unknown[]> =>
      (await refusedByHooks(services, { ...about, vm: aVm({ name: 'a', tags: { app } }) })).map(
        ({ reason, detail }) => `${reason}: ${detail}`,
      );
    expect(await held('shop')).toEqual([
      'hookRefused: The hook change did not say yes: Change 17 is not approved.',
      'hookRefused: The hook second did not say yes: It answered 503: out of order',
    ]);
    expect(await held('other')).toHaveLength(1);
    const mute = { policy: Policy.parse({ hooks: [hook('/yes')] }) } as unknown as Services;
    expect(await refusedByHooks(mute, { ...about, vm: aVm({ name: 'a' }) })).toMatchObject([
      { facts: { why: 'This host cannot ask hooks.' } },
    ]);
  });
});
