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

/** The same on a terminal of 60 columns; `NO_COLOR` and the like are what is given. */
export async function typedOnTerminal(
  environment: Readonly<Record<'NO_COLOR' | 'TERM', string>>,
  ...args: readonly string[]
): Promise<Typed> {
  const before = { isTTY: process.stdout.isTTY, columns: process.stdout.columns };
  const { NO_COLOR, TERM } = process.env;
  Object.assign(process.stdout, { isTTY: true, columns: 60 });
  Object.assign(process.env, environment);
  try {
    return await typed(...args);
  } finally {
    Object.assign(process.stdout, before);
    for (const [name, value] of Object.entries({ NO_COLOR, TERM }))
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
  }
}
