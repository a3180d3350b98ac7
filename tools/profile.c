/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sodium.h>

#include "profile.h"

#define IMAPS_PORT       993
#define SUBMISSIONS_PORT 465
#define HOST_MAX         256
#define UUID_MAX         37

bool profile_host(const char *text, int default_port, char *host, size_t host_size,
                  int *port_r)
{
    const char *end;
    const char *colon;
    size_t length;

    if (text[0] == '[') {
        text++;
        end = strchr(text, ']');
        if (end == NULL || (end[1] != '\0' && end[1] != ':'))
            return false;
        colon = end[1] == ':' ? end + 1 : NULL;
    } else {
        colon = strchr(text, ':');
        end = colon != NULL ? colon : text + strlen(text);
    }
    length = (size_t)(end - text);
    if (length == 0 || length >= host_size)
        return false;
    memcpy(host, text, length);
    host[length] = '\0';
    *port_r = default_port;
    if (colon != NULL) {
        char *rest;
        long port = strtol(colon + 1, &rest, 10);

        if (rest == colon + 1 || *rest != '\0' || port < 1 || port > 65535)
            return false;
        *port_r = (int)port;
    }
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

static void server_members(FILE *xml, const char *direction, const char *host, int port,
                           const char *account)
{
    char key[64];

    snprintf(key, sizeof key, "%sMailServerHostName", direction);
    string_member(xml, key, host);
    fprintf(xml, "\t<key>%sMailServerPortNumber</key>\n\t<integer>%d</integer>\n",
            direction, port);
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

static void compose(FILE *xml, const struct profile *profile, const char *imap_host,
                    int imap_port, const char *smtp_host, int smtp_port)
{
    char identifier[512], name[512];

    snprintf(name, sizeof name, "Mail of %s", profile->address);
    snprintf(identifier, sizeof identifier, "apppass.%s.%s", profile->account,
             profile->selector);
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
          "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
          "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
          "<plist version=\"1.0\">\n<dict>\n\t<key>PayloadContent</key>\n"
          "\t<array>\n\t<dict>\n",
          xml);
    string_member(xml, "EmailAccountType", "EmailTypeIMAP");
    string_member(xml, "EmailAccountDescription", profile->address);
    string_member(xml, "EmailAddress", profile->address);
    server_members(xml, "Incoming", imap_host, imap_port, profile->account);
    string_member(xml, "IncomingPassword", profile->code);
    server_members(xml, "Outgoing", smtp_host, smtp_port, profile->account);
    fputs("\t<key>OutgoingPasswordSameAsIncomingPassword</key>\n\t<true/>\n", xml);
    payload_members(xml, "com.apple.mail.managed", name, identifier);
    fputs("\t</dict>\n\t</array>\n", xml);
    string_member(xml, "PayloadDescription", profile->device);
    snprintf(identifier, sizeof identifier, "apppass.%s", profile->account);
    payload_members(xml, "Configuration", name, identifier);
    fputs("</dict>\n</plist>\n", xml);
}

size_t profile_compose(const struct profile *profile, char *buffer)
{
    char imap_host[HOST_MAX], smtp_host[HOST_MAX];
    int imap_port, smtp_port;
    FILE *xml;
    long length;
    bool failed;

    if (!profile_host(profile->imap_host, IMAPS_PORT, imap_host, sizeof imap_host,
                      &imap_port) ||
        !profile_host(profile->smtp_host, SUBMISSIONS_PORT, smtp_host, sizeof smtp_host,
                      &smtp_port))
        return 0;
    xml = fmemopen(buffer, PROFILE_MAX, "w");
    if (xml == NULL)
        return 0;
    setvbuf(xml, NULL, _IONBF, 0);
    compose(xml, profile, imap_host, imap_port, smtp_host, smtp_port);
    length = ftell(xml);
    failed = ferror(xml) || length < 0 || length >= PROFILE_MAX;
    fclose(xml);
    return failed ? 0 : (size_t)length;
}

/* In the child: openssl, between the pipe and the file. */
static void NORETURN run_openssl(int input, int output, const char *certificate,
                                 const char *key, const char *chain)
{
    const char *words[16] = {"openssl",  "smime", "-sign",   "-nodetach", "-binary",
                             "-outform", "der",   "-signer", certificate, "-inkey",
                             key,        NULL,    NULL,      NULL};
    char *arguments[16] = {NULL};

    if (chain != NULL) {
        words[11] = "-certfile";
        words[12] = chain;
    }
    for (size_t i = 0; words[i] != NULL; i++)
        arguments[i] = strdup(words[i]);
    if (dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0)
        execvp("openssl", arguments);
    fprintf(stderr, "apppass: could not run openssl: %s\n", strerror(errno));
    _exit(127);
}

bool profile_sign(const char *bytes, size_t length, const char *certificate,
                  const char *key, const char *chain, int file)
{
    int ends[2];
    int state = -1;
    pid_t child;
    ssize_t written;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return false;
    child = fork();
    if (child == 0)
        run_openssl(ends[0], file, certificate, key, chain);
    close(ends[0]);
    /* Fits the pipe (64 KiB), so this never waits for a child that does not read. */
    written = child > 0 ? write(ends[1], bytes, length) : -1;
    close(ends[1]);
    while (child > 0 && waitpid(child, &state, 0) < 0 && errno == EINTR)
        continue;
    return written == (ssize_t)length && WIFEXITED(state) && WEXITSTATUS(state) == 0;
}
