import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import { say } from '../local/say';

/** Shows how far something is: a bar on a terminal, now and then a line elsewhere. Lines told meanwhile stand above the bar. */
export interface Progress {
  line(text: string): void;
  update(done: number, total: number, note: string): void;
  stop(): void;
}

const PLAIN_EVERY_MS = 5_000;

export function showProgress(unit: string, stream: NodeJS.WriteStream = process.stdout): Progress {
  return stream.isTTY ? bar(unit, stream) : plain(unit);
}

function bar(unit: string, stream: NodeJS.WriteStream): Progress {
  const bars = new MultiBar(
    {
      stream,
      format: `{bar} {value}/{total} ${unit}  {note}`,
      barsize: 30,
      hideCursor: true,
      linewrap: false,
      clearOnComplete: false,
    },
    Presets.shades_classic,
  );
  let own: SingleBar | null = null;
  return {
    line(text) {
      bars.log(`${text}\n`);
    },
    update(done, total, note) {
      own ??= bars.create(total, done, { note });
      own.setTotal(total);
      own.update(done, { note });
    },
    stop() {
      bars.stop();
    },
  };
}

function plain(unit: string): Progress {
  let saidMs = 0;
  let said = '';
  return {
    line(text) {
      say.line(text);
    },
    update(done, total, note) {
      const now = performance.now();
      const text = `${done}/${total} ${unit}  ${note}`;
      if (text === said || now - saidMs < PLAIN_EVERY_MS) return;
      saidMs = now;
      said = text;
      say.line(text);
    },
    stop: () => undefined,
  };
}
