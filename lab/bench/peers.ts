import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../local/packageRoot';
import { figureOf, type Benchmark, type BenchOptions, type Figure } from './benchmark';

/** Microsoft's own Durable Task SDK for JavaScript, with the in-memory backend that it has for tests: the nearest there is to the emulator. */
const PEER = '@microsoft/durabletask-js@0.4.0';

interface Work {
  readonly name: string;
  readonly shape: 'chain' | 'fan';
  readonly instances: number;
  readonly steps: number;
  /** What the emulator is to be at least, in parts of the peer. Source: issue "Right at any size". */
  readonly atLeast: number;
}

const WORK: readonly Work[] = [
  { name: '1,000 x 10 steps', shape: 'chain', instances: 1000, steps: 10, atLeast: 3 },
  { name: 'one history of 800 steps', shape: 'chain', instances: 1, steps: 800, atLeast: 40 },
  { name: 'fan-out of 3,000', shape: 'fan', instances: 1, steps: 3000, atLeast: 300 },
];

/** The same orchestrations in both dialects. */
const OUR_APP = `
const df = require('durable-functions');
df.app.activity('step', { handler: (x) => x + 1 });
df.app.orchestration('chain', function* (context) {
  let x = 0;
  for (let i = context.df.getInput(); i > 0; i -= 1) x = yield context.df.callActivity('step', x);
  return x;
});
df.app.orchestration('fan', function* (context) {
  const steps = Array.from({ length: context.df.getInput() }, (_, i) => context.df.callActivity('step', i));
  return (yield context.df.Task.all(steps)).length;
});
`;

const OURS = `
const [, , host, shape, instances, steps, store] = process.argv;
(async () => {
  const { startHost } = require(host);
  const at = store === 'journal' ? { kind: 'journal', path: __dirname + '/journal-' + process.pid } : { kind: 'memory' };
  const running = await startHost({ appDir: __dirname, clock: { kind: 'real' }, store: at, timers: false });
  const began = performance.now();
  const ids = Array.from({ length: Number(instances) }, (_, i) => 'i' + i);
  await Promise.all(ids.map((id) =>
    running.request('POST', '/runtime/webhooks/durabletask/orchestrators/' + shape + '/' + id, Number(steps))));
  await running.idle();
  const seconds = (performance.now() - began) / 1000;
  const ended = ids.filter((id) => running.instance(id).runtimeStatus === 'Completed').length;
  if (ended !== ids.length) throw new Error(ended + ' of ' + ids.length + ' completed');
  await running.close();
  process.stdout.write(String(seconds));
  process.exit(0);
})();
`;

const THEIRS = `
const [, , shape, instances, steps] = process.argv;
const quiet = () => undefined;
for (const method of ['log', 'info', 'debug', 'warn', 'error']) console[method] = quiet;
const { whenAll } = require('@microsoft/durabletask-js');
const { InMemoryOrchestrationBackend, TestOrchestrationClient, TestOrchestrationWorker } = require('@microsoft/durabletask-js/dist/testing');
(async () => {
  const backend = new InMemoryOrchestrationBackend();
  const client = new TestOrchestrationClient(backend);
  const worker = new TestOrchestrationWorker(backend);
  const step = (_, x) => x + 1;
  const chain = async function* (context, count) {
    let x = 0;
    for (let i = count; i > 0; i -= 1) x = yield context.callActivity(step, x);
    return x;
  };
  const fan = async function* (context, count) {
    return (yield whenAll(Array.from({ length: count }, (_, i) => context.callActivity(step, i)))).length;
  };
  const orchestrator = shape === 'chain' ? chain : fan;
  worker.addActivity(step);
  worker.addOrchestrator(orchestrator);
  await worker.start();
  const began = performance.now();
  const ids = await Promise.all(Array.from({ length: Number(instances) }, () =>
    client.scheduleNewOrchestration(orchestrator, Number(steps))));
  await Promise.all(ids.map((id) => client.waitForOrchestrationCompletion(id, true, 900)));
  process.stdout.write(String((performance.now() - began) / 1000));
  process.exit(0);
})();
`;

/** Each run is a cold process, ours and theirs in turn, so that a busy minute meets both. */
export const peersBenchmark: Benchmark = {
  name: 'peers',
  what: `steps a second of the emulator, and of ${PEER} (installed from npm for this) in the same minutes`,
  run: (options) => {
    const cache = join(PACKAGE_ROOT, 'node_modules', '.cache');
    mkdirSync(cache, { recursive: true });
    const folder = mkdtempSync(join(cache, 'peers-'));
    try {
      prepare(folder);
      return WORK.flatMap((work) => compare(work, folder, options));
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

function prepare(folder: string): void {
  const [ours, theirs] = [join(folder, 'ours'), join(folder, 'theirs')];
  for (const each of [ours, theirs]) mkdirSync(each);
  writeFileSync(join(ours, 'package.json'), JSON.stringify({ name: 'ours', private: true, main: 'app.js' }));
  writeFileSync(join(ours, 'host.json'), JSON.stringify({ version: '2.0' }));
  writeFileSync(join(ours, 'app.js'), OUR_APP);
  writeFileSync(join(ours, 'run.js'), OURS);
  symlinkSync(join(PACKAGE_ROOT, 'node_modules'), join(ours, 'node_modules'), 'junction');
  writeFileSync(join(theirs, 'package.json'), JSON.stringify({ name: 'theirs', private: true }));
  writeFileSync(join(theirs, 'run.js'), THEIRS);
  const install = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', '.', PEER];
  execFileSync('npm', install, { cwd: theirs, stdio: ['ignore', 'ignore', 'inherit'] });
}

function compare(work: Work, folder: string, { runs, say }: BenchOptions): readonly Figure[] {
  const { name, shape, instances, steps } = work;
  const what = [shape, String(instances), String(steps)];
  const host = join(PACKAGE_ROOT, 'dist', 'emulator', 'host.js');
  const seconds = (args: readonly string[], cwd: string): number =>
    Number(execFileSync(process.execPath, ['--max-semi-space-size=64', ...args], { cwd, encoding: 'utf8' }));
  const all = Array.from({ length: runs }, (_, n) => {
    const ours = seconds(['run.js', host, ...what, 'memory'], join(folder, 'ours'));
    const journal = seconds(['run.js', host, ...what, 'journal'], join(folder, 'ours'));
    const theirs = seconds(['run.js', ...what], join(folder, 'theirs'));
    const rate = (s: number): number => (instances * steps) / s;
    say(
      `${name}, run ${n + 1} of ${runs}: ${rate(ours).toFixed(0)} a second, ${rate(journal).toFixed(0)} with a journal, peer ${rate(theirs).toFixed(0)}`,
    );
    return { ours: rate(ours), journal: rate(journal), theirs: rate(theirs), parts: theirs / ours };
  });
  const of = (pick: (run: (typeof all)[number]) => number): readonly number[] => all.map(pick);
  return [
    figureOf(
      `${name}: emulator`,
      'steps/s',
      of(({ ours }) => ours),
    ),
    figureOf(
      `${name}: with journal`,
      'steps/s',
      of(({ journal }) => journal),
    ),
    figureOf(
      `${name}: durabletask-js`,
      'steps/s',
      of(({ theirs }) => theirs),
    ),
    figureOf(
      `${name}: durabletask-js in parts of the emulator`,
      '',
      of(({ parts }) => 1 / parts),
      1 / work.atLeast,
    ),
  ];
}
