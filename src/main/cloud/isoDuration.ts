// ISO 8601 durations without years and months, as manifests and services write them: `PT1H`, `PT25H30M`, `P1DT1H`, `PT90.5S`.

const DURATION = /^P(?=\d|T\d)(?:(\d{1,6})D)?(?:T(?=\d)(?:(\d{1,8})H)?(?:(\d{1,8})M)?(?:(\d{1,8}(?:\.\d{1,12})?)S)?)?$/;

/** Seconds; undefined for what is no such duration. */
export function secondsOfDuration(text: unknown): number | undefined {
  const [found, days, hours, minutes, seconds] = (typeof text === 'string' ? DURATION.exec(text) : null) ?? [];
  if (found === undefined) return undefined;
  return ((Number(days ?? 0) * 24 + Number(hours ?? 0)) * 60 + Number(minutes ?? 0)) * 60 + Number(seconds ?? 0);
}
