"""Terms of APIs: who one is and what one may: accounts, logins, roles, tokens, directories."""

TERMS = """
access: allowed reach enter
access policy: rules allowed
access request: asks permission
access review: check rights allowed
access token: credential pass key bearer login
access token create: get credential log programs
access token revoke: credential useless sign
account: profile customer tenant company membership client
account close: leave good end membership
account create: sign register join new
account delete: leave good erase close
account lock: keep block stop logins
account read: details profile
account suspend: block freeze temporarily
account unlock: wrong attempts
activation: confirm enable new account live running put person class
admin: boss superuser operator charge
admin enforce: rules hold bosses
admin event: audit trail operators changed
api key: credential token password programs backend integration developer
api key delete: revoke retire token program service
api key list: credentials programs
api key regenerate: rotate new credential leaked
api key update: change credential program
application: app program website tool integration
application create: register new app website program
application delete: retire app
assertion: proof signed statement
assignment accepted: took homework
assignment list: homework
attack detection: wrong guesses attempts locked repeated
audit: trail changed record history
authentication flow: steps login process sign
authorization: allowed permission rights consent reserve money card
authorization code: login redirect
authorized application: apps connected programs account
automated security fix: repair vulnerable libraries itself
avatar: picture photo face portrait
biometric: fingerprint face voice
brute force: wrong attempts guesses locked failed repeated logins
certificate: tls https encryption padlock secure diploma passed
certificate create: issue new key pair https apply
certificate expire: runs soon
certificate revoke: longer valid compromised
claim: attribute put token damage insurance
client: application app program website customer
client create: register new application website program sign
client credential: login password app
client delete: retire application
client list: applications registered
client role: rights application
client scope: application see
client secret: password app application leaked
client secret create: rotate renew change leaked password app
client session: logged application
composite role: bundle inherits contains rights effective
consent: agreement allowed permission gave terms
consent revoke: take permission longer agree
credential: password key login secret authenticator
credential delete: lost phone authenticator remove passphrase second factor
credential list: person sign authenticators
credential revoke: leaked key useless report exposed
credential rotate: renew change leaked
current user: logged
default group: newcomers signs lands automatically new people
default role: newcomers signs automatically rights
default setup: scan code itself automatic
device code: log television
directory: employees company ldap active folder place
disable: turn stop forbid deactivate inactive
domain verify: prove
effective role: inherited included
email verification: confirm mailbox belongs address real newcomer exist genuine
enable: turn start allow activate
external group: directory identity provider
external identity: google facebook social
external name: alias
factor: second code phone authenticator
factor create: set second code phone authenticator
factor delete: lost phone remove second
federated identity: google facebook social account linked login
federated identity create: connect social account
federated identity delete: detach unlink social account facebook google
federation: ldap active directory external company
forgot password: log lost mail link
group: team department people squad
group create: new team department
group delete: dissolve team
group list: teams exist
group member: belongs team people
group member add: put person colleague team
group member list: belongs team people
group member remove: take person team
group role: rights team
group user: belongs team
guest: visitor outside external temporary traveller comes
identity: person account login
identity provider: google facebook microsoft social external company login sign
identity provider create: people sign google facebook company
identity provider list: logins offered
identity verification: passport prove real person check papers
impersonate: act see customer pretend log
introspect: token valid good genuine
invitation resend: remind ask
ip access: office network addresses logins
ip whitelist: permit allow office network addresses
jwks: public keys check signature
key rotate: new renew
key set: public
keypair: ssh key login
ldap: company directory active employees
ldap test: reach company directory
login: sign enter log
login attempt: tried get failed wrong
login event: signed failed
login history: signed
logout: sign end session leave
logout all: throw kick end sessions
magic link: sign password mail
member add: colleague bring board
member invite: bring colleague board
member update: change rights colleague
mfa: second factor code phone
mfa disable: lost phone
mfa enable: second factor safer login
notification preference: hear
offline session: remembered devices stay signed
organization member: colleagues employees staff belongs
otp: time code second factor sms phone
owner: belongs charge responsible
passkey: fingerprint login password
password: passphrase secret credential login
password change: new passphrase
password expire: force new passphrase
password forgot: log lost mail link
password policy: long strong complicated passphrase rules
password reset: forgot lost passphrase new log
password update: change new passphrase
pending: waiting accepted answered outstanding open unanswered
permission: rights access allowed privilege share
permission add: allow give rights
permission remove: longer allowed take rights
permission update: allow less
personal access token: credential developer
personal access token request: asks approval credential developer
personal token: credential
policy: rules allowed forbidden forbid
principal: user account
profile update: change name details
protocol mapper: attribute put token
realm: tenant area organisation
realm role: rights tenant
refresh token: stay signed longer
register: sign new account join enrol
remove token: take build machine
required action: login
role add: give rights privilege administrator
role assignment: rights give
role create: new set rights define bundle
role delete: rights longer exist
role list: sets rights privileges exist
role mapping: assigned rights privileges person administrator
role mapping create: give rights person administrator promote
role mapping delete: take rights away demote
role mapping list: rights privileges person
role read: set rights allow
role update: allow less
role user: holds privilege people
saml: sign company login
scim: employees provisioning directory accounts
scope: permissions allowed limited
security: safe safety holes
security key: hardware login
security manager: team looks safety
security question: answer recover
security setting: safer protect
service account create: new robot identity program
service account delete: robot longer identity
service account list: robots identities programs
service account token: robot credential login
service provider: application sso
session: login signed device connection
session create: log
session delete: sign kick end
session list: devices logged signed moment
session revoke: sign kick
sign in: login
signup: register join new account
single sign on: company login
ssh key create: upload add public get hosts
sso: sign company login
subaccount: child account customer department
subaccount create: separate account
subject: person user course
subuser: child account
sync: bring date catch upstream
tenant: customer organisation area
terms accept: agree conditions
token create: get issue credential
token introspect: credential valid good
token list: credentials issued
token refresh: stay signed longer renew
token revoke: credential useless leaked sign
token validate: credential genuine good
token verify: credential genuine good
trusted device: remembered computer
two factor: second code phone authenticator 2 fa
unlink: detach disconnect
user activate: switch account
user activity: person
user block: keep ban
user count: people registered
user deactivate: employee left switch account
user disable: employee left keep switch
user group: teams person
user group add: put person colleague team
user group remove: take person team
user invite: bring colleague board ask join
user login: sign
user logout: sign person everywhere
user password: passphrase
user permission: person
user role: rights privileges person
user role add: person administrator give rights promote
user session: devices person logged signed
user storage: active directory ldap employees company
user storage sync: pull newest employees active directory
user suspend: block temporarily
user sync: pull employees directory
user unlock: person wrong attempts
username: login name nickname handle
username available: name taken free
username check: name taken free
verify: confirm prove genuine real proven
"""
"""Each line: what a tool must name in full, and the plain words that it may be asked for with."""
