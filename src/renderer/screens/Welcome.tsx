// The first run: what Fieldcast is in three lines, and a rehearsal with the test picture on this computer as the first thing that works.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { command } from '../commands.ts';
import { Dialog } from '../frame/Dialog.tsx';
import { useOffers } from '../offerStore.ts';
import { Button } from '../parts/Button.tsx';
import { choose, planOf, useChoice } from '../planStore.ts';
import { useApi, useShow } from '../showStore.ts';
import { isRunning } from '../showView.ts';

const SEEN_KEY = 'fieldcast.welcomed';

export function Welcome() {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(() => localStorage.getItem(SEEN_KEY) === null);
  const { role, api } = useApi();
  const running = useShow((show) => isRunning(show.state));
  const ladder = useOffers((one) => one.ladders?.find(({ name }) => name === '480p'));
  const close = (): void => {
    localStorage.setItem(SEEN_KEY, '1');
    setOpen(false);
  };
  const rehearse = (): void => {
    if (ladder === undefined) return;
    choose({ video: { kind: 'test' }, audio: { kind: 'source' }, others: [], where: 'embedded', ladder: ladder.name, eventName: '', join: false });
    close();
    void command((client) => client.show.start.mutate(planOf(useChoice.getState(), ladder)));
  };
  if (role !== 'owner') return null;
  return (
    <Dialog title={t('welcome.title')} close={t('welcome.later')} open={isOpen && api !== undefined && !running} onClose={close}>
      <p>{t('welcome.what')}</p>
      <ol>
        <li><b>1</b> {t('welcome.sources')}</li>
        <li><b>2</b> {t('welcome.where')}</li>
        <li><b>3</b> {t('welcome.rehearse')}</li>
      </ol>
      <div><Button kind="preview" size="show" icon="rehearsal" disabled={ladder === undefined} onPress={rehearse}>{t('welcome.try')}</Button></div>
      <p>{t('welcome.tryNote')}</p>
    </Dialog>
  );
}
