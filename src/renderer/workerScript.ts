// Starts a worker from a file of the page under the page's policy, which takes no bare string for a script.

type Policy = { createScriptURL(url: string): string };
let policy: Policy | undefined;

/** @param url of a file that was named when the page was built. */
export function startWorker(url: string): Worker {
  const { trustedTypes } = globalThis as { trustedTypes?: { createPolicy(name: string, rules: Policy): Policy } };
  policy ??= trustedTypes?.createPolicy('fieldcast-worker', { createScriptURL: (one) => one });
  return new Worker(policy?.createScriptURL(url) ?? url, { type: 'module' });
}
