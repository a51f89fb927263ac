import { SegmentedControl } from "@mantine/core";
import { useQueries } from "@tanstack/react-query";
import type { ReactElement } from "react";
import type { Run } from "../../../api/client";
import { seriesQuery } from "../../../api/metrics";
import { isLive } from "../../../api/runs";
import { useQueryParams } from "../../../hooks/url";
import { groupKeys, inPortions, matching, type MetricGroup } from "../../../lib/groups";
import { AXES, MOST_SMOOTHING, readChartView, type ChartView } from "../../../lib/looks";
import { formatCount, formatNumber } from "../../../lib/numbers";
import type { Curve } from "../../../lib/series";
import { Icon } from "../../../parts/icons";
import { SearchBox } from "../../../parts/search-box";
import { Empty, Failed, Loading } from "../../../parts/states";
import { text } from "../../../text";
import { ChartCard } from "./chart-card";
import css from "./charts.module.css";

/** How many curves one request asks for. */
const PORTION = 24;
const CLOSED_AT_FIRST = "system";

/** The metric histories of a run. */
export default function Charts({ run }: { run: Run }): ReactElement {
  const [query] = useQueryParams();
  const view = readChartView(query);
  const keys = (run.data.metrics ?? []).map((metric) => metric.key);
  if (keys.length === 0) return <Empty title={text.charts.none} />;
  const groups = groupKeys(matching(keys, view.search));
  return (
    <>
      <Tools view={view} />
      {groups.length === 0 && <Empty title={text.charts.noMatch} />}
      {groups.map((group) => (
        <Group key={group.prefix} run={run} group={group} view={view} />
      ))}
    </>
  );
}

function Tools({ view }: { view: ChartView }): ReactElement {
  const [, patch] = useQueryParams();
  return (
    <div className={css["tools"]}>
      <div className={css["search"]}>
        <SearchBox value={view.search} label={text.charts.search} onSearch={(search) => patch({ search }, { replace: true })} />
      </div>
      <SegmentedControl
        aria-label={text.charts.axis}
        value={view.axis}
        onChange={(x) => patch({ x: x === "step" ? null : x })}
        data={AXES.map((value) => ({ value, label: text.charts.axes[value] }))}
      />
      <label className={css["check"]}>
        <input type="checkbox" checked={view.log} onChange={(event) => patch({ log: event.target.checked ? "1" : null })} />
        {text.charts.log}
      </label>
      <label className={css["smooth"]}>
        {text.charts.smoothing}
        <input
          type="range"
          min={0}
          max={MOST_SMOOTHING}
          step={0.01}
          value={view.smoothing}
          onChange={(event) => patch({ smooth: event.target.value === "0" ? null : event.target.value }, { replace: true })}
        />
        <output className="num">{view.smoothing.toFixed(2)}</output>
      </label>
      <span className={css["hint"]}>{text.charts.zoomHint}</span>
    </div>
  );
}

interface GroupProps {
  run: Run;
  group: MetricGroup;
  view: ChartView;
}

function Group({ run, group, view }: GroupProps): ReactElement {
  const [, patch] = useQueryParams();
  const flipped = view.folded.includes(group.prefix);
  const open = view.search !== "" || flipped === (group.prefix === CLOSED_AT_FIRST);
  const name = group.prefix === "" ? text.charts.other : group.prefix;
  const fold = (): void => patch({ fold: flipped ? view.folded.filter((prefix) => prefix !== group.prefix) : [...view.folded, group.prefix] }, { replace: true });
  return (
    <section className={css["group"]} aria-label={name}>
      <h2>
        <button type="button" className={css["groupHead"]} aria-expanded={open} onClick={fold}>
          <Icon name={open ? "down" : "right"} size={14} />
          {name}
          <span className="soft num">{formatCount(group.keys.length)}</span>
        </button>
      </h2>
      {open && <Cards run={run} keys={group.keys} prefix={group.prefix} view={view} />}
    </section>
  );
}

interface CardsProps {
  run: Run;
  keys: readonly string[];
  prefix: string;
  view: ChartView;
}

function Cards({ run, keys, prefix, view }: CardsProps): ReactElement {
  const runId = run.info.run_id;
  const live = isLive(run);
  const found = useQueries({
    queries: inPortions(keys, PORTION).map((portion) => seriesQuery({ runId, keys: portion, range: null, live })),
    combine: (results) => ({
      series: new Map(results.flatMap((result) => [...(result.data ?? [])])),
      pending: results.some((result) => result.isPending),
      failed: results.find((result) => result.isError),
    }),
  });
  if (found.failed?.error != null && found.series.size === 0) {
    const { error, refetch } = found.failed;
    return <Failed error={error} onRetry={() => void refetch()} />;
  }
  if (found.pending && found.series.size === 0) return <Loading lines={6} />;
  const all = keys.flatMap((key) => found.series.get(key) ?? []);
  const shortName = (key: string): string => (prefix === "" ? key : key.slice(prefix.length + 1));
  return (
    <>
      <Numbers series={all.filter((series) => series.total === 1)} nameOf={shortName} />
      <div className={css["cards"]}>
        {all
          .filter((series) => series.total > 1)
          .map((series) => (
            <ChartCard key={series.key} name={shortName(series.key)} run={run} series={series} view={view} />
          ))}
      </div>
    </>
  );
}

/** Metrics that have one point: a number says it all. */
function Numbers({ series, nameOf }: { series: readonly Curve[]; nameOf: (key: string) => string }): ReactElement | null {
  if (series.length === 0) return null;
  return (
    <dl className={css["numbers"]}>
      {series.map(({ key, values }) => (
        <div key={key} className={css["number"]}>
          <dt className="cut" title={key}>
            {nameOf(key)}
          </dt>
          <dd title={String(values[0])}>{formatNumber(values[0] ?? NaN)}</dd>
        </div>
      ))}
    </dl>
  );
}
