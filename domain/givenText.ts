/**
 * Of a reason or an owner that a person gives: some paragraphs. The audit has them, and halts and freezes, which are read before each installation;
 * with its message, for zod's `max`.
 */
export const GIVEN_TEXT_MAX = [10_000, 'it has at most 10000 characters'] as const;
