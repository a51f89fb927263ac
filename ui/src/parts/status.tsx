import type { ReactElement } from "react";
import { text } from "../text";
import { Icon, type IconName } from "./icons";
import css from "./status.module.css";

export type RunStatus = "RUNNING" | "SCHEDULED" | "FINISHED" | "FAILED" | "KILLED";

const ICONS: Record<RunStatus, IconName> = { RUNNING: "running", SCHEDULED: "scheduled", FINISHED: "finished", FAILED: "failed", KILLED: "killed" };

/** The state of a run, as icon and word. */
export function Status({ status }: { status: RunStatus }): ReactElement {
  return (
    <span className={`${css["status"] ?? ""} ${css[status] ?? ""}`}>
      <Icon name={ICONS[status]} size={14} />
      {text.status[status]}
    </span>
  );
}
