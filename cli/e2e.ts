import { join } from 'node:path';
import { parseFleet } from '../drivers/fleet/parseFleet';
import { newChecker } from './e2e/checker';
import { httpClient } from './e2e/httpClient';
import { checkMonth } from './e2e/month';
import { checkRefusals } from './e2e/refusals';
import { PACKAGE_ROOT } from '../local/packageRoot';
import { say } from '../local/say';
import { readText } from '../local/readText';

const FLEET = join('fleets', 'e2e.json');

export interface E2eOptions {
  readonly baseUrl: string;
  /** Where fleets/ is, when that is not the package. */
  readonly root?: string;
}

/** Checks a running host, as a client sees it, in real time. Returns the exit code. */
export async function runE2e({ baseUrl, root = PACKAGE_ROOT }: E2eOptions): Promise<0 | 2> {
  const text = readText(join(root, FLEET));
  const fleet = parseFleet(text, FLEET);
  const http = httpClient(baseUrl);
  const checker = newChecker();
  await http.get('/api/rollouts'); // throws when nobody is there
  await checkRefusals(checker, http);
  const begun = await checkMonth(checker, http, text, fleet);
  if (!begun) say.line('The rollout could not begin, so that the rest was not checked.');
  say.line(`${checker.passed} passed, ${checker.failed} failed`);
  return checker.failed === 0 ? 0 : 2;
}
