// What the command line answers to the shell.

export const EXIT_OK = 0;
/** The show failed, or never came about. */
export const EXIT_FAILED = 1;
/** The arguments cannot be understood. */
export const EXIT_USAGE = 2;
/** The show ended in order, but not every frame could be found in what the service serves. */
export const EXIT_NOT_VERIFIED = 3;
