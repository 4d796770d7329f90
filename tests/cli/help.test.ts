import { runCli } from '../../cli/program';
import { expectGolden } from '../support/golden';

/** What a command line writes to the terminal, and its exit code, as a person sees it. */
async function typed(line: string): Promise<string> {
  let text = `$ lowtide ${line}\n`;
  const write = (chunk: string | Uint8Array): boolean => {
    text += String(chunk);
    return true;
  };
  const out = jest.spyOn(process.stdout, 'write').mockImplementation(write);
  const err = jest.spyOn(process.stderr, 'write').mockImplementation(write);
  try {
    const code = await runCli(line.split(' ').filter((word) => word !== ''));
    return `${text}→ exit code ${code}\n`;
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
}

async function transcript(lines: readonly string[]): Promise<string> {
  const parts: string[] = [];
  for (const line of lines) parts.push(await typed(line));
  return parts.join('\n');
}

const COMMANDS = ['start', 'serve', 'emulator', 'fleet-generate', 'e2e'];
const OF_THE_LAB = ['torture', 'mutate', 'bench', 'durable-host', 'screenshots'];
const OF_A_MONTH = ['simulate', 'plan', 'enable-azure', 'probe-azure'];
const OF_THE_CLIENT = ['audit', 'why', 'rollouts', 'freeze add'];

test('--help lists what there is, for every command with an example', async () => {
  expectGolden('help.txt', await transcript(['', '--help']));
  expectGolden('help-commands.txt', await transcript(COMMANDS.map((name) => `${name} --help`)));
  expectGolden('help-client.txt', await transcript(OF_THE_CLIENT.map((name) => `${name} --help`)));
  expectGolden('help-lab.txt', await transcript(OF_THE_LAB.map((name) => `${name} --help`)));
  expectGolden('help-month.txt', await transcript(OF_A_MONTH.map((name) => `${name} --help`)));
});

test('help is what people type who do not know --help', async () => {
  expect(await typed('help')).toBe((await typed('--help')).replace('--help', 'help'));
  expect(await typed('help plan')).toBe((await typed('plan --help')).replace('plan --help', 'help plan'));
  expect(await typed('help freeze add')).toContain('Usage: lowtide freeze add');
  expect(await typed('help plna')).toMatch(/unknown command 'plna'[^]*exit code 1/);
});

test('a message about a wrong command line says what is wrong, and what would be right', async () => {
  const wrong = [
    'plna',
    'plan --flet fleets/contoso.json',
    'plan',
    'plan --fleet fleets/contoso.json --month 2026-13',
    'plan --fleet fleets/contoso.json --month 1999-01',
    'plan --fleet fleets/contoso.json november',
    'plan --fleet fleets/contoso.json --azure',
    'simulate --fleet fleets/contoso.json --seed seven --month 2026-11',
    'start --speed 0',
    'serve --port 70710',
    'fleet-generate --vms 0 --seed 1',
    'e2e --base-url localhost',
    'bench --only plna',
    'mutate --only nothing-of-this-name',
    'torture --kinds nosuch',
  ];
  expectGolden('usage-errors.txt', await transcript(wrong));
});

test('a file that cannot be used is named, without a stack', async () => {
  const wrong = [
    'plan --fleet no-such-fleet.json',
    'plan --fleet fleets',
    'plan --fleet package.json',
    'simulate --fleet fleets/e2e.json --seed 1 --month 2026-11 --scenario no-such-scenario',
    'audit --events fleets/e2e.json --fleet fleets/e2e.json',
    'emulator --app docs',
  ];
  expectGolden('file-errors.txt', await transcript(wrong));
});

test('R-109, R-203: a plan can be read: phases, windows by the clock of each region, which VMs are late, which are not eligible', async () => {
  expectGolden('plan-contoso.txt', await typed('plan --fleet fleets/contoso.json --month 2026-11'));
});

test('without a month the plan is that of the latest release, and says so', async () => {
  expect(await typed('plan --fleet fleets/e2e.json')).toMatch(
    /The month is that of the latest release, \d{4}-\d\d; --month/,
  );
});

test('the same seed generates the same fleet, which a plan reads', async () => {
  const [one, two] = [
    await typed('fleet-generate --vms 12 --seed 7'),
    await typed('fleet-generate --vms 12 --seed 7'),
  ];
  expect(one).toBe(two);
  expect(one.match(/"name":/g)?.length).toBeGreaterThanOrEqual(12);
});
