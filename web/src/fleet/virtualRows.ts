import { useEffect, useRef, useState } from 'preact/hooks';
import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
  type VirtualItem,
} from '@tanstack/virtual-core';

interface VirtualRows {
  readonly scroller: { readonly current: HTMLDivElement | null };
  readonly items: readonly VirtualItem[];
  readonly height: number;
}

/** So many rows beyond those in sight are there already. */
const OVERSCAN = 12;

/** The rows in sight of a list of any length. */
export function useVirtualRows(rowCount: number, rowHeight: number): VirtualRows {
  const scroller = useRef<HTMLDivElement>(null);
  const [, redraw] = useState(0);
  const [virtualizer] = useState(
    () =>
      new Virtualizer<HTMLDivElement, Element>({
        count: rowCount,
        getScrollElement: () => scroller.current,
        estimateSize: () => rowHeight,
        overscan: OVERSCAN,
        observeElementRect,
        observeElementOffset,
        scrollToFn: elementScroll,
        onChange: () => {
          redraw((n) => n + 1);
        },
      }),
  );
  virtualizer.setOptions({ ...virtualizer.options, count: rowCount, estimateSize: () => rowHeight });
  useEffect(() => virtualizer._didMount(), [virtualizer]);
  useEffect(() => {
    virtualizer._willUpdate();
  });
  return { scroller, items: virtualizer.getVirtualItems(), height: virtualizer.getTotalSize() };
}
