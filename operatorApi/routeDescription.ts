import type { z } from 'zod';
import type { LowtideErrorCode } from '../domain/lowtideError';

/** A query parameter of a route: what it is for, and what it may be. */
export interface Parameter {
  readonly about: string;
  readonly schema: z.ZodType;
  readonly isRequired?: boolean;
}

/** An answer that is not an error. Without a schema it is not JSON, and `contentType` says what it is. */
export interface Answer {
  readonly about: string;
  readonly schema?: z.ZodType;
  readonly contentType?: string;
  /** It may be a table instead: `format=csv`. */
  readonly orCsv?: true;
}

/** What a route takes and answers, as the OpenAPI document says it. A test holds the handlers against it. */
export interface RouteDescription {
  readonly summary: string;
  readonly body?: {
    readonly about: string;
    readonly schema?: z.ZodType;
    readonly contentTypes?: readonly string[];
  };
  /** Request headers that it obeys, and what each is for. */
  readonly headers?: Readonly<Record<string, string>>;
  /** By status. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** Errors of its own, beside those that any route may answer. */
  readonly errors?: readonly LowtideErrorCode[];
}
