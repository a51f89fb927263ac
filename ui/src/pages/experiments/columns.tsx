import { ActionIcon, Menu } from "@mantine/core";
import { useState, type ReactElement } from "react";
import { Link } from "wouter";
import type { Activity, Experiment } from "../../api/client";
import { useDeleteExperiment, useRenameExperiment, useRestoreExperiment } from "../../api/experiments";
import { formatCount } from "../../lib/numbers";
import { firstLine, NOTE, valueOf } from "../../lib/tags";
import { urls } from "../../lib/urls";
import type { GridColumn, GridSort } from "../../parts/grid";
import { Icon } from "../../parts/icons";
import { NameDialog } from "../../parts/name-dialog";
import { Ago } from "../../parts/time";
import { toast, toastError } from "../../parts/toasts";
import { text } from "../../text";
import css from "./experiments.module.css";

const ATTRIBUTES = new Set(["name", "creation_time"]);

/** The sort that the URL names. */
export function sortOf(order: string | null): GridSort | null {
  const match = /^(-?)(.+)$/.exec(order ?? "");
  const descending = match?.[1] === "-";
  const column = match?.[2] ?? "";
  return ATTRIBUTES.has(column) ? { column, descending } : null;
}

export function orderOf(order: string | null): string[] {
  const sort = sortOf(order);
  return sort === null ? [] : [`${sort.column} ${sort.descending ? "DESC" : "ASC"}`];
}

export function toggleOrder(order: string | null, column: string): string | null {
  const sort = sortOf(order);
  if (sort?.column !== column) return column;
  return sort.descending ? null : `-${column}`;
}

/** The columns of the list of experiments. */
export function experimentColumns(activity: ReadonlyMap<string, Activity>, deleted: boolean): GridColumn<Experiment>[] {
  const of = (row: Experiment): Activity | undefined => activity.get(row.experiment_id);
  const words = text.experiments.columns;
  return [
    { id: "name", label: words.name, width: 220, grow: true, sortable: true, cell: (row) => <NameCell row={row} /> },
    { id: "runs", label: words.runs, width: 84, end: true, cell: (row) => formatOptional(of(row)?.run_count) },
    { id: "running", label: words.running, width: 104, cell: (row) => <RunningCell count={of(row)?.running_count ?? 0} /> },
    { id: "activity", label: words.activity, width: 120, cell: (row) => <Moment at={of(row)?.last_start_time} /> },
    { id: "creation_time", label: words.created, width: 120, sortable: true, cell: (row) => <Moment at={row.creation_time} /> },
    { id: "actions", label: words.actions, quiet: true, width: 64, end: true, cell: (row) => <Actions row={row} deleted={deleted} /> },
  ];
}

function formatOptional(count: number | undefined): string {
  return count === undefined ? "" : formatCount(count);
}

function Moment({ at }: { at: number | null | undefined }): ReactElement {
  return <span className="soft">{at == null ? text.experiments.never : <Ago at={at} />}</span>;
}

function NameCell({ row }: { row: Experiment }): ReactElement {
  const note = firstLine(valueOf(row.tags, NOTE));
  return (
    <span className={css["name"]}>
      <Link href={urls.experiment(row.experiment_id)} className="cut" title={row.name}>
        {row.name}
      </Link>
      {note !== "" && (
        <span className={`${css["note"] ?? ""} cut`} title={note}>
          {note}
        </span>
      )}
    </span>
  );
}

function RunningCell({ count }: { count: number }): ReactElement | null {
  return count === 0 ? null : <span className={css["running"]}>{text.experiments.running(formatCount(count))}</span>;
}

function Actions({ row, deleted }: { row: Experiment; deleted: boolean }): ReactElement {
  const [renaming, setRenaming] = useState(false);
  const rename = useRenameExperiment();
  const { remove, bringBack } = useLifecycle(row);
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={text.actionsFor(row.name)}>
            <Icon name="dots" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {deleted ? (
            <Menu.Item leftSection={<Icon name="restore" size={14} />} onClick={bringBack}>
              {text.restore}
            </Menu.Item>
          ) : (
            <>
              <Menu.Item leftSection={<Icon name="pencil" size={14} />} onClick={() => setRenaming(true)}>
                {text.rename}
              </Menu.Item>
              <Menu.Item color="red" leftSection={<Icon name="trash" size={14} />} onClick={remove}>
                {text.delete}
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      {renaming && (
        <NameDialog
          title={text.experiments.renameTitle}
          action={text.rename}
          initial={row.name}
          onSubmit={(name) => rename.mutateAsync({ id: row.experiment_id, name })}
          onClose={() => setRenaming(false)}
        />
      )}
    </>
  );
}

/** Delete with a way back, and the way back. */
function useLifecycle({ experiment_id: id, name }: Experiment): { remove: () => void; bringBack: () => void } {
  const { mutateAsync: deleteOne } = useDeleteExperiment();
  const { mutateAsync: restoreOne } = useRestoreExperiment();
  const bringBack = (): void => {
    restoreOne(id).then(() => toast({ message: text.experiments.restoredOne(name) }), toastError);
  };
  const remove = (): void => {
    deleteOne(id).then(() => toast({ message: text.experiments.deletedOne(name), undo: bringBack }), toastError);
  };
  return { remove, bringBack };
}
