import { LowtideError } from '../../domain/lowtideError';
import { say } from '../../local/say';
import { apiClient, queryOf, type ApiClient, type HostOptions } from './apiClient';
import { writeJson, writeRows, type OutputOptions, type Row } from './output';
import { goOn, latestId } from './rollouts';
import { vmIdOf } from './selectors';

type Common = HostOptions & OutputOptions;

interface Question extends Row {
  readonly ask: string;
  readonly untilUtc: string;
  readonly answer: { readonly go: boolean; readonly why: string; readonly by: string } | null;
}

/** What hooks without an address were asked, those that wait for an answer first. */
export async function runHookList(id: string | undefined, options: Common): Promise<0> {
  const api = apiClient(options);
  const rollout = id ?? (await latestId(api));
  const { value } = await api.get<{ value: readonly Question[] }>(`/api/rollouts/${rollout}/hooks`);
  const rows = [...value].sort((a, b) => Number(a.answer !== null) - Number(b.answer !== null));
  const shown = rows.map((row) => ({ ...row, answer: inWords(row.answer) }));
  writeRows(['ask', 'on', 'askedUtc', 'untilUtc', 'answer'], options.json === true ? rows : shown, options);
  return 0;
}

function inWords(answer: Question['answer']): string {
  if (answer === null) return 'none yet';
  return `${answer.go ? 'yes' : 'no'} of ${answer.by}${answer.why === '' ? '' : `: ${answer.why}`}`;
}

/** One question with everything that it is about. */
export async function runHookShow(ask: string, options: Common & { rollout?: string }): Promise<0> {
  const api = apiClient(options);
  const rollout = options.rollout ?? (await latestId(api));
  const { value } = await api.get<{ value: readonly Question[] }>(`/api/rollouts/${rollout}/hooks`);
  const found = value.find((one) => one.ask === ask);
  if (found === undefined)
    throw new LowtideError('NOT_FOUND', {
      what: `No question '${ask}' was asked in ${rollout}.`,
      why:
        value.length === 0
          ? 'No hook without an address was asked.'
          : `Its first question is ${value[0]?.ask ?? ''}.`,
      fix: `lowtide hooks list ${rollout} lists its questions.`,
    });
  writeJson(found);
  return 0;
}

export interface AnswerOptions extends Common {
  readonly rollout?: string;
  readonly reason?: string;
}

export async function runHookAnswer(ask: string, said: 'yes' | 'no', options: AnswerOptions): Promise<0> {
  const api = apiClient(options);
  const rollout = options.rollout ?? (await latestId(api));
  const body = { ask, go: said === 'yes', why: options.reason ?? '' };
  const answered = await api.send<Question>('POST', `/api/rollouts/${rollout}/hooks`, body);
  if (options.json) writeJson(answered);
  else say.line(`${ask} is answered: ${inWords(answered.answer)}`);
  return 0;
}

interface Notifications {
  readonly receivers: readonly Row[];
  readonly value: readonly Row[];
}

async function notificationsOf(api: ApiClient): Promise<Notifications> {
  const first = await api.get<Notifications & { readonly nextLink?: string }>('/api/notifications');
  const { receivers, nextLink } = first;
  const value = [...first.value];
  if (nextLink !== undefined) for await (const row of api.rows<Row>(nextLink)) value.push(row);
  return { receivers, value };
}

/** Which receiver gets which notices, and what did not arrive. */
export async function runNotifications(options: Common): Promise<0> {
  const found = await notificationsOf(apiClient(options));
  const columns = ['state', 'noticeId', 'receiver', 'kind', 'atUtc', 'attempts', 'nextUtc', 'lastError'];
  if (options.json) writeJson(found);
  else if (options.csv) writeRows(columns, found.value, options);
  else {
    if (found.receivers.length === 0) say.line('No receivers: LOWTIDE_NOTIFICATIONS names them.');
    else writeRows(['name', 'format', 'host', 'signed', 'events'], found.receivers, {});
    if (found.value.length === 0) say.line('Nothing waits, and nothing is dead.');
    else writeRows(columns, found.value.map(forPeople), {});
    const dead = found.value.find(({ state }) => state === 'dead');
    if (dead !== undefined)
      say.line(
        `A dead one is tried again with: lowtide notifications retry ${String(dead['noticeId'])} --receiver ${String(dead['receiver'])}`,
      );
  }
  return 0;
}

/** What is dead is not tried again by itself; what cannot be read has only the key of its row. */
function forPeople(row: Row): Row {
  if (row['state'] === 'unreadable') return { ...row, noticeId: row['row'] };
  return row['state'] === 'dead' ? { ...row, nextUtc: null } : row;
}

export async function runNotificationRetry(
  noticeId: string,
  options: Common & { readonly receiver: string },
): Promise<0> {
  const body = { noticeId, receiver: options.receiver };
  const state = await apiClient(options).send<Row>('POST', '/api/notifications/retry', body);
  if (options.json) writeJson(state);
  else say.line(`${noticeId} is tried again for ${options.receiver}.`);
  return 0;
}

export interface PersonOptions extends Common {
  readonly reason: string;
  readonly yes?: boolean;
}

/** A person answers for a VM that is unhealthy after its update. */
export async function runWaive(nameOrId: string, options: PersonOptions): Promise<0> {
  const api = apiClient(options);
  const id = await vmIdOf(api, nameOrId);
  if (!options.yes) await goOn(`waive ${id}`);
  const path = queryOf('/api/virtual-machines/waive', { id });
  const waived = await api.send<Row>('POST', path, { reason: options.reason });
  if (options.json) writeJson(waived);
  else say.line(`${nameOrId} holds its availability set no more.`);
  return 0;
}

/** A listing that was doubted, because it has far fewer VMs than are known, is believed. */
export async function runAcceptListing(options: PersonOptions): Promise<0> {
  const api = apiClient(options);
  if (!options.yes) await goOn('accept-listing');
  const found = await api.send<{ accepted: readonly Row[] }>('POST', '/api/fleet/accept-listing', {
    reason: options.reason,
  });
  if (options.json) writeJson(found);
  else if (found.accepted.length === 0) say.line('No listing was doubted; nothing is done.');
  else writeRows(['subscriptionId', 'why'], found.accepted, {});
  return 0;
}
