// Tags by which the instances of a show and the embedded service agree through the live event itself.

/** UTC second of media time 0, written as digits by the owner whenever it starts a stopped event. */
export const TIMELINE_ZERO_TAG = 'fieldcastTimelineZero';
