import { z } from 'zod';
import type { Services } from '../../activities/services';
import { LowtideError } from '../../domain/lowtideError';
import { AuditRow } from '../../store/auditRow';
import { ChainedRow } from '../../store/auditChain';
import { instantIn } from '../queryValues';
import type { OperatorRequest, OperatorRoute } from '../route';
import { pageOfShape } from '../shapes/shared';
import { complianceAnswer } from './complianceAnswer';
import { PAGE_QUERY, pageSizeIn, TIME_QUERY } from './outcomesInTime';

const QUERY = {
  ...TIME_QUERY,
  what: {
    about:
      'Only these decisions, separated by commas; without it all but the start and end of each installation.',
    schema: z.string(),
  },
  who: { about: 'Only those of this person, or of lowtide.', schema: z.string() },
  vm: { about: 'Only those about this VM, by its ARM id.', schema: z.string() },
  ...PAGE_QUERY,
};

const COLUMNS = ['atUtc', 'who', 'what', 'subject', 'vmId', 'why', 'evidence', 'chain', 'seq', 'hash'];

export const listDecisions: OperatorRoute = {
  name: 'listDecisions',
  methods: ['GET'],
  role: 'reader',
  route: 'api/compliance/decisions',
  query: QUERY,
  description: {
    summary: 'Who decided what, when and why, of all chains of the audit together, in order of time.',
    answers: { 200: { about: 'A page.', schema: pageOfShape(ChainedRow), orCsv: true } },
  },
  handler: async (request, { services }) =>
    complianceAnswer(request, QUERY, COLUMNS, await decisionsOf(services, request)),
};

/** Rows that one page reads of the chains at most. */
const SCANNED_MAX = 5_000;

/** How far each chain has been read, by number of row. */
const Cursor = z.record(z.string(), z.number().int().nonnegative());

interface Reading {
  readonly chain: string;
  seq: number;
  rows: readonly ChainedRow[];
  /** No row behind those that were read. */
  isOver: boolean;
}

/**
 * Each chain in the order in which it was written, merged by time. A row whose instant is earlier than that of the row before it in its chain
 * (an installation that was found later) stands where it was written.
 */
async function decisionsOf(
  services: Services,
  request: OperatorRequest,
): Promise<{ readonly value: readonly ChainedRow[]; readonly next: string | null }> {
  const size = pageSizeIn(request);
  const isWanted = filterOf(request);
  const cursor = cursorIn(request);
  const readings = (await services.audit.chains()).map((chain): Reading => ({
    chain,
    seq: cursor[chain] ?? 0,
    rows: [],
    isOver: false,
  }));
  const value: ChainedRow[] = [];
  for (let scanned = 0; value.length < size && scanned < SCANNED_MAX; scanned += 1) {
    const first = await earliest(services, readings);
    if (first === null) return { value, next: null };
    const [row, ...rest] = first.rows;
    if (row === undefined) break;
    first.rows = rest;
    first.seq = row.seq;
    if (isWanted(row)) value.push(row);
  }
  const read = Object.fromEntries(readings.map(({ chain, seq }) => [chain, seq]));
  return { value, next: Buffer.from(JSON.stringify(read)).toString('base64url') };
}

/** The chain whose next row is the earliest; null when all are over. */
async function earliest({ audit }: Services, readings: readonly Reading[]): Promise<Reading | null> {
  let first: Reading | null = null;
  for (const reading of readings) {
    if (reading.rows.length === 0 && !reading.isOver) {
      const { value } = await audit.page(reading.chain, String(reading.seq));
      reading.rows = value;
      reading.isOver = value.length === 0;
    }
    const utc = reading.rows[0]?.atUtc;
    if (utc !== undefined && (first === null || utc < (first.rows[0]?.atUtc ?? ''))) first = reading;
  }
  return first;
}

const OF_INSTALLATIONS: ReadonlySet<string> = new Set(['installStarted', 'installEnded']);

function filterOf(request: OperatorRequest): (row: ChainedRow) => boolean {
  const since = instantIn(request, 'since');
  const until = instantIn(request, 'until');
  const what = request.query('what')?.split(',') ?? null;
  const unknown = what?.find((one) => !AuditRow.shape.what.options.some((known) => known === one));
  if (unknown !== undefined)
    throw new LowtideError('REQUEST_INVALID', {
      what: `The query parameter what names '${unknown}'.`,
      why: 'The audit has no such decision.',
      fix: `The decisions are ${AuditRow.shape.what.options.join(', ')}.`,
    });
  const [who, vm] = [request.query('who'), request.query('vm')?.toLowerCase() ?? null];
  return (row) =>
    (since === null || row.atUtc >= since) &&
    (until === null || row.atUtc < until) &&
    (what === null ? !OF_INSTALLATIONS.has(row.what) : what.includes(row.what)) &&
    (who === null || who === row.who) &&
    (vm === null || vm === row.vmId);
}

function cursorIn(request: OperatorRequest): z.infer<typeof Cursor> {
  const written = request.query('after');
  if (written === null) return {};
  try {
    return Cursor.parse(JSON.parse(Buffer.from(written, 'base64url').toString('utf8')));
  } catch (cause) {
    throw new LowtideError(
      'REQUEST_INVALID',
      {
        what: `The query parameter after is '${written}'.`,
        why: 'It is not a place in the audit.',
        fix: 'Follow the nextLink of the page before, or leave it out.',
      },
      { cause },
    );
  }
}
