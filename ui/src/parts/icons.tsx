import type { ReactElement } from "react";

/** Icons on a 16 by 16 grid, drawn with strokes in the colour of the text. */
const PATHS = {
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM10.6 10.6 14 14",
  plus: "M8 3v10M3 8h10",
  close: "M4 4l8 8M12 4l-8 8",
  right: "M6 3.5 10.5 8 6 12.5",
  down: "M3.5 6 8 10.5 12.5 6",
  sortUp: "M8 13V3.5M4.5 7 8 3.5 11.5 7",
  sortDown: "M8 3v9.5M4.5 9 8 12.5 11.5 9",
  dots: "M3 8h.01M8 8h.01M13 8h.01",
  columns: "M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10",
  trash: "M2.5 4.5h11M6 4.5v-2h4v2M4 4.5l.6 9h6.8l.6-9M6.7 7v4M9.3 7v4",
  restore: "M3 3v3.5h3.5M3.3 6.5A5.3 5.3 0 1 1 2.7 9",
  refresh: "M13 3v3.5H9.5M12.7 6.5A5.3 5.3 0 1 0 13.3 9",
  copy: "M5.5 5.5h8v8h-8zM3.5 10.5h-1v-8h8v1",
  check: "M3 8.5 6.5 12 13 4.5",
  download: "M8 2.5v8M4.5 7.5 8 11l3.5-3.5M2.5 13.5h11",
  folder: "M1.8 12.8V3.2h4.4l1.5 1.7h6.5v7.9z",
  file: "M3.5 1.8h5.6l3.4 3.4v9h-9zM9 2v3.4h3.4",
  pencil: "M3 13l.6-2.8 7.6-7.6 2.2 2.2-7.6 7.6zM9.7 4.1l2.2 2.2",
  sun: "M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6ZM8 1v1.4M8 13.6V15M1 8h1.4M13.6 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1",
  moon: "M13.4 9.6A5.8 5.8 0 0 1 6.4 2.6a5.8 5.8 0 1 0 7 7Z",
  auto: "M2 2.8h12v8.4H2zM5.5 13.8h5M8 11.2v2.6",
  finished: "M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4ZM5.2 8.2 7.2 10.2 10.9 6",
  failed: "M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4ZM5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4",
  killed: "M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4ZM5.8 5.8h4.4v4.4H5.8z",
  scheduled: "M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4ZM8 4.6V8l2.3 1.6",
  running: "M8 1.8A6.2 6.2 0 1 1 1.8 8",
  warning: "M8 2 14.6 13.6H1.4zM8 6.4v3.2M8 11.6v.01",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }): ReactElement {
  return (
    <svg width={size} height={size} viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth={name === "dots" ? 2 : 1.4} strokeLinecap="round" strokeLinejoin="round" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
