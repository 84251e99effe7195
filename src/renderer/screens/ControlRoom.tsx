// Who else watches and operates, and the other instance of a pair: both as the engine tells them.
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PairingCode, RemoteRole } from '../../contract/controlRoom.ts';
import { joinLinkOf } from '../../contract/joinLink.ts';
import type { Pair } from '../../contract/pair.ts';
import { command } from '../commands.ts';
import { figure } from '../figures.ts';
import { Button, CopyButton } from '../parts/Button.tsx';
import { FailureNote } from '../parts/FailureNote.tsx';
import { HoldButton } from '../parts/HoldButton.tsx';
import { Icon } from '../parts/Icon.tsx';
import { QrCode } from '../parts/QrCode.tsx';
import { Status } from '../parts/Status.tsx';
import { destinationOf, useChoice } from '../planStore.ts';
import { useApi, useShow } from '../showStore.ts';
import { useAsked } from '../useAsked.ts';
import type { EngineClient } from '../../main/api/client.ts';
import styles from './Library.module.css';

const REFRESH_MS = 2000;
const askStatus = async (api: EngineClient, signal: AbortSignal) => await api.controlRoom.status.query(undefined, { signal });

export function ControlRoom() {
  const { t } = useTranslation();
  const role = useApi((one) => one.role);
  return (
    <main className={styles.page} data-bar>
      {role === 'owner' ? <Remote /> : <section><p className={styles.empty}><Icon name="lock" />{t('room.onlyThere')}</p></section>}
      <Partner />
    </main>
  );
}

function Remote() {
  const { t, i18n } = useTranslation();
  const { answer, failure, again } = useAsked(askStatus);
  const [code, setCode] = useState<PairingCode>();
  const [port, setPort] = useState<string>();
  useEffect(() => {
    const timer = setInterval(again, REFRESH_MS);
    return () => clearInterval(timer);
  }, [again]);
  const on = answer?.on === true;
  const [address] = answer?.addresses ?? [];
  const pair = (role: RemoteRole): void => void command(async (api) => setCode(await api.controlRoom.pair.mutate({ role })));
  const change = (next: boolean): void => {
    setCode(undefined);
    void command((api) => api.controlRoom.set.mutate({ on: next, port: Number(port ?? 7443) })).then(again);
  };
  const portIsWrong = port !== undefined && !(Number.isInteger(Number(port)) && Number(port) > 0 && Number(port) <= 65_535);
  return (
    <section aria-labelledby="room-title">
      <div className={styles.rowHead}>
        <h2 id="room-title">{t('room.title')}</h2>
        <Status tone={answer?.listening === true ? 'healthy' : on ? 'degraded' : 'idle'} icon={on ? 'link' : 'off'}>{answer?.listening === true ? t('room.on') : on ? t('room.notListening') : t('room.off')}</Status>
        <span className={styles.acts}>{on ? <HoldButton label={t('room.switchOff')} onHeld={() => change(false)} /> : <Button disabled={answer === undefined || portIsWrong} onPress={() => change(true)}>{t('room.switchOn')}</Button>}</span>
      </div>
      <p className={styles.secondary}>{t('room.note')}</p>
      <FailureNote failure={failure ?? answer?.failure} />
      {!on && <label className={styles.tick}>{t('room.port')}<input type="number" min={1} max={65_535} value={port ?? '7443'} aria-invalid={portIsWrong} onChange={(event) => setPort(event.target.value)} /></label>}
      {answer?.listening === true && (
        <>
          <dl className={styles.facts}>
            {answer.addresses.map((one) => <div key={one}><dt>{t('room.address')}</dt><dd>{one} <CopyButton text={one}>{t('copy.address')}</CopyButton></dd></div>)}
            <div><dt>{t('room.fingerprint')}</dt><dd>{answer.fingerprint}</dd></div>
          </dl>
          <div className={styles.pairing}>
            {code !== undefined && address !== undefined && <QrCode text={address} label={t('room.qr')} />}
            <div>
              <p className={styles.acts}>
                <Button onPress={() => pair('watch')}>{t('room.codeToWatch')}</Button>
                <Button onPress={() => pair('operate')}>{t('room.codeToOperate')}</Button>
              </p>
              <div aria-live="polite">
                {code !== undefined && <><p className={styles.code}>{code.code}</p><p className={styles.secondary}>{t(`room.codeNote.${code.role}`, { time: new Date(code.expiresAtUtc).toLocaleTimeString(i18n.language) })}</p></>}
              </div>
            </div>
          </div>
        </>
      )}
      <h3>{t('room.sessions')}</h3>
      {answer?.sessions.length === 0 ? <p className={styles.empty}><Icon name="screen" />{t('room.noSessions')}</p> : (
        <ul className={styles.rows}>
          {answer?.sessions.map(({ id, name, role, isHere, lastSeenUtc }) => (
            <li key={id} className={styles.rowHead}>
              <b>{name}</b><span>{t(`room.role.${role}`)}</span>
              <Status tone={isHere ? 'healthy' : 'idle'}>{isHere ? t('room.here') : t('room.lastSeen', { time: new Date(lastSeenUtc).toLocaleString(i18n.language) })}</Status>
              <span className={styles.acts}><Button onPress={() => void command((api) => api.controlRoom.revoke.mutate({ id })).then(again)}>{t('room.revoke')}</Button></span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** The pair: who owns the event, how far apart the programs are, what differs. */
function Partner() {
  const { t } = useTranslation();
  const pair = useShow((show) => show.stats?.pair);
  return (
    <section aria-labelledby="partner-title">
      <h2 id="partner-title">{t('pair.title')}</h2>
      {pair === undefined ? <p className={styles.empty}><Icon name="link" />{t('pair.none')}</p> : <PairFacts pair={pair} />}
      <JoinLink />
    </section>
  );
}

/** For the second computer: it opens Fieldcast there with the form filled in. */
function JoinLink() {
  const { t } = useTranslation();
  const eventName = useShow((show) => show.stats?.eventName);
  const home = useShow((show) => show.engine?.home);
  const destination = destinationOf(useChoice());
  const role = useApi((one) => one.role);
  if (eventName === undefined || role !== 'owner' || destination.kind === 'rtmp') return null;
  const whole = destination.kind === 'embedded' && destination.home === undefined && home !== undefined ? { ...destination, home } : destination;
  const link = joinLinkOf({ eventName, destination: whole });
  return (
    <>
      <h3>{t('pair.link')}</h3>
      <p className={styles.secondary}>{destination.kind === 'embedded' ? t('pair.linkHere') : t('pair.linkNote')}</p>
      <p className={styles.secondary}>{link} <CopyButton text={link}>{t('pair.link')}</CopyButton></p>
    </>
  );
}

function PairFacts({ pair }: { readonly pair: Pair }) {
  const { t, i18n } = useTranslation();
  const { partner, ownership, differences } = pair;
  const role = useApi((one) => one.role);
  const ms = (value: number): string => `${value > 0 ? '+' : ''}${figure(value, i18n.language)} ms`;
  return (
    <>
      {differences.map((sentence) => <p key={sentence} lang="en"><Status tone="degraded">{t('pair.differs')}</Status> {sentence}</p>)}
      <dl className={styles.facts}>
        <div><dt>{t('pair.owner')}</dt><dd>{t(`pair.ownership.${ownership}`)}</dd></div>
        <div><dt>{t('pair.sends')}</dt><dd>{t(`pair.endpoint.${pair.endpoint}`)}</dd></div>
        <div><dt>{t('pair.clock')}</dt><dd>{ms(pair.clockOffsetMs)} (± {figure(pair.clockUncertaintyMs, i18n.language)} ms)</dd></div>
        {partner === undefined ? <div><dt>{t('pair.partner')}</dt><dd>{t('pair.notSeen')}</dd></div> : (
          <>
            <div><dt>{t('pair.partner')}</dt><dd><b>{partner.name}</b> <Status tone={partner.isPresent ? 'healthy' : 'degraded'}>{partner.isPresent ? partner.state : t('pair.gone')}</Status></dd></div>
            <div><dt>{t('pair.phase')}</dt><dd>{ms(partner.phaseMs)}</dd></div>
            <div><dt>{t('pair.sends')}</dt><dd>{t(`pair.endpoint.${partner.endpoint}`)}, {t('figureOf.arriving', { taken: partner.publishing, all: partner.connections })}</dd></div>
          </>
        )}
      </dl>
      {ownership !== 'ours' && role !== 'watch' && <HoldButton label={t('pair.takeOver')} onHeld={() => void command((api) => api.show.takeOver.mutate())} />}
    </>
  );
}
