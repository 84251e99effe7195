import { describe, expect, it } from 'vitest';
import { cloudNamed, CLOUD_NAMES } from '../../../../src/main/cloud/signIn/clouds.ts';
import { environmentIdentity } from '../../../../src/main/cloud/signIn/environmentIdentity.ts';
import { checkClientId, checkTenant, identityKey } from '../../../../src/main/cloud/signIn/identity.ts';
import { openCommand } from '../../../../src/main/cloud/signIn/systemBrowser.ts';

describe('clouds', () => {
  it.each([
    ['public', 'https://login.microsoftonline.com', 'https://management.azure.com'],
    ['usgov', 'https://login.microsoftonline.us', 'https://management.usgovcloudapi.net'],
    ['china', 'https://login.partner.microsoftonline.cn', 'https://management.chinacloudapi.cn'],
  ])('%s has its own addresses and a token for its own resource manager', (name, authorityHost, armEndpoint) => {
    expect(cloudNamed(name)).toMatchObject({ authorityHost, armEndpoint, scope: `${armEndpoint}/.default` });
    expect(CLOUD_NAMES).toContain(name);
  });

  it('takes other addresses, over https only', () => {
    expect(cloudNamed('custom', { authorityHost: 'https://adfs.example/adfs/', armEndpoint: 'https://rms.example:444/' })).toMatchObject({
      authorityHost: 'https://adfs.example/adfs', armEndpoint: 'https://rms.example:444', scope: 'https://rms.example:444/.default', portal: undefined,
    });
    expect(cloudNamed('public', { armEndpoint: 'https://rms.example', scope: 'api://rms/.default' })).toMatchObject({ authorityHost: 'https://login.microsoftonline.com', scope: 'api://rms/.default' });
    expect(() => cloudNamed('custom')).toThrow(expect.objectContaining({ code: 'BAD_AUTHORITY' }));
    expect(() => cloudNamed('custom', { authorityHost: 'http://login.example', armEndpoint: 'https://a.example' })).toThrow(expect.objectContaining({ code: 'BAD_AUTHORITY' }));
    expect(() => cloudNamed('public', { armEndpoint: 'https://user:word@a.example' })).toThrow(expect.objectContaining({ code: 'BAD_ENDPOINT' }));
    for (const name of ['germany', '__proto__', 'toString']) expect(() => cloudNamed(name)).toThrow(expect.objectContaining({ code: 'UNKNOWN_CLOUD' }));
  });
});

describe('identities', () => {
  const user = { kind: 'user', cloud: 'public', clientId: 'AB-1', tenant: 'organizations' } as const;

  it('keeps what belongs to different ones apart, under names that a store accepts', () => {
    const keys = [
      user, { ...user, tenant: '11111111-1111-4111-8111-111111111111' }, { ...user, cloud: 'china' }, { ...user, clientId: 'ab-2' },
      { ...user, authorityHost: 'https://login.example:444' }, { ...user, kind: 'service-principal' as const }, { kind: 'managed-identity' as const, cloud: 'public' },
    ].map(identityKey);
    expect(new Set(keys).size).toBe(keys.length);
    for (const key of keys) expect(key).toMatch(/^[a-z0-9][a-z0-9._/-]{0,127}$/);
    expect(identityKey({ ...user, clientId: 'ab-1' })).toBe(keys[0]);
  });

  it('lets nothing into an address that is no tenant and no client id', () => {
    for (const tenant of ['', '..', 'a/b', 'a?b', 'a b', '-x', 'a#b']) expect(() => checkTenant(tenant)).toThrow(expect.objectContaining({ code: 'BAD_TENANT' }));
    for (const clientId of [undefined, '', 'a&b', '-']) expect(() => checkClientId(clientId)).toThrow(expect.objectContaining({ code: 'SIGN_IN_NO_CLIENT_ID', action: expect.stringContaining('docs/sign-in.md') }));
    checkTenant('contoso.onmicrosoft.com');
  });

  it('reads the environment as Azure\'s own tools do, and only when told to', () => {
    const azure = { AZURE_CLIENT_ID: 'c', AZURE_TENANT_ID: 't', AZURE_CLIENT_SECRET: 's' };
    expect(environmentIdentity(azure)).toBeUndefined();
    expect(environmentIdentity({ ...azure, FIELDCAST_CREDENTIAL: 'service-principal', FIELDCAST_CLOUD: 'usgov' })).toEqual({ identity: { kind: 'service-principal', cloud: 'usgov', clientId: 'c', tenant: 't' }, secret: 's' });
    expect(environmentIdentity({ FIELDCAST_CREDENTIAL: 'managed-identity' })).toEqual({ identity: { kind: 'managed-identity', cloud: 'public' }, secret: undefined });
    expect(() => environmentIdentity({ FIELDCAST_CREDENTIAL: 'password' })).toThrow(expect.objectContaining({ code: 'BAD_CREDENTIAL_KIND' }));
    expect(() => environmentIdentity({ ...azure, AZURE_CLIENT_SECRET: '', FIELDCAST_CREDENTIAL: 'service-principal' })).toThrow(expect.objectContaining({ code: 'SIGN_IN_NO_SECRET' }));
  });
});

describe('opening the browser', () => {
  const url = 'https://login.example/?a=1&b=$(touch x)&c="\'';
  it('hands the address over as one argument, without a shell', () => {
    expect(openCommand(url, 'win32', {})).toEqual(['rundll32.exe', 'url.dll,FileProtocolHandler', url]);
    expect(openCommand(url, 'darwin', {})).toEqual(['open', url]);
    expect(openCommand(url, 'linux', { DISPLAY: ':0' })).toEqual(['xdg-open', url]);
    expect(openCommand(url, 'linux', { WAYLAND_DISPLAY: 'wayland-0' })).toEqual(['xdg-open', url]);
    expect(openCommand(url, 'linux', {})).toBeUndefined();
  });
});
