/*
 * gv_amount - sizes and times as text for people, in messages.
 *
 * Threads: pure functions.
 */
#ifndef GV_AMOUNT_H
#define GV_AMOUNT_H

enum { GV_AMOUNT_TEXT = 32 }; /* bytes of such a text */

/* "17 bytes", "5.2 KiB", "64 MiB", "1.5 GiB": two digits or more, units of 1024; bytes >= 0.
 * Returns `text`. */
const char *gv_amount_bytes(char text[GV_AMOUNT_TEXT], double bytes);

/* "7.5 s", "48 s", "3:20 min", "2:05 h"; 0 where it is negative, not a number or absurdly large.
 * Returns `text`. */
const char *gv_amount_time(char text[GV_AMOUNT_TEXT], double seconds);

#endif
