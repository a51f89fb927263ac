import { useSyncExternalStore } from "react";

/** A clock that is wound only while someone looks at it; it stands still in a hidden tab. */
function makeClock(tickMs: number) {
  let now = Date.now();
  const listeners = new Set<() => void>();
  let timer: ReturnType<typeof setInterval> | undefined;
  const tick = (): void => {
    if (document.hidden) return;
    now = Date.now();
    for (const listener of listeners) listener();
  };
  const subscribe = (listener: () => void): (() => void) => {
    listeners.add(listener);
    now = Date.now();
    timer ??= setInterval(tick, tickMs);
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    };
  };
  return { subscribe, read: () => now };
}

const slow = makeClock(10_000);
const fast = makeClock(1000);

/** The time in ms since epoch, for ages: many places show one, so it goes on every ten seconds. */
export function useNow(): number {
  return useSyncExternalStore(slow.subscribe, slow.read);
}

/** The time in ms since epoch, for what runs right now: it goes on every second. */
export function useSeconds(): number {
  return useSyncExternalStore(fast.subscribe, fast.read);
}
