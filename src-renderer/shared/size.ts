import { type RefObject, useCallback, useRef, useState } from 'react';

/** The size of an element in CSS pixels, followed as it changes: what to give as `ref`, the size, the element. */
export function useSize<T extends HTMLElement>(): [
  (element: T | null) => void,
  { width: number; height: number },
  RefObject<T | null>,
] {
  const [size, setSize] = useState({ width: 0, height: 0 });
  const held = useRef<T | null>(null);
  const ref = useCallback((element: T | null) => {
    held.current = element;
    if (!element) return;
    const observer = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      held.current = null;
    };
  }, []);
  return [ref, size, held];
}
