import { ActionIcon, Button, TextInput } from "@mantine/core";
import { useState, type ReactElement } from "react";
import { isSystemTag } from "../lib/tags";
import { formatCount } from "../lib/numbers";
import { text } from "../text";
import { Icon } from "./icons";
import { Panel, Quiet } from "./panel";
import css from "./tag-editor.module.css";

interface Tag {
  key: string;
  value: string;
}

interface TagEditorProps {
  tags: readonly Tag[];
  editable: boolean;
  onSet: (key: string, value: string) => void;
  onDelete: (tag: Tag) => void;
}

/** The tags of a run: people's own to edit, the system's folded away. */
export function TagEditor({ tags, editable, onSet, onDelete }: TagEditorProps): ReactElement {
  const [adding, setAdding] = useState(false);
  const own = tags.filter((tag) => !isSystemTag(tag.key));
  const system = tags.filter((tag) => isSystemTag(tag.key));
  const add = editable && (
    <ActionIcon variant="subtle" color="gray" aria-label={text.run.addTag} title={text.run.addTag} onClick={() => setAdding(true)}>
      <Icon name="plus" size={14} />
    </ActionIcon>
  );
  return (
    <Panel title={text.run.tags} count={own.length} tools={add}>
      {own.length === 0 && !adding && <Quiet>{text.run.noTags}</Quiet>}
      <div>
        {own.map((tag) => (
          <TagRow key={tag.key} tag={tag} editable={editable} onSet={onSet} onDelete={onDelete} />
        ))}
        {adding && <NewTag onSet={onSet} onClose={() => setAdding(false)} />}
      </div>
      {system.length > 0 && (
        <details className={css["system"]}>
          <summary>{text.run.systemTags(formatCount(system.length))}</summary>
          {system.map((tag) => (
            <div key={tag.key} className={css["row"]}>
              <span className="cut" title={tag.key}>
                {tag.key}
              </span>
              <span className={css["value"]}>{tag.value}</span>
            </div>
          ))}
        </details>
      )}
    </Panel>
  );
}

interface TagRowProps extends Omit<TagEditorProps, "tags"> {
  tag: Tag;
}

function TagRow({ tag, editable, onSet, onDelete }: TagRowProps): ReactElement {
  const [draft, setDraft] = useState<string | null>(null);
  if (draft !== null) {
    const finish = (): void => {
      if (draft !== tag.value) onSet(tag.key, draft);
      setDraft(null);
    };
    return (
      <form className={css["row"]} onSubmit={(event) => {
          event.preventDefault();
          finish();
        }}>
        <span className="cut">{tag.key}</span>
        <TextInput autoFocus aria-label={text.value} value={draft} onChange={(event) => setDraft(event.currentTarget.value)} onKeyDown={(event) => event.key === "Escape" && setDraft(null)} />
        <Button type="submit">{text.save}</Button>
      </form>
    );
  }
  return (
    <div className={css["row"]}>
      <span className="cut" title={tag.key}>
        {tag.key}
      </span>
      <span className={css["value"]}>{tag.value}</span>
      {editable && (
        <span className={css["tools"]}>
          <ActionIcon variant="subtle" color="gray" aria-label={text.run.editTag(tag.key)} onClick={() => setDraft(tag.value)}>
            <Icon name="pencil" size={14} />
          </ActionIcon>
          <ActionIcon variant="subtle" color="gray" aria-label={text.run.deleteTag(tag.key)} onClick={() => onDelete(tag)}>
            <Icon name="trash" size={14} />
          </ActionIcon>
        </span>
      )}
    </div>
  );
}

function NewTag({ onSet, onClose }: { onSet: TagEditorProps["onSet"]; onClose: () => void }): ReactElement {
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  const finish = (): void => {
    if (key.trim() !== "") onSet(key.trim(), value);
    onClose();
  };
  return (
    <form className={css["row"]} onSubmit={(event) => {
          event.preventDefault();
          finish();
        }} onKeyDown={(event) => event.key === "Escape" && onClose()}>
      <TextInput autoFocus aria-label={text.key} placeholder={text.key} value={key} onChange={(event) => setKey(event.currentTarget.value)} />
      <TextInput aria-label={text.value} placeholder={text.value} value={value} onChange={(event) => setValue(event.currentTarget.value)} />
      <Button type="submit">{text.add}</Button>
    </form>
  );
}
