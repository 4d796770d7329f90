import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { ParsedFleet } from '../../drivers/fleet/parseFleet';
import { RolloutView, withOutcome } from '../rolloutView';
import { say } from '../../local/say';
import type { Checker } from './checker';
import type { HttpAnswer, HttpClient } from './httpClient';
import { expectProblem } from './refusals';

/** What GET /api/virtual-machines answers, as far as it is checked. */
const VmView = z.looseObject({
  vm: z.looseObject({ id: z.string(), region: z.string() }),
  eligibility: z.looseObject({ kind: z.enum(['eligible', 'ineligible']), reason: z.string().optional() }),
  timeZone: z.looseObject({ zone: z.string() }),
  offPeak: z.looseObject({ opensUtc: z.string(), closesUtc: z.string() }),
  state: z.looseObject({
    outcome: z.looseObject({ kind: z.string(), reason: z.string() }).nullable(),
    lastAssessment: z.looseObject({ status: z.string() }).nullable(),
    lastInstallation: z
      .looseObject({ status: z.string(), startTime: z.string(), lastModifiedTime: z.string() })
      .nullable(),
    installSlot: z.string().nullable(),
  }),
});
type VmView = z.infer<typeof VmView>;

const POLL_MS = 2_000;
const PAUSED_MS = 12_000;
/** The whole suite ends within five minutes. */
const MONTH_SECONDS_MAX = 240;

/** One rollout of the small fleet, from its post to its cancellation; false when it could not even begin. */
export async function checkMonth(
  checker: Checker,
  http: HttpClient,
  text: string,
  fleet: ParsedFleet,
): Promise<boolean> {
  const { check } = checker;
  const posted = await check('a fleet is posted, and counted', async () => {
    const answer = await http.post('/api/fleet', text);
    assert.equal(answer.status, 200, answer.text);
    const { vmCount, availabilitySetCount } = answer.body as Record<string, unknown>;
    assert.deepEqual([vmCount, availabilitySetCount], [fleet.vms.length, fleet.availabilitySets.size]);
  });
  if (!posted) return false;
  await checkModels(checker, http);
  const id = await checkStart(checker, http);
  if (id === null) return false;
  await checkPause(checker, http, id);
  const rollout = await followToTheEnd(checker, http, id);
  await checkOutcomes(checker, http, rollout);
  await checkPlaces(checker, http, rollout);
  await checkCancel(checker, http, id);
  return true;
}

async function checkModels({ check }: Checker, http: HttpClient): Promise<void> {
  await check('a VM is shown with its eligibility, time zone and next off-peak hours', async () => {
    const { eligibility, timeZone, offPeak } = await vmView(http, 'e2e-zonal-1');
    assert.equal(eligibility.kind, 'eligible');
    assert.equal(timeZone.zone, 'Europe/Dublin');
    assert.ok(offPeak.opensUtc < offPeak.closesUtc);
  });
  await check('a VM that is not eligible is shown with its reason', async () => {
    assert.equal((await vmView(http, 'e2e-manual')).eligibility.reason, 'patchModeNotPlatform');
    assert.equal((await vmView(http, 'E2E-EXCLUDED')).eligibility.reason, 'excluded');
  });
  await check('a VM that is not in the fleet is not found', async () => {
    expectProblem(await http.get(vmPath('no-such-vm')), 404, 'NOT_FOUND');
  });
}

async function checkStart({ check }: Checker, http: HttpClient): Promise<string | null> {
  let id = '';
  const started = await check(
    'the rollout of the latest release starts, and the answer has its address',
    async () => {
      const answer = await http.post('/api/rollouts');
      assert.notEqual(answer.status, 409, 'it exists already: this suite needs a host with empty storage');
      assert.equal(answer.status, 202, answer.text);
      ({ id } = answer.body as { id: string });
      assert.equal(answer.headers.get('location'), `/api/rollouts/${id}`);
    },
  );
  if (!started) return null;
  const path = `/api/rollouts/${id}`;
  await check('it is paused at once, and its state shows it', async () => {
    const answer = await http.post(`${path}/pause`, { reason: 'e2e: paused' });
    assert.equal(viewOf(answer).state, 'paused');
  });
  await check('starting it again is refused', async () => {
    expectProblem(await http.post('/api/rollouts'), 409, 'ROLLOUT_EXISTS');
  });
  await check('it is in the list', async () => {
    const { value } = (await http.get('/api/rollouts')).body as { value: { id: string }[] };
    assert.ok(value.some((rollout) => rollout.id === id));
  });
  return id;
}

async function checkPause({ check }: Checker, http: HttpClient, id: string): Promise<void> {
  const path = `/api/rollouts/${id}`;
  await check('a decision without a reason is refused', async () => {
    expectProblem(await http.post(`${path}/resume`, {}), 400, 'REQUEST_INVALID');
  });
  await check('nothing can be skipped where nothing halted', async () => {
    expectProblem(await http.post(`${path}/skip`, { reason: 'e2e' }), 409, 'NOTHING_TO_DECIDE');
  });
  await check('INV-9: while it is paused, nothing is patched', async () => {
    await sleep(PAUSED_MS);
    const { outcomes, state } = await rolloutView(http, id);
    assert.equal(state, 'paused');
    assert.deepEqual(
      [outcomes['patched'], outcomes['upToDate'], outcomes['failed']],
      [undefined, undefined, undefined],
    );
  });
  await check('it is resumed, once', async () => {
    const answer = await http.post(`${path}/resume`, { reason: 'e2e: go on' });
    assert.equal(answer.status, 200, answer.text);
    assert.notEqual(viewOf(answer).state, 'paused');
    expectProblem(await http.post(`${path}/resume`, { reason: 'e2e' }), 409, 'NOTHING_TO_DECIDE');
  });
}

/** Follows it until every VM has its outcome and every gate is decided. */
async function followToTheEnd({ check }: Checker, http: HttpClient, id: string): Promise<RolloutView> {
  let rollout = await rolloutView(http, id);
  await check('INV-8: every VM gets an outcome, and every gate opens', async () => {
    const startMs = performance.now();
    let printed = -1;
    for (;;) {
      rollout = await rolloutView(http, id);
      const done = withOutcome(rollout);
      const seconds = Math.round((performance.now() - startMs) / 1_000);
      if (done !== printed)
        say.line(`        ${done}/${rollout.vmCount ?? '?'} VMs have their outcome after ${seconds} s`);
      printed = done;
      const judged = rollout.phases.length > 0 && rollout.phases.every(({ gate }) => gate?.kind === 'open');
      if (judged && done === rollout.vmCount) return;
      assert.notEqual(rollout.state, 'halted', JSON.stringify(rollout.halts));
      assert.ok(seconds < MONTH_SECONDS_MAX, `not done after ${seconds} s: ${JSON.stringify(rollout)}`);
      await sleep(POLL_MS);
    }
  });
  return rollout;
}

const SETTLED = ['e2e-zonal-1', 'e2e-zonal-2', 'e2e-set-1', 'e2e-set-2', 'e2e-lone'];

async function checkOutcomes({ check }: Checker, http: HttpClient, rollout: RolloutView): Promise<void> {
  await check('R-101: the VMs that are on are patched, and healthy', async () => {
    const { patched = 0, upToDate = 0 } = rollout.outcomes;
    assert.equal(patched + upToDate, SETTLED.length, JSON.stringify(rollout.reasons));
    for (const name of SETTLED) {
      const { state } = await vmView(http, name);
      assert.ok(
        ['patched', 'upToDate'].includes(state.outcome?.kind ?? ''),
        `${name}: ${state.outcome?.kind ?? ''}`,
      );
      assert.equal(state.lastAssessment?.status, 'Succeeded');
      assert.equal(state.installSlot, null);
    }
  });
  await check('R-110: a VM that is powered off is deferred, and blocks no other', () => {
    assert.deepEqual(rollout.reasons['deferred'], { poweredOff: 1 });
  });
  await check('R-416: VMs that are not eligible are skipped, with their reason', () => {
    assert.deepEqual(rollout.reasons['skipped'], { patchModeNotPlatform: 1, excluded: 1 });
  });
}

async function checkPlaces({ check }: Checker, http: HttpClient, rollout: RolloutView): Promise<void> {
  await check('R-203: the geo pair is in two phases, the second after the gate of the first', () => {
    const [first, second] = rollout.phases;
    assert.equal(rollout.phases.length, 2);
    assert.deepEqual(rollout.phases.flatMap(({ regions }) => regions).sort(), ['northeurope', 'westeurope']);
    assert.ok(
      (first?.endedUtc ?? '~') <= (second?.startedUtc ?? ''),
      'phase 2 started before the gate of phase 1',
    );
  });
  await check(
    'R-205, R-208: no two zones, and no two update domains of the set, were down at once',
    async () => {
      for (const [one, other] of [SETTLED.slice(0, 2), SETTLED.slice(2, 4)]) {
        const [a, b] = [await installOf(http, one ?? ''), await installOf(http, other ?? '')];
        assert.ok(a.to <= b.from || b.to <= a.from, `${String(one)} and ${String(other)} overlap`);
      }
    },
  );
  await check('no answer holds a management URL of the durable host, which would carry a key', () => {
    for (const { text } of http.answers) assert.doesNotMatch(text, /runtime\/webhooks|[?&]code=/);
  });
}

async function checkCancel({ check }: Checker, http: HttpClient, id: string): Promise<void> {
  const path = `/api/rollouts/${id}`;
  await check('it is cancelled, and then nothing is left to decide', async () => {
    const answer = await http.post(`${path}/cancel`, { reason: 'e2e: done' });
    assert.match(viewOf(answer).state, /^cancell(ing|ed)$/);
    expectProblem(await http.post(`${path}/pause`, { reason: 'e2e' }), 409, 'ROLLOUT_ENDED');
  });
}

/** When the VM was being installed; never, for one that had nothing to install. */
async function installOf(http: HttpClient, name: string): Promise<{ from: string; to: string }> {
  const { state } = await vmView(http, name);
  const installation = state.lastInstallation;
  return { from: installation?.startTime ?? '~', to: installation?.lastModifiedTime ?? '' };
}

function vmPath(name: string): string {
  const group = '/subscriptions/00000000-0000-4000-8000-0000000000e2/resourceGroups/rg-e2e';
  return `/api/virtual-machines?id=${encodeURIComponent(`${group}/providers/Microsoft.Compute/virtualMachines/${name}`)}`;
}

async function vmView(http: HttpClient, name: string): Promise<VmView> {
  const answer = await http.get(vmPath(name));
  assert.equal(answer.status, 200, answer.text);
  return VmView.parse(answer.body);
}

async function rolloutView(http: HttpClient, id: string): Promise<RolloutView> {
  return viewOf(await http.get(`/api/rollouts/${id}`));
}

function viewOf(answer: HttpAnswer): RolloutView {
  assert.equal(answer.status, 200, answer.text);
  return RolloutView.parse(answer.body);
}
