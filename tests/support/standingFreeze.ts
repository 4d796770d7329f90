import type { StandingFreeze } from '../../domain/freezes';

/** A freeze or an exclusion of every VM that is in force in the middle of November. */
export function aStandingFreeze(kind: 'freeze' | 'exclusion'): StandingFreeze {
  const [fromUtc, toUtc] = ['2026-11-10T00:00:00.000Z', '2026-11-20T00:00:00.000Z'];
  return {
    freeze: {
      id: 'launch',
      kind,
      selector: {},
      from: fromUtc,
      to: toUtc,
      timeZone: null,
      reason: 'The launch.',
      owner: 'ops',
      createdUtc: fromUtc,
      createdBy: 'ops',
    },
    span: { fromUtc, toUtc },
  };
}
