// Where viewers watch: addresses to copy, as a QR code, and as a player for somebody's own page.
import { useTranslation } from 'react-i18next';
import { CopyButton } from '../parts/Button.tsx';
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
      <h3>{t('share.embed')}</h3>
      <p>{t('share.embedNote')}</p>
      {/* It scrolls sideways, so the keyboard must reach it. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className={styles.snippet} tabIndex={0}>{playerSnippet(hls)}</pre>
      <div><CopyButton text={playerSnippet(hls)}>{t('share.snippet')}</CopyButton></div>
    </Dialog>
  );
}

/** A page's own player: Safari plays HLS by itself, other browsers with hls.js, which the page brings. */
function playerSnippet(hls: string): string {
  // An address cannot end the script or the attribute that it stands in.
  const address = JSON.stringify(hls).replaceAll('<', '\\u003c');
  return [
    '<video id="live" controls muted playsinline></video>',
    '<script type="module">',
    "  import Hls from './hls.mjs'; // from the npm package hls.js",
    "  const video = document.getElementById('live');",
    `  const address = ${address};`,
    "  if (video.canPlayType('application/vnd.apple.mpegurl')) video.src = address;",
    '  else { const hls = new Hls(); hls.loadSource(address); hls.attachMedia(video); }',
    '</script>',
  ].join('\n');
}
