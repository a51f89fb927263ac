import type { ReactElement } from "react";
import { Link } from "wouter";
import type { Run } from "../../api/client";
import type { TreeRow } from "../../lib/tree";
import { urls } from "../../lib/urls";
import { Icon } from "../../parts/icons";
import { text } from "../../text";
import css from "./run-name.module.css";

const INDENT = 18;

interface RunNameProps {
  row: TreeRow<Run>;
  nested: boolean;
  selected: boolean;
  onSelect: (id: string, range: boolean) => void;
  onFold: (id: string) => void;
}

/** The first cell of a run: choose it, fold its children, open it. */
export function RunName({ row, nested, selected, onSelect, onFold }: RunNameProps): ReactElement {
  const { run_id: id, run_name: name, experiment_id: experimentId } = row.run.info;
  return (
    <span className={css["name"]} style={{ paddingLeft: row.depth * INDENT }}>
      <input type="checkbox" checked={selected} aria-label={text.runs.select(name)} onClick={(event) => onSelect(id, event.shiftKey)} readOnly />
      {nested && <Fold row={row} name={name} onFold={onFold} />}
      <Link href={urls.run(experimentId, id)} className="cut" title={name}>
        {name === "" ? id : name}
      </Link>
    </span>
  );
}

function Fold({ row, name, onFold }: { row: TreeRow<Run>; name: string; onFold: (id: string) => void }): ReactElement {
  if (row.state === "leaf") return <span className={css["gap"]} />;
  const open = row.state !== "closed";
  return (
    <button
      type="button"
      className={css["fold"]}
      aria-expanded={open}
      aria-busy={row.state === "loading"}
      aria-label={open ? text.runs.collapse(name) : text.runs.expand(name)}
      onClick={() => onFold(row.id)}
    >
      <Icon name={open ? "down" : "right"} size={14} />
    </button>
  );
}
