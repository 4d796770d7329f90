export interface Freeze {
  readonly id: string;
  readonly selector: Readonly<Record<string, unknown>>;
  readonly from: string;
  readonly to: string;
  readonly timeZone: string | null;
  readonly reason: string;
  readonly owner: string;
  readonly state: 'planned' | 'standing' | 'over';
  readonly createdBy: string;
  readonly etag: string;
}

export type FreezeKind = 'freezes' | 'exclusions';
