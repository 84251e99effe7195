// An OpenID provider of the tests that speaks as Microsoft Entra does: HTTPS on loopback, signed tokens, pages with forms, PKCE,
// refresh tokens that can be revoked, device codes, service principals, and every refusal by its AADSTS number.
import { createHash, createPublicKey, generateKeyPairSync, randomBytes, randomUUID, sign, verify, X509Certificate, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ensureCertificates } from '../../src/main/service/certificates.ts';

export type ProviderUser = { readonly username: string; readonly password: string; readonly oid: string; readonly homeTenant: string; readonly tenants: readonly string[] };
type Refusal = { readonly error: string; readonly aadsts?: number; readonly status?: number; readonly description?: string };
type Grant = { readonly user: ProviderUser; readonly tenant: string; readonly scope: string };
type Code = Grant & { readonly redirectUri: string; readonly challenge: string; readonly nonce: string; readonly clientId: string };
type DeviceCode = { readonly userCode: string; readonly scope: string; readonly tenant: string; state: 'pending' | 'approved' | 'declined'; user?: ProviderUser };

export const TENANT_A = '11111111-1111-4111-8111-111111111111';
export const TENANT_B = '22222222-2222-4222-8222-222222222222';
const DOMAINS = new Map([['contoso.example', TENANT_A], ['fabrikam.example', TENANT_B]]);
export const CLIENT_ID = '33333333-3333-4333-8333-333333333333';
export const ANNA: ProviderUser = { username: 'anna@contoso.example', password: 'correct horse', oid: 'aaaaaaaa-0000-4000-8000-000000000001', homeTenant: TENANT_A, tenants: [TENANT_A, TENANT_B] };
export const BEN: ProviderUser = { username: 'ben@fabrikam.example', password: 'battery staple', oid: 'bbbbbbbb-0000-4000-8000-000000000002', homeTenant: TENANT_B, tenants: [TENANT_B] };

export class OpenIdProvider {
  readonly ca: string;
  readonly caPath: string;
  /** SHA-256 of the server's public key (SPKI), base64: the one key that a browser is told to accept. */
  readonly tlsKeyHash: string;
  readonly #server: Server;
  readonly #privateKey: KeyObject;
  readonly #publicKey: KeyObject;
  readonly #kid = randomUUID();
  readonly #codes = new Map<string, Code>();
  readonly #deviceCodes = new Map<string, DeviceCode>();
  readonly #refreshTokens = new Map<string, Grant>();
  readonly #refusals = new Map<string, Refusal[]>();
  /** Of client ids. */
  readonly secrets = new Map<string, string>();
  readonly certificates = new Map<string, { readonly pem: string; readonly thumbprintSha256: string }>();
  accessLifetimeS = 3600;
  /** Added to this computer's clock, ms: what the provider believes the time to be. */
  clockOffsetMs = 0;
  /** True: requests are accepted and never answered. */
  hangs = false;
  unanswered = 0;
  /** Each token request that was made, without its secrets. */
  readonly tokenRequests: { readonly grantType: string; readonly outcome: string; readonly tenant: string }[] = [];

  private constructor(certificates: Awaited<ReturnType<typeof ensureCertificates>>) {
    this.ca = certificates.ca;
    this.caPath = certificates.caPath;
    this.tlsKeyHash = createHash('sha256').update(new X509Certificate(certificates.cert).publicKey.export({ type: 'spki', format: 'der' })).digest('base64');
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
    this.#privateKey = pair.privateKey;
    this.#publicKey = pair.publicKey;
    this.#server = createServer({ key: certificates.key, cert: certificates.cert }, (request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        if (!response.headersSent) response.writeHead(500);
        response.end(String(error));
      });
    });
  }

  /** Certificates are made in `dir`. */
  static async start(dir: string): Promise<OpenIdProvider> {
    const provider = new OpenIdProvider(await ensureCertificates(dir));
    await new Promise<void>((resolve) => { provider.#server.listen(0, '127.0.0.1', resolve); });
    return provider;
  }

  get origin(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => { this.#server.close(resolve); });
  }

  /** The next request of this kind (`authorize`, or a grant type) is refused; several are kept in order. */
  refuseNext(kind: string, refusal: Refusal): void {
    this.#refusals.set(kind, [...(this.#refusals.get(kind) ?? []), refusal]);
  }

  /** As an administrator does it: every refresh token of the user is void. */
  revoke(user: ProviderUser): void {
    for (const [token, grant] of this.#refreshTokens) if (grant.user === user) this.#refreshTokens.delete(token);
  }

  refreshTokensOf(user: ProviderUser): readonly string[] {
    return [...this.#refreshTokens].filter(([, grant]) => grant.user === user).map(([token]) => token);
  }

  /** What the person does on the other device. */
  decideDeviceCode(userCode: string, user: ProviderUser | 'declined'): void {
    const found = [...this.#deviceCodes.values()].find((code) => code.userCode === userCode)!;
    if (user === 'declined') found.state = 'declined';
    else Object.assign(found, { state: 'approved', user });
  }

  /** The claims of a token of this provider, or undefined where signature or time are wrong. */
  verify(token: string): Record<string, unknown> | undefined {
    const [header, payload, signature] = token.split('.');
    if (header === undefined || payload === undefined || signature === undefined) return undefined;
    if (!verify('RSA-SHA256', Buffer.from(`${header}.${payload}`), this.#publicKey, Buffer.from(signature, 'base64url'))) return undefined;
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
    return Number(claims['exp']) > this.#nowS() && Number(claims['nbf']) <= this.#nowS() ? claims : undefined;
  }

  #nowS(): number {
    return Math.floor((Date.now() + this.clockOffsetMs) / 1000);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.hangs) {
      this.unanswered += 1;
      return;
    }
    response.setHeader('date', new Date(Date.now() + this.clockOffsetMs).toUTCString());
    const url = new URL(request.url ?? '/', this.origin);
    const [, named = '', ...rest] = url.pathname.split('/');
    const tenant = DOMAINS.get(named) ?? named;
    const body = new URLSearchParams(request.method === 'POST' ? await textOf(request) : '');
    switch (`${request.method} ${rest.join('/')}`) {
      case 'GET v2.0/.well-known/openid-configuration':
        if (![TENANT_A, TENANT_B, 'organizations', 'common'].includes(tenant)) return this.#refuse(response, { error: 'invalid_tenant', aadsts: 90002 });
        return json(response, 200, {
          issuer: `${this.origin}/${tenant === 'organizations' || tenant === 'common' ? '{tenantid}' : tenant}/v2.0`, authorization_endpoint: `${this.origin}/${tenant}/oauth2/v2.0/authorize`,
          token_endpoint: `${this.origin}/${tenant}/oauth2/v2.0/token`, jwks_uri: `${this.origin}/${tenant}/discovery/v2.0/keys`,
          device_authorization_endpoint: `${this.origin}/${tenant}/oauth2/v2.0/devicecode`, end_session_endpoint: `${this.origin}/${tenant}/oauth2/v2.0/logout`,
        });
      case 'GET discovery/v2.0/keys':
        return json(response, 200, { keys: [{ ...createPublicKey(this.#publicKey).export({ format: 'jwk' }), kid: this.#kid, use: 'sig', alg: 'RS256' }] });
      case 'GET oauth2/v2.0/authorize':
        return this.#signInPage(url, response);
      case 'POST oauth2/v2.0/authorize':
        return this.#signInAnswer(tenant, url, body, response);
      case 'POST oauth2/v2.0/devicecode':
        return this.#deviceCode(tenant, body, response);
      case 'POST oauth2/v2.0/token':
        return this.#token(tenant, body, response);
      default:
        return json(response, 404, { error: 'not_found' });
    }
  }

  /** What an authorization request must have, or the app is not let in at all (nothing is sent to an unknown redirect URI). */
  #signInPage(url: URL, response: ServerResponse): void {
    const get = (name: string): string => url.searchParams.get(name) ?? '';
    const wrong = [
      [get('client_id') === CLIENT_ID, 'AADSTS700016: unknown application'],
      [/^http:\/\/localhost:\d+$/.test(get('redirect_uri')), 'AADSTS50011: redirect URI'],
      [get('response_type') === 'code' && get('response_mode') === 'form_post', 'response type or mode'],
      [get('code_challenge_method') === 'S256' && /^[\w-]{43}$/.test(get('code_challenge')), 'AADSTS50147: code challenge'],
      [get('state').length >= 32 && get('nonce').length >= 32, 'state or nonce'],
      [get('scope').split(' ').includes('openid'), 'scope'],
    ].find(([right]) => right === false);
    if (wrong !== undefined) return html(response, 400, `<h1>${String(wrong[1])}</h1>`);
    html(response, 200, `<h1>Sign in</h1><form method="post"><input name="username" value="${get('login_hint')}"><input name="password" type="password">
      <button name="do" value="sign-in">Sign in</button><button name="do" value="cancel">Cancel</button></form>`);
  }

  #signInAnswer(tenant: string, url: URL, body: URLSearchParams, response: ServerResponse): void {
    const get = (name: string): string => url.searchParams.get(name) ?? '';
    const back = (fields: Record<string, string>): void => html(response, 200, `<form method="post" action="${get('redirect_uri')}">${
      Object.entries({ ...fields, state: get('state') }).map(([name, value]) => `<input type="hidden" name="${name}" value="${value.replaceAll('"', '&quot;')}">`).join('')
    }</form><script>document.forms[0].submit()</script>`);
    const refusal = this.#refusals.get('authorize')?.shift();
    if (refusal !== undefined) return back({ error: refusal.error, error_description: describe(refusal) });
    if (body.get('do') === 'cancel') return back({ error: 'access_denied', error_description: 'AADSTS65004: User declined to consent to access the app.' });
    const user = [ANNA, BEN].find(({ username, password }) => username === body.get('username') && password === body.get('password'));
    if (user === undefined) return html(response, 200, '<h1>AADSTS50126: wrong name or password</h1>');
    const realm = realmOf(tenant, user);
    if (realm === undefined) return back({ error: 'access_denied', error_description: 'AADSTS50020: User account does not exist in tenant and cannot access the application.' });
    const code = randomBytes(24).toString('base64url');
    this.#codes.set(code, { user, tenant: realm, scope: get('scope'), redirectUri: get('redirect_uri'), challenge: get('code_challenge'), nonce: get('nonce'), clientId: get('client_id') });
    back({ code, client_info: clientInfo(user) });
  }

  #deviceCode(tenant: string, body: URLSearchParams, response: ServerResponse): void {
    const refusal = this.#refusals.get('devicecode')?.shift();
    if (refusal !== undefined) return this.#refuse(response, refusal);
    if (body.get('client_id') !== CLIENT_ID) return this.#refuse(response, { error: 'unauthorized_client', aadsts: 700016 });
    const deviceCode = randomBytes(24).toString('base64url');
    const userCode = randomBytes(5).toString('hex').toUpperCase().slice(0, 9);
    this.#deviceCodes.set(deviceCode, { userCode, scope: body.get('scope') ?? '', tenant, state: 'pending' });
    json(response, 200, {
      device_code: deviceCode, user_code: userCode, verification_uri: `${this.origin}/device`, expires_in: 900,
      interval: 1, message: 'free text that must not be shown',
    });
  }

  #token(tenant: string, body: URLSearchParams, response: ServerResponse): void {
    const grantType = (body.get('grant_type') ?? '').replace('urn:ietf:params:oauth:grant-type:', '');
    const note = (outcome: string): void => void this.tokenRequests.push({ grantType, outcome, tenant });
    const refuse = (refusal: Refusal): void => {
      note(refusal.error);
      this.#refuse(response, refusal);
    };
    const injected = this.#refusals.get(grantType)?.shift();
    if (injected !== undefined) return refuse(injected);
    const grant = this.#redeem(grantType, tenant, body);
    if ('error' in grant) return refuse(grant);
    note('granted');
    json(response, 200, this.#tokens(grant, grantType, body.get('client_id') ?? ''));
  }

  /** The grant behind a token request, or why there is none. */
  #redeem(grantType: string, tenant: string, body: URLSearchParams): (Grant & { readonly nonce?: string }) | { readonly principal: string; readonly tenant: string; readonly scope: string } | Refusal {
    const clientId = body.get('client_id') ?? '';
    switch (grantType) {
      case 'authorization_code': {
        const code = this.#codes.get(body.get('code') ?? '');
        this.#codes.delete(body.get('code') ?? '');
        if (code === undefined) return { error: 'invalid_grant', aadsts: 54005 };
        const challenge = createHash('sha256').update(body.get('code_verifier') ?? '').digest('base64url');
        if (challenge !== code.challenge) return { error: 'invalid_grant', aadsts: 501481 };
        if (code.redirectUri !== body.get('redirect_uri') || code.clientId !== clientId) return { error: 'invalid_grant', aadsts: 50011 };
        return code;
      }
      case 'refresh_token': {
        const found = this.#refreshTokens.get(body.get('refresh_token') ?? '');
        if (found === undefined) return { error: 'invalid_grant', aadsts: 50173 };
        const realm = realmOf(tenant, found.user);
        if (realm === undefined) return { error: 'invalid_grant', aadsts: 50020 };
        return { ...found, tenant: realm, scope: body.get('scope') ?? found.scope };
      }
      case 'device_code': {
        const code = this.#deviceCodes.get(body.get('device_code') ?? '');
        if (code === undefined) return { error: 'invalid_grant', aadsts: 70019 };
        if (code.state === 'pending') return { error: 'authorization_pending', aadsts: 70016 };
        this.#deviceCodes.delete(body.get('device_code') ?? '');
        if (code.state === 'declined' || code.user === undefined) return { error: 'authorization_declined' };
        const realm = realmOf(code.tenant, code.user);
        return realm === undefined ? { error: 'invalid_grant', aadsts: 50020 } : { user: code.user, tenant: realm, scope: code.scope };
      }
      case 'client_credentials':
        return this.#principal(tenant, clientId, body);
      default:
        return { error: 'unsupported_grant_type', aadsts: 70003 };
    }
  }

  #principal(tenant: string, clientId: string, body: URLSearchParams): { readonly principal: string; readonly tenant: string; readonly scope: string } | Refusal {
    if (!(body.get('scope')?.split(' ')[0] ?? '').endsWith('/.default')) return { error: 'invalid_scope', aadsts: 70011 };
    const granted = { principal: clientId, tenant, scope: body.get('scope') ?? '' };
    const assertion = body.get('client_assertion');
    if (assertion === null) return this.secrets.get(clientId) === body.get('client_secret') ? granted : { error: 'invalid_client', aadsts: 7000215, status: 401 };
    const certificate = this.certificates.get(clientId);
    const [header = '', payload = '', signature = ''] = assertion.split('.');
    const { alg, 'x5t#S256': thumbprint } = JSON.parse(Buffer.from(header, 'base64url').toString()) as Record<string, string>;
    const known = certificate !== undefined && Buffer.from(thumbprint ?? '', 'base64url').toString('hex').toUpperCase() === certificate.thumbprintSha256.toUpperCase();
    const key = alg === 'PS256' ? { padding: 6, saltLength: 32 } : {};
    if (!known || !verify('RSA-SHA256', Buffer.from(`${header}.${payload}`), { key: createPublicKey(certificate.pem), ...key }, Buffer.from(signature, 'base64url'))) {
      return { error: 'invalid_client', aadsts: 700027, status: 401 };
    }
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { readonly aud: string; readonly nbf: number; readonly exp: number };
    if (claims.aud !== `${this.origin}/${tenant}/oauth2/v2.0/token`) return { error: 'invalid_client', aadsts: 700027, status: 401 };
    // Five minutes of difference are forgiven, as Entra does.
    if (claims.nbf > this.#nowS() + 300 || claims.exp < this.#nowS() - 300) return { error: 'invalid_client', aadsts: 700024, status: 401 };
    return granted;
  }

  #tokens(grant: (Grant & { readonly nonce?: string }) | { readonly principal: string; readonly tenant: string; readonly scope: string }, grantType: string, clientId: string): object {
    const resource = grant.scope.split(' ').find((one) => one.endsWith('/.default')) ?? '';
    const scope = `${resource.replace('.default', 'user_impersonation')} ${resource}`;
    const now = this.#nowS();
    const common = { iss: `${this.origin}/${grant.tenant}/v2.0`, tid: grant.tenant, iat: now, nbf: now - 5 };
    const subject = 'user' in grant ? { oid: grant.user.oid, preferred_username: grant.user.username } : { oid: grant.principal };
    const access = this.#jwt({ ...common, ...subject, aud: resource.replace(/\/\.default$/, ''), appid: clientId, scp: 'user_impersonation', exp: now + this.accessLifetimeS, jti: randomUUID() });
    const answer = { token_type: 'Bearer', scope, expires_in: this.accessLifetimeS, ext_expires_in: this.accessLifetimeS, access_token: access };
    if (!('user' in grant)) return answer;
    const refresh = `refresh-${randomBytes(32).toString('base64url')}`;
    this.#refreshTokens.set(refresh, { user: grant.user, tenant: grant.tenant, scope: grant.scope });
    const idToken = this.#jwt({
      ...common, ...subject, sub: grant.user.oid, aud: clientId, exp: now + 3600, ver: '2.0', name: grant.user.username.split('@')[0],
      ...(grantType === 'authorization_code' ? { nonce: grant.nonce } : {}),
    });
    return { ...answer, refresh_token: refresh, id_token: idToken, client_info: clientInfo(grant.user) };
  }

  #jwt(claims: object): string {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const signed = `${part({ alg: 'RS256', typ: 'JWT', kid: this.#kid })}.${part(claims)}`;
    return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), this.#privateKey).toString('base64url')}`;
  }

  #refuse(response: ServerResponse, refusal: Refusal): void {
    json(response, refusal.status ?? 400, {
      error: refusal.error, error_description: describe(refusal), error_codes: refusal.aadsts === undefined ? [] : [refusal.aadsts],
      timestamp: new Date().toISOString(), trace_id: randomUUID(), correlation_id: randomUUID(),
    });
  }
}

/** The tenant that a token is for, or undefined where the user is a stranger there. */
function realmOf(tenant: string, user: ProviderUser): string | undefined {
  if (tenant === 'organizations' || tenant === 'common') return user.homeTenant;
  return user.tenants.includes(tenant) ? tenant : undefined;
}

function clientInfo(user: ProviderUser): string {
  return Buffer.from(JSON.stringify({ uid: user.oid, utid: user.homeTenant })).toString('base64url');
}

function describe({ aadsts, description, error }: Refusal): string {
  return `${aadsts === undefined ? '' : `AADSTS${aadsts}: `}${description ?? error}. Trace ID: ${randomUUID()} Correlation ID: ${randomUUID()} Timestamp: ${new Date().toISOString()}`;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString('utf8');
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function html(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(`<!doctype html><meta charset="utf-8"><title>Provider of the tests</title>${body}`);
}
