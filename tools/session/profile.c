/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "array.h"
#include "base/program.h"
#include "session/profile.h"

#define UUID_MAX        37
#define NAME_MAX_LENGTH 253

static const char letters[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";

/* What stands between two dots (RFC 1123). */
static bool is_part(const char *text, size_t length)
{
    return length > 0 && text[0] != '-' && text[length - 1] != '-' &&
           strspn(text, letters) >= length;
}

static bool is_name(const char *text)
{
    for (;;) {
        size_t length = strcspn(text, ".");

        if (!is_part(text, length))
            return false;
        if (text[length] == '\0')
            return true;
        text += length + 1;
    }
}

static bool is_address6(const char *text)
{
    struct in6_addr address;

    return inet_pton(AF_INET6, text, &address) == 1;
}

bool profile_host_name(const char *text)
{
    return strlen(text) <= NAME_MAX_LENGTH && (is_name(text) || is_address6(text));
}

static bool parse_port(const char *text, int *port_r)
{
    char *end;
    long port = strtol(text, &end, 10);

    if (text[0] < '0' || text[0] > '9' || *end != '\0' || port < 1 || port > 65535)
        return false;
    *port_r = (int)port;
    return true;
}

bool profile_server(const char *text, struct profile_server *server)
{
    bool bracket = text[0] == '[';
    const char *end = text + (bracket ? strcspn(text, "]") : strcspn(text, ":"));
    const char *rest = end + (bracket && *end == ']');
    char host[PROFILE_HOST_MAX];

    snprintf(host, sizeof host, "%.*s", (int)(end - text) - bracket, text + bracket);
    if (bracket ? *end != ']' || !is_address6(host) : !is_name(host))
        return false;
    if (strlen(host) > NAME_MAX_LENGTH || (*rest != '\0' && *rest != ':') ||
        (*rest == ':' && !parse_port(rest + 1, &server->port)))
        return false;
    snprintf(server->host, sizeof server->host, "%s", host);
    return true;
}

/* RFC 9562, version 4. */
static void make_uuid(char uuid[UUID_MAX])
{
    unsigned char random[16];

    randombytes_buf(random, sizeof random);
    random[6] = (unsigned char)((random[6] & 0x0f) | 0x40);
    random[8] = (unsigned char)((random[8] & 0x3f) | 0x80);
    for (size_t i = 0, out = 0; i < sizeof random; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            uuid[out++] = '-';
        snprintf(uuid + out, 3, "%02X", random[i]);
        out += 2;
    }
}

static void escaped(FILE *xml, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            fputs("&amp;", xml);
            break;
        case '<':
            fputs("&lt;", xml);
            break;
        case '>':
            fputs("&gt;", xml);
            break;
        default:
            /* XML 1.0 knows no control characters but tab and line ends. */
            putc((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text, xml);
        }
    }
}

static void string_member(FILE *xml, const char *key, const char *value)
{
    fprintf(xml, "\t<key>%s</key>\n\t<string>", key);
    escaped(xml, value);
    fputs("</string>\n", xml);
}

static void server_members(FILE *xml, const char *direction,
                           const struct profile_server *server, const char *account)
{
    char key[64];

    snprintf(key, sizeof key, "%sMailServerHostName", direction);
    string_member(xml, key, server->host);
    fprintf(xml, "\t<key>%sMailServerPortNumber</key>\n\t<integer>%d</integer>\n",
            direction, server->port);
    /* Port 587 starts in clear and is upgraded: Apple calls both "use SSL". */
    fprintf(xml, "\t<key>%sMailServerUseSSL</key>\n\t<true/>\n", direction);
    snprintf(key, sizeof key, "%sMailServerAuthentication", direction);
    string_member(xml, key, "EmailAuthPassword");
    snprintf(key, sizeof key, "%sMailServerUsername", direction);
    string_member(xml, key, account);
}

static void payload_members(FILE *xml, const char *type, const char *name,
                            const char *identifier)
{
    char uuid[UUID_MAX];

    make_uuid(uuid);
    string_member(xml, "PayloadType", type);
    string_member(xml, "PayloadIdentifier", identifier);
    string_member(xml, "PayloadUUID", uuid);
    string_member(xml, "PayloadDisplayName", name);
    fputs("\t<key>PayloadVersion</key>\n\t<integer>1</integer>\n", xml);
}

/* protocol: CalDAV or CardDAV; payload: what Apple calls its account. */
static void dav_payload(FILE *xml, const struct profile *profile, const char *protocol,
                        const char *payload)
{
    const struct {
        const char *name, *value;
    } members[] = {{"AccountDescription", profile->account},
                   {"HostName", profile->dav.host},
                   {"Username", profile->account},
                   {"Password", profile->code}};
    char key[64], identifier[512];

    fputs("\t<dict>\n", xml);
    for (size_t i = 0; i < COUNT(members); i++) {
        snprintf(key, sizeof key, "%s%s", protocol, members[i].name);
        string_member(xml, key, members[i].value);
    }
    fprintf(xml,
            "\t<key>%sPort</key>\n\t<integer>%d</integer>\n"
            "\t<key>%sUseSSL</key>\n\t<true/>\n",
            protocol, profile->dav.port, protocol);
    snprintf(identifier, sizeof identifier, "apppass.%s.%s.%s", profile->account,
             profile->selector, protocol);
    payload_members(xml, payload, protocol, identifier);
    fputs("\t</dict>\n", xml);
}

void profile_dav(struct profile *profile, const char *host, int port,
                 const char *services)
{
    char list[512];

    snprintf(list, sizeof list, " %s ", services != NULL ? services : "dav");
    if (host == NULL || strstr(list, " dav ") == NULL)
        return;
    snprintf(profile->dav.host, sizeof profile->dav.host, "%s", host);
    profile->dav.port = port;
}

static void compose(FILE *xml, const struct profile *profile)
{
    char identifier[512], name[512];

    snprintf(name, sizeof name, "Mail of %s", profile->account);
    snprintf(identifier, sizeof identifier, "apppass.%s.%s", profile->account,
             profile->selector);
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
          "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
          "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
          "<plist version=\"1.0\">\n<dict>\n\t<key>PayloadContent</key>\n"
          "\t<array>\n\t<dict>\n",
          xml);
    string_member(xml, "EmailAccountType", "EmailTypeIMAP");
    string_member(xml, "EmailAccountDescription", profile->account);
    if (profile->address != NULL)
        string_member(xml, "EmailAddress", profile->address);
    server_members(xml, "Incoming", &profile->imap, profile->account);
    string_member(xml, "IncomingPassword", profile->code);
    server_members(xml, "Outgoing", &profile->smtp, profile->account);
    fputs("\t<key>OutgoingPasswordSameAsIncomingPassword</key>\n\t<true/>\n", xml);
    payload_members(xml, "com.apple.mail.managed", name, identifier);
    fputs("\t</dict>\n", xml);
    if (profile->dav.host[0] != '\0') {
        dav_payload(xml, profile, "CalDAV", "com.apple.caldav.account");
        dav_payload(xml, profile, "CardDAV", "com.apple.carddav.account");
    }
    fputs("\t</array>\n", xml);
    string_member(xml, "PayloadDescription", profile->device);
    snprintf(identifier, sizeof identifier, "apppass.%s", profile->account);
    payload_members(xml, "Configuration", name, identifier);
    fputs("</dict>\n</plist>\n", xml);
}

size_t profile_compose(const struct profile *profile, char *buffer)
{
    FILE *xml = fmemopen(buffer, PROFILE_MAX, "w");
    long length;
    bool failed;

    if (xml == NULL)
        return 0;
    setvbuf(xml, NULL, _IONBF, 0);
    compose(xml, profile);
    length = ftell(xml);
    failed = ferror(xml) || length < 0 || length >= PROFILE_MAX;
    fclose(xml);
    return failed ? 0 : (size_t)length;
}

bool profile_sign(const char *bytes, size_t length, const char *certificate,
                  const char *key, const char *chain, int file)
{
    const char *const words[] = {
        "openssl",   "smime",    "-sign", "-nodetach",
        "-binary",   "-outform", "der",   "-signer",
        certificate, "-inkey",   key,     chain != NULL ? "-certfile" : NULL,
        chain,       NULL};

    return program_filter(words, bytes, length, file);
}
