import type { PointsReport } from './crashAtEveryStep';

/** The shares of several processes, together. */
export function sumOf(reports: readonly PointsReport[]): PointsReport {
  const byKind: Record<string, number> = {};
  for (const report of reports)
    for (const [kind, count] of Object.entries(report.byKind)) byKind[kind] = (byKind[kind] ?? 0) + count;
  const sum = (pick: (report: PointsReport) => number): number =>
    reports.reduce((total, report) => total + pick(report), 0);
  return {
    exist: Math.max(...reports.map(({ exist }) => exist)),
    aimed: sum(({ aimed }) => aimed),
    hit: sum(({ hit }) => hit),
    byKind,
    rollouts: sum(({ rollouts }) => rollouts),
    crashes: sum(({ crashes }) => crashes),
    cpuSeconds: sum(({ cpuSeconds }) => cpuSeconds),
    violations: reports.flatMap(({ violations }) => violations),
    missed: reports.flatMap(({ missed }) => missed),
  };
}

export function describePoints(vms: number, report: PointsReport & { readonly wallSeconds: number }): string {
  const { exist, aimed, hit, missed, byKind, rollouts, crashes, violations, wallSeconds, cpuSeconds } =
    report;
  return [
    `A rollout of ${vms} VMs has ${exist} steps after which its host can crash; ${aimed} were aimed at, ${hit} were hit.`,
    `${rollouts} rollouts with ${crashes} crashes in ${Math.round(wallSeconds)} s, ${Math.round(cpuSeconds)} s of CPU`,
    ...Object.entries(byKind)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([kind, count]) => `  ${kind.padEnd(32)} ${String(count).padStart(6)}`),
    ...missed.map((name) => `  not come to again: ${name}`),
    `  violations ${String(violations.length).padStart(28)}`,
    ...violations
      .slice(0, 10)
      .map(({ invariant, vm, at, detail }) => `  ${invariant} ${at} ${vm ?? ''} ${detail}`),
    '',
  ].join('\n');
}
