/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_ARRAY_H
#define APPPASS_ARRAY_H

/* How many elements an array has.  Of a pointer it says nothing. */
#define COUNT(array) (sizeof(array) / sizeof *(array))

#endif
