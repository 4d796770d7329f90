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

/** Which of a receiver's notices go first: 0 before 1 before 2. */
export const NOTICE_RANKS = [0, 1, 2] as const;
export type NoticeRank = (typeof NOTICE_RANKS)[number];

/** A person has to act on these at once. Part of the keys of waiting notices: whoever changes a rank moves those of that kind. */
const RANK_OF: Readonly<Partial<Record<NoticeKind, NoticeRank>>> = { halted: 0, approvalNeeded: 1, stuck: 1 };

export const rankOf = (kind: NoticeKind): NoticeRank => RANK_OF[kind] ?? 2;
