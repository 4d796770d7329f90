import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { LowtideError } from '../domain/lowtideError';
import { Previewer, type PreviewReply, type PreviewRequest } from './previewer';
import type { Answered, Sent } from './previewThread';

/** Makes previews here, or in a thread of its own. */
export interface PreviewMaker {
  ask(request: PreviewRequest): Promise<PreviewReply>;
  /** Its thread has ended: another one is needed. */
  readonly hasEnded: boolean;
}

export function makerHere(): PreviewMaker {
  const previewer = new Previewer();
  return {
    hasEnded: false,
    ask: (request) =>
      new Promise((resolve) => {
        resolve(previewer.handle(request));
      }),
  };
}

/** Compiled: a thread does not load TypeScript. Tests that load the source make previews in their own thread. */
const SCRIPT = join(__dirname, 'previewThread.js');

export const hasThread = (): boolean => existsSync(SCRIPT);

/** A thread without a request for so long ends: it holds a copy of the fleet. */
const IDLE_MS = 600_000;

interface Waiting {
  readonly resolve: (reply: PreviewReply) => void;
  readonly reject: (error: Error) => void;
}

/** A plan of 100,000 VMs takes a second and more: in a thread of its own no other request waits for it. */
export class ThreadMaker implements PreviewMaker {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #idle: NodeJS.Timeout;
  #count = 0;
  #hasEnded = false;

  constructor(script = SCRIPT) {
    this.#worker = new Worker(script);
    this.#worker.unref();
    this.#idle = setTimeout(() => void this.#worker.terminate(), IDLE_MS);
    this.#idle.unref();
    this.#worker.on('message', (answered: Answered) => {
      this.#answer(answered);
    });
    this.#worker.on('error', (error) => {
      this.#end(error);
    });
    this.#worker.on('exit', () => {
      this.#end(new Error('The thread that makes previews has ended.'));
    });
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  ask(request: PreviewRequest): Promise<PreviewReply> {
    this.#idle.refresh();
    this.#count += 1;
    const n = this.#count;
    // A request keeps the process alive until it is answered, as work of its own would.
    this.#worker.ref();
    return new Promise((resolve, reject) => {
      this.#waiting.set(n, { resolve, reject });
      const sent: Sent = { n, request };
      this.#worker.postMessage(sent);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #answer({ n, reply, refused, failed }: Answered): void {
    const waiting = this.#waiting.get(n);
    this.#waiting.delete(n);
    if (this.#waiting.size === 0) this.#worker.unref();
    if (reply !== undefined) waiting?.resolve(reply);
    else if (refused !== undefined) waiting?.reject(new LowtideError(refused.code, refused.detail));
    else waiting?.reject(new Error(failed));
  }

  #end(error: Error): void {
    this.#hasEnded = true;
    clearTimeout(this.#idle);
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
