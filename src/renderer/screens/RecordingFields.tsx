// How the recording on this computer is written, and what the slate says: for the form of an event and for the settings.
import { useTranslation } from 'react-i18next';
import { Button } from '../parts/Button.tsx';
import { Field } from '../parts/Field.tsx';
import { choose, useChoice } from '../planStore.ts';
import { chooseFolder, isDesktop } from '../shellStore.ts';
import { TypedField } from './TypedField.tsx';
import styles from './GoLive.module.css';

export function RecordingFields() {
  const { t } = useTranslation();
  const isRecorded = useChoice((choice) => choice.recordDir.trim() !== '');
  return (
    <>
      <h3 className={styles.subheading}>{t('eventForm.groupRecording')}</h3>
      {isRecorded && (
        <>
          <TypedField field="recordName" label={t('eventForm.recordName')} note={t('eventForm.recordNameNote')} placeholder="{event} {date} {time}" />
          <TypedField field="recordSplitMinutes" label={t('eventForm.recordSplit')} isNumber />
          <TypedField field="recordKbps" label={t('eventForm.recordKbps')} note={t('eventForm.recordKbpsNote')} isNumber />
        </>
      )}
      <TypedField field="slateText" label={t('eventForm.slateText')} note={t('eventForm.slateNote')} />
    </>
  );
}

/** The folder; empty where nothing is recorded here. */
export function RecordDir() {
  const { t } = useTranslation();
  const recordDir = useChoice((choice) => choice.recordDir);
  return (
    <Field label={t('where.record')} note={t('where.recordNote')}>
      <span className={styles.withButton}>
        <input type="text" value={recordDir} spellCheck={false} onChange={(event) => choose({ recordDir: event.target.value })} />
        {isDesktop && <Button onPress={() => void chooseRecordDir()}>{t('where.choose')}</Button>}
      </span>
    </Field>
  );
}

async function chooseRecordDir(): Promise<void> {
  const recordDir = await chooseFolder();
  if (recordDir !== undefined) choose({ recordDir });
}
