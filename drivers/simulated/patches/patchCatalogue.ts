import type { ListedPatch, PatchClassification } from '../../../domain/patches';
import { chance } from '../../../domain/seed';
import type { VirtualMachine } from '../../../domain/virtualMachine';
import { monthIndexOf, monthStartMs, releaseMonthAt, releaseMsOf } from '../calendar';
import {
  afterRelease,
  dailySeries,
  monthlySeries,
  onSeededDays,
  packageName,
  windowsName,
  type PatchSeries,
  type RebootBehavior,
} from './patchSeries';
import type { PatchSource } from './patchSource';
import { DAY_MS, HOUR_MS } from '../../../domain/timeUnits';

/** The patches that a VM can see. Shared by all VMs with the same source. */
export interface PatchView {
  readonly allSeries: readonly PatchSeries[];
  /** The newest version of the series to be seen now, among those published until `publishedUntilMs`; -1 for none. */
  visible(series: PatchSeries, nowMs: number, publishedUntilMs: number): number;
  /** What was listed of it last, by what it is made of. */
  readonly lists: Map<string, readonly ListedPatch[]>;
  /** What a VM with this random had when it was first seen: versions published until this instant. */
  baselineMs(firstSeenMs: number, random: number): number;
}

/** Hands out views, each made once: catalogues are large and VMs many. */
export function patchCatalogue(seed: number): (vm: VirtualMachine, source: PatchSource) => PatchView {
  const streams = new Map<string, readonly PatchSeries[]>();
  const views = new Map<string, PatchView>();
  return (vm, source) => {
    const stream = streamOf(vm);
    const server = source === 'WSUS' || source === 'PrivateRepository' ? vm.subscriptionId.toLowerCase() : '';
    const key = `${source}/${stream}/${server}`;
    const known = views.get(key);
    if (known !== undefined) return known;
    const allSeries = streams.get(stream) ?? seriesOf(seed, stream);
    streams.set(stream, allSeries);
    const view = viewOf(seed, source, server, allSeries, stream.startsWith('windows'));
    views.set(key, view);
    return view;
  };
}

/** The stream of an OS: Windows by release (Server Core gets the same), Linux by distribution. */
function streamOf({ osType, image }: VirtualMachine): string {
  if (osType === 'Windows')
    return `windows-${/(2012-r2|20\d\d)/i.exec(image?.sku ?? '')?.[1]?.toLowerCase() ?? '2019'}`;
  if (/redhat/i.test(image?.publisher ?? '')) return `rhel-${/^\d+/.exec(image?.sku ?? '')?.[0] ?? '7'}`;
  return `ubuntu-${/^\d\d[._]\d\d/.exec(image?.sku ?? '')?.[0].replace('_', '.') ?? '18.04'}`;
}

/** What a view answered last of a series: many VMs ask in one instant. */
interface Seen {
  readonly nowMs: number;
  readonly publishedUntilMs: number;
  readonly version: number;
}

function viewOf(
  seed: number,
  source: PatchSource,
  server: string,
  allSeries: readonly PatchSeries[],
  windows: boolean,
): PatchView {
  const seenUntil = source === 'PrivateRepository' ? (ms: number) => snapshotMs(seed, server, ms) : identity;
  const lagOf = source === 'WSUS' ? (ms: number) => approvalLagMs(seed, server, ms) : (): number => 0;
  const lastSeen = new Map<PatchSeries, Seen>();
  return {
    allSeries,
    lists: new Map(),
    visible(series, nowMs, publishedUntilMs) {
      const last = lastSeen.get(series);
      if (last?.nowMs === nowMs && last.publishedUntilMs === publishedUntilMs) return last.version;
      let version = series.latestAt(Math.min(seenUntil(nowMs), publishedUntilMs));
      while (version >= 0) {
        const published = series.publishedMs(version);
        if (published + lagOf(published) <= nowMs) break;
        version -= 1;
      }
      lastSeen.set(series, { nowMs, publishedUntilMs, version });
      return version;
    },
    baselineMs(firstSeenMs, random) {
      // Linux VMs were patched 5 to 35 days ago. Windows VMs lack the last two releases, every one of them, so that like VMs of one
      // release cadence lack the same patches.
      if (!windows) return firstSeenMs - (5 + 30 * random) * DAY_MS;
      return releaseMsOf(releaseMonthAt(firstSeenMs) - 1);
    },
  };
}

const identity = (ms: number): number => ms;

/** A private repository is a frozen copy of the public one, renewed twice a month on days its owner chose. */
function snapshotMs(seed: number, server: string, ms: number): number {
  for (let month = monthIndexOf(ms); ; month -= 1) {
    for (const half of [1, 0]) {
      const day = half * 14 + Math.floor(chance(seed, 'snapshot', server, month, half) * 14);
      const at = monthStartMs(month) + day * DAY_MS + 3 * HOUR_MS;
      if (at <= ms) return at;
    }
  }
}

/** The administrators of a WSUS server approve what a month brings after 1 to 7 days. */
function approvalLagMs(seed: number, server: string, publishedMs: number): number {
  return (1 + 6 * chance(seed, 'approval', server, monthIndexOf(publishedMs))) * DAY_MS;
}

function seriesOf(seed: number, stream: string): readonly PatchSeries[] {
  if (stream.startsWith('windows')) return windowsSeries(seed, stream);
  return stream.startsWith('rhel') ? packageSeries(seed, stream, RHEL) : packageSeries(seed, stream, UBUNTU);
}

function windowsSeries(seed: number, stream: string): readonly PatchSeries[] {
  const os = `Windows Server ${stream.slice('windows-'.length).toUpperCase()}`;
  const series = (
    name: string,
    title: string,
    kind: Pick<PatchSeries, 'classification' | 'reboot' | 'minutes'>,
    ...cadence: [share: number, daysAfter?: readonly [number, number]]
  ): PatchSeries => {
    const key = `${stream}/${name}`;
    return monthlySeries(
      { key, ...kind },
      afterRelease(seed, key, ...cadence),
      windowsName(seed, key, title),
    );
  };
  return [
    series('cumulative', `Cumulative Update for ${os}`, kind('Security', 'AlwaysRequiresReboot', 14), 1),
    series(
      'dotnet',
      `Cumulative Update for .NET Framework on ${os}`,
      kind('Security', 'CanRequestReboot', 6),
      0.8,
    ),
    series('servicing', `Servicing Stack Update for ${os}`, kind('Critical', 'NeverReboots', 3), 0.5),
    series('removal', 'Windows Malicious Software Removal Tool', kind('UpdateRollUp', 'NeverReboots', 2), 1),
    series(
      'preview',
      `Preview of Quality Rollup for ${os}`,
      kind('Updates', 'AlwaysRequiresReboot', 12),
      0.9,
      [14, 14],
    ),
    series(
      'outofband',
      `Out-of-band Update for ${os}`,
      kind('Critical', 'AlwaysRequiresReboot', 10),
      0.25,
      [4, 18],
    ),
    dailySeries(
      { key: `${stream}/definition`, ...kind('Definition', 'NeverReboots', 1) },
      6,
      windowsName(
        seed,
        `${stream}/definition`,
        'Security Intelligence Update for Microsoft Defender Antivirus',
      ),
    ),
  ];
}

function kind(
  classification: PatchClassification,
  reboot: RebootBehavior,
  minutes: number,
): Pick<PatchSeries, 'classification' | 'reboot' | 'minutes'> {
  return { classification, reboot, minutes };
}

type Package = readonly [
  name: string,
  version: string,
  classification: PatchClassification,
  reboot: RebootBehavior,
  minutes: number,
  perMonth: number,
];

const UBUNTU: readonly Package[] = [
  ['linux-image-azure', '5.4.0', 'Security', 'AlwaysRequiresReboot', 5, 1.2],
  ['libc6', '2.27-3ubuntu1', 'Critical', 'AlwaysRequiresReboot', 3, 0.3],
  ['openssl', '1.1.1-1ubuntu2.1~18.04', 'Critical', 'CanRequestReboot', 2, 0.5],
  ['sudo', '1.8.21p2-3ubuntu1', 'Security', 'NeverReboots', 1, 0.4],
  ['openssh-server', '7.6p1-4ubuntu0', 'Security', 'NeverReboots', 2, 0.5],
  ['curl', '7.58.0-2ubuntu3', 'Security', 'NeverReboots', 1, 0.8],
  ['python3.6', '3.6.9-1~18.04ubuntu1', 'Security', 'NeverReboots', 3, 0.7],
  ['systemd', '237-3ubuntu10', 'Security', 'CanRequestReboot', 3, 0.5],
  ['bind9-host', '9.11.3+dfsg-1ubuntu1', 'Security', 'NeverReboots', 2, 0.6],
  ['vim', '8.0.1453-1ubuntu1', 'Other', 'NeverReboots', 1, 1],
  ['tzdata', '2026a-0ubuntu0.18.04', 'Other', 'NeverReboots', 1, 0.5],
  ['cloud-init', '23.1.2-0ubuntu0~18.04', 'Other', 'NeverReboots', 1, 0.4],
  ['snapd', '2.61+18.04', 'Other', 'NeverReboots', 2, 0.6],
];

const RHEL: readonly Package[] = [
  ['kernel', '3.10.0-1160', 'Security', 'AlwaysRequiresReboot', 6, 0.9],
  ['glibc', '2.17-326', 'Critical', 'AlwaysRequiresReboot', 3, 0.2],
  ['openssl-libs', '1.0.2k-26', 'Critical', 'CanRequestReboot', 2, 0.4],
  ['sudo', '1.8.23-10', 'Security', 'NeverReboots', 1, 0.4],
  ['bind-utils', '9.11.4-26', 'Security', 'NeverReboots', 2, 0.6],
  ['nss', '3.90.0-2', 'Security', 'CanRequestReboot', 2, 0.5],
  ['python', '2.7.5-94', 'Security', 'NeverReboots', 3, 0.5],
  ['systemd', '219-78', 'Security', 'CanRequestReboot', 3, 0.4],
  ['selinux-policy', '3.13.1-268', 'Other', 'NeverReboots', 3, 0.6],
  ['tzdata', '2026a-1', 'Other', 'NeverReboots', 1, 0.5],
  ['NetworkManager', '1.18.8-2', 'Other', 'CanRequestReboot', 2, 0.5],
];

function packageSeries(seed: number, stream: string, packages: readonly Package[]): readonly PatchSeries[] {
  return packages.map(([name, version, classification, reboot, minutes, perMonth]) => {
    const key = `${stream}/${name}`;
    return monthlySeries(
      { key, ...kind(classification, reboot, minutes) },
      onSeededDays(seed, key, perMonth),
      packageName(name, version),
    );
  });
}
