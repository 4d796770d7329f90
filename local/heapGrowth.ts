import {
  constants,
  PerformanceObserver,
  type NodeGCPerformanceDetail,
  type PerformanceEntry,
} from 'node:perf_hooks';
import { memoryUsage } from 'node:process';
import { setFlagsFromString } from 'node:v8';

/**
 * A simulated month keeps nearly all that it writes, and V8 by itself lets so large a heap grow to three times what is alive before it collects. Collected
 * when it has grown by so many percent, a month takes half the memory; what that costs in time is in docs/performance.md.
 */
const GROWTH_PERCENT = 50;

/** Of a huge fleet: sooner still. */
const HUGE_GROWTH_PERCENT = 20;
const HUGE_VMS = 20_000;

/** What a process begins with that simulates a month, before it knows of how many VMs. */
export function boundMemory(): void {
  collectSooner();
  growYoungBy(1);
}

/** For the rest of this process: a plan is checked with it, once it is made. */
export function collectSooner(vmCount = 0): void {
  growBy(vmCount < HUGE_VMS ? GROWTH_PERCENT : HUGE_GROWTH_PERCENT);
}

/** The heap of a month of a large fleet may grow to this before it is collected: megabytes, and kilobytes a VM. At the end of a month that is a third more than what is alive. */
const [BOUND_MB, BOUND_KB_A_VM] = [200, 23];
/** A fleet is large from here on. */
const LARGE_VMS = 5_000;
/** From here on a young generation of twice the size costs less than a twentieth of the memory. */
const LARGER_YOUNG_VMS = 50_000;
/** However near to its bound a heap is, and however far from it. */
const [GROWTH_MIN_PERCENT, GROWTH_MAX_PERCENT] = [15, 100];

/**
 * While a month of a large fleet is young little is alive, and a heap that may grow to what its end needs anyway is hardly ever collected: each time it has been, V8 hears
 * how far it may grow until the next time but one. A smaller fleet leaves its process as it is, so that tests which simulate a month are not slowed. Returns how to end it,
 * when the app is gone.
 */
export function boundHeap(vmCount: number): () => void {
  if (vmCount < LARGE_VMS) return () => undefined;
  if (vmCount >= LARGER_YOUNG_VMS) growYoungBy(2);
  let before = Infinity;
  const grow = (): void => {
    const { heapUsed } = memoryUsage();
    growBy(growthPercent(heapUsed, before, vmCount));
    before = heapUsed;
  };
  grow();
  const observer = new PerformanceObserver((list) => {
    if (list.getEntries().some(isMajor)) grow();
  });
  observer.observe({ entryTypes: ['gc'] });
  return () => {
    observer.disconnect();
    growBy(GROWTH_PERCENT);
  };
}

/** Bytes. By the next collection as much more is alive as since the one before. */
export function growthPercent(used: number, before: number, vmCount: number): number {
  const bound = BOUND_MB * 2 ** 20 + vmCount * BOUND_KB_A_VM * 2 ** 10;
  const next = used + Math.max(0, used - before);
  const percent = Math.round((bound / next - 1) * 100);
  return Math.min(GROWTH_MAX_PERCENT, Math.max(GROWTH_MIN_PERCENT, percent));
}

/** The types of Node 20 do not say that an entry of a collection has a detail. */
const isMajor = (entry: PerformanceEntry & { readonly detail?: NodeGCPerformanceDetail }): boolean =>
  entry.detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR;

const growBy = (percent: number): void => {
  setFlagsFromString(`--heap-growing-percent=${percent}`);
};

/** As V8 finds that too much survives, up to the most it was started with. On its command line V8 takes 2 at least. */
const growYoungBy = (factor: number): void => {
  setFlagsFromString(`--semi-space-growth-factor=${factor}`);
};
