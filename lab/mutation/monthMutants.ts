import type { Mutant } from './mutant';

const inMonth = (bug: string, file: string, edits: Mutant['edits'], month = 'calm'): Mutant => ({
  bug,
  file,
  edits,
  month,
  tests: [],
});

/** Bugs that the auditor has to find in what the driver says happened in a month. */
export const monthMutants: readonly Mutant[] = [
  inMonth('every VM is in UTC', 'domain/timeZone.ts', [
    [
      '  const invalid: { source: TimeZoneSource; value: string }[] = [];\n',
      "  const invalid: { source: TimeZoneSource; value: string }[] = [];\n  if (invalid.length === 0) return { zone: 'UTC', source: 'utc', invalid };\n",
    ],
  ]),
  inMonth('installations may outlast the window', 'activities/round/startInstall.ts', [
    [
      'Math.floor(Math.min(seconds, policy.installMaximumSeconds) / 60)',
      'Math.floor(Math.max(seconds, policy.installMaximumSeconds * 2) / 60)',
    ],
  ]),
  inMonth('rollouts install every classification', 'domain/patches.ts', [
    [
      "export const AUTOMATIC_CLASSIFICATIONS = [\n  'Critical',",
      "export const AUTOMATIC_CLASSIFICATIONS = [\n  'Definition',\n  'UpdateRollUp',\n  'Updates',\n  'Other',\n  'Critical',",
    ],
  ]),
  inMonth('both ends of a geo pair share a phase', 'planning/phases.ts', [
    ['if (sides.length === 0) return [[...left]];', 'if (sides.length >= 0) return [[...left]];'],
  ]),
  inMonth('a whole update domain goes at once', 'domain/disruption.ts', [
    ['  if (setSize < policy.setOneByOneBelow) return 1;\n', '  if (setSize > 1) return setSize - 1;\n'],
  ]),
  inMonth('the gate is not waited for', 'orchestrations/awaitGate.ts', [
    [
      "if (gate.kind === 'wait') return { kind: 'wait', nextUtc: gate.nextUtc };",
      "if (gate.kind === 'wait') return { kind: 'answer', answer: { openedUtc: context.df.currentUtcDateTime.toISOString() } };",
    ],
  ]),
  inMonth(
    'halts stop nothing',
    'domain/control.ts',
    [['halt.decision === null && stops(halt, where)', "halt.decision?.by === '' && stops(halt, where)"]],
    'flapping-health',
  ),
  inMonth(
    'unknown health counts as healthy',
    'domain/vmUpdate.ts',
    [
      [
        "  if (health.answer === 'unknown') return because('unknownTooLong', { because: health.because });\n",
        '',
      ],
    ],
    'flapping-health',
  ),
  inMonth(
    'unhealthy VMs count as patched',
    'domain/vmUpdate.ts',
    [
      [
        "  if (health.answer === 'unhealthy') return because('unhealthyAfterUpdate', { because: health.because });\n",
        '',
      ],
    ],
    'very-bad-patch',
  ),
  inMonth(
    'VMs are not watched after their update',
    'domain/vmUpdate.ts',
    [
      [
        '  health: HealthSeen,\n  moment: Moment,',
        "  seen: HealthSeen,\n  moment: Moment,\n  health: HealthSeen = { ...seen, answer: 'healthy' },",
      ],
      ['const soaked = nowUtc >= soakedUtc &&', 'const soaked ='],
    ],
    'flapping-health',
  ),
  inMonth('a VM is proven by the first healthy look in its soak', 'domain/vmUpdate.ts', [
    ['const soaked = nowUtc >= soakedUtc && (', 'const soaked = ('],
  ]),
  inMonth('the audit leaves out how installations ended', 'activities/round/installOperation.ts', [
    ['  await auditEnd(services, operation, endedUtc, summary);\n', '  void auditEnd;\n'],
  ]),
  inMonth(
    'VMs that were not reached have no outcome',
    'activities/closeRollout.ts',
    [['known[place] === null', 'known[place] === null && phase === null']],
    'very-bad-patch',
  ),
  inMonth('VMs are assessed half as often as the policy says', 'domain/assessmentTimes.ts', [
    ['policy.assessmentEverySeconds * share', 'policy.assessmentEverySeconds * share * 2.5'],
  ]),
  inMonth('excluded VMs take part', 'domain/eligibility.ts', [
    ["?.trim().toLowerCase() !== 'true') return null;", "?.trim().toLowerCase() !== 'yes') return null;"],
  ]),
];
