import { Button } from "@mantine/core";
import type { ReactElement } from "react";
import { Code, Empty } from "../../parts/states";
import { text } from "../../text";

interface NoRunsProps {
  filtered: boolean;
  deleted: boolean;
  experimentName: string;
  onClear: () => void;
}

/** What stands where the runs would be. */
export function NoRuns({ filtered, deleted, experimentName, onClear }: NoRunsProps): ReactElement {
  if (filtered) {
    return (
      <Empty title={text.runs.noMatch}>
        <Button variant="default" onClick={onClear}>
          {text.runs.clearFilter}
        </Button>
      </Empty>
    );
  }
  if (deleted) return <Empty title={text.runs.noDeleted} />;
  return (
    <Empty title={text.runs.empty}>
      <p>{text.runs.emptyHint}</p>
      <Code>{text.runs.emptyCode(experimentName)}</Code>
    </Empty>
  );
}
