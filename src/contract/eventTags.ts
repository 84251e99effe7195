// Tags by which the instances of a show and the embedded service agree through the live event itself. Azure Resource Manager allows
// 50 tags on a resource with values of up to 256 characters.

/** UTC second of media time 0, written as digits by the owner whenever it starts a stopped event. */
export const TIMELINE_ZERO_TAG = 'fieldcastTimelineZero';
/** The ladder that every instance sends: see show/pair/planTag.ts. */
export const PLAN_TAG = 'fieldcastPlan';
/** Who may stop the event, and until when: see show/pair/leaseTag.ts. */
export const OWNER_TAG = 'fieldcastOwner';
/** Present on an event that was made for a show and goes with it. */
export const MADE_TAG = 'fieldcastMade';
/** Names of live output, asset and manifest of the public stream. */
export const OUTPUT_TAG = 'fieldcastOutput';
/** What each instance says of itself: see show/pair/instanceTag.ts. A pair, and one that comes in for another. */
export const INSTANCE_TAGS = ['fieldcastInstance1', 'fieldcastInstance2', 'fieldcastInstance3'] as const;
export const MAX_TAG_CHARS = 256;
