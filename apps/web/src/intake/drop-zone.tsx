/** The one place where everything is given: by dropping, choosing, or pasting files. */
import { type JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useWords } from '../language/language.js';

interface DropZoneProps {
  readonly onFiles: (files: readonly File[]) => void;
}

export function DropZone({ onFiles }: DropZoneProps): JSX.Element {
  const { drop } = useWords();
  const input = useRef<HTMLInputElement>(null);
  const isOver = useDrop(onFiles);
  const take = (): void => {
    const chosen = [...(input.current?.files ?? [])];
    // The same file may be chosen again after it was removed.
    if (input.current) input.current.value = '';
    if (chosen.length > 0) onFiles(chosen);
  };
  return (
    <section class={isOver ? 'drop over' : 'drop'} aria-label={drop.label}>
      <svg class="drop-mark" viewBox="0 0 48 48" aria-hidden="true">
        <path d="M12 6h16l8 8v28H12zM28 6v8h8M24 22v12m-5-5 5 5 5-5" />
      </svg>
      <label class="button primary">
        <input ref={input} type="file" multiple onChange={take} class="visually-hidden" />
        {drop.action}
      </label>
      <p class="hint">{isOver ? drop.release : drop.hint}</p>
    </section>
  );
}

/** The whole window takes what is dropped: nobody should open a document instead of checking it by missing a frame. */
function useDrop(onFiles: DropZoneProps['onFiles']): boolean {
  const [isOver, setIsOver] = useState(false);
  useEffect(() => {
    const over = (event: DragEvent): void => {
      event.preventDefault();
      setIsOver(true);
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setIsOver(false);
    };
    const receive = (event: DragEvent): void => {
      event.preventDefault();
      setIsOver(false);
      const files = [...(event.dataTransfer?.files ?? [])];
      if (files.length > 0) onFiles(files);
    };
    addEventListener('dragover', over);
    addEventListener('dragleave', leave);
    addEventListener('drop', receive);
    return () => {
      removeEventListener('dragover', over);
      removeEventListener('dragleave', leave);
      removeEventListener('drop', receive);
    };
  }, [onFiles]);
  return isOver;
}
