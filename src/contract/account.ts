// Who is signed in on this computer, the accounts that they can use, and a sign-in that is under way. No token is part of it.
import { z } from 'zod';
import type { Failure } from './report.ts';

/** What is left out is taken from the environment, else from the sign-in before. */
export const signInRequestSchema = z.object({
  /** `browser`: the system's, on the engine's computer; `deviceCode`: an address and a code for any device. */
  how: z.enum(['browser', 'deviceCode']),
  /** Application id of the registration, docs/sign-in.md. */
  clientId: z.string().max(64).optional(),
  /** Id or domain. */
  tenant: z.string().max(253).optional(),
  cloud: z.enum(['public', 'usgov', 'china', 'custom']).optional(),
});
export type SignInRequest = z.infer<typeof signInRequestSchema>;

/** Of {@link FoundMediaAccount}. */
export const accountChoiceSchema = z.object({ id: z.string().max(600), signedInAs: z.string().max(320) });
export type AccountChoice = z.infer<typeof accountChoiceSchema>;

export type SignInProgress =
  | { readonly state: 'idle' }
  /** `address` is missing until the sign-in service has been found; `hasOpened` is false where no browser can be opened for it. */
  | { readonly state: 'waiting'; readonly how: 'browser'; readonly address?: string; readonly hasOpened: boolean }
  | { readonly state: 'waiting'; readonly how: 'deviceCode'; readonly address?: string; readonly code?: string; readonly minutes?: number }
  | { readonly state: 'failed'; readonly failure: Failure };

export type AccountsStatus = {
  readonly people: readonly { readonly label: string; readonly kind: 'user' | 'service-principal' | 'managed-identity'; readonly cloud: string }[];
  /** The account that destinations without an address mean. */
  readonly chosen?: AccountChoice & { readonly accountName: string; readonly resourceGroup: string; readonly subscriptionId: string; readonly location: string };
  /** With which the next sign-in is made where nothing else is asked for; an empty client id is still to be given. */
  readonly registration: { readonly clientId: string; readonly tenant: string; readonly cloud: string };
  /** Whether a sign-in outlives the engine. */
  readonly isKept: boolean;
  readonly signIn: SignInProgress;
  /** Why nothing of it could be read. */
  readonly failure?: Failure;
};

export type FoundMediaAccount = {
  /** Resource id. */
  readonly id: string;
  readonly name: string;
  readonly resourceGroup: string;
  readonly subscriptionId: string;
  readonly subscriptionName: string;
  readonly location: string;
  readonly signedInAs: string;
};

/** By subscription, resource group and name. `notices`: where nobody could look, and why. */
export type AccountFindings = {
  readonly accounts: readonly FoundMediaAccount[];
  readonly subscriptionCount: number;
  readonly notices: readonly { readonly where: string; readonly failure: Failure }[];
};
