import { LowtideError } from '../../domain/lowtideError';
import { say } from '../../local/say';
import { checkOutputs, writeJson } from '../../local/writeOutput';
import { mutants } from './mutants';
import { PackageCopy, type Verdict } from './packageCopy';

export interface MutateOptions {
  /** Only the bugs whose description has this text. */
  readonly only?: string | undefined;
  readonly json?: string | undefined;
}

/** `npm run mutate`: plants each bug in turn and says which test noticed. Exit code 2 when one survives, 1 when the tests fail without any. */
export function runMutate({ only = '', json }: MutateOptions): 0 | 1 | 2 {
  const chosen = mutants.filter(({ bug }) => bug.includes(only));
  if (chosen.length === 0)
    throw new LowtideError('ARGUMENT_INVALID', {
      what: `No bug has '${only}' in its description.`,
      why: 'There is nothing to plant.',
      fix: 'Give a word of a description in lab/mutation/*Mutants.ts, or none for all bugs.',
    });
  checkOutputs(json);
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
    if (json !== undefined) writeJson(json, { killed, of: results.length, seconds, results });
    return killed === results.length ? 0 : 2;
  } finally {
    copy.close();
  }
}
