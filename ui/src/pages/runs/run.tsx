import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { Redirect, useSearch } from "wouter";
import { ApiError } from "../../api/client";
import { runQuery } from "../../api/runs";
import { urls } from "../../lib/urls";
import { Failed, Loading } from "../../parts/states";
import type { PageProps } from "../../routes";
import { NotFoundPage } from "../not-found";
import { Shell } from "../shell";

/** A run known by its id alone: finds its experiment and goes there. */
export default function RunByIdPage({ params }: PageProps): ReactElement {
  const search = useSearch();
  const { data, error, refetch } = useQuery(runQuery(params["runId"] ?? ""));
  if (data !== undefined) {
    const url = urls.run(data.info.experiment_id, data.info.run_id);
    return <Redirect to={search === "" ? url : `${url}?${search}`} replace />;
  }
  if (error instanceof ApiError && error.status === 404) return <NotFoundPage />;
  return <Shell trail={[]}>{error === null ? <Loading /> : <Failed error={error} onRetry={() => void refetch()} />}</Shell>;
}
