import { ActionIcon } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { ApiError, type Experiment } from "../../api/client";
import { experimentQuery, useRenameExperiment, useSetExperimentTag } from "../../api/experiments";
import { useExperimentStream } from "../../api/stream";
import { useTitle } from "../../hooks/title";
import { firstLine, NOTE, valueOf } from "../../lib/tags";
import { urls } from "../../lib/urls";
import { Icon } from "../../parts/icons";
import { InlineName } from "../../parts/inline-name";
import { NoteDialog } from "../../parts/note-dialog";
import page from "../../parts/page.module.css";
import { Failed } from "../../parts/states";
import { toastError } from "../../parts/toasts";
import type { PageProps } from "../../routes";
import { text } from "../../text";
import { NotFoundPage } from "../not-found";
import { Shell } from "../shell";
import css from "./experiment.module.css";
import { RunsTable } from "./runs-table";

/** An experiment: its runs. */
export function ExperimentPage({ params }: PageProps): ReactElement {
  const id = params["experimentId"] ?? "";
  const experiment = useQuery(experimentQuery(id));
  const name = experiment.data?.name ?? "";
  useTitle(name);
  useExperimentStream(experiment.data === undefined ? null : id);
  if (experiment.error instanceof ApiError && experiment.error.status === 404) return <NotFoundPage />;
  return (
    <Shell trail={[{ label: text.experiments.title, href: urls.experiments() }, ...(name === "" ? [] : [{ label: name }])]}>
      {experiment.error !== null && experiment.data === undefined ? (
        <Failed error={experiment.error} onRetry={() => void experiment.refetch()} />
      ) : (
        <>
          <Header id={id} experiment={experiment.data ?? null} />
          <RunsTable key={id} experimentId={id} experimentName={name} />
        </>
      )}
    </Shell>
  );
}

function Header({ id, experiment }: { id: string; experiment: Experiment | null }): ReactElement {
  const { mutate: rename } = useRenameExperiment();
  const active = experiment?.lifecycle_stage === "active";
  const onRename = (name: string): void => rename({ id, name }, { onError: toastError });
  return (
    <div className={page["head"]}>
      <InlineName name={experiment?.name ?? "\u00a0"} {...(active ? { onRename } : {})} />
      {experiment !== null && <Note experiment={experiment} />}
    </div>
  );
}

function Note({ experiment }: { experiment: Experiment }): ReactElement {
  const [editing, setEditing] = useState(false);
  const { mutateAsync: setTag } = useSetExperimentTag();
  const note = valueOf(experiment.tags, NOTE);
  return (
    <div className={css["note"]}>
      <span className="cut" title={note}>
        {firstLine(note)}
      </span>
      {note === "" ? (
        <button type="button" className={css["describe"]} onClick={() => setEditing(true)}>
          {text.runs.describe}
        </button>
      ) : (
        <ActionIcon variant="subtle" color="gray" size="sm" aria-label={text.runs.editNote} title={text.runs.editNote} onClick={() => setEditing(true)}>
          <Icon name="pencil" size={14} />
        </ActionIcon>
      )}
      {editing && (
        <NoteDialog
          title={text.runs.editNote}
          initial={note}
          onSave={(value) => setTag({ id: experiment.experiment_id, key: NOTE, value })}
          onClose={() => setEditing(false)}
        />
      )}
    </div>
  );
}
