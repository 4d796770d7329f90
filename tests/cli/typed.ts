import { runCli } from '../../cli/program';

export interface Typed {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** What a command line writes, as a program reads it: standard output is no terminal. */
export async function typed(...args: readonly string[]): Promise<Typed> {
  let [out, err] = ['', ''];
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    out += String(chunk);
    return true;
  });
  const error = jest.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
    err += String(chunk);
    return true;
  });
  try {
    return { code: await runCli(args), out, err };
  } finally {
    write.mockRestore();
    error.mockRestore();
  }
}

/** The same on a terminal of 60 columns; of the variables that speak of colours, those that are given are set, and no other. */
export async function typedOnTerminal(
  environment: Readonly<Partial<Record<'NO_COLOR' | 'FORCE_COLOR' | 'TERM', string>>>,
  ...args: readonly string[]
): Promise<Typed> {
  const before = { isTTY: process.stdout.isTTY, columns: process.stdout.columns };
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  Object.assign(process.stdout, { isTTY: true, columns: 60 });
  setVariables({ NO_COLOR: undefined, FORCE_COLOR: undefined, TERM: undefined });
  setVariables(environment);
  try {
    return await typed(...args);
  } finally {
    Object.assign(process.stdout, before);
    setVariables({ NO_COLOR, FORCE_COLOR, TERM });
  }
}

function setVariables(values: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(values))
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
}
