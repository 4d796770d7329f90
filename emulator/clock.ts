export type ClockOptions =
  | { readonly kind: 'real' }
  | { readonly kind: 'spedUp'; readonly speed: number; readonly startUtc?: string }
  | { readonly kind: 'virtual'; readonly startUtc: string };

/** The host's time, which is also the app's: luxon reads it through Settings.now. */
export interface Clock {
  readonly kind: ClockOptions['kind'];
  nowMs(): number;
  /** Time stands still: due work is unfinished, and I/O must cost no virtual hours. */
  stop(): void;
  /** Time flows again, but not past `untilMs`, when the next thing is due. */
  flow(untilMs: number | undefined): void;
  /** Wall milliseconds until the clock shows `untilMs`, when it flows. */
  wallMsUntil(untilMs: number): number;
  /** Virtual clock only: jumps. */
  jump(toMs: number): void;
}

export function createClock(options: ClockOptions, resumeMs?: number): Clock {
  switch (options.kind) {
    case 'real':
      return realClock(resumeMs);
    case 'spedUp':
      return spedUpClock(options.speed, startAt(options.startUtc, resumeMs));
    case 'virtual':
      return virtualClock(startAt(options.startUtc, resumeMs));
  }
}

/** Time never goes back: a journal's last instant wins over an earlier start. */
function startAt(startUtc: string | undefined, resumeMs: number | undefined): number {
  if (startUtc === undefined) return resumeMs ?? Date.now();
  const ms = Date.parse(startUtc);
  if (Number.isNaN(ms)) {
    throw new Error(
      `startUtc is not an instant: "${startUtc}". Give ISO 8601, for example 2026-11-10T00:00:00Z.`,
    );
  }
  return Math.max(ms, resumeMs ?? ms);
}

/** After a virtual or sped-up clock the journal may be ahead of the machine; then time goes on from there. */
function realClock(resumeMs = 0): Clock {
  const aheadMs = Math.max(0, resumeMs - Date.now());
  const nowMs = (): number => Date.now() + aheadMs;
  return {
    kind: 'real',
    nowMs,
    stop: nothing,
    flow: nothing,
    wallMsUntil: (untilMs) => Math.max(0, untilMs - nowMs()),
    jump: cannotJump,
  };
}

/** At most `speed` times real time, standing still while due work is unfinished. Starts standing still. */
function spedUpClock(speed: number, fromMs: number): Clock {
  let stoodAtMs = fromMs;
  let flowsSinceWallMs: number | undefined;
  let limitMs = Infinity;
  const nowMs = (): number => {
    if (flowsSinceWallMs === undefined) return stoodAtMs;
    const passedMs = Math.floor((performance.now() - flowsSinceWallMs) * speed);
    return Math.max(stoodAtMs, Math.min(limitMs, stoodAtMs + passedMs));
  };
  return {
    kind: 'spedUp',
    nowMs,
    stop: () => {
      stoodAtMs = nowMs();
      flowsSinceWallMs = undefined;
    },
    flow: (untilMs = Infinity) => {
      stoodAtMs = nowMs();
      flowsSinceWallMs = performance.now();
      limitMs = untilMs;
    },
    wallMsUntil: (untilMs) => Math.max(0, (untilMs - nowMs()) / speed),
    jump: cannotJump,
  };
}

function virtualClock(fromMs: number): Clock {
  let atMs = fromMs;
  return {
    kind: 'virtual',
    nowMs: () => atMs,
    stop: nothing,
    flow: nothing,
    wallMsUntil: () => 0,
    jump: (toMs) => {
      atMs = Math.max(atMs, toMs);
    },
  };
}

function nothing(): void {
  // This clock neither stops nor needs to be started.
}

function cannotJump(): never {
  throw new Error(
    'Only the virtual clock jumps: start the host with clock { kind: "virtual" } to use runUntil.',
  );
}
