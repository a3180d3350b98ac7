// SPDX-License-Identifier: BSD-2-Clause
// provider.js PORT CALLBACK SECRET: an OpenID provider whose people sign in by saying who they
// are, with a second factor or without, now or some minutes ago.

import Provider from 'oidc-provider';

const [port, callback, secret] = process.argv.slice(2);

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: 'apppass',
    client_secret: secret,
    redirect_uris: [callback],
    response_types: ['code'],
    grant_types: ['authorization_code'],
  }],
  claims: { openid: ['sub'], email: ['email'], acr: null, amr: null, auth_time: null },
  acrValues: ['password', 'mfa'],
  cookies: { keys: [secret] },
  features: { devInteractions: { enabled: false }, claimsParameter: { enabled: true } },
  interactions: { url: (context, interaction) => `/sign-in/${interaction.uid}` },
  findAccount: (context, id) => ({ accountId: id, claims: () => ({ sub: id, email: id }) }),
  async loadExistingGrant(context) {
    const grant = new context.oidc.provider.Grant({
      clientId: context.oidc.client.clientId,
      accountId: context.oidc.session.accountId,
    });
    grant.addOIDCScope('openid email');
    grant.addOIDCClaims(['acr', 'amr', 'auth_time']);
    await grant.save();
    return grant;
  },
});

const form = `<!DOCTYPE html><title>Sign in</title><form method="post">
<input name="account"> <input name="acr" value="mfa"> <input name="ago" value="0">
<button>Sign in</button></form>`;

provider.use(async (context, next) => {
  if (!context.path.startsWith('/sign-in/')) return next();
  if (context.method !== 'POST') {
    context.type = 'html';
    context.body = form;
    return undefined;
  }
  let body = '';
  for await (const part of context.req) body += part;
  const typed = new URLSearchParams(body);
  await provider.interactionFinished(context.req, context.res, {
    login: {
      accountId: typed.get('account'),
      acr: typed.get('acr'),
      amr: typed.get('acr') === 'mfa' ? ['pwd', 'otp'] : ['pwd'],
      ts: Math.floor(Date.now() / 1000) - Number(typed.get('ago')),
    },
  });
  context.respond = false;
  return undefined;
});

provider.listen(Number(port), '127.0.0.1');
