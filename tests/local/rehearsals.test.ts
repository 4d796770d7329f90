import { EventEmitter } from 'node:events';
import { Rehearsals } from '../../local/rehearsals';

class Child extends EventEmitter {
  connected = true;
  readonly orders: unknown[] = [];
  kill(): void {
    this.connected = false;
  }
  /** As Node's: on a closed channel it throws nothing, and emits an error. */
  send(order: unknown): void {
    if (this.connected) this.orders.push(order);
    else this.emit('error', new Error('Channel closed'));
  }
}
let mockChild = new Child();
jest.mock('node:child_process', () => ({ fork: () => mockChild }));

describe('a rehearsal whose process has ended', () => {
  let rehearsals: Rehearsals;
  const ask = async (path: string, body: unknown): Promise<{ status: number; text: string }> => {
    const url = new URL(`http://127.0.0.1${path}`);
    const sent = Buffer.from(JSON.stringify(body));
    const answer = await rehearsals.serve({ method: 'POST', url, headers: {}, body: sent });
    return { status: answer?.status ?? 0, text: String(answer?.body) };
  };
  beforeEach(async () => {
    mockChild = new Child();
    rehearsals = new Rehearsals();
    const started = await ask('/rehearsal', { fleet: 'e2e', scenario: null, seed: 1, speed: 600 });
    if (started.status !== 202) throw new Error(started.text);
  });

  test('takes no other speed, and says so with its reason', async () => {
    expect((await ask('/rehearsal/speed', { speed: 60 })).status).toBe(202);
    mockChild.connected = false;
    mockChild.emit('exit', 1);
    const { status, text } = await ask('/rehearsal/speed', { speed: 3_600 });
    expect([status, text]).toEqual([409, expect.stringContaining('Its process ended with 1.')]);
    expect(mockChild.orders).toEqual([{ kind: 'speed', speed: 60 }]);
  });

  test('takes no order before its end is known, either', async () => {
    mockChild.connected = false;
    expect((await ask('/rehearsal/pause', {})).status).toBe(409);
  });

  test('or that could not be started has failed, with the reason; its host goes on', async () => {
    mockChild.emit('error', new Error('spawn EAGAIN'));
    const { status, text } = await ask('/rehearsal/speed', { speed: 60 });
    expect([status, text]).toEqual([409, expect.stringContaining('spawn EAGAIN')]);
  });
});
