import fc from 'fast-check';
import geoPairs from '../../audit/geoPairs.json';
import type { AuditVm } from '../../audit/auditInput';
import type { DriverEvent } from '../../drivers/driver';
import { at, audit, aVm, event, install, probe, setId } from './logBuilders';

/** One installation as the naive checker sees it. `order` is its place in the log, for those that start at one instant. */
interface Span {
  readonly vm: AuditVm;
  readonly start: number;
  readonly end: number;
  readonly order: number;
}

interface HealthReport {
  readonly vm: AuditVm;
  readonly minute: number;
  readonly what: 'healthy' | 'unhealthy' | 'unknown' | 'stopped' | 'poweredOff' | 'poweredOn';
}

const fleet: readonly AuditVm[] = [
  ...Array.from({ length: 11 }, (_, i) =>
    aVm(`big-${i}`, { availabilitySet: setId('big'), updateDomain: i % 3 }),
  ),
  ...Array.from({ length: 4 }, (_, i) =>
    aVm(`small-${i}`, { region: 'uksouth', availabilitySet: setId('small'), updateDomain: i % 2 }),
  ),
  ...[null, '1', '2'].map((zone, i) => aVm(`east-${i}`, { zone })),
  ...[null, '1'].map((zone, i) => aVm(`west-${i}`, { region: 'westus', zone })),
  aVm('far', { region: 'japaneast' }),
];

const vm = fc.constantFrom(...fleet);
const minute = fc.integer({ min: 0, max: 60 });
const spans = fc.array(fc.record({ vm, start: minute, minutes: fc.integer({ min: 1, max: 25 }) }), {
  maxLength: 14,
});
const reported = fc.array(
  fc.record({
    vm,
    minute,
    what: fc.constantFrom('healthy', 'unhealthy', 'unknown', 'stopped', 'poweredOff', 'poweredOn'),
  }) satisfies fc.Arbitrary<HealthReport>,
  { maxLength: 25 },
);

const covers = (span: Span, by: Span): boolean =>
  span !== by &&
  (span.start < by.start || (span.start === by.start && span.order < by.order)) &&
  by.start < span.end;

const arePaired = (a: string, b: string): boolean =>
  geoPairs.some(([x, y]) => (x === a && y === b) || (x === b && y === a));

/** Straight from the definitions, one start at a time against everything else: slow, and easy to believe. */
function naive(spans: readonly Span[], reported: readonly HealthReport[]): Set<string> {
  const found = new Set<string>();
  for (const span of spans) {
    const say = (invariant: string): void => void found.add(`${invariant} ${span.vm.id} ${at(span.start)}`);
    const down = spans.filter((other) => covers(other, span)).map((other) => other.vm);
    if (down.includes(span.vm)) say('INV-7');
    if (down.some((other) => arePaired(other.region, span.vm.region))) say('INV-2');
    if (down.some((other) => other.region === span.vm.region && other.zone !== span.vm.zone)) say('INV-3');
    const set = span.vm.availabilitySet;
    if (set === null) continue;
    const members = fleet.filter((other) => other.availabilitySet === set);
    const downHere = new Set([span.vm, ...down.filter((other) => members.includes(other))]);
    const suspects = members.filter(
      (other) => !downHere.has(other) && isSuspect(other, span, spans, reported),
    );
    const inOtherDomain = (other: AuditVm): boolean => other.updateDomain !== span.vm.updateDomain;
    if ([...downHere].some(inOtherDomain)) say('INV-1');
    if (suspects.some(inOtherDomain)) say('INV-13');
    const share = members.length < 10 ? 1 : Math.max(1, Math.floor(members.length / 5));
    const off = members.filter(
      (other) => !downHere.has(other) && !suspects.includes(other) && isOff(other, span, reported),
    );
    const up = members.length - off.length;
    const shareOfUp = up < 10 ? 1 : Math.floor(up / 5);
    const withOff = downHere.size + suspects.length + off.length > share || downHere.size > shareOfUp;
    if (downHere.size + suspects.length > share || (downHere.size > 1 && withOff)) say('INV-1');
  }
  return found;
}

/** Was the VM updated, and is the last thing learnt since that it is healthy or stopped? */
function isSuspect(
  member: AuditVm,
  by: Span,
  spans: readonly Span[],
  reported: readonly HealthReport[],
): boolean {
  const ends = spans.filter((span) => span.vm === member && span.end <= by.start).map(({ end }) => end);
  if (ends.length === 0) return false;
  const end = Math.max(...ends);
  const own = reported.filter((one) => one.vm === member && one.minute <= by.start);
  const last = own.filter((one) => one.minute >= end && one.what !== 'poweredOn').at(-1)?.what;
  if (last !== undefined) return last === 'unhealthy' || last === 'unknown';
  return (
    own.filter((one) => one.minute < end && one.what.startsWith('powered')).at(-1)?.what !== 'poweredOff'
  );
}

/** Has the VM been off for longer than it takes to see it? */
function isOff(member: AuditVm, by: Span, reported: readonly HealthReport[]): boolean {
  const power = reported.filter(
    (one) => one.vm === member && one.minute <= by.start && one.what.startsWith('powered'),
  );
  const lastOn = power.findLastIndex(({ what }) => what === 'poweredOn');
  const since = power[lastOn + 1]?.minute;
  return since !== undefined && by.start - since > POLL_MINUTES;
}

/** The auditor's `pollSeconds`, unless it is given. */
const POLL_MINUTES = 5;

function eventOf({ vm: about, minute: when, what }: HealthReport): DriverEvent {
  return what === 'poweredOff' || what === 'poweredOn' ? event(about, when, what) : probe(about, when, what);
}

it('finds what a naive checker finds, and nothing else, in any log', () => {
  fc.assert(
    fc.property(spans, reported, (drawn, unordered) => {
      const log = drawn.map(({ vm: on, start, minutes }, order) => ({
        vm: on,
        start,
        end: start + minutes,
        order,
      }));
      const learnt = [...unordered].sort((a, b) => a.minute - b.minute);
      const events = [...log.map(({ vm: on, start, end }) => install(on, start, end)), learnt.map(eventOf)];
      const { violations, doubts } = audit(fleet, events, { untilUtc: at(480) });
      expect(doubts).toEqual([]);
      expect(new Set(violations.map((one) => `${one.invariant} ${String(one.vm)} ${one.at}`))).toEqual(
        naive(log, learnt),
      );
    }),
    { numRuns: 600 },
  );
});

it('judges a log the same whatever the order of its lines, as long as no two say the same instant', () => {
  const logs = fc
    .record({
      minutes: fc.uniqueArray(fc.integer({ min: 0, max: 479 }), { minLength: 12, maxLength: 12 }),
      vms: fc.array(vm, { minLength: 6, maxLength: 6 }),
    })
    .map(({ minutes, vms }) =>
      vms.flatMap((on, i) => {
        const [a = 0, b = 0] = minutes.slice(2 * i, 2 * i + 2);
        return install(on, Math.min(a, b), Math.max(a, b));
      }),
    )
    .chain((log) => fc.tuple(fc.constant(log), fc.shuffledSubarray(log, { minLength: log.length })));
  fc.assert(
    fc.property(logs, ([log, shuffled]) => {
      expect(audit(fleet, shuffled, { untilUtc: at(480) })).toEqual(audit(fleet, log, { untilUtc: at(480) }));
    }),
    { numRuns: 200 },
  );
});
