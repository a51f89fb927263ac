let streaming = false;

/** Whether the server tells what changes on this page, so that nobody needs to ask. */
export function isStreaming(): boolean {
  return streaming;
}

export function setStreaming(now: boolean): void {
  streaming = now;
}
