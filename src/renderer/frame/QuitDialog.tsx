// Asks before the desktop quits while a show runs: the safe way out is a press, ending the show must be held.
import { useTranslation } from 'react-i18next';
import { HoldButton } from '../parts/HoldButton.tsx';
import { answerQuit, useShell } from '../shellStore.ts';
import { Dialog } from './Dialog.tsx';

export function QuitDialog() {
  const { t } = useTranslation();
  const quitAsked = useShell((shell) => shell.quitAsked);
  return (
    <Dialog title={t('quit.title')} close={t('quit.keep')} open={quitAsked} onClose={() => answerQuit('keep')}>
      <p>{t('quit.note')}</p>
      <div><HoldButton label={t('quit.end')} onHeld={() => answerQuit('end')} /></div>
    </Dialog>
  );
}
