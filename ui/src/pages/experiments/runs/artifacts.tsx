import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import type { FileInfo, Run } from "../../../api/client";
import { folderQuery } from "../../../api/artifacts";
import { useQueryParams } from "../../../hooks/url";
import { formatBytes } from "../../../lib/numbers";
import { baseName } from "../../../lib/tags";
import { Icon } from "../../../parts/icons";
import { Code, Empty, Failed, Loading } from "../../../parts/states";
import { text } from "../../../text";
import { ArtifactPreview } from "./artifact-preview";
import css from "./artifacts.module.css";

const INDENT = 16;

/** The files of a run: a tree, and a look into the chosen one. */
export default function Artifacts({ run }: { run: Run }): ReactElement {
  const [query] = useQueryParams();
  const path = query.get("path") ?? "";
  const runId = run.info.run_id;
  const root = useQuery(folderQuery(runId, ""));
  if (root.data === undefined) return root.error === null ? <Loading /> : <Failed error={root.error} onRetry={() => void root.refetch()} />;
  if (root.data.length === 0) {
    return (
      <Empty title={text.artifacts.none}>
        <Code>{text.artifacts.noneHint}</Code>
      </Empty>
    );
  }
  return (
    <div className={css["panes"]}>
      <nav className={css["tree"]} aria-label={text.artifacts.tree}>
        <Files files={root.data} runId={runId} chosen={path} depth={0} />
      </nav>
      <Chosen runId={runId} path={path} />
    </div>
  );
}

/** The chosen file, known from the list of its folder. */
function Chosen({ runId, path }: { runId: string; path: string }): ReactElement {
  const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
  const { data } = useQuery(folderQuery(runId, folder));
  const file = data?.find((each) => each.path === path && !each.is_dir);
  if (file === undefined) return <Empty title={text.artifacts.choose} />;
  return <ArtifactPreview key={path} runId={runId} path={path} size={file.file_size ?? null} />;
}

interface FilesProps {
  files: readonly FileInfo[];
  runId: string;
  chosen: string;
  depth: number;
}

function Files({ files, runId, chosen, depth }: FilesProps): ReactElement {
  return (
    <ul>
      {files.map((file) => (
        <li key={file.path}>{file.is_dir ? <Folder file={file} runId={runId} chosen={chosen} depth={depth} /> : <File file={file} chosen={chosen} depth={depth} />}</li>
      ))}
    </ul>
  );
}

interface EntryProps {
  file: FileInfo;
  chosen: string;
  depth: number;
}

function File({ file, chosen, depth }: EntryProps): ReactElement {
  const [, patch] = useQueryParams();
  return (
    <button type="button" className={css["item"]} style={{ paddingLeft: 8 + depth * INDENT + 20 }} aria-current={file.path === chosen} onClick={() => patch({ path: file.path })}>
      <Icon name="file" size={14} />
      <span className="cut" title={file.path}>
        {baseName(file.path)}
      </span>
      {file.file_size != null && <span className={`${css["size"] ?? ""} num`}>{formatBytes(file.file_size)}</span>}
    </button>
  );
}

function Folder({ file, runId, chosen, depth }: EntryProps & { runId: string }): ReactElement {
  const [query, patch] = useQueryParams();
  const open = query.getAll("dir");
  const isOpen = open.includes(file.path) || chosen === file.path || chosen.startsWith(`${file.path}/`);
  const { data, error } = useQuery({ ...folderQuery(runId, file.path), enabled: isOpen });
  const fold = (): void => {
    if (!isOpen) patch({ dir: [...open, file.path] }, { replace: true });
    // Closing the folder of the chosen file lets go of the file, or the folder would open again.
    else patch({ dir: open.filter((path) => path !== file.path), ...(chosen.startsWith(file.path) ? { path: null } : {}) }, { replace: true });
  };
  return (
    <>
      <button type="button" className={css["item"]} style={{ paddingLeft: 8 + depth * INDENT }} aria-expanded={isOpen} onClick={fold}>
        <Icon name={isOpen ? "down" : "right"} size={14} />
        <Icon name="folder" size={14} />
        <span className="cut" title={file.path}>
          {baseName(file.path)}
        </span>
      </button>
      {isOpen && data !== undefined && data.length > 0 && <Files files={data} runId={runId} chosen={chosen} depth={depth + 1} />}
      {isOpen && data?.length === 0 && <Note depth={depth} say={text.artifacts.emptyFolder} />}
      {isOpen && error !== null && <Note depth={depth} say={error.message} />}
    </>
  );
}

function Note({ depth, say }: { depth: number; say: string }): ReactElement {
  return (
    <p className="soft" style={{ paddingLeft: 28 + (depth + 1) * INDENT }}>
      {say}
    </p>
  );
}
