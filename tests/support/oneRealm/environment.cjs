const { AsyncLocalStorage } = require('node:async_hooks');
const process = require('node:process');
const { ModuleMocker } = require('jest-mock');

/**
 * A test file runs among the globals of its process of jest, without a context of V8 that is its own: there every global is looked up through a
 * proxy, and classes are others than Node's. What a file has set is put back after it.
 */
module.exports = class OneRealm {
  global = globalThis;
  moduleMocker = new ModuleMocker(globalThis);
  fakeTimers = null;
  fakeTimersModern = null;
  #restore = [
    restoreMembers(globalThis),
    restoreMembers(process),
    restoreMembers(process.env),
    restoreListeners(),
    restoreExitCode(),
    endAsyncStorages(),
  ];

  /** Asked for its presence only: `runtime.cjs` compiles. */
  getVmContext() {
    return {};
  }

  exportConditions() {
    return ['node', 'node-addons'];
  }

  async setup() {}

  async teardown() {
    for (const restore of this.#restore) restore();
  }
};

function restoreMembers(object) {
  const before = Object.getOwnPropertyDescriptors(object);
  return () => {
    for (const key of Reflect.ownKeys(object))
      if (!Object.hasOwn(before, key)) Reflect.deleteProperty(object, key);
    for (const key of Reflect.ownKeys(before)) {
      const now = Object.getOwnPropertyDescriptor(object, key);
      const same = ['value', 'get', 'set'].every((part) => now?.[part] === before[key][part]);
      if (!same) Reflect.defineProperty(object, key, before[key]);
    }
  };
}

function restoreListeners() {
  const before = new Map(process.eventNames().map((name) => [name, process.rawListeners(name)]));
  return () => {
    for (const name of process.eventNames())
      for (const listener of process.rawListeners(name))
        if (before.get(name)?.includes(listener) !== true) process.removeListener(name, listener);
  };
}

function restoreExitCode() {
  const before = process.exitCode;
  return () => {
    process.exitCode = before;
  };
}

/**
 * jest makes one for each test file, and some packages do. Node copies what each holds into every promise of the process until it is disabled: after
 * eighty files, a month took twice the processor time.
 */
function endAsyncStorages() {
  const used = new Set();
  const { prototype } = AsyncLocalStorage;
  const before = { run: prototype.run, enterWith: prototype.enterWith };
  for (const [name, method] of Object.entries(before))
    prototype[name] = function (...given) {
      used.add(this);
      return method.apply(this, given);
    };
  return () => {
    Object.assign(prototype, before);
    for (const storage of used) storage.disable();
  };
}
