import type { ExplainedMonth } from './explainedMonth';

/** What is not in doubt of any month: each holds for everything that was said of every VM. */
export const RULES: readonly (readonly [
  rule: string,
  wrong: (month: ExplainedMonth) => readonly object[],
])[] = [
  [
    'no installation starts before the earliest start or after the latest that was said',
    ({ explained, nextStart }: ExplainedMonth): readonly object[] =>
      explained.filter(({ vmId, asOfUtc, state, start }) => {
        if (state !== 'waiting' && state !== 'held') return false;
        const started = nextStart(vmId, asOfUtc);
        if (started === null) return false;
        return start === null || started < start.earliestUtc || started > start.latestUtc;
      }),
  ],
  [
    'what takes no part or is done is not installed after that was said; a VM that became enabled since has that as its reason',
    ({ explained, nextStart }: ExplainedMonth): readonly object[] =>
      explained.filter(({ vmId, asOfUtc, state, holds }) => {
        if (state !== 'notTakingPart' && state !== 'done') return false;
        const isOnlyEnabling = holds.length > 0 && holds.every(({ reason }) => reason === 'notEnabled');
        return nextStart(vmId, asOfUtc) !== null && !isOnlyEnabling;
      }),
  ],
  [
    'what waited or was held and was not installed has an outcome with a reason, or its turn is still to come',
    ({ api, explained, outcomes, nextStart }: ExplainedMonth): readonly object[] =>
      explained.filter(({ vmId, asOfUtc, state, start }) => {
        if ((state !== 'waiting' && state !== 'held') || nextStart(vmId, asOfUtc) !== null) return false;
        const outcome = outcomes.get(vmId);
        if (outcome === undefined) return start === null || start.latestUtc < api.host.nowUtc();
        return outcome.kind === 'patched';
      }),
  ],
  [
    'what a freeze or an exclusion holds is installed only after the end that its hold names',
    ({ explained, nextStart }: ExplainedMonth): readonly object[] =>
      explained.filter(({ vmId, asOfUtc, holds }) => {
        const started = nextStart(vmId, asOfUtc);
        const dated = holds.filter(({ reason }) => reason === 'frozen' || reason === 'excludedForNow');
        return started !== null && dated.some(({ facts }) => started < String(facts['untilUtc']));
      }),
  ],
];

/** Of all outcomes that a VM was seen with. */
export function reasonsOf({ explained, outcomes }: ExplainedMonth, vmId: string): readonly string[] {
  const said = explained.filter((one) => one.vmId === vmId).map(({ outcome }) => outcome?.reason);
  return [...said, outcomes.get(vmId)?.reason].filter((reason) => reason !== undefined);
}
