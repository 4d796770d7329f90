import { parentPort } from 'node:worker_threads';
import { LowtideError } from '../domain/lowtideError';
import { Previewer, type PreviewReply, type PreviewRequest } from './previewer';

/** A request to the thread, and its answer; `n` is its number. */
export interface Sent {
  readonly n: number;
  readonly request: PreviewRequest;
}

export interface Answered {
  readonly n: number;
  readonly reply?: PreviewReply;
  /** What went wrong: an error made for people, or the text of another. */
  readonly refused?: { readonly code: LowtideError['code']; readonly detail: LowtideError['detail'] };
  readonly failed?: string;
}

const previewer = new Previewer();

parentPort?.on('message', ({ n, request }: Sent) => {
  parentPort?.postMessage(answer(n, request));
});

function answer(n: number, request: PreviewRequest): Answered {
  try {
    return { n, reply: previewer.handle(request) };
  } catch (error) {
    if (error instanceof LowtideError) return { n, refused: { code: error.code, detail: error.detail } };
    return { n, failed: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
