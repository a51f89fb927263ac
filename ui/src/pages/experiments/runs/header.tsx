import { ActionIcon, Menu } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactElement, ReactNode } from "react";
import { Link } from "wouter";
import type { Run } from "../../../api/client";
import { useDeleteRuns, useRenameRun, useRestoreRuns } from "../../../api/run-edits";
import { runQuery } from "../../../api/runs";
import { shortCommit } from "../../../lib/git";
import { baseName, COMMIT, PARENT, SOURCE, valueOf } from "../../../lib/tags";
import { urls } from "../../../lib/urls";
import { CopyButton } from "../../../parts/copy";
import { Icon } from "../../../parts/icons";
import { InlineName } from "../../../parts/inline-name";
import page from "../../../parts/page.module.css";
import { Status } from "../../../parts/status";
import { Ago, Duration } from "../../../parts/time";
import { toast, toastError } from "../../../parts/toasts";
import { text } from "../../../text";
import css from "./run.module.css";

/** What a run is called, and the facts that place it. */
export function RunHeader({ run }: { run: Run }): ReactElement {
  const { info, data } = run;
  const { mutate: rename } = useRenameRun();
  const active = info.lifecycle_stage === "active";
  const onRename = (name: string): void => rename({ id: info.run_id, name }, { onError: toastError });
  const words = text.run.facts;
  const source = valueOf(data.tags, SOURCE);
  const commit = valueOf(data.tags, COMMIT);
  const parent = valueOf(data.tags, PARENT);
  return (
    <>
      <div className={page["head"]}>
        <InlineName name={info.run_name === "" ? info.run_id : info.run_name} {...(active ? { onRename } : {})} />
        {active && <Actions run={run} />}
      </div>
      <dl className={css["facts"]}>
        <Fact quiet name={words.status} value={<Status status={info.status} />} />
        <Fact name={words.started} value={<Ago at={info.start_time} />} />
        <Fact name={words.duration} value={<Duration from={info.start_time} to={info.end_time ?? null} />} />
        {info.user_id !== "" && <Fact name={words.user} value={info.user_id} />}
        {source !== "" && <Fact name={words.source} value={<span title={source}>{baseName(source)}</span>} />}
        {commit !== "" && (
          <Fact
            name={words.commit}
            value={
              <>
                <span className="mono" title={commit}>
                  {shortCommit(commit)}
                </span>
                <CopyButton value={commit} label={text.run.copyCommit} />
              </>
            }
          />
        )}
        {parent !== "" && <Fact name={words.parent} value={<Parent id={parent} />} />}
        <Fact
          name={words.id}
          value={
            <>
              <span className="mono cut">{info.run_id}</span>
              <CopyButton value={info.run_id} label={text.run.copyId} />
            </>
          }
        />
      </dl>
    </>
  );
}

/** A name and a value; the name is only read out when the value speaks for itself. */
function Fact({ name, value, quiet = false }: { name: string; value: ReactNode; quiet?: boolean }): ReactElement {
  return (
    <div className={css["fact"]}>
      <dt className={quiet ? "hidden" : undefined}>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Parent({ id }: { id: string }): ReactElement {
  const { data } = useQuery(runQuery(id));
  if (data === undefined) return <span className="mono">{id}</span>;
  return <Link href={urls.run(data.info.experiment_id, id)}>{data.info.run_name}</Link>;
}

function Actions({ run }: { run: Run }): ReactElement {
  const { run_id: id, run_name: name } = run.info;
  const { mutateAsync: deleteRuns } = useDeleteRuns();
  const { mutate: restore } = useRestoreRuns();
  const remove = (): void => {
    deleteRuns([id]).then(() => toast({ message: text.run.deletedOne(name), undo: () => restore([id], { onError: toastError }) }), toastError);
  };
  return (
    <div className={css["menu"]}>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={text.actionsFor(name)}>
            <Icon name="dots" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item color="red" leftSection={<Icon name="trash" size={14} />} onClick={remove}>
            {text.delete}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}
