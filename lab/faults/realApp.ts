import { startHost } from '../../emulator/host';

/** How the app is to be hosted: by a process that may be killed at any moment. */
export interface RealAppOptions {
  readonly appDir: string;
  readonly journal: string;
  readonly startUtc: string;
  readonly speed: number;
  readonly environment: Readonly<Record<string, string>>;
}

export type RealAppTold = { readonly baseUrl: string } | { readonly error: string };

process.once('message', ({ appDir, journal, startUtc, speed, environment }: RealAppOptions) => {
  const tell = (told: RealAppTold): void => {
    process.send?.(told);
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
      tell({ baseUrl });
    },
    (error: unknown) => {
      tell({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    },
  );
});
process.once('disconnect', () => process.exit());
