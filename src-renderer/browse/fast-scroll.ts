import { useEffect, useState } from 'react';

/** Heights of the view that pass in a second from which on nobody reads what passes. */
const FAST = 4;
/** How long after the last fast movement it counts as slow again, in milliseconds. */
const REST = 200;
/** Movements further apart than this, in seconds, are jumps of their own; slow frames are not. */
const APART = 0.5;

/** Whether an element is being scrolled so fast that its content need not be fetched. */
export function useFastScroll(element: React.RefObject<HTMLElement | null>): boolean {
  const [fast, setFast] = useState(false);
  useEffect(() => {
    const scrolled = element.current;
    if (!scrolled) return;
    let last = { top: scrolled.scrollTop, at: performance.now() };
    let rest: ReturnType<typeof setTimeout> | undefined;
    const onScroll = () => {
      const now = { top: scrolled.scrollTop, at: performance.now() };
      const seconds = Math.max(1, now.at - last.at) / 1000;
      const speed = Math.abs(now.top - last.top) / scrolled.clientHeight / seconds;
      last = now;
      // A single jump (a key, the wheel's first notch after a rest) is no rush.
      if (speed > FAST && seconds < APART) setFast(true);
      clearTimeout(rest);
      rest = setTimeout(() => setFast(false), REST);
    };
    scrolled.addEventListener('scroll', onScroll, { passive: true });
    return () => {
      scrolled.removeEventListener('scroll', onScroll);
      clearTimeout(rest);
    };
  }, [element]);
  return fast;
}
