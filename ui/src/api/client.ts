import createClient from "openapi-fetch";
import { COLUMNS, unpack } from "../lib/packed";
import { text } from "../text";
import type { components, paths } from "./schema";

/** Where the server is, with the URL prefix it may be mounted under, without a slash at the end. */
export const BASE = new URL(document.baseURI).pathname.replace(/\/+$/, "");

export const http = createClient<paths>({ baseUrl: location.origin + BASE });

type Schemas = components["schemas"];
export type Experiment = Schemas["Experiment"];
export type Activity = Schemas["Activity"];
export type Run = Schemas["Run"];
export type RunsPage = Schemas["RunsPage"];
export type RunColumns = Schemas["RunColumns"];
export type Metric = Schemas["Metric"];
export type DatasetInput = Schemas["DatasetInput"];
export type FileInfo = Schemas["FileInfo"];

/** What the server refused, in its own words. */
export class ApiError extends Error {
  readonly code: string;
  /** HTTP status; 0 when the server was not reached. */
  readonly status: number;

  constructor(code: string, message: string, status: number) {
    super(message);
    this.name = "ApiError";
    this.code = code;
    this.status = status;
  }
}

interface Outcome<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The reply of a call. Raises: ApiError when the server refused. */
export async function reply<T>(call: Promise<Outcome<T>>): Promise<T> {
  const { data, error, response } = await reached(call);
  if (response.ok && data !== undefined) return data;
  throw errorOf(error, response);
}

/** The reply of an own operation, asked for in columns; see `unpack`. Raises: ApiError when the server refused. */
export async function columns(path: keyof paths, body: unknown, signal: AbortSignal): Promise<unknown> {
  const headers = { accept: COLUMNS, "content-type": "application/json" };
  const response = await reached(fetch(BASE + path, { method: "POST", headers, body: JSON.stringify(body), signal }));
  if (!response.ok) throw errorOf(await response.json().catch(() => null), response);
  return unpack(await response.arrayBuffer());
}

/** What `call` answers. Raises: ApiError with status 0 when there was no answer; an abort stays what it is. */
async function reached<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw error instanceof TypeError ? new ApiError("UNREACHABLE", text.unreachable, 0) : error;
  }
}

/** The error of a response whose body was read as `body`. */
export function errorOf(body: unknown, response: Response): ApiError {
  const fields = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  const code = typeof fields["error_code"] === "string" ? fields["error_code"] : `HTTP_${response.status}`;
  const message = typeof fields["message"] === "string" ? fields["message"] : `${response.status} ${response.statusText}`;
  return new ApiError(code, message, response.status);
}
