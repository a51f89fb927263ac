import { ActionIcon } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { Link } from "wouter";
import type { Metric, Run } from "../../../api/client";
import { useDeleteTag, useSetTag } from "../../../api/run-edits";
import { childrenQuery } from "../../../api/runs";
import { formatCount, formatNumber, toNumber } from "../../../lib/numbers";
import { NOTE, valueOf } from "../../../lib/tags";
import { urls } from "../../../lib/urls";
import { Icon } from "../../../parts/icons";
import { NoteDialog } from "../../../parts/note-dialog";
import { KeyTable, Panel, Quiet } from "../../../parts/panel";
import { Status } from "../../../parts/status";
import { TagEditor } from "../../../parts/tag-editor";
import { Ago, Duration } from "../../../parts/time";
import { toast, toastError } from "../../../parts/toasts";
import { text } from "../../../text";
import { Datasets } from "./datasets";
import css from "./run.module.css";

/** Numbers first, then what the run was and was made from. */
export function Overview({ run }: { run: Run }): ReactElement {
  const note = valueOf(run.data.tags, NOTE);
  return (
    <div className={css["overview"]}>
      <div className={css["stack"]}>
        <Metrics run={run} />
        <Datasets inputs={run.inputs.dataset_inputs ?? []} />
      </div>
      <div className={css["stack"]}>
        <Params run={run} />
        <Tags run={run} />
        <Notes run={run} note={note} />
      </div>
      <Children run={run} />
    </div>
  );
}

function Metrics({ run }: { run: Run }): ReactElement {
  const words = text.run.metricColumns;
  return (
    <KeyTable
      title={text.run.metrics}
      empty={text.run.noMetrics}
      rows={systemLast(run.data.metrics ?? [])}
      keyOf={(metric) => metric.key}
      columns={[
        { label: words.key, width: "52%", cell: (metric) => metric.key },
        { label: words.value, end: true, cell: ({ value }) => <span title={String(value)}>{formatNumber(toNumber(value))}</span> },
        { label: words.step, width: "20%", end: true, cell: (metric) => <span className="soft">{formatCount(metric.step ?? 0)}</span> },
      ]}
    />
  );
}

/** What the machine measured of itself stands after what the code logged. */
function systemLast(metrics: readonly Metric[]): Metric[] {
  return [...metrics].sort((a, b) => Number(a.key.startsWith("system/")) - Number(b.key.startsWith("system/")));
}

function Params({ run }: { run: Run }): ReactElement {
  const words = text.run.paramColumns;
  return (
    <KeyTable
      title={text.run.params}
      empty={text.run.noParams}
      rows={run.data.params ?? []}
      keyOf={(param) => param.key}
      columns={[
        { label: words.key, width: "42%", cell: (param) => param.key },
        { label: words.value, cell: (param) => <span className="num">{param.value}</span> },
      ]}
    />
  );
}

function Tags({ run }: { run: Run }): ReactElement {
  const id = run.info.run_id;
  const { mutateAsync: setTag } = useSetTag();
  const { mutateAsync: deleteTag } = useDeleteTag();
  const onSet = (key: string, value: string): void => void setTag({ id, key, value }).catch(toastError);
  return (
    <TagEditor
      tags={(run.data.tags ?? []).filter((tag) => tag.key !== NOTE).map(({ key, value }) => ({ key, value: value ?? "" }))}
      editable={run.info.lifecycle_stage === "active"}
      onSet={onSet}
      onDelete={({ key, value }) => {
        deleteTag({ id, key }).then(() => toast({ message: text.run.deletedTag(key), undo: () => onSet(key, value) }), toastError);
      }}
    />
  );
}

function Notes({ run, note }: { run: Run; note: string }): ReactElement {
  const [editing, setEditing] = useState(false);
  const { mutateAsync: setTag } = useSetTag();
  const edit = run.info.lifecycle_stage === "active" && (
    <ActionIcon variant="subtle" color="gray" aria-label={text.run.editNotes} title={text.run.editNotes} onClick={() => setEditing(true)}>
      <Icon name="pencil" size={14} />
    </ActionIcon>
  );
  return (
    <Panel title={text.run.notes} tools={edit}>
      {note === "" ? <Quiet>{text.run.noNotes}</Quiet> : <p className={css["notes"]}>{note}</p>}
      {editing && <NoteDialog title={text.run.notes} initial={note} onSave={(value) => setTag({ id: run.info.run_id, key: NOTE, value })} onClose={() => setEditing(false)} />}
    </Panel>
  );
}

function Children({ run }: { run: Run }): ReactElement | null {
  const { data } = useQuery(childrenQuery(run.info.experiment_id, run.info.run_id, []));
  if (data === undefined || data.runs.length === 0) return null;
  const words = text.runs.attributes;
  return (
    <div className={css["wide"]}>
      <KeyTable
        title={text.run.children}
        empty=""
        rows={data.runs}
        keyOf={(child) => `${child.info.run_name} ${child.info.run_id}`}
        columns={[
          {
            label: text.name,
            cell: ({ info }) => (
              <Link className={css["link"] ?? ""} href={urls.run(info.experiment_id, info.run_id)}>
                {info.run_name}
              </Link>
            ),
          },
          { label: words.status, cell: ({ info }) => <Status status={info.status} /> },
          { label: words.start_time, cell: ({ info }) => <Ago at={info.start_time} /> },
          { label: words.duration, end: true, cell: ({ info }) => <Duration from={info.start_time} to={info.end_time ?? null} /> },
          ...childMetrics(data.runs),
        ]}
      />
      {data.more && <Quiet>{text.run.moreChildren}</Quiet>}
    </div>
  );
}

const MOST_METRICS = 4;

/** A column for each of the first few metrics of the children. */
function childMetrics(runs: readonly Run[]) {
  const keys = [...new Set(runs.flatMap((run) => (run.data.metrics ?? []).map((metric) => metric.key)))];
  const chosen = keys.filter((key) => !key.startsWith("system/")).slice(0, MOST_METRICS);
  return chosen.map((key) => ({
    label: key,
    end: true,
    cell: (run: Run) => {
      const metric = run.data.metrics?.find((each) => each.key === key);
      return metric === undefined ? "" : formatNumber(toNumber(metric.value));
    },
  }));
}
