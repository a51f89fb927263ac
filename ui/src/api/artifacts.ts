import { queryOptions } from "@tanstack/react-query";
import { BASE, errorOf, http, reply, type FileInfo } from "./client";

/** Most bytes of a file that a preview reads. */
export const PREVIEW_BYTES = 1024 * 1024;

/** A picture is whole or nothing, up to this size. */
export const LARGEST_IMAGE = 32 * 1024 * 1024;

/** The files of a folder of a run; "" is the root. */
export function folderQuery(runId: string, path: string) {
  return queryOptions({
    queryKey: ["artifacts", "folder", runId, path] as const,
    queryFn: async ({ signal }) => {
      const files: FileInfo[] = [];
      let token: string | undefined;
      do {
        const query = { run_id: runId, ...(path === "" ? {} : { path }), ...(token === undefined ? {} : { page_token: token }) };
        const page = await reply(http.GET("/ajax-api/2.0/mlflow/artifacts/list", { signal, params: { query } }));
        files.push(...(page.files ?? []));
        token = page.next_page_token ?? undefined;
      } while (token !== undefined);
      return files.sort((a, b) => Number(b.is_dir) - Number(a.is_dir) || (a.path < b.path ? -1 : 1));
    },
  });
}

/** Where a file can be downloaded. */
export function artifactUrl(runId: string, path: string): string {
  return `${BASE}/get-artifact?${new URLSearchParams({ run_id: runId, path }).toString()}`;
}

/** The start of a file. `truncated` says that there is more. */
export interface Beginning {
  bytes: Blob;
  content: string;
  truncated: boolean;
}

/** The start of a file, asked for by range; decoded as UTF-8 when it is shown as text. */
export function beginningQuery(runId: string, path: string, as: "text" | "image") {
  const limit = as === "image" ? LARGEST_IMAGE : PREVIEW_BYTES;
  return queryOptions({
    queryKey: ["artifacts", "bytes", runId, path, as] as const,
    queryFn: async ({ signal }): Promise<Beginning> => {
      const response = await fetch(artifactUrl(runId, path), { signal, headers: { Range: `bytes=0-${limit - 1}` } });
      if (response.status === 416) return { bytes: new Blob(), content: "", truncated: false }; // an empty file has no first byte
      if (!response.ok) throw errorOf(await response.json().catch(() => null), response);
      const bytes = (await response.blob()).slice(0, limit);
      const total = Number(/\/(\d+)$/.exec(response.headers.get("Content-Range") ?? "")?.[1] ?? bytes.size);
      return { bytes, content: as === "text" ? await bytes.text() : "", truncated: total > limit };
    },
  });
}
