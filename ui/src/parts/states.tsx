import { Button, Skeleton } from "@mantine/core";
import type { ReactElement, ReactNode } from "react";
import { text } from "../text";
import { CopyButton } from "./copy";
import css from "./states.module.css";

/** A quiet message in the place of what is not there. */
export function Empty({ title, heading: Heading = "h2", children }: { title: string; heading?: "h1" | "h2"; children?: ReactNode }): ReactElement {
  return (
    <div className={css["box"]}>
      <Heading>{title}</Heading>
      {children}
    </div>
  );
}

/** What went wrong in the server's words, and a way to try again. */
export function Failed({ error, onRetry }: { error: Error; onRetry?: () => void }): ReactElement {
  return (
    <div className={css["box"]} role="alert">
      <h2>{text.failed}</h2>
      <p>{error.message}</p>
      {onRetry !== undefined && (
        <Button variant="default" onClick={onRetry}>
          {text.retry}
        </Button>
      )}
    </div>
  );
}

/** Lines of code to copy. */
export function Code({ children }: { children: string }): ReactElement {
  return (
    <pre className={css["code"]}>
      {children}
      <span>
        <CopyButton value={children} label={text.copyCode} />
      </span>
    </pre>
  );
}

const WIDTHS = ["62%", "48%", "71%", "39%", "55%", "66%", "44%", "58%"];

/** Grey lines while the first answer is on its way. */
export function Loading({ lines = 8 }: { lines?: number }): ReactElement {
  return (
    <div className={css["lines"]} role="status" aria-label={text.loading}>
      {Array.from({ length: lines }, (_, i) => (
        <Skeleton key={i} height={14} width={WIDTHS[i % WIDTHS.length] ?? "50%"} radius={4} />
      ))}
    </div>
  );
}
