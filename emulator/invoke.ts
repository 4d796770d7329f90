import { format } from 'node:util';
import { isClient } from './clientBinding';
import type { CoreApi, RegisteredFunction, RpcValue } from './coreApi';
import { TimeLimit } from './functionTimeout';

export interface InvocationInput {
  readonly trigger: RpcValue | undefined;
  readonly extra?: Readonly<Record<string, RpcValue>>;
  readonly triggerMetadata?: Readonly<Record<string, RpcValue>>;
}

/** Calls functions, in the two ways there are: as the worker does, and without its conversions. */
export class Invoker {
  #count = 0;
  readonly #core: CoreApi;
  readonly #log: (level: string, category: string, message: string) => void;
  readonly #limit: TimeLimit;
  readonly #parsed = new Map<string, unknown>();
  readonly #plain = new Map<RegisteredFunction, boolean>();

  /** `timeoutMs`: wall time that a call may take; undefined when time stands still meanwhile. */
  constructor(
    core: CoreApi,
    log: (level: string, category: string, message: string) => void,
    timeoutMs?: number,
  ) {
    this.#core = core;
    this.#log = log;
    this.#limit = new TimeLimit(timeoutMs);
  }

  /** Hooks, typed data, InvocationContext: the same sequence of calls as the worker's InvocationHandler. */
  async throughWorker(fn: RegisteredFunction, input: InvocationInput): Promise<RpcValue | null | undefined> {
    const invocationId = this.#nextId();
    const inputData = [
      { name: fn.triggerName, data: input.trigger },
      ...Object.entries(input.extra ?? {}).map(([name, data]) => ({ name, data })),
    ];
    const request = {
      invocationId,
      functionId: fn.name,
      triggerMetadata: input.triggerMetadata,
      traceContext: {},
      inputData,
    };
    const metadata = { name: fn.name, bindings: fn.bindings };
    const coreContext: Record<string, unknown> = { invocationId, metadata, log: this.#log, request };
    const model = this.#core.programmingModel.getInvocationModel(coreContext);
    const { context, inputs } = await model.getArguments();
    const appHookData = this.#core.appHookData;
    const before = {
      hookData: {},
      appHookData,
      invocationContext: context,
      functionCallback: fn.callback,
      inputs,
    };
    await this.#core.runHooks('preInvocation', before);
    const after: { result: unknown; error: unknown; [key: string]: unknown } = {
      hookData: before.hookData,
      appHookData,
      invocationContext: context,
      inputs: before.inputs,
      result: null,
      error: null,
    };
    coreContext['state'] = 'invocation';
    try {
      const work = model.invokeFunction(context, before.inputs, before.functionCallback);
      after.result = await this.#limit.watch(fn.name, work);
    } catch (error) {
      after.error = error;
    }
    coreContext['state'] = 'postInvocationHooks';
    await this.#core.runHooks('postInvocation', after);
    if (after.error) throw after.error as Error;
    return (await model.getResponse(context, after.result)).returnValue;
  }

  /** Whether calling the function directly gives what the worker would give: it has its trigger, and clients of its host. */
  canCallDirectly(fn: RegisteredFunction): boolean {
    return (
      this.#bindsNothingElse(fn) &&
      !this.#core.hasHooks('preInvocation') &&
      !this.#core.hasHooks('postInvocation')
    );
  }

  /** Asked at every call, of bindings that never change. */
  #bindsNothingElse(fn: RegisteredFunction): boolean {
    let answer = this.#plain.get(fn);
    if (answer === undefined) {
      const bindings = Object.entries(fn.bindings);
      answer = bindings.every(([name, { type }]) => name === fn.triggerName || isClient(type));
      this.#plain.set(fn, answer);
    }
    return answer;
  }

  /** Calls an activity without the worker's conversions. A handler that throws at once makes this throw at once: that is a failed call, too. */
  direct(fn: RegisteredFunction, input: unknown, extra: ExtraInputs = NO_INPUTS): Promise<unknown> {
    const work = fn.callback(input, this.directContext(fn, extra));
    return this.#limit.watch(fn.name, Promise.resolve(work));
  }

  directContext(fn: RegisteredFunction, extra: ExtraInputs = NO_INPUTS): object {
    return new DirectContext(fn, this.#nextId(), this.#log, new DirectInputs(extra, this.#parsed));
  }

  #nextId(): string {
    this.#count += 1;
    return `invocation-${this.#count}`;
  }
}

/** JSON by the name of the input. */
type ExtraInputs = Readonly<Record<string, { readonly json: string }>>;
const NO_INPUTS: ExtraInputs = {};

/** The inputs other than the trigger's, which are the same at every call: each is parsed once, and frozen, for all calls have the same object. */
class DirectInputs {
  readonly #given: ExtraInputs;
  readonly #parsed: Map<string, unknown>;

  constructor(given: ExtraInputs, parsed: Map<string, unknown>) {
    this.#given = given;
    this.#parsed = parsed;
  }

  get(inputOrName: string | { readonly name: string }): unknown {
    const json = this.#given[typeof inputOrName === 'string' ? inputOrName : inputOrName.name]?.json;
    if (json === undefined) return undefined;
    if (!this.#parsed.has(json)) this.#parsed.set(json, frozen(JSON.parse(json)));
    return this.#parsed.get(json);
  }

  set(): void {
    throw new Error('The emulator passes the inputs of a function on as they are: none can be set.');
  }
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}

/** What handlers see of InvocationContext, without the conversions that make the real one cost microseconds. */
class DirectContext {
  readonly functionName: string;
  readonly extraOutputs = noValues;
  readonly triggerMetadata = undefined;
  readonly retryContext = undefined;
  readonly traceContext = undefined;

  readonly #fn: RegisteredFunction;
  readonly #write: (level: string, category: string, message: string) => void;

  constructor(
    fn: RegisteredFunction,
    readonly invocationId: string,
    write: (level: string, category: string, message: string) => void,
    readonly extraInputs: DirectInputs,
  ) {
    this.functionName = fn.name;
    this.#fn = fn;
    this.#write = write;
  }

  get options(): object {
    return optionsOf(this.#fn);
  }

  log(...args: unknown[]): void {
    this.#write('information', 'user', format(...args));
  }
  info(...args: unknown[]): void {
    this.#write('information', 'user', format(...args));
  }
  trace(...args: unknown[]): void {
    this.#write('trace', 'user', format(...args));
  }
  debug(...args: unknown[]): void {
    this.#write('debug', 'user', format(...args));
  }
  warn(...args: unknown[]): void {
    this.#write('warning', 'user', format(...args));
  }
  error(...args: unknown[]): void {
    this.#write('error', 'user', format(...args));
  }
}

/** Asked at every call, of bindings that never change. */
function optionsOf(fn: RegisteredFunction): object {
  const before = knownOptions.get(fn);
  if (before !== undefined) return before;
  const { trigger, triggerName, bindings } = fn;
  const extraInputs = Object.entries(bindings).flatMap(([name, binding]) =>
    name === triggerName ? [] : [{ ...binding, name }],
  );
  const options = frozen({ trigger: { ...trigger, name: triggerName }, extraInputs, extraOutputs: [] });
  knownOptions.set(fn, options);
  return options;
}

const knownOptions = new WeakMap<RegisteredFunction, object>();

const noValues = { get: (): undefined => undefined, set: (): void => undefined };
