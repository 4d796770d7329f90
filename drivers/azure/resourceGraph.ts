import { listAt, member, textAt } from './json';
import { QUERIES, type QueryName } from './queries';
import type { Reader } from './reader';
import type { RequestBudgets } from './requestBudgets';
import { codeIn, messageIn } from './errorBody';

export const GRAPH_URL = '/providers/Microsoft.ResourceGraph/resources?api-version=2022-10-01';
/** Azure allows 1,000 rows; the contract of drivers 500 VMs a page. */
const ROWS_MAX = 500;
/** More than any estate that was ever described; a token that never ends is a fault. */
const PAGES_MAX = 2_000;

/** Where to look. Azure takes one of the two. */
export type GraphScope =
  { readonly subscriptions: readonly string[] } | { readonly managementGroups: readonly string[] };

export interface GraphPage {
  readonly rows: readonly unknown[];
  /** Null after the last page. */
  readonly skipToken: string | null;
}

/** All queries of a principal share one budget. */
const PRINCIPAL = 'principal';

/** Azure Resource Graph: many resources of many subscriptions in one POST, which reads. */
export class ResourceGraph {
  readonly #reader: Reader;
  readonly #budgets: RequestBudgets;

  constructor(reader: Reader, budgets: RequestBudgets) {
    this.#reader = reader;
    this.#budgets = budgets;
  }

  async page(name: QueryName, scope: GraphScope, skipToken: string | null): Promise<GraphPage> {
    const options: Record<string, unknown> = { $top: ROWS_MAX, resultFormat: 'objectArray' };
    if (skipToken !== null) options['$skipToken'] = skipToken;
    const body = { ...scope, query: QUERIES[name], options };
    const answer = await this.#reader.read(
      { method: 'POST', url: GRAPH_URL, body },
      { budgets: [['resourceGraph', PRINCIPAL]] },
    );
    this.#obeyQuota(answer.headers);
    if (answer.status !== 200) throw new GraphRefused(name, answer.status, answer.body);
    const next = textAt(answer.body, '$skipToken');
    // The string "true" or "false" (recordings README, 38).
    const isCut = String(member(answer.body, 'resultTruncated')) === 'true';
    if (isCut && next === null)
      throw new Error(`Resource Graph cut the rows of «${name}» short and gave no token for the rest.`);
    return { rows: listAt(answer.body, 'data'), skipToken: next };
  }

  async all(name: QueryName, scope: GraphScope): Promise<readonly unknown[]> {
    const rows: unknown[] = [];
    let token: string | null = null;
    for (let pages = 0; pages < PAGES_MAX; pages += 1) {
      const page = await this.page(name, scope, token);
      for (const row of page.rows) rows.push(row);
      if (page.skipToken === null) return rows;
      token = page.skipToken;
    }
    throw new Error(`Resource Graph gave more than ${PAGES_MAX} pages of «${name}».`);
  }

  #obeyQuota(headers: Readonly<Record<string, string>>): void {
    const left = Number(headers['x-ms-user-quota-remaining'] ?? Number.NaN);
    if (Number.isNaN(left)) return;
    this.#budgets.atMost('resourceGraph', PRINCIPAL, left);
    const resets = (headers['x-ms-user-quota-resets-after'] ?? '').split(':').map(Number);
    const seconds = (resets[0] ?? 0) * 3_600 + (resets[1] ?? 0) * 60 + (resets[2] ?? 0);
    if (left === 0 && seconds > 0) this.#budgets.pause('resourceGraph', PRINCIPAL, seconds);
  }
}

/** 403 when none of the subscriptions can be read: those that cannot are otherwise left out in silence. */
export class GraphRefused extends Error {
  override readonly name = 'GraphRefused';
  readonly status: number;

  constructor(query: string, status: number, body: unknown) {
    const details = listAt(body, 'error', 'details').map((detail) => textAt(detail, 'message') ?? '');
    const said = [codeIn(body), messageIn(body), ...details].filter((text) => text !== '').join(' ');
    super(`Resource Graph refused the query «${query}»: ${status} ${said}`);
    this.status = status;
  }
}
