// Which players play what: in the clear, with AES-128, with DRM. Facts of the contract, in English as players are named.
import { useTranslation } from 'react-i18next';
import { PLAYER_TABLE } from '../../contract/contentProtection.ts';
import styles from './UploadDialog.module.css';

export function PlayerTable() {
  const { t } = useTranslation();
  return (
    <table className={styles.players}>
      <thead><tr><th scope="col">{t('protection.player')}</th><th scope="col">{t('protection.clear')}</th><th scope="col">AES-128</th><th scope="col">DRM</th></tr></thead>
      <tbody lang="en">{PLAYER_TABLE.map(({ player, clear, aes128, drm }) => <tr key={player}><th scope="row">{player}</th><td>{clear}</td><td>{aes128}</td><td>{drm}</td></tr>)}</tbody>
    </table>
  );
}
