// Prints signed-in accounts and what they can use, for people or as JSON. No token passes through here.
import type { Findings } from '../cloud/signIn/accounts.ts';
import type { ChosenAccount } from '../cloud/signIn/signInFile.ts';

/** Findings go to the standard output; what could not be looked through is said. */
export function printFindings(findings: Findings, chosen: ChosenAccount | undefined, json: boolean, say: (text: string) => void): void {
  const isChosen = (account: Findings['accounts'][number]): boolean => chosen !== undefined
    && account.name === chosen.accountName && account.resourceGroup === chosen.resourceGroup && account.subscriptionId === chosen.subscriptionId;
  if (json) {
    print([JSON.stringify({
      type: 'accounts',
      signedIn: findings.sessions.map(({ identity, account, label }) => ({ label, kind: identity.kind, cloud: identity.cloud, tenantId: account?.tenantId })),
      accounts: findings.accounts.map(({ session, ...account }) => ({ ...account, signedInAs: session.label, chosen: isChosen({ session, ...account }) })),
      notices: findings.notices.map(({ where, error }) => ({ where, code: error.code, message: error.message, action: error.action })),
    })]);
    return;
  }
  for (const { where, error } of findings.notices) say(`Not looked through: ${where}. ${error.message} ${error.action} [${error.code}]`);
  print([`Signed in: ${findings.sessions.map(({ label }) => label).join(', ')}`]);
  if (findings.accounts.length === 0) {
    say(findings.subscriptionCount === 0
      ? 'No subscription can be seen. Ask an owner of the subscription for a role in it (Reader to find accounts), or sign in to its tenant with --tenant.'
      : `No Media Services account was found in ${findings.subscriptionCount} subscription${findings.subscriptionCount === 1 ? '' : 's'}. Without --filter there may be more; a compatible service is named by its address.`);
  }
  let heading = '';
  for (const account of findings.accounts) {
    const place = `${account.subscriptionName} / ${account.resourceGroup}`;
    if (place !== heading) print([place]);
    heading = place;
    print([`  ${isChosen(account) ? '*' : ' '} ${account.name.padEnd(26)} ${account.location.padEnd(18)} ${account.session.label}`]);
  }
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}
