/** What GET /api/virtual-machines?id= answers. */
export interface VmView {
  readonly vm: {
    readonly id: string;
    readonly armId: string;
    readonly name: string;
    readonly subscriptionId: string;
    readonly resourceGroup: string;
    readonly region: string;
    readonly zone: string | null;
    readonly availabilitySetId: string | null;
    readonly updateDomain: number | null;
    readonly osType: string | null;
    readonly vmSize: string | null;
    readonly image: { readonly publisher: string; readonly offer: string; readonly sku: string } | null;
    readonly patchMode: string | null;
    readonly rebootSetting?: string;
    readonly tags: Readonly<Record<string, string>>;
  };
  readonly eligibility:
    | { readonly kind: 'eligible' }
    | { readonly kind: 'ineligible'; readonly reason: string; readonly detail: string };
  readonly timeZone: {
    readonly zone: string;
    readonly source: string;
    readonly invalid: readonly { readonly source: string; readonly value: string }[];
  };
  /** The one that is open or comes next, and those after it. */
  readonly windows: readonly { readonly opensUtc: string; readonly closesUtc: string }[];
  readonly state: {
    readonly lastAssessment: {
      readonly criticalAndSecurityPatchCount: number;
      readonly otherPatchCount: number;
      readonly rebootPending: boolean;
      readonly startTime: string;
    } | null;
    readonly lastInstallation: {
      readonly status: string;
      readonly rebootStatus: string;
      readonly installedPatchCount: number;
      readonly failedPatchCount: number;
      readonly pendingPatchCount: number;
      readonly lastModifiedTime: string;
      readonly error: { readonly message: string } | null;
    } | null;
    readonly health: { readonly answer: string; readonly because: string; readonly atUtc: string } | null;
    readonly outcome: {
      readonly rolloutId: string;
      readonly kind: string;
      readonly reason: string;
      readonly detail: string;
      readonly atUtc: string;
    } | null;
    readonly installSlot: string | null;
  };
  readonly history: readonly HistoryRow[];
}

export interface HistoryRow {
  readonly rolloutId: string;
  readonly phase: string;
  readonly kind: string;
  readonly reason: string;
  readonly detail: string;
  readonly atUtc: string;
  readonly installation: { readonly installedPatchCount: number; readonly startTime: string } | null;
}

/** What GET /api/explain?id= answers. */
export interface Explanation {
  readonly state: string;
  readonly sentence: string;
  readonly holds: readonly {
    readonly reason: string;
    readonly detail: string;
    readonly sinceUtc: string | null;
    readonly unblocks: { readonly by: string; readonly what: string };
  }[];
  readonly place: {
    readonly phase: string;
    readonly region: string;
    readonly stage: string;
    readonly group: string;
    readonly round: number;
    readonly expectedStartUtc: string;
    readonly expectedEndUtc: string;
  } | null;
  readonly start: {
    readonly earliestUtc: string;
    readonly expectedUtc: string | null;
    readonly latestUtc: string;
  } | null;
  readonly deadlineUtc: string | null;
  readonly endsUtc: string | null;
  readonly asOfUtc: string;
  readonly patches:
    | readonly {
        readonly kbId: string | null;
        readonly name: string;
        readonly version: string;
        readonly classification: string;
        readonly state: string;
      }[]
    | null;
  /** Only when the platform was asked; null when it knows no such VM. */
  readonly platform?: PlatformView | null;
}

export interface PlatformView {
  readonly agentStatus: string;
  readonly agentVersion: string | null;
  readonly answer: string;
  readonly because: string;
  readonly signals: {
    readonly powerState: string;
    readonly vmAgent: string;
    readonly resourceHealth: string;
    readonly reboot: string;
    readonly heartbeat: string;
    readonly applicationHealth?: string;
  };
}
