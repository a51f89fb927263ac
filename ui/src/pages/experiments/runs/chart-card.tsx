import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useState, type ReactElement } from "react";
import type { Run } from "../../../api/client";
import { seriesQuery } from "../../../api/metrics";
import { LineChart } from "../../../charts/line-chart";
import type { Spot } from "../../../charts/line-options";
import { useSeen } from "../../../hooks/in-view";
import { useQueryParams } from "../../../hooks/url";
import type { ChartView } from "../../../lib/looks";
import { formatCount, formatNumber } from "../../../lib/numbers";
import { countGaps, stepsBetween, toLines, type Axis, type Curve, type Lines, type Look } from "../../../lib/series";
import { formatDuration } from "../../../lib/time";
import { parseZooms, writeZooms, type StepRange } from "../../../lib/zoom";
import { text } from "../../../text";
import css from "./charts.module.css";

interface ChartCardProps {
  name: string;
  run: Run;
  /** The whole history, reduced to what a chart can show. */
  series: Curve;
  view: ChartView;
}

/** The chart of one metric, with the value under the pointer. */
export function ChartCard({ name, run, series, view }: ChartCardProps): ReactElement {
  const [query, patch] = useQueryParams();
  const [spot, setSpot] = useState<Spot | null>(null);
  const [ref, seen] = useSeen<HTMLElement>();
  const zooms = parseZooms(query.getAll("z"));
  const zoom = zooms.get(series.key) ?? null;
  const shown = useZoomed(run.info.run_id, series, zoom);
  const { axis, log, smoothing } = view;
  const start = run.info.start_time;
  const look: Look = useMemo(() => ({ axis, log, smoothing, start }), [axis, log, smoothing, start]);
  const lines = useMemo(() => toLines(shown, look), [shown, look]);
  const setZoom = (range: StepRange | null): void => patch({ z: writeZooms(zooms, series.key, range) }, { replace: zoom !== null });
  const gaps = countGaps(shown);
  return (
    <article ref={ref} className={css["card"]} aria-label={text.charts.chartOf(series.key)}>
      <div className={css["cardHead"]}>
        <h3 className="cut" title={series.key}>
          {name}
        </h3>
        {gaps > 0 && <span className={css["warn"]}>{text.charts.gaps(formatCount(gaps))}</span>}
        {zoom !== null && (
          <button type="button" className={css["reset"]} onClick={() => setZoom(null)}>
            {text.charts.resetZoom}
          </button>
        )}
        <Readout spot={spot} axis={axis} series={shown} />
      </div>
      <div className={css["plot"]} title={shown.exact ? undefined : text.charts.buckets(formatCount(shown.total))}>
        {seen && isBlank(lines) && <p className={css["none"]}>{log ? text.charts.logGaps : text.charts.gaps(formatCount(gaps))}</p>}
        {seen && !isBlank(lines) && (
          <LineChart
            label={text.charts.chartOf(series.key)}
            lines={lines}
            axis={axis}
            log={log}
            onSpot={setSpot}
            onZoom={(from, to) => setZoom(stepsBetween(shown, look, from, to))}
            onReset={() => setZoom(null)}
          />
        )}
      </div>
    </article>
  );
}

/** The points of the zoomed range; the whole history until they are there. */
function useZoomed(runId: string, series: Curve, zoom: StepRange | null): Curve {
  const { data } = useQuery({
    ...seriesQuery({ runId, keys: [series.key], range: zoom, live: false }),
    enabled: zoom !== null,
    placeholderData: keepPreviousData,
  });
  return zoom === null ? series : (data?.get(series.key) ?? series);
}

function isBlank(lines: Lines): boolean {
  return lines.raw.every((value) => value === null);
}

/** The value under the pointer; the last one when there is no pointer. */
function Readout({ spot, axis, series }: { spot: Spot | null; axis: Axis; series: Curve }): ReactElement {
  if (spot !== null) {
    return (
      <span className={css["spot"]}>
        {placeOf(spot.x, axis)} <b>{formatNumber(spot.y)}</b>
        {spot.band !== null && ` ${text.charts.band(formatNumber(spot.band[0]), formatNumber(spot.band[1]))}`}
      </span>
    );
  }
  const last = series.values.at(-1) ?? NaN;
  return (
    <span className={css["spot"]} title={String(last)}>
      <b>{formatNumber(last)}</b>
    </span>
  );
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", day: "numeric", month: "short" });

function placeOf(x: number, axis: Axis): string {
  if (axis === "step") return `${text.charts.step} ${formatCount(x)}`;
  return axis === "time" ? clock.format(x * 1000) : formatDuration(x * 1000);
}
