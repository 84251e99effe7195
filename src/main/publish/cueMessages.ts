// Cues as RTMP data messages, in the forms that live services know (Signaling Timed Metadata in Live Streaming §2.1). Knows no connection.
import type { TimedCue, TimedData, TimedSplice } from '../media/timedCue.ts';
import type { RtmpData } from '../rtmp/dataMessage.ts';

/** onUserDataEvent counts in milliseconds where the XML does not say otherwise. */
const DATA_TIMESCALE = 1000;

export function messageOfCue(cue: TimedCue): RtmpData {
  if (cue.kind === 'data') return { name: 'onUserDataEvent', values: [eventStreamOf(cue)] };
  return cue.form === 'cuePoint' ? cuePointOf(cue) : adCueOf(cue);
}

function adCueOf({ id, seconds, durationSeconds = 0, form, section }: TimedSplice): RtmpData {
  const about = { id, duration: durationSeconds, elapsed: 0, time: seconds };
  // Of the simple mode the documentation of 2018 names the field `cue`, that of 2019 also `type`: both are said.
  if (form === 'simple') return { name: 'onAdCue', values: [{ cue: 'SpliceOut', type: 'SpliceOut', ...about }] };
  return { name: 'onAdCue', values: [{ cue: Buffer.from(section).toString('base64'), type: 'scte35', ...about }] };
}

function cuePointOf({ id, seconds, durationSeconds = 0 }: TimedSplice): RtmpData {
  const parameters = { id, duration: String(durationSeconds) };
  return { name: 'onCuePoint', values: [{ name: 'scte35', time: seconds, type: 'event', parameters }] };
}

/** A DASH EventStream with one event; base64, so that any JSON is a safe part of XML. */
function eventStreamOf({ id, seconds, durationSeconds, scheme, json }: TimedData): string {
  const duration = durationSeconds === undefined ? '' : ` duration="${Math.round(durationSeconds * DATA_TIMESCALE)}"`;
  const event = `<Event presentationTime="${Math.round(seconds * DATA_TIMESCALE)}"${duration} id="${id}" contentEncoding="Base64">${Buffer.from(json).toString('base64')}</Event>`;
  return `<EventStream schemeIdUri="${scheme}" timescale="${DATA_TIMESCALE}">${event}</EventStream>`;
}
