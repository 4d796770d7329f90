import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../http/json';
import { shownModel } from './shownModel';
import type { VmChange } from './vmModel';

/** Azure is done with such a change when it answers, and gives nothing to poll (12). */
export function changesTagsOnly({ before, model }: VmChange): boolean {
  if (before === null) return false;
  const { tags: tagsBefore, ...was } = shownModel(before.model);
  const { tags: tagsNow, ...is } = shownModel(model);
  return (
    !isDeepStrictEqual(tagsBefore ?? {}, tagsNow ?? {}) && isDeepStrictEqual(comparable(was), comparable(is))
  );
}

/** What is not written is the same as what is undefined; ids, names and regions are the same in any case. */
function comparable(model: JsonObject): unknown {
  return JSON.parse(JSON.stringify({ ...model, id: '', name: '', type: '', location: '' }));
}
