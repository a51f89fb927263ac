import { ActionIcon } from "@mantine/core";
import { useState, type ReactElement } from "react";
import { text } from "../text";
import { Icon } from "./icons";
import { toastError } from "./toasts";

/** Puts a text on the clipboard and shows for a moment that it did. */
export function CopyButton({ value, label }: { value: string; label: string }): ReactElement {
  const [done, setDone] = useState(false);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(value);
      setDone(true);
      setTimeout(() => setDone(false), 1200);
    } catch (error) {
      toastError(error);
    }
  };
  return (
    <ActionIcon variant="subtle" color="gray" size="sm" title={label} aria-label={done ? text.copied : label} onClick={() => void copy()}>
      <Icon name={done ? "check" : "copy"} size={14} />
    </ActionIcon>
  );
}
