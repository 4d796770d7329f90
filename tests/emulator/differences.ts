/**
 * Where the emulator, driven by the recorded client, still answers differently from the real host, and why. The test
 * fails for a difference that is not listed, and for a listed one that no longer exists.
 */
export interface Difference {
  /** Label of the exchange, or name of the execution or call. */
  readonly subject: string;
  readonly because: string;
}

const HASH_ORDER =
  'The real host lists the known functions in the order of a .NET hash table, the emulator as registered.';

export const differences = {
  exchanges: [
    {
      subject: 'raise canEvents #5',
      because:
        'A race: the emulator has taken four events through four executions, and so finished, when the fifth arrives (410). The real host needs 100 ms more and accepts it (202).',
    },
    { subject: 'final status ns', because: HASH_ORDER },
    { subject: 'final status ns2', because: HASH_ORDER },
  ],
  executions: [
    {
      subject: 'canEvents ce {"n":2}',
      because:
        'The same race: on the real host the third and the fourth event came in one batch, here one after the other.',
    },
    {
      subject: 'canEvents ce {"n":3}',
      because: 'The same race: the fourth event is carried over by continue-as-new there, and received here.',
    },
    {
      subject: 'http200 h2 {"url":"http://HOST/text"}',
      because:
        'The orchestration calls its own host and keeps the Server header, which names the emulator instead of Kestrel.',
    },
  ],
} as const satisfies Record<string, readonly Difference[]>;
