import { Modal } from "@mantine/core";
import type { ReactElement, ReactNode } from "react";
import { text } from "../text";
import css from "./dialog.module.css";

interface DialogProps {
  title: string;
  size?: "md" | "lg";
  onClose: () => void;
  children: ReactNode;
}

/** A window before the page. Its head is no `header`, which would be a second banner of the page. */
export function Dialog({ title, size = "md", onClose, children }: DialogProps): ReactElement {
  return (
    <Modal.Root opened onClose={onClose} size={size}>
      <Modal.Overlay />
      <Modal.Content>
        <div className={css["head"]}>
          <Modal.Title>{title}</Modal.Title>
          <Modal.CloseButton aria-label={text.close} />
        </div>
        <Modal.Body>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
