import { Button, Popover } from "@mantine/core";
import { useState, type ReactElement } from "react";
import { formatCount } from "../lib/numbers";
import { text } from "../text";
import css from "./column-picker.module.css";
import { Icon } from "./icons";
import { SearchBox } from "./search-box";

/** A column that can be shown; `runs` says how many runs have it. */
export interface ColumnChoice {
  id: string;
  label: string;
  runs?: number;
}

export interface ColumnGroup {
  label: string;
  choices: readonly ColumnChoice[];
}

interface ColumnPickerProps {
  groups: readonly ColumnGroup[];
  chosen: readonly string[];
  /** null brings the default back. */
  onChange: (ids: readonly string[] | null) => void;
  onToggle: (id: string) => void;
}

/** Longest part of a group that is listed; the rest is found by typing. */
const MOST = 150;

/** A button that opens the list of columns. */
export function ColumnPicker(props: ColumnPickerProps): ReactElement {
  const [open, setOpen] = useState(false);
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-end" trapFocus>
      <Popover.Target>
        <Button variant="default" leftSection={<Icon name="columns" size={14} />} onClick={() => setOpen(!open)}>
          {text.runs.columns}
        </Button>
      </Popover.Target>
      <Popover.Dropdown p={12}>
        <Panel {...props} />
      </Popover.Dropdown>
    </Popover>
  );
}

function Panel({ groups, chosen, onChange, onToggle }: ColumnPickerProps): ReactElement {
  const [search, setSearch] = useState("");
  const wanted = search.toLowerCase();
  const found = groups.map((group) => ({ ...group, choices: group.choices.filter((choice) => choice.label.toLowerCase().includes(wanted)) })).filter((group) => group.choices.length > 0);
  const setAll = (group: ColumnGroup, on: boolean): void => {
    const ids = new Set(group.choices.map((choice) => choice.id));
    const others = chosen.filter((id) => !ids.has(id));
    onChange(on ? [...others, ...group.choices.slice(0, MOST).map((choice) => choice.id)] : others);
  };
  return (
    <div className={css["panel"]}>
      <SearchBox value={search} label={text.runs.findColumn} delay={80} onSearch={setSearch} />
      <div className={css["list"]}>
        {found.length === 0 && <p className="soft">{text.runs.noColumn}</p>}
        {found.map((group) => (
          <Group key={group.label} group={group} chosen={chosen} onToggle={onToggle} onAll={(on) => setAll(group, on)} />
        ))}
        <div className={css["foot"]}>
          <Button variant="subtle" onClick={() => onChange(null)}>
            {text.runs.resetColumns}
          </Button>
        </div>
      </div>
    </div>
  );
}

interface GroupProps {
  group: ColumnGroup;
  chosen: readonly string[];
  onToggle: (id: string) => void;
  onAll: (on: boolean) => void;
}

function Group({ group, chosen, onToggle, onAll }: GroupProps): ReactElement {
  const all = group.choices.every((choice) => chosen.includes(choice.id));
  return (
    <fieldset className={css["group"]} aria-label={group.label}>
      <div className={css["groupHead"]}>
        <span>{group.label}</span>
        <button type="button" onClick={() => onAll(!all)}>
          {all ? text.runs.hideAll : text.runs.showAll}
        </button>
      </div>
      {group.choices.slice(0, MOST).map((choice) => (
        <label key={choice.id} className={css["option"]}>
          <input type="checkbox" checked={chosen.includes(choice.id)} onChange={() => onToggle(choice.id)} />
          <span className="cut" title={choice.label}>
            {choice.label}
          </span>
          {choice.runs !== undefined && <span className="soft num">{formatCount(choice.runs)}</span>}
        </label>
      ))}
    </fieldset>
  );
}
