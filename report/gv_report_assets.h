/*
 * gv_report_assets - the CSS and JavaScript of the pages: gv_report_page.css and .js beside
 * this file, which the assembler takes into the program. Private to gv_report*.c.
 *
 * To add a script of its own for a kind of page: put the file into report/, add it here and in
 * gv_report_assets.c, and name it to gv_report_frame_end.
 * No file may hold "</script" or "<!--".
 *
 * Threads: constants.
 */
#ifndef GV_REPORT_ASSETS_H
#define GV_REPORT_ASSETS_H

/* Texts that end with NUL. */
extern const char gv_report_assets_style[];
extern const char gv_report_assets_script[]; /* of all pages */
extern const char gv_report_assets_words[];  /* the searchable list of words */
extern const char gv_report_assets_map[];
extern const char gv_report_assets_map_controls[];
extern const char gv_report_assets_stability[]; /* the list of words with their stability */

#endif
