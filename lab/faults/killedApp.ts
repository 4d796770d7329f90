import { startHost } from '../../emulator/host';
import { stackOf } from '../../domain/messageOf';

/** How the app is to be hosted: by a process that may be killed at any moment. */
export interface KilledAppOptions {
  readonly appDir: string;
  readonly journal: string;
  readonly startUtc: string;
  readonly speed: number;
  readonly environment: Readonly<Record<string, string>>;
}

export type KilledAppAnswer = { readonly baseUrl: string } | { readonly error: string };

process.once('message', ({ appDir, journal, startUtc, speed, environment }: KilledAppOptions) => {
  const reply = (answer: KilledAppAnswer): void => {
    process.send?.(answer);
  };
  startHost({
    appDir,
    clock: { kind: 'spedUp', speed, startUtc },
    store: { kind: 'journal', path: journal },
    engine: 'session',
    strict: true,
    port: 0,
    environment,
    log: (line) => {
      if (/^(error|warning)/i.test(line)) process.stderr.write(`${line}\n`);
    },
  }).then(
    ({ baseUrl }) => {
      reply({ baseUrl });
    },
    (error: unknown) => {
      reply({ error: stackOf(error) });
    },
  );
});
process.once('disconnect', () => process.exit());
