import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { LowtideError } from '../domain/lowtideError';
import { messageOf } from '../domain/messageOf';

export interface Azurite {
  /** Holds the well-known development key, which is public. */
  readonly connectionString: string;
  readonly ports: AzuritePorts;
  readonly pid: number;
  /** Resolves with its last words when it ends, whoever ended it. */
  readonly ended: Promise<string>;
  /** Closes and writes everything to the folder. */
  stop(): Promise<void>;
  /** As a crash: Azurite loses up to five seconds of acknowledged writes. */
  kill(): Promise<void>;
}

export interface AzuritePorts {
  readonly blob: number;
  readonly queue: number;
  readonly table: number;
}

export interface AzuriteOptions {
  /** Folder for the data, made when it is not there; without it everything stays in memory. */
  readonly location?: string;
  /**
   * The ports `UseDevelopmentStorage=true` means, when they are free; for tests, that run side by side, `any`; those of one that was
   * killed, so that its clients find it again.
   */
  readonly ports?: 'developmentWhenFree' | 'any' | AzuritePorts;
  /** Aborted, it ends at once, also while it starts. */
  readonly signal?: AbortSignal;
  /** Given every request as a line of the common log format, and what else Azurite writes. Costs Azurite time. */
  readonly onRequest?: (line: string) => void;
}

/** What `UseDevelopmentStorage=true` means. */
const DEVELOPMENT_PORTS: AzuritePorts = { blob: 10_000, queue: 10_001, table: 10_002 };

/** Port 0 lets the system choose, so that two starts at once never meet. */
const ANY_PORTS: AzuritePorts = { blob: 0, queue: 0, table: 0 };

const HOST = '127.0.0.1';
const START_SECONDS_MAX = 60;
/** What it has not written by then is in the redo log, as after a crash. */
const STOP_SECONDS_MAX = 3;

/** Published in Microsoft's documentation of Azurite; it protects nothing. */
const ACCOUNT = 'devstoreaccount1';
const ACCOUNT_KEY =
  'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/** The channel to us closes when we stop it, but also when we are killed: so no orphan stays behind to hold ports and folder. */
const STOP_WHEN_PARENT_LEAVES =
  "data:text/javascript,process.once('disconnect',()=>process.kill(process.pid,'SIGTERM'))";

/** Most of what a request needs is garbage after it: in a larger young generation less of it is copied first. */
const NODE_OPTIONS = ['--max-semi-space-size=64'];

/** Starts the storage emulator of this package as a child process; answers when all three services listen. */
export async function startAzurite(options: AzuriteOptions = {}): Promise<Azurite> {
  const { ports = 'developmentWhenFree' } = options;
  if (typeof ports === 'object') return start(options, ports);
  const wanted =
    ports === 'developmentWhenFree' && (await areFree(DEVELOPMENT_PORTS)) ? DEVELOPMENT_PORTS : ANY_PORTS;
  try {
    return await start(options, wanted);
  } catch (error) {
    // Another program may have taken the ports since we looked.
    if (wanted === ANY_PORTS || !String(error).includes('EADDRINUSE')) throw error;
    return start(options, ANY_PORTS);
  }
}

async function start(
  { location, signal, onRequest }: AzuriteOptions,
  wanted: AzuritePorts,
): Promise<Azurite> {
  let child: ChildProcess | null = null;
  try {
    signal?.throwIfAborted();
    if (location !== undefined) await mkdir(location, { recursive: true });
    child = spawn(process.execPath, argumentsFor(location, wanted, onRequest === undefined), {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // In a group of its own: Ctrl-C in the terminal is for this process, which has something to store before Azurite ends.
      detached: true,
    });
    if (onRequest !== undefined && child.stdout !== null)
      createInterface({ input: child.stdout }).on('line', onRequest);
    return running(child, await listening(child, signal));
  } catch (cause) {
    if (child !== null) await end(child, 'atOnce');
    signal?.throwIfAborted();
    throw new LowtideError(
      'STORAGE_UNAVAILABLE',
      {
        what: 'Azurite, the local storage emulator, did not start.',
        why: messageOf(cause),
        fix: 'Run `npm ci` if the package is missing; check that the data folder can be written and is not in use by another Azurite.',
      },
      { cause },
    );
  }
}

function running(child: ChildProcess, ports: AzuritePorts): Azurite {
  return {
    connectionString: connectionStringOf(ports),
    ports,
    pid: child.pid ?? 0,
    ended: lastWords(child),
    stop: () => end(child, 'gently'),
    kill: () => end(child, 'atOnce'),
  };
}

const LAST_WORDS_LENGTH = 2_000;

function lastWords(child: ChildProcess): Promise<string> {
  let output = '';
  const read = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-LAST_WORDS_LENGTH);
  };
  child.stdout?.on('data', read);
  child.stderr?.on('data', read);
  return new Promise((resolve) => {
    child.once('exit', (code, endedBy) => {
      resolve(`It ended with ${endedBy ?? `code ${String(code)}`}. ${output.trim()}`.trim());
    });
  });
}

function argumentsFor(location: string | undefined, ports: AzuritePorts, isSilent: boolean): string[] {
  return [
    ...NODE_OPTIONS,
    '--import',
    STOP_WHEN_PARENT_LEAVES,
    require.resolve('azurite/dist/src/azurite.js'),
    ...['--blobHost', HOST, '--blobPort', String(ports.blob)],
    ...['--queueHost', HOST, '--queuePort', String(ports.queue)],
    ...['--tableHost', HOST, '--tablePort', String(ports.table)],
    // The official SDKs speak newer API versions than the newest Azurite for Node 20 knows.
    ...['--skipApiVersionCheck', '--disableTelemetry', '--loose'],
    ...(isSilent ? ['--silent'] : []),
    ...(location === undefined ? ['--inMemoryPersistence'] : ['--location', location]),
  ];
}

/** Waits for the three lines in which Azurite names its addresses; fails with its output when it ends or takes too long. */
function listening(child: ChildProcess, signal?: AbortSignal): Promise<AzuritePorts> {
  return new Promise((resolve, reject) => {
    signal?.addEventListener('abort', () => {
      reject(new Error('It was stopped.'));
    });
    let output = '';
    const timer = setTimeout(() => {
      reject(new Error(`It did not listen within ${START_SECONDS_MAX} s. Its output: ${output.trim()}`));
    }, START_SECONDS_MAX * 1000);
    const read = (chunk: Buffer): void => {
      if (output.length > 20_000) return;
      output += chunk.toString();
      const [blob, queue, table] = ['Blob', 'Queue', 'Table'].map((service) => portIn(output, service));
      if (blob === undefined || queue === undefined || table === undefined) return;
      clearTimeout(timer);
      resolve({ blob, queue, table });
    };
    // Both pipes are read until it ends: a full one would stop Azurite.
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('error', reject);
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`It ended with code ${String(code)}. Its output: ${output.trim()}`));
    });
  });
}

function portIn(output: string, service: string): number | undefined {
  const found = new RegExp(`${service} service is successfully listening at \\S+?:(\\d+)\\s`).exec(output);
  return found?.[1] === undefined ? undefined : Number(found[1]);
}

function connectionStringOf({ blob, queue, table }: AzuritePorts): string {
  const endpoint = (port: number): string => `http://${HOST}:${port}/${ACCOUNT}`;
  return [
    'DefaultEndpointsProtocol=http',
    `AccountName=${ACCOUNT}`,
    `AccountKey=${ACCOUNT_KEY}`,
    `BlobEndpoint=${endpoint(blob)}`,
    `QueueEndpoint=${endpoint(queue)}`,
    `TableEndpoint=${endpoint(table)}`,
  ].join(';');
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

async function end(child: ChildProcess, how: 'gently' | 'atOnce'): Promise<void> {
  if (child.pid === undefined || hasEnded(child)) return;
  const ended = once(child, 'exit');
  if (how === 'gently' && child.connected) child.disconnect();
  else child.kill('SIGKILL');
  const patience = setTimeout(() => child.kill('SIGKILL'), STOP_SECONDS_MAX * 1000);
  await ended;
  clearTimeout(patience);
}

async function areFree(ports: AzuritePorts): Promise<boolean> {
  const answers = await Promise.all(Object.values(ports).map(isFree));
  return answers.every(Boolean);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen(port, HOST, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}
