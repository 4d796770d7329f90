/** What a person may want to be notified of. */
export const NOTICE_KINDS = [
  'started',
  'phaseDone',
  'halted',
  'approvalNeeded',
  'held',
  'hookAsked',
  'stuck',
  'atRisk',
  'decided',
  'done',
  'exclusionEnds',
] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** Decisions of the audit that make a notice. Everything else is read there. */
const NOTICE_OF: Readonly<Record<string, NoticeKind>> = {
  rolloutPlanned: 'started',
  gateOpened: 'phaseDone',
  halted: 'halted',
  approvalNeeded: 'approvalNeeded',
  approved: 'decided',
  approvalRejected: 'decided',
  approvalWithdrawn: 'decided',
  held: 'held',
  hookAsked: 'hookAsked',
  hookAnswered: 'decided',
  planFailed: 'stuck',
  claimOverrun: 'stuck',
  atRisk: 'atRisk',
  paused: 'decided',
  resumed: 'decided',
  skipped: 'decided',
  cancelled: 'decided',
  takenOver: 'decided',
  rolloutEnded: 'done',
  exclusionEnds: 'exclusionEnds',
};

/** The notice that a row of the audit gives, by what it decided; null for none. */
export const noticeOf = (what: string): NoticeKind | null => NOTICE_OF[what] ?? null;
