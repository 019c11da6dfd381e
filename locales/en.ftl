# Every string that people see, in English: a Fluent file (https://projectfluent.org).
# A language is one file of this folder; a message that it lacks is shown in English. `{ $name }` is replaced by
# what the template passes.

## Common

common-new = New
common-select-hint = One click selects it all.

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
sign-in-advice = Only enter your password on a page whose address you know.

## Consent

consent-page-title = Allow access
consent-title = { $client } wants to use your { $realm } account
consent-published-by = Published by { $publisher }
consent-publisher-unknown = The publisher of this app did not give a name
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
consent-allow = Allow
consent-deny = Deny
consent-decision = Your decision
consent-answer-goes-to = Your answer goes to { $host }.

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
error-request-id = Request id
error-details = Details to copy
error-details-hint = Send these lines along when you ask for help.
error-compare-title = The address to return to is not registered
error-compare-hint = The parts that differ are marked.
error-compare-received = Received
error-compare-nearest = Nearest registered
error-compare-nothing = nothing here
error-back = Nothing was shared. You can close this page, or go back to the app and start again.
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
error-message-method-not-allowed = Go back to the app and start again.
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
expired-title-any = This page cannot go on
expired-message-too-long = It stood open for too long, so it was closed to keep your account safe. Nothing was shared.
expired-message-allowed = Your answer went to the app, and it has the access that you allowed. If the app does not go on, start again.
expired-message-denied = Your answer went to the app, and nothing was shared. If you have changed your mind, start again.
expired-message-app-changed = What the app may ask for was changed while this page was open. Nothing was shared.
expired-message-any = What your browser sent is incomplete or was changed on its way. Nothing was shared.
expired-again = Start again
expired-no-again = Go back to the app and start again from there.

## Logout confirm

logout-confirm-page-title = Sign out
logout-confirm-title = Sign out of { $realm }?
logout-confirm-message = You are signed in as { $username }. Apps that you connected stay connected.
logout-confirm-submit = Sign out

## Signed in

signed-in-page-title = Signed in
signed-in-title = You are signed in
signed-in-message = No app asked for anything, so there is nothing more to do here. To connect an app, start from that app.
signed-in-submit = Sign out

## Secret

secret-page-title = Your app's secret
secret-offered-title = The secret of your app
secret-offered-message = This link shows the secret once. Have a safe place ready for it, such as a password manager.
secret-offered-why = Nothing has been shown yet: the link is used up by the button, not by opening this page.
secret-show = Show the secret
secret-shown-title = Your app is ready
secret-shown-message = This is the only time that the secret is shown. Store it now; it cannot be read again, only replaced.
secret-used-title = This link has been used
secret-used-message = A secret is shown once, and this one has been shown or its link has expired. If it was not you, tell { $realm } at once. For a new secret, ask { $realm }.
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
not-found-message = Check the address, or go back to the app that you came from.

## Mail

mail-subject = { $app } is approved for { $realm }
mail-greeting = Hello { $owner },
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
mail-closing = You get this mail because you registered the app. If you did not, please tell us.
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
