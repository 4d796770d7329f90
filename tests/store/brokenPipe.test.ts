import {
  createDefaultHttpClient,
  createEmptyPipeline,
  createHttpHeaders,
  createPipelineRequest,
  defaultRetryPolicy,
  RestError,
} from '@azure/core-rest-pipeline';
import { brokenPipeIsReset } from '../../store/azureTable';

describe('a connection that breaks while a request is being written', () => {
  /** How many requests reach storage before one is answered. */
  async function sent(code: string): Promise<number> {
    let count = 0;
    const pipeline = createEmptyPipeline();
    pipeline.addPolicy(defaultRetryPolicy({ retryDelayInMs: 1, maxRetryDelayInMs: 1 }), { phase: 'Retry' });
    pipeline.addPolicy(brokenPipeIsReset, { afterPhase: 'Retry' });
    const client = {
      ...createDefaultHttpClient(),
      sendRequest: (request: ReturnType<typeof createPipelineRequest>) => {
        count += 1;
        if (count === 1) return Promise.reject(new RestError('closed', { code, request }));
        return Promise.resolve({ status: 204, headers: createHttpHeaders(), request });
      },
    };
    const request = createPipelineRequest({ url: 'http://127.0.0.1:10002/', allowInsecureConnection: true });
    await pipeline.sendRequest(client, request).catch(() => undefined);
    return count;
  }

  it.each(['EPIPE', 'ECONNRESET'])('is repeated: %s', async (code) => {
    expect(await sent(code)).toBe(2);
  });

  it('is not repeated when storage refuses it', async () => {
    expect(await sent('UNABLE_TO_VERIFY_LEAF_SIGNATURE')).toBe(1);
  });
});
