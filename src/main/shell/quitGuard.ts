// Quitting: at once while nothing runs; while a show is under way only after the operator has held a button in the page (or, where the
// page does not answer, has chosen it in the system's own dialog). Then the engine ends the show in order, and only then the process goes.
import { app, dialog } from 'electron';

/** A page that is alive shows its question within this time. */
const PAGE_ANSWER_MS = 2000;

export type QuitGuard = {
  /** From the page: it shows the question, or has the answer. */
  answered(answer: 'shown' | 'keep' | 'end'): void;
  /** From now on a quit is let through: everything has ended, and an installer waits for the process. */
  letGo(): void;
};

export function guardQuit({ isShowUnderWay, askPage, keepGoing, end }: {
  readonly isShowUnderWay: () => boolean;
  /** Tells the page to ask; false where there is none. */
  readonly askPage: () => boolean;
  /** The operator keeps the show: the window is to be there. */
  readonly keepGoing: () => void;
  readonly end: () => Promise<void>;
}): QuitGuard {
  let phase: 'running' | 'asking' | 'ending' | 'over' = 'running';
  let pageIsLate: NodeJS.Timeout | undefined;

  const finish = (): void => {
    phase = 'ending';
    void end().finally(() => app.exit(0));
  };
  const keep = (): void => {
    phase = 'running';
    keepGoing();
  };
  const askBySystem = async (): Promise<void> => {
    const { response } = await dialog.showMessageBox({
      type: 'warning',
      message: 'A show is running.',
      detail: 'Quitting ends it for the viewers and stops the live event.',
      buttons: ['Keep the show', 'End the show and quit'],
      defaultId: 0,
      cancelId: 0,
    });
    if (phase !== 'asking') return;
    if (response === 1) finish();
    else keep();
  };

  app.on('before-quit', (event) => {
    if (phase === 'over') return;
    event.preventDefault();
    if (phase !== 'running') return;
    if (!isShowUnderWay()) {
      finish();
      return;
    }
    phase = 'asking';
    keepGoing();
    if (askPage()) pageIsLate = setTimeout(() => void askBySystem(), PAGE_ANSWER_MS);
    else void askBySystem();
  });
  return {
    answered: (answer) => {
      clearTimeout(pageIsLate);
      if (phase !== 'asking') return;
      if (answer === 'end') finish();
      if (answer === 'keep') keep();
    },
    letGo: () => {
      phase = 'over';
    },
  };
}
