import { runDecision, type DecisionKind } from '../../cli/client/rollouts';

const HALT = {
  haltId: 'a',
  kind: 'halt',
  phase: 'phase-1',
  region: null,
  why: 'Sick.',
  atUtc: '2026-11-11T00:00:00.000Z',
  decision: null,
};
const ROLLOUT = {
  id: 'rollout-2026-11',
  month: '2026-11',
  state: 'paused',
  releasedUtc: '2026-11-10T18:00:00.000Z',
  endsUtc: '2026-12-08T18:00:00.000Z',
  endedUtc: null,
  vmCount: 1,
  eligibleCount: 1,
  outcomes: {},
  reasons: {},
  phases: [],
  halts: [HALT],
};

/** What a host that answers so is sent by the client. */
async function sentBy(kind: DecisionKind, rollout: object): Promise<unknown> {
  const bodies: unknown[] = [];
  const host = jest.spyOn(globalThis, 'fetch').mockImplementation((url, init) => {
    if (typeof init?.body === 'string') bodies.push(JSON.parse(init.body));
    const body = new Request(url).url.endsWith('/forgiven') ? { isPaused: true, halts: [HALT] } : rollout;
    return Promise.resolve(new Response(JSON.stringify(body), { status: 200 }));
  });
  await runDecision(kind, ROLLOUT.id, { url: 'http://host', json: true, reason: 'Why.', yes: true });
  host.mockRestore();
  return bodies[0];
}

beforeEach(() => {
  for (const stream of [process.stdout, process.stderr]) jest.spyOn(stream, 'write').mockReturnValue(true);
});
afterEach(() => {
  jest.restoreAllMocks();
});

test('the client says which halts and which pause it showed, so that the host answers no other', async () => {
  const pausedSinceUtc = '2026-11-11T01:00:00.000Z';
  const paused = { ...ROLLOUT, pausedSinceUtc };
  expect(await sentBy('resume', paused)).toEqual({ reason: 'Why.', forgives: ['a'], pausedSinceUtc });
  expect(await sentBy('skip', paused)).toEqual({ reason: 'Why.', forgives: ['a'] });
  expect(await sentBy('pause', paused)).toEqual({ reason: 'Why.' });
});

test('a host of an earlier version, which says nothing of a pause, is sent nothing of it', async () => {
  expect(await sentBy('resume', ROLLOUT)).toEqual({ reason: 'Why.', forgives: ['a'] });
});
