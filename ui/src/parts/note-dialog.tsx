import { Button, Group, Textarea } from "@mantine/core";
import { useState, type ReactElement } from "react";
import { text } from "../text";
import { Dialog } from "./dialog";
import { toastError } from "./toasts";

interface NoteDialogProps {
  title: string;
  initial: string;
  onSave: (note: string) => Promise<unknown>;
  onClose: () => void;
}

/** Edit a longer text. */
export function NoteDialog({ title, initial, onSave, onClose }: NoteDialogProps): ReactElement {
  const [note, setNote] = useState(initial);
  const [busy, setBusy] = useState(false);
  const save = (): void => {
    setBusy(true);
    onSave(note).then(onClose, (error: unknown) => {
      setBusy(false);
      toastError(error);
    });
  };
  return (
    <Dialog title={title} size="lg" onClose={onClose}>
      <Textarea size="sm" aria-label={title} rows={10} value={note} data-autofocus onChange={(event) => setNote(event.currentTarget.value)} />
      <Group justify="flex-end" gap={8} mt={16}>
        <Button variant="default" onClick={onClose}>
          {text.cancel}
        </Button>
        <Button loading={busy} disabled={note === initial} onClick={save}>
          {text.save}
        </Button>
      </Group>
    </Dialog>
  );
}
