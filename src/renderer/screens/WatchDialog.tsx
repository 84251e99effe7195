// Where a film is watched: its addresses, a player for somebody's own page, and a token for the test page of a player where its key needs one.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AssetPlayback, UploadDestination } from '../../contract/upload.ts';
import { failureFrom } from '../commands.ts';
import { Dialog } from '../frame/Dialog.tsx';
import { Button, CopyButton } from '../parts/Button.tsx';
import { FailureNote } from '../parts/FailureNote.tsx';
import { PlayerSnippet } from '../parts/PlayerSnippet.tsx';
import { useApi } from '../showStore.ts';
import type { Failure } from '../../contract/report.ts';
import { PlayerTable } from './PlayerTable.tsx';
import styles from './Library.module.css';

/** Of the token, s. */
const LIFE_SECONDS = 3600;

type WatchProps = {
  readonly name: string;
  readonly links: AssetPlayback;
  /** Where it can be asked for a token; undefined where that is not known. */
  readonly destination: { readonly account: UploadDestination; readonly assetName: string } | undefined;
  /** Opens by itself, once there are addresses. */
  readonly onClose?: () => void;
};

export function WatchDialog({ name, links, destination, onClose }: WatchProps) {
  const { t } = useTranslation();
  const { hls, dash } = links;
  const isEncrypted = [hls, dash].some((one) => one?.includes('encryption=') === true);
  return (
    <Dialog title={t('watch.title', { name })} close={t('log.close')} {...(onClose === undefined ? { trigger: t('watch.open') } : { open: true, onClose })}>
      <dl className={styles.facts}>
        {hls !== undefined && <div><dt>HLS</dt><dd>{hls}<br /><CopyButton text={hls}>{t('copy.hls')}</CopyButton></dd></div>}
        {dash !== undefined && <div><dt>DASH</dt><dd>{dash}<br /><CopyButton text={dash}>{t('copy.dash')}</CopyButton></dd></div>}
      </dl>
      {isEncrypted && <p>{t('watch.encrypted')}</p>}
      {isEncrypted && destination !== undefined && <TestToken account={destination.account} assetName={destination.assetName} />}
      {hls !== undefined && <PlayerSnippet hls={hls} />}
      {isEncrypted && <details><summary>{t('protection.table')}</summary><PlayerTable /></details>}
    </Dialog>
  );
}

function TestToken({ account, assetName }: { readonly account: UploadDestination; readonly assetName: string }) {
  const { t } = useTranslation();
  const api = useApi((one) => one.api);
  const [token, setToken] = useState<string>();
  const [failure, setFailure] = useState<Failure>();
  const ask = async (): Promise<void> => {
    setFailure(undefined);
    try {
      setToken(await api?.library.testToken.mutate({ destination: account, assetName, lifeSeconds: LIFE_SECONDS }));
    } catch (error) {
      setFailure(failureFrom(error));
    }
  };
  return (
    <>
      <div className={styles.rowHead}>
        <Button onPress={() => void ask()}>{t('watch.token')}</Button>
        {token !== undefined && <CopyButton text={token}>{t('watch.tokenName')}</CopyButton>}
      </div>
      {token !== undefined && <p>{t('watch.tokenNote')}</p>}
      <FailureNote failure={failure} />
    </>
  );
}
