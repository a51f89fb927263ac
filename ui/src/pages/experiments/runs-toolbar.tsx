import { ActionIcon, SegmentedControl } from "@mantine/core";
import type { ReactElement } from "react";
import type { useQueryParams } from "../../hooks/url";
import { complete, type FilterKeys } from "../../lib/complete";
import { formatCount } from "../../lib/numbers";
import type { TableView } from "../../lib/view";
import { ColumnPicker, type ColumnGroup } from "../../parts/column-picker";
import { Icon } from "../../parts/icons";
import page from "../../parts/page.module.css";
import { SearchBox } from "../../parts/search-box";
import { text } from "../../text";
import css from "./experiment.module.css";
import type { RunRows } from "./use-runs";

interface RunsToolbarProps {
  view: TableView;
  runs: RunRows;
  mayNest: boolean;
  /** What a filter can name. */
  keys: FilterKeys;
  groups: readonly ColumnGroup[];
  chosen: readonly string[];
  onPatch: ReturnType<typeof useQueryParams>[1];
  onColumns: (ids: readonly string[] | null) => void;
  onToggleColumn: (id: string) => void;
}

/** Filter, counts, and what the table shows. */
export function RunsToolbar({ view, runs, mayNest, keys, groups, chosen, onPatch, onColumns, onToggleColumn }: RunsToolbarProps): ReactElement {
  return (
    <div className={page["tools"]}>
      <div className={page["search"]}>
        <SearchBox
          mono
          delay={500}
          value={view.search}
          label={text.runs.filter}
          placeholder={text.runs.filterHint}
          error={view.search === "" ? null : (runs.error?.message ?? null)}
          complete={(draft, caret) => complete(draft, caret, keys)}
          onSearch={(q) => onPatch({ q }, { replace: true })}
        />
      </div>
      <Count runs={runs} />
      <ActionIcon variant="default" size={30} aria-label={text.runs.refresh} title={text.runs.refresh} onClick={runs.refresh}>
        <Icon name="refresh" size={14} />
      </ActionIcon>
      {mayNest && !view.deleted && view.search === "" && (
        <SegmentedControl
          aria-label={text.runs.layout}
          value={view.flat ? "1" : "0"}
          onChange={(value) => onPatch({ flat: value === "1" ? value : null })}
          data={[
            { value: "0", label: text.runs.nested },
            { value: "1", label: text.runs.flat },
          ]}
        />
      )}
      <SegmentedControl
        aria-label={text.runs.lifecycle}
        value={view.deleted ? "1" : "0"}
        onChange={(value) => onPatch({ deleted: value === "1" ? value : null })}
        data={[
          { value: "0", label: text.active },
          { value: "1", label: text.deleted },
        ]}
      />
      <ColumnPicker groups={groups} chosen={chosen} onChange={onColumns} onToggle={onToggleColumn} />
    </div>
  );
}

function Count({ runs }: { runs: RunRows }): ReactElement {
  const { view, total, top, changed } = runs;
  const say = view.search === "" ? text.runs.total : text.runs.matching;
  return (
    <span className={page["count"]} aria-live="polite">
      {total !== null && say(formatCount(total), total === 1)}
      {top !== null && top !== total && ` · ${text.runs.topLevel(formatCount(top))}`}
      {changed !== 0 && (
        <>
          {" "}
          <button type="button" className={css["fresh"]} onClick={runs.refresh}>
            {text.runs.changed(formatCount(Math.abs(changed)), changed > 0)}
          </button>
        </>
      )}
    </span>
  );
}
