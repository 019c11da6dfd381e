# Every string that people see, in German: the messages and their placeholders are those of en.ftl.

## Common

common-new = Neu
common-select-hint = Ein Klick markiert alles.
common-copy = Kopieren
common-copied = Kopiert

## Duration

duration-second =
    { $count ->
        [one] { $count } Sekunde
       *[other] { $count } Sekunden
    }
duration-minute =
    { $count ->
        [one] { $count } Minute
       *[other] { $count } Minuten
    }
duration-hour =
    { $count ->
        [one] { $count } Stunde
       *[other] { $count } Stunden
    }
duration-day =
    { $count ->
        [one] { $count } Tag
       *[other] { $count } Tage
    }
duration-two = { $first } und { $second }

## Sign in

sign-in-page-title = Anmelden
sign-in-title = Anmelden
sign-in-continue-to = um mit { $client } fortzufahren
sign-in-to-realm = mit Ihrem Konto bei { $realm }
sign-in-username = Benutzername oder E-Mail-Adresse
sign-in-password = Passwort
sign-in-submit = Anmelden
sign-in-not-you = Nicht Sie?
sign-in-error-title = Sie sind noch nicht angemeldet
sign-in-wrong-password = Der Benutzername oder das Passwort stimmt nicht. Prüfen Sie beides und versuchen Sie es erneut.
sign-in-again-title = Bitte melden Sie sich noch einmal an
sign-in-again = Seit diese Seite geöffnet wurde, haben sich die Cookies Ihres Browsers geändert. Es ist nichts verloren: Geben Sie Ihr Passwort noch einmal ein.
sign-in-too-many = Es gab zu viele Versuche. Warten Sie { $wait } und versuchen Sie es dann erneut.
sign-in-provider-failed = Die Gegenseite hat nicht geantwortet, wie sie sollte. Versuchen Sie es in einer Minute noch einmal, oder melden Sie sich hier an.
sign-in-provider-refused = Die Anmeldung dort wurde nicht abgeschlossen. Versuchen Sie es noch einmal, oder melden Sie sich hier an.
sign-in-provider-stale = Eine App verlangt eine neue Anmeldung, und die Gegenseite sagt nicht, dass Sie sich eben angemeldet haben. Melden Sie sich dort ab und versuchen Sie es noch einmal, oder melden Sie sich hier an.
sign-in-not-let-in = Sie sind dort angemeldet, haben hier aber kein Konto, das dazu gehört. Fragen Sie bei { $realm } nach.
sign-in-address-taken = Es gibt ein Konto mit Ihrer Mailadresse, das kein Passwort hat. Melden Sie sich dort an wie bisher; danach können Sie dieses hier in Ihrem Konto unter „Anmeldung“ verbinden.
sign-in-providers = Andere Wege zur Anmeldung
sign-in-at-provider = Mit { $provider } anmelden
sign-in-advice = Geben Sie Ihr Passwort nur auf einer Seite ein, deren Adresse Sie kennen.
sign-in-compare-host = Geben Sie Ihr Passwort nur ein, wenn die Adresszeile Ihres Browsers { $host } zeigt.
sign-in-forgotten = Passwort vergessen?
sign-in-show = Anzeigen
sign-in-hide = Verbergen
sign-in-try-now = Sie können es jetzt erneut versuchen.
sign-in-passkey = Mit einem Passkey anmelden
sign-in-passkey-wrong = Dieser Passkey gilt hier nicht. Wählen Sie einen anderen oder melden Sie sich mit Ihrem Passwort an.

## Der zweite Faktor

factor-ask-title = Bestätigen Sie, dass Sie es sind
factor-code = Code aus Ihrer Authenticator-App
factor-recovery-code = Wiederherstellungscode
factor-code-hint = Kein Telefon zur Hand? Einer Ihrer Wiederherstellungscodes geht auch.
factor-remember = In diesem Browser { $duration } lang nicht mehr fragen
factor-continue = Weiter
factor-skip = Jetzt nicht
factor-error-title = Das hat nicht geklappt
factor-wrong = Der Code stimmt nicht oder wurde schon benutzt. Warten Sie auf den nächsten und versuchen Sie es noch einmal.
factor-again-title = Bitte noch einmal
factor-again = Diese Seite wurde geöffnet, bevor sich die Cookies Ihres Browsers geändert haben. Nichts ist verloren: Geben Sie noch einmal einen Code ein.
factor-too-many = Es waren zu viele Versuche. Warten Sie { $wait } und versuchen Sie es dann noch einmal.
factor-try-now = Sie können es jetzt wieder versuchen.
factor-compare-host = Geben Sie einen Code nur ein, wenn die Adresszeile Ihres Browsers { $host } zeigt.
factor-set-up-title = Zweiten Schritt einrichten
factor-set-up-message = Von jetzt an fragt { $realm } neben Ihrem Passwort nach einem Code aus einer App auf Ihrem Telefon.
factor-programs-title = Diese Apps werden nicht mehr funktionieren:
factor-programs-message = Sie melden sich nur mit Ihrem Passwort an. Fragen Sie deren Betreiber nach einem anderen Weg, bevor Sie weitermachen.
factor-step-app = Öffnen Sie eine Authenticator-App auf Ihrem Telefon. Jede ist geeignet.
factor-step-scan = Scannen Sie damit diesen Code.
factor-step-type = Oder geben Sie diesen Schlüssel in die App ein:
factor-step-confirm = Geben Sie den Code ein, den die App jetzt zeigt.
factor-qr = QR-Code für Ihre Authenticator-App. Der Schlüssel darunter sagt dasselbe.
factor-secret = Schlüssel
factor-set-up-submit = Einrichten
factor-passkey = Passkey verwenden
factor-passkey-wrong = Der Passkey hat nicht funktioniert. Versuchen Sie es noch einmal oder wählen Sie einen anderen.
factor-codes-title = Ihre Wiederherstellungscodes
factor-codes-message = Ohne Ihr Telefon kommen Sie mit jedem davon einmal hinein. Bewahren Sie sie auffindbar auf: Sie werden nicht noch einmal gezeigt.
factor-codes-hint = Drucken Sie sie aus oder legen Sie sie in Ihrem Passwortmanager ab.
factor-codes-done = Ich habe sie aufbewahrt

## Passkeys, auf mehreren Seiten

passkey-set-up-title = Passkey hinzufügen
passkey-set-up-message = Mit einem Passkey melden Sie sich bei { $realm } so an, wie Sie Ihr Gerät entsperren: mit dem Finger, dem Gesicht oder einer PIN. Von da an genügt Ihr Passwort allein nicht mehr.
passkey-create = Passkey erstellen
passkey-instead = Stattdessen einen Passkey erstellen
passkey-name = Name des Passkeys
passkey-name-hint = Damit Sie ihn wiedererkennen, etwa der Name des Geräts, auf dem er liegt.
passkey-cancelled = Es wurde kein Passkey verwendet. Sie können es noch einmal versuchen.
passkey-known = Auf diesem Gerät gibt es für dieses Konto schon einen Passkey.
passkey-unsupported = Dieser Browser kennt keine Passkeys. Öffnen Sie die Seite in einem anderen Browser.
passkey-no-script = Passkeys brauchen JavaScript. Erlauben Sie es für diese Seite oder öffnen Sie sie in einem anderen Browser.

## Womit sich jemand anmeldet

security-title = Anmeldung
security-factors = Zweiter Schritt
security-required = Ihr Konto braucht einen zweiten Schritt.
security-no-factors = Sie melden sich nur mit Ihrem Passwort an.
security-password-only = Sie melden sich mit Ihrem Passwort an.
security-none-yet = Sie haben noch keinen.
security-app = Authenticator-App
security-add-app = Authenticator-App hinzufügen
security-remove = Entfernen
security-remove-app = Diese Authenticator-App entfernen
security-passkey = Passkey
security-add-passkey = Passkey hinzufügen
security-added-now = Gerade eben hinzugefügt
security-added-minutes =
    { $count ->
        [one] Vor { $count } Minute hinzugefügt
       *[other] Vor { $count } Minuten hinzugefügt
    }
security-added-hours =
    { $count ->
        [one] Vor { $count } Stunde hinzugefügt
       *[other] Vor { $count } Stunden hinzugefügt
    }
security-added-days =
    { $count ->
        [one] Vor { $count } Tag hinzugefügt
       *[other] Vor { $count } Tagen hinzugefügt
    }
security-remove-passkey = Den Passkey { $name } entfernen
security-rename = Umbenennen
security-rename-submit = Namen speichern
security-codes = Wiederherstellungscodes
security-codes-left =
    { $count ->
        [one] { $count } Code ist noch übrig.
       *[other] { $count } Codes sind noch übrig.
    }
security-new-codes = Neue Codes erzeugen
security-new-codes-hint = Die alten gelten dann nicht mehr.
security-browsers = Browser, die nicht nach dem zweiten Schritt fragen
security-some-browser = Ein Browser
security-forget = Wieder fragen
security-forget-browser = In { $name } wieder fragen
security-not-done = Nichts wurde geändert
security-notice-removed = Es ist entfernt.
security-notice-renamed = Er hat seinen neuen Namen.
security-notice-needed = Ihr Konto braucht einen zweiten Schritt, und dies ist der einzige. Fügen Sie erst einen anderen hinzu.
security-notice-forgotten = Dieser Browser fragt wieder nach dem zweiten Schritt.
security-notice-again = Diese Seite wurde geöffnet, bevor sich die Cookies Ihres Browsers geändert haben. Versuchen Sie es noch einmal.
security-notice-password-fair = Ihr Passwort ist geändert, und Sie sind überall sonst abgemeldet. Es ist mäßig: Ein längeres wäre besser.
security-notice-password-good = Ihr Passwort ist geändert, und Sie sind überall sonst abgemeldet. Es ist gut.
security-notice-password-strong = Ihr Passwort ist geändert, und Sie sind überall sonst abgemeldet. Es ist stark.
security-notice-password-wrong = Ihr jetziges Passwort stimmt nicht.
security-notice-password-short = Das neue Passwort ist zu kurz: Es braucht mindestens 8 Zeichen. Mehrere Wörter eignen sich gut.
security-notice-password-guessable = Das neue Passwort ist eines der ersten, die jemand versucht. Wählen Sie eines, das keinem Muster folgt.
security-notice-password-own-name = Das neue Passwort ist kaum mehr als ein Name. Wählen Sie eines, das niemand Ihnen ansieht.
security-notice-password-known = Das neue Passwort steht auf einer Liste bekannt gewordener Passwörter. Wählen Sie eines, das Sie nirgends sonst benutzen.
security-notice-password-locked = Es waren zu viele Versuche. Warten Sie eine Minute und versuchen Sie es dann noch einmal.
security-password = Passwort
security-current-password = Jetziges Passwort
security-change-password = Passwort ändern
security-change-password-hint = Hier bleiben Sie angemeldet, überall sonst werden Sie abgemeldet. Apps, die Ihr Passwort kennen, funktionieren nicht mehr.
new-password = Neues Passwort
new-password-hint = Mindestens 8 Zeichen; je länger, desto stärker. Mehrere Wörter eignen sich gut.
security-notice-email-sent = Eine Mail an diese Adresse ist unterwegs. Folgen Sie ihrem Link, und die Adresse gehört Ihnen.
security-notice-email-wrong = Das ist keine Mailadresse.
security-notice-email-locked = Sie haben innerhalb einer Stunde mehrere Adressen versucht. Warten Sie eine Weile.
security-email = Mailadresse
security-email-now = Mails gehen an { $email }.
security-new-email = Neue Adresse
security-change-email = Link dorthin senden
security-providers = Anmeldung anderswo
security-unlink = { $name } entfernen
security-connect = { $provider } verbinden
security-since-now = eben verbunden
security-since-minutes =
    { $count ->
        [one] vor { $count } Minute verbunden
       *[other] vor { $count } Minuten verbunden
    }
security-since-hours =
    { $count ->
        [one] vor { $count } Stunde verbunden
       *[other] vor { $count } Stunden verbunden
    }
security-since-days =
    { $count ->
        [one] vor { $count } Tag verbunden
       *[other] vor { $count } Tagen verbunden
    }
security-notice-last-way = Ohne dies kämen Sie nicht mehr hinein. Verbinden Sie erst ein anderes Konto, oder lassen Sie sich vom Betreiber ein Passwort geben.
security-notice-connected = Es ist verbunden. Von jetzt an können Sie sich damit anmelden.
security-notice-not-connected = Die Gegenseite hat nicht gesagt, dass Sie es sind. Versuchen Sie es in einer Minute noch einmal.
security-notice-connected-elsewhere = Ein anderes Konto hier ist damit verbunden. Melden Sie sich bei jenem an und entfernen Sie es dort zuerst.
security-notice-any = Es ist erledigt.

## Links, die Leute per Mail bekommen

forgotten-title = Passwort vergessen?
forgotten-message = Sagen Sie, wer Sie bei { $realm } sind, und Sie bekommen einen Link per Mail.
forgotten-submit = Link zusenden
forgotten-back = Zurück zur Anmeldung
forgotten-again = Diese Seite wurde geöffnet, bevor sich die Cookies Ihres Browsers geändert haben. Versuchen Sie es noch einmal.
forgotten-sent-title = Sehen Sie in Ihre Mail
forgotten-sent-message = Wenn { $realm } Sie kennt, ist eine Mail an Ihre Adresse unterwegs. Ihr Link gilt eine Stunde.
forgotten-sent-hint = Nach ein paar Minuten nichts da? Sehen Sie unter der unerwünschten Post nach, oder fragen Sie, wer Ihr Konto betreut.
choose-title = Passwort wählen
choose-message = für { $username } bei { $realm }
choose-submit = Speichern
choose-done-title = Ihr Passwort ist gesetzt
choose-done-fair = Es ist mäßig: Ein längeres wäre besser. Melden Sie sich jetzt damit an.
choose-done-good = Es ist gut. Melden Sie sich jetzt damit an.
choose-done-strong = Es ist stark. Melden Sie sich jetzt damit an.
confirm-title = Ist das Ihre Adresse?
confirm-message = { $email } wird die Adresse Ihres Kontos bei { $realm }.
confirm-submit = Ja, sie gehört mir
confirm-done-title = Ihre Adresse ist geändert
confirm-done-message = Mails gehen von jetzt an an { $email }.
link-gone-title = Dieser Link gilt nicht mehr
link-gone-message = Er wurde benutzt, ist zu alt, oder ein Teil davon fehlt. Fordern Sie einen neuen an.
mail-link-reset-subject = { $realm }: neues Passwort wählen
mail-link-reset = Jemand, wahrscheinlich Sie, hat das Passwort Ihres Kontos bei { $realm } vergessen.
mail-link-first-login-subject = { $realm }: Ihr Passwort wählen
mail-link-first-login = Sie haben ein Konto bei { $realm }. Wählen Sie ein Passwort, dann können Sie sich anmelden.
mail-link-email-subject = { $realm }: Ist das Ihre Adresse?
mail-link-email = Jemand möchte diese Adresse für das eigene Konto bei { $realm } verwenden.
mail-link-nobody-subject = { $realm }: Niemand hat diese Adresse
mail-link-nobody = Jemand hat mit dieser Adresse ein neues Passwort angefordert. Kein Konto bei { $realm } hat sie: Vielleicht haben Sie eine andere angegeben.
mail-link-provider-subject = { $realm }: Ihr Konto hat kein Passwort
mail-link-provider = Jemand, wahrscheinlich Sie, wollte ein neues Passwort. Ihr Konto bei { $realm } hat keines: Nehmen Sie den Knopf der Anmeldeseite, mit dem Sie sich bisher angemeldet haben.
mail-link-moved-subject = { $realm }: Ihr Konto hat eine andere Adresse
mail-link-moved = Ihr Konto bei { $realm } hat von jetzt an eine andere Adresse. Wenn Sie das nicht waren, bitten Sie sofort um Hilfe.
mail-link-username = Sie melden sich an als
mail-link-button = Passwort wählen
mail-link-email-button = Ja, es ist meine Adresse
mail-link-valid = Der Link gilt einmal, innerhalb von { $duration }. Ihn zu öffnen verbraucht ihn nicht.
mail-link-closing = Wenn Sie das nicht angefordert haben, brauchen Sie nichts zu tun. Fragen? Schreiben Sie an { $contact }.
mail-link-closing-nobody = Wenn Sie das nicht angefordert haben, brauchen Sie nichts zu tun, oder sagen Sie { $realm } Bescheid.

## Ein Konto, das jemand bei einem Anbieter bekommen könnte

link-account-page-title = Ist das Ihr Konto?
link-account-title = Ist das Ihr Konto?
link-account-message = Hier gibt es ein Konto { $username }. Ist es Ihres, weisen Sie das einmal mit seinem Passwort nach: Danach meldet { $provider } Sie dort an.
link-account-password = Passwort von { $username }
link-account-submit = Verbinden und anmelden
link-account-wrong-password = Das Passwort ist nicht das dieses Kontos. Prüfen Sie es und versuchen Sie es noch einmal.
link-account-instead = Auf andere Weise anmelden
link-account-why = Ist es nicht Ihres, lassen Sie es so: { $provider } hat eine Adresse genannt, die zum Konto eines anderen gehört.

## Accounts of this browser

accounts-page-title = Konto auswählen
accounts-title = Konto auswählen
accounts-at-realm = bei { $realm }
accounts-signed-in = Angemeldet
accounts-used-now = Gerade eben verwendet
accounts-used-minutes =
    { $count ->
        [one] Vor { $count } Minute verwendet
       *[other] Vor { $count } Minuten verwendet
    }
accounts-used-hours =
    { $count ->
        [one] Vor { $count } Stunde verwendet
       *[other] Vor { $count } Stunden verwendet
    }
accounts-used-days =
    { $count ->
        [one] Vor { $count } Tag verwendet
       *[other] Vor { $count } Tagen verwendet
    }
accounts-other = Anderes Konto verwenden
accounts-forget-who = { $name } aus dieser Liste nehmen
accounts-why = Diese Konten wurden in diesem Browser verwendet. Alle außer dem angemeldeten fragen nach ihrem Passwort.

## Eine App, die auf Freigabe wartet

not-approved-page-title = Noch nicht freigegeben
not-approved-title = { $client } ist noch nicht freigegeben
not-approved-message = { $client } kommt von { $host }. { $realm } lässt eine App erst zu, wenn jemand sie angesehen hat. Sie können um diese bitten; das kostet nichts und gibt der App noch nichts.
not-approved-ask = { $realm } darum bitten
not-approved-asked-title = Sie haben darum gebeten
not-approved-asked = { $realm } wird sich { $client } ansehen. Verbinden Sie die App von dort aus noch einmal, sobald sie freigegeben ist.
not-approved-contact = Fragen:

## Nothing to choose

no-organisation-page-title = Noch nichts zu erlauben
no-organisation-title = Sie können diese App noch nicht nutzen
no-organisation-message = { $client } arbeitet für Unternehmen oder Standorte, und es gibt keines, für das sie Ihr Konto bei { $realm } nutzen darf.
no-organisation-what-to-do = Bitten Sie die Person, die { $realm } in Ihrem Unternehmen betreut, Sie hinzuzufügen oder die App zu erlauben, und beginnen Sie dann in der App von vorn.
no-organisation-back = Zurück zu { $client }

## Where a realm's pages begin

home-page-title = Willkommen
home-title = { $realm }
home-message = Melden Sie sich an, um Ihr Konto zu sehen.
home-apps = Um eine App zu verbinden, beginnen Sie in der App: Sie schickt Sie hierher, wenn sie Sie braucht.
home-link = Zu { $realm }
links-title = { $realm }: mehr
link-any = Mehr
link-help = Hilfe
link-privacy = Datenschutz
link-terms = Nutzungsbedingungen

## Consent

consent-page-title = Zugriff erlauben
consent-title = { $client } möchte Ihr Konto bei { $realm } verwenden
consent-published-by = Herausgegeben von { $publisher }
consent-publisher-unknown = Der Herausgeber dieser App hat keinen Namen angegeben
consent-link-home = Startseite
consent-link-policy = Datenschutz
consent-link-terms = Nutzungsbedingungen
consent-account = Ihr Konto
consent-switch = Konto wechseln
consent-scopes = Die App könnte dann
consent-no-scopes = Die App erfährt nur, dass Sie sich angemeldet haben.
consent-new-hint = Das haben Sie bisher nicht erlaubt.
consent-organisation-one = Worauf darf die App zugreifen?
consent-organisation-many = Worauf darf die App zugreifen?
consent-organisation-many-hint = Wählen Sie mindestens einen Eintrag aus.
consent-error-title = Es fehlt noch etwas
consent-no-organisation = Wählen Sie aus, worauf diese App zugreifen darf, oder lehnen Sie die Anfrage ab.
consent-ends-after = Der Zugriff endet { $duration } nach Ihrer Zustimmung.
consent-ends-idle = Der Zugriff endet, wenn die App ihn { $duration } lang nicht genutzt hat.
consent-ends-both = Der Zugriff endet, wenn die App ihn { $idle } lang nicht genutzt hat, spätestens aber { $duration } nach Ihrer Zustimmung.
consent-take-back = Sie können den Zugriff jederzeit widerrufen: Wenden Sie sich an { $realm }.
consent-take-back-before = Sie können den Zugriff jederzeit widerrufen, und zwar in
consent-take-back-link = Ihrem Konto
app-agent = Agent
consent-agent = Er handelt von selbst, auch wenn Sie nicht da sind.
consent-times = Für wie lange?
consent-time = Für { $duration }
consent-time-always = Bis ich es zurücknehme
consent-allow = Erlauben
consent-deny = Ablehnen
consent-answer-goes-to = Ihre Antwort geht an { $host }.
consent-answer-goes-to-program = Ihre Antwort geht an ein Programm auf diesem Gerät: an das, welches { $scheme }-Adressen öffnet.
consent-answer-local = Das ist auf Ihrem eigenen Gerät: Erlauben Sie nur, was Sie selbst gestartet haben.
consent-device = Die Antwort geht an das Gerät, das den Code { $code } anzeigt. Erlauben Sie nur, was Sie selbst begonnen haben.
consent-sensitive = Wichtig
consent-codes = Für Entwickler: Scope-Codes
consent-filter = In der Liste suchen
consent-filter-none = Nichts in der Liste passt.
consent-all = Alle
consent-none = Keine
consent-decision = Ihre Entscheidung

## Scopes

unnamed-scope = „{ $name }“ verwenden
scope-openid = Feststellen, dass Sie sich angemeldet haben
scope-profile = Ihren Namen sehen
scope-email = Ihre E-Mail-Adresse sehen
scope-phone = Ihre Telefonnummer sehen
scope-address = Ihre Postanschrift sehen
scope-offline-access = Den Zugriff behalten, auch wenn Sie nicht da sind

## Error pages

error-page-title = Es ist etwas schiefgegangen
error-code = Fehlercode
error-parameter = Parameter
error-request-id = Anfragenummer
error-details = Angaben zum Kopieren
error-details-hint = Schicken Sie diese Zeilen mit, wenn Sie um Hilfe bitten.
error-compare-title = Die Rücksprungadresse ist nicht registriert
error-compare-hint = Die Abweichungen sind markiert.
error-compare-received = Erhalten
error-compare-nearest = Ähnlichste registrierte Adresse
error-compare-nothing = hier steht nichts
error-back = Es wurde nichts weitergegeben. Kehren Sie zur App zurück und beginnen Sie dort von vorn.
error-again = Erneut versuchen
error-title-any = Es ist etwas schiefgegangen
error-title-invalid-request = Diese Anfrage kann nicht beantwortet werden
error-title-invalid-client = Diese App ist hier nicht bekannt
error-title-unauthorized-client = Das darf diese App nicht
error-title-invalid-redirect-uri = Diese App hat eine falsche Rücksprungadresse angegeben
error-title-invalid-scope = Die App hat nach etwas Unbekanntem gefragt
error-title-access-denied = Der Zugriff wurde abgelehnt
error-title-csrf = Dieses Formular ist nicht mehr gültig
error-title-expired = Das hat zu lange gedauert
error-title-too-many-requests = Zu viele Anfragen
error-title-method-not-allowed = Diese Adresse lässt sich so nicht verwenden
error-title-payload-too-large = Das war zu viel
error-title-server-error = Der Fehler liegt bei uns
error-title-temporarily-unavailable = Im Moment überlastet
error-message-any = Die Anfrage konnte nicht bearbeitet werden.
error-message-invalid-request = Die App, von der Sie kommen, hat eine fehlerhafte Anfrage gestellt. Bitte weisen Sie ihren Anbieter darauf hin.
error-message-invalid-client = Die App, von der Sie kommen, ist hier nicht registriert oder nicht mehr zugelassen.
error-message-unauthorized-client = Die App, von der Sie kommen, darf auf diese Weise nicht anfragen.
error-message-invalid-redirect-uri = Die App, von der Sie kommen, hat eine Rücksprungadresse angegeben, die für sie nicht registriert ist. Zum Schutz Ihres Kontos werden Sie nicht dorthin weitergeleitet.
error-message-invalid-scope = Die App, von der Sie kommen, hat um eine Berechtigung gebeten, die es hier nicht gibt.
error-message-access-denied = Sie selbst oder der Betreiber dieses Dienstes haben den Zugriff nicht erlaubt.
error-message-csrf = Das abgeschickte Formular gehört nicht zu diesem Browser oder ist zu alt. Kehren Sie zur App zurück und beginnen Sie von vorn.
error-message-expired = Kehren Sie zur App zurück und beginnen Sie von vorn.
error-message-too-many-requests = Warten Sie einen Moment und versuchen Sie es dann erneut.
error-message-method-not-allowed = An diese Adresse schickt ein Formular oder ein Programm etwas; zu lesen gibt es hier nichts.
error-message-payload-too-large = Die Anfrage war größer, als hier angenommen wird.
error-message-server-error = Hier ist ein Fehler aufgetreten. Er wurde protokolliert; bitte versuchen Sie es gleich noch einmal.
error-message-temporarily-unavailable = Bitte versuchen Sie es gleich noch einmal.

error-cause-duplicate = Der Parameter { $name } kommt mehrfach vor.
error-cause-missing-parameter = Der Parameter { $name } fehlt.
error-cause-too-many-parameters = Die Anfrage hat mehr als 64 Parameter.
error-cause-unknown-client = Eine App mit der client_id { $name } gibt es hier nicht; vergleichen Sie sie mit der, die die App bekommen hat.
error-cause-wrong-client = Die App (client_id) ist hier unbekannt.
error-cause-client-inactive = Die App ist nicht freigeschaltet; ihr Besitzer kann beim Anbieter nach dem Grund fragen.
error-cause-redirect-missing = redirect_uri fehlt.
error-cause-redirect-unregistered = redirect_uri ist für diese App nicht registriert.
# The same for the person in front of the page, who did not make the mistake.

error-person-wrong-client = Die App, von der Sie kommen, ist hier nicht bekannt. Vielleicht hat ihr Anbieter sie entfernt, oder der Link ist alt.
error-person-client-inactive = Die App, von der Sie kommen, ist zurzeit nicht freigeschaltet. Ihr Anbieter kann Ihnen sagen, wann sie es sein wird.
error-person-redirect-unregistered = Die App, von der Sie kommen, hat eine Rücksprungadresse angegeben, die für sie nicht registriert ist. Zum Schutz Ihres Kontos werden Sie nicht dorthin weitergeleitet. Bitte weisen Sie ihren Anbieter darauf hin.

## Signed out

signed-out-page-title = Abgemeldet
signed-out-title = Sie sind abgemeldet
signed-out-message = Ihre Sitzung bei { $realm } ist in diesem Browser beendet. Verbundene Apps bleiben verbunden.
signed-out-again = Erneut anmelden
signed-out-back = Zurück zu { $app }

## Expired

expired-page-title = Abgelaufen
expired-title-too-long = Diese Anmeldung ist abgelaufen
expired-title-allowed = Sie haben das bereits erlaubt
expired-title-denied = Sie haben das bereits abgelehnt
expired-title-app-changed = Diese App darf das nicht mehr anfragen
expired-title-elsewhere = Diese Anmeldung gehört zu einem anderen Browser
expired-title-used = Dieser Schritt ist schon erledigt
expired-title-any = Hier geht es nicht weiter
expired-message-too-long = Sie stand zu lange offen und wurde zum Schutz Ihres Kontos geschlossen. Es wurde nichts weitergegeben.
expired-message-allowed = Ihre Antwort ging an die App, und sie hat den Zugriff, den Sie erlaubt haben. Geht es in der App nicht weiter, beginnen Sie von vorn.
expired-message-denied = Ihre Antwort ging an die App, und es wurde nichts weitergegeben. Haben Sie es sich anders überlegt, beginnen Sie von vorn.
expired-message-app-changed = Was die App anfragen darf, wurde geändert, während diese Seite offen war. Es wurde nichts weitergegeben.
expired-message-elsewhere = Sie wurde in einem anderen Browser oder einem privaten Fenster begonnen, oder dieser Browser hat seine Cookies verloren. Es wurde nichts weitergegeben. Machen Sie dort weiter, wo Sie begonnen haben, oder beginnen Sie hier von vorn.
expired-message-used = Ihr Browser kam zu einem Schritt zurück, der schon beantwortet war. Es wurde dadurch nichts weiter weitergegeben. Warten Sie noch auf die App, beginnen Sie von vorn.
expired-message-any = Was Ihr Browser gesendet hat, ist unvollständig oder wurde unterwegs verändert. Es wurde dadurch nichts weitergegeben.
expired-again = Von vorn beginnen
expired-no-again = Kehren Sie zur App zurück und beginnen Sie dort von vorn.

## Logout confirm

logout-confirm-page-title = Abmelden
logout-confirm-title = Von { $realm } abmelden?
logout-confirm-message = Sie sind als { $username } angemeldet. Verbundene Apps bleiben verbunden.
logout-confirm-submit = Abmelden
logout-confirm-stay = Angemeldet bleiben

## Signed in

signed-in-page-title = Ihr Konto
signed-in-title = Ihr Konto
signed-in-at = Sie sind bei { $realm } angemeldet.
signed-in-message = Apps, die mit diesem Konto arbeiten, starten Sie auf deren eigener Seite oder als Programm. Hier wartet gerade keine auf Sie.
signed-in-apps = Ihre Apps
signed-in-open = { $client } öffnen
signed-in-account = Ihr Konto: Apps, Browser, Sicherheit
signed-in-submit = Abmelden

## Secret

secret-page-title = Das Geheimnis Ihrer App
secret-offered-title = Das Geheimnis von { $app }
secret-offered-message = Dieser Link zeigt das Geheimnis genau einmal. Halten Sie einen sicheren Ort dafür bereit, zum Beispiel einen Passwortmanager.
secret-offered-why = Es wurde noch nichts angezeigt: Erst die Schaltfläche verbraucht den Link, nicht das Öffnen dieser Seite.
secret-offered-ends = Der Link gilt noch { $duration }.
secret-app = App
secret-mangled-title = Dieser Link ist nicht vollständig
secret-mangled-message = Manche Mailprogramme zerteilen lange Links. Kopieren Sie den ganzen Link aus der E-Mail in die Adresszeile, oder bitten Sie um eine neue E-Mail. Es ist nichts verloren.
secret-show = Geheimnis anzeigen
secret-shown-title = { $app } ist bereit
secret-shown-message = Das Geheimnis wird nur dieses eine Mal angezeigt. Bewahren Sie es jetzt auf; es kann nicht noch einmal gelesen, nur ersetzt werden.
secret-used-title = Dieser Link ist verbraucht oder abgelaufen
secret-used-message = Ein Geheimnis wird nur einmal angezeigt, und ein Link gilt nur einige Tage. Wenn Sie das Geheimnis haben, ist alles in Ordnung. Wenn nicht, bitten Sie { $realm } um ein neues, und sagen Sie dazu, falls niemand, den Sie kennen, es geöffnet haben kann.
secret-retired-title = Dieses Geheimnis gilt nicht mehr
secret-retired-message = Das Geheimnis hinter diesem Link wurde außer Kraft gesetzt und wird deshalb nicht angezeigt. Ein neues erhalten Sie von { $realm }.
secret-stopped-title = Diese App ist nicht aktiv
secret-stopped-message = Die App wurde gesperrt, abgelehnt oder entfernt; ihr Geheimnis wird deshalb nicht angezeigt. Wenn Sie das nicht erwartet haben, fragen Sie { $realm }.
secret-client-id = Client-ID
secret-client-secret = Client-Geheimnis
secret-endpoints = Adressen
secret-env-title = Als Umgebungsvariablen
secret-curl-title = Ausprobieren
secret-curl-hint = Fügen Sie es in ein Terminal ein; die Antwort ist ein Token.

## Addresses of a realm, on the page with the secret and in mails

address-issuer = Aussteller (Issuer)
address-authorization-endpoint = Autorisierungsendpunkt
address-token-endpoint = Token-Endpunkt
address-log-off-endpoint = Abmeldeendpunkt
address-revocation-endpoint = Widerrufsendpunkt
address-introspection-endpoint = Introspektionsendpunkt

## Form post

form-post-page-title = Noch ein Schritt
form-post-title = Zurück zu { $client }
form-post-message = Schließen Sie den Vorgang mit der Schaltfläche ab.
form-post-submit = Weiter

## Not found

not-found-page-title = Nicht gefunden
not-found-title = Diese Seite gibt es nicht
not-found-message = Prüfen Sie die Adresse auf Tippfehler, oder kehren Sie zu der App zurück, von der Sie kommen.

## Mail

mail-subject = { $app } ist für { $realm } freigegeben
mail-greeting = Guten Tag { $owner },
mail-greeting-nobody = Guten Tag,
mail-approved = Ihre App { $app } wurde freigegeben. Sie kann { $realm } ab sofort nutzen.
mail-client-id = Client-ID
mail-secret-how = Das Geheimnis wird einmal angezeigt, und zwar hinter diesem Link. Er ist { $duration } lang gültig:
mail-secret-button = Geheimnis anzeigen
mail-secret-note = Wir verschicken Geheimnisse nie per E-Mail. Das Öffnen verbraucht den Link nicht, erst die Schaltfläche auf der Seite.
mail-endpoints = Adressen
mail-redirect-uris = Wohin Nutzerinnen und Nutzer zurückkehren dürfen (Redirect-URIs)
mail-scopes = Worum sie bitten darf (Scopes)
mail-audiences = Die APIs, für die ihre Tokens gelten (Audience)
mail-pkce-required = PKCE (RFC 7636, S256) ist Pflicht.
mail-pkce-optional = PKCE (RFC 7636, S256) darf fehlen, wo die App mit openid eine nonce schickt.
mail-rejection-subject = { $app } ist für { $realm } nicht freigegeben
mail-rejected = Ihre App { $app } wurde geprüft und nicht freigegeben: Sie kann { $realm } nicht nutzen.
mail-rejected-reason = Der Grund
mail-rejected-next = Sie können auf diese E-Mail antworten oder die App mit dem Fehlenden neu registrieren.
mail-closing = Sie erhalten diese E-Mail, weil Sie die App registriert haben. Falls das nicht zutrifft oder etwas unklar ist, schreiben Sie an { $contact }.
mail-closing-nobody = Sie erhalten diese E-Mail, weil Sie die App registriert haben. Falls das nicht zutrifft, sagen Sie bitte { $realm } Bescheid.
mail-signature = { $realm }

## Demo

demo-title = Beispiel-Integration
demo-lead = Jede dieser Anbindungen ist so geschrieben, wie es die Anleitung des Anbieters verlangt. Verbinden Sie eine, und sehen Sie jede Anfrage und jede Antwort.
demo-connect = Verbinden
demo-reconnect = Erneut verbinden
demo-open = Öffnen
demo-connected = Verbunden
demo-not-connected = Nicht verbunden
demo-sign-in-as = Anmelden als
demo-passkey = Hier gehen auch Passkeys:
demo-passkey-link = fügen Sie einen hinzu, melden Sie sich ab und damit wieder an
demo-back = Alle Anbieter
demo-actions = Nächste Schritte
demo-call-api = API aufrufen
demo-refresh = Erneuern
demo-disconnect = Trennen
demo-answer = Die Antwort des Token-Endpunkts
demo-no-answer = Es gibt noch keine Antwort.
demo-token = Das Access-Token, dekodiert
demo-token-header = Header
demo-token-payload = Claims
demo-token-opaque = Dieses Access-Token ist undurchsichtig: Nur der Server weiß, was es bedeutet.
demo-api = Die Antwort der API
demo-api-none = Die API wurde noch nicht aufgerufen.
demo-log = Alle Anfragen, die neueste zuerst
demo-log-hint = So, wie sie übertragen wurden.
demo-log-none = Es wurde noch nichts gesendet.
demo-request = Anfrage
demo-response = Antwort

device-page-title = Gerät verbinden
device-enter-title = Gerät verbinden
device-enter-message = Geben Sie den Code ein, den Ihr Gerät anzeigt. Großschreibung und Strich spielen keine Rolle.
device-code = Code
device-continue = Weiter
device-error-title = Das hat nicht funktioniert
device-unknown = Kein Gerät wartet mit diesem Code. Vergleichen Sie ihn mit dem auf Ihrem Gerät; ein Code gilt einmal und einige Minuten lang.
device-again-title = Bitte noch einmal
device-again = Diese Seite war zu lange oder in einem anderen Browser geöffnet. Es ist nichts verloren.
device-too-many = Es wurden zu viele falsche Codes eingegeben. Versuchen Sie es in { $wait } wieder.
device-try-now = Sie können es jetzt wieder versuchen.
device-confirm-title = Ist das der Code auf Ihrem Gerät?
device-confirm-message = Vergleichen Sie ihn Buchstabe für Buchstabe mit dem, was Ihr Gerät jetzt anzeigt.
device-confirm-app = { $client } möchte auf diesem Gerät Ihr Konto bei { $realm } verwenden.
device-from = Das Gerät hat von der Adresse { $address } aus gefragt.
device-warning = Fahren Sie nur fort, wenn Sie das selbst begonnen und das Gerät vor sich haben. Kein Kundendienst wird Sie je darum bitten.
device-same = Ja, es ist derselbe Code
device-other = Nein, anderen Code eingeben
device-allowed-title = Ihr Gerät ist verbunden
device-allowed-message = Es macht in wenigen Sekunden von selbst weiter. Sie können diese Seite schließen.
device-denied-title = Ihr Gerät wurde nicht verbunden
device-denied-message = Es wurde nichts weitergegeben. Sie können diese Seite schließen.
device-failed-title = Es wurde nichts entschieden
device-failed-message = Etwas hat nicht funktioniert, und Ihr Gerät wartet noch. Geben Sie seinen Code noch einmal ein, oder beginnen Sie auf dem Gerät von vorn.

## Das eigene Konto

language-name = Deutsch
account-title = Ihr Konto
account-back = Zurück zu Ihrem Konto
account-keep = So lassen, wie es ist
account-save = Speichern
account-more = Mehr anzeigen
account-just-now = gerade eben
account-minutes-ago =
    { $count ->
        [one] vor { $count } Minute
       *[other] vor { $count } Minuten
    }
account-hours-ago =
    { $count ->
        [one] vor { $count } Stunde
       *[other] vor { $count } Stunden
    }
account-days-ago =
    { $count ->
        [one] vor { $count } Tag
       *[other] vor { $count } Tagen
    }
account-notice-again = Diese Seite wurde geöffnet, bevor sich die Cookies Ihres Browsers geändert haben. Versuchen Sie es noch einmal.
account-notice-taken-back = Die App handelt nicht mehr für Sie. Wenn sie Sie wieder braucht, fragt sie.
account-notice-companies = Die App handelt ab jetzt für das, was Sie gewählt haben.
account-notice-needs-one = Die App handelt für mindestens eines. Soll sie für keines handeln, nehmen Sie die Erlaubnis zurück.
account-notice-ended = Dieser Browser ist abgemeldet.
account-notice-others-ended = Sie sind überall sonst abgemeldet.
account-notice-forgotten = Dieser Browser fragt wieder nach dem zweiten Schritt.
account-notice-released = Die Lizenz ist wieder frei. Die App, die sie genutzt hat, muss neu fragen.
account-notice-language = Seiten und E-Mails sind ab jetzt in dieser Sprache.
account-notice-wrong = Das Passwort oder der Code stimmt nicht.
account-notice-locked = Es gab zu viele Versuche. Warten Sie eine Minute und versuchen Sie es dann noch einmal.
account-notice-in-use = Ein Programm des Betreibers handelt als dieses Konto, darum kann es hier nicht gelöscht werden. Fragen Sie dort nach.
account-notice-rule = Es ist geändert und gilt ab jetzt.
account-notice-pulled-plug = Der Zugriff ist beendet.
account-notice-request-allowed = Erlaubt: Die App erfährt davon.
account-notice-request-refused = Abgelehnt: Die App erfährt davon.
account-notice-request-failed = Das hat nicht funktioniert: Es wurde nichts erlaubt.
account-notice-request-over = Das wurde schon beantwortet, oder die Zeit ist um.
account-notice-blocked = Abgelehnt, und diese App fragt Sie nicht mehr.
account-notice-unblocked = Diese App darf Sie wieder fragen.
account-notice-any = Es ist erledigt.
account-security-hint = Passwort, zweiter Schritt, E-Mail-Adresse
account-company-hint = Apps und Mitglieder
account-apps-title = Verbundene Apps
account-apps-hint = Was sie dürfen und wie Sie es zurücknehmen
account-apps-for = Für
account-apps-since = seit
account-apps-used = Zuletzt genutzt
account-apps-unused = Hat zurzeit keinen Zugriff
account-apps-companies = Firmen ändern
account-apps-take-back = Zurücknehmen
account-apps-none = Keine App handelt für Sie.
account-apps-until = endet
requests-title = Anfragen
account-requests-hint = Was Apps fragen, während Sie woanders sind
account-requests-waiting = { $count ->
    [one] Eine App wartet auf Ihre Antwort
   *[other] { $count } Anfragen warten auf Ihre Antwort
}
requests-hint = Diese Apps fragen nach Ihnen, während Sie woanders sind. Erlauben Sie nur, was Sie selbst begonnen haben oder erwarten.
requests-message = Sie sagt:
requests-asked = Gefragt
requests-until = wartet bis
requests-look = Ansehen
requests-refuse = Ablehnen
requests-block = Das war ich nicht: App sperren
requests-none = Zurzeit fragt keine App nach Ihnen. Wenn eine fragt, steht sie hier, und Sie bekommen eine E-Mail.
requests-blocked-title = Apps, die Sie nicht fragen dürfen
requests-unblock = Wieder fragen lassen
consent-afar = { $client } fragt, während Sie woanders sind: Niemand hat Sie hierher geschickt. Erlauben Sie es nur, wenn Sie wissen, worum es geht.
consent-afar-message = Sie sagt:
account-agents = Agenten
account-agents-hint = Sie handeln von selbst, auch wenn Sie nicht da sind.
account-take-back-title = Zurücknehmen, was { $client } darf?
account-take-back-message = Der Zugriff endet sofort und überall, die Lizenzen sind wieder frei. Was die App schon hat, liegt bei ihren Herstellern. Wenn sie Sie wieder braucht, fragt sie Sie wieder.
account-companies-title = Wofür darf { $client } handeln?
account-companies-message = Was Sie wegnehmen, endet sofort. Was Sie hinzufügen, hat die App, wenn sie das nächste Mal Zugriff holt.
account-sessions-title = Wo Sie angemeldet sind
account-sessions-hint = Browser und wie Sie sie abmelden
account-sessions-here = Browser
account-sessions-this = Dieser Browser
account-sessions-since = seit
account-sessions-seen = Zuletzt genutzt
account-sessions-end = Abmelden
account-sessions-end-others = Überall sonst abmelden
account-sessions-message = Verbundene Apps bleiben verbunden. Kennen Sie einen davon nicht? Melden Sie ihn ab und ändern Sie dann Ihr Passwort.
account-activity-title = Letzte Aktivitäten
account-activity-hint = Anmeldungen und Änderungen
account-activity-message = Ist etwas dabei, das nicht von Ihnen war? Ändern Sie Ihr Passwort und melden Sie sich überall sonst ab.
account-activity-none = Im letzten Jahr ist nichts geschehen.
activity-signed-in = Angemeldet
activity-refused = Eine Anmeldung wurde abgelehnt
activity-password-changed = Passwort geändert
activity-factor-added = Zweiter Schritt hinzugefügt
activity-factor-removed = Zweiter Schritt entfernt
activity-codes-made = Neue Wiederherstellungscodes erstellt
activity-email-changed = E-Mail-Adresse geändert in
activity-app-connected = App verbunden:
activity-app-taken-back = App zurückgenommen:
activity-companies-changed = Firmen geändert für
activity-sessions-ended = Anderswo abgemeldet
activity-seat-released = Lizenz freigegeben:
activity-any = Etwas wurde geändert
account-licences-title = Lizenzen
account-licences-hint = Was Sie zurzeit nutzen
account-licences-message = Jede davon zählt als genutzt. Wer eine freigibt, beendet den Zugriff der App, die sie nutzt.
account-licences-none = Sie halten keine Lizenz.
account-licences-release = Freigeben
account-data-title = Ihre Daten
account-data-hint = Herunterladen oder das Konto löschen
account-download-title = Ihre Daten herunterladen
account-download-message = Eine Datei mit allem, was hier über Sie gespeichert ist, als JSON. Es ist kein Passwort darin und nichts, womit man sich anmelden kann.
account-download-submit = Herunterladen
account-delete-title = Ihr Konto löschen
account-delete-hint = Alles, was hier über Sie gespeichert ist, geht mit ihm und kann nicht zurückgeholt werden.
account-delete-ask = Das können Sie hier nicht selbst tun. Schreiben Sie an { $contact }.
account-delete-ask-realm = Das können Sie hier nicht selbst tun. Fragen Sie { $realm }.
account-delete-message = Sie werden überall abgemeldet, verbundene Apps verlieren ihren Zugriff, und { $realm } vergisst, wer Sie sind. Das lässt sich nicht rückgängig machen.
account-delete-code = Code Ihrer Authenticator-App oder ein Wiederherstellungscode
account-delete-sure = Ja, mein Konto endgültig löschen
account-delete-submit = Löschen
account-deleted-title = Ihr Konto ist gelöscht
account-deleted-message = Sie sind abgemeldet, und was über Sie gespeichert war, ist fort. Sie können diese Seite schließen.
account-language-title = Sprache
account-language = Seiten und E-Mails auf
account-language-submit = Diese Sprache verwenden
company-apps = Apps
company-app-allowed = Darf handeln
company-app-blocked = Gesperrt
company-app-itself = Für sich selbst
company-block = Sperren
company-allow = Erlauben
company-end = Zugriff beenden
company-no-apps = Keine App handelt dafür.
company-only-listed = Nur aufgeführte Apps erlauben
company-only-listed-hint = Ab dann dürfen nur Apps dafür handeln, die Sie erlaubt haben.
company-any = Jede App erlauben, die nicht gesperrt ist
company-any-hint = Zurzeit dürfen nur Apps dafür handeln, die Sie erlaubt haben.
company-end-all = Allen Zugriff beenden
company-end-all-sure = Ja, beenden, was alle Apps jetzt dafür dürfen
company-members = Mitglieder
company-more-members = Es gibt mehr Mitglieder, als hier stehen.

## E-Mails über ein Konto

mail-notice-new-browser-subject = { $realm }: ein neuer Browser
mail-notice-new-browser = Jemand, vermutlich Sie, hat sich bei Ihrem { $realm }-Konto in einem Browser angemeldet, den Sie bisher nicht genutzt haben.
mail-notice-new-browser-if = Waren das nicht Sie? Ändern Sie jetzt Ihr Passwort und melden Sie sich überall sonst ab:
mail-notice-password-changed-subject = { $realm }: Ihr Passwort wurde geändert
mail-notice-password-changed = Das Passwort Ihres { $realm }-Kontos wurde geändert, und jeder andere Browser wurde abgemeldet.
mail-notice-password-changed-if = Waren das nicht Sie? Dann hat vielleicht jemand anderes Ihr Konto. Wählen Sie jetzt ein neues Passwort, und bitten Sie um Hilfe, wenn das nicht geht:
mail-notice-app-connected-subject = { $realm }: eine App handelt für Sie
mail-notice-app-connected = Sie, oder jemand mit Ihrem Konto, haben { $client } erlaubt, für Ihr { $realm }-Konto zu handeln.
mail-notice-app-connected-if = Waren das nicht Sie? Nehmen Sie es zurück und ändern Sie Ihr Passwort:
mail-notice-agent-asks-subject = { $realm }: { $app } fragt nach Ihnen
mail-notice-agent-asks = { $client } fragt, ob sie für Ihr { $realm }-Konto handeln darf. Sie tut das von selbst, während Sie woanders sind.
mail-notice-agent-asks-if = Sehen Sie sich an, was sie möchte, und erlauben Sie es oder lehnen Sie es ab. Wenn Sie nichts tun, ist nichts erlaubt:
mail-notice-agent-asks-closing = Das haben Sie nicht erwartet? Lehnen Sie ab und sperren Sie die App: Dann kann sie Sie nicht mehr fragen. Fragen? Wenden Sie sich an { $realm }.
mail-notice-about = Sie sagt
mail-notice-where = Wo
mail-notice-button = Das Konto ansehen
mail-notice-closing = Wenn Sie das waren, müssen Sie nichts tun. Fragen? Schreiben Sie an { $contact }.
mail-notice-closing-nobody = Wenn Sie das waren, müssen Sie nichts tun. Fragen? Wenden Sie sich an { $realm }.

# Die E-Mails an Partner.
mail-portal-sign-up-subject = Bestätigen Sie Ihre Adresse für { $realm }
mail-portal-sign-up = Jemand hat sich mit dieser Adresse bei { $realm } registriert. Wenn Sie das waren, bestätigen Sie es hier. Erst dann wird Ihr Konto angelegt.
mail-portal-known-subject = Sie haben ein Konto bei { $realm }
mail-portal-known = Jemand hat sich mit dieser Adresse bei { $realm } registriert, und Sie haben dort schon ein Konto. Melden Sie sich damit an. Wenn Sie das nicht waren, ist nichts zu tun.
mail-portal-invitation-subject = Sie sind zu { $app } bei { $realm } eingeladen
mail-portal-invitation = Das Team { $app } lädt Sie ein, an seinen Apps bei { $realm } mitzuarbeiten. Der Link funktioniert einmal.
mail-portal-question-subject = Eine Frage zu { $app }
mail-portal-question = { $realm } hat eine Frage zu Ihrer App { $app }:
mail-portal-suspended-subject = { $app } ist bei { $realm } gesperrt
mail-portal-suspended = { $realm } hat Ihre App { $app } gesperrt. Sie bekommt keine Tokens mehr, und die bisherigen sind widerrufen.
mail-portal-resumed-subject = { $app } wird bei { $realm } wieder bedient
mail-portal-resumed = Ihre App { $app } darf { $realm } wieder nutzen. Was sie vorher bekommen hatte, bleibt widerrufen.
mail-portal-deadline-subject = { $app } muss bei { $realm } etwas ändern
mail-portal-deadline = Ihre App { $app } nutzt bei { $realm } etwas Altes, das am unten genannten Tag endet.
mail-portal-deadline-notice = Bitte ändern Sie die App vorher. Der Tag ist eine Ankündigung: Von selbst wird dann nichts abgelehnt.
mail-portal-deadline-enforced = Bitte ändern Sie die App vorher: Ab diesem Tag wird es abgelehnt.
mail-portal-over-subject = Eine Frist für { $app } bei { $realm } ist abgelaufen
mail-portal-over = Ihre App { $app } durfte bei { $realm } bis zum unten genannten Tag etwas Altes nutzen. Er ist gekommen.
mail-portal-over-notice = Es wird noch beantwortet, kann aber jederzeit enden. Bitte ändern Sie die App jetzt.
mail-portal-over-enforced = Ab jetzt wird es abgelehnt. Bitte ändern Sie die App jetzt.
mail-portal-button = Weiter

guide-page-title = Anbindung
# Das Partnerportal.
portal-checked-title = Was geprüft wurde
portal-uri-good = Diese Redirect-URI kann verwendet werden.
portal-title = Partnerportal
portal-errors = Das wurde nicht gemacht
portal-sign-up-title = Partner werden
portal-sign-up-lead = Mit einem Konto registrieren Sie Apps, allein oder im Team.
portal-email = E-Mail-Adresse
portal-your-name = Ihr Name
portal-sign-up-button = Registrieren
portal-have-account = Ich habe ein Konto
portal-sent-title = Sehen Sie in Ihre E-Mails
portal-sent-text = Wir haben Ihnen einen Link geschickt. Ihr Konto wird angelegt, wenn Sie ihn öffnen und bestätigen. Er gilt einen Tag.
portal-sent-again = Nichts angekommen: noch einmal versuchen
portal-confirm-title = Bestätigen Sie Ihr Konto
portal-confirm-text = Geben Sie das Passwort ein, das Sie bei der Registrierung gewählt haben. So legt niemand außer Ihnen ein Konto für Sie an.
portal-password = Passwort
portal-confirm-button = Konto anlegen
portal-join-title = Einem Team beitreten
portal-join-text = Sie sind in das Team { $team } eingeladen.
portal-join-button = Beitreten
portal-join-signed-out = Sie haben ein Konto? Melden Sie sich an und öffnen Sie den Link dann noch einmal. Wenn nicht, legen Sie hier eines an.
portal-sign-in = Anmelden
portal-join-new-button = Konto anlegen und beitreten
portal-done-title = Ihr Konto ist angelegt
portal-done-text = Melden Sie sich mit Ihrer E-Mail-Adresse und Ihrem Passwort an.
portal-gone-title = Dieser Link funktioniert nicht mehr
portal-gone-text = Er wurde benutzt oder ist abgelaufen. Wenn Sie ein Konto haben, melden Sie sich an; sonst registrieren Sie sich noch einmal oder lassen sich neu einladen.
portal-terms-title = Bedingungen für Partner
portal-terms-text = Fassung { $version }. Bitte lesen und akzeptieren Sie sie, um weiterzumachen.
portal-terms-read = Bedingungen lesen
portal-terms-accept = Ich akzeptiere
portal-home-title = Ihre Apps
portal-teams = Ihre Teams
portal-team-link = Mitglieder
portal-sandbox-link = Sandbox-Benutzer und -Firmen
portal-unnamed = App ohne Namen
portal-sandbox = Sandbox
portal-production = Produktion
portal-last-call = Letzter Aufruf:
portal-no-call = Noch kein Aufruf.
portal-secret-ends = Ein Geheimnis endet:
portal-more = Weitere Apps
portal-no-apps = Es gibt noch keine Apps. Registrieren Sie die erste: Wo es eine Sandbox gibt, hat sie dort sofort Zugangsdaten.
portal-register = App registrieren
portal-no-team = Apps gehören einem Team. Legen Sie eines an; Sie können darin allein sein.
portal-new-team = Team anlegen
portal-team-name = Name des Teams
portal-members = Mitglieder
portal-owner = Eigentümer
portal-member = Mitglied
portal-make-member = Zum Mitglied machen
portal-make-owner = Zum Eigentümer machen
portal-remove = Entfernen
portal-invited = Eingeladen
portal-invited-until = Gilt bis
portal-take-back = Zurücknehmen
portal-invite = Jemanden einladen
portal-invite-hint = Sie bekommen eine E-Mail mit einem Link, der einmal funktioniert, eine Woche lang.
portal-as-owner = Als Eigentümer: darf ändern, wer zum Team gehört
portal-invite-button = Einladen
portal-rename = Team umbenennen
portal-save = Speichern
portal-leave = Team verlassen
portal-leave-last = Sie sind der einzige Eigentümer. Sagen Sie, wer es wird, wenn Sie gehen.
portal-successor = Nächster Eigentümer
portal-nobody = Noch niemand
portal-sandbox-text = Diese Personen und Firmen gibt es nur für Ihre Tests: Ihr Team legt sie an, setzt sie zurück und entfernt sie.
portal-shown-once = Das Passwort wird nur dieses Mal gezeigt
portal-username = Benutzername
portal-users = Benutzer
portal-reset = Zurücksetzen, mit neuem Passwort
portal-no-users = Es gibt keine. Legen Sie einen an und melden Sie sich als dieser an, wenn Sie Ihre App ausprobieren.
portal-person-name = Name der Person
portal-belongs-to = Gehört zu
portal-add-user = Benutzer anlegen
portal-companies = Firmen
portal-no-companies = Es gibt keine. Manche Freigaben gelten für eine von mehreren Firmen: Legen Sie zwei an, um das auszuprobieren.
portal-company-name = Name der Firma
portal-add-company = Firma anlegen
portal-kind-title = Was für eine App ist es?
portal-kind-text = Daraus folgt, wie sie Tokens bekommt.
portal-kind = Art
portal-next = Weiter
portal-step = Schritt { $number } von { $of }
portal-app-name = Name der App
portal-app-name-hint = Benutzer lesen ihn, wenn sie gefragt werden.
portal-publisher = Wer sie herausgibt
portal-jwks-uri = Adresse ihrer öffentlichen Schlüssel (JWK-Set)
portal-jwks-hint = Nur wenn sie mit eigenen Schlüsseln signiert (private_key_jwt). Leer lassen, um ein Geheimnis zu bekommen.
portal-redirects-label = Redirect-URIs, eine je Zeile
portal-redirects-hint = Wohin Benutzer zurückgeschickt werden, nachdem sie Ihre App zugelassen haben. Sie werden Zeichen für Zeichen verglichen.
portal-check = Prüfen
portal-scopes-text = Fordern Sie an, was die App braucht, und sagen Sie warum: Der Prüfer liest es.
portal-sensitive = Heikel
portal-reason = Warum
portal-no-scopes = Es gibt keine Scopes zur Auswahl.
portal-no-questions = Es gibt nichts weiter zu fragen.
portal-redirects-title = Redirect-URIs
portal-create-text = Die App hat in der Sandbox sofort Zugangsdaten. Für die Produktion wird der Anbieter gefragt; Sie erfahren es per E-Mail.
portal-create-text-no = Der Anbieter wird gefragt; Sie erfahren es per E-Mail.
portal-create = App registrieren
portal-back = Zurück
portal-discard = Entwurf verwerfen
portal-later = Später weitermachen: Der Entwurf bleibt
portal-app-pages = Seiten dieser App
portal-credentials = Zugangsdaten
portal-try = Ausprobieren
portal-timeline = Was geschah
portal-answer = Antworten oder etwas ergänzen
portal-send = Senden
portal-withdraw = Anfrage für die Produktion zurücknehmen
portal-submit = Noch einmal Produktion anfragen
portal-legacy = Was sich ändern muss
portal-legacy-text = Was die App in den letzten 30 Tagen nutzte oder wofür sie eine Frist hat, wird es nicht für immer geben:
portal-times =
    { $count ->
        [one] einmal
       *[other] { $count }-mal
    }
portal-deadline-notice = Der Anbieter bittet um die Änderung vor
portal-deadline-enforced = Wird abgelehnt ab
portal-deadline-over = Hätte geändert sein sollen vor
portal-deadline-refused = Wird abgelehnt seit
portal-deadline-any = Endet am
portal-no-legacy = Nichts: In den letzten 30 Tagen machte die App alles so, wie man es heute macht.
portal-key-set = Sie signiert mit den Schlüsseln unter
portal-test-keys = Schlüsselsatz testen
portal-created = Angelegt
portal-used = Zuletzt benutzt
portal-unused = Nie benutzt
portal-ends = Endet
portal-retire = Stilllegen
portal-no-secrets = Es gibt kein gültiges Geheimnis.
portal-label = Wie Sie das Geheimnis nennen
portal-days = Endet nach so vielen Tagen
portal-days-hint = Leer lassen: Es endet nicht von selbst.
portal-add-secret = Geheimnis anlegen
portal-two = Zwei Geheimnisse gelten: mehr geht nicht. Legen Sie eines still, um ein neues anzulegen.
portal-no-secret = Diese Art von App hat kein Geheimnis: Sie weist sich mit PKCE aus.
portal-after = Ihre Zugangsdaten gibt es nach der Freigabe. Sie erfahren es per E-Mail.
portal-endpoints = Adressen
portal-fetched = Abgerufen um
portal-kids = Schlüssel:
portal-secret-title = Ihr Geheimnis
portal-secret-text = Es wird nur dieses Mal gezeigt. Bewahren Sie es dort auf, wo Ihre App es liest, und nirgends sonst.
portal-to-app = Aufbewahrt: zur App
portal-redirects-review = In der Sandbox ändern sie sich sofort. In der Produktion sieht der Anbieter sie zuerst an, sobald die App freigegeben ist.
portal-redirects-at-once = Sie ändern sich sofort, in der Sandbox und in der Produktion.
portal-try-text = Aufrufe gegen die Sandbox, wie Ihre App sie machen würde.
portal-try-own = Ein Token für die App selbst
portal-try-secret = Ihr Geheimnis in der Sandbox
portal-try-secret-hint = Es wird für diesen Aufruf benutzt und nicht aufbewahrt.
portal-try-call = Token-Endpunkt aufrufen
portal-try-code = Mit einem Benutzer: der Code-Flow
portal-try-code-text = Melden Sie sich als einer Ihrer Sandbox-Benutzer an. Der Code kommt bei Ihrer Redirect-URI an; tauschen Sie ihn mit diesem Verifier ein.
portal-try-code-link = In der Sandbox beginnen
portal-try-request = Die Anfrage
portal-try-answer = Die Antwort
portal-try-token = Was im Token steht
portal-notice-team = Das Team ist angelegt. Registrieren Sie seine erste App.
portal-notice-saved = Gespeichert.
portal-notice-invited = Die Einladung ist per E-Mail unterwegs.
portal-notice-joined = Sie gehören jetzt zum Team.
portal-notice-left = Sie gehören nicht mehr zum Team.
portal-notice-discarded = Der Entwurf ist verworfen.
portal-notice-created = Die App ist registriert.
portal-notice-answered = Ihre Antwort liegt dem Prüfer vor.
portal-notice-withdrawn = Die Anfrage ist zurückgenommen.
portal-notice-submitted = Der Anbieter wurde gefragt.
portal-notice-retired = Das Geheimnis gilt nicht mehr.
portal-notice-asked = In der Sandbox gilt es. Für die Produktion wurde der Anbieter gefragt.
portal-notice-removed = Entfernt.
portal-notice-again = Diese Seite wurde geöffnet, bevor sich die Cookies Ihres Browsers änderten. Es wurde nichts gemacht; versuchen Sie es noch einmal.
portal-notice-any = Erledigt.
portal-status-draft = Entwurf
portal-status-pending = Wartet auf Freigabe
portal-status-active = Aktiv
portal-status-rejected = Nicht freigegeben
portal-status-suspended = Gesperrt
portal-status-none = Nicht vorhanden
portal-status-any = Unbekannt
portal-kind-web = Eine Web-App mit Server: Benutzer melden sich an, und sie kann ein Geheimnis bewahren
portal-kind-page = Eine Seite im Browser, ohne Server
portal-kind-native = Eine App auf einem Telefon oder Computer
portal-kind-machine = Ein Programm, das für sich selbst handelt, ohne Benutzer
portal-kind-any = Eine andere Art
portal-step-name = Wie heißt sie?
portal-step-redirects = Wohin werden Benutzer zurückgeschickt?
portal-step-scopes = Was braucht sie?
portal-step-questions = Was der Anbieter wissen möchte
portal-step-summary = Stimmt alles?
portal-step-any = Nächster Schritt
portal-event-requested = Freigabe angefragt
portal-event-question = Der Anbieter fragt
portal-event-answer = Antwort
portal-event-approved = Freigegeben
portal-event-rejected = Nicht freigegeben
portal-event-withdrawn = Anfrage zurückgenommen
portal-event-suspended = Gesperrt
portal-event-resumed = Wieder bedient
portal-event-changed = Geändert
portal-event-change-requested = Änderung angefragt
portal-event-deadline = Etwas Altes, das die App nutzt, hat eine Frist
portal-event-deadline-removed = Diese Frist wurde zurückgenommen
portal-event-legacy-ended = Diese Frist ist abgelaufen
portal-event-any = Etwas anderes
portal-side-operator = Der Anbieter
portal-side-partner = Ihr Team
portal-side-any = Jemand anderes
portal-confirm-error-wrong = Das ist nicht das gewählte Passwort.
portal-confirm-error-locked = Es waren zu viele Versuche. Warten Sie etwas.
portal-confirm-error-any = Versuchen Sie es noch einmal.
portal-mend-implicit = Nutzen Sie den Code-Flow mit PKCE (response_type=code).
portal-mend-remembered-implicit = Nutzen Sie den Code-Flow mit PKCE (response_type=code).
portal-mend-password = Schicken Sie Benutzer zur Anmeldeseite und nutzen Sie den Code-Flow; fragen Sie nie nach ihrem Passwort.
portal-mend-wildcard-redirect = Registrieren Sie jede Redirect-URI vollständig und führen Sie, was sich ändert, in state mit.
portal-mend-no-pkce = Senden Sie code_challenge mit S256 und code_verifier mit dem Code.
portal-mend-raw-basic = Kodieren Sie ID und Geheimnis als Formular, bevor sie in den Authorization-Header kommen.
portal-mend-json-body = Senden Sie ein Formular (application/x-www-form-urlencoded), kein JSON.
portal-mend-reusable-refresh = Heben Sie das Refresh-Token jeder Antwort auf und benutzen Sie das neueste.
portal-mend-any = Der Leitfaden der Realm nennt den Weg, der bleibt.
