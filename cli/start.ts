import { join, resolve } from 'node:path';
import { renderCertificate } from '../audit/certificate';
import type { AuditReport } from '../audit/auditReport';
import { rolloutIdOf, type Month } from '../domain/ids';
import { monthOfLatestRelease, releaseOf } from '../domain/release';
import type { ParsedFleet } from '../drivers/fleet/parseFleet';
import type { Host } from '../emulator/host';
import { readAppSettings, settingsForPost, type AppSettings } from '../local/appSettings';
import { auditEvents } from '../local/auditEvents';
import { eventsOf } from '../local/driverEvents';
import { checkedScenario, withLocalApp, type LocalApp } from '../local/localApp';
import { readFleet } from '../local/readFleet';
import { readText } from '../local/readText';
import {
  auditRollouts,
  deletedOf,
  freezesOf,
  outcomesOf,
  rolloutsOf,
  trailOf,
} from '../local/reportedRollouts';
import { say } from '../local/say';
import { STATE_HOME } from '../local/stateFolder';
import { terminalWidth, wrapText } from '../local/wrap';
import { asTyped } from './asTyped';
import { answered, beginMonth } from './beginMonth';
import { followRollout } from './followRollout';
import { interruption } from './interruption';
import { describeOutcome, shortTime } from './rolloutSummary';
import { RolloutView } from './rolloutView';
import { aborted } from './serve';
import { LOOK_BASE_URL } from './startDefaults';

export interface StartOptions {
  readonly fleet: string;
  readonly scenario?: string | undefined;
  readonly speed: number;
  readonly port: number;
  readonly seed: number;
  readonly month?: Month | undefined;
  readonly settings?: string | undefined;
  readonly keepGoing?: boolean | undefined;
  /** Folder of everything it keeps; without it one under .lowtide. */
  readonly state?: string | undefined;
  readonly verbose?: boolean | undefined;
}

/** Rolls out a month over a fleet before one's eyes, then serves what came of it until Ctrl-C. */
export async function runStart(options: StartOptions): Promise<0 | 2> {
  const stopped = interruption();
  const month = options.month ?? monthOfLatestRelease(new Date().toISOString());
  const fleet = readFleet(options.fleet);
  const app = startSettings(options);
  const id = rolloutIdOf(month);
  if (options.port !== 0)
    say.line(`Dashboard: http://127.0.0.1:${options.port}/dashboard, in a few seconds.`);
  say.line(
    wrapText(
      `${id} over the ${fleet.vms.length} VMs of ${options.fleet}, from its release to its last outcome.`,
    ),
  );
  say.line(app.summary);
  say.line('Starting Azurite and the app …');
  const ended = await withLocalApp(
    {
      folder: options.state === undefined ? join(STATE_HOME, 'start') : resolve(options.state),
      fresh: true,
      clock: { kind: 'virtual', startUtc: releaseOf(month) },
      port: options.port,
      settings: app.values,
      verbose: options.verbose,
    },
    stopped,
    async (local) => {
      const { host } = local;
      say.line(wrapText(`Serving ${host.baseUrl}/dashboard, where you can watch it.`));
      say.line(`${wrapText(DURATION)}\n`);
      await beginMonth(host, { id, month, fleet: readText(options.fleet) });
      await followRollout({ host, id, speed: options.speed, keepGoing: options.keepGoing === true });
      const audit = await report(host, id, fleet, app);
      // From now on time passes as it does elsewhere, so that there is time to look around.
      lookAround(await withRealTime(local), id);
      if (audit.violations.length > 0) say.line('Its exit code will be 2, for what the audit found.');
      await aborted(stopped);
      return audit.violations.length === 0 ? (0 as const) : (2 as const);
    },
  );
  return ended.kind === 'done' ? ended.value : 0;
}

/** From the instant on to which the month was followed and judged: the journal's last one may be earlier. */
export const withRealTime = (local: LocalApp): Promise<Host> =>
  local.withClock({ kind: 'spedUp', speed: 1, startUtc: local.host.nowUtc() });

const DURATION = 'The month takes up to a minute and a half on two quiet cores, longer on busy ones.';

/** Of its host, which the fleet is posted to: those that `plan` and `simulate` have for the same file. */
export function startSettings(
  options: Pick<StartOptions, 'settings' | 'fleet' | 'scenario' | 'seed'>,
): AppSettings {
  const { settings: file, fleet, scenario, seed } = options;
  const own = {
    LOWTIDE_FLEET: '',
    LOWTIDE_SCENARIO: scenario === undefined ? '' : checkedScenario(scenario),
    LOWTIDE_SEED: String(seed),
  };
  return settingsForPost(readAppSettings({ file, fleet, own }));
}

/** The rollout's own report, and the auditor's on what really happened. */
async function report(host: Host, id: string, fleet: ParsedFleet, app: AppSettings): Promise<AuditReport> {
  const rollout = RolloutView.parse(await answered(host, 'GET', `/api/rollouts/${id}`));
  const rollouts = await rolloutsOf(host);
  const untilUtc = host.nowUtc();
  const audit = auditEvents([...(await eventsOf(host, untilUtc))], fleet, app.settings.policy, {
    untilUtc,
    ...auditRollouts(rollouts),
    outcomes: await outcomesOf(host, id),
    trail: await trailOf(host, rollouts),
    freezes: await freezesOf(host),
    changedByOwner: await deletedOf(host, fleet.vms),
  });
  say.line();
  say.line(describeOutcome(rollout));
  say.line(renderCertificate(audit, terminalWidth()));
  return audit;
}

function lookAround(host: Host, id: string): void {
  const where = host.baseUrl === LOOK_BASE_URL ? '' : ` --url ${host.baseUrl}`;
  const look = asTyped(`npm run --silent look --${where}`);
  say.line(wrapText(`The app's clock is at ${shortTime(host.nowUtc())} UTC and now runs in real time.`));
  say.line(`Look around at ${host.baseUrl}/dashboard, or from another terminal:`);
  say.line(`  ${look} /api/rollouts/${id}`);
  say.line(`  ${look} /api/rollouts/${id}/virtual-machines`);
  say.line(`  ${look} /api/rollouts/${id}/audit`);
  say.line('Ctrl-C ends it.');
}
