/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stddef.h>
#include <strings.h>

#include "session/texts.h"

enum { ENGLISH, GERMAN, LANGUAGES };

static int language = ENGLISH;

/* A further language is one more column. */
static const char *const texts[TEXT_COUNT][LANGUAGES] = {
    [TEXT_LANGUAGE] = {"en", "de"},
    [TEXT_TITLE] = {"App passwords", "App-Passwörter"},
    [TEXT_OF] = {"Account", "Konto"},
    [TEXT_INTRO] =
        {"Mail programs, calendars and printers log in with an app password of "
         "their own, never with your main password.",
         "Mailprogramme, Kalender und Drucker melden sich mit einem eigenen "
         "App-Passwort an, nie mit Ihrem Hauptpasswort."},
    [TEXT_DEVICES] = {"Your devices", "Ihre Geräte"},
    [TEXT_NONE] = {"There is no app password yet.", "Es gibt noch kein App-Passwort."},
    [TEXT_STARTS] = {"starts with", "beginnt mit"},
    [TEXT_NEVER_USED] = {"never used", "nie benutzt"},
    [TEXT_USED] = {"used", "benutzt"},
    [TEXT_FOR] = {"for", "für"},
    [TEXT_FROM] = {"from", "von"},
    [TEXT_MADE] = {"made", "erstellt"},
    [TEXT_EXPIRES] = {"valid until", "gültig bis"},
    [TEXT_LIVE] = {"valid", "gültig"},
    [TEXT_REVOKED] = {"revoked", "gesperrt"},
    [TEXT_EXPIRED] = {"expired", "abgelaufen"},
    [TEXT_LAPSED] = {"lapsed, as it was not used", "verfallen, da unbenutzt"},
    [TEXT_SUSPENDED] = {"suspended", "ausgesetzt"},
    [TEXT_JUST_NOW] = {"just now", "gerade eben"},
    [TEXT_MINUTES] = {"%ld minutes ago", "vor %ld Minuten"},
    [TEXT_HOURS] = {"%ld hours ago", "vor %ld Stunden"},
    [TEXT_DAYS] = {"%ld days ago", "vor %ld Tagen"},
    [TEXT_RESET] = {"Replace", "Ersetzen"},
    [TEXT_REVOKE] = {"Revoke", "Sperren"},
    [TEXT_REVOKE_ALL] = {"Revoke all", "Alle sperren"},
    [TEXT_ALARM] = {"It wasn't me", "Das war ich nicht"},
    [TEXT_NEW] = {"A new app password", "Ein neues App-Passwort"},
    [TEXT_LABEL] = {"Name of the device", "Name des Geräts"},
    [TEXT_LABEL_HINT] = {"As you call it: \"Phone\", \"Printer, 3rd floor\"",
                         "Wie Sie es nennen: „Handy“, „Drucker, 3. Stock“"},
    [TEXT_SERVICES] = {"It may be used for", "Es darf benutzt werden für"},
    [TEXT_IMAP] = {"reading mail (IMAP)", "Mail lesen (IMAP)"},
    [TEXT_POP] = {"fetching mail (POP3)", "Mail abholen (POP3)"},
    [TEXT_SMTP] = {"sending mail (SMTP)", "Mail senden (SMTP)"},
    [TEXT_SIEVE] = {"mail filters (Sieve)", "Mailfilter (Sieve)"},
    [TEXT_DAV] = {"calendars and contacts", "Kalender und Kontakte"},
    [TEXT_MAKE] = {"Make an app password", "App-Passwort erstellen"},
    [TEXT_MAKE_APPLE] = {"Make one and set up this iPhone, iPad or Mac",
                         "Erstellen und dieses iPhone, iPad oder diesen Mac einrichten"},
    [TEXT_LEFT] = {"You can make %ld more today.",
                   "Sie können heute noch %ld erstellen."},
    [TEXT_STALE] =
        {"You signed in a while ago. Sign in again to change something.",
         "Ihre Anmeldung liegt länger zurück. Melden Sie sich neu an, um etwas "
         "zu ändern."},
    [TEXT_WEAK] = {"Sign in with your second factor to make an app password.",
                   "Melden Sie sich mit Ihrem zweiten Faktor an, um ein App-Passwort zu "
                   "erstellen."},
    [TEXT_VERIFY] = {"Sign in again", "Neu anmelden"},
    [TEXT_CODE] = {"The app password", "Das App-Passwort"},
    [TEXT_ONCE] =
        {"It is shown this once. Type or copy it into the program where it asks "
         "for the password. Capitals, blanks and hyphens make no difference.",
         "Es wird nur dieses eine Mal gezeigt. Geben Sie es im Programm dort ein, "
         "wo es nach dem Passwort fragt. Großschreibung, Leerzeichen und "
         "Bindestriche sind gleichgültig."},
    [TEXT_QR] = {"As a QR code", "Als QR-Code"},
    [TEXT_QR_HINT] = {"QR code of the app password", "QR-Code des App-Passworts"},
    [TEXT_ANDROID] = {"Thunderbird for Android", "Thunderbird für Android"},
    [TEXT_ANDROID_HINT] = {"QR code that sets up Thunderbird for Android",
                           "QR-Code, der Thunderbird für Android einrichtet"},
    [TEXT_SETTINGS] = {"Settings for every other program",
                       "Einstellungen für jedes andere Programm"},
    [TEXT_USER] = {"User name", "Benutzername"},
    [TEXT_PASSWORD] = {"Password", "Passwort"},
    [TEXT_THE_CODE] = {"the app password above", "das App-Passwort von oben"},
    [TEXT_INCOMING] = {"Incoming mail (IMAP)", "Posteingang (IMAP)"},
    [TEXT_OUTGOING] = {"Outgoing mail (SMTP)", "Postausgang (SMTP)"},
    [TEXT_CALENDAR] = {"Calendars and contacts", "Kalender und Kontakte"},
    [TEXT_PORT] = {"port", "Port"},
    [TEXT_BACK] = {"Back to the list", "Zurück zur Liste"},
    [TEXT_SURE_REVOKE] = {"Revoke this app password? The device can log in no more.",
                          "Dieses App-Passwort sperren? Das Gerät kann sich nicht mehr "
                          "anmelden."},
    [TEXT_SURE_ALL] = {"Revoke all app passwords? None of your devices can log in then.",
                       "Alle App-Passwörter sperren? Keines Ihrer Geräte kann sich dann "
                       "mehr anmelden."},
    [TEXT_SURE_ALARM] =
        {"Somebody else made or used an app password? All are revoked, and "
         "the helpdesk is told.",
         "Hat jemand anderes ein App-Passwort erstellt oder benutzt? Alle "
         "werden gesperrt, und die Hotline erfährt davon."},
    [TEXT_SURE_RESET] =
        {"Make a new app password for this device? The old one ends now.",
         "Ein neues App-Passwort für dieses Gerät erstellen? Das alte endet "
         "jetzt."},
    [TEXT_YES] = {"Yes", "Ja"},
    [TEXT_NO] = {"No, back to the list", "Nein, zurück zur Liste"},
    [TEXT_DONE_REVOKED] = {"Done: what was revoked is refused from the next login on.",
                           "Erledigt: Was gesperrt ist, wird ab der nächsten Anmeldung "
                           "abgewiesen."},
    [TEXT_BAD_FORM] = {"The form could not be read. Nothing was changed.",
                       "Das Formular war nicht lesbar. Nichts wurde geändert."},
    [TEXT_BAD_TOKEN] =
        {"This form is too old, was sent already, or is not yours. Nothing was "
         "changed; go back to the list and try again.",
         "Dieses Formular ist zu alt, schon abgesandt oder nicht Ihres. Nichts "
         "wurde geändert; gehen Sie zurück zur Liste und versuchen Sie es neu."},
    [TEXT_BAD_METHOD] = {"That is not possible here.", "Das ist hier nicht möglich."},
    [TEXT_BAD_ORIGIN] =
        {"The request came from another site. Nothing was changed.",
         "Die Anfrage kam von einer fremden Seite. Nichts wurde geändert."},
    [TEXT_TOO_LARGE] = {"The form is too large. Nothing was changed.",
                        "Das Formular ist zu groß. Nichts wurde geändert."},
    [TEXT_NO_IDENTITY] =
        {"The web server did not say who you are, or when you signed in.",
         "Der Webserver hat nicht mitgeteilt, wer Sie sind oder wann Sie "
         "sich angemeldet haben."},
    [TEXT_NO_ACCOUNT] =
        {"There are no app passwords for your account. Ask the helpdesk.",
         "Für Ihr Konto gibt es keine App-Passwörter. Fragen Sie die Hotline."},
    [TEXT_POLICY] =
        {"That is not allowed here, or not now. Nothing was changed; the helpdesk "
         "can tell more.",
         "Das ist hier oder jetzt nicht erlaubt. Nichts wurde geändert; die Hotline "
         "weiß mehr."},
    [TEXT_BAD_VALUE] =
        {"The name of the device is not valid: 1 to 100 characters. Nothing was "
         "changed.",
         "Der Name des Geräts ist nicht gültig: 1 bis 100 Zeichen. Nichts wurde "
         "geändert."},
    [TEXT_NO_SERVICE] =
        {"Choose what it may be used for. Nothing was changed.",
         "Wählen Sie, wofür es benutzt werden darf. Nichts wurde geändert."},
    [TEXT_GONE] = {"It is gone already. Nothing was changed.",
                   "Es ist schon fort. Nichts wurde geändert."},
    [TEXT_OUTAGE] =
        {"Not possible at the moment. Try again in some minutes.",
         "Im Augenblick nicht möglich. Versuchen Sie es in einigen Minuten wieder."},
    [TEXT_OFFER] = {"An app password for", "Ein App-Passwort für"},
    [TEXT_OFFER_HINT] =
        {"It is made when you press the button, and shown once. Do that where you can type "
         "or copy it into the device.",
         "Es entsteht, wenn Sie den Knopf drücken, und wird einmal gezeigt. Tun Sie das "
         "dort, wo Sie es ins Gerät eingeben oder kopieren können."},
    [TEXT_PIN] = {"PIN", "PIN"},
    [TEXT_PIN_HINT] = {"The helpdesk told you six digits.",
                       "Die Hotline hat Ihnen sechs Ziffern genannt."},
    [TEXT_PIN_WRONG] = {"That is not the PIN. After five wrong ones the link ends.",
                        "Das ist nicht die PIN. Nach fünf falschen endet der Link."},
    [TEXT_COLLECT] = {"Make the app password", "App-Passwort erstellen"},
    [TEXT_NO_LINK] =
        {"This link is not valid: it was used already, has ended, or was not copied whole. "
         "Ask the helpdesk for a new one.",
         "Dieser Link ist nicht gültig: Er wurde schon benutzt, ist abgelaufen oder nicht "
         "vollständig kopiert. Bitten Sie die Hotline um einen neuen."},
    [TEXT_LETTER] = {"Your app password for", "Ihr App-Passwort für"},
    [TEXT_LETTER_OPEN] = {"Scan this with a phone, or type the link into a browser:",
                          "Scannen Sie dies mit einem Handy, oder geben Sie den Link in "
                          "einen Browser ein:"},
    [TEXT_LETTER_QR] = {"QR code of the link", "QR-Code des Links"},
    [TEXT_LETTER_PIN] =
        {"Type the PIN. It is not in this letter: the helpdesk tells you.",
         "Geben Sie die PIN ein. Sie steht nicht in diesem Brief: Die "
         "Hotline nennt sie Ihnen."},
    [TEXT_LETTER_MAKE] =
        {"Press the button, and type or copy the app password into the device. It is shown "
         "once.",
         "Drücken Sie den Knopf, und geben Sie das App-Passwort ins Gerät ein oder kopieren "
         "Sie es. Es wird einmal gezeigt."},
    [TEXT_LETTER_ENDS] = {"The link works once, until", "Der Link gilt einmal, bis"},
    [TEXT_LETTER_YOURS] = {"This letter is for you alone.",
                           "Dieser Brief ist nur für Sie."},
};

void texts_choose(const char *accepted)
{
    language = accepted != NULL && strncasecmp(accepted, "de", 2) == 0 ? GERMAN : ENGLISH;
}

const char *text(enum text name)
{
    return texts[name][language];
}
