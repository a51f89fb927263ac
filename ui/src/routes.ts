import { lazy, type ComponentType } from "react";
import { ExperimentPage } from "./pages/experiments/experiment";
import { ExperimentsPage } from "./pages/experiments/index";

/** What a page gets: the variable parts of its URL. */
export interface PageProps {
  params: Readonly<Record<string, string | undefined>>;
}

/** From URL to page. The first match wins; what matches none is the not-found page. */
export const routes: readonly [pattern: string, page: ComponentType<PageProps>][] = [
  ["/", ExperimentsPage],
  ["/experiments", ExperimentsPage],
  ["/experiments/:experimentId", ExperimentPage],
  ["/experiments/:experimentId/runs", ExperimentPage],
  ["/experiments/:experimentId/runs/:runId", lazy(() => import("./pages/experiments/runs/run"))],
  ["/runs/:runId", lazy(() => import("./pages/runs/run"))],
];
