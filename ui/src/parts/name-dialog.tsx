import { Button, Group, TextInput } from "@mantine/core";
import { useState, type ReactElement } from "react";
import { text } from "../text";
import { Dialog } from "./dialog";

interface NameDialogProps {
  title: string;
  action: string;
  initial: string;
  /** Resolves when done; what it throws is shown below the field. */
  onSubmit: (name: string) => Promise<unknown>;
  onClose: () => void;
}

/** Asks for a name. */
export function NameDialog({ title, action, initial, onSubmit, onClose }: NameDialogProps): ReactElement {
  const [name, setName] = useState(initial);
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (): Promise<void> => {
    setBusy(true);
    try {
      await onSubmit(name.trim());
      onClose();
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <TextInput size="sm" label={text.name} value={name} error={error} data-autofocus onChange={(event) => setName(event.currentTarget.value)} />
        <Group justify="flex-end" gap={8} mt={16}>
          <Button variant="default" onClick={onClose}>
            {text.cancel}
          </Button>
          <Button type="submit" loading={busy} disabled={name.trim() === "" || name.trim() === initial}>
            {action}
          </Button>
        </Group>
      </form>
    </Dialog>
  );
}
