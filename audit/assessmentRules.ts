import type { DriverAction, DriverEvent } from '../drivers/driver';
import type { AuditInput, AuditVm } from './auditInput';
import { type Findings, utcOf } from './auditReport';
import type { DriverLog, EventReader } from './driverLog';
import type { FleetFacts } from './fleetFacts';
import type { OffPeakWindows } from './offPeakWindows';

const HOUR = 3_600_000;

/** A VM that could not be assessed in its turn moves to its next window: two days beside the period. */
const TWO_WINDOWS = 48 * HOUR;
/** Hours that are always open never close. */
const LAST_WINDOW_MAX = 12 * HOUR;

/** What says whether a VM could be assessed, or that it was. */
const RELEVANT = [
  'assessmentStarted',
  'deleted',
  'poweredOff',
  'poweredOn',
  'agentLost',
  'agentRestored',
] as const satisfies readonly DriverAction[];
type RelevantAction = (typeof RELEVANT)[number];

const isRelevant = (action: DriverAction): action is RelevantAction =>
  (RELEVANT as readonly DriverAction[]).includes(action);

/** What happened to one VM, in the order of time. Two lists: a large fleet has a million of these. */
interface History {
  readonly actions: RelevantAction[];
  readonly ats: number[];
}

const NOTHING: History = { actions: [], ats: [] };

/** What is known of a VM between two events: it runs and its agent reports, or not. */
interface Seen {
  isOn: boolean;
  hasAgent: boolean;
  /** Since when it could have been assessed and was not; null while it cannot be. */
  waitsSince: number | null;
}

/**
 * INV-16: a VM that takes part, and that ran all the time, is assessed at least every `assessmentEvery` and two windows more. Which VMs
 * took part is read off the outcomes, and when one ran off the driver's log: of a VM that was off or silent for a moment nothing is asked
 * for the time before.
 */
export class AssessmentRule implements EventReader {
  /** By the first id of the VM. */
  readonly #histories = new Map<string, History>();
  readonly #fleet: FleetFacts;
  readonly #input: AuditInput;

  constructor(fleet: FleetFacts, input: AuditInput) {
    this.#fleet = fleet;
    this.#input = input;
  }

  read(at: number, { action, vm }: DriverEvent): void {
    if (this.#input.assessmentEverySeconds === undefined || !isRelevant(action)) return;
    const key = this.#fleet.firstIdOf(vm);
    let history = this.#histories.get(key);
    if (history === undefined) this.#histories.set(key, (history = { actions: [], ats: [] }));
    history.actions.push(action);
    history.ats.push(at);
  }

  /** When the whole log was read. */
  check(log: Pick<DriverLog, 'from' | 'until'>, windows: OffPeakWindows, findings: Findings): void {
    const { vms, outcomes = [], assessmentEverySeconds, changedByOwner = [] } = this.#input;
    if (assessmentEverySeconds === undefined || log.from === null) return;
    const longest = assessmentEverySeconds * 1000 + TWO_WINDOWS;
    const changed = new Set(changedByOwner.map((id) => id.toLowerCase()));
    const tookPart = new Set(
      outcomes
        .filter(({ kind, reason }) => kind !== 'skipped' && !NOT_RUNNING.has(reason))
        .map(({ vm }) => this.#fleet.firstIdOf(vm)),
    );
    for (const vm of vms) {
      const key = vm.id.toLowerCase();
      if (!tookPart.has(key) || changed.has(key) || hasUnfitAgent(vm)) continue;
      const place = this.#fleet.find(vm.id);
      // In the last of these windows it may be assessed until that closes.
      const isLate = (since: number, at: number): boolean => {
        const window = place && windows.at(place, since + longest);
        const closes = window === null ? 0 : Math.min(window.closes, since + longest + LAST_WINDOW_MAX);
        return at > Math.max(since + longest, closes);
      };
      const judged = { from: log.from, until: log.until, longest, isLate };
      checkOne(vm, this.#histories.get(key) ?? NOTHING, judged, findings);
    }
  }
}

/** A VM that ended so was off or silent when it was looked at last: the log may not say since when. */
const NOT_RUNNING: ReadonlySet<string> = new Set([
  'poweredOff',
  'agentSilent',
  'agentOutdated',
  'frozen',
  'excludedForNow',
]);

/** With an older agent the platform refuses, and only its owner updates it. */
const LINUX_AGENT_MIN = [2, 2, 53, 1];

/** A rollout that ends before it comes to such a VM does not report it as `agentSilent` or `agentOutdated`. */
function hasUnfitAgent({ agent }: AuditVm): boolean {
  if (agent === undefined) return false;
  if (!agent.isReady) return true;
  if (!agent.isOfLinux || agent.version === null) return false;
  const parts = agent.version.split('.').map(Number);
  const differing = LINUX_AGENT_MIN.findIndex((least, n) => least !== (parts[n] ?? 0));
  return differing >= 0 && (parts[differing] ?? 0) < (LINUX_AGENT_MIN[differing] ?? 0);
}

interface Judged {
  readonly from: number;
  readonly until: number;
  readonly longest: number;
  readonly isLate: (since: number, at: number) => boolean;
}

function checkOne(
  vm: AuditVm,
  { actions, ats }: History,
  { from, until, longest, isLate }: Judged,
  findings: Findings,
): void {
  const first = actions.find((action) => action === 'poweredOn' || action === 'poweredOff');
  const isOn = first === undefined ? vm.isOff !== true : first !== 'poweredOn';
  const seen: Seen = { isOn, hasAgent: true, waitsSince: null };
  if (seen.isOn) seen.waitsSince = from;
  const judge = (at: number): void => {
    if (seen.waitsSince === null) return;
    findings.evaluated('INV-16');
    if (!isLate(seen.waitsSince, at)) return;
    findings.violated(
      'INV-16',
      vm.id,
      at,
      `it ran and was not assessed since ${utcOf(seen.waitsSince)}: ${Math.round((at - seen.waitsSince) / HOUR)} h, at most ${Math.round(longest / HOUR)} h`,
    );
  };
  for (const [n, action] of actions.entries()) {
    const at = ats[n] ?? until;
    const before = seen.waitsSince;
    switch (action) {
      case 'assessmentStarted':
        judge(at);
        seen.waitsSince = at;
        continue;
      case 'deleted':
      case 'poweredOff':
        seen.isOn = false;
        break;
      case 'poweredOn':
        seen.isOn = true;
        break;
      case 'agentLost':
        seen.hasAgent = false;
        break;
      case 'agentRestored':
        seen.hasAgent = true;
        break;
    }
    const canBe = seen.isOn && seen.hasAgent;
    if (!canBe && before !== null) judge(at);
    seen.waitsSince = canBe ? (before ?? at) : null;
  }
  judge(until);
}
