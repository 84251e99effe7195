// Places that get the show beside its main destination: chosen here, each with a key that the engine keeps under its name.
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { PLATFORM_NAMES, PLATFORMS, type PlatformName } from '../../contract/platforms.ts';
import { MAX_SIDE_OUTPUTS, sideOutputNameSchema } from '../../contract/sideOutput.ts';
import { keepStreamKey, lookAtKeys, useKeyStatus } from '../keyStore.ts';
import { Button } from '../parts/Button.tsx';
import { FailureNote } from '../parts/FailureNote.tsx';
import { Field } from '../parts/Field.tsx';
import { Icon } from '../parts/Icon.tsx';
import { Status } from '../parts/Status.tsx';
import { choose, useChoice, type Choice } from '../planStore.ts';
import { useApi } from '../showStore.ts';
import styles from './GoLive.module.css';
import { useChosenLadder } from './LadderChoice.tsx';

type Place = Choice['also'][number];
/** Up to the app, in a form that leaves no room for a key. */
const SERVER = /^rtmps?:\/\/[^/\s?#@]+\/[^\s?#]+$/i;

/** @param running a show is under way: its outputs are switched on its own screen */
export function AlsoTo({ running }: { readonly running: boolean }) {
  const { t } = useTranslation();
  const also = useChoice((choice) => choice.also);
  const { status, failure } = useKeyStatus();
  const api = useApi((one) => one.api);
  const names = also.map(({ name }) => name).join(' ');
  useEffect(() => {
    void lookAtKeys(api, names === '' ? [] : names.split(' '));
  }, [api, names]);
  const remove = (place: Place): void => choose({ also: also.filter((one) => one !== place) });
  return (
    <details className={styles.more}>
      <summary>{t('also.title')}{also.length > 0 && <span>{names}</span>}</summary>
      <fieldset disabled={running} className={styles.form}>
        {also.length === 0 && <p className={styles.note}><Icon name="link" />{t('also.none')}</p>}
        <FailureNote failure={failure} />
        <ul>{also.map((place) => <PlaceRow key={place.name} place={place} hasKey={status?.atHand.includes(place.name) === true} onRemove={() => remove(place)} />)}</ul>
        {also.length >= MAX_SIDE_OUTPUTS ? <p className={styles.note}><Icon name="info" />{t('also.full')}</p> : <NewPlace taken={also.map(({ name }) => name)} />}
      </fieldset>
    </details>
  );
}

function PlaceRow({ place: { name, platform, server, rendition }, hasKey, onRemove }: { readonly place: Place; readonly hasKey: boolean; readonly onRemove: () => void }) {
  const { t } = useTranslation();
  const isOwner = useApi((one) => one.role === 'owner');
  const [key, setKey] = useState('');
  const keep = async (): Promise<void> => {
    if (await keepStreamKey(name, key.trim())) setKey('');
  };
  return (
    <li className={styles.place}>
      <div className={styles.placeHead}>
        <b>{name}</b><Status tone={hasKey ? 'healthy' : 'degraded'}>{hasKey ? t('also.keyHere') : t('also.keyMissing')}</Status>
        <span className={styles.placeActs}>
          {hasKey && isOwner && <Button onPress={() => void keepStreamKey(name)}>{t('also.forgetKey')}<span className="spoken-only"> {name}</span></Button>}
          <Button onPress={onRemove}>{t('also.remove')}<span className="spoken-only"> {name}</span></Button>
        </span>
      </div>
      <p className={styles.choiceDetail}>{t(`also.platforms.${platform}`)}, {rendition ?? t('also.highest')}, {server}</p>
      {!hasKey && (isOwner
        ? <Field label={t('also.key')}><span className={styles.withButton}><input type="password" autoComplete="off" spellCheck={false} value={key} aria-label={`${t('also.key')} ${name}`} onChange={(event) => setKey(event.target.value)} /><Button disabled={key.trim() === ''} onPress={() => void keep()}>{t('also.setKey')}</Button></span></Field>
        : <p className={styles.choiceDetail}>{t('also.onlyThere')}</p>)}
    </li>
  );
}

function NewPlace({ taken }: { readonly taken: readonly string[] }) {
  const { t } = useTranslation();
  const isOwner = useApi((one) => one.role === 'owner');
  const isPersistent = useKeyStatus((one) => one.status?.isPersistent === true);
  const [platform, setPlatform] = useState<PlatformName>('youtube');
  const [name, setName] = useState<string>();
  const [server, setServer] = useState<string>();
  const [rendition, setRendition] = useState('');
  const [key, setKey] = useState('');
  const ladder = useChosenLadder();
  const shownName = name ?? freeName(platform, taken);
  const shownServer = server ?? PLATFORMS[platform].server ?? '';
  const isNameWrong = !sideOutputNameSchema.safeParse(shownName).success || taken.includes(shownName);
  const isServerWrong = !SERVER.test(shownServer.trim());
  const add = async (): Promise<void> => {
    const place: Place = { name: shownName, platform, server: shownServer.trim().replace(/\/+$/, ''), ...(rendition === '' ? {} : { rendition }) };
    if (key.trim() !== '' && !await keepStreamKey(place.name, key.trim())) return;
    choose({ also: [...useChoice.getState().also, place] });
    setName(undefined);
    setServer(undefined);
    setKey('');
  };
  return (
    <>
      <Field label={t('also.platform')}>
        <select value={platform} onChange={(event) => { setPlatform(PLATFORM_NAMES.find((one) => one === event.target.value) ?? 'generic'); setServer(undefined); setName(undefined); }}>
          {PLATFORM_NAMES.map((one) => <option key={one} value={one}>{t(`also.platforms.${one}`)}</option>)}
        </select>
      </Field>
      <Field label={t('also.name')} note={t('also.nameNote')} {...(isNameWrong ? { wrong: t('also.nameWrong') } : {})}>
        <input type="text" maxLength={32} value={shownName} spellCheck={false} aria-invalid={isNameWrong} onChange={(event) => setName(event.target.value)} />
      </Field>
      <Field label={t('also.server')} note={t('also.serverNote')} {...(isServerWrong && shownServer !== '' ? { wrong: t('also.serverWrong') } : {})}>
        <input type="text" value={shownServer} spellCheck={false} aria-invalid={isServerWrong && shownServer !== ''} onChange={(event) => setServer(event.target.value)} />
      </Field>
      <Field label={t('also.rendition')}>
        <select value={rendition} onChange={(event) => setRendition(event.target.value)}><option value="">{t('also.highest')}</option>{ladder?.renditions.map((one) => <option key={one.name}>{one.name}</option>)}</select>
      </Field>
      {isOwner && (
        <Field label={t('also.key')} note={isPersistent ? t('also.keyNote') : t('also.keyNoteMemory')}>
          <input type="password" autoComplete="off" spellCheck={false} value={key} onChange={(event) => setKey(event.target.value)} />
        </Field>
      )}
      <div className={styles.acts}><Button disabled={isNameWrong || isServerWrong} onPress={() => void add()}>{t('also.add')}</Button></div>
    </>
  );
}

/** The platform's own name, with a number where it is taken. */
function freeName(platform: PlatformName, taken: readonly string[]): string {
  const base = platform === 'generic' ? 'server' : platform;
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? base : `${base}-${number}`;
    if (!taken.includes(name)) return name;
  }
}
