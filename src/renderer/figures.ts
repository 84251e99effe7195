// Numbers as the operator reads them: grouped, with a real minus sign, in the language of the interface.

/** A whole number with grouping. */
export function figure(value: number, language: string, digits = 0): string {
  return value.toLocaleString(language, { minimumFractionDigits: digits, maximumFractionDigits: digits }).replace('-', '−');
}

/** h:mm:ss of a duration. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

/** hh:mm:ss of the day, local time. */
export function timeOfDay(atMs: number): string {
  const at = new Date(atMs);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}

/** Bytes in the unit that reads best, decimal as disks are sold. */
export function size(bytes: number, language: string): string {
  if (bytes > 0 && bytes < 1e5) return `${figure(Math.ceil(bytes / 1e3), language)} kB`;
  if (bytes >= 1e9) return `${figure(bytes / 1e9, language, 2)} GB`;
  return `${figure(bytes / 1e6, language, 1)} MB`;
}
