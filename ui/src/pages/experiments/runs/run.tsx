import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, type ReactElement } from "react";
import { Link } from "wouter";
import { ApiError, type Run } from "../../../api/client";
import { experimentQuery } from "../../../api/experiments";
import { useRestoreRuns } from "../../../api/run-edits";
import { runQuery } from "../../../api/runs";
import { useRunStream } from "../../../api/stream";
import { useTitle } from "../../../hooks/title";
import { useQueryParams } from "../../../hooks/url";
import { urls } from "../../../lib/urls";
import { Failed, Loading } from "../../../parts/states";
import { toastError } from "../../../parts/toasts";
import type { PageProps } from "../../../routes";
import { text } from "../../../text";
import { NotFoundPage } from "../../not-found";
import { Shell } from "../../shell";
import { RunHeader } from "./header";
import { Overview } from "./overview";
import css from "./run.module.css";

const Charts = lazy(() => import("./charts"));
const Artifacts = lazy(() => import("./artifacts"));

const TABS = ["overview", "charts", "artifacts"] as const;
type Tab = (typeof TABS)[number];

/** A run. */
export default function RunPage({ params }: PageProps): ReactElement {
  const experimentId = params["experimentId"] ?? "";
  const { data: run, error, refetch } = useQuery(runQuery(params["runId"] ?? ""));
  const { data: experiment } = useQuery(experimentQuery(run?.info.experiment_id ?? experimentId));
  const name = run?.info.run_name ?? "";
  useTitle(name, experiment?.name ?? "");
  useRunStream(run?.info.run_id ?? null);
  if (error instanceof ApiError && error.status === 404) return <NotFoundPage />;
  const trail = [
    { label: text.experiments.title, href: urls.experiments() },
    { label: experiment?.name ?? "…", href: urls.experiment(experiment?.experiment_id ?? experimentId) },
    ...(name === "" ? [] : [{ label: name }]),
  ];
  return (
    <Shell trail={trail}>
      <div className={css["scroll"]}>
        {run !== undefined ? <Content run={run} /> : error === null ? <Loading /> : <Failed error={error} onRetry={() => void refetch()} />}
      </div>
    </Shell>
  );
}

function Content({ run }: { run: Run }): ReactElement {
  const [query] = useQueryParams();
  const tab: Tab = TABS.find((known) => known === query.get("tab")) ?? "overview";
  return (
    <>
      {run.info.lifecycle_stage === "deleted" && <DeletedBanner run={run} />}
      <RunHeader run={run} />
      <Tabs run={run} tab={tab} />
      <Suspense fallback={<Loading />}>
        {tab === "overview" && <Overview run={run} />}
        {tab === "charts" && <Charts run={run} />}
        {tab === "artifacts" && <Artifacts run={run} />}
      </Suspense>
    </>
  );
}

function Tabs({ run, tab }: { run: Run; tab: Tab }): ReactElement {
  const base = urls.run(run.info.experiment_id, run.info.run_id);
  return (
    <nav className={css["tabs"]} aria-label={text.run.tabList}>
      {TABS.map((each) => (
        <Link key={each} href={each === "overview" ? base : `${base}?tab=${each}`} aria-current={each === tab ? "page" : undefined}>
          {text.run.tabs[each]}
        </Link>
      ))}
    </nav>
  );
}

function DeletedBanner({ run }: { run: Run }): ReactElement {
  const { mutate: restore, isPending } = useRestoreRuns();
  return (
    <div className={css["banner"]} role="note">
      {text.run.deletedNote}
      <Button variant="default" loading={isPending} onClick={() => restore([run.info.run_id], { onError: toastError })}>
        {text.restore}
      </Button>
    </div>
  );
}
