/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_ATTRIBUTES_H
#define APPPASS_ATTRIBUTES_H

/* Compiler attributes, spelled once. */

#define MUST_CHECK        __attribute__((warn_unused_result))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define NORETURN          __attribute__((noreturn))

#endif
