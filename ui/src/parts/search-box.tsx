import { CloseButton, TextInput } from "@mantine/core";
import { useEffect, useId, useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactElement } from "react";
import type { Completion } from "../lib/complete";
import { text } from "../text";
import { Icon } from "./icons";
import css from "./search-box.module.css";

interface SearchBoxProps {
  value: string;
  onSearch: (value: string) => void;
  label: string;
  placeholder?: string;
  /** Quiet time in ms after the last key before the search starts; Enter starts it at once. */
  delay?: number;
  error?: string | null;
  mono?: boolean;
  /** What could stand at the caret. */
  complete?: (text: string, caret: number) => Completion | null;
}

/** A search field that asks when the typing pauses, and clears with Escape. */
export function SearchBox({ value, onSearch, label, placeholder, delay = 250, error, mono = false, complete }: SearchBoxProps): ReactElement {
  const { draft, ask } = useDraft(value, onSearch);
  const input = useRef<HTMLInputElement>(null);
  const listId = useId();
  const caret = useRef<number | null>(null);
  const list = useCompletion(complete, (next, place) => {
    caret.current = place;
    ask(next, delay);
  });
  useLayoutEffect(() => {
    if (caret.current === null) return;
    // Before the next key: placed a frame later, the caret would jump away from what was typed meanwhile.
    input.current?.setSelectionRange(caret.current, caret.current);
    caret.current = null;
  });
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>): void => {
    if (list.onKey(event, draft)) return;
    if (event.key === "Enter") ask(draft, 0);
    if (event.key === "Escape" && draft !== "") ask("", 0);
  };
  return (
    <div className={css["box"]}>
      <TextInput
        ref={input}
        value={draft}
        aria-label={label}
        placeholder={placeholder ?? label}
        error={error}
        spellCheck={false}
        autoComplete="off"
        leftSection={<Icon name="search" size={14} />}
        rightSection={draft === "" ? null : <CloseButton size="xs" aria-label={text.clear} onClick={() => ask("", 0)} />}
        styles={mono ? { input: { fontFamily: "var(--mono)", fontSize: 12 } } : {}}
        onChange={(event) => {
          ask(event.currentTarget.value, delay);
          list.onText(event.currentTarget.value, event.currentTarget.selectionStart ?? 0);
        }}
        onKeyDown={onKeyDown}
        onBlur={list.close}
        {...(complete === undefined ? {} : { role: "combobox", "aria-expanded": list.found !== null, "aria-controls": listId, "aria-autocomplete": "list", "aria-activedescendant": list.found === null ? undefined : `${listId}-${list.active}` })}
      />
      {list.found !== null && (
        <ul id={listId} role="listbox" aria-label={text.suggestions} className={css["list"]}>
          {list.found.options.map((option, i) => (
            <li key={option} id={`${listId}-${i}`} role="option" aria-selected={i === list.active} className="cut" onMouseDown={(event) => event.preventDefault()} onClick={() => list.take(draft, i)}>
              {option}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** The text in the field: ahead of the search while someone types, and following the URL otherwise. */
function useDraft(value: string, onSearch: (value: string) => void) {
  const [draft, setDraft] = useState(value);
  const [seen, setSeen] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  if (seen !== value) {
    // The URL changed: by our own search, by Back, or by a link.
    setSeen(value);
    if (draft.trim() !== value) setDraft(value);
  }
  useEffect(() => () => clearTimeout(timer.current), []);
  const ask = (next: string, wait: number): void => {
    setDraft(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onSearch(next.trim()), wait);
  };
  return { draft, ask };
}

/** The list of completions: up and down choose, Tab and Enter take, Escape closes. */
function useCompletion(complete: SearchBoxProps["complete"], onTake: (text: string, caret: number) => void) {
  const [found, setFound] = useState<Completion | null>(null);
  const [active, setActive] = useState(0);
  const take = (draft: string, index: number): void => {
    const option = found?.options[index];
    if (found === null || option === undefined) return;
    setFound(null);
    onTake(`${draft.slice(0, found.from)}${option} ${draft.slice(found.to).trimStart()}`, found.from + option.length + 1);
  };
  const onText = (draft: string, caret: number): void => {
    setFound(complete?.(draft, caret) ?? null);
    setActive(0);
  };
  const onKey = (event: KeyboardEvent, draft: string): boolean => {
    if (found === null) return false;
    const count = found.options.length;
    if (event.key === "ArrowDown") setActive((active + 1) % count);
    else if (event.key === "ArrowUp") setActive((active + count - 1) % count);
    else if (event.key === "Tab" || event.key === "Enter") take(draft, active);
    else if (event.key === "Escape") setFound(null);
    else return false;
    event.preventDefault();
    return true;
  };
  return { found, active, take, onText, onKey, close: () => setFound(null) };
}
