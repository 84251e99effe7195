// Waits for a condition with a deadline; the only kind of waiting that tests do.

/** Resolves once `condition` is true; rejects after `deadlineMs`, naming what was awaited. */
export async function until(condition: () => boolean | Promise<boolean>, what: string, deadlineMs = 20_000): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!await condition()) {
    if (performance.now() > deadline) throw new Error(`Waited ${deadlineMs} ms in vain for ${what}.`);
    await new Promise((resolve) => { setTimeout(resolve, 5); });
  }
}
