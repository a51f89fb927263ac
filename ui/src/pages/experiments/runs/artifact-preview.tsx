import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { artifactUrl, beginningQuery, LARGEST_IMAGE, PREVIEW_BYTES, type Beginning } from "../../../api/artifacts";
import { formatBytes } from "../../../lib/numbers";
import { previewOf, type Preview } from "../../../lib/preview";
import { baseName } from "../../../lib/tags";
import { CopyButton } from "../../../parts/copy";
import { Icon } from "../../../parts/icons";
import { Empty, Failed, Loading } from "../../../parts/states";
import { text } from "../../../text";
import { ImageView, TextualView } from "./artifact-views";
import css from "./artifacts.module.css";

interface ArtifactPreviewProps {
  runId: string;
  path: string;
  /** Bytes; null when the store does not say. */
  size: number | null;
}

/** What is in a file, as far as it can be shown, and a way to fetch it. */
export function ArtifactPreview({ runId, path, size }: ArtifactPreviewProps): ReactElement {
  return (
    <div className={css["preview"]}>
      <div className={css["previewHead"]}>
        <h2 className="cut" title={path}>
          {baseName(path)}
        </h2>
        {size !== null && <span className="soft num">{formatBytes(size)}</span>}
        <CopyButton value={path} label={text.artifacts.copyPath} />
        <Button component="a" variant="default" href={artifactUrl(runId, path)} download={baseName(path)} leftSection={<Icon name="download" size={14} />}>
          {text.artifacts.download}
        </Button>
      </div>
      <Content runId={runId} path={path} size={size} />
    </div>
  );
}

function Content({ runId, path, size }: ArtifactPreviewProps): ReactElement {
  const preview = previewOf(path);
  if (size === 0) return <Empty title={text.artifacts.emptyFile} />;
  if (preview.kind === "none" && (size === null || size > PREVIEW_BYTES)) return <Empty title={text.artifacts.noPreview} />;
  if (preview.kind === "image" && size !== null && size > LARGEST_IMAGE) return <Empty title={text.artifacts.tooLarge(formatBytes(LARGEST_IMAGE))} />;
  return <Loaded runId={runId} path={path} size={size} preview={preview} />;
}

function Loaded({ runId, path, size, preview }: ArtifactPreviewProps & { preview: Preview }): ReactElement {
  const { data, error, refetch } = useQuery(beginningQuery(runId, path, preview.kind === "image" ? "image" : "text"));
  if (error !== null) return <Failed error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <Loading />;
  return (
    <>
      {data.truncated && <p className={css["partial"]}>{partialNote(data, size)}</p>}
      {preview.kind === "image" ? <ImageView bytes={data.bytes} type={preview.type} path={path} /> : <TextualView file={data} preview={preview} path={path} />}
    </>
  );
}

function partialNote({ bytes }: Beginning, size: number | null): string {
  const shown = formatBytes(bytes.size);
  return size === null ? text.artifacts.beginningOnly(shown) : text.artifacts.beginning(shown, formatBytes(size));
}
