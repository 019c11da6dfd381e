# Every string that people see, in English: a Fluent file (https://projectfluent.org).
# A language is one file of this folder; a message that it lacks is shown in English. `{ $name }` is replaced by
# what the template passes.

## Common

common-new = New
common-select-hint = One click selects it all.
common-copy = Copy
common-copied = Copied

## Duration

duration-second =
    { $count ->
        [one] { $count } second
       *[other] { $count } seconds
    }
duration-minute =
    { $count ->
        [one] { $count } minute
       *[other] { $count } minutes
    }
duration-hour =
    { $count ->
        [one] { $count } hour
       *[other] { $count } hours
    }
duration-day =
    { $count ->
        [one] { $count } day
       *[other] { $count } days
    }
duration-two = { $first } and { $second }

## Sign in

sign-in-page-title = Sign in
sign-in-title = Sign in
sign-in-continue-to = to continue to { $client }
sign-in-to-realm = to your { $realm } account
sign-in-username = User name or e-mail
sign-in-password = Password
sign-in-submit = Sign in
sign-in-not-you = Not you?
sign-in-error-title = You are not signed in yet
sign-in-wrong-password = The user name or the password is not right. Check both and try again.
sign-in-again-title = Please sign in once more
sign-in-again = This page was opened before your browser's cookies changed. Nothing is lost: type your password again.
sign-in-too-many = There were too many attempts. Wait { $wait }, then try again.
sign-in-provider-failed = The other side did not answer as it should. Try again in a minute, or sign in here.
sign-in-provider-refused = The sign-in there was not finished. Try again, or sign in here.
sign-in-provider-stale = An app needs you to sign in anew, and the other side did not say that you did so just now. Sign out there and try again, or sign in here.
sign-in-not-let-in = You have signed in there, but have no account here that goes with it. Ask whoever runs { $realm } to let you in.
sign-in-address-taken = There is an account with your e-mail address, which has no password. Sign in to it as you did before; then you can connect this one under “Signing in” in your account.
sign-in-providers = Other ways to sign in
sign-in-at-provider = Sign in with { $provider }
sign-in-advice = Only enter your password on a page whose address you know.
sign-in-compare-host = Only enter your password if the address bar of your browser shows { $host }.
sign-in-forgotten = Forgotten your password?
sign-in-show = Show
sign-in-hide = Hide
sign-in-try-now = You can try again now.
sign-in-passkey = Sign in with a passkey
sign-in-passkey-wrong = That passkey does not work here. Choose another one, or sign in with your password.

## The second factor

factor-ask-title = Confirm that it is you
factor-code = Code from your authenticator app
factor-recovery-code = Recovery code
factor-code-hint = No phone at hand? One of your recovery codes does as well.
factor-remember = Do not ask again in this browser for { $duration }
factor-continue = Continue
factor-skip = Not now
factor-error-title = That did not work
factor-wrong = The code is not right, or it was used before. Wait for the next one and try again.
factor-again-title = Please try once more
factor-again = This page was opened before your browser's cookies changed. Nothing is lost: type a code again.
factor-too-many = There were too many attempts. Wait { $wait }, then try again.
factor-try-now = You can try again now.
factor-compare-host = Only enter a code if the address bar of your browser shows { $host }.
factor-set-up-title = Set up a second step
factor-set-up-message = From now on, { $realm } asks for a code from an app on your phone as well as for your password.
factor-programs-title = These apps will stop working:
factor-programs-message = They sign in with your password alone. Ask whoever runs them for another way before you go on.
factor-step-app = Open an authenticator app on your phone. Any will do.
factor-step-scan = Scan this code with it.
factor-step-type = Or type this key into the app:
factor-step-confirm = Type the code that the app shows now.
factor-qr = QR code for your authenticator app. The key below it says the same.
factor-secret = Key
factor-set-up-submit = Set up
factor-passkey = Use a passkey
factor-passkey-wrong = The passkey did not work. Try again, or choose another one.
factor-codes-title = Your recovery codes
factor-codes-message = Without your phone, each of these lets you in once. Keep them where you find them: they are not shown again.
factor-codes-hint = Print them, or put them into your password manager.
factor-codes-done = I have kept them

## Passkeys, on several pages

passkey-set-up-title = Add a passkey
passkey-set-up-message = With a passkey you sign in to { $realm } the way you unlock your device: with a finger, your face or a PIN. From then on, your password alone is not enough.
passkey-create = Create a passkey
passkey-instead = Create a passkey instead
passkey-name = Name of the passkey
passkey-name-hint = So that you know it again, like the name of the device that it is on.
passkey-cancelled = No passkey was used. You can try again.
passkey-known = There is a passkey for this account on that device already.
passkey-unsupported = This browser has no passkeys. Open this page in another browser.
passkey-no-script = Passkeys need JavaScript. Switch it on for this page, or open the page in another browser.

## What somebody signs in with

security-title = Signing in
security-factors = Second step
security-required = Your account needs a second step.
security-no-factors = You sign in with your password alone.
security-password-only = You sign in with your password.
security-none-yet = You have none yet.
security-app = Authenticator app
security-add-app = Add an authenticator app
security-remove = Remove
security-remove-app = Remove this authenticator app
security-passkey = Passkey
security-add-passkey = Add a passkey
security-added-now = Added just now
security-added-minutes =
    { $count ->
        [one] Added { $count } minute ago
       *[other] Added { $count } minutes ago
    }
security-added-hours =
    { $count ->
        [one] Added { $count } hour ago
       *[other] Added { $count } hours ago
    }
security-added-days =
    { $count ->
        [one] Added { $count } day ago
       *[other] Added { $count } days ago
    }
security-remove-passkey = Remove the passkey { $name }
security-rename = Rename
security-rename-submit = Save the name
security-codes = Recovery codes
security-codes-left =
    { $count ->
        [one] { $count } code is left.
       *[other] { $count } codes are left.
    }
security-new-codes = Make new codes
security-new-codes-hint = The old ones stop working then.
security-browsers = Browsers that do not ask for the second step
security-some-browser = A browser
security-forget = Ask again
security-forget-browser = Ask again in { $name }
security-not-done = Nothing was changed
security-notice-removed = It is removed.
security-notice-renamed = It has its new name.
security-notice-needed = Your account needs a second step, and this is the only one. Add another one first.
security-notice-forgotten = That browser asks for the second step again.
security-notice-again = This page was opened before your browser's cookies changed. Try once more.
security-notice-password-fair = Your password is changed, and you are signed out everywhere else. It is fair: a longer one would be better.
security-notice-password-good = Your password is changed, and you are signed out everywhere else. It is good.
security-notice-password-strong = Your password is changed, and you are signed out everywhere else. It is strong.
security-notice-password-wrong = Your present password is not right.
security-notice-password-short = The new password is too short: it needs at least 8 characters. Several words do well.
security-notice-password-guessable = The new password is one of the first that anybody tries. Choose one that does not follow a pattern.
security-notice-password-own-name = The new password is little more than a name. Choose one that nobody can tell from who you are.
security-notice-password-known = The new password is on a list of passwords that became known. Choose one that you use nowhere else.
security-notice-password-locked = There were too many attempts. Wait a minute, then try again.
security-password = Password
security-current-password = Present password
security-change-password = Change password
security-change-password-hint = You stay signed in here, and are signed out everywhere else. Apps that know your password stop working.
new-password = New password
new-password-hint = At least 8 characters; longer is stronger. Several words do well.
security-notice-email-sent = A mail is on its way to that address. Follow its link, and the address is yours.
security-notice-email-wrong = That is not a mail address.
security-notice-email-locked = You have tried several addresses within an hour. Wait a while.
security-email = Mail address
security-email-now = Mails go to { $email }.
security-new-email = New address
security-change-email = Send a link to it
security-providers = Sign-in elsewhere
security-unlink = Remove { $name }
security-connect = Connect { $provider }
security-since-now = connected just now
security-since-minutes =
    { $count ->
        [one] connected { $count } minute ago
       *[other] connected { $count } minutes ago
    }
security-since-hours =
    { $count ->
        [one] connected { $count } hour ago
       *[other] connected { $count } hours ago
    }
security-since-days =
    { $count ->
        [one] connected { $count } day ago
       *[other] connected { $count } days ago
    }
security-notice-last-way = You could not sign in any more without it. Connect another account first, or ask whoever runs this service for a password.
security-notice-connected = It is connected. From now on you can sign in with it.
security-notice-not-connected = The other side did not say that it is you. Try again in a minute.
security-notice-connected-elsewhere = Another account here is connected with it. Sign in to that one, and remove it there first.
security-notice-any = It is done.

## Links that people get by mail

forgotten-title = Forgotten your password?
forgotten-message = Say who you are at { $realm }, and you get a link by mail.
forgotten-submit = Send me a link
forgotten-back = Back to the sign-in
forgotten-again = This page was opened before your browser's cookies changed. Try once more.
forgotten-sent-title = Look at your mail
forgotten-sent-message = If { $realm } knows you, a mail is on its way to your address. Its link works for an hour.
forgotten-sent-hint = Nothing there after a few minutes? Look among the unwanted mail, or ask whoever runs your account.
choose-title = Choose a password
choose-message = for { $username } at { $realm }
choose-submit = Save
choose-done-title = Your password is set
choose-done-fair = It is fair: a longer one would be better. Sign in with it now.
choose-done-good = It is good. Sign in with it now.
choose-done-strong = It is strong. Sign in with it now.
confirm-title = Is this your address?
confirm-message = { $email } becomes the address of your { $realm } account.
confirm-submit = Yes, it is mine
confirm-done-title = Your address is changed
confirm-done-message = Mails go to { $email } from now on.
link-gone-title = This link does not work any more
link-gone-message = It was used, it is too old, or a part of it is missing. Ask for a new one.
mail-link-reset-subject = { $realm }: choose a new password
mail-link-reset = Somebody, most likely you, forgot the password of your { $realm } account.
mail-link-first-login-subject = { $realm }: choose your password
mail-link-first-login = You have an account at { $realm }. Choose a password, then you can sign in.
mail-link-email-subject = { $realm }: is this your address?
mail-link-email = Somebody wants to use this address for their { $realm } account.
mail-link-nobody-subject = { $realm }: nobody has this address
mail-link-nobody = Somebody asked for a new password with this address. No { $realm } account has it: perhaps you signed up with another one.
mail-link-provider-subject = { $realm }: your account has no password
mail-link-provider = Somebody, most likely you, asked for a new password. Your { $realm } account has none: use the button of the sign-in page with which you signed in before.
mail-link-moved-subject = { $realm }: your account has another address
mail-link-moved = Your { $realm } account has another address from now on. If that was not you, ask for help at once.
mail-link-username = You sign in as
mail-link-button = Choose a password
mail-link-email-button = Yes, it is my address
mail-link-valid = The link works once, within { $duration }. Opening it does not use it up.
mail-link-closing = If you did not ask for this, you need not do anything. Questions? Write to { $contact }.
mail-link-closing-nobody = If you did not ask for this, you need not do anything, or tell { $realm }.

## An account that somebody at a provider may become

link-account-page-title = Is this your account?
link-account-title = Is this your account?
link-account-message = There is an account { $username } here. If it is yours, prove it once with its password: from then on { $provider } signs you in to it.
link-account-password = Password of { $username }
link-account-submit = Connect and sign in
link-account-wrong-password = The password is not the one of this account. Check it and try again.
link-account-instead = Sign in another way
link-account-why = If it is not yours, leave it alone: { $provider } gave an address that somebody else's account has.

## Accounts of this browser

accounts-page-title = Choose an account
accounts-title = Choose an account
accounts-at-realm = at { $realm }
accounts-signed-in = Signed in
accounts-used-now = Used just now
accounts-used-minutes =
    { $count ->
        [one] Used { $count } minute ago
       *[other] Used { $count } minutes ago
    }
accounts-used-hours =
    { $count ->
        [one] Used { $count } hour ago
       *[other] Used { $count } hours ago
    }
accounts-used-days =
    { $count ->
        [one] Used { $count } day ago
       *[other] Used { $count } days ago
    }
accounts-other = Use another account
accounts-forget-who = Take { $name } off this list
accounts-why = These accounts were used in this browser. Each one but yours that is signed in asks for its password.

## An app that waits for approval

not-approved-page-title = Not approved yet
not-approved-title = { $client } is not approved yet
not-approved-message = { $client } comes from { $host }. { $realm } lets an app in only after looking at it. You can ask for this one; it costs you nothing, and gives the app nothing yet.
not-approved-ask = Ask { $realm } for it
not-approved-asked-title = You have asked for it
not-approved-asked = { $realm } will look at { $client }. Connect it again from the app once it is approved.
not-approved-contact = Questions:

## Nothing to choose

no-organisation-page-title = Nothing to allow yet
no-organisation-title = You cannot use this app yet
no-organisation-message = { $client } works for companies or sites, and there is none that it may use with your { $realm } account.
no-organisation-what-to-do = Ask whoever runs { $realm } at your company to add you, or to allow the app, then start again from the app.
no-organisation-back = Back to { $client }

## Where a realm's pages begin

home-page-title = Welcome
home-title = { $realm }
home-message = Sign in to see your account.
home-apps = To connect an app, start in that app: it sends you here when it needs you.
home-link = Go to { $realm }
links-title = { $realm }: more
link-any = More
link-help = Help
link-privacy = Privacy
link-terms = Terms of use

## Consent

consent-page-title = Allow access
consent-title = { $client } wants to use your { $realm } account
consent-published-by = Published by { $publisher }
consent-publisher-unknown = The publisher of this app did not give a name
consent-link-home = Home page
consent-link-policy = Privacy policy
consent-link-terms = Terms of service
consent-account = Your account
consent-switch = Switch account
consent-scopes = It would be able to
consent-no-scopes = It asks for nothing beyond knowing that you signed in.
consent-new-hint = You have not allowed this before.
consent-organisation-one = Which one may it use?
consent-organisation-many = Which ones may it use?
consent-organisation-many-hint = Choose one or more.
consent-error-title = Something is missing
consent-no-organisation = Choose where this app may be used, or deny the request.
consent-ends-after = Access ends { $duration } after you allow it.
consent-ends-idle = Access ends when the app has not used it for { $duration }.
consent-ends-both = Access ends when the app has not used it for { $idle }, and { $duration } after you allow it in any case.
consent-take-back = You can take it back at any time: ask { $realm }.
consent-take-back-before = You can take it back at any time in
consent-take-back-link = your account
app-agent = Agent
consent-agent = It goes on by itself, also while you are away.
consent-times = For how long?
consent-time = For { $duration }
consent-time-always = Until I take it back
consent-allow = Allow
consent-deny = Deny
consent-decision = Your decision
consent-answer-goes-to = Your answer goes to { $host }.
consent-answer-goes-to-program = Your answer goes to a program on this device: whichever opens { $scheme } addresses.
consent-answer-local = That is on your own device: allow only what you started yourself.
consent-device = The answer goes to the device that shows the code { $code }. Allow only what you started yourself.
consent-sensitive = Important
consent-codes = For developers: scope codes
consent-filter = Find in the list
consent-filter-none = Nothing in the list fits.
consent-all = All
consent-none = None

## Scopes
# `scope-` and the scope's name, every other character than a letter or digit as `-`. What the realm's file says of a
# scope goes before, on a page in the realm's own language; in any other language the message goes before, if there is one.

unnamed-scope = Use “{ $name }”
scope-openid = Know that it is you who signed in
scope-profile = See your name
scope-email = See your e-mail address
scope-phone = See your phone number
scope-address = See your postal address
scope-offline-access = Keep its access while you are not there

## Error pages
# By error code, and why, where that can be said.

error-page-title = Something went wrong
error-code = Error code
error-parameter = Parameter
error-request-id = Request id
error-details = Details to copy
error-details-hint = Send these lines along when you ask for help.
error-compare-title = The address to return to is not registered
error-compare-hint = The parts that differ are marked.
error-compare-received = Received
error-compare-nearest = Nearest registered
error-compare-nothing = nothing here
error-back = Nothing was shared. Go back to the app and start again there.
error-again = Try again
error-title-any = Something went wrong
error-title-invalid-request = This request cannot be answered
error-title-invalid-client = This app is not known here
error-title-unauthorized-client = This app may not do that
error-title-invalid-redirect-uri = This app gave a wrong return address
error-title-invalid-scope = The app asked for something unknown
error-title-access-denied = Access was denied
error-title-csrf = This form is out of date
error-title-expired = This took too long
error-title-too-many-requests = Too many requests
error-title-method-not-allowed = This address cannot be used that way
error-title-payload-too-large = That was too much
error-title-server-error = That was our fault
error-title-temporarily-unavailable = Too busy just now
error-message-any = The request could not be completed.
error-message-invalid-request = The app that sent you here made a mistake in its request. Its makers will want to know.
error-message-invalid-client = The app that sent you here is not registered, or no longer allowed.
error-message-unauthorized-client = The app that sent you here is not allowed to ask in this way.
error-message-invalid-redirect-uri = The app that sent you here asked to return to an address that is not registered for it. To keep your account safe, you are not sent there.
error-message-invalid-scope = The app that sent you here asked for a permission that does not exist here.
error-message-access-denied = You, or the owner of this service, did not allow it.
error-message-csrf = The form that you sent was not made for this browser, or is too old. Go back to the app and start again.
error-message-expired = Go back to the app and start again.
error-message-too-many-requests = Wait a moment, then try again.
error-message-method-not-allowed = A form or a program sends something to this address; there is nothing to read here.
error-message-payload-too-large = The request was larger than what is accepted here.
error-message-server-error = Something here failed. It has been written down; please try again in a moment.
error-message-temporarily-unavailable = Please try again in a moment.

error-cause-duplicate = the parameter { $name } stands more than once
error-cause-missing-parameter = the parameter { $name } is missing
error-cause-too-many-parameters = the request has more than 64 parameters
error-cause-unknown-client = there is no client with the client_id { $name }; compare it with the one that the app was given
error-cause-wrong-client = the client is unknown, or its secret is wrong
error-cause-client-inactive = the client is not active; its owner can ask the vendor why
error-cause-redirect-missing = redirect_uri is missing
error-cause-redirect-unregistered = redirect_uri is not registered for this client
# The same for the person in front of the page, who did not make the mistake.

error-person-wrong-client = The app that sent you here is not known here. Its makers may have removed it, or the link that you followed is old.
error-person-client-inactive = The app that sent you here is not switched on at present. Its makers can tell you when it will be.
error-person-redirect-unregistered = The app that sent you here asked to return to an address that is not registered for it. To keep your account safe, you are not sent there. Its makers will want to know.

## Signed out

signed-out-page-title = Signed out
signed-out-title = You are signed out
signed-out-message = Your session at { $realm } has ended in this browser. Apps that you connected stay connected.
signed-out-again = Sign in again
signed-out-back = Back to { $app }

## Expired

expired-page-title = Expired
expired-title-too-long = This sign-in has expired
expired-title-allowed = You have allowed this already
expired-title-denied = You have denied this already
expired-title-app-changed = This app may not ask for this any more
expired-title-elsewhere = This sign-in belongs to another browser
expired-title-used = This step is done already
expired-title-any = This page cannot go on
expired-message-too-long = It stood open for too long, so it was closed to keep your account safe. Nothing was shared.
expired-message-allowed = Your answer went to the app, and it has the access that you allowed. If the app does not go on, start again.
expired-message-denied = Your answer went to the app, and nothing was shared. If you have changed your mind, start again.
expired-message-app-changed = What the app may ask for was changed while this page was open. Nothing was shared.
expired-message-elsewhere = It was begun in another browser or a private window, or this browser has lost its cookies. Nothing was shared. Go on where you began, or start again here.
expired-message-used = Your browser came back to a step that was answered before. Nothing more was shared by it. If you are waiting for the app, start again.
expired-message-any = What your browser sent is incomplete or was changed on its way. Nothing was shared by it.
expired-again = Start again
expired-no-again = Go back to the app and start again from there.

## Logout confirm

logout-confirm-page-title = Sign out
logout-confirm-title = Sign out of { $realm }?
logout-confirm-message = You are signed in as { $username }. Apps that you connected stay connected.
logout-confirm-submit = Sign out
logout-confirm-stay = Stay signed in

## Signed in

signed-in-page-title = Your account
signed-in-title = Your account
signed-in-at = You are signed in at { $realm }.
signed-in-message = Apps that work with this account start from their own page or program. None is waiting for you here.
signed-in-apps = Your apps
signed-in-open = Open { $client }
signed-in-account = Your account: apps, browsers, security
signed-in-submit = Sign out

## Secret

secret-page-title = Your app's secret
secret-offered-title = The secret of { $app }
secret-offered-message = This link shows the secret once. Have a safe place ready for it, such as a password manager.
secret-offered-why = Nothing has been shown yet: the link is used up by the button, not by opening this page.
secret-offered-ends = The link works for { $duration } more.
secret-app = App
secret-mangled-title = This link is not complete
secret-mangled-message = Mail programs sometimes cut a long link in two. Copy the whole link out of the mail into the address bar, or ask for a new mail. Nothing is lost.
secret-show = Show the secret
secret-shown-title = { $app } is ready
secret-shown-message = This is the only time that the secret is shown. Store it now; it cannot be read again, only replaced.
secret-used-title = This link is used up or has expired
secret-used-message = A secret is shown once, and a link works for a few days. If you have the secret, all is well. If you do not, ask { $realm } for a new one, and say so if nobody you know can have opened it.
secret-retired-title = This secret is no longer good
secret-retired-message = The secret behind this link was retired, so it is not shown. For a new one, ask { $realm }.
secret-stopped-title = This app is not active
secret-stopped-message = The app was stopped, turned down or removed, so its secret is not shown. If you did not expect this, ask { $realm }.
secret-client-id = Client id
secret-client-secret = Client secret
secret-endpoints = Addresses
secret-env-title = As environment variables
secret-curl-title = Try it
secret-curl-hint = Paste it into a terminal; the answer is a token.

## Addresses of a realm, on the page with the secret and in mails

address-issuer = Issuer
address-authorization-endpoint = Authorization endpoint
address-token-endpoint = Token endpoint
address-log-off-endpoint = Log-off endpoint
address-revocation-endpoint = Revocation endpoint
address-introspection-endpoint = Introspection endpoint

## Form post

form-post-page-title = One more step
form-post-title = Back to { $client }
form-post-message = Press the button to finish.
form-post-submit = Continue

## Not found

not-found-page-title = Not found
not-found-title = There is no such page
not-found-message = Check the address for a typing mistake, or go back to the app that you came from.

## Mail

mail-subject = { $app } is approved for { $realm }
mail-greeting = Hello { $owner },
mail-greeting-nobody = Hello,
mail-approved = Your app { $app } has been approved. It can now use { $realm }.
mail-client-id = Client id
mail-secret-how = The secret is shown once, behind this link. It works for { $duration }:
mail-secret-button = Show the secret
mail-secret-note = We never send a secret by mail. Opening the link does not use it up; pressing the button there does.
mail-endpoints = Addresses
mail-redirect-uris = Where people may be sent back to (redirect URIs)
mail-scopes = What it may ask for (scopes)
mail-audiences = The APIs that its tokens are for (audience)
mail-pkce-required = PKCE (RFC 7636, S256) is required.
mail-pkce-optional = PKCE (RFC 7636, S256) may be left out where the app sends a nonce with openid.
mail-rejection-subject = { $app } is not approved for { $realm }
mail-rejected = Your app { $app } was looked at and is not approved: it cannot use { $realm }.
mail-rejected-reason = The reason
mail-rejected-next = You can answer this mail, or register the app again with what was missing.
mail-closing = You get this mail because you registered the app. If you did not, or if something is unclear, write to { $contact }.
mail-closing-nobody = You get this mail because you registered the app. If you did not, please tell { $realm }.
mail-signature = { $realm }

## Demo

demo-title = Sample integrator
demo-lead = Each of these is written as the vendor's guide tells an integrator to write it. Connect one, and see every request and every answer.
demo-connect = Connect
demo-reconnect = Connect again
demo-open = Open
demo-connected = Connected
demo-not-connected = Not connected
demo-sign-in-as = Sign in as
demo-passkey = Passkeys work here as well:
demo-passkey-link = add one, sign out, and sign in with it
demo-back = All vendors
demo-actions = What to do next
demo-call-api = Call the API
demo-refresh = Refresh
demo-disconnect = Disconnect
demo-answer = The token endpoint's answer
demo-no-answer = Nothing has been answered yet.
demo-token = The access token, decoded
demo-token-header = Header
demo-token-payload = Claims
demo-token-opaque = This access token is opaque: only the server can tell what it means.
demo-api = The API's answer
demo-api-none = The API has not been called yet.
demo-log = Every request, newest first
demo-log-hint = As it went over the wire.
demo-log-none = Nothing has been sent yet.
demo-request = Request
demo-response = Answer

device-page-title = Connect a device
device-enter-title = Connect a device
device-enter-message = Type the code that your device shows. Capital letters and the dash do not matter.
device-code = Code
device-continue = Continue
device-error-title = That did not work
device-unknown = No device is waiting with this code. Compare it with the one on your device; a code works once and for a few minutes.
device-again-title = Once more, please
device-again = This page was open for too long or in another browser. Nothing was lost.
device-too-many = Too many wrong codes were tried. Try again in { $wait }.
device-try-now = You can try again now.
device-confirm-title = Is this the code on your device?
device-confirm-message = Compare it, letter by letter, with what your device shows now.
device-confirm-app = { $client } wants to use your { $realm } account on that device.
device-from = The device asked from the address { $address }.
device-warning = Go on only if you started this yourself and have the device in front of you. Nobody from support will ever ask you for it.
device-same = Yes, it is the same code
device-other = No, type another code
device-allowed-title = Your device is connected
device-allowed-message = It goes on by itself in a few seconds. You can close this page.
device-denied-title = Your device was not connected
device-denied-message = Nothing was shared. You can close this page.
device-failed-title = It was not decided
device-failed-message = Something did not work, and your device is still waiting. Type its code once more, or start again on the device.

## Somebody's own account

language-name = English
account-title = Your account
account-back = Back to your account
account-keep = Leave it as it is
account-save = Save
account-more = Show more
account-just-now = just now
account-minutes-ago =
    { $count ->
        [one] { $count } minute ago
       *[other] { $count } minutes ago
    }
account-hours-ago =
    { $count ->
        [one] { $count } hour ago
       *[other] { $count } hours ago
    }
account-days-ago =
    { $count ->
        [one] { $count } day ago
       *[other] { $count } days ago
    }
account-notice-again = This page was opened before your browser's cookies changed. Try once more.
account-notice-taken-back = The app acts for you no more. If it needs you again, it asks.
account-notice-companies = The app acts for what you chose from now on.
account-notice-needs-one = The app acts for one at least. If it is to act for none, take it back.
account-notice-ended = That browser is signed out.
account-notice-others-ended = You are signed out everywhere else.
account-notice-forgotten = That browser asks for the second step again.
account-notice-released = The licence is free again. The app that used it has to ask anew.
account-notice-language = Pages and mails are in this language from now on.
account-notice-wrong = The password or the code is not right.
account-notice-locked = There were too many attempts. Wait a minute, then try again.
account-notice-in-use = A program of whoever runs this acts as this account, so it cannot be deleted here. Ask them.
account-notice-rule = It is changed, and holds from now on.
account-notice-pulled-plug = The access is ended.
account-notice-request-allowed = Allowed: the app hears of it.
account-notice-request-refused = Refused: the app hears of it.
account-notice-request-failed = That did not work: nothing was allowed.
account-notice-request-over = That was answered before, or its time is over.
account-notice-blocked = Refused, and that app does not ask you again.
account-notice-unblocked = That app may ask you again.
account-notice-any = It is done.
account-security-hint = Password, second step, mail address
account-company-hint = Apps and members
account-apps-title = Connected apps
account-apps-hint = What they may do, and how you take it back
account-apps-for = For
account-apps-since = since
account-apps-used = Last used
account-apps-unused = Has no access at present
account-apps-companies = Change companies
account-apps-take-back = Take back
account-apps-none = No app acts for you.
account-apps-until = ends
requests-title = Requests
account-requests-hint = What apps ask while you are elsewhere
account-requests-waiting = { $count ->
    [one] One app waits for your answer
   *[other] { $count } requests wait for your answer
}
requests-hint = These apps ask for you while you are elsewhere. Allow only what you began yourself, or expect.
requests-message = It says:
requests-asked = Asked
requests-until = waits until
requests-look = Look at it
requests-refuse = Refuse
requests-block = Not me: block this app
requests-none = No app asks for you now. When one does, it stands here, and you get a mail.
requests-blocked-title = Apps that may not ask you
requests-unblock = Let it ask again
consent-afar = { $client } asks while you are elsewhere: nobody sent you here. Allow it only if you know what it is about.
consent-afar-message = It says:
account-agents = Agents
account-agents-hint = They go on by themselves, also while you are away.
account-take-back-title = Take back what { $client } may do?
account-take-back-message = Its access ends at once, everywhere, and its licences are free again. What it already has is with its makers. If it needs you again, it asks you again.
account-companies-title = What may { $client } act for?
account-companies-message = What you take away ends at once. What you add, the app has when it next asks for access.
account-sessions-title = Where you are signed in
account-sessions-hint = Browsers, and how you sign them out
account-sessions-here = Browsers
account-sessions-this = This browser
account-sessions-since = since
account-sessions-seen = Last used
account-sessions-end = Sign out
account-sessions-end-others = Sign out everywhere else
account-sessions-message = Apps that you connected stay connected. Do you not know one of these? Sign it out, then change your password.
account-activity-title = Recent activity
account-activity-hint = Sign-ins and changes
account-activity-message = Is there something that was not you? Change your password, and sign out everywhere else.
account-activity-none = Nothing happened in the last year.
activity-signed-in = Signed in
activity-refused = A sign-in was refused
activity-password-changed = Password changed
activity-factor-added = Second step added
activity-factor-removed = Second step removed
activity-codes-made = New recovery codes made
activity-email-changed = Mail address changed to
activity-app-connected = App connected:
activity-app-taken-back = App taken back:
activity-companies-changed = Companies changed for
activity-sessions-ended = Signed out elsewhere
activity-seat-released = Licence released:
activity-any = Something was changed
account-licences-title = Licences
account-licences-hint = What you use at present
account-licences-message = Each of these counts as in use. Whoever releases one ends the access of the app that uses it.
account-licences-none = You hold no licence.
account-licences-release = Release
account-data-title = Your data
account-data-hint = Download it, or delete your account
account-download-title = Download your data
account-download-message = A file with everything that is kept about you here, as JSON. There is no password in it and nothing to sign in with.
account-download-submit = Download
account-delete-title = Delete your account
account-delete-hint = Everything that is kept about you here goes with it, and it cannot be brought back.
account-delete-ask = You cannot do this here yourself. Write to { $contact }.
account-delete-ask-realm = You cannot do this here yourself. Ask { $realm }.
account-delete-message = You are signed out everywhere, apps that you connected lose their access, and { $realm } forgets who you are. This cannot be undone.
account-delete-code = Code from your authenticator app, or a recovery code
account-delete-sure = Yes, delete my account for good
account-delete-submit = Delete
account-deleted-title = Your account is deleted
account-deleted-message = You are signed out, and what was kept about you is gone. You can close this page.
account-language-title = Language
account-language = Pages and mails in
account-language-submit = Use this language
company-apps = Apps
company-app-allowed = May act
company-app-blocked = Blocked
company-app-itself = For itself
company-block = Block
company-allow = Allow
company-end = End access
company-no-apps = No app acts for it.
company-only-listed = Allow only listed apps
company-only-listed-hint = From then on only apps that you allowed may act for it.
company-any = Allow every app that is not blocked
company-any-hint = At present only apps that you allowed may act for it.
company-end-all = End all access
company-end-all-sure = Yes, end what all apps may do for it now
company-members = Members
company-more-members = There are more members than are shown here.

## Mails about an account

mail-notice-new-browser-subject = { $realm }: a new browser
mail-notice-new-browser = Somebody, most likely you, signed in to your { $realm } account in a browser that you did not use before.
mail-notice-new-browser-if = Was that not you? Change your password now, and sign out everywhere else:
mail-notice-password-changed-subject = { $realm }: your password was changed
mail-notice-password-changed = The password of your { $realm } account was changed, and every other browser was signed out.
mail-notice-password-changed-if = Was that not you? Somebody else may have your account. Choose a new password now, and ask for help if you cannot:
mail-notice-app-connected-subject = { $realm }: an app acts for you
mail-notice-app-connected = You, or somebody with your account, let { $client } act for your { $realm } account.
mail-notice-app-connected-if = Was that not you? Take it back, and change your password:
mail-notice-agent-asks-subject = { $realm }: { $app } asks for you
mail-notice-agent-asks = { $client } asks whether it may act for your { $realm } account. It does so by itself, while you are elsewhere.
mail-notice-agent-asks-if = Look at what it asks for, and allow or refuse it. If you do nothing, nothing is allowed:
mail-notice-agent-asks-closing = You did not expect this? Refuse it, and block the app: then it cannot ask you again. Questions? Ask { $realm }.
mail-notice-about = It says
mail-notice-where = Where
mail-notice-button = Look at your account
mail-notice-closing = If that was you, you need not do anything. Questions? Write to { $contact }.
mail-notice-closing-nobody = If that was you, you need not do anything. Questions? Ask { $realm }.

# The mails to partners.
mail-portal-sign-up-subject = Confirm your address for { $realm }
mail-portal-sign-up = Somebody signed up for { $realm } with this address. If that was you, confirm it here. Your account is made only then.
mail-portal-known-subject = You have an account at { $realm }
mail-portal-known = Somebody signed up for { $realm } with this address, and you have an account already. Sign in with it. If that was not you, there is nothing to do.
mail-portal-invitation-subject = You are invited to { $app } at { $realm }
mail-portal-invitation = The team { $app } invites you to work on its apps at { $realm }. The link works once.
mail-portal-question-subject = A question about { $app }
mail-portal-question = { $realm } asks you something about your app { $app }:
mail-portal-suspended-subject = { $app } is suspended at { $realm }
mail-portal-suspended = { $realm } has suspended your app { $app }. It gets no tokens, and those that it had are revoked.
mail-portal-resumed-subject = { $app } is served again at { $realm }
mail-portal-resumed = Your app { $app } may use { $realm } again. What it was given before stays revoked.
mail-portal-deadline-subject = { $app } has to change something at { $realm }
mail-portal-deadline = Your app { $app } uses something old at { $realm }, which ends on the date below.
mail-portal-deadline-notice = Please change the app before then. The date is a notice: by itself it refuses nothing.
mail-portal-deadline-enforced = Please change the app before then: from that date on it is refused.
mail-portal-over-subject = A date for { $app } at { $realm } has come
mail-portal-over = Your app { $app } could use something old at { $realm } until the date below, which has come.
mail-portal-over-notice = It is still answered, but it may end at any time. Please change the app now.
mail-portal-over-enforced = From now on it is refused. Please change the app now.
mail-portal-button = Go on

guide-page-title = How to connect
# The partners' portal.
portal-checked-title = What was found out
portal-uri-good = This redirect URI can be used.
portal-title = Partner portal
portal-errors = This was not done
portal-sign-up-title = Become a partner
portal-sign-up-lead = With an account you register apps, alone or in a team.
portal-email = E-mail address
portal-your-name = Your name
portal-sign-up-button = Sign up
portal-have-account = I have an account
portal-sent-title = Look into your mail
portal-sent-text = We sent you a link. Your account is made when you open it and confirm. It works for a day.
portal-sent-again = Nothing arrived: try again
portal-confirm-title = Confirm your account
portal-confirm-text = Type the password that you chose when you signed up. So nobody makes an account for you but you.
portal-password = Password
portal-confirm-button = Make my account
portal-join-title = Join a team
portal-join-text = You are invited to the team { $team }.
portal-join-button = Join
portal-join-signed-out = You have an account? Sign in, then open the link again. If not, make one here.
portal-sign-in = Sign in
portal-join-new-button = Make an account and join
portal-done-title = Your account is there
portal-done-text = Sign in with your e-mail address and your password.
portal-gone-title = This link works no more
portal-gone-text = It was used, or it is over. If you have an account, sign in; otherwise sign up again, or ask your team to invite you again.
portal-terms-title = Terms for partners
portal-terms-text = Version { $version }. Please read and accept them to go on.
portal-terms-read = Read the terms
portal-terms-accept = I accept
portal-home-title = Your apps
portal-teams = Your teams
portal-team-link = Members
portal-sandbox-link = Sandbox users and companies
portal-unnamed = App without a name
portal-sandbox = Sandbox
portal-production = Production
portal-last-call = Last call:
portal-no-call = No call yet.
portal-secret-ends = A secret ends:
portal-more = More apps
portal-no-apps = There are no apps yet. Register the first one: it has credentials for the sandbox at once where there is one.
portal-register = Register an app
portal-no-team = Apps belong to a team. Make one; you can be alone in it.
portal-new-team = Make a team
portal-team-name = Name of the team
portal-members = Members
portal-owner = Owner
portal-member = Member
portal-make-member = Make a member
portal-make-owner = Make an owner
portal-remove = Remove
portal-invited = Invited
portal-invited-until = Works until
portal-take-back = Take back
portal-invite = Invite somebody
portal-invite-hint = They get a mail with a link that works once, for a week.
portal-as-owner = As an owner: they may change who belongs to the team
portal-invite-button = Invite
portal-rename = Call the team something else
portal-save = Save
portal-leave = Leave the team
portal-leave-last = You are the only owner. Say who becomes the owner when you leave.
portal-successor = Next owner
portal-nobody = Nobody yet
portal-sandbox-text = These people and companies are there for your tests alone: your team makes them, puts them back and removes them.
portal-shown-once = The password is shown this once
portal-username = User name
portal-users = Users
portal-reset = Put back, with a new password
portal-no-users = There are none. Make one, and sign in as them when you try your app.
portal-person-name = Name of the person
portal-belongs-to = Belongs to
portal-add-user = Make a user
portal-companies = Companies
portal-no-companies = There are none. Some vendors' grants are for one company of several: make two to try that.
portal-company-name = Name of the company
portal-add-company = Make a company
portal-kind-title = What kind of app is it?
portal-kind-text = How it gets tokens follows from this.
portal-kind = Kind
portal-next = Next
portal-step = Step { $number } of { $of }
portal-app-name = Name of the app
portal-app-name-hint = Users read it when they are asked.
portal-publisher = Who publishes it
portal-jwks-uri = Address of its public keys (JWK set)
portal-jwks-hint = Only if it signs with keys of its own (private_key_jwt). Leave it empty to get a secret.
portal-redirects-label = Redirect URIs, one in each line
portal-redirects-hint = Where users are sent back to after they allowed your app. They are compared character by character.
portal-check = Check
portal-scopes-text = Ask for what the app needs and say why: the reviewer reads it.
portal-sensitive = Sensitive
portal-reason = Why
portal-no-scopes = There are no scopes to choose from.
portal-no-questions = There is nothing more to ask.
portal-redirects-title = Redirect URIs
portal-create-text = The app has credentials in the sandbox at once. The vendor is asked for production; you are told by mail.
portal-create-text-no = The vendor is asked; you are told by mail.
portal-create = Register the app
portal-back = Back
portal-discard = Throw the draft away
portal-later = Go on later: the draft is kept
portal-app-pages = Pages of this app
portal-credentials = Credentials
portal-try = Try it
portal-timeline = What happened
portal-answer = Answer, or add something
portal-send = Send
portal-withdraw = Take the request for production back
portal-submit = Ask for production again
portal-legacy = What will have to change
portal-legacy-text = What the app used in the last 30 days, or has a deadline for, will not be there for ever:
portal-times =
    { $count ->
        [one] once
       *[other] { $count } times
    }
portal-deadline-notice = The vendor asks you to change it before
portal-deadline-enforced = It is refused from
portal-deadline-over = It should have changed before
portal-deadline-refused = It is refused since
portal-deadline-any = It ends on
portal-no-legacy = Nothing: in the last 30 days the app did everything as it is done today.
portal-key-set = It signs with the keys at
portal-test-keys = Test the key set
portal-created = Created
portal-used = Last used
portal-unused = Never used
portal-ends = Ends
portal-retire = Stop it
portal-no-secrets = There is no live secret.
portal-label = What you call the secret
portal-days = Ends after so many days
portal-days-hint = Leave it empty: it does not end by itself.
portal-add-secret = Make a secret
portal-two = Two secrets are live: that is as many as there may be. Stop one to make another.
portal-no-secret = This kind of app has no secret: it proves itself with PKCE.
portal-after = Its credentials are there once it is approved. You are told by mail.
portal-endpoints = Addresses
portal-fetched = Fetched at
portal-kids = Keys:
portal-secret-title = Your secret
portal-secret-text = It is shown this once. Keep it where your app reads it, and nowhere else.
portal-to-app = I have kept it: to the app
portal-redirects-review = In the sandbox they change at once. In production the vendor looks at them first, once the app is approved.
portal-redirects-at-once = They change at once, in the sandbox and in production.
portal-try-text = Calls against the sandbox, as your app would make them.
portal-try-own = A token for the app itself
portal-try-secret = Its secret in the sandbox
portal-try-secret-hint = It is used for this call and not kept.
portal-try-call = Call the token endpoint
portal-try-code = With a user: the code flow
portal-try-code-text = Sign in as one of your sandbox users. The code arrives at your redirect URI; exchange it with this verifier.
portal-try-code-link = Begin in the sandbox
portal-try-request = The request
portal-try-answer = The answer
portal-try-token = What is in the token
portal-notice-team = The team is there. Register its first app.
portal-notice-saved = It is saved.
portal-notice-invited = The invitation is on its way by mail.
portal-notice-joined = You belong to the team now.
portal-notice-left = You belong to the team no more.
portal-notice-discarded = The draft is gone.
portal-notice-created = The app is registered.
portal-notice-answered = Your answer is there for the reviewer.
portal-notice-withdrawn = The request is taken back.
portal-notice-submitted = The vendor was asked.
portal-notice-retired = The secret works no more.
portal-notice-asked = They are so in the sandbox. The vendor was asked to change them in production.
portal-notice-removed = It is removed.
portal-notice-again = This page was opened before your browser's cookies changed. Nothing was done; try once more.
portal-notice-any = It is done.
portal-status-draft = Draft
portal-status-pending = Waits for approval
portal-status-active = Active
portal-status-rejected = Not approved
portal-status-suspended = Suspended
portal-status-none = Not there
portal-status-any = Unknown
portal-kind-web = A web app with a server: users sign in, and it can keep a secret
portal-kind-page = A page in the browser, without a server
portal-kind-native = An app on a phone or a computer
portal-kind-machine = A program that acts for itself, without users
portal-kind-any = Another kind
portal-step-name = What is it called?
portal-step-redirects = Where are users sent back to?
portal-step-scopes = What does it need?
portal-step-questions = What the vendor wants to know
portal-step-summary = Is everything right?
portal-step-any = Next step
portal-event-requested = Approval was asked for
portal-event-question = The vendor asks
portal-event-answer = Answer
portal-event-approved = Approved
portal-event-rejected = Not approved
portal-event-withdrawn = Request taken back
portal-event-suspended = Suspended
portal-event-resumed = Served again
portal-event-changed = Changed
portal-event-change-requested = A change was asked for
portal-event-deadline = Something old that the app uses has a date
portal-event-deadline-removed = That date was taken back
portal-event-legacy-ended = That date has come
portal-event-any = Something else
portal-side-operator = The vendor
portal-side-partner = Your team
portal-side-any = Somebody else
portal-confirm-error-wrong = That is not the password that was chosen.
portal-confirm-error-locked = There were too many attempts. Wait a little.
portal-confirm-error-any = Try once more.
portal-mend-implicit = Use the code flow with PKCE (response_type=code).
portal-mend-remembered-implicit = Use the code flow with PKCE (response_type=code).
portal-mend-password = Send users to the sign-in page and use the code flow; never ask for their password.
portal-mend-wildcard-redirect = Register each redirect URI in full, and carry what differs in state.
portal-mend-no-pkce = Send code_challenge with S256, and code_verifier with the code.
portal-mend-raw-basic = Form-encode id and secret before they go into the Authorization header.
portal-mend-json-body = Send a form (application/x-www-form-urlencoded), not JSON.
portal-mend-reusable-refresh = Keep the refresh token of each answer and use the newest one.
portal-mend-any = See the guide of the realm for the way that stays.
