import { useCallback, useEffect, useRef, type RefObject } from "react";

const offsets = new Map<string, number>();

/** Where the list at `key` was scrolled to when it was last left. */
export function rememberedOffset(key: string): number {
  return offsets.get(key) ?? 0;
}

/** A ref for a scrolling element whose place is remembered under `key`, so that Back finds it again. */
export function useScrollMemory(key: string): RefObject<HTMLDivElement | null> {
  const ref = useRef<HTMLDivElement | null>(null);
  const save = useCallback(() => {
    if (ref.current !== null) offsets.set(key, ref.current.scrollTop);
  }, [key]);
  useEffect(() => {
    const element = ref.current;
    element?.addEventListener("scroll", save, { passive: true });
    return () => element?.removeEventListener("scroll", save);
  }, [save]);
  return ref;
}
