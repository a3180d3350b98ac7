/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_COMPLETION_H
#define APPPASS_COMPLETION_H

/* The scripts of contrib/completion/; the build makes the .c of them. */

extern const char completion_bash[];
extern const char completion_fish[];
extern const char completion_zsh[];

#endif
