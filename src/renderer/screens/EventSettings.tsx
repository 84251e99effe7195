// Everything that may be decided about a live event, its public stream and its recording; closed until somebody needs it. Fixed while a show runs.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { EVENT_TYPES, eventSettingsSchema } from '../../contract/eventSettings.ts';
import { changedIn, usualForm, WHO, wrongIn, type EventForm, type WrongField } from '../eventForm.ts';
import { Button } from '../parts/Button.tsx';
import { Field } from '../parts/Field.tsx';
import { Icon } from '../parts/Icon.tsx';
import { changeForm, choose, useChoice } from '../planStore.ts';
import styles from './GoLive.module.css';
import { RecordingFields } from './RecordingFields.tsx';
import { TypedField } from './TypedField.tsx';

const STREAM_OPTIONS = eventSettingsSchema.shape.streamOption.unwrap().options.filter((one) => one !== 'Default');
const SIDES = [['ingestFor', 'allowIngest'], ['previewFor', 'allowPreview']] as const;

/** @param running a show is under way, so that nothing of it can be changed */
export function EventSettings({ running }: { readonly running: boolean }) {
  const { t } = useTranslation();
  const form = useChoice((choice) => choice.form);
  const isPlain = useChoice((choice) => choice.where === 'rtmp');
  const changed = changedIn(form);
  const wrong = wrongIn(form);
  const [isOpen, setOpen] = useState(false);
  // What is wrong must be seen; it stays open once it has been mended.
  return (
    <details className={styles.more} open={isOpen || wrong.length > 0} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t('eventForm.title')}{changed > 0 && <span>{t('eventForm.changed', { count: changed })}</span>}</summary>
      <p className={styles.note}><Icon name={running ? 'lock' : 'info'} />{t('eventForm.forNew')}</p>
      <fieldset disabled={running} className={styles.form}>
        {!isPlain && <EventFields form={form} wrong={wrong} />}
        <RecordingFields />
        {changed > 0 && <div className={styles.acts}><Button onPress={() => choose({ form: usualForm })}>{t('eventForm.reset')}</Button></div>}
      </fieldset>
    </details>
  );
}

function EventFields({ form, wrong }: { readonly form: EventForm; readonly wrong: readonly WrongField[] }) {
  const { t } = useTranslation();
  const usual = <option value="usual">{t('eventForm.usual')}</option>;
  return (
    <>
      <h3 className={styles.subheading}>{t('eventForm.groupStream')}</h3>
      <TypedField field="archiveMinutes" label={t('eventForm.archiveMinutes')} note={t('eventForm.archiveNote')} placeholder="60" isNumber />
      <TypedField field="rewindMinutes" label={t('eventForm.rewindMinutes')} note={t('eventForm.rewindNote')} isNumber />
      <TypedField field="manifestName" label={t('eventForm.manifestName')} note={t('eventForm.manifestNote')} placeholder="show" />
      <TypedField field="locatorId" label={t('eventForm.locatorId')} note={t('eventForm.locatorNote')} />
      <TypedField field="publicFrom" label={t('eventForm.publicFrom')} note={t('eventForm.timeNote')} isTime />
      <TypedField field="publicUntil" label={t('eventForm.publicUntil')} isTime />
      <TypedField field="streamingPolicy" label={t('eventForm.streamingPolicy')} note={t('eventForm.policyNote')} />
      <h3 className={styles.subheading}>{t('eventForm.groupEvent')}</h3>
      <Field label={t('eventForm.type')} note={t('eventForm.typeNote')}>
        <select value={form.type} onChange={(event) => changeForm({ type: EVENT_TYPES.find((one) => one === event.target.value) ?? 'usual' })}>{usual}{EVENT_TYPES.map((one) => <option key={one}>{one}</option>)}</select>
      </Field>
      <Field label={t('eventForm.streamOption')} note={t('eventForm.streamOptionNote')}>
        <select value={form.streamOption} onChange={(event) => changeForm({ streamOption: STREAM_OPTIONS.find((one) => one === event.target.value) ?? 'usual' })}>{usual}{STREAM_OPTIONS.map((one) => <option key={one}>{one}</option>)}</select>
      </Field>
      <Field label={t('eventForm.ingest')}>
        <select value={form.ingest} onChange={(event) => changeForm({ ingest: (['rtmp', 'smooth'] as const).find((one) => one === event.target.value) ?? 'usual' })}>
          <option value="usual">{t('eventForm.ingestUsual')}</option><option value="rtmp">{t('eventForm.ingests.rtmp')}</option><option value="smooth">{t('eventForm.ingests.smooth')}</option>
        </select>
      </Field>
      <TypedField field="gopSeconds" label={t('eventForm.gopSeconds')} note={t('eventForm.gopNote')} placeholder={t('eventForm.gopUsual')} isNumber />
      <TypedField field="transcribe" label={t('eventForm.transcribe')} note={t('eventForm.transcribeNote')} />
      <TypedField field="hostnamePrefix" label={t('eventForm.hostnamePrefix')} note={t('eventForm.hostnameNote')} />
      <Field label={t('eventForm.pair')}>
        <select value={form.pair} onChange={(event) => changeForm({ pair: (['one-each', 'both'] as const).find((one) => one === event.target.value) ?? 'usual' })}>{usual}<option value="one-each">{t('eventForm.pairs.one-each')}</option><option value="both">{t('eventForm.pairs.both')}</option></select>
      </Field>
      <label className={styles.ready}><input type="checkbox" checked={form.keepEvent} onChange={(event) => changeForm({ keepEvent: event.target.checked })} /><span>{t('eventForm.keepEvent')}<span className={styles.choiceDetail}>{t('eventForm.keepNote')}</span></span></label>
      <h3 className={styles.subheading}>{t('eventForm.groupAccess')}</h3>
      {SIDES.map(([side, addresses]) => (
        <div key={side}>
          <Field label={t(`eventForm.${side}`)}>
            <select value={form[side]} onChange={(event) => changeForm({ [side]: WHO.find((one) => one === event.target.value) ?? 'everyone' })}>
              {WHO.map((one) => <option key={one} value={one}>{one === 'everyone' && side === 'previewFor' ? t('eventForm.whoPreview') : t(`eventForm.who.${one}`)}</option>)}
            </select>
          </Field>
          {form[side] === 'listed' && (
            <Field label={t('eventForm.addresses')} note={t('eventForm.addressesNote')} {...(wrong.includes(addresses) ? { wrong: t('eventForm.wrongList') } : {})}>
              <input type="text" value={form[addresses]} spellCheck={false} aria-invalid={wrong.includes(addresses)} onChange={(event) => changeForm({ [addresses]: event.target.value })} />
            </Field>
          )}
        </div>
      ))}
    </>
  );
}
