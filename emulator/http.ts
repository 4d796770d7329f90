/** One HTTP exchange, whether it came through a socket or from `Host.request`. */
export interface Exchange {
  readonly method: string;
  /** Absolute. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Answers of functions are chunked, those of the host itself carry their length. */
  readonly chunked?: boolean;
}

export type HttpHandler = (exchange: Exchange) => Promise<Answer>;

const nothing = Buffer.alloc(0);

export const empty = (status: number): Answer => ({ status, headers: {}, body: nothing });

export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  const type = { 'content-type': 'application/json; charset=utf-8' };
  return { status, headers: { ...type, ...headers }, body: Buffer.from(JSON.stringify(value)) };
}
