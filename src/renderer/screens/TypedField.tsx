// One text of the form of an event, with the contract's verdict on it.
import { useTranslation } from 'react-i18next';
import { wrongIn, type WrongField } from '../eventForm.ts';
import { Field } from '../parts/Field.tsx';
import { changeForm, useChoice } from '../planStore.ts';

/** A text of the form; a wrong one stays as it was typed. */
export function TypedField({ field, label, note, placeholder, isNumber = false, isTime = false }: {
  readonly field: WrongField; readonly label: string; readonly note?: string; readonly placeholder?: string; readonly isNumber?: boolean; readonly isTime?: boolean;
}) {
  const { t } = useTranslation();
  const form = useChoice((choice) => choice.form);
  const isWrong = wrongIn(form).includes(field);
  return (
    <Field label={label} {...(note === undefined ? {} : { note })} {...(isWrong ? { wrong: t('eventForm.wrong') } : {})}>
      <input
        type={isTime ? 'datetime-local' : 'text'} inputMode={isNumber ? 'decimal' : undefined} value={form[field]} placeholder={placeholder} spellCheck={false} aria-invalid={isWrong}
        onChange={(event) => changeForm({ [field]: event.target.value })}
      />
    </Field>
  );
}
