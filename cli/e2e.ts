import { join } from 'node:path';
import { parseFleet } from '../drivers/fleet/parseFleet';
import { newChecker } from './e2e/checker';
import { httpClient, type HttpClient } from './e2e/httpClient';
import { checkMonth } from './e2e/month';
import { checkRefusals } from './e2e/refusals';
import { PACKAGE_ROOT } from '../local/packageRoot';
import { say } from '../local/say';
import { LowtideError } from '../domain/lowtideError';
import { readText } from '../local/readText';

const FLEET = join('fleets', 'e2e.json');

export interface E2eOptions {
  readonly baseUrl: string;
  /** A function key, where the host wants one. */
  readonly key?: string | undefined;
  /** Where fleets/ is, when that is not the package. */
  readonly root?: string;
}

/** Checks a running host, as a client sees it, in real time. Returns the exit code. */
export async function runE2e({ baseUrl, key, root = PACKAGE_ROOT }: E2eOptions): Promise<0 | 2> {
  const text = readText(join(root, FLEET));
  const fleet = parseFleet(text, FLEET);
  const http = httpClient(baseUrl, key);
  const checker = newChecker();
  await checkUnused(http, baseUrl);
  await checkRefusals(checker, http);
  const begun = await checkMonth(checker, http, text, fleet);
  if (!begun) say.line('The rollout could not begin, so that the rest was not checked.');
  say.line(`${checker.passed} passed, ${checker.failed} failed`);
  return checker.failed === 0 ? 0 : 2;
}

/**
 * The suite posts a fleet in the place of the one there is, and needs this month's rollout for itself: a host that has a rollout or a VM is in
 * use, and is refused before anything is changed.
 */
async function checkUnused(http: HttpClient, baseUrl: string): Promise<void> {
  const rollouts = await http.get('/api/rollouts');
  if (rollouts.status === 401 || rollouts.status === 403)
    throw new LowtideError('ARGUMENT_INVALID', {
      what: `${baseUrl} needs a function key.`,
      why: `It answered ${rollouts.status}.`,
      fix: 'Give the key with --key.',
    });
  const { value } = Object(rollouts.body) as { value?: readonly { id: string }[] };
  if (rollouts.status !== 200 || value === undefined)
    throw new LowtideError('ARGUMENT_INVALID', {
      what: `${baseUrl} is not a working Lowtide host.`,
      why: `GET /api/rollouts answered ${rollouts.status}: ${rollouts.text.slice(0, 300)}`,
      fix: 'Give the address of a host that runs this app, without a path.',
    });
  const [first] = value;
  if (first !== undefined) throw inUse(baseUrl, `It has ${first.id}.`);
  const subscriptions = await http.get('/subscriptions?api-version=2022-12-01');
  const vmCount = await vmCountOf(http, subscriptions.body);
  if (vmCount > 0) throw inUse(baseUrl, `It has ${vmCount} VMs or more.`);
}

/** VMs of the simulated Azure, which is asked as any client of Azure would. */
async function vmCountOf(http: HttpClient, body: unknown): Promise<number> {
  const { value = [] } = body as { value?: readonly { subscriptionId: string }[] };
  let count = 0;
  for (const { subscriptionId } of value) {
    const path = `/subscriptions/${subscriptionId}/providers/Microsoft.Compute/virtualMachines?api-version=2024-07-01`;
    const listed = (await http.get(path)).body as { value?: readonly unknown[] };
    count += listed.value?.length ?? 0;
  }
  return count;
}

function inUse(baseUrl: string, why: string): LowtideError {
  return new LowtideError('ARGUMENT_INVALID', {
    what: `${baseUrl} is in use, and nothing of it was changed.`,
    why: `${why} This suite replaces the fleet and needs the month for itself.`,
    fix: 'Start a host with an empty state folder, an empty storage and the settings of local.settings.e2e.json.',
  });
}
