import { ActionIcon } from "@mantine/core";
import { useState, type KeyboardEvent, type ReactElement } from "react";
import { text } from "../text";
import { Icon } from "./icons";
import css from "./inline-name.module.css";

interface InlineNameProps {
  name: string;
  /** Absent when the name cannot be changed. */
  onRename?: (name: string) => void;
}

/** The title of a page, changed in place: Enter keeps, Escape leaves it. */
export function InlineName({ name, onRename }: InlineNameProps): ReactElement {
  const [draft, setDraft] = useState<string | null>(null);
  const finish = (): void => {
    const next = draft?.trim() ?? "";
    setDraft(null);
    if (next !== "" && next !== name) onRename?.(next);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Enter") finish();
    if (event.key === "Escape") setDraft(null);
  };
  if (draft !== null) {
    return (
      <div className={css["title"]}>
        <input autoFocus value={draft} aria-label={text.name} onChange={(event) => setDraft(event.target.value)} onBlur={finish} onKeyDown={onKeyDown} />
      </div>
    );
  }
  return (
    <div className={css["title"]}>
      <h1 className="cut" title={name}>
        {name}
      </h1>
      {onRename !== undefined && (
        <ActionIcon variant="subtle" color="gray" size="sm" aria-label={text.rename} title={text.rename} onClick={() => setDraft(name)}>
          <Icon name="pencil" size={14} />
        </ActionIcon>
      )}
    </div>
  );
}
