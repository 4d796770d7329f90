import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';

/** Requests of one kind: each path once, so many a second. */
export interface ClientOrder {
  readonly baseUrl: string;
  readonly paths: readonly string[];
  readonly perSecond: number;
}

/** Milliseconds from when a request was due until its answer had come, whole; or what went wrong. */
export type ClientAnswer = { readonly latenciesMs: readonly number[] } | { readonly failed: string };

/** A connection that was not used for so long is not used again: the host closes it after 5 s. */
const IDLE_MS = 4_000;
const agent = new Agent({ keepAlive: true, timeout: IDLE_MS });

/**
 * Requests come at their rate, whether those before have been answered or not, as from many clients. A thread of its own: reading the answers
 * takes no time from the app.
 */
async function order({ baseUrl, paths, perSecond }: ClientOrder): Promise<ClientAnswer> {
  const begunMs = performance.now();
  const waiting: Promise<number>[] = [];
  try {
    for (const [n, path] of paths.entries()) {
      const dueMs = begunMs + (n * 1000) / perSecond;
      const leftMs = dueMs - performance.now();
      if (leftMs > 1) await pause(leftMs);
      waiting.push(answered(baseUrl + path).then(() => performance.now() - dueMs));
    }
    return { latenciesMs: await Promise.all(waiting) };
  } catch (error) {
    return { failed: String(error) };
  }
}

function answered(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, timeout: 0 }, (answer) => {
      answer.on('data', () => undefined);
      answer.on('error', reject);
      answer.on('end', () => {
        if (answer.statusCode === 200) resolve();
        else reject(new Error(`GET ${url} answered ${String(answer.statusCode)}`));
      });
    });
    sent.on('error', (error) => {
      // The host closed the connection in the moment in which it was used again: the request was not read.
      if (sent.reusedSocket && 'code' in error && error.code === 'ECONNRESET') resolve(answered(url));
      else reject(error);
    });
    sent.end();
  });
}

parentPort?.on('message', (message: ClientOrder) => {
  void order(message).then((answer) => parentPort?.postMessage(answer));
});
