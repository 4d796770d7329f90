import { planted, type Mutant } from './mutant';

const START = 'activities/round/startInstall.ts';
const START_TEST = 'tests/activities/startInstall.test.ts';
const AUDIT = 'audit/freezeRules.ts';
const AUDIT_TEST = 'tests/audit/assessments.test.ts';

/** Bugs in what freezes and exclusions hold, and in the auditor's own rule about them. */
export const freezeMutants: readonly Mutant[] = [
  planted(
    'a freeze that comes while a start is prepared is not read again',
    START,
    ['freezes: freezesOfStart(own, nowUtc, policy)', 'freezes: []'],
    START_TEST,
  ),
  planted(
    'an installation may run into a freeze',
    START,
    ['isForbidden ? window.closesUtc : freeUntil(own, now, window.closesUtc)', 'window.closesUtc'],
    START_TEST,
  ),
  planted(
    'only a freeze that is in force already holds a start',
    'domain/freezes.ts',
    [
      'return inForce(freezes, nowUtc, endUtc);',
      'return inForce(freezes, nowUtc, nowUtc < endUtc ? nowUtc : endUtc);',
    ],
    START_TEST,
  ),
  planted(
    'the plan and the forecast take a start before a freeze that leaves no time for it',
    'planning/nextStart.ts',
    ['freshAfterUtc, endsUtc: untilUtc }', 'freshAfterUtc, endsUtc }'],
    'tests/planning/nextStart.test.ts',
  ),
  planted(
    'the auditor looks only at what starts in a freeze',
    AUDIT,
    ['latest <= from', 'start < from'],
    AUDIT_TEST,
  ),
  planted(
    'the auditor judges by a freeze that came later',
    AUDIT,
    ['start <= known || start', 'start'],
    AUDIT_TEST,
  ),
];
