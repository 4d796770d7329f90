import { z } from 'zod';
import type { DriverEvent } from '../drivers/driver';
import { LowtideError } from '../domain/lowtideError';
import {
  ask,
  auditRollouts,
  freezesOf,
  outcomesOf,
  paged,
  rolloutsOf,
  trailOf,
  type Api,
  type ReportedRollout,
} from '../local/reportedRollouts';
import { SimulatedVm } from '../operatorApi/shapes/simulatedVm';
import { EVENTS, type AuditEvidence } from './auditEvidence';
import { httpClient } from './e2e/httpClient';

const LOG = '/api/simulated/events';
const VMS = '/api/simulated/virtual-machines';

/** While the log is read the rollouts go on. So often is it read again when a phase, a gate or a halt has changed meanwhile. */
const TRIES = 5;

/** Everything that a running host with the simulated driver gives the auditor over HTTP. */
export async function evidenceOf(baseUrl: string, key: string | undefined): Promise<AuditEvidence> {
  const api = apiOf(baseUrl, key);
  let rollouts = await rolloutsOf(api);
  for (let tries = 0; tries < TRIES; tries += 1) {
    const evidence = await evidenceBeside(api, rollouts);
    const now = await rolloutsOf(api);
    if (JSON.stringify(now) === JSON.stringify(rollouts)) return evidence;
    rollouts = now;
  }
  throw new LowtideError('ARGUMENT_INVALID', {
    what: `The rollouts of ${baseUrl} change faster than they can be read.`,
    why: `A phase, a gate or a halt changed in each of ${TRIES} tries, so the log and the rollouts do not match in time.`,
    fix: 'Pause the rollout, or let the host go more slowly, and audit it then.',
  });
}

/** The log first, then what the rollouts' audit says of it: every row of an install in the log is written by then. */
async function evidenceBeside(api: Api, rollouts: readonly ReportedRollout[]): Promise<AuditEvidence> {
  const vms: SimulatedVm[] = [];
  for await (const vm of paged(api, VMS)) vms.push(SimulatedVm.parse(vm));
  const untilUtc = z.object({ untilUtc: z.iso.datetime() }).parse(await ask(api, LOG)).untilUtc;
  const events: DriverEvent[] = [];
  for await (const event of paged(api, `${LOG}?untilUtc=${encodeURIComponent(untilUtc)}`))
    events.push(EVENTS.each.parse(event) as DriverEvent);
  const installs = new Set(events.map(({ operationId }) => operationId));
  const trail = (await trailOf(api, rollouts)).filter(
    ({ atUtc, what, evidence: { operationId } }) =>
      atUtc < untilUtc || !what.startsWith('install') || installs.has(operationId as string | null),
  );
  return {
    vms,
    events,
    rollout: {
      ...auditRollouts(rollouts),
      ...(await outcomes(api, rollouts, vms.length)),
      trail,
      freezes: await freezesOf(api),
      untilUtc,
    },
  };
}

/** The outcomes of VMs are held against the fleet when there is one rollout, it has ended, and the fleet is the one that it was planned for. */
async function outcomes(
  api: Api,
  rollouts: readonly ReportedRollout[],
  vmCount: number,
): Promise<Partial<Pick<AuditEvidence['rollout'], 'outcomes'>>> {
  const [only, another] = rollouts;
  if (only === undefined || another !== undefined || only.state !== 'ended') return {};
  const reported = await outcomesOf(api, only.rolloutId);
  return reported.length === vmCount ? { outcomes: reported } : {};
}

function apiOf(baseUrl: string, key: string | undefined): Api {
  const http = httpClient(baseUrl.replace(/\/+$/, ''), key);
  return {
    request: async (_method, path) => {
      const { status, body, text } = await http.get(path);
      const isJson = typeof body === 'object';
      if (status === 200 && isJson) return { status, headers: {}, body };
      throw new LowtideError('ARGUMENT_INVALID', {
        what: `${path} answered ${status}${isJson ? '' : ', but not with JSON'}.`,
        why: text === '' ? 'The answer has no body.' : text,
        fix: 'Name a host of Lowtide with the simulated driver, and give the function key with --key if it needs one.',
      });
    },
  };
}
