import type { ReactElement } from "react";
import type { DatasetInput } from "../../../api/client";
import { parseJson } from "../../../lib/preview";
import { CONTEXT, valueOf } from "../../../lib/tags";
import { Panel, Quiet } from "../../../parts/panel";
import { text } from "../../../text";
import css from "./run.module.css";

/** The data that a run read. */
export function Datasets({ inputs }: { inputs: readonly DatasetInput[] }): ReactElement {
  return (
    <Panel title={text.run.datasets} count={inputs.length}>
      {inputs.length === 0 && <Quiet>{text.run.noDatasets}</Quiet>}
      {inputs.map((input) => (
        <Dataset key={`${input.dataset.name} ${input.dataset.digest ?? ""} ${valueOf(input.tags, CONTEXT)}`} input={input} />
      ))}
    </Panel>
  );
}

function Dataset({ input: { dataset, tags } }: { input: DatasetInput }): ReactElement {
  const words = text.run.dataset;
  const context = valueOf(tags, CONTEXT);
  return (
    <div className={css["dataset"]}>
      <h3>
        {dataset.name}
        {dataset.digest !== undefined && (
          <span className="soft">
            {words.digest} <span className="mono">{dataset.digest}</span>
          </span>
        )}
        {context !== "" && (
          <span className="soft">
            {words.context} {context}
          </span>
        )}
      </h3>
      <Json title={words.profile} value={dataset.profile} />
      <Json title={words.schema} value={dataset.schema} />
      <Json title={words.source} value={dataset.source} />
    </div>
  );
}

function Json({ title, value }: { title: string; value: string | null | undefined }): ReactElement | null {
  if (value == null || value === "") return null;
  return (
    <details>
      <summary>{title}</summary>
      <pre tabIndex={0}>{parseJson(value)?.pretty ?? value}</pre>
    </details>
  );
}
