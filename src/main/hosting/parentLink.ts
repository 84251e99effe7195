// The engine's end of its parent port: asks the desktop for processes and secrets, and hears what became of them.
import { hostAnswerSchema, type ForkHosted, type HostAnswer, type HostRequest, type SecretRequest } from '../../contract/hosting.ts';
import { OperatorError } from '../../contract/errors.ts';
import type { SecretStore } from '../secrets/secretStore.ts';

/** Electron's `process.parentPort` in a utility process. */
export type ParentPort = {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): unknown;
};

type SecretAnswer = Extract<HostAnswer, { readonly type: 'secret.answer' }>;
type SecretQuestion = SecretRequest extends infer One ? One extends SecretRequest ? Omit<One, 'id'> : never : never;

/** The operating system may ask its user to unlock the store. */
const SECRET_ANSWER_MS = 120_000;

export type ParentLink = {
  readonly fork: ForkHosted;
  /** The desktop's store. */
  readonly secrets: SecretStore;
};

export function linkToParent(port: ParentPort): ParentLink {
  let lastId = 0;
  const exits = new Map<number, (code: number | null) => void>();
  const answers = new Map<number, (answer: SecretAnswer) => void>();
  const post = (request: HostRequest): void => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a MessagePort, not a window
    port.postMessage(request);
  };
  port.on('message', ({ data }) => {
    const answer = hostAnswerSchema.safeParse(data).data;
    if (answer?.type === 'host.exit') exits.get(answer.id)?.(answer.code);
    else if (answer !== undefined) answers.get(answer.id)?.(answer);
  });

  const fork: ForkHosted = (entry, args, logPath) => {
    const id = (lastId += 1);
    const listeners: (() => void)[] = [];
    let exit: { readonly code: number | null } | undefined;
    exits.set(id, (code) => {
      exits.delete(id);
      exit = { code };
      for (const listener of listeners) listener();
    });
    post({ type: 'host.fork', id, entry, args: [...args], ...(logPath === undefined ? {} : { logPath }) });
    return {
      get exit() { return exit; },
      onExit: (listener) => { listeners.push(listener); },
      say: (text) => post({ type: 'host.say', id, text }),
    };
  };

  const ask = async (question: SecretQuestion): Promise<SecretAnswer> => {
    const id = (lastId += 1);
    const answered = Promise.withResolvers<SecretAnswer>();
    const timer = setTimeout(() => answered.reject(new OperatorError(
      'SECRETS_SILENT', 'The system’s store for secrets does not answer.', 'Look whether it asks for a password, and try again.',
    )), SECRET_ANSWER_MS);
    answers.set(id, answered.resolve);
    try {
      post({ ...question, id });
      const answer = await answered.promise;
      if (answer.failure !== undefined) throw new OperatorError(answer.failure.code, answer.failure.message, answer.failure.action);
      return answer;
    } finally {
      clearTimeout(timer);
      answers.delete(id);
    }
  };
  return {
    fork,
    secrets: {
      persistent: true,
      get: async (name) => (await ask({ type: 'secret.get', name })).value,
      set: async (name, value) => void await ask({ type: 'secret.set', name, value }),
      delete: async (name) => void await ask({ type: 'secret.delete', name }),
      list: async () => (await ask({ type: 'secret.list' })).names ?? [],
    },
  };
}
