// A player for somebody's own page, to copy.
import { useTranslation } from 'react-i18next';
import { CopyButton } from './Button.tsx';
import styles from './PlayerSnippet.module.css';

export function PlayerSnippet({ hls }: { readonly hls: string }) {
  const { t } = useTranslation();
  return (
    <>
      <h3>{t('share.embed')}</h3>
      <p>{t('share.embedNote')}</p>
      {/* It scrolls sideways, so the keyboard must reach it. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className={styles.snippet} tabIndex={0}>{playerSnippet(hls)}</pre>
      <div><CopyButton text={playerSnippet(hls)}>{t('share.snippet')}</CopyButton></div>
    </>
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
