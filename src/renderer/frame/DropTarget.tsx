// The whole window takes files: what is dropped is offered for upload, and a page of the browser never gives way to a file.
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { offerFiles } from '../intakeStore.ts';
import { Icon } from '../parts/Icon.tsx';
import { isDesktop } from '../shellStore.ts';
import { useApi } from '../showStore.ts';
import { changeLook } from '../lookStore.ts';
import styles from './DropTarget.module.css';

export function DropTarget() {
  const { t } = useTranslation();
  const role = useApi((one) => one.role);
  const isConnected = useApi((one) => one.api !== undefined);
  const [isOver, setOver] = useState(false);
  const takes = role === 'owner' && isConnected;
  useEffect(() => {
    // Entering a child is leaving its parent, so both are counted.
    let depth = 0;
    const onEnter = (event: DragEvent): void => {
      if (!carriesFiles(event)) return;
      depth += 1;
      setOver(true);
    };
    const onLeave = (event: DragEvent): void => {
      if (!carriesFiles(event)) return;
      depth = Math.max(0, depth - 1);
      if (depth === 0) setOver(false);
    };
    const onOver = (event: DragEvent): void => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      if (event.dataTransfer !== null) event.dataTransfer.dropEffect = takes ? 'copy' : 'none';
    };
    const onDrop = (event: DragEvent): void => {
      depth = 0;
      setOver(false);
      if (!carriesFiles(event)) return;
      event.preventDefault();
      if (!takes || event.dataTransfer === null) return;
      const { files, hadFolders } = filesOf(event.dataTransfer);
      changeLook({ mode: 'operator', page: 'library' });
      offerFiles(files, hadFolders);
    };
    const listeners = [['dragenter', onEnter], ['dragleave', onLeave], ['dragover', onOver], ['drop', onDrop]] as const;
    for (const [name, listener] of listeners) window.addEventListener(name, listener);
    return () => { for (const [name, listener] of listeners) window.removeEventListener(name, listener); };
  }, [takes]);
  if (!isOver) return null;
  return <div className={styles.over} role="status"><p><Icon name={takes ? 'folder' : 'lock'} />{takes ? t('intake.dropHere') : t('intake.onlyThere')}</p></div>;
}

function carriesFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes('Files') === true;
}

/** The desktop knows the path of a folder; a browser would hand over an empty file of its name. */
function filesOf({ items, files }: DataTransfer): { readonly files: readonly File[]; readonly hadFolders: boolean } {
  if (isDesktop) return { files: [...files], hadFolders: false };
  const entries = [...items].filter(({ kind }) => kind === 'file').map((item) => ({ file: item.getAsFile(), isFolder: item.webkitGetAsEntry()?.isDirectory === true }));
  return { files: entries.flatMap(({ file, isFolder }) => (file === null || isFolder ? [] : [file])), hadFolders: entries.some(({ isFolder }) => isFolder) };
}
