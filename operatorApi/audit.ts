import { z } from 'zod';
import { LowtideError } from '../domain/lowtideError';
import { SEQ, wrongQuery } from './queryValues';
import type { OperatorRequest, OperatorRoute } from './route';
import { ChainedRow } from './shapes/rollout';
import { AFTER, pageOfShape } from './shapes/shared';

const CHAIN = {
  about: 'One chain: a rollout, `operator` (what people keep: freezes, exclusions, policy) or `ledger`.',
  schema: z.string(),
};

/** A page of one chain, oldest row first. Without a chain every chain follows, each from its beginning. */
const listAudit: OperatorRoute = {
  name: 'listAudit',
  methods: ['GET'],
  role: 'reader',
  route: 'api/audit',
  query: { chain: CHAIN, after: AFTER },
  description: {
    summary:
      'Who decided what, when, why, on what evidence: 500 rows a page, chain after chain, oldest first.',
    answers: { 200: { about: 'A page.', schema: pageOfShape(ChainedRow) } },
    errors: ['NOT_FOUND'],
  },
  handler: async (request, { services }) => {
    const asked = request.query('chain');
    const chains = await services.audit.chains();
    if (asked !== null && !chains.includes(asked)) throw noSuchChain(asked, chains);
    const { chain = asked ?? chains[0], seq } = cursorIn(request, asked === null ? chains : [asked]);
    if (chain === undefined) return { jsonBody: { value: [] } };
    const { value, next } = await services.audit.page(chain, seq);
    const following = asked === null ? chains[chains.indexOf(chain) + 1] : undefined;
    const after = next !== null ? `${chain}~${next}` : following === undefined ? null : `${following}~0`;
    if (after === null) return { jsonBody: { value } };
    const only = asked === null ? '' : `chain=${encodeURIComponent(asked)}&`;
    return { jsonBody: { value, nextLink: `/api/audit?${only}after=${encodeURIComponent(after)}` } };
  },
};

/** Where a page goes on: in which of these chains, behind which of its rows. */
function cursorIn(
  { query }: OperatorRequest,
  chains: readonly string[],
): { readonly chain?: string; readonly seq: string } {
  const after = query('after') ?? '';
  if (after === '') return { seq: '' };
  const [chain = '', seq = ''] = after.split('~');
  if (chains.includes(chain) && SEQ.test(seq)) return { chain, seq };
  throw wrongQuery('after', after, 'a chain and the number of a row, as nextLink has them');
}

const Verified = z.object({
  isWhole: z.boolean(),
  chains: z.array(
    z.object({
      chain: z.string(),
      rowCount: z.number().int(),
      head: z.string(),
      faults: z.array(
        z.object({
          seq: z.number().int(),
          kind: z.enum(['changed', 'removed', 'added']),
          detail: z.string(),
        }),
      ),
    }),
  ),
});

const verifyAudit: OperatorRoute = {
  name: 'verifyAudit',
  methods: ['GET'],
  role: 'reader',
  route: 'api/audit/verify',
  query: { chain: CHAIN },
  description: {
    summary: 'Reads the audit whole, and finds every row that was changed, removed or added.',
    answers: { 200: { about: 'Of each chain its length, its last hash, its faults.', schema: Verified } },
    errors: ['NOT_FOUND'],
  },
  handler: async (request, { services }) => {
    const asked = request.query('chain');
    const all = await services.audit.chains();
    if (asked !== null && !all.includes(asked)) throw noSuchChain(asked, all);
    const chains = [];
    for (const chain of asked === null ? all : [asked]) chains.push(await services.audit.verify(chain));
    return { jsonBody: { isWhole: chains.every(({ faults }) => faults.length === 0), chains } };
  },
};

function noSuchChain(asked: string, chains: readonly string[]): LowtideError {
  return new LowtideError('NOT_FOUND', {
    what: `The audit has no chain '${asked}'.`,
    why: chains.length === 0 ? 'Nothing was decided yet.' : `It has ${chains.join(', ')}.`,
    fix: 'Name one of them, or none for all.',
  });
}

export const auditRoutes: readonly OperatorRoute[] = [listAudit, verifyAudit];
