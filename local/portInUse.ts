import { createServer } from 'node:net';
import { LowtideError } from '../domain/lowtideError';

/** Refuses before anything is started or wiped. Port 0 is any free one. */
export async function checkPortFree(port: number): Promise<void> {
  const code = await listenOnce(port);
  if (code === null) return;
  const taken = code === 'EADDRINUSE';
  throw new LowtideError('ARGUMENT_INVALID', {
    what: `Port ${port} cannot be used.`,
    why: taken ? 'Another program listens on it, perhaps another Lowtide.' : `The system answered ${code}.`,
    fix: 'End that program, or choose another port with --port.',
  });
}

function listenOnce(port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code ?? error.message);
    });
    server.listen(port, '127.0.0.1', () => {
      server.close(() => {
        resolve(null);
      });
    });
  });
}
