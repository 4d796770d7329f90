import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { LowtideError } from '../../domain/lowtideError';
import { loadApp } from '../../emulator/loadApp';
import { readSettings } from '../../emulator/settings';
import { startAzurite } from '../../local/azurite';
import { readLocalSettings } from '../../local/localSettings';
import { PACKAGE_ROOT } from '../../local/packageRoot';
import { say } from '../../local/say';
import { functionsSource } from './functionsSource';
import { StorageRequests } from './storageRequests';
import { startWorker } from './worker';

export interface DurableHostOptions {
  readonly port: number;
  readonly settings: string;
  /** The command of the .NET SDK. */
  readonly dotnet?: string;
  /** Aborted, everything ends. */
  readonly signal: AbortSignal;
}

const SOURCE = join(PACKAGE_ROOT, 'lab', 'durableHost', 'extension');

/**
 * Runs this app on the durable extension itself (its own dispatcher, queues, history and partitions on Azurite), with a node worker of ours:
 * all of the real host that decides how orchestrations run. HTTP triggers, timers and settings are the emulator's. Wants the .NET SDK.
 */
export async function runDurableHost(options: DurableHostOptions): Promise<void> {
  const { port, settings: file, dotnet = 'dotnet', signal } = options;
  const sdk = dotnetMajor(dotnet);
  const requests = new StorageRequests();
  const azurite = await startAzurite({
    ports: 'any',
    signal,
    onRequest: (line) => {
      requests.add(line);
    },
  });
  const settings = readSettings(PACKAGE_ROOT);
  const environment = {
    WEBSITE_HOSTNAME: `127.0.0.1:${port}`,
    ...readLocalSettings(file),
    AzureWebJobsStorage: azurite.connectionString,
  };
  const app = await loadApp(settings, environment, (level, _category, message) => {
    if (level !== 'debug' && level !== 'trace') say.line(`${level}: ${message}`);
  });
  const worker = await startWorker(app.core, settings, port);
  try {
    const folder = writeProgram(functionsSource([...app.core.functions.values()]));
    say.line('Building the program around the durable extension …');
    const extension = await startExtension(folder, sdk, worker.url, azurite.connectionString, signal);
    worker.extensionListensAt(extension.rpcOrigin);
    say.line(`The app is served at http://127.0.0.1:${port}/ on the durable extension. Ctrl-C ends it.`);
    await extension.ended;
  } finally {
    worker.close();
    app.unload();
    await azurite.stop();
    say.line(`Requests to Azurite:\n${requests.describe()}`);
  }
}

function dotnetMajor(dotnet: string): number {
  try {
    return Number.parseInt(execFileSync(dotnet, ['--version'], { encoding: 'utf8' }), 10);
  } catch (cause) {
    throw new LowtideError(
      'ARGUMENT_INVALID',
      {
        what: 'There is no .NET SDK on this machine.',
        why: 'The durable extension is a .NET library; this command builds a small program around it.',
        fix: 'Install the .NET SDK 8 or later so that `dotnet --version` answers, or use npm run serve: it needs none.',
      },
      { cause },
    );
  }
}

/** The program in a folder of its own, where it is built again only when the app has other functions. */
function writeProgram(functions: string): string {
  const folder = join(PACKAGE_ROOT, '.lowtide', 'durable-host');
  mkdirSync(folder, { recursive: true });
  cpSync(SOURCE, folder, { recursive: true });
  writeFileSync(join(folder, 'Functions.cs'), functions);
  return folder;
}

interface Extension {
  /** Where the durable client of the app calls it. */
  readonly rpcOrigin: string;
  readonly ended: Promise<void>;
}

async function startExtension(
  folder: string,
  sdk: number,
  workerUrl: string,
  storage: string,
  signal: AbortSignal,
): Promise<Extension> {
  const child = spawn(
    'dotnet',
    ['run', '--project', folder, '--configuration', 'Release', `-p:TargetFramework=net${sdk}.0`],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        AzureWebJobsStorage: storage,
        FUNCTIONS_WORKER_RUNTIME: 'node',
        HOST_JSON: join(PACKAGE_ROOT, 'host.json'),
        WORKER_URL: workerUrl,
      },
    },
  );
  const end = (): void => {
    child.kill('SIGTERM');
  };
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      resolve();
    });
  });
  return { rpcOrigin: await addressOf(child, ended), ended };
}

/** Passes on what it writes, but for the extension's own telemetry; answers with its address once it is ready. */
function addressOf(child: ChildProcess, ended: Promise<void>): Promise<string> {
  return new Promise((resolve, reject) => {
    let address = '';
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on('line', (line) => {
      address = /Now listening on: (http:\S+)/.exec(line)?.[1] ?? address;
      if (line === 'The durable extension is ready.') resolve(address);
      else if (/^(warn|fail|crit)|error/.test(line)) say.line(line);
    });
    void ended.then(() => {
      reject(new Error('The program around the durable extension ended. What it wrote is above.'));
    });
  });
}
