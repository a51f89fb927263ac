/** Links to pages; the one place that knows how their URLs read. */
export const urls = {
  experiments: () => "/experiments",
  experiment: (experimentId: string) => `/experiments/${encodeURIComponent(experimentId)}`,
  run: (experimentId: string, runId: string) => `/experiments/${encodeURIComponent(experimentId)}/runs/${encodeURIComponent(runId)}`,
} as const;
