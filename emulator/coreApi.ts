/**
 * `@azure/functions-core`: what the node worker gives to the app's library. Only what @azure/functions 4.16 uses.
 */
export interface Binding {
  readonly type: string;
  readonly direction: string;
  readonly name?: string;
  readonly route?: string;
  readonly methods?: readonly string[];
  readonly authLevel?: string;
  readonly schedule?: string;
  readonly runOnStartup?: boolean;
  readonly useMonitor?: boolean;
}

export interface RegisteredFunction {
  readonly name: string;
  readonly bindings: Readonly<Record<string, Binding>>;
  readonly trigger: Binding;
  readonly triggerName: string;
  readonly callback: (...args: unknown[]) => unknown;
}

/** A value on its way between host and worker. */
export interface RpcValue {
  readonly json?: string;
  readonly string?: string;
  readonly int?: number;
  readonly double?: number;
  readonly bytes?: Uint8Array;
  readonly http?: unknown;
}

export interface InvocationModel {
  getArguments(): Promise<{ context: object; inputs: unknown[] }>;
  invokeFunction(context: object, inputs: unknown[], callback: unknown): Promise<unknown>;
  getResponse(context: object, result: unknown): Promise<{ returnValue?: RpcValue | null }>;
}

export interface ProgrammingModel {
  getInvocationModel(core: object): InvocationModel;
  getCapabilities?(capabilities: Record<string, string>): Promise<Record<string, string>>;
}

export type HookName = 'appStart' | 'appTerminate' | 'preInvocation' | 'postInvocation' | 'log';
type Hook = (context: object) => unknown;

class Disposable {
  readonly #undo: () => unknown;

  constructor(undo: () => unknown) {
    this.#undo = undo;
  }
  dispose(): unknown {
    return this.#undo();
  }
  static from(...others: { dispose(): unknown }[]): Disposable {
    return new Disposable(() => others.map((other) => other.dispose()));
  }
}

interface FunctionMetadata {
  readonly name: string;
  readonly functionId?: string;
  readonly bindings: Readonly<Record<string, Binding>>;
}

/** One app's registrations, and the object that its library sees. */
export class CoreApi {
  readonly functions = new Map<string, RegisteredFunction>();
  readonly appHookData = {};
  readonly #hooks = new Map<HookName, Hook[]>();
  #model: ProgrammingModel | undefined;
  #locked = false;
  readonly exported: object;

  constructor(public log: (level: string, category: string, message: string) => void) {
    this.exported = {
      version: '3.10.0',
      hostVersion: '4.1037.0',
      Disposable,
      registerFunction: (metadata: FunctionMetadata, callback: RegisteredFunction['callback']) =>
        this.#register(metadata, callback),
      setProgrammingModel: (model: ProgrammingModel) => {
        this.#model = model;
      },
      getProgrammingModel: () => this.#model,
      registerHook: (name: HookName, hook: Hook) => this.#addHook(name, hook),
      log: (level: string, category: string, message: string) => {
        this.log(level, category, message);
      },
    };
  }

  get programmingModel(): ProgrammingModel {
    if (!this.#model)
      throw new Error('The app registered nothing: it never called `app` of @azure/functions 4.x.');
    return this.#model;
  }

  hasHooks(name: HookName): boolean {
    return (this.#hooks.get(name)?.length ?? 0) > 0;
  }

  async runHooks(name: HookName, context: object): Promise<void> {
    for (const hook of this.#hooks.get(name) ?? []) await hook(context);
  }

  /** From now on a registration is an error, as after the worker's start-up. */
  lock(): void {
    this.#locked = true;
  }

  #register(metadata: FunctionMetadata, callback: RegisteredFunction['callback']): Disposable {
    if (this.#locked) throw new Error('A function can only be registered during app startup.');
    const id = metadata.functionId ?? metadata.name;
    if (this.functions.has(id)) throw new Error(`A function with id "${id}" has already been registered.`);
    const found = Object.entries(metadata.bindings).find(([, binding]) => /trigger$/i.test(binding.type));
    if (!found) throw new Error(`The function "${metadata.name}" has no trigger.`);
    const [triggerName, trigger] = found;
    const { name, bindings } = metadata;
    this.functions.set(id, { name, bindings, trigger, triggerName, callback });
    return new Disposable(() => this.functions.delete(id));
  }

  #addHook(name: HookName, hook: Hook): Disposable {
    const list = this.#hooks.get(name) ?? [];
    list.push(hook);
    this.#hooks.set(name, list);
    return new Disposable(() => {
      this.#hooks.set(
        name,
        (this.#hooks.get(name) ?? []).filter((other) => other !== hook),
      );
    });
  }
}
