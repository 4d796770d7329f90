const { statSync } = require('node:fs');
const { createRequire } = require('node:module');
const { join, relative } = require('node:path');
const vm = require('node:vm');
const { default: Runtime } = require('jest-runtime');

/** Packages that keep nothing of a test file: Node loads them once for each process of jest. All others begin anew with each file. */
const LOADED_ONCE = new Set(
  `@azure/arm-compute @azure/core-auth @azure/core-rest-pipeline @azure/data-tables @azure/identity
  ajv axe-core axios commander croner fast-check fastest-levenshtein find-my-way ical.js ipaddr.js moment typescript uuid validator yaml zod
  @jest/expect @jest/expect-utils expect jest-diff jest-each jest-get-type jest-matcher-utils jest-message-util jest-snapshot jest-util
  pretty-format`.split(/\s+/),
);

/**
 * Modules of this process of jest by their path, so that each is read and compiled once: a test file calls the function that V8 made of one, and so
 * has its own instance of it. Kept on jest's class, since the emulator makes Node forget this file with those of the app.
 */
const modules = (Runtime.modulesOfAllFiles ??= new Map());

/**
 * Modules of Lowtide that keep nothing of a test file but what they have worked out, read no clock, and import only each other and packages. They stay for
 * the next file: no schema is built again, and what V8 has optimized stays so.
 */
const KEPT =
  /^((audit|collections|domain|planning|store)[\\/]|activities[\\/]contracts|drivers[\\/]driver\.).*ts$/;
const ROOT = join(module.path, '..', '..', '..');
const kept = (Runtime.keptModules ??= new Map());
const isKept = (path) => KEPT.test(relative(ROOT, path));

module.exports = class OneRealmRuntime extends Runtime {
  static isKept = isKept;

  constructor(...given) {
    super(...given);
    const { executor, registries, transformCache } = this;
    const hasChanged = (path) =>
      statSync(path, { throwIfNoEntry: false })?.mtimeMs !== modules.get(path)?.mtimeMs;
    if ([...kept.keys()].some(hasChanged)) kept.clear();
    // Those of an app, if its test file has set them.
    kept.get(join(ROOT, 'domain', 'regions.ts'))?.exports.learnRegions([]);
    for (const [path, module] of kept) registries.getActiveCjsRegistry().set(path, module);
    Runtime.ofThisFile = this;
    const transform = transformCache.transform.bind(transformCache);
    transformCache.transform = (path, options) => {
      const { mtimeMs } = statSync(path);
      const known = modules.get(path);
      if (known?.mtimeMs === mtimeMs) {
        if (known.sourceMap !== undefined) transformCache.sourceMaps.set(path, known.sourceMap);
        return known.code;
      }
      const code = transform(path, options);
      modules.set(path, { mtimeMs, code, sourceMap: transformCache.sourceMaps.get(path) });
      return code;
    };
    executor.compile = (code, path) => {
      const known = modules.get(path);
      const run =
        known?.run ?? vm.compileFunction(code, executor.injectedModuleParameters, { filename: path });
      if (known !== undefined) known.run = run;
      return run;
    };
  }

  teardown() {
    for (const [path, module] of this.registries.getActiveCjsRegistry())
      if (module.loaded && isKept(path)) kept.set(path, module);
    return super.teardown();
  }

  /** What a module that stayed asks for only now is of this file. */
  requireModuleOrMock(from, name) {
    const { ofThisFile } = Runtime;
    if (ofThisFile === this || !isKept(from)) return super.requireModuleOrMock(from, name);
    return ofThisFile.requireModuleOrMock(from, name);
  }

  requireModule(from, name, ...rest) {
    if (name === 'node:async_hooks' && OF_CIRCUS.test(from)) return { AsyncLocalStorage: RunningTest };
    if (name !== undefined && LOADED_ONCE.has(packageOf(name))) return createRequire(from)(name);
    return super.requireModule(from, name, ...rest);
  }
};

const OF_CIRCUS = /[\\/]node_modules[\\/]jest-circus[\\/]/;

/**
 * In the place of the storage in which jest notes the test that runs: Node would carry it through every promise of the process. Tests of a file run
 * one after the other, so that one note is enough. jest waits for rejected promises after each test (jest.config.js), so that they fail their own.
 */
class RunningTest {
  #noted = undefined;

  getStore() {
    return this.#noted;
  }

  async run(noted, runIt) {
    const before = this.#noted;
    this.#noted = noted;
    try {
      return await runIt();
    } finally {
      this.#noted = before;
    }
  }
}

/** `zod` of `zod/v4/core`, `@jest/expect` of `@jest/expect/build/index.js`. */
function packageOf(name) {
  return name.split('/', name.startsWith('@') ? 2 : 1).join('/');
}
