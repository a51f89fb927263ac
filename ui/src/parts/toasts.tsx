import { ActionIcon, Button } from "@mantine/core";
import { useSyncExternalStore, type ReactElement } from "react";
import { text } from "../text";
import { Icon } from "./icons";
import css from "./toasts.module.css";

/** A short message in the corner. With `undo` it says what just happened and takes it back. */
export interface Toast {
  message: string;
  undo?: () => void;
  failed?: boolean;
}

const SHOWN_MS = 8000;

let toasts: readonly (Toast & { id: number })[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function replace(next: typeof toasts): void {
  toasts = next;
  for (const listener of listeners) listener();
}

function dismiss(id: number): void {
  replace(toasts.filter((toast) => toast.id !== id));
}

/** Show a message for a few seconds. */
export function toast(message: Toast): void {
  const id = nextId++;
  replace([...toasts, { ...message, id }]);
  setTimeout(() => dismiss(id), SHOWN_MS);
}

/** Show what went wrong. */
export function toastError(error: unknown): void {
  toast({ message: error instanceof Error ? error.message : String(error), failed: true });
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function Toasts(): ReactElement {
  const shown = useSyncExternalStore(subscribe, () => toasts);
  return (
    <div className={css["stack"]} role="status" aria-live="polite">
      {shown.map(({ id, message, undo, failed }) => (
        <div key={id} className={`${css["toast"] ?? ""} ${failed === true ? (css["bad"] ?? "") : ""}`}>
          <p>{message}</p>
          {undo !== undefined && (
            <Button
              variant="light"
              onClick={() => {
                dismiss(id);
                undo();
              }}
            >
              {text.undo}
            </Button>
          )}
          <ActionIcon variant="subtle" color="gray" size="sm" aria-label={text.dismiss} onClick={() => dismiss(id)}>
            <Icon name="close" size={14} />
          </ActionIcon>
        </div>
      ))}
    </div>
  );
}
