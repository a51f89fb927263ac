import { Button } from "@mantine/core";
import type { ReactElement } from "react";
import { useDeleteRuns, useRestoreRuns } from "../../api/run-edits";
import { formatCount } from "../../lib/numbers";
import { Icon } from "../../parts/icons";
import { toast, toastError } from "../../parts/toasts";
import { text } from "../../text";
import css from "./experiment.module.css";

interface SelectionBarProps {
  ids: readonly string[];
  deleted: boolean;
  onDone: () => void;
}

/** What can be done with the chosen runs. */
export function SelectionBar({ ids, deleted, onDone }: SelectionBarProps): ReactElement {
  const { mutateAsync: deleteRuns, isPending: deleting } = useDeleteRuns();
  const { mutateAsync: restoreRuns, isPending: restoring } = useRestoreRuns();
  const count = formatCount(ids.length);
  const one = ids.length === 1;
  const restore = (): void => {
    restoreRuns(ids).then(() => toast({ message: text.runs.restoredMany(count, one) }), toastError);
  };
  const remove = (): void => {
    deleteRuns(ids).then(() => {
      onDone();
      toast({ message: text.runs.deletedMany(count, one), undo: restore });
    }, toastError);
  };
  const bringBack = (): void => {
    restore();
    onDone();
  };
  return (
    <div className={css["bar"]} role="toolbar" aria-label={text.runs.selected(count)}>
      <strong className="num">{text.runs.selected(count)}</strong>
      {deleted ? (
        <Button variant="default" loading={restoring} leftSection={<Icon name="restore" size={14} />} onClick={bringBack}>
          {text.restore}
        </Button>
      ) : (
        <Button variant="default" loading={deleting} leftSection={<Icon name="trash" size={14} />} onClick={remove}>
          {text.delete}
        </Button>
      )}
      <Button variant="subtle" color="gray" onClick={onDone}>
        {text.runs.clearSelection}
      </Button>
    </div>
  );
}
