import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { say } from '../../local/say';
import { mutants } from './mutants';
import { PackageCopy, type Verdict } from './packageCopy';

const { values: options } = parseArgs({ options: { only: { type: 'string' }, json: { type: 'string' } } });

/** Plants each bug in turn and says which test noticed. Exit code 2 when one survives, 1 when the tests fail without any. */
function mutate(): 0 | 1 | 2 {
  const chosen = mutants.filter(({ bug }) => options.only === undefined || bug.includes(options.only));
  const started = performance.now();
  const copy = new PackageCopy();
  try {
    const without = copy.runWithoutMutants(chosen);
    if (without.killed) {
      say.error(`Without any bug something fails already: ${without.by}`);
      return 1;
    }
    const results = chosen.map((mutant) => {
      const verdict: Verdict = copy.detect(mutant);
      say.line(`${verdict.killed ? 'killed  ' : 'SURVIVED'}  ${mutant.bug} (${mutant.file})`);
      say.line(`          ${verdict.killed ? 'by' : 'unnoticed by'} ${verdict.by}`);
      return { bug: mutant.bug, file: mutant.file, ...verdict };
    });
    const killed = results.filter((result) => result.killed).length;
    const seconds = Math.round((performance.now() - started) / 1000);
    const percent = Math.floor((killed * 100) / Math.max(1, results.length));
    say.line(`\nKill rate ${percent} %: ${killed} of ${results.length} bugs noticed, in ${seconds} s.`);
    if (options.json !== undefined)
      writeFileSync(
        options.json,
        `${JSON.stringify({ killed, of: results.length, seconds, results }, null, 2)}\n`,
      );
    return killed === results.length ? 0 : 2;
  } finally {
    copy.close();
  }
}

process.exitCode = mutate();
