// Signing in with the system's browser or a code, and the Media Services account that shows and uploads go to.
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { signInRequestSchema, type AccountsStatus, type FoundMediaAccount, type SignInProgress, type SignInRequest } from '../../contract/account.ts';
import { followAccounts, useAccounts } from '../accountStore.ts';
import { actNow } from '../commands.ts';
import { Dialog } from '../frame/Dialog.tsx';
import { Button, CopyButton } from '../parts/Button.tsx';
import { FailureNote } from '../parts/FailureNote.tsx';
import { Icon } from '../parts/Icon.tsx';
import { QrCode } from '../parts/QrCode.tsx';
import { Status } from '../parts/Status.tsx';
import { choose as choosePlan } from '../planStore.ts';
import { isDesktop } from '../shellStore.ts';
import { useApi } from '../showStore.ts';
import { useAsked } from '../useAsked.ts';
import type { EngineClient } from '../../main/api/client.ts';
import styles from './Account.module.css';

/** For step 2 of a show: which account it goes to, and the way to another one. Nothing for whoever is not at the computer itself. */
export function AccountChoice() {
  const { t } = useTranslation();
  const isOwner = useApi((one) => one.role === 'owner');
  const status = useAccounts((one) => one.status);
  useEffect(followAccounts, []);
  if (!isOwner || status === undefined) return null;
  const { chosen, people } = status;
  return (
    <div className={styles.choice}>
      {chosen !== undefined && people.length > 0
        ? <Status tone="healthy">{chosen.accountName}<span className={styles.place}>{chosen.resourceGroup}</span></Status>
        : <Status tone="degraded">{people.length === 0 ? t('account.nobody') : t('account.noneChosen')}</Status>}
      <Dialog title={t('account.title')} close={t('log.close')} trigger={people.length === 0 ? t('account.openSignIn') : t('account.openChoose')}><AccountPanel /></Dialog>
    </div>
  );
}

export function AccountPanel() {
  const { t } = useTranslation();
  const status = useAccounts((one) => one.status);
  useEffect(followAccounts, []);
  if (status === undefined) return <p aria-live="polite">{t('account.reading')}</p>;
  const { people, signIn, isKept, failure } = status;
  return (
    <div className={styles.panel}>
      <FailureNote failure={failure} />
      {people.length === 0
        ? signIn.state !== 'waiting' && <p className={styles.empty}><Icon name="cloud" />{t('account.first')}</p>
        : <ul className={styles.rows}>{people.map(({ label, kind, cloud }) => (
          <li key={`${kind} ${cloud} ${label}`}>
            <Status tone="healthy">{label}</Status>
            <span className={styles.place}>{[...(kind === 'user' ? [] : [t(`account.kind.${kind}`)]), ...(cloud === 'public' ? [] : [t('account.inCloud', { cloud })])].join(', ')}</span>
            {kind !== 'managed-identity' && <Button onPress={() => void actNow((api) => api.accounts.signOut.mutate({ who: label }))}>{t('account.signOut')}</Button>}
          </li>
        ))}</ul>}
      {!isKept && <p className={styles.note}><Icon name="info" />{t('account.notKept')}</p>}
      {signIn.state === 'waiting' ? <Waiting signIn={signIn} /> : <SignInForm status={status} />}
      {signIn.state === 'failed' && <FailureNote failure={signIn.failure} />}
      {people.length > 0 && <Found key={people.map(({ label }) => label).join(' ')} chosen={status.chosen} />}
    </div>
  );
}

function Waiting({ signIn }: { readonly signIn: Extract<SignInProgress, { state: 'waiting' }> }) {
  const { t } = useTranslation();
  const { address } = signIn;
  return (
    <div className={styles.waiting} role="status">
      <Status tone="preview">{t('account.waiting')}</Status>
      {signIn.how === 'browser'
        ? <p>{address === undefined ? t('account.looking') : signIn.hasOpened ? t('account.inBrowser') : t('account.noBrowser')}</p>
        : <p>{signIn.code === undefined ? t('account.looking') : t('account.enterCode', { minutes: String(signIn.minutes ?? '') })}</p>}
      {signIn.how === 'deviceCode' && signIn.code !== undefined && <div className={styles.code}><b>{signIn.code}</b><CopyButton text={signIn.code}>{t('account.code')}</CopyButton></div>}
      {signIn.how === 'deviceCode' && address !== undefined && <QrCode text={address} label={t('account.qr')} />}
      <div className={styles.acts}>
        {/* The desktop's window opens no page; a browser on this computer may be the only one there is. */}
        {address !== undefined && !isDesktop && <a className={styles.link} href={address} target="_blank" rel="noopener noreferrer"><Icon name="link" />{signIn.how === 'browser' ? t('account.openHere') : address}</a>}
        {address !== undefined && <CopyButton text={address}>{t('copy.address')}</CopyButton>}
        <Button onPress={() => void actNow((api) => api.accounts.cancelSignIn.mutate())}>{t('control.cancel')}</Button>
      </div>
    </div>
  );
}

function SignInForm({ status: { people, registration } }: { readonly status: AccountsStatus }) {
  const { t } = useTranslation();
  const [clientId, setClientId] = useState(registration.clientId);
  const [tenant, setTenant] = useState('');
  const [cloud, setCloud] = useState(registration.cloud);
  const begin = (how: SignInRequest['how']): void => void actNow((api) => api.accounts.signIn.mutate({
    how, ...(clientId.trim() === '' ? {} : { clientId: clientId.trim() }), ...(tenant.trim() === '' ? {} : { tenant: tenant.trim() }),
    ...(cloud === registration.cloud ? {} : { cloud: signInRequestSchema.shape.cloud.catch(undefined).parse(cloud) }),
  }));
  const isKnown = clientId.trim() !== '';
  return (
    <>
      <details className={styles.details} open={registration.clientId === ''}>
        <summary>{t('account.registration')}</summary>
        <div className={styles.form}>
          <label><span>{t('account.clientId')}</span><input type="text" value={clientId} spellCheck={false} onChange={(event) => setClientId(event.target.value)} /></label>
          <label><span>{t('account.tenant')}</span><input type="text" value={tenant} placeholder={registration.tenant === 'organizations' ? '' : registration.tenant} spellCheck={false} onChange={(event) => setTenant(event.target.value)} /></label>
          <label><span>{t('account.cloud')}</span>
            <select value={cloud} onChange={(event) => setCloud(event.target.value)}>
              {(['public', 'usgov', 'china', ...(registration.cloud === 'custom' ? ['custom' as const] : [])] as const).map((one) => <option key={one} value={one}>{t(`account.clouds.${one}`)}</option>)}
            </select>
          </label>
          <p>{t('account.registrationNote')}</p>
        </div>
      </details>
      <div className={styles.acts}>
        <Button kind={people.length === 0 ? 'preview' : 'normal'} disabled={!isKnown} onPress={() => begin('browser')}>{people.length === 0 ? t('account.withBrowser') : t('account.another')}</Button>
        <Button disabled={!isKnown} onPress={() => begin('deviceCode')}>{t('account.withCode')}</Button>
        {!isKnown && <span className={styles.place}>{t('account.clientIdMissing')}</span>}
      </div>
    </>
  );
}

const find = async (api: EngineClient, signal: AbortSignal) => await api.accounts.find.query(undefined, { signal });
/** More are not shown at once; the filter narrows them. */
const MAX_SHOWN = 200;

function Found({ chosen }: { readonly chosen: AccountsStatus['chosen'] }) {
  const { t } = useTranslation();
  const { answer, failure, isAsking, again } = useAsked(find);
  const [filter, setFilter] = useState('');
  const fitting = answer?.accounts.filter((one) => fits(one, filter)) ?? [];
  const choose = (one: FoundMediaAccount): void => {
    void actNow(async (api) => {
      await api.accounts.choose.mutate({ id: one.id, signedInAs: one.signedInAs });
      // An address that was pasted before would go first.
      choosePlan({ where: 'arm', armAddress: '' });
    });
  };
  return (
    <section aria-labelledby="found-accounts">
      <div className={styles.head}>
        <h3 id="found-accounts">{t('account.choose')}</h3>
        <Button disabled={isAsking} onPress={again}>{t('source.again')}</Button>
      </div>
      <p aria-live="polite" className={styles.place}>{isAsking && answer === undefined ? t('account.finding') : chosen === undefined ? '' : t('account.chosen', { name: chosen.accountName })}</p>
      <FailureNote failure={failure} />
      {answer?.notices.map(({ where, failure: notice }) => <p key={where} className={styles.note} lang="en"><Icon name="degraded" />{where}: {notice.message} {notice.action}</p>)}
      {answer !== undefined && answer.accounts.length === 0 && <p className={styles.empty}><Icon name="info" />{answer.subscriptionCount === 0 ? t('account.noSubscription') : t('account.noAccount', { count: answer.subscriptionCount })}</p>}
      {answer !== undefined && answer.accounts.length > 1 && (
        <label className={styles.filter}><span>{t('account.filter')}</span><input type="search" value={filter} onChange={(event) => setFilter(event.target.value)} /></label>
      )}
      {answer !== undefined && answer.accounts.length > 0 && fitting.length === 0 && <p className={styles.place}>{t('account.noneFits')}</p>}
      {placesOf(fitting.slice(0, MAX_SHOWN)).map(({ place, accounts }) => (
        <fieldset key={place} className={styles.group}>
          <legend>{place}</legend>
          {accounts.map((one) => (
            <label key={`${one.id} ${one.signedInAs}`}>
              <input type="radio" name="media-account" checked={chosen !== undefined && one.id.toLowerCase() === chosen.id.toLowerCase() && one.signedInAs === chosen.signedInAs} onChange={() => choose(one)} />
              <b>{one.name}</b><span className={styles.place}>{[one.location, one.signedInAs].join(', ')}</span>
            </label>
          ))}
        </fieldset>
      ))}
      {fitting.length > MAX_SHOWN && <p className={styles.place}>{t('account.more', { count: fitting.length - MAX_SHOWN })}</p>}
    </section>
  );
}

/** Each word of the filter occurs in one of its names. */
function fits({ name, resourceGroup, subscriptionName, subscriptionId, location }: FoundMediaAccount, filter: string): boolean {
  const text = [name, resourceGroup, subscriptionName, subscriptionId, location].join('\n').toLowerCase();
  return filter.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

/** In the order in which they come: by subscription, then resource group. */
function placesOf(accounts: readonly FoundMediaAccount[]): { readonly place: string; readonly accounts: readonly FoundMediaAccount[] }[] {
  const places = new Map<string, FoundMediaAccount[]>();
  for (const one of accounts) {
    const place = `${one.subscriptionName} / ${one.resourceGroup}`;
    places.set(place, [...places.get(place) ?? [], one]);
  }
  return [...places].map(([place, found]) => ({ place, accounts: found }));
}
