import type { AgendaName, SeenDue } from '../../store/agenda';
import type { Services } from '../services';

/** The row of the agenda that a sweep was started for. A sweep that was given none, as those of an earlier version, reads it. */
export async function seenDue(
  { agenda }: Pick<Services, 'agenda'>,
  name: AgendaName,
  given: SeenDue | undefined,
): Promise<SeenDue> {
  return given === undefined ? agenda.read(name) : given;
}
