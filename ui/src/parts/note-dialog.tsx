import { Button, Group, Modal, Textarea } from "@mantine/core";
import { useState, type ReactElement } from "react";
import { text } from "../text";
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
    <Modal opened onClose={onClose} title={title} size="lg" closeButtonProps={{ "aria-label": text.close }}>
      <Textarea size="sm" aria-label={title} rows={10} value={note} data-autofocus onChange={(event) => setNote(event.currentTarget.value)} />
      <Group justify="flex-end" gap={8} mt={16}>
        <Button variant="default" onClick={onClose}>
          {text.cancel}
        </Button>
        <Button loading={busy} disabled={note === initial} onClick={save}>
          {text.save}
        </Button>
      </Group>
    </Modal>
  );
}
