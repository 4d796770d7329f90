import type { NoticeKind } from '../domain/notices';

/** Where notices go, and which. */
export interface Receiver {
  readonly name: string;
  readonly url: string;
  readonly format: 'cloudEvents' | 'slack' | 'teams';
  /** Signs each delivery; null for none. */
  readonly secret: string | null;
  readonly events: readonly NoticeKind[];
}

export interface NotificationSettings {
  readonly receivers: readonly Receiver[];
  /** Whether a receiver may have an address that is private: without it, an operator's URL cannot reach into the network of the host. */
  readonly privateAddresses: boolean;
  /** Signs what hooks of the policy are asked; null for none. */
  readonly hookSecret?: string | null;
}
