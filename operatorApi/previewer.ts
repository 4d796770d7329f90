import { extraRegionsOf } from '../composition/settingProblems';
import { learnRegions } from '../domain/regions';
import { selects, type Selector } from '../domain/selector';
import type { VirtualMachine } from '../domain/virtualMachine';
import { parseFleet } from '../drivers/fleet/parseFleet';
import {
  EVERY,
  monthPreview,
  NAMED_MAX,
  previewAnswer,
  turnsOfPreview,
  type IsWanted,
  type MonthPreview,
  type PreviewAnswer,
  type PreviewQuestion,
} from '../planning/monthPreview';
import { diffTurns, shownDiff, type ShownDiff, type Turn } from '../planning/previewPlan';
import { keepNewest } from './keepNewest';

/** Which month, under which policy and freezes; of the fleet that the previewer has. */
export type MonthQuestion = Omit<PreviewQuestion, 'vms' | 'emergency'>;

/** Which VMs are asked about, and which page of them. */
export interface PageQuestion {
  readonly selector: Selector;
  readonly after: number;
  readonly take: number;
}

/** What is asked of a previewer. A large fleet comes in parts; the last of them replaces the fleet of before. */
export type PreviewRequest =
  | { readonly kind: 'fleet'; readonly vms: readonly VirtualMachine[]; readonly isLast: boolean }
  | { readonly kind: 'page'; readonly month: MonthQuestion; readonly page: PageQuestion }
  /** Of another fleet file, and what it moves against the fleet. */
  | {
      readonly kind: 'file';
      readonly month: MonthQuestion;
      readonly before: MonthQuestion;
      readonly file: string;
      readonly page: PageQuestion;
    }
  | { readonly kind: 'diff'; readonly before: MonthQuestion; readonly after: MonthQuestion }
  /** Turns of a plan that was kept, in parts; and what a month moves against them. */
  | { readonly kind: 'turns'; readonly name: string; readonly turns: readonly Turn[] }
  | { readonly kind: 'moved'; readonly name: string; readonly month: MonthQuestion };

export interface PreviewReply {
  readonly answer?: PreviewAnswer;
  readonly diff?: ShownDiff;
}

/** Of a few months and policies. */
const KEPT_MAX = 4;

/** Makes previews of one fleet, and keeps them: a plan is made once for everything that is asked of it. */
export class Previewer {
  #vms: readonly VirtualMachine[] = [];
  #coming: VirtualMachine[] = [];
  readonly #previews = new Map<string, MonthPreview>();
  /** Turns that were given, by the name they were given. */
  readonly #kept = new Map<string, readonly Turn[]>();
  /** By selector; an answer is known by what is wanted. */
  readonly #wanted = new Map<string, IsWanted>();

  handle(request: PreviewRequest): PreviewReply {
    switch (request.kind) {
      case 'fleet':
        this.#add(request);
        return {};
      case 'page':
        return { answer: this.#page(request.month, request.page) };
      case 'file':
        return this.#file(request);
      case 'diff':
        return { diff: this.#diff(this.#turns(request.before), this.#turns(request.after)) };
      case 'turns':
        this.#kept.set(request.name, [...(this.#kept.get(request.name) ?? []), ...request.turns]);
        return {};
      case 'moved': {
        const before = this.#kept.get(request.name) ?? [];
        this.#kept.delete(request.name);
        return { diff: this.#diff(before, this.#turns(request.month)) };
      }
    }
  }

  #add({ vms, isLast }: { readonly vms: readonly VirtualMachine[]; readonly isLast: boolean }): void {
    for (const vm of vms) this.#coming.push(vm);
    if (!isLast) return;
    this.#vms = this.#coming;
    this.#coming = [];
    this.#previews.clear();
    this.#wanted.clear();
  }

  #page(month: MonthQuestion, { selector, after, take }: PageQuestion): PreviewAnswer {
    return previewAnswer(this.#preview(month), this.#wantedBy(selector), after, take);
  }

  #file({ month, before, file, page }: Extract<PreviewRequest, { kind: 'file' }>): PreviewReply {
    const other = new Previewer();
    other.#add({ vms: parseFleet(file, 'the fleet').vms, isLast: true });
    return {
      answer: other.#page(month, page),
      diff: this.#diff(this.#turns(before), other.#turns(month)),
    };
  }

  #turns(month: MonthQuestion): readonly Turn[] {
    return turnsOfPreview(this.#preview(month));
  }

  #diff(before: readonly Turn[], after: readonly Turn[]): ShownDiff {
    return shownDiff(diffTurns(before, after), NAMED_MAX);
  }

  #preview(month: MonthQuestion): MonthPreview {
    const key = JSON.stringify(month);
    const known = this.#previews.get(key);
    if (known !== undefined) return known;
    // A thread of its own has not heard of them.
    learnRegions(extraRegionsOf(month.policy.extraRegions));
    const made = monthPreview({ ...month, vms: this.#vms });
    keepNewest(this.#previews, key, made, KEPT_MAX);
    return made;
  }

  #wantedBy(selector: Selector): IsWanted {
    if (Object.keys(selector).length === 0) return EVERY;
    const key = JSON.stringify(selector);
    const known = this.#wanted.get(key);
    if (known !== undefined) return known;
    if (this.#wanted.size >= SELECTORS_MAX) this.#wanted.clear();
    const places = Uint8Array.from(this.#vms, (vm) => (selects(selector, vm) ? 1 : 0));
    const isWanted: IsWanted = (place) => places[place] === 1;
    this.#wanted.set(key, isWanted);
    return isWanted;
  }
}

const SELECTORS_MAX = 20;
