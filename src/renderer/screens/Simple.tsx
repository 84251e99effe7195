// For one person before a camera: the picture, the sound, one sentence, one button.
import { useTranslation } from 'react-i18next';
import { useMonitor } from '../monitorFeed.ts';
import { Icon } from '../parts/Icon.tsx';
import { ProgramPicture } from '../parts/ProgramPicture.tsx';
import { ServicePreview, useReturnedUrl } from '../parts/ServicePreview.tsx';
import { SoundMeters } from '../parts/SoundMeters.tsx';
import { useChoice } from '../planStore.ts';
import { useShow } from '../showStore.ts';
import { isRunning } from '../showView.ts';
import styles from './Simple.module.css';
import { sourceName } from './sourceName.ts';

export function Simple() {
  const { t } = useTranslation();
  const { hasPicture, hasSound } = useMonitor();
  const state = useShow((show) => show.state);
  const choice = useChoice();
  const url = useReturnedUrl();
  const running = isRunning(state);
  return (
    <main className={styles.simple} data-bar>
      <div className={styles.picture}>
        {running && hasPicture ? <ProgramPicture />
          : running && url !== undefined ? <ServicePreview url={url} border={state === 'live' ? 'air' : 'preview'} />
            : (
              <div className={styles.empty}>
                <Icon name="camera" />
                <p><b>{t('simple.nothing')}</b></p>
                <p>{t('simple.plan', { source: sourceName(choice.video, t), where: t(`where.${choice.where}`), ladder: choice.ladder })}</p>
                <p>{t('simple.sound', { sound: sourceName(choice.audio, t) })}</p>
              </div>
            )}
      </div>
      {running && hasSound && <div className={styles.meters}><SoundMeters direction="upright" /></div>}
    </main>
  );
}
