// Where viewers watch: addresses to copy, as a QR code, and as a player for somebody's own page.
import { useTranslation } from 'react-i18next';
import { CopyButton } from '../parts/Button.tsx';
import { PlayerSnippet } from '../parts/PlayerSnippet.tsx';
import { QrCode } from '../parts/QrCode.tsx';
import { useShow } from '../showStore.ts';
import { Dialog } from './Dialog.tsx';
import styles from './LogDialog.module.css';

export function ShareDialog() {
  const { t } = useTranslation();
  const { hls, dash } = useShow((show) => show.playback);
  if (hls === undefined) return null;
  const host = URL.parse(hls)?.hostname;
  return (
    <Dialog title={t('share.title')} close={t('log.close')} trigger={t('share.open')}>
      {(host === '127.0.0.1' || host === 'localhost') && <p>{t('share.loopback')}</p>}
      <div className={styles.share}>
        <QrCode text={hls} label={t('share.qr')} />
        <dl>
          <div><dt>HLS</dt><dd>{hls}</dd><dd><CopyButton text={hls}>{t('copy.hls')}</CopyButton></dd></div>
          {dash !== undefined && <div><dt>DASH</dt><dd>{dash}</dd><dd><CopyButton text={dash}>{t('copy.dash')}</CopyButton></dd></div>}
        </dl>
      </div>
      <PlayerSnippet hls={hls} />
    </Dialog>
  );
}
