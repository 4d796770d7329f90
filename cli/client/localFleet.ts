import { extraRegionsOf } from '../../composition/settingProblems';
import { Month } from '../../domain/ids';
import { addSeconds, isCalendarDay } from '../../domain/instants';
import { LowtideError } from '../../domain/lowtideError';
import { Policy } from '../../domain/policy';
import { learnRegions } from '../../domain/regions';
import { endsUtcOf, monthAfter, monthOfLatestRelease, releaseOf } from '../../domain/release';
import { selects, Selector } from '../../domain/selector';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { readAppSettings } from '../../local/appSettings';
import { readFleet } from '../../local/readFleet';
import { FORECAST_STATES, type ForecastState, type VmForecast } from '../../planning/forecastVm';
import {
  monthPreview,
  NAMED_MAX,
  previewAnswer,
  turnsOfPreview,
  type MonthPreview,
} from '../../planning/monthPreview';
import { groupOf, previewForecast } from '../../planning/previewForecast';
import { type ShownDiff, diffTurns, shownDiff } from '../../planning/previewPlan';
import type { Row } from './output';
import { bodySelector, idAmong, type SelectorOptions } from './selectors';

export interface LocalOptions extends SelectorOptions {
  /** The fleet. */
  readonly file: string;
  readonly settings?: string | undefined;
  readonly month?: string | undefined;
}

export interface LocalComparison {
  readonly against?: string | undefined;
  /** Another fleet file. */
  readonly fleet?: string | undefined;
  /** Members of the policy that differ. */
  readonly policy?: Readonly<Record<string, unknown>> | undefined;
}

interface Local {
  readonly vms: readonly VirtualMachine[];
  readonly policy: Policy;
  readonly month: Month;
}

/** By the settings that a rollout on this machine would use; a month as it looks at its release. */
function read({ file, settings: settingsFile, month }: LocalOptions): Local {
  const { settings } = readAppSettings({ file: settingsFile, fleet: file });
  const { policy } = settings;
  learnRegions(extraRegionsOf(policy.extraRegions));
  const next = monthAfter(monthOfLatestRelease(new Date().toISOString()));
  return { vms: readFleet(file).vms, policy, month: month === undefined ? next : Month.parse(month) };
}

const previewed = ({ vms, policy, month }: Local): MonthPreview =>
  monthPreview({ vms, policy, month, freezes: [], nowUtc: releaseOf(month), budgetsDown: {} });

/** What `GET /api/preview` of a host with this fleet would answer, with every row; compared with another plan when one is named. */
export function localPreview(options: LocalOptions, compared: LocalComparison): Row {
  const own = read(options);
  const before = previewed(own);
  const other = otherOf(own, compared);
  const [after, shown] = other === null ? [before, own] : [previewed(other), other];
  const selector = selectorIn(options, shown.vms);
  const isWanted = (place: number): boolean => {
    const vm = shown.vms[place];
    return vm !== undefined && selects(selector, vm);
  };
  const first = previewAnswer(after, isWanted, 0);
  const value = [...(first.body['value'] as readonly Row[])];
  while (value.length < first.matchedCount)
    value.push(...(previewAnswer(after, isWanted, value.length).body['value'] as readonly Row[]));
  const body = { ...first.body, value, asOfUtc: after.plan.releasedUtc };
  const diff = diffOf(own, { before, after, isOther: other !== null }, compared);
  return diff === null ? body : { ...body, diff };
}

/** A VM and a set are named by their names, too. */
function selectorIn(options: SelectorOptions, vms: readonly VirtualMachine[]): Selector {
  const { vm, set } = options;
  const setIds = new Set(vms.flatMap(({ availabilitySetId }) => availabilitySetId ?? []));
  const named = {
    ...options,
    vm:
      vm &&
      idAmong(
        'VM',
        vm,
        vms.map(({ id }) => id),
      ),
    set: set && idAmong('availability set', set, [...setIds]),
  };
  const parsed = Selector.safeParse(bodySelector(named));
  if (parsed.success) return parsed.data;
  throw new LowtideError('ARGUMENT_INVALID', {
    what: 'The VMs are not clear.',
    why: parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '),
    fix: 'Name a VM or a set by its name, or by its full ARM id.',
  });
}

function otherOf(own: Local, { fleet, policy }: LocalComparison): Local | null {
  if (fleet === undefined && policy === undefined) return null;
  return {
    ...own,
    ...(fleet !== undefined && { vms: readFleet(fleet).vms }),
    ...(policy !== undefined && { policy: Policy.parse({ ...own.policy, ...policy }) }),
  };
}

function diffOf(
  own: Local,
  {
    before,
    after,
    isOther,
  }: { readonly before: MonthPreview; readonly after: MonthPreview; readonly isOther: boolean },
  { against }: LocalComparison,
): ShownDiff | null {
  if (isOther) return shownDiff(diffTurns(turnsOfPreview(before), turnsOfPreview(after)), NAMED_MAX);
  if (against === undefined) return null;
  const last = previewed({ ...own, month: monthAfter(own.month, -1) });
  return shownDiff(diffTurns(turnsOfPreview(last), turnsOfPreview(before)), NAMED_MAX);
}

type Counts = Record<ForecastState, number>;

export interface LocalForecast {
  readonly rolloutId: string;
  readonly asOfUtc: string;
  readonly deadlineUtc: string;
  readonly endsUtc: string;
  readonly counts: Counts;
  readonly groups: readonly { readonly name: string; readonly counts: Counts }[];
  readonly value: readonly (VmForecast & { readonly vmId: string })[];
}

/** Which VMs would miss the 30 days if the month went as planned. */
export function localForecast(
  options: LocalOptions & { readonly by: string; readonly asOf?: string | undefined },
): LocalForecast {
  const own = read(options);
  const preview = previewed(own);
  const asOfUtc = instantOf(options.asOf) ?? preview.plan.releasedUtc;
  const selector = selectorIn(options, own.vms);
  const forecast = previewForecast(preview, own.vms, asOfUtc);
  const counts = noCounts();
  const groups = new Map<string, Counts>();
  const value: (VmForecast & { vmId: string })[] = [];
  for (const [place, vm] of own.vms.entries()) {
    const one = forecast[place];
    if (one === undefined || !selects(selector, vm)) continue;
    const name = groupOf(vm, options.by) ?? unknownGroup(options.by);
    const ofGroup = groups.get(name) ?? noCounts();
    groups.set(name, ofGroup);
    counts[one.state] += 1;
    ofGroup[one.state] += 1;
    value.push({ vmId: vm.id, ...one });
  }
  const { releasedUtc } = preview.plan;
  return {
    rolloutId: preview.plan.rolloutId,
    asOfUtc,
    deadlineUtc: addSeconds(releasedUtc, own.policy.rolloutDeadlineSeconds),
    endsUtc: endsUtcOf(own.month, own.policy),
    counts,
    groups: [...groups]
      .map(([name, ofGroup]) => ({ name, counts: ofGroup }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    value,
  };
}

const noCounts = (): Counts => Object.fromEntries(FORECAST_STATES.map((state) => [state, 0])) as Counts;

function unknownGroup(by: string): never {
  throw new LowtideError('ARGUMENT_INVALID', {
    what: `--by is '${by}'.`,
    why: 'A forecast is grouped by region, subscription, family or a tag.',
    fix: 'For example: --by tag:app.',
  });
}

function instantOf(written: string | undefined): string | null {
  if (written === undefined) return null;
  const ms = Date.parse(written);
  if (Number.isFinite(ms) && isCalendarDay(written)) return new Date(ms).toISOString();
  throw new LowtideError('ARGUMENT_INVALID', {
    what: `--as-of is '${written}'.`,
    why: 'It is not a day or instant in UTC.',
    fix: 'For example: --as-of 2026-12-01.',
  });
}

/** What is planned for one VM, and how it stands against the 30 days; null members where it takes no part. */
export interface LocalAnswer extends Pick<VmForecast, 'state' | 'why'> {
  readonly vmId: string;
  readonly rolloutId: string;
  readonly deadlineUtc: string;
  readonly endsUtc: string;
  readonly place: Row | null;
}

/** Why a VM would be patched then, or not at all, in the month of a fleet file. */
export function localWhy(nameOrId: string, options: LocalOptions): LocalAnswer {
  const asked = { ...options, vm: nameOrId };
  const { value, rolloutId, deadlineUtc, endsUtc } = localForecast({ ...asked, by: 'region' });
  const [own] = value;
  if (own === undefined)
    throw new LowtideError('ARGUMENT_INVALID', {
      what: `The fleet has no VM ${nameOrId}.`,
      why: `${options.file} does not list it.`,
      fix: 'Give its name, or its full ARM id.',
    });
  const [place = null] = localPreview(asked, {})['value'] as readonly Row[];
  return { vmId: own.vmId, rolloutId, state: own.state, why: own.why, deadlineUtc, endsUtc, place };
}
